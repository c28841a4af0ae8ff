//! RTCP: reports and feedback, many packets to a datagram (RFC 3550 §6, RFC 4585).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |V=2|P|  count  |  packet type  |  length in 32-bit words - 1   |  every packet starts so; count is the
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  format (FMT) in feedback packets
//! |                       SSRC of the sender                      |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                              ...                              |
//!
//!  datagram: [ SR or RR | SDES | feedback ... ]   compound (RFC 3550 §6.1)
//!            [ feedback ... ]                     reduced size (RFC 5506)
//! ```
//!
//! [`Compound`] checks that the lengths add up, then yields one [`Packet`] after the other; one that is malformed
//! inside is an error of its own and does not take its neighbours with it. [`Writer`] fills a datagram.

mod bye;
mod compound;
mod key_frame;
mod nack;
mod remb;
mod report;
mod sdes;
pub mod transport_feedback;
mod writer;

pub use bye::Bye;
pub use compound::{COMPOUND_PACKETS_MAX, Compound};
pub use key_frame::{FullIntraRequest, FullIntraRequestEntry, PictureLossIndication};
pub use nack::{LOST_PER_PAIR, Nack};
pub use remb::ReceiverEstimate;
pub use report::{REPORT_BLOCKS_MAX, ReceiverReport, ReportBlock, ReportBlocks, SenderInfo, SenderReport};
pub use sdes::{CNAME_LEN_MAX, SourceDescription, SourceDescriptionChunk};
pub use transport_feedback::TransportFeedback;
pub use writer::Writer;

use crate::error::ParseError;
use crate::units::Ssrc;

/// Bytes of the header that every packet has.
pub const HEADER_LEN: usize = 4;

/// Packet types (RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611 §2).
pub mod packet_type {
    /// Sender report.
    pub const SENDER_REPORT: u8 = 200;
    /// Receiver report.
    pub const RECEIVER_REPORT: u8 = 201;
    /// Source description.
    pub const SOURCE_DESCRIPTION: u8 = 202;
    /// Goodbye.
    pub const BYE: u8 = 203;
    /// Transport-layer feedback: NACK, transport-wide congestion control.
    pub const TRANSPORT_FEEDBACK: u8 = 205;
    /// Payload-specific feedback: PLI, FIR, REMB.
    pub const PAYLOAD_FEEDBACK: u8 = 206;
}

/// Feedback formats, in the place of the count.
mod format {
    /// RFC 4585 §6.2.1, transport layer.
    pub(super) const NACK: u8 = 1;
    /// draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1, transport layer.
    pub(super) const TRANSPORT_WIDE: u8 = 15;
    /// RFC 4585 §6.3.1, payload-specific.
    pub(super) const PICTURE_LOSS: u8 = 1;
    /// RFC 5104 §4.3.1, payload-specific.
    pub(super) const FULL_INTRA: u8 = 4;
    /// RFC 4585 §6.4, payload-specific; here for REMB.
    pub(super) const APPLICATION: u8 = 15;
}

/// One packet of a datagram.
#[derive(Debug, Clone)]
pub enum Packet<'a> {
    /// What a sender sent until when, and what it received.
    SenderReport(SenderReport<'a>),
    /// What a participant that sends nothing received.
    ReceiverReport(ReceiverReport<'a>),
    /// Names of streams' sources.
    SourceDescription(SourceDescription<'a>),
    /// Streams that end.
    Bye(Bye<'a>),
    /// Packets that are missed.
    Nack(Nack<'a>),
    /// When packets arrived.
    TransportFeedback(TransportFeedback<'a>),
    /// A decoder that needs a key frame.
    PictureLossIndication(PictureLossIndication),
    /// A new receiver that needs a key frame.
    FullIntraRequest(FullIntraRequest<'a>),
    /// A receiver's estimate of the bandwidth.
    ReceiverEstimate(ReceiverEstimate<'a>),
    /// Something that Bedside does not use: extended reports, application packets, other feedback.
    Other {
        /// The packet type.
        packet_type: u8,
        /// The count or feedback format.
        format: u8,
    },
}

/// One packet split off a datagram: checked for length and padding, its content not yet looked at.
#[derive(Debug, Clone, Copy)]
struct RawPacket<'a> {
    count: u8,
    packet_type: u8,
    /// Between header and padding.
    body: &'a [u8],
}

impl<'a> RawPacket<'a> {
    fn interpret(self) -> Result<Packet<'a>, ParseError> {
        use packet_type::{
            BYE, PAYLOAD_FEEDBACK, RECEIVER_REPORT, SENDER_REPORT, SOURCE_DESCRIPTION, TRANSPORT_FEEDBACK,
        };
        let Self { count, packet_type, body } = self;
        Ok(match (packet_type, count) {
            (SENDER_REPORT, _) => Packet::SenderReport(SenderReport::parse(count, body)?),
            (RECEIVER_REPORT, _) => Packet::ReceiverReport(ReceiverReport::parse(count, body)?),
            (SOURCE_DESCRIPTION, _) => Packet::SourceDescription(SourceDescription::parse(count, body)?),
            (BYE, _) => Packet::Bye(Bye::parse(count, body)?),
            (TRANSPORT_FEEDBACK, format::NACK) => Packet::Nack(Nack::parse(body)?),
            (TRANSPORT_FEEDBACK, format::TRANSPORT_WIDE) => {
                Packet::TransportFeedback(TransportFeedback::parse(body)?)
            }
            (PAYLOAD_FEEDBACK, format::PICTURE_LOSS) => {
                Packet::PictureLossIndication(PictureLossIndication::parse(body)?)
            }
            (PAYLOAD_FEEDBACK, format::FULL_INTRA) => {
                Packet::FullIntraRequest(FullIntraRequest::parse(body)?)
            }
            (PAYLOAD_FEEDBACK, format::APPLICATION) => match ReceiverEstimate::parse(body)? {
                Some(estimate) => Packet::ReceiverEstimate(estimate),
                None => Packet::Other { packet_type, format: count },
            },
            _ => Packet::Other { packet_type, format: count },
        })
    }
}

/// The two streams that every feedback packet names (RFC 4585 §6.1), and what follows them.
fn feedback<'a>(body: &'a [u8], part: &'static str) -> Result<(Ssrc, Ssrc, &'a [u8]), ParseError> {
    let (sender, rest) = split_ssrc(body, part)?;
    let (media, control) = split_ssrc(rest, part)?;
    Ok((sender, media, control))
}

fn split_ssrc<'a>(bytes: &'a [u8], part: &'static str) -> Result<(Ssrc, &'a [u8]), ParseError> {
    let (ssrc, rest) = bytes.split_first_chunk().ok_or(ParseError::Truncated(part))?;
    Ok((Ssrc(u32::from_be_bytes(*ssrc)), rest))
}

#[cfg(test)]
mod tests;
