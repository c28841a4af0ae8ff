//! Commands of the shell.

use std::time::Instant;

use protocol::signal::{EndReason, LeaveReason, ServerMessage};
use protocol::{Generation, Problem, RoomId, SeatId, close};
use srtp::KeyingMaterial;

use super::Core;
use super::trap::Point;
use crate::api::{Command, HandshakeFailed, PeerId};
use crate::keys::{PeerKey, RoomKey};
use crate::peer::negotiation::Refusal;
use crate::send::DATAGRAM_LEN_MAX;

/// The connection ends as it should (RFC 6455 §7.4.1).
const NORMAL_CLOSURE: u16 = 1000;

impl Core {
    /// Takes a command.
    pub fn handle_command(&mut self, now: Instant, command: Command) {
        // What waits belongs to the tracks and lanes as they were when it came.
        self.flush(now);
        self.work = self.work_of(&command);
        match command {
            Command::Join { peer, grant, offer, tracks } => {
                self.handle_join(now, peer, &grant, &offer, &tracks);
            }
            Command::Resume { peer, secret, offer, tracks } => {
                self.handle_resume(now, peer, &secret, &offer, &tracks);
            }
            Command::Reattach { peer, secret, seen } => self.handle_reattach(now, peer, &secret, seen),
            Command::Numbered { peer, seq, command } => {
                if self.hear(now, peer, seq) {
                    self.handle_command(now, *command);
                }
            }
            Command::Seen { peer, seen } => self.handle_seen(now, peer, seen),
            Command::Offer { peer, offer, tracks } => self.handle_offer(now, peer, &offer, &tracks),
            Command::Track { peer, mid, active } => self.handle_track(now, peer, &mid, active),
            Command::View { peer, lanes } => self.handle_view(now, peer, &lanes),
            Command::Moderate { peer, order } => self.handle_moderate(now, peer, order),
            Command::Decline { peer, source } => self.handle_decline(peer, source),
            Command::Device { peer, limited } => self.handle_device(peer, limited),
            Command::Leave { peer } => self.handle_leave(now, peer),
            Command::End { peer } => self.handle_end(now, peer),
            Command::SignalLost { peer } => self.handle_signal_lost(now, peer),
            Command::EndRoom { room, generation, reason } => {
                self.handle_end_room(now, room, generation, reason);
            }
            Command::Remove { room, generation, seat } => self.handle_remove(now, room, generation, seat),
            Command::Handshaken { peer, result } => self.handle_handshaken(now, peer, result),
            Command::HandshakeDatagram { peer, bytes } => self.handle_handshake_datagram(peer, &bytes),
            Command::Chat { peer, at_ms, message } => self.handle_chat(now, peer, at_ms, message),
            Command::ChatClosed { peer } => self.handle_chat_closed(peer),
        }
    }

    fn handle_track(&mut self, now: Instant, id: PeerId, mid: &str, is_active: bool) {
        let Some((key, room_key)) = self.peer_and_room(id) else { return };
        let found = self.rooms.get_mut(room_key.0).and_then(|room| {
            let (track, _) = room.tracks_of(key).into_iter().find(|(_, track)| track.mid == mid)?;
            Some((track, room.track_mut(track)?))
        });
        let Some((track_key, track)) = found else {
            let refusal = Refusal::new(Problem::BadMessage, "no track on this m-line");
            return self.refuse(key, &refusal);
        };
        let (seat, source, was_active) = (track.seat, track.source, track.is_active);
        if is_active && !self.switch_on(room_key, seat, source) {
            return self.refuse(key, &Refusal::new(Problem::NotAllowed, "may not publish this any more"));
        }
        let track = self.rooms.get_mut(room_key.0).and_then(|room| room.track_mut(track_key));
        let Some(track) = track.filter(|_| was_active != is_active) else { return };
        track.is_active = is_active;
        self.spring(room_key, Point::Command);
        self.refresh_lanes(room_key, now);
        self.announce(room_key, seat);
    }

