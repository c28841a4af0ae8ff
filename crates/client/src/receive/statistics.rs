//! What a lane counts and measures. Plain numbers that only rise; tests compare them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use protocol::signal::Source;

use super::Histogram;
use crate::stamp::SeatTag;

/// Whose media, by the stamp inside it: what was really received, whatever signalling says.
pub type Sender = (SeatTag, Source);

/// One receiving m-line, since the seat was taken; a resume goes on counting.
#[derive(Clone, Debug, Default)]
pub struct LaneStatistics {
    /// Packets that came the first time, whether by themselves or by RTX.
    pub packets: u64,
    /// Of these: by RTX.
    pub recovered: u64,
    /// Audio: packets that had earlier ones inside (RED).
    pub redundant: u64,
    /// Of `packets`: those that came inside a later one.
    pub recovered_redundant: u64,
    /// Audio: packets with sound that were there when they were to be heard, by a jitter buffer of
    /// [`PLAYOUT_DELAY`](super::PLAYOUT_DELAY). Counted when that moment is past.
    pub played: u64,
    /// Audio: packets with sound that were not, whether late or lost: what a decoder makes up. Silence (DTX) is none.
    pub concealed: u64,
    /// Packets that came both by themselves and by RTX, in whatever order: asked for too early, or twice. A packet
    /// that comes twice by itself is refused by SRTP, and counted by the transport.
    pub needless_repairs: u64,
    /// Packets that came after one with a higher number.
    pub reordered: u64,
    /// Numbers that never came.
    pub lost: u64,
    /// Packets with sound or picture whose stamp is wrong: bytes were changed on the way.
    pub corrupt: u64,
    /// Packets of silence (DTX).
    pub silent: u64,
    /// The same frame of the same sender under two numbers, or frames out of order.
    pub order_breaks: u64,
    /// Video: whole frames whose picture id does not follow on the one before, though no packet is missing between.
    pub picture_id_breaks: u64,
    /// Video: whole frames, in order. Audio: packets with sound.
    pub frames: u64,
    /// Video: frames of one sender between two that came, in place of which a key frame was waited for.
    pub skipped_frames: u64,
    /// Video: of the whole frames, key frames.
    pub key_frames: u64,
    /// Video: how often the picture stood still: no frame for 200 ms although the track was on.
    pub freezes: u64,
    /// Video: how long, together.
    pub frozen: Duration,
    /// Video: the longest.
    pub frozen_max: Duration,
    /// Video: how often the layer changed within a track.
    pub layer_switches: u64,
    /// Video: the layer that came last.
    pub layer: Option<u8>,
    /// Video: whole frames by layer.
    pub layer_frames: [u64; 3],
    /// Video: frames whose timestamp does not follow the one before by the time between them, within a frame.
    pub timestamp_breaks: u64,
    /// Numbers asked for again.
    pub nacks: u64,
    /// Key frames asked for.
    pub key_frame_requests: u64,
    /// From the making of a frame to its whole arrival. The two ends share a clock only within one machine.
    pub latency: Histogram,
    /// By sender.
    pub senders: BTreeMap<Sender, SenderStatistics>,
}

/// What a lane got of one sender's track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderStatistics {
    /// Packets.
    pub packets: u64,
    /// Whole frames; for audio, packets.
    pub frames: u64,
    /// Of these, key frames.
    pub key_frames: u64,
    /// The first packet.
    pub first_at: Instant,
    /// The first whole frame.
    pub first_frame_at: Option<Instant>,
    /// The last packet.
    pub last_at: Instant,
}

impl LaneStatistics {
    /// The share of the sound that was made up, of 1.
    #[must_use]
    pub fn concealed_share(&self) -> f64 {
        self.concealed as f64 / ((self.played + self.concealed) as f64).max(1.0)
    }
}

impl SenderStatistics {
    pub(super) const fn new(now: Instant) -> Self {
        Self { packets: 0, frames: 0, key_frames: 0, first_at: now, first_frame_at: None, last_at: now }
    }
}
