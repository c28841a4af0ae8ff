//! A fault that tests set into a room: it panics at a chosen point, once, half way through a change. Release builds have neither
//! the trap nor the look at it.

use protocol::RoomId;

use super::Core;
use crate::keys::RoomKey;

/// Where a room may be made to panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A packet of it is cached, and not yet in its batch.
    Packet,
    /// Its batch has gone to the first subscriber, and not yet to the others.
    Forward,
    /// An offer is to be read, and nothing is changed yet.
    Offer,
    /// A seat is taken, and has no peer yet.
    Join,
    /// A track has changed, and nobody was told.
    Command,
    /// One of its peers is looked at, and not settled when the next time is.
    PeerTimer,
    /// The same of the room.
    RoomTimer,
    /// It is shed, and nobody was told.
    Shed,
    /// It is being ended for a panic.
    Condemning,
}

/// The faults to come.
#[derive(Debug, Default)]
pub(super) struct Trap {
    #[cfg(debug_assertions)]
    set: Vec<(RoomId, Point)>,
}

impl Trap {
    /// Panics if that was asked for.
    #[inline]
    pub(super) fn spring(&mut self, room: RoomId, point: Point) {
        #[cfg(debug_assertions)]
        if let Some(at) = self.set.iter().position(|set| *set == (room, point)) {
            self.set.swap_remove(at);
            // A payload instead of a message: the hook need not print what is meant to be.
            std::panic::resume_unwind(Box::new("a trap of a test"));
        }
        #[cfg(not(debug_assertions))]
        let _ = (self, room, point);
    }
}

impl Core {
    /// Panics if that was asked for in this room.
    #[inline]
    pub(super) fn spring(&mut self, room: RoomKey, point: Point) {
        #[cfg(debug_assertions)]
        if let Some(room) = self.rooms.get(room.0) {
            self.trap.spring(room.id, point);
        }
        #[cfg(not(debug_assertions))]
        let _ = (self, room, point);
    }
}

#[cfg(debug_assertions)]
impl Core {
    /// Has a room panic when it next comes to a point. For tests; not there in release builds.
    #[doc(hidden)]
    pub fn set_trap(&mut self, room: RoomId, point: Point) {
        self.trap.set.push((room, point));
    }
}
