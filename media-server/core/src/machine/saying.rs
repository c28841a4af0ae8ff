//! Chat: what participants write to each other. It comes and goes by the handshake thread, which holds the data channels.

use std::time::Instant;

use protocol::Problem;
use protocol::chat::{ClientChat, NodeChat};

use super::Core;
use crate::api::{HandshakeOrder, Output, PeerId};
use crate::keys::PeerKey;
use crate::room::said::{Heard, Said};

impl Core {
    pub(super) fn handle_chat(&mut self, now: Instant, id: PeerId, at_ms: u64, message: ClientChat) {
        let Some(&key) = self.index.peers.get(&id) else { return };
        match message {
            ClientChat::Hear { log, after } => {
                let Some((seat, said)) = self.said_of(key) else {
                    if let Some(peer) = self.peers.get_mut(key.0) {
                        peer.waits_to_hear = true;
                    }
                    return;
                };
                let told = said.hear(id, seat, log, after);
                for message in told {
                    self.tell(id, message);
                }
            }
            ClientChat::Say { id: number, text } => {
                let Some((seat, said)) = self.said_of(key) else { return };
                match said.say(now, seat, number, at_ms, text) {
                    Heard::New(number) => self.tell_all(key, number),
                    // The answer may have gone with the connection before; a peer that hears has it, or gets it by `hear`.
                    Heard::Again => {
                        if let Some(message) = said.told_again(seat, number) {
                            self.tell(id, message);
                        }
                    }
                    Heard::TooFast => {
                        self.tell(id, NodeChat::Refused { id: number, problem: Problem::TooFast });
                    }
                }
            }
        }
    }

    /// The peer has been let in: what it asked for while it waited.
    pub(super) fn hear_after_waiting(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let id = peer.id;
        if std::mem::take(&mut peer.waits_to_hear) {
            self.handle_chat(now, id, 0, ClientChat::Hear { log: None, after: 0 });
        }
    }

    /// The peer's channel is closed: the call goes on without it.
    pub(super) fn handle_chat_closed(&mut self, id: PeerId) {
        let Some(&key) = self.index.peers.get(&id) else { return };
        if let Some(peer) = self.peers.get_mut(key.0) {
            peer.waits_to_hear = false;
        }
        if let Some((_, said)) = self.said_of(key) {
            said.forget(id);
        }
    }

    /// Everybody in the room, the author included, who hears.
    fn tell_all(&mut self, author: PeerKey, number: u64) {
        let Some(room) = self.peers.get(author.0).map(|peer| peer.room) else { return };
        let Some(hearers) = self.rooms.get(room.0).map(|room| room.said.hearers()) else { return };
        for id in hearers {
            let peer = self.index.peers.get(&id).and_then(|key| self.peers.get(key.0));
            let Some(seat) = peer.filter(|peer| peer.room == room).map(|peer| peer.seat) else {
                // It is gone from the room.
                if let Some(room) = self.rooms.get_mut(room.0) {
                    room.said.forget(id);
                }
                continue;
            };
            let message = self.rooms.get(room.0).and_then(|room| room.said.told(number, seat));
            if let Some(message) = message {
                self.tell(id, message);
            }
        }
    }

    fn tell(&mut self, peer: PeerId, message: NodeChat) {
        self.output(Output::Handshake { peer, order: HandshakeOrder::Tell(message) });
    }

    /// What is said in the room of a peer that may take part, and its seat there: whoever has a seat and does not wait may.
    fn said_of(&mut self, key: PeerKey) -> Option<(protocol::SeatId, &mut Said)> {
        let peer = self.peers.get(key.0)?;
        let room = self.rooms.get_mut(peer.room.0)?;
        room.seats.get(&peer.seat).filter(|seat| !seat.is_waiting())?;
        Some((peer.seat, &mut room.said))
    }
}
