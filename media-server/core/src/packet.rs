//! The normalised packet: what every source gives and every sink reads.
//!
//! ```text
//!  source                         sink
//!  a peer  ─┐                  ┌─▶ a peer   (forward: a lane writes its own RTP header)
//!           ├─▶ Packet, Cache ─┼─▶ a tap    (the recorder)
//!  a relay ─┘                  └─▶ a relay  (another worker or node)
//! ```
//!
//! A track is known by its `TrackId` and a layer, never by an SSRC: SSRCs, payload types, sequence numbers of the wire
//! and header extension numbers belong to one transport and end there. What of a packet outlives its transport is
//! in [`PacketFacts`]; the payload is handed on as it came, and may be encrypted end to end.

use protocol::TrackId;
use rtp::codec::{FrameFacts, vp8};
use rtp::extension::{AudioLevel, VideoOrientation};
use rtp::{ExtSeqNo, MediaTime};

pub use crate::layers::{LAYERS_MAX, Layer, Layers};

/// What a room can run on. The payload type that stands for it is each transport's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// RFC 7587.
    Opus,
    /// RFC 7741.
    Vp8,
    /// RFC 6184, packetisation mode 1.
    H264,
    /// RFC 9628, profile 0. Only with a dependency descriptor.
    Vp9,
    /// AV1 RTP payload specification, main profile. Only with a dependency descriptor.
    Av1,
}

impl Codec {
    /// How many there are; their discriminants count from 0.
    pub const COUNT: usize = 5;

    /// Whether one stream holds several sizes, which a dependency descriptor tells apart.
    #[must_use]
    pub const fn is_scalable(self) -> bool {
        matches!(self, Self::Vp9 | Self::Av1)
    }
}

/// Some codecs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Codecs(u8);

impl Codecs {
    /// Every one.
    pub const ALL: Self = Self((1 << Codec::COUNT) - 1);
    /// What may be sent while nobody is there who could say what they can show.
    pub const UNASKED: Self = Self(Self::ALL.0 & !(1 << Codec::H264 as u8));
    /// Audio alone.
    pub const AUDIO: Self = Self(1 << Codec::Opus as u8);

    /// The same and one more.
    #[must_use]
    pub const fn with(self, codec: Codec) -> Self {
        Self(self.0 | (1 << codec as u8))
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether one is among them.
    #[must_use]
    pub const fn contains(self, codec: Codec) -> bool {
        self.0 & (1 << codec as u8) != 0
    }
}

/// Audio: each packet is a frame of its own that needs no other.
pub const AUDIO_FRAME: FrameFacts =
    FrameFacts { start: true, end: true, key: true, switch_point: true, temporal_layer: 0 };

/// What is known about a packet beside its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketFacts {
    /// Which track.
    pub track: TrackId,
    /// Which quality of it.
    pub layer: Layer,
    /// How the payload is to be read.
    pub codec: Codec,
    /// The packet's place in the layer: 48 bits, never wraps, gaps are losses.
    pub sequence: ExtSeqNo,
    /// Its sampling instant on the track's media clock, never wraps.
    pub time: MediaTime,
    /// The marker: last packet of a video frame, first of a talk spurt.
    pub marker: bool,
    /// Which part of which kind of frame; [`AUDIO_FRAME`] for audio, all false where the payload is not readable.
    pub frame: FrameFacts,
    /// Loudness, where the source sends it.
    pub audio_level: Option<AudioLevel>,
    /// How the camera was held, where the source sends it.
    pub orientation: Option<VideoOrientation>,
    /// The VP8 payload descriptor, where it is in the clear: its picture numbers run on over a lane's switch of tracks.
    pub vp8: Option<vp8::Descriptor>,
    /// What the dependency descriptor says, where one stream holds several sizes.
    pub dependency: Option<Dependency>,
}

/// What a dependency descriptor comes to for the sizes of a track, which are its spatial layers, a bit each. The structure by
/// which it was read is gone when a packet is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dependency {
    /// Counts frames; wraps.
    pub frame: u16,
    /// The size that the frame is of.
    pub spatial: u8,
    /// The sizes that want the frame.
    pub wanted_by: u8,
    /// The sizes that their publisher still sends.
    pub active: u8,
    /// How many decode targets the structure has by which it was read.
    pub targets: u8,
    /// How far back the frame lies that is the last before this one in each size's chain; 0 where the chain begins.
    pub chains: [u8; LAYERS_MAX],
}

/// A packet of a track, decrypted: a view into its cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What is known about it.
    pub facts: &'a PacketFacts,
    /// The dependency descriptor as it came; empty where there is none.
    pub descriptor: &'a [u8],
    /// RTP payload without padding.
    pub payload: &'a [u8],
}

#[cfg(test)]
pub(crate) mod fixtures {
    //! Packets, and a time to begin with, for tests.

    use std::time::Instant;

    use rtp::ClockRate;

    use super::*;

    /// When a test begins. Everything after is counted from here.
    #[expect(
        clippy::disallowed_methods,
        reason = "an Instant can only be made from the clock; tests count from it"
    )]
    pub(crate) fn start() -> Instant {
        Instant::now()
    }

    /// A packet in the middle of a delta frame.
    pub(crate) fn video(track: TrackId, sequence: u64) -> PacketFacts {
        PacketFacts {
            track,
            layer: Layer::BASE,
            codec: Codec::Vp8,
            sequence: ExtSeqNo::from_index(sequence).unwrap(),
            time: MediaTime::new((1 << 32) + sequence * 3000, ClockRate::VIDEO),
            marker: false,
            frame: FrameFacts::default(),
            audio_level: None,
            orientation: None,
            vp8: None,
            dependency: None,
        }
    }

    /// A packet of 20 ms.
    pub(crate) fn audio(track: TrackId, sequence: u64) -> PacketFacts {
        PacketFacts {
            codec: Codec::Opus,
            time: MediaTime::new((1 << 32) + sequence * 960, ClockRate::OPUS),
            frame: AUDIO_FRAME,
            ..video(track, sequence)
        }
    }

    impl PacketFacts {
        /// The same of another layer.
        pub(crate) fn of_layer(mut self, layer: u8) -> Self {
            self.layer = Layer(layer);
            self
        }

        /// The first packet of a key frame.
        pub(crate) fn key_frame(mut self) -> Self {
            self.frame = FrameFacts { end: false, ..AUDIO_FRAME };
            self
        }
    }
}
