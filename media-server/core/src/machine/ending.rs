//! Peers, seats and rooms that end, and what is said about it.

use std::time::Instant;

use protocol::node::RoomEventKind;
use protocol::signal::{EndReason, LeaveReason, ServerMessage};
use protocol::{Problem, SeatId, close};

use super::Core;
use crate::api::{HandshakeOrder, Output};
use crate::keys::{PeerKey, RoomKey, TrackKey};
use crate::peer::Handshake;
use crate::peer::negotiation::Refusal;
use crate::room::seat::{HELD_FOR, Seat};

impl Core {
    /// Takes a peer out of every table. Its seat has let go of it already, or does not speak through it.
    pub(super) fn close_peer(&mut self, now: Instant, key: PeerKey, code: u16) {
        let Some(peer) = self.peers.get(key.0) else { return };
        let (id, room_key) = (peer.id, peer.room);
        let tracks: Vec<TrackKey> = peer.ingest.tracks().collect();
        for track in tracks {
            self.remove_track(room_key, track);
        }
        let Some(peer) = self.peers.try_remove(key.0) else { return };
        self.counters.forward_failed +=
            peer.media.as_ref().map_or(0, |media| media.downlink.waiting() as u64);
        self.index.peers.remove(&id);
        for ufrag in peer.ice.ufrags() {
            self.index.remove_ufrag(ufrag);
        }
        for path in peer.ice.paths() {
            self.index.remove_path(path, key);
        }
        self.peer_timers.cancel(key.0);
        self.room_timers.schedule(room_key.0, now);
        if peer.handshake != Handshake::Waiting {
            self.output(Output::Handshake { peer: id, order: HandshakeOrder::Stop });
        }
        if let Some(connection) = peer.signalling.connection() {
            self.index.connections.remove(&connection);
            self.output(Output::Close { peer: connection, code });
        }
    }

    /// A peer is gone without a word: its seat is held for it.
    pub(super) fn lose_peer(&mut self, now: Instant, key: PeerKey) {
        self.counters.peers_lost += 1;
        self.leave_seat(now, key, close::IDLE);
    }

    /// A peer sends far more than it may, and goes on: out, and with a new token it waits, so that somebody decides. Who moderates
    /// has nobody above them, and comes back.
    pub(super) fn remove_overdrawn(&mut self, now: Instant, key: PeerKey) {
        self.counters.peers_overdrawn += 1;
        self.refuse(key, &Refusal::new(Problem::TooFast, "sends more media than the node takes"));
        let Some((room_key, seat)) = self.peers.get(key.0).map(|peer| (peer.room, peer.seat)) else { return };
        if let Some(room) = self.rooms.get_mut(room_key.0)
            && !room.seats.get(&seat).is_some_and(|seat| seat.permissions.moderate)
        {
            room.moderation.removed(seat);
        }
        self.free_seat(now, room_key, seat, LeaveReason::Removed, close::REMOVED);
    }

    /// A peer goes, its seat stays: to the other peer that it has, or held.
    pub(super) fn leave_seat(&mut self, now: Instant, key: PeerKey, code: u16) {
        let Some(peer) = self.peers.get(key.0) else { return };
        let (room_key, seat_id) = (peer.room, peer.seat);
        if let Some(seat) = self.rooms.get_mut(room_key.0).and_then(|room| room.seats.get_mut(&seat_id)) {
            if seat.pending == Some(key) {
                seat.pending = None;
            } else if seat.active == Some(key) {
                // One that is still coming up speaks for the seat from now on.
                seat.active = seat.pending.take();
                if seat.active.is_none() {
                    seat.held_until = Some(now + HELD_FOR);
                }
            }
        }
        let heir = self.rooms.get(room_key.0).and_then(|room| room.seats.get(&seat_id)?.active);
        if let Some(heir) = heir.filter(|heir| *heir != key) {
            self.inherit_lanes(room_key, key, heir);
        }
        self.close_peer(now, key, code);
        if let Some(room) = self.rooms.get_mut(room_key.0) {
            room.speakers.remove(seat_id);
        }
        self.refresh_lanes(room_key, now);
        self.announce(room_key, seat_id);
    }

