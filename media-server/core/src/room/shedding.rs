//! What of a room is left out while the worker is overloaded, and who has the floor: whoever speaks, and while nobody does, who
//! spoke last.

use std::time::{Duration, Instant};

use protocol::SeatId;

use super::Room;
use super::track::Track;
use crate::layers::Layer;
use crate::shed::Shed;

/// Who has spoken keeps the floor for this long, so that two who talk to each other do not take the picture from one another with
/// each sentence: each change costs a key frame while there is least to spare.
const FLOOR_KEPT: Duration = Duration::from_secs(3);

#[derive(Clone, Debug)]
pub(crate) struct Shedding {
    applied: Shed,
    /// When the room goes down to the worker's level, which is lower.
    eases_at: Option<Instant>,
    /// Who speaks, without an end, and who spoke just now, with one: as many as have had a seat within [`FLOOR_KEPT`].
    floor: Vec<(SeatId, Option<Instant>)>,
    spoke_last: Option<SeatId>,
}

impl Shedding {
    /// A room that begins while this is left out.
    pub(crate) const fn new(applied: Shed) -> Self {
        Self { applied, eases_at: None, floor: Vec::new(), spoke_last: None }
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

    /// Who speaks has changed; whether somebody has the floor who had not.
    pub(crate) fn note_speakers(&mut self, now: Instant, speakers: &[SeatId]) -> bool {
        self.spoke_last = speakers.first().copied().or(self.spoke_last);
        for (seat, until) in &mut self.floor {
            *until = if speakers.contains(seat) { None } else { until.or(Some(now + FLOOR_KEPT)) };
        }
        let had: Vec<SeatId> = self.floor.iter().map(|(seat, _)| *seat).collect();
        self.floor.extend(speakers.iter().filter(|seat| !had.contains(seat)).map(|seat| (*seat, None)));
        self.floor.len() > had.len()
    }

    /// Who spoke a while ago has the floor no more; whether there was somebody.
    pub(crate) fn take_floor(&mut self, now: Instant) -> bool {
        let before = self.floor.len();
        self.floor.retain(|(_, until)| until.is_none_or(|until| now < until));
        self.floor.len() < before
    }

    /// When somebody has the floor no more.
    pub(crate) fn floor_due(&self) -> Option<Instant> {
        self.floor.iter().filter_map(|(_, until)| *until).min()
    }
}

impl Room {
    /// The highest layer that anybody is shown of a track of the room.
    pub(crate) fn allowed(&self, track: &Track) -> Option<Layer> {
        self.shedding.applied.allows(track.source, track.top(), self.has_floor(track.seat))
    }

    /// Whether somebody speaks or spoke last. Before anybody has spoken it is who came first. Only somebody who is there, and whom
    /// the others see.
    fn has_floor(&self, seat: SeatId) -> bool {
        let is_there =
            |id: &SeatId| self.seats.get(id).is_some_and(|seat| seat.active.is_some() && seat.is_listed());
        let mut speaking = self.shedding.floor.iter().map(|(id, _)| *id).filter(is_there).peekable();
        if speaking.peek().is_some() {
            return speaking.any(|id| id == seat);
        }
        let first = || {
            let there = self.seats.iter().filter(|(id, _)| is_there(id));
            there.min_by_key(|(_, seat)| seat.order).map(|(id, _)| *id)
        };
        self.shedding.spoke_last.filter(is_there).or_else(first) == Some(seat)
    }
}
