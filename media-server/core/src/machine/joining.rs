//! Join and resume: a new peer comes to a seat.

use std::time::Instant;

use protocol::signal::{PublishTrack, ServerMessage};
use protocol::{Problem, SeatId, close};

use super::Core;
use super::containment::Work;
use super::secrets::bad_secret;
use super::trap::Point;
use crate::api::{Output, PeerId, SeatGrant};
use crate::ice::{Credentials, IceAgent};
use crate::keys::{PeerKey, RoomKey, TrackKey};
use crate::packet::Codecs;
use crate::peer::ingest::Ingest;
use crate::peer::lane::PeerLane;
use crate::peer::negotiation::{LaneOffer, Negotiated, Refusal, TrackOffer, negotiate};
use crate::peer::signalling::Signalling;
use crate::peer::{Handshake, Hearing, Peer};
use crate::quality::Quality;
use crate::quality::timeline::Timeline;
use crate::quality::watch::Watch;
use crate::rate::Bucket;
use crate::room::Room;
use crate::room::moderation::Moderated;
use crate::room::said::{HEARS, SAYS};
use crate::room::seat::Seat;
use crate::room::track::Track;
use crate::sdp::{Accepted, Answer, LaneStreams, Offer, write_answer};
use crate::secret::SecretHash;
use crate::send::redundancy::Redundancy;
use crate::{peer, secret};

impl Core {
    pub(super) fn handle_join(
        &mut self,
        now: Instant,
        id: PeerId,
        grant: &SeatGrant,
        offer: &str,
        tracks: &[PublishTrack],
    ) {
        if let Err(refusal) = self.join(now, id, grant, offer, tracks) {
            self.turn_away(id, refusal);
        }
    }

    pub(super) fn handle_resume(
        &mut self,
        now: Instant,
        id: PeerId,
        secret: &str,
        offer: &str,
        tracks: &[PublishTrack],
    ) {
        if let Err(refusal) = self.resume(now, id, secret, offer, tracks) {
            self.turn_away(id, refusal);
        }
    }

    pub(super) fn turn_away(&mut self, peer: PeerId, refusal: Refusal) {
        self.counters.refused += 1;
        let code = close::code_of(refusal.problem);
        let message = ServerMessage::Refused { problem: refusal.problem, detail: refusal.detail };
        self.output(Output::Signal { peer, seq: None, message });
        self.output(Output::Close { peer, code });
    }

    fn join(
        &mut self,
        now: Instant,
        id: PeerId,
        grant: &SeatGrant,
        offer: &str,
        tracks: &[PublishTrack],
    ) -> Result<(), Refusal> {
        self.check_space(id)?;
        if !grant.permissions.are_sound() {
            return Err(Refusal::new(Problem::NotAllowed, "only a recorder is hidden, and it only receives"));
        }
        self.check_pressure(grant.room)?;
        self.check_generation(now, id, grant)?;
        self.trap.spring(grant.room, Point::Offer);
        let offer = Offer::parse(offer)?;
        let known = self.index.rooms.get(&grant.room).copied();
        let known =
            known.filter(|key| self.rooms.get(key.0).is_some_and(|room| room.generation == grant.generation));
        if let Some(room) = known.and_then(|key| self.rooms.get(key.0)) {
            if room.clinic != grant.clinic {
                return Err(Refusal::new(Problem::BadToken, "the room is of another clinic"));
            }
            room.check_newcomer(grant, self.config.limits.room_seats_max)?;
        } else {
            self.condemned.check_newcomer(grant, now)?;
        }
        let others = known.map_or(Codecs::UNASKED, |key| self.others_decode(key, grant.seat));
        let negotiated = negotiate(&offer, tracks, grant.permissions, others)?;
        let room = match known {
            Some(room) => room,
            None => self.open_room(now, grant)?,
        };
        self.work = Work::Joining(id, room);
        self.take_seat(now, room, grant);
        self.spring(room, Point::Join);
        self.open_peer(now, id, (room, grant.seat), None, &offer, &negotiated);
        Ok(())
    }

    fn resume(
        &mut self,
        now: Instant,
        id: PeerId,
        secret: &str,
        offer: &str,
        tracks: &[PublishTrack],
    ) -> Result<(), Refusal> {
        self.check_space(id)?;
        let hash = SecretHash::of(secret).ok_or_else(bad_secret)?;
        let (room_key, seat_id) = self.seat_of_secret(now, hash)?;
        let seat =
            self.rooms.get(room_key.0).and_then(|room| room.seats.get(&seat_id)).ok_or_else(bad_secret)?;
        let permissions = seat.permissions;
        let offer = Offer::parse(offer)?;
        let others = self.others_decode(room_key, seat_id);
        let negotiated = negotiate(&offer, tracks, permissions, others)?;
        self.work = Work::Joining(id, room_key);
        self.open_peer(now, id, (room_key, seat_id), Some(hash), &offer, &negotiated);
        Ok(())
    }

