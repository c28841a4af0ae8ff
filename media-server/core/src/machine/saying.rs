//! Chat: what participants write to each other. It comes and goes by the handshake thread, which holds the data channels.

use std::time::Instant;

use protocol::chat::{ClientChat, NodeChat, Text};
use protocol::{LogId, Problem};

use super::Core;
use crate::api::{HandshakeOrder, Output, PeerId};
use crate::keys::{PeerKey, RoomKey};
use crate::peer::{Hearing, Peer};
use crate::room::said::{HEARS, Heard};

impl Core {
    pub(super) fn handle_chat(&mut self, now: Instant, id: PeerId, at_ms: u64, message: ClientChat) {
        let Some(&key) = self.index.peers.get(&id) else { return };
        match message {
            ClientChat::Hear { log, after } => self.ask_to_hear(now, key, log, after),
            ClientChat::Say { id, text } => self.say(now, key, id, at_ms, text),
        }
    }

    fn ask_to_hear(&mut self, now: Instant, key: PeerKey, log: Option<LogId>, after: u64) {
        let is_inside = self.takes_part(key);
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        if !is_inside {
            peer.hearing = Hearing::Waits;
            return;
        }
        // Asked too often it is told nothing of what was said. What will be said it hears: the next number shows the gap.
        peer.hearing = Hearing::Hears;
        if peer.hears.take(HEARS, now) {
            self.tell_what_was_said(key, log, after);
        }
    }

    fn tell_what_was_said(&mut self, key: PeerKey, log: Option<LogId>, after: u64) {
        let Some(peer) = self.peers.get(key.0) else { return };
        let (id, seat) = (peer.id, peer.seat);
        let Some(room) = self.rooms.get(peer.room.0) else { return };
        for message in room.said.told_from(seat, log, after) {
            self.tell(id, message);
        }
    }

    fn say(&mut self, now: Instant, key: PeerKey, number: u64, at_ms: u64, text: Text) {
        let is_inside = self.takes_part(key);
        let Some(&Peer { id, seat, room: room_key, .. }) = self.peers.get(key.0) else { return };
        let Some(room) = self.rooms.get_mut(room_key.0) else { return };
        let Some(place) = room.seats.get_mut(&seat) else { return };
        if !is_inside {
            return self.tell(id, NodeChat::Refused { id: number, problem: Problem::NotAllowed });
        }
        match room.said.say(now, (seat, &mut place.says), number, at_ms, text) {
            Heard::New(number) => self.tell_all(room_key, number),
            // The answer may have gone with the connection before.
            Heard::Again(answer) => self.tell(id, answer),
            Heard::TooFast => self.tell(id, NodeChat::Refused { id: number, problem: Problem::TooFast }),
        }
    }

    /// The peer has been let in: what it asked for while it waited.
    pub(super) fn hear_after_waiting(&mut self, key: PeerKey) {
        if let Some(peer) = self.peers.get_mut(key.0).filter(|peer| peer.hearing == Hearing::Waits) {
            peer.hearing = Hearing::Hears;
            self.tell_what_was_said(key, None, 0);
        }
    }

    /// The peer's channel is closed: the call goes on without it.
    pub(super) fn handle_chat_closed(&mut self, id: PeerId) {
        let key = self.index.peers.get(&id);
        if let Some(peer) = key.and_then(|key| self.peers.get_mut(key.0)) {
            peer.hearing = Hearing::No;
        }
    }

    /// Everybody in the room, the author included, who hears.
    fn tell_all(&mut self, room_key: RoomKey, number: u64) {
        let Some(room) = self.rooms.get(room_key.0) else { return };
        let peers = room.peers().filter_map(|key| self.peers.get(key.0));
        let hearers = peers.filter(|peer| peer.hearing == Hearing::Hears);
        let told = hearers.filter_map(|peer| Some((peer.id, room.said.told(number, peer.seat)?)));
        for (id, message) in told.collect::<Vec<_>>() {
            self.tell(id, message);
        }
    }

    fn tell(&mut self, peer: PeerId, message: NodeChat) {
        self.output(Output::Handshake { peer, order: HandshakeOrder::Tell(message) });
    }

    /// Whether a peer writes and reads with the others: whoever has a seat and does not wait.
    fn takes_part(&self, key: PeerKey) -> bool {
        let peer = self.peers.get(key.0);
        let seat = peer.and_then(|peer| self.rooms.get(peer.room.0)?.seats.get(&peer.seat));
        seat.is_some_and(|seat| !seat.is_waiting())
    }
}
