//! A lane of a peer, with its retransmissions.

use std::time::Instant;

use protocol::signal::{Kind, Pause, ViewSize};
use rtp::Ssrc;

use super::negotiation::LaneOffer;
use crate::forward::{Change, Lane, LaneConfig};
use crate::keys::TrackKey;
use crate::packet::{Codec, Layer};
use crate::quality::watch::Shown;
use crate::random::Random;
use crate::room::track::Track;
use crate::sdp::LaneStreams;
use crate::send::RtxResponder;
use crate::send::redundancy::ReportedLoss;

/// What a lane may have of what its client shows. In the order of how much that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grant {
    /// Not even the lowest layer fits.
    Nothing,
    /// Up to this one.
    UpTo(Layer),
    /// There is no reason to save.
    #[default]
    Free,
}

pub(crate) struct PeerLane {
    pub(crate) mid: String,
    pub(crate) kind: Kind,
    /// What it shows.
    pub(crate) track: Option<TrackKey>,
    /// At what size its client shows it.
    pub(crate) view: ViewSize,
    /// How much of that the path to the client carries.
    pub(crate) grant: Grant,
    /// It may have no more than now, after a step down.
    pub(crate) held_until: Option<Instant>,
    pub(crate) lane: Lane,
    /// What of it arrived, as the client reports.
    pub(crate) reported: ReportedLoss,
    /// What it showed a second ago.
    pub(crate) shown: Shown,
    /// Where the peer has agreed on RTX.
    pub(crate) rtx: Option<RtxResponder>,
    offer: LaneOffer,
}

impl PeerLane {
    /// An empty lane. Its streams are new: an SSRC is never given twice within a transport.
    pub(crate) fn new(offer: LaneOffer, streams: LaneStreams, random: &mut Random) -> Option<Self> {
        let lane = Lane::new(&LaneConfig {
            kind: offer.kind,
            ssrc: streams.ssrc,
            payload_types: offer.payload_types,
            extensions: offer.extensions,
            first_sequence: random.first_sequence(),
            first_timestamp: random.first_timestamp(),
        })?;
        let rtx =
            streams.rtx.map(|ssrc| RtxResponder::new(ssrc, offer.rtx_payload_types, random.first_sequence()));
        Some(Self {
            mid: offer.mid.clone(),
            kind: offer.kind,
            track: None,
            view: ViewSize::default(),
            grant: Grant::Free,
            held_until: None,
            lane,
            reported: ReportedLoss::default(),
            shown: Shown::default(),
            rtx,
            offer,
        })
    }

    /// Puts a track on the lane, or none. What was granted to another says nothing about it.
    pub(crate) fn show(&mut self, track: Option<TrackKey>) {
        if self.track != track {
            self.track = track;
            self.grant = Grant::Free;
            self.held_until = None;
        }
    }

    /// The track that was on the lane goes on as another, with what it was granted.
    pub(crate) const fn go_on_with(&mut self, heir: TrackKey) {
        self.track = Some(heir);
    }

    /// The layer that the lane is to show of the track on it; `None` for a pause. Here it is decided, and nowhere else.
    ///
    /// The highest that comes among those that are not larger than what the client shows. While none of these comes the lane
    /// waits for the one it would show: what is larger than asked for is not sent instead.
    pub(crate) fn target(&self, track: &Track) -> Option<Layer> {
        let cap = self.cap(track)?;
        Some(track.running_layers().highest_up_to(cap).unwrap_or(cap))
    }

    /// The highest layer that the lane would show if it came: what its publisher is asked for.
    pub(crate) fn cap(&self, track: &Track) -> Option<Layer> {
        let shown = self.view_cap(track)?;
        match self.grant {
            Grant::Nothing => None,
            Grant::UpTo(layer) => Some(shown.min(layer)),
            Grant::Free => Some(shown),
        }
    }

    /// Why its picture stands though the client shows it.
    pub(crate) fn pause_of(&self, track: &Track) -> Option<Pause> {
        if self.view == ViewSize::Hidden {
            None
        } else if track.allowed.is_none() {
            Some(Pause::Overload)
        } else if track.is_held_up() {
            Some(Pause::Uplink)
        } else if self.grant == Grant::Nothing {
            Some(Pause::Downlink)
        } else {
            None
        }
    }

    /// How a lower target is reached: what the path does not carry ends at once.
    pub(crate) fn change(&self, track: &Track) -> Change {
        if self.cap(track) < self.view_cap(track) { Change::AtOnce } else { Change::Seamless }
    }

    /// Whether a loss in a layer is worth mending. What the path does not carry is not, since a key frame of less is on its way;
    /// nor is what is paused.
    pub(crate) fn mends(&self, track: &Track, layer: Layer) -> bool {
        self.cap(track).is_some_and(|cap| layer <= cap || self.change(track) == Change::Seamless)
    }

    /// The highest layer of which its client shows the size, as far as anybody may be shown it.
    pub(crate) fn view_cap(&self, track: &Track) -> Option<Layer> {
        let top = track.top();
        let shown = match self.view {
            ViewSize::Hidden => None,
            ViewSize::Thumbnail => Some(Layer::BASE),
            ViewSize::Medium => Some(Layer(top.0.div_ceil(2))),
            ViewSize::Full => Some(top),
        };
        // `None` is below all layers.
        shown.min(track.shown_up_to())
    }

    pub(crate) fn streams(&self) -> LaneStreams {
        LaneStreams { ssrc: self.lane.ssrc(), rtx: self.rtx.as_ref().map(RtxResponder::ssrc) }
    }

    /// Whether `ssrc` is the lane's stream. Its retransmissions have another.
    pub(crate) fn sends(&self, ssrc: Ssrc) -> bool {
        self.lane.ssrc() == ssrc
    }

    /// Whether its packets bear transport-wide numbers, which the client tells the arrival of.
    pub(crate) const fn tells_arrivals(&self) -> bool {
        self.offer.extensions.transport_sequence.is_some()
    }

    pub(crate) fn decodes(&self, codec: Codec) -> bool {
        self.offer.payload_types.of(codec).is_some()
    }

    /// Whether a later offer describes the same lane, so that it goes on as it is.
    pub(crate) fn is_as(&self, offer: &LaneOffer) -> bool {
        self.offer == *offer
    }
}
