//! Answers to a subscriber's NACKs, as RTX packets (RFC 4588).
//!
//! ```text
//!  NACK 503 ─▶ lane: 503 was (track B, layer 2, 8) ─▶ its cache: packet 8 ─▶ RTX ssrc, next RTX sequence, 503 │ payload
//! ```
//!
//! A packet is never sealed again under its old index: that would give the AES-GCM key away. Each answer has an index
//! of its own in the RTX stream, and a subscriber that has not agreed on RTX gets none.

use std::time::{Duration, Instant};

use rtp::{Bitrate, DataSize, ExtSeqNo, SeqNo, Ssrc};

use crate::forward::{Lane, Original, PayloadTypes, RtxHeader, TransportSequence};
use crate::packet::Packet;

/// What one subscriber may ask for again: a third of what eight lanes of 1.2 Mbit/s bring. Loss beyond that is not
/// mended by sending more.
pub const RTX_RATE: Bitrate = Bitrate::from_kbps(3000);
/// What may be answered at once: a lost burst of 50 packets.
pub const RTX_BURST: DataSize = DataSize::from_bytes(64 * 1024);
/// Answers remembered for each lane, by the low bits of the number: as many as one NACK of four blocks asks for.
const ANSWERED: usize = 64;
/// The same number is not answered again within a round trip, nor within this: subscribers ask again on a timer and
/// cannot know what is on its way.
const ANSWER_AGAIN_AFTER_MIN: Duration = Duration::from_millis(10);
/// A subscriber whose reports tell of an endless round trip still gets a second answer.
const ANSWER_AGAIN_AFTER_MAX: Duration = Duration::from_millis(200);

/// How much of one subscriber's NACKs is answered: a token bucket over all its lanes.
#[derive(Debug, Clone, Copy)]
pub struct RtxBudget {
    left: DataSize,
    at: Instant,
}

impl RtxBudget {
    /// A full bucket.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self { left: RTX_BURST, at: now }
    }

    /// Takes so much, of what `rate` or [`RTX_RATE`] gives, whichever is less.
    fn take(&mut self, size: DataSize, rate: Bitrate, now: Instant) -> bool {
        let earned = RTX_RATE.min(rate).size_in(now.saturating_duration_since(self.at));
        // Less than a byte is not lost: the time it took is counted with the next.
        if earned > DataSize::ZERO {
            self.left = (self.left + earned).min(RTX_BURST);
            self.at = now;
        }
        if size > self.left {
            return false;
        }
        self.left -= size;
        true
    }
}

/// Who asks, for one NACK packet: state of the subscriber that all its lanes share.
#[derive(Debug)]
pub struct Asker<'a> {
    /// What is left to answer.
    pub budget: &'a mut RtxBudget,
    /// What the path to the subscriber carries.
    pub rate: Bitrate,
    /// The transport's packet count.
    pub transport: &'a mut TransportSequence,
    /// The round trip to the subscriber; zero while unknown.
    pub rtt: Duration,
}

/// The RTX stream of one lane.
#[derive(Debug)]
pub struct RtxResponder {
    ssrc: Ssrc,
    /// The RTX payload type that repeats each codec.
    payload_types: PayloadTypes,
    next: ExtSeqNo,
    answered: [Option<(ExtSeqNo, Instant)>; ANSWERED],
}

impl RtxResponder {
    /// A stream that has sent nothing. `first` is random and below 2^15, as a lane's is.
    #[must_use]
    pub const fn new(ssrc: Ssrc, payload_types: PayloadTypes, first: SeqNo) -> Self {
        Self { ssrc, payload_types, next: ExtSeqNo::new(0, first), answered: [None; ANSWERED] }
    }

    /// The stream.
    #[must_use]
    pub const fn ssrc(&self) -> Ssrc {
        self.ssrc
    }

    /// Answers one number of a NACK for `lane`: writes the RTX packet to `out`, ready to be sealed, and returns its
    /// length. `packet` looks the original up in the cache of its track's layer. `None` when there is nothing to answer, or it was
    /// answered just now, or the subscriber has asked for too much.
    pub fn answer<'p>(
        &mut self,
        lane: &Lane,
        wanted: SeqNo,
        packet: impl FnOnce(&Original) -> Option<Packet<'p>>,
        asker: &mut Asker<'_>,
        now: Instant,
        out: &mut [u8],
    ) -> Option<usize> {
        let original = lane.original(wanted)?;
        let slot = &mut self.answered[usize::from(wanted.0) % ANSWERED];
        let again_after = asker.rtt.clamp(ANSWER_AGAIN_AFTER_MIN, ANSWER_AGAIN_AFTER_MAX);
        if slot.is_some_and(|(sent_as, at)| sent_as == original.sent_as && now < at + again_after) {
            return None;
        }
        let packet = packet(&original)?;
        let payload_type = self.payload_types.of(packet.facts.codec)?;
        if !asker.budget.take(DataSize::of(packet.payload), asker.rate, now) {
            return None;
        }
        let header = RtxHeader { ssrc: self.ssrc, payload_type, sequence: self.next };
        let len = lane.write_rtx(&packet, &original, &header, asker.transport, out)?;
        self.next = self.next.checked_add(1)?;
        *slot = Some((original.sent_as, now));
        Some(len)
    }

    /// Writes a packet of nothing but padding, which nobody has asked for, to fill a probe.
    pub fn pad(
        &mut self,
        lane: &Lane,
        padding: u8,
        transport: &mut TransportSequence,
        out: &mut [u8],
    ) -> Option<usize> {
        let header =
            RtxHeader { ssrc: self.ssrc, payload_type: self.payload_types.any()?, sequence: self.next };
        let len = lane.write_padding(&header, padding, transport, out)?;
        self.next = self.next.checked_add(1)?;
        Some(len)
    }
}

#[cfg(test)]
mod tests;
