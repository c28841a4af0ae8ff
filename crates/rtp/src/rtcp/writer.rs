//! Writes RTCP packets one after the other into a datagram.

use super::key_frame::FIR_ENTRY_LEN;
use super::nack::Pairs;
use super::report::{REPORT_BLOCK_LEN, SENDER_INFO_LEN};
use super::transport_feedback::{Arrival, Plan};
use super::{
    CNAME_LEN_MAX, FullIntraRequestEntry, HEADER_LEN, REPORT_BLOCKS_MAX, ReportBlock, SenderInfo, format,
    packet_type, sdes,
};
use crate::error::WriteError;
use crate::header::VERSION;
use crate::sequence::SeqNo;
use crate::units::Ssrc;

/// Streams that one goodbye can name.
const BYE_SOURCES_MAX: usize = 31;
const SSRC_LEN: usize = 4;
const PADDING_BIT: u8 = 0x20;

/// Fills a datagram. Each method adds one whole packet, or fails and leaves what was there before.
///
/// A compound datagram starts with a report and a CNAME (RFC 3550 §6.1); which order the peer agreed to is the
/// caller's to know.
///
/// ```
/// use rtp::{Ssrc, rtcp::Writer};
///
/// let mut datagram = [0; 1200];
/// let mut writer = Writer::new(&mut datagram);
/// writer.receiver_report(Ssrc(1), &[])?;
/// writer.cname(Ssrc(1), b"node")?;
/// writer.picture_loss(Ssrc(1), Ssrc(2))?;
/// let len = writer.finish();
///
/// assert_eq!(len, 8 + 16 + 12);
/// # Ok::<(), rtp::WriteError>(())
/// ```
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl<'a> Writer<'a> {
    /// Writes from the start of `buffer`. Its length is the largest datagram.
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }

    /// Bytes written so far.
    #[must_use]
    pub const fn written(&self) -> usize {
        self.len
    }

    /// Ends the datagram and gives its length.
    #[must_use]
    pub const fn finish(self) -> usize {
        self.len
    }

    /// A sender report (RFC 3550 §6.4.1).
    ///
    /// # Errors
    /// [`WriteError::BufferFull`]; [`WriteError::OutOfRange`] above [`REPORT_BLOCKS_MAX`].
    pub fn sender_report(
        &mut self,
        sender: Ssrc,
        info: SenderInfo,
        blocks: &[ReportBlock],
    ) -> Result<(), WriteError> {
        self.report(packet_type::SENDER_REPORT, sender, Some(info), blocks)
    }

    /// A receiver report (RFC 3550 §6.4.2). Without blocks it still makes a datagram a valid compound.
    ///
    /// # Errors
    /// As [`Self::sender_report`].
    pub fn receiver_report(&mut self, sender: Ssrc, blocks: &[ReportBlock]) -> Result<(), WriteError> {
        self.report(packet_type::RECEIVER_REPORT, sender, None, blocks)
    }

    fn report(
        &mut self,
        packet_type: u8,
        sender: Ssrc,
        info: Option<SenderInfo>,
        blocks: &[ReportBlock],
    ) -> Result<(), WriteError> {
        if blocks.len() > REPORT_BLOCKS_MAX {
            return Err(WriteError::OutOfRange("RTCP report blocks"));
        }
        let info_len = if info.is_some() { SENDER_INFO_LEN } else { 0 };
        let len = SSRC_LEN + info_len + REPORT_BLOCK_LEN * blocks.len();
        let mut body = self.packet(packet_type, blocks.len() as u8, len)?;
        body.put(&sender.0.to_be_bytes());
        if let Some(info) = info {
            body.put(&info.to_bytes());
        }
        for block in blocks {
            body.put(&block.to_bytes());
        }
        Ok(())
    }

    /// A source description of one stream with its canonical name (RFC 3550 §6.5.1).
    ///
    /// # Errors
    /// [`WriteError::BufferFull`]; [`WriteError::OutOfRange`] above [`CNAME_LEN_MAX`].
    pub fn cname(&mut self, source: Ssrc, cname: &[u8]) -> Result<(), WriteError> {
        if cname.len() > CNAME_LEN_MAX {
            return Err(WriteError::OutOfRange("RTCP CNAME"));
        }
        let len = SSRC_LEN + (2 + cname.len() + 1).next_multiple_of(4);
        let mut body = self.packet(packet_type::SOURCE_DESCRIPTION, 1, len)?;
        body.put(&source.0.to_be_bytes());
        body.put(&[sdes::CNAME, cname.len() as u8]);
        body.put(cname);
        body.fill_rest();
        Ok(())
    }

    /// A goodbye without a reason (RFC 3550 §6.6).
    ///
    /// # Errors
    /// [`WriteError::BufferFull`]; [`WriteError::OutOfRange`] above 31 streams.
    pub fn bye(&mut self, sources: &[Ssrc]) -> Result<(), WriteError> {
        if sources.len() > BYE_SOURCES_MAX {
            return Err(WriteError::OutOfRange("RTCP goodbye sources"));
        }
        let mut body = self.packet(packet_type::BYE, sources.len() as u8, SSRC_LEN * sources.len())?;
        for source in sources {
            body.put(&source.0.to_be_bytes());
        }
        Ok(())
    }

    /// A request for lost packets (RFC 4585 §6.2.1); nothing for no packets. Ascending numbers pack best.
    ///
    /// # Errors
    /// [`WriteError::BufferFull`].
    pub fn nack(
        &mut self,
        sender: Ssrc,
        media: Ssrc,
        lost: impl IntoIterator<Item = SeqNo, IntoIter: Clone>,
    ) -> Result<(), WriteError> {
        let lost = lost.into_iter();
        let pairs = Pairs::new(lost.clone()).count();
        if pairs == 0 {
            return Ok(());
        }
        let mut body =
            self.feedback((packet_type::TRANSPORT_FEEDBACK, format::NACK), (sender, media), 4 * pairs)?;
        for pair in Pairs::new(lost) {
            body.put(&pair);
        }
        Ok(())
    }

    /// A picture loss indication (RFC 4585 §6.3.1).
    ///
    /// # Errors
    /// [`WriteError::BufferFull`].
    pub fn picture_loss(&mut self, sender: Ssrc, media: Ssrc) -> Result<(), WriteError> {
        self.feedback((packet_type::PAYLOAD_FEEDBACK, format::PICTURE_LOSS), (sender, media), 0)?;
        Ok(())
    }

    /// A full intra request to one or more streams (RFC 5104 §4.3.1).
    ///
    /// # Errors
    /// [`WriteError::BufferFull`].
    pub fn full_intra(&mut self, sender: Ssrc, entries: &[FullIntraRequestEntry]) -> Result<(), WriteError> {
        let kind = (packet_type::PAYLOAD_FEEDBACK, format::FULL_INTRA);
        let mut body = self.feedback(kind, (sender, Ssrc(0)), FIR_ENTRY_LEN * entries.len())?;
        for entry in entries {
            body.put(&entry.media.0.to_be_bytes());
            body.put(&[entry.command, 0, 0, 0]);
        }
        Ok(())
    }

    /// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1) on the packets from `base`
    /// on: those in `arrivals`, which ascend, arrived; those between them did not.
    ///
    /// Gives how many arrivals went in. It can be fewer than all: the datagram is full, two neighbours are more than
    /// 8.19 s apart, or their numbers further than [`STATUSES_MAX`](super::transport_feedback::STATUSES_MAX).
    /// The caller goes on with the rest in another packet, with the next `feedback_count`.
    ///
    /// # Errors
    /// [`WriteError::BufferFull`] when not even the first fits; [`WriteError::OutOfRange`] when there is none, or it
    /// lies before `base`.
    pub fn transport_feedback(
        &mut self,
        sender: Ssrc,
        media: Ssrc,
        feedback_count: u8,
        base: SeqNo,
        arrivals: &[Arrival],
    ) -> Result<usize, WriteError> {
        let room = self.buffer.len().saturating_sub(self.len + HEADER_LEN + 2 * SSRC_LEN);
        let plan = Plan::new(base, arrivals, room - room % 4)?;
        let kind = (packet_type::TRANSPORT_FEEDBACK, format::TRANSPORT_WIDE);
        let start = self.len;
        let padding = plan.padding();
        let body = self.feedback(kind, (sender, media), plan.len() + padding)?;
        plan.write(feedback_count, body.rest);
        if padding > 0 {
            // Not a multiple of four, against RFC 3550 §6.4.1, but what the draft's only implementations do.
            self.buffer[start] |= PADDING_BIT;
            self.buffer[self.len - 1] = padding as u8;
        }
        Ok(plan.taken())
    }

    /// Header and the two streams of a feedback packet; gives the place for `len` bytes more.
    fn feedback(
        &mut self,
        (packet_type, format): (u8, u8),
        (sender, media): (Ssrc, Ssrc),
        len: usize,
    ) -> Result<Body<'_>, WriteError> {
        let mut body = self.packet(packet_type, format, 2 * SSRC_LEN + len)?;
        body.put(&sender.0.to_be_bytes());
        body.put(&media.0.to_be_bytes());
        Ok(body)
    }

    /// The header of a packet; gives the place for its body, whose length is whole words.
    fn packet(&mut self, packet_type: u8, count: u8, body_len: usize) -> Result<Body<'_>, WriteError> {
        let words = u16::try_from(body_len / 4).map_err(|_| WriteError::OutOfRange("RTCP packet length"))?;
        let end = self.len + HEADER_LEN + body_len;
        let packet = self.buffer.get_mut(self.len..end).ok_or(WriteError::BufferFull("RTCP packet"))?;
        self.len = end;
        let mut body = Body { rest: packet };
        body.put(&[(VERSION << 6) | count, packet_type]);
        body.put(&words.to_be_bytes());
        Ok(body)
    }
}

/// A place of known length, filled front to back.
struct Body<'a> {
    rest: &'a mut [u8],
}

impl Body<'_> {
    /// The lengths were added up before: what would go over the end is left out.
    fn put(&mut self, bytes: &[u8]) {
        if let Some((target, rest)) = core::mem::take(&mut self.rest).split_at_mut_checked(bytes.len()) {
            target.copy_from_slice(bytes);
            self.rest = rest;
        }
    }

    fn fill_rest(&mut self) {
        self.rest.fill(0);
    }
}
