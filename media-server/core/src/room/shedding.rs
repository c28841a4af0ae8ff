//! What of a room is left out while the worker is overloaded, and who has the floor: whoever speaks, and while nobody does, who
//! spoke last.

use std::time::Instant;

use protocol::SeatId;

use super::Room;
use super::track::Track;
use crate::layers::Layer;
use crate::shed::Shed;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Shedding {
    applied: Shed,
    /// When the room goes down to the worker's level, which is lower.
    eases_at: Option<Instant>,
    spoke_last: Option<SeatId>,
}

impl Shedding {
    /// A room that begins while this is left out.
    pub(crate) const fn new(applied: Shed) -> Self {
        Self { applied, eases_at: None, spoke_last: None }
    }

    /// What is left out now.
    pub(crate) const fn applied(&self) -> Shed {
        self.applied
    }

    /// When less is to be left out.
    pub(crate) const fn eases_at(&self) -> Option<Instant> {
        self.eases_at
    }

    pub(crate) const fn apply(&mut self, shed: Shed) {
        self.applied = shed;
        self.eases_at = None;
    }

    pub(crate) const fn ease(&mut self, at: Option<Instant>) {
        self.eases_at = at;
    }

    /// Who speaks has changed.
    pub(crate) fn note_speakers(&mut self, speakers: &[SeatId]) {
        self.spoke_last = speakers.first().copied().or(self.spoke_last);
    }
}

impl Room {
    /// The highest layer that anybody is shown of a track of the room.
    pub(crate) fn allowed(&self, track: &Track) -> Option<Layer> {
        self.shedding.applied.allows(track.source, track.top(), self.has_floor(track.seat))
    }

    /// Whether somebody speaks or spoke last. Before anybody has spoken it is who came first.
    fn has_floor(&self, seat: SeatId) -> bool {
        if self.speakers.told().contains(&seat) {
            return true;
        }
        let first = || self.seats.iter().min_by_key(|(_, seat)| seat.order).map(|(id, _)| *id);
        let last = self.shedding.spoke_last.filter(|last| self.seats.contains_key(last));
        self.speakers.told().is_empty() && last.or_else(first) == Some(seat)
    }
}
