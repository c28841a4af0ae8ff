//! One layer of a published track: its streams, its receive state, and its cache.

use std::time::{Duration, Instant};

use rtp::extension::Rid;
use rtp::{Bitrate, ClockRate, ExtSeqNo, Ssrc};

use crate::cache::{Cache, CacheSize};
use crate::packet::Layer;
use crate::peer::negotiation::LayerOffer;
use crate::quality::freeze::Flow;
use crate::receive::{KeyframeRequester, KnownRate, Meter, NackGenerator, Stream};
use crate::send::DATAGRAM_LEN_MAX;

/// A layer has stopped when for so long nothing of it has come, and another one of the track went on all the while. With it the
/// picture stands for less than half a second until another layer takes over; and cameras send ten frames a second and
/// more, five in the dark.
pub(crate) const STOPPED_AFTER: Duration = Duration::from_millis(300);
/// A layer goes on as long as nothing longer lies between two packets: of a frame or more, even in the dark. A screen on
/// which nothing moves comes once a second, in all layers: that tells nothing about any of them. Nor does an outage.
pub(crate) const GAP_MAX: Duration = Duration::from_millis(250);

pub(crate) struct TrackLayer {
    /// Its name in packets; `None` for a track that is published once.
    pub(crate) rid: Option<Rid>,
    /// The stream that carries it, once known.
    pub(crate) ssrc: Option<Ssrc>,
    pub(crate) keyframes: KeyframeRequester,
    /// From the first packet on.
    pub(crate) receiving: Option<Box<Receiving>>,
    /// Packets of it come.
    pub(crate) is_running: bool,
    /// What it takes, or took when it came.
    pub(crate) known: KnownRate,
}

/// What grows with packets: allocated when the first one comes, so that a screen that is never shared, and a layer that
/// is never sent, cost nothing.
pub(crate) struct Receiving {
    pub(crate) media: Stream,
    pub(crate) nack: NackGenerator,
    pub(crate) cache: Cache,
    meter: Meter,
    /// When the last packet came.
    last: Instant,
    /// Since when they have come without a longer gap than [`GAP_MAX`].
    steady_since: Instant,
    /// Bytes of the current batch that lie in the cache.
    batched: usize,
    /// Packets came while the track was muted, and none since.
    is_muted: bool,
    /// The last that may have been made while it was muted.
    muted_until: Option<ExtSeqNo>,
    size: CacheSize,
}

impl TrackLayer {
    pub(crate) fn new(offer: &LayerOffer) -> Self {
        Self {
            rid: offer.rid,
            ssrc: offer.ssrc,
            keyframes: KeyframeRequester::new(),
            receiving: None,
            is_running: false,
            known: KnownRate::default(),
        }
    }

    /// Notes that a packet of so many bytes came; whether the layer begins to run with it.
    #[inline]
    pub(crate) fn note_packet(&mut self, len: usize, now: Instant) -> bool {
        let begins = !std::mem::replace(&mut self.is_running, true);
        if let Some(receiving) = &mut self.receiving {
            if begins {
                receiving.meter.restart(now);
            }
            receiving.meter.handle_packet(len, now);
            if begins || now.saturating_duration_since(receiving.last) > GAP_MAX {
                receiving.steady_since = now;
            }
            receiving.last = now;
        }
        begins
    }

    /// When the layer has stopped if nothing of it comes and `other` goes on until then.
    pub(crate) fn stopped_at(&self, other: &Self) -> Option<Instant> {
        let (this, other) = (self.running()?, other.running()?);
        Some(this.last.max(other.steady_since) + STOPPED_AFTER)
    }

    /// Whether the layer has stopped, by what came of `other`.
    pub(crate) fn has_stopped(&self, other: &Self) -> bool {
        let last = other.running().map(|other| other.last);
        self.stopped_at(other).zip(last).is_some_and(|(at, last)| at <= last)
    }

    fn running(&self) -> Option<&Receiving> {
        self.receiving.as_deref().filter(|_| self.is_running)
    }

    /// When its packets came, while it runs.
    pub(crate) fn flow(&self) -> Option<Flow> {
        self.running().map(|running| Flow { last: running.last, steady_since: running.steady_since })
    }

    /// Its bit rate, while it runs and has done so for long enough to tell.
    pub(crate) fn bitrate(&self, now: Instant) -> Option<Bitrate> {
        self.running()?.meter.rate(now)
    }

    /// Measures what it takes, while it comes.
    pub(crate) fn measure(&mut self, now: Instant) {
        let comes =
            self.running().is_some_and(|this| now.saturating_duration_since(this.last) <= STOPPED_AFTER);
        let Some(rate) = self.bitrate(now).filter(|_| comes) else { return };
        self.known.note(rate, now);
    }

    /// When its publisher is to be asked for something. `nacks`: for lost packets too.
    pub(crate) fn poll_timeout(&self, nacks: bool, now: Instant) -> Option<Instant> {
        let nack =
            self.receiving.as_ref().filter(|_| nacks).and_then(|receiving| receiving.nack.poll_timeout());
        let key_frame = self.ssrc.and(self.keyframes.poll_timeout(now));
        nack.into_iter().chain(key_frame).min()
    }
}

impl Receiving {
    pub(crate) fn new(rate: ClockRate, size: CacheSize, now: Instant) -> Self {
        Self {
            media: Stream::new(rate),
            nack: NackGenerator::new(),
            cache: Cache::new(size),
            meter: Meter::new(now),
            last: now,
            steady_since: now,
            batched: 0,
            is_muted: false,
            muted_until: None,
            size,
        }
    }

    /// Whether another packet runs over nothing of the batch, with what is lost at the ring's end.
    #[inline]
    pub(crate) const fn has_room(&self) -> bool {
        self.batched + 2 * DATAGRAM_LEN_MAX <= self.size.bytes
    }

    /// A packet of so many bytes waits for the end of its batch.
    #[inline]
    pub(crate) const fn handle_batched(&mut self, len: usize) {
        self.batched += len;
    }

    /// Whether a packet may be heard and seen: not one that came while the track was muted, nor what was lost then and
    /// comes later. `is_active`: the track is not muted now. `brought_by`: the packet that it came with, its own where it
    /// came by itself; `None` where it was asked for.
    #[inline]
    pub(crate) fn hears(
        &mut self,
        sequence: ExtSeqNo,
        brought_by: Option<ExtSeqNo>,
        is_active: bool,
    ) -> bool {
        if !is_active {
            self.is_muted = true;
        } else if self.is_muted
            && let Some(first) = brought_by
        {
            self.is_muted = false;
            self.muted_until = first.checked_sub(1);
        }
        !self.is_muted && self.muted_until.is_none_or(|until| sequence > until)
    }

    /// The batch is forwarded.
    pub(crate) const fn end_batch(&mut self) {
        self.batched = 0;
    }
}

impl CacheSize {
    /// For one of so many layers of a video track.
    pub(crate) const fn of_layer(layer: Layer, layers: usize) -> Self {
        match layers - layer.index() {
            1 if layers == 1 => Self::VIDEO,
            1 => Self::HIGH,
            2 => Self::MIDDLE,
            _ => Self::LOW,
        }
    }
}
