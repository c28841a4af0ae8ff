//! Another connection for a peer whose media goes on: the first rung of the way back.
//!
//! ```text
//!  reattach {resume, seen} ─▶ secret good? ─▶ the peer that it was given to is here? ─▶ what it missed is kept?
//!                               │ no: 4001        │ no: 4006, resume with an offer          │ no: 4006
//!                               ▼                 ▼                                         ▼
//!                            refused           refused; the secret stays good            likewise
//! ```

use std::time::Instant;

use protocol::signal::ServerMessage;
use protocol::{Problem, close};

use super::Core;
use super::containment::Work;
use crate::api::{Output, PeerId};
use crate::keys::PeerKey;
use crate::peer::negotiation::Refusal;
use crate::peer::signalling::Heard;
use crate::secret::SecretHash;

impl Core {
    pub(super) fn handle_reattach(&mut self, now: Instant, id: PeerId, secret: &str, seen: u64) {
        if let Err(refusal) = self.reattach(now, id, secret, seen) {
            self.turn_away(id, refusal);
        }
    }

    fn reattach(&mut self, now: Instant, id: PeerId, secret: &str, seen: u64) -> Result<(), Refusal> {
        self.check_connection(id)?;
        let hash = SecretHash::of(secret).ok_or_else(super::secrets::bad_secret)?;
        let (room, seat_id) = self.seat_of_secret(now, hash)?;
        self.work = Work::Joining(id, room);
        let gone = || Refusal::new(Problem::CannotReattach, "the transport is gone");
        let seat = self.rooms.get(room.0).and_then(|room| room.seats.get(&seat_id));
        let given_to = seat.and_then(|seat| seat.given_to(hash)).ok_or_else(gone)?;
        let key = *self.index.peers.get(&given_to).ok_or_else(gone)?;
        let peer = self.peers.get_mut(key.0).ok_or_else(gone)?;
        if !peer.signalling.can_go_on_from(seen) {
            return Err(Refusal::new(Problem::CannotReattach, "too much was missed"));
        }
        peer.signalling.confirm(seen);
        let before = peer.signalling.attach(id);
        let heard = peer.signalling.heard();
        let missed = peer.signalling.repeat();
        self.index.connections.insert(id, key);
        if let Some(before) = before {
            self.index.connections.remove(&before);
            self.output(Output::Close { peer: before, code: close::REPLACED });
        }
        self.counters.reattached += 1;
        let resume = self.renew_secret(room, seat_id, Some(hash), key);
        let reattached = ServerMessage::Reattached { resume, heard };
        self.output(Output::Signal { peer: id, seq: None, message: reattached });
        for (number, message) in missed {
            self.output(Output::Signal { peer: id, seq: Some(number), message });
        }
        self.peer_timers.schedule(key.0, now);
        Ok(())
    }

    /// Whether this connection has no peer yet.
    pub(super) fn check_connection(&self, id: PeerId) -> Result<(), Refusal> {
        if self.index.connections.contains_key(&id) || self.index.peers.contains_key(&id) {
            return Err(Refusal::new(Problem::BadMessage, "this connection has a seat already"));
        }
        Ok(())
    }

    /// Whether a client's message with this number is to be done.
    pub(super) fn hear(&mut self, now: Instant, id: PeerId, number: u64) -> bool {
        let Some(key) = self.peer_of_connection(id) else { return false };
        let Some(peer) = self.peers.get_mut(key.0) else { return false };
        match peer.signalling.hear(number) {
            Heard::Next => true,
            Heard::Again => {
                self.counters.messages_repeated += 1;
                false
            }
            Heard::Gap => {
                self.distrust(now, key, "a number is missing");
                false
            }
        }
    }

    /// The client has everything up to a number, and with it the secret that came before.
    /// Zero confirms nothing: it is what a client says that has heard nothing yet on this connection.
    pub(super) fn handle_seen(&mut self, now: Instant, id: PeerId, seen: u64) {
        if seen == 0 {
            return;
        }
        let Some(key) = self.peer_of_connection(id) else { return };
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let (room, seat) = (peer.room, peer.seat);
        if peer.signalling.confirm(seen) {
            self.end_used_secret(room, seat, key);
        } else {
            self.distrust(now, key, "confirms what was never said");
        }
    }

    pub(super) fn peer_of_connection(&self, id: PeerId) -> Option<PeerKey> {
        self.index.connections.get(&id).copied()
    }

    /// Ends a connection that counts wrong. The peer goes on: what comes back is judged anew.
    fn distrust(&mut self, now: Instant, key: PeerKey, detail: &'static str) {
        self.refuse(key, &Refusal::new(Problem::BadMessage, detail));
        self.detach(now, key, Some(close::POLICY));
    }

    /// The peer's connection is no longer its own. With a code it is closed.
    pub(super) fn detach(&mut self, now: Instant, key: PeerKey, code: Option<u16>) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let Some(connection) = peer.signalling.detach() else { return };
        self.index.connections.remove(&connection);
        self.peer_timers.schedule(key.0, now);
        if let Some(code) = code {
            self.output(Output::Close { peer: connection, code });
        }
    }
}
