//! Sending: synthetic media, packets, retransmissions, and the bit rate that the network's feedback allows.
//!
//! | file | what | specification |
//! |---|---|---|
//! | `microphone` | a synthetic Opus encoder | RFC 7587 |
//! | `earlier` | what of it goes out again with later packets | RFC 2198 |
//! | `camera` | a synthetic VP8 encoder | RFC 7741 |
//! | `encoding` | the layers of a video track, each an encoder with its stream | RFC 8853 |
//! | `sizes` | several sizes in one stream | AV1 RTP payload, appendix A |
//! | `stream` | numbering, headers, reports and retransmissions of one stream | RFC 3550, RFC 4588 |
//! | `wire` | the last step of every packet: transport-wide number, send time, seal | |
//! | `rate` | the bit rate, by transport-wide feedback | draft-holmer-rmcat-transport-wide-cc-extensions-01 |

pub(crate) mod camera;
mod earlier;
mod encoding;
mod microphone;
mod publisher;
mod rate;
mod sizes;
mod stream;
mod wire;

pub use encoding::SentLayer;
pub(crate) use publisher::{Publisher, TrackTargets};
pub(crate) use rate::RateController;
pub(crate) use stream::StreamNumbers;
pub(crate) use wire::Wire;

/// What a track has sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SentStatistics {
    /// Media packets, retransmissions aside.
    pub packets: u64,
    /// Their payload bytes.
    pub payload_bytes: u64,
    /// Frames; for audio, packets with sound.
    pub frames: u64,
    /// Of these, key frames.
    pub key_frames: u64,
    /// Packets that the node asked for again and got.
    pub retransmitted: u64,
    /// Packets that the node asked for again and that were gone, or sent a moment ago.
    pub retransmit_refused: u64,
    /// Key frames that the node asked for, by PLI or FIR.
    pub key_frame_requests: u64,
}

impl SentStatistics {
    const fn note_sent(&mut self, payload_len: usize) {
        self.packets += 1;
        self.payload_bytes += payload_len as u64;
    }
}
