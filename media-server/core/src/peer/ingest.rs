//! Which track an incoming stream belongs to.
//!
//! A stream is known by its description's `a=ssrc`, or makes itself known: by the mid in its packets, or by a payload
//! type that only one track has (RFC 9143 §9.2); and where the track has layers, by the rid of its packets, or for
//! retransmissions by the repaired rid (RFC 8852). Only authentic packets get here, and only tracks of the peer itself
//! are asked: nobody can send as somebody else (abuse 52). A layer keeps the stream it has, and a stream its layer,
//! whatever later packets say.

use rtp::extension::{ExtensionValues, Mid};
use rtp::{PayloadType, Ssrc};
use smallvec::SmallVec;

use crate::keys::TrackKey;
use crate::packet::Layer;
use crate::peer::negotiation::LayerOffer;
use crate::room::Room;
use crate::room::track::Meaning;

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamRole {
    Media,
    Retransmission,
}

/// What a stream is: of which layer of which track, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) track: TrackKey,
    pub(crate) layer: Layer,
    pub(crate) role: StreamRole,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bound {
    ssrc: Ssrc,
    place: Place,
}

/// The streams of one peer. Bounded by two a layer.
#[derive(Debug, Default)]
pub(crate) struct Ingest {
    tracks: SmallVec<[TrackKey; 4]>,
    bound: SmallVec<[Bound; 8]>,
}

impl Ingest {
    /// The published tracks, in order.
    pub(crate) fn tracks(&self) -> impl Iterator<Item = TrackKey> {
        self.tracks.iter().copied()
    }

    /// Adds a track, with the streams that its layers announce. An SSRC that is taken already is not announced.
    pub(crate) fn add(&mut self, track: TrackKey, layers: &[LayerOffer]) {
        self.tracks.push(track);
        for (layer, offer) in (0..).map(Layer).zip(layers) {
            for (ssrc, role) in
                [(offer.ssrc, StreamRole::Media), (offer.rtx_ssrc, StreamRole::Retransmission)]
            {
                if let Some(ssrc) = ssrc.filter(|ssrc| self.find(*ssrc).is_none()) {
                    self.bound.push(Bound { ssrc, place: Place { track, layer, role } });
                }
            }
        }
    }

    pub(crate) fn remove(&mut self, track: TrackKey) {
        self.tracks.retain(|known| *known != track);
        self.bound.retain(|bound| bound.place.track != track);
    }

    /// What a known stream is.
    #[inline]
    pub(crate) fn find(&self, ssrc: Ssrc) -> Option<Place> {
        self.bound.iter().find(|bound| bound.ssrc == ssrc).map(|bound| bound.place)
    }

    /// Finds the place of a stream that was not announced, by an authentic packet of it.
    pub(crate) fn bind(
        &mut self,
        room: &Room,
        ssrc: Ssrc,
        payload_type: PayloadType,
        values: &ExtensionValues,
    ) -> Option<Place> {
        let (track, meaning) = self.track_of(room, payload_type, values.mid.as_ref())?;
        let (role, rid) = match meaning {
            Meaning::Media(_) | Meaning::Redundant(_) => (StreamRole::Media, values.rid),
            Meaning::Retransmission(_) => (StreamRole::Retransmission, values.repaired_rid),
        };
        let layers = &room.track(track)?.layers;
        let named = |known: Option<_>| known.is_none() || known == rid;
        let layer = layers.iter().position(|layer| named(layer.rid)).and_then(|at| u8::try_from(at).ok())?;
        let place = Place { track, layer: Layer(layer), role };
        if self.bound.iter().any(|bound| bound.place == place) {
            return None;
        }
        self.bound.push(Bound { ssrc, place });
        Some(place)
    }

    fn track_of(
        &self,
        room: &Room,
        payload_type: PayloadType,
        mid: Option<&Mid>,
    ) -> Option<(TrackKey, Meaning)> {
        let meaning = |key: TrackKey| Some((key, room.track(key)?.meaning(payload_type)?));
        if let Some(mid) = mid {
            let named =
                |key: &TrackKey| room.track(*key).is_some_and(|track| track.mid.as_bytes() == mid.as_bytes());
            return meaning(self.tracks.iter().copied().find(named)?);
        }
        let mut fitting = self.tracks.iter().filter_map(|key| meaning(*key));
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }
}