    /// Frees a seat for good. `code` goes to its connections.
    pub(super) fn free_seat(
        &mut self,
        now: Instant,
        room_key: RoomKey,
        seat_id: SeatId,
        reason: LeaveReason,
        code: u16,
    ) {
        let Some(room) = self.rooms.get_mut(room_key.0) else { return };
        let Some(seat) = room.seats.get_mut(&seat_id) else { return };
        let timeline = seat.timeline.take(seat_id, now);
        let (peers, secrets) = (seat.peers().collect::<Vec<_>>(), seat.secrets());
        let (is_reported, is_listed) = (seat.is_reported, seat.is_listed());
        for key in peers {
            if reason == LeaveReason::Removed {
                // The close code comes when the connection has closed, and by then its media is missed already.
                self.signal(key, ServerMessage::ParticipantLeft { seat: seat_id, reason });
            }
            self.close_peer(now, key, code);
        }
        for secret in secrets {
            self.index.remove_secret(secret);
        }
        let Some(room) = self.rooms.get_mut(room_key.0) else { return };
        room.seats.remove(&seat_id);
        room.speakers.remove(seat_id);
        if room.seats.is_empty() {
            room.empty_since = Some(now);
        }
        self.room_timers.schedule(room_key.0, now);
        if let Some(timeline) = timeline {
            self.event(room_key, timeline);
        }
        if is_reported {
            self.event(room_key, RoomEventKind::Left { seat: seat_id, reason });
        }
        self.refresh_lanes(room_key, now);
        if is_listed {
            self.broadcast(room_key, &ServerMessage::ParticipantLeft { seat: seat_id, reason });
        }
        self.tell_moderation(room_key, None);
    }

    /// Ends a consultation for all. It stays ended: neither token nor secret opens it again.
    pub(super) fn end_room(&mut self, now: Instant, key: RoomKey, reason: EndReason, by: Option<SeatId>) {
        let Some(room) = self.rooms.get(key.0) else { return };
        for peer in room.peers().collect::<Vec<_>>() {
            self.signal(peer, ServerMessage::Ended { reason });
        }
        let Some(room) = self.rooms.get(key.0) else { return };
        let (id, generation) = (room.id, room.generation);
        let secrets = room.seats.values().flat_map(Seat::secrets).collect();
        self.ended.insert(id, generation, secrets, now);
        self.close_room(now, key, Some((reason, by)), close::ENDED);
    }

    /// The control plane has placed the room anew: what is here makes way, and everybody asks for the new place.
    pub(super) fn move_room_away(&mut self, now: Instant, key: RoomKey) {
        self.close_room(now, key, None, close::GOING_AWAY);
    }

    /// Nobody came back.
    pub(super) fn close_empty_room(&mut self, now: Instant, key: RoomKey) {
        self.close_room(now, key, Some((EndReason::Empty, None)), close::ENDED);
    }

    fn close_room(
        &mut self,
        now: Instant,
        key: RoomKey,
        ended: Option<(EndReason, Option<SeatId>)>,
        code: u16,
    ) {
        let Some(room) = self.rooms.get(key.0) else { return };
        let peers: Vec<PeerKey> = room.peers().collect();
        for peer in peers {
            self.close_peer(now, peer, code);
        }
        let seats = self.rooms.get_mut(key.0).into_iter().flat_map(|room| &mut room.seats);
        let told: Vec<_> = seats.filter_map(|(id, seat)| seat.timeline.take(*id, now)).collect();
        for timeline in told {
            self.event(key, timeline);
        }
        if let Some((reason, by)) = ended {
            self.event(key, RoomEventKind::Ended { reason, by });
        }
        let Some(room) = self.rooms.try_remove(key.0) else { return };
        for secret in room.seats.values().flat_map(Seat::secrets) {
            self.index.remove_secret(secret);
        }
        self.index.rooms.remove(&room.id);
        self.room_timers.cancel(key.0);
        self.dirty.retain(|dirty| *dirty != key);
        self.output(Output::RoomClosed { room: room.id, generation: room.generation });
    }
}
