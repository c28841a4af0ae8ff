//! What moderators had decided in rooms that a fault has ended: whoever comes back finds it as it was. A visit that was locked does
//! not open by a crash.

use std::collections::BTreeMap;
use std::time::Instant;

use protocol::{Generation, RoomId, SeatId};

use super::moderation::RoomModeration;
use super::{EMPTY_ROOM_KEPT, Room};
use crate::api::SeatGrant;
use crate::peer::negotiation::Refusal;

/// Rooms remembered: a fault is rare, and one that takes more rooms than that takes the worker. Beyond, the oldest is forgotten.
const CONDEMNED_MAX: usize = 64;

struct Condemned {
    generation: Generation,
    /// As long as an empty room would have kept it.
    until: Instant,
    moderation: RoomModeration,
}

/// The memory.
#[derive(Default)]
pub(crate) struct CondemnedRooms(BTreeMap<RoomId, Condemned>);

impl CondemnedRooms {
    /// A fault has ended a room.
    pub(crate) fn insert(&mut self, now: Instant, room: Room) {
        self.0.retain(|_, condemned| condemned.until > now);
        if self.0.len() >= CONDEMNED_MAX
            && let Some(oldest) = self.0.iter().min_by_key(|(_, one)| one.until).map(|(room, _)| *room)
        {
            self.0.remove(&oldest);
        }
        let inside = room.seats.iter().filter(|(_, seat)| !seat.is_waiting()).map(|(id, _)| *id);
        let inside: Vec<SeatId> = inside.collect();
        let moderation = room.moderation.after_a_fault(inside);
        let condemned = Condemned { generation: room.generation, until: now + EMPTY_ROOM_KEPT, moderation };
        self.0.insert(room.id, condemned);
    }

    /// Whether a token may open the room anew.
    pub(crate) fn check_newcomer(&self, grant: &SeatGrant, now: Instant) -> Result<(), Refusal> {
        self.of(grant, now).map_or(Ok(()), |condemned| condemned.moderation.check_lock(grant))
    }

    /// What was decided in the room that a token opens anew.
    pub(crate) fn take(&mut self, grant: &SeatGrant, now: Instant) -> Option<RoomModeration> {
        self.of(grant, now)?;
        self.0.remove(&grant.room).map(|condemned| condemned.moderation)
    }

    fn of(&self, grant: &SeatGrant, now: Instant) -> Option<&Condemned> {
        let is_it = |one: &&Condemned| one.until > now && one.generation == grant.generation;
        self.0.get(&grant.room).filter(is_it)
    }
}