    fn check_space(&self, id: PeerId) -> Result<(), Refusal> {
        self.check_connection(id)?;
        if self.peers.len() >= self.config.limits.peers_max {
            return Err(Refusal::new(Problem::NodeFull, "the worker takes no more peers"));
        }
        Ok(())
    }

    /// Older placements are refused, a newer one replaces what is here, an ended one stays ended (abuse 15).
    fn check_generation(&mut self, now: Instant, id: PeerId, grant: &SeatGrant) -> Result<(), Refusal> {
        let stale = || Refusal::new(Problem::StaleGeneration, "the room has a newer placement");
        match self.ended.generation(grant.room, now) {
            Some(ended) if grant.generation == ended => {
                return Err(Refusal::new(Problem::RoomEnded, "the consultation is over"));
            }
            Some(ended) if grant.generation < ended => return Err(stale()),
            _ => {}
        }
        let Some(&key) = self.index.rooms.get(&grant.room) else { return Ok(()) };
        let Some(here) = self.rooms.get(key.0).map(|room| room.generation) else { return Ok(()) };
        if grant.generation < here {
            return Err(stale());
        }
        if grant.generation > here {
            self.work = Work::Joining(id, key);
            self.move_room_away(now, key);
            self.work = Work::Connection(id);
        }
        Ok(())
    }

    fn open_room(&mut self, now: Instant, grant: &SeatGrant) -> Result<RoomKey, Refusal> {
        if self.rooms.len() >= self.config.limits.rooms_max {
            return Err(Refusal::new(Problem::NodeFull, "the worker takes no more rooms"));
        }
        let log = self.random.log_id();
        let mut room = Room::new(grant, log, self.shed, now);
        if let Some(moderation) = self.condemned.take(grant, now) {
            room.moderation = moderation;
        }
        let room = RoomKey(self.rooms.insert(room));
        self.index.rooms.insert(grant.room, room);
        Ok(room)
    }

    /// Makes the seat, or brings role and permissions of its newest token to it.
    fn take_seat(&mut self, now: Instant, key: RoomKey, grant: &SeatGrant) {
        let (_, hash) = secret::new(self.config.worker, &mut self.random);
        let Some(room) = self.rooms.get_mut(key.0) else { return };
        room.empty_since = None;
        if let Some(seat) = room.seats.get_mut(&grant.seat) {
            seat.role = grant.role;
            seat.permissions = grant.permissions;
            return;
        }
        let order = room.next_seat_order();
        room.moderation.seated(grant.seat);
        let moderated = Moderated::new(room.moderation.standing(grant.seat), room.makes_wait(grant));
        room.seats.insert(
            grant.seat,
            Seat {
                role: grant.role,
                permissions: grant.permissions,
                moderated,
                order,
                active: None,
                pending: None,
                secret: hash,
                given_to: None,
                used: None,
                held_until: None,
                is_reported: false,
                timeline: Timeline::default(),
                says: Bucket::full(SAYS, now),
            },
        );
    }

    fn open_peer(
        &mut self,
        now: Instant,
        id: PeerId,
        (room, seat): (RoomKey, SeatId),
        used: Option<SecretHash>,
        offer: &Offer,
        negotiated: &Negotiated,
    ) {
        let key = self.insert_peer(now, id, (room, seat), offer, negotiated);
        for track in &negotiated.tracks {
            self.add_track(room, seat, key, track);
        }
        let secret = self.renew_secret(room, seat, used, key);
        self.seat_peer(now, room, seat, key);
        let answer = self.answer(key, offer, negotiated);
        self.send_joined(key, answer, secret);
        let is_active = self.rooms.get(room.0).and_then(|room| room.seats.get(&seat)?.active) == Some(key);
        if is_active {
            self.refresh_lanes(room, now);
            self.announce(room, seat);
        }
        if !self.is_waiting(room, seat) {
            self.end_undecoded(now, room, seat, negotiated.decodes);
        }
        self.tell_newcomer(room, seat, key);
    }

    fn insert_peer(
        &mut self,
        now: Instant,
        id: PeerId,
        (room, seat): (RoomKey, SeatId),
        offer: &Offer,
        negotiated: &Negotiated,
    ) -> PeerKey {
        let credentials = Credentials::new(self.config.worker, &mut self.random);
        let ufrag = credentials.ufrag.clone();
        let key = PeerKey(self.peers.insert(Peer {
            id,
            room,
            seat,
            signalling: Signalling::new(id),
            began: now,
            heard: now,
            ice: IceAgent::new(credentials, offer.ufrag.clone()),
            fingerprints: offer.fingerprints.clone(),
            handshake: Handshake::Waiting,
            dtls_in_flush: 0,
            media: None,
            ingest: Ingest::default(),
            extensions: offer.extensions,
            lanes: Vec::new(),
            lane_of: Vec::new(),
            decodes: negotiated.decodes,
            reduced_size: negotiated.reduced_size,
            node_ssrc: self.random.ssrc(),
            described: None,
            streams_given: 0,
            session_id: self.random.session_id(),
            session_version: 0,
            quality: Quality::new(now),
            watch: Watch::default(),
            redundancy: Redundancy::new(now),
            rtt: std::time::Duration::ZERO,
            hearing: Hearing::No,
            hears: Bucket::full(HEARS, now),
        }));
        self.index.peers.insert(id, key);
        self.index.connections.insert(id, key);
        self.index.add_ufrag(&ufrag, key);
        self.peer_timers.schedule(key.0, now + peer::SETUP_MAX);
        self.set_lanes(key, &negotiated.lanes);
        key
    }

