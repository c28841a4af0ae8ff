//! Which track an incoming stream belongs to.
//!
//! A stream is known by its description's `a=ssrc`, or makes itself known: by the mid in its packets, or by a payload
//! type that only one track has (RFC 9143 §9.2). Only authentic packets get here, and only tracks of the peer itself
//! are asked: nobody can send as somebody else (abuse 52). A track keeps the stream it has.

use rtp::extension::Mid;
use rtp::{PayloadType, Ssrc};
use smallvec::SmallVec;

use crate::keys::TrackKey;
use crate::room::Room;
use crate::room::track::Meaning;

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamRole {
    Media,
    Retransmission,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bound {
    ssrc: Ssrc,
    track: TrackKey,
    role: StreamRole,
}

/// The streams of one peer. Bounded by two a track.
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

    /// Adds a track, with the streams that it announces. An SSRC that is taken already is not announced.
    pub(crate) fn add(&mut self, track: TrackKey, ssrc: Option<Ssrc>, rtx: Option<Ssrc>) {
        self.tracks.push(track);
        for (ssrc, role) in [(ssrc, StreamRole::Media), (rtx, StreamRole::Retransmission)] {
            if let Some(ssrc) = ssrc.filter(|ssrc| self.find(*ssrc).is_none()) {
                self.bound.push(Bound { ssrc, track, role });
            }
        }
    }

    pub(crate) fn remove(&mut self, track: TrackKey) {
        self.tracks.retain(|known| *known != track);
        self.bound.retain(|bound| bound.track != track);
    }

    /// What a known stream is.
    #[inline]
    pub(crate) fn find(&self, ssrc: Ssrc) -> Option<(TrackKey, StreamRole)> {
        self.bound.iter().find(|bound| bound.ssrc == ssrc).map(|bound| (bound.track, bound.role))
    }

    /// Finds the place of a stream that was not announced, by an authentic packet of it.
    pub(crate) fn bind(
        &mut self,
        room: &Room,
        ssrc: Ssrc,
        payload_type: PayloadType,
        mid: Option<&Mid>,
    ) -> Option<(TrackKey, StreamRole)> {
        let meaning = |key: TrackKey| Some((key, room.track(key)?.meaning(payload_type)?));
        let (track, meaning) = if let Some(mid) = mid {
            let named =
                |key: &TrackKey| room.track(*key).is_some_and(|track| track.mid.as_bytes() == mid.as_bytes());
            meaning(self.tracks.iter().copied().find(named)?)?
        } else {
            let mut fitting = self.tracks.iter().filter_map(|key| meaning(*key));
            let first = fitting.next()?;
            if fitting.next().is_some() {
                return None;
            }
            first
        };
        let role = match meaning {
            Meaning::Media(_) => StreamRole::Media,
            Meaning::Retransmission(_) => StreamRole::Retransmission,
        };
        if self.bound.iter().any(|bound| bound.track == track && bound.role == role) {
            return None;
        }
        self.bound.push(Bound { ssrc, track, role });
        Some((track, role))
    }
}
