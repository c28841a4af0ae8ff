//! What a panic costs: the room that the core was working on, and no other.
//!
//! ```text
//!  a panic ─▶ condemn(work) ─┬─ a room: it ends, everything else is looked at anew
//!                            ├─ a connection without a seat yet: it alone is closed
//!                            ├─ a stranger's datagram: nothing was changed by it
//!                            └─ the core's own tables: nothing can be trusted any more
//! ```
//!
//! Nothing here should ever run: what comes from outside is parsed without panics, and fuzzed. It is for the fault that was
//! overlooked. A room may be half changed when it panics, so ending it asks nothing of it but who was in it and what moderators had
//! decided, which goes on in the room that they come back to (`room/condemned.rs`): peers go by the
//! table of peers, look-ups by what they point to, and nobody in the room is told anything but the close code.

use std::time::Instant;

use protocol::node::RoomEventKind;
use protocol::signal::LeaveReason;
use protocol::{RoomId, close};

use super::Core;
use super::trap::Point;
use crate::api::{Command, Condemned, HandshakeOrder, Output, PeerId};
use crate::keys::{PeerKey, RoomKey};
use crate::peer::Handshake;

/// What the core is doing, so that a panic has an owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Work {
    /// Its own tables, which all rooms share.
    #[default]
    Tables,
    /// A datagram whose sender is not known yet: it is read, and nothing is changed.
    Stranger,
    /// A connection that has no seat yet: what it brought is read, and nothing is changed.
    Connection(PeerId),
    /// A room.
    Room(RoomKey),
    /// A room that a connection is coming into.
    Joining(PeerId, RoomKey),
}

impl Core {
    /// What a command is about. Joining says more once it knows.
    pub(super) fn work_of(&self, command: &Command) -> Work {
        let connection = match command {
            Command::Join { peer, .. } | Command::Resume { peer, .. } | Command::Reattach { peer, .. } => {
                return Work::Connection(*peer);
            }
            Command::EndRoom { room, .. } | Command::Remove { room, .. } => {
                return self.index.rooms.get(room).map_or(Work::Tables, |room| Work::Room(*room));
            }
            Command::Handshaken { peer, .. }
            | Command::HandshakeDatagram { peer, .. }
            | Command::Chat { peer, .. }
            | Command::ChatClosed { peer } => {
                return self.index.peers.get(peer).map_or(Work::Connection(*peer), |key| self.work_for(*key));
            }
            Command::Numbered { peer, .. }
            | Command::Seen { peer, .. }
            | Command::Offer { peer, .. }
            | Command::Track { peer, .. }
            | Command::View { peer, .. }
            | Command::Moderate { peer, .. }
            | Command::Decline { peer, .. }
            | Command::Device { peer, .. }
            | Command::Leave { peer }
            | Command::End { peer }
            | Command::SignalLost { peer } => *peer,
        };
        self.peer_of_connection(connection).map_or(Work::Connection(connection), |key| self.work_for(key))
    }

    /// The room of a peer.
    #[inline]
    pub(super) fn work_for(&self, key: PeerKey) -> Work {
        self.peers.get(key.0).map_or(Work::Tables, |peer| Work::Room(peer.room))
    }

    /// Ends what the core was working on when it panicked; `false` when that has no owner.
    pub(crate) fn condemn(&mut self, now: Instant) -> bool {
        let Some(condemned) = self.condemn_work(now) else { return false };
        self.output(Output::Condemned(condemned));
        self.look_at_everybody(now);
        true
    }

    fn condemn_work(&mut self, now: Instant) -> Option<Condemned> {
        match std::mem::take(&mut self.work) {
            Work::Tables => None,
            Work::Stranger => {
                self.counters.dropped_condemned += 1;
                Some(Condemned::Datagram)
            }
            Work::Connection(peer) => {
                self.counters.connections_condemned += 1;
                self.close_connection(peer);
                Some(Condemned::Connection(peer))
            }
            Work::Room(key) => Some(Condemned::Room(self.condemn_room(now, key)?)),
            Work::Joining(peer, key) => {
                let room = self.condemn_room(now, key)?;
                self.close_connection(peer);
                Some(Condemned::Room(room))
            }
        }
    }

    fn close_connection(&mut self, peer: PeerId) {
        self.output(Output::Close { peer, code: close::GOING_AWAY });
    }

    /// Takes a room out of every table, whatever state it is in.
    fn condemn_room(&mut self, now: Instant, key: RoomKey) -> Option<RoomId> {
        let room = self.rooms.try_remove(key.0)?;
        self.counters.rooms_condemned += 1;
        self.trap.spring(room.id, Point::Condemning);
        let peers = self.peers.iter().filter(|(_, peer)| peer.room == key);
        let peers: Vec<usize> = peers.map(|(place, _)| place).collect();
        for place in peers {
            let Some(peer) = self.peers.try_remove(place) else { continue };
            self.peer_timers.cancel(place);
            if peer.handshake != Handshake::Waiting {
                self.output(Output::Handshake { peer: peer.id, order: HandshakeOrder::Stop });
            }
            // The place is as good as ever, but nothing of the room is left to come back to: join anew, at once.
            if let Some(connection) = peer.signalling.connection() {
                self.output(Output::Close { peer: connection, code: close::GOING_AWAY });
            }
        }
        self.index.forget(key, &self.peers);
        self.room_timers.cancel(key.0);
        self.dirty.retain(|dirty| *dirty != key);
        let (clinic, id, generation) = (room.clinic, room.id, room.generation);
        for seat in room.seats.iter().filter(|(_, seat)| seat.is_reported).map(|(seat, _)| *seat) {
            let kind = RoomEventKind::Left { seat, reason: LeaveReason::Lost };
            self.output(Output::Event { clinic, room: id, generation, kind });
        }
        self.output(Output::RoomClosed { room: id, generation });
        self.condemned.insert(now, room);
        Some(id)
    }

    /// A look that was cut short may have been theirs. One that is early changes nothing.
    fn look_at_everybody(&mut self, now: Instant) {
        for (place, _) in &self.peers {
            self.peer_timers.schedule(place, now);
        }
        for (place, _) in &self.rooms {
            self.room_timers.schedule(place, now);
        }
    }
}
