//! A published track: what is known about it, its receive state, and its cache.

use std::time::Instant;

use protocol::signal::{Kind, Source, Track as TrackDescription};
use protocol::{SeatId, TrackId};
use rtp::{ClockRate, PayloadType, Ssrc};

use crate::cache::{Cache, CacheSize};
use crate::keys::PeerKey;
use crate::packet::Codec;
use crate::receive::{KeyframeRequester, NackGenerator, Stream};
use crate::sdp::OfferedCodec;

pub(crate) struct Track {
    pub(crate) id: TrackId,
    pub(crate) seat: SeatId,
    pub(crate) peer: PeerKey,
    pub(crate) mid: String,
    pub(crate) source: Source,
    /// False while muted: nothing of it is forwarded, whatever comes.
    pub(crate) is_active: bool,
    /// The order of publication within the peer.
    pub(crate) published: usize,
    /// How its publisher numbers codecs.
    pub(crate) codecs: Vec<OfferedCodec>,
    /// The streams that carry it, once known.
    pub(crate) ssrc: Option<Ssrc>,
    pub(crate) rtx_ssrc: Option<Ssrc>,
    pub(crate) keyframes: KeyframeRequester,
    /// From the first packet on.
    pub(crate) receiving: Option<Box<Receiving>>,
}

/// What grows with packets: allocated when the first one comes, so that a screen that is never shared costs nothing.
pub(crate) struct Receiving {
    pub(crate) media: Stream,
    pub(crate) nack: NackGenerator,
    pub(crate) cache: Cache,
}

/// What a payload type of the publisher means on a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Media(Codec),
    Retransmission(Codec),
}

impl Track {
    pub(crate) const fn kind(&self) -> Kind {
        match self.source {
            Source::Microphone | Source::ScreenAudio => Kind::Audio,
            Source::Camera | Source::Screen => Kind::Video,
        }
    }

    /// Which of several tracks is wanted first, by what it shows.
    pub(crate) const fn rank(&self) -> u8 {
        match self.source {
            Source::Microphone | Source::Screen => 0,
            Source::Camera | Source::ScreenAudio => 1,
        }
    }

    pub(crate) fn describe(&self) -> TrackDescription {
        TrackDescription { id: self.id, source: self.source, active: self.is_active }
    }

    pub(crate) fn meaning(&self, payload_type: PayloadType) -> Option<Meaning> {
        self.codecs.iter().find_map(|codec| {
            if codec.payload_type == payload_type {
                Some(Meaning::Media(codec.codec))
            } else if codec.rtx == Some(payload_type) {
                Some(Meaning::Retransmission(codec.codec))
            } else {
                None
            }
        })
    }

    /// Whether its publisher retransmits what is asked for.
    pub(crate) fn has_nack(&self) -> bool {
        self.codecs.iter().any(|codec| codec.feedback.nack && codec.rtx.is_some())
    }

    /// Wishes for a key frame; audio needs none.
    pub(crate) fn request_key_frame(&mut self) {
        if self.kind() == Kind::Video {
            self.keyframes.request();
        }
    }

    pub(crate) fn receiving(&mut self) -> &mut Receiving {
        let (rate, size) = match self.kind() {
            Kind::Audio => (ClockRate::OPUS, CacheSize::AUDIO),
            Kind::Video => (ClockRate::VIDEO, CacheSize::VIDEO),
        };
        self.receiving.get_or_insert_with(|| {
            Box::new(Receiving {
                media: Stream::new(rate),
                nack: NackGenerator::new(),
                cache: Cache::new(size),
            })
        })
    }

    /// When its publisher is to be asked for something.
    pub(crate) fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let nack = self.receiving.as_ref().and_then(|receiving| receiving.nack.poll_timeout());
        let nack = nack.filter(|_| self.has_nack());
        let key_frame = self.ssrc.and(self.keyframes.poll_timeout(now));
        nack.into_iter().chain(key_frame).min()
    }
}