    fn send_joined(&mut self, key: PeerKey, answer: String, resume: String) {
        // Lanes are filled before, so that the first message holds them.
        let room_key = self.peers.get(key.0).map(|peer| peer.room);
        if let Some(room) = room_key {
            self.fill_lanes(room, key);
        }
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let Some(room) = self.rooms.get(peer.room.0) else { return };
        let Some(seat) = room.seats.get(&peer.seat) else { return };
        let lanes = peer.describe_lanes(room);
        peer.described = Some(lanes.clone());
        let message = ServerMessage::Joined {
            seat: peer.seat,
            role: seat.role,
            permissions: seat.may(),
            answer,
            resume,
            participants: room.participants(peer.seat),
            lanes,
            waiting: seat.is_waiting(),
        };
        if seat.is_waiting() {
            return self.signal(key, message);
        }
        self.signal(key, message);
        self.send_told(key);
    }

    /// What the others were told when it changed, which may be long ago.
    pub(super) fn send_told(&mut self, key: PeerKey) {
        let room = self.peers.get(key.0).and_then(|peer| self.rooms.get(peer.room.0));
        let Some(room) = room else { return };
        let speakers = room.speakers.told().to_vec();
        let quality = room.told_quality.clone();
        if !speakers.is_empty() {
            self.signal(key, ServerMessage::Speakers { speakers });
        }
        if !quality.is_empty() {
            self.signal(key, ServerMessage::Quality { quality });
        }
    }

    pub(super) fn add_track(&mut self, room: RoomKey, seat: SeatId, key: PeerKey, offer: &TrackOffer) {
        let id = self.random.track_id();
        let (Some(room), Some(peer)) = (self.rooms.get_mut(room.0), self.peers.get_mut(key.0)) else {
            return;
        };
        let published = peer.ingest.tracks().count();
        let mut track = Track::new(id, (seat, key), published, offer);
        if let Some(seat) = room.seats.get(&seat) {
            track.is_active &= seat.lets_on(offer.source);
            track.is_waiting = seat.is_waiting();
        }
        track.allowed = room.allowed(&track);
        track.set_pictures(peer.pictures());
        let track = TrackKey(room.tracks.insert(track));
        peer.ingest.add(track, &offer.layers);
    }

    /// Makes the lanes of an offer; those that are as before go on, with what they show.
    pub(super) fn set_lanes(&mut self, key: PeerKey, offers: &[LaneOffer]) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let mut before = std::mem::take(&mut peer.lanes);
        for offer in offers {
            let known = before.iter().position(|lane| lane.mid == offer.mid && lane.is_as(offer));
            if let Some(at) = known {
                peer.lanes.push(before.swap_remove(at));
                continue;
            }
            let streams =
                LaneStreams { ssrc: self.random.ssrc(), rtx: offer.has_rtx.then(|| self.random.ssrc()) };
            if let Some(lane) = PeerLane::new(offer.clone(), streams, &mut self.random) {
                peer.streams_given += 1 + usize::from(offer.has_rtx);
                peer.lanes.push(lane);
            }
        }
        peer.index_lanes();
    }

    pub(super) fn answer(&mut self, key: PeerKey, offer: &Offer, negotiated: &Negotiated) -> String {
        let Some(peer) = self.peers.get_mut(key.0) else { return String::new() };
        peer.session_version += 1;
        let peer = &*peer;
        let accepted = offer.media.iter().zip(&negotiated.media).map(|(media, codecs)| {
            let codecs = codecs.clone()?;
            let lane = peer.lanes.iter().find(|lane| lane.mid == media.mid).map(PeerLane::streams);
            let track = negotiated.tracks.iter().find(|track| track.mid == media.mid);
            let layers = track.into_iter().flat_map(|track| &track.layers).filter_map(|layer| layer.rid);
            Some(Accepted { node_receives: track.is_some(), lane, codecs, layers: layers.collect() })
        });
        write_answer(&Answer {
            session_id: peer.session_id,
            version: peer.session_version,
            credentials: peer.ice.credentials(),
            fingerprint: self.config.fingerprint,
            candidates: &self.config.candidates,
            tcp_candidates: &self.config.tcp_candidates,
            allows_mixed_extensions: offer.allows_mixed_extensions,
            extensions: &offer.extensions,
            media: offer.media.iter().zip(accepted).collect(),
        })
    }
}
