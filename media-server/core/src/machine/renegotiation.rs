//! Another offer on the same peer: more lanes, other tracks, an ICE restart. What is as before goes on undisturbed.

use std::time::Instant;

use protocol::Problem;
use protocol::signal::{PublishTrack, ServerMessage};

use super::Core;
use crate::api::PeerId;
use crate::ice::Credentials;
use crate::keys::{PeerKey, TrackKey};
use crate::peer::negotiation::{Refusal, TrackOffer, negotiate};
use crate::receive::uplink::Pictures;
use crate::sdp::Offer;

impl Core {
    pub(super) fn handle_offer(&mut self, now: Instant, id: PeerId, offer: &str, tracks: &[PublishTrack]) {
        let Some(key) = self.peer_of_connection(id) else { return };
        match self.renegotiate(now, key, offer, tracks) {
            Ok(answer) => {
                self.signal(key, ServerMessage::Answer { answer });
                if self.peers.get(key.0).is_some_and(|peer| peer.pictures() == Pictures::Held) {
                    self.tell_nothing_asked(key);
                }
            }
            Err(refusal) => self.refuse(key, &refusal),
        }
    }

    fn renegotiate(
        &mut self,
        now: Instant,
        key: PeerKey,
        offer: &str,
        tracks: &[PublishTrack],
    ) -> Result<String, Refusal> {
        let gone = || Refusal::new(Problem::BadMessage, "no seat");
        let offer = Offer::parse(offer)?;
        let peer = self.peers.get(key.0).ok_or_else(gone)?;
        let (room, seat) = (peer.room, peer.seat);
        if peer.fingerprints != offer.fingerprints {
            return Err(Refusal::new(
                Problem::UnsupportedSdp,
                "another certificate needs another connection",
            ));
        }
        let permissions = self
            .rooms
            .get(room.0)
            .and_then(|room| room.seats.get(&seat))
            .map(|seat| seat.permissions)
            .ok_or_else(gone)?;
        let negotiated = negotiate(&offer, tracks, permissions, self.others_decode(room, seat))?;
        let new_lanes =
            negotiated.lanes.iter().filter(|lane| !peer.lanes.iter().any(|known| known.is_as(lane)));
        if peer.streams_given + 2 * new_lanes.count() > srtp::MAX_SEALED_SSRCS {
            return Err(Refusal::new(Problem::BadMessage, "too many new lanes on one connection"));
        }
        self.restart_ice(key, &offer);
        self.set_lanes(key, &negotiated.lanes);
        self.set_tracks(now, key, &negotiated.tracks);
        if let Some(peer) = self.peers.get_mut(key.0) {
            peer.extensions = offer.extensions;
            peer.decodes = negotiated.decodes;
            peer.reduced_size = negotiated.reduced_size;
        }
        let answer = self.answer(key, &offer, &negotiated);
        self.refresh_lanes(room, now);
        self.announce(room, seat);
        if !self.is_waiting(room, seat) {
            self.end_undecoded(now, room, seat, negotiated.decodes);
        }
        Ok(answer)
    }

    /// Another user fragment restarts ICE (RFC 8839 §4.4.1.1.1); the session goes on over the old paths until then.
    fn restart_ice(&mut self, key: PeerKey, offer: &Offer) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        if peer.ice.remote_ufrag() == offer.ufrag {
            return;
        }
        let credentials = Credentials::new(self.config.worker, &mut self.random);
        self.index.add_ufrag(&credentials.ufrag, key);
        if let Some(dropped) = peer.ice.restart(credentials, offer.ufrag.clone()) {
            self.index.remove_ufrag(&dropped);
        }
    }

    /// Brings the peer's tracks to what the offer says: those with the same m-line, source, stream and codec go on.
    fn set_tracks(&mut self, now: Instant, key: PeerKey, offers: &[TrackOffer]) {
        let Some(peer) = self.peers.get(key.0) else { return };
        let (room_key, seat) = (peer.room, peer.seat);
        let known: Vec<TrackKey> = peer.ingest.tracks().collect();
        let place = self.rooms.get(room_key.0).and_then(|room| room.seats.get(&seat));
        let lets_on: Vec<bool> =
            offers.iter().map(|offer| place.is_some_and(|seat| seat.lets_on(offer.source))).collect();
        let mut kept = Vec::new();
        for track_key in known {
            let Some(track) = self.rooms.get_mut(room_key.0).and_then(|room| room.track_mut(track_key))
            else {
                continue;
            };
            let same = offers.iter().position(|offer| track.is_as(offer));
            if let Some(at) = same {
                track.is_active = offers[at].is_active && lets_on[at];
                track.codecs.clone_from(&offers[at].codecs);
                kept.push(at);
            } else {
                self.remove_track(room_key, track_key);
            }
        }
        for (at, offer) in offers.iter().enumerate() {
            if !kept.contains(&at) {
                self.add_track(room_key, seat, key, offer);
            }
        }
        self.peer_timers.schedule(key.0, now);
    }
}