    fn handle_leave(&mut self, now: Instant, id: PeerId) {
        if let Some((key, room)) = self.peer_and_room(id)
            && let Some(peer) = self.peers.get(key.0)
        {
            let seat = peer.seat;
            let peers = self.rooms.get(room.0).and_then(|room| Some(room.seats.get(&seat)?.peers().count()));
            if peers > Some(1) {
                // They have come back by another connection meanwhile: this one leaves late.
                self.leave_seat(now, key, NORMAL_CLOSURE);
            } else {
                self.free_seat(now, room, seat, LeaveReason::Left, NORMAL_CLOSURE);
            }
        }
    }

    fn handle_end(&mut self, now: Instant, id: PeerId) {
        let Some((key, room_key)) = self.peer_and_room(id) else { return };
        let Some(seat) = self.peers.get(key.0).map(|peer| peer.seat) else { return };
        let room = self.rooms.get(room_key.0);
        let place = room.and_then(|room| room.seats.get(&seat));
        let may = place.is_some_and(|seat| seat.permissions.end && !seat.is_waiting());
        if may {
            self.end_room(now, room_key, EndReason::EndedByParticipant, Some(seat));
        } else {
            self.refuse(key, &Refusal::new(Problem::NotAllowed, "may not end the consultation"));
        }
    }

    fn handle_signal_lost(&mut self, now: Instant, id: PeerId) {
        if let Some(key) = self.peer_of_connection(id) {
            self.detach(now, key, None);
        }
    }

    fn handle_end_room(&mut self, now: Instant, id: RoomId, generation: Generation, reason: EndReason) {
        match self.room_of(id) {
            Some((key, its)) if its == generation => self.end_room(now, key, reason, None),
            Some(_) => {}
            // Nobody has come yet: tokens that are out must not open it.
            None => self.ended.insert(id, generation, Vec::new(), now),
        }
    }

    fn handle_remove(&mut self, now: Instant, id: RoomId, generation: Generation, seat: SeatId) {
        if let Some((key, its)) = self.room_of(id)
            && its == generation
        {
            self.free_seat(now, key, seat, LeaveReason::Removed, close::REMOVED);
        }
    }

    fn handle_handshaken(
        &mut self,
        now: Instant,
        id: PeerId,
        result: Result<KeyingMaterial, HandshakeFailed>,
    ) {
        let Some(&key) = self.index.peers.get(&id) else { return };
        match result {
            Ok(keys) => self.start_media(now, key, &keys),
            Err(HandshakeFailed) => {
                // After the keys it is the other end's goodbye.
                let is_keyed = self.peers.get(key.0).is_some_and(|peer| peer.media.is_some());
                self.counters.handshakes_failed += u64::from(!is_keyed);
                self.lose_peer(now, key);
            }
        }
    }

    fn handle_handshake_datagram(&mut self, id: PeerId, bytes: &[u8]) {
        let path = self
            .index
            .peers
            .get(&id)
            .and_then(|key| self.peers.get(key.0))
            .and_then(|peer| peer.ice.selected());
        if let Some(path) = path
            && bytes.len() <= DATAGRAM_LEN_MAX
        {
            self.transmit(path, bytes);
        }
    }

    /// The message, and no more: the connection goes on.
    pub(super) fn refuse(&mut self, key: PeerKey, refusal: &Refusal) {
        let message = ServerMessage::Refused { problem: refusal.problem, detail: refusal.detail.clone() };
        self.signal(key, message);
    }

    pub(super) fn peer_and_room(&self, id: PeerId) -> Option<(PeerKey, RoomKey)> {
        let key = self.peer_of_connection(id)?;
        Some((key, self.peers.get(key.0)?.room))
    }

    fn room_of(&self, id: RoomId) -> Option<(RoomKey, Generation)> {
        let key = *self.index.rooms.get(&id)?;
        Some((key, self.rooms.get(key.0)?.generation))
    }
}
