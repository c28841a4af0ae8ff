//! Retransmissions from a publisher (RFC 4588 §4): the packet as it would have come the first time.

use rtp::{RtpPacket, codec};

use super::stream::{Received, Stream};

/// A packet restored from RTX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored<'a> {
    /// Where it belongs in the media stream.
    pub received: Received,
    /// The original payload.
    pub payload: &'a [u8],
}

/// Restores the original of `packet`, opened from the RTX stream that belongs to `media`. `None` for a probe without
/// an original, and for an original that has come already or is too old.
#[must_use]
pub fn restore<'a>(media: &mut Stream, packet: &RtpPacket<'a>) -> Option<Restored<'a>> {
    let (original, payload) = codec::rtx::parse(packet.payload()).ok()?;
    if payload.is_empty() {
        return None;
    }
    let received = media.handle_retransmission(original, packet.header().timestamp())?;
    Some(Restored { received, payload })
}
