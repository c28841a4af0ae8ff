//! Which worker holds which room, and which placement of it is the newest: what a token must agree with.
//!
//! One room, one worker. A room stays with its worker for as long as a token for it can be on its way, even after it
//! closed: so a join that crosses the closing cannot put half of the people on another thread.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use protocol::{Generation, Problem, RoomId, SeatId, limits};

/// How long a closed room is remembered: as long as the oldest token for it can be valid.
const REMEMBERED: Duration =
    Duration::from_secs(limits::JOIN_TOKEN_LIFE_MAX.as_secs() + 2 * limits::CLOCK_SKEW_MAX.as_secs());
/// Rooms in memory, closed ones included. Each takes about 200 bytes; a node opens some ten thousand a day.
const ROOMS_MAX: usize = 65_536;
/// Removed seats remembered for one room; a room has eight seats, and who was removed comes back with a new token.
const REMOVED_MAX: usize = 64;

/// What a verified token asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The room.
    pub room: RoomId,
    /// The placement that the token names.
    pub generation: Generation,
    /// The seat.
    pub seat: SeatId,
    /// When the token became valid, Unix seconds.
    pub valid_from: u64,
}

#[derive(Debug)]
struct Placement {
    worker: u8,
    generation: Generation,
    /// Since when nobody is in it.
    closed: Option<Instant>,
    /// Whether it counts as a room of its worker: somebody is in it, or was just sent there.
    counted: bool,
    /// The consultation is over for this generation.
    ended: bool,
    /// Who was taken out, and when in Unix seconds: older tokens do not let them in again.
    removed: BTreeMap<SeatId, u64>,
}

/// The rooms of the node.
pub struct Rooms {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    placements: BTreeMap<RoomId, Placement>,
    /// Rooms of each worker that count.
    used: Vec<usize>,
}

impl Rooms {
    /// No rooms yet, on `workers` workers.
    #[must_use]
    pub fn new(workers: u8) -> Self {
        let used = vec![0; usize::from(workers.max(1))];
        Self { state: Mutex::new(State { placements: BTreeMap::new(), used }) }
    }

    /// The worker on which the room is, or shall be.
    ///
    /// # Errors
    /// [`Problem::StaleGeneration`], [`Problem::RoomEnded`], [`Problem::NotAllowed`] for a removed seat, or
    /// [`Problem::NodeFull`].
    pub fn admit(&self, wanted: Wanted, now: Instant) -> Result<u8, Problem> {
        let mut state = self.lock();
        match state.placements.get_mut(&wanted.room) {
            Some(placement) => placement.admit(wanted),
            None => {
                let worker = state.place(wanted.room, wanted.generation, now)?;
                state.count(wanted.room, true);
                Ok(worker)
            }
        }
    }

    /// Media of a seat is connected: the room lives.
    pub fn opened(&self, room: RoomId, generation: Generation) {
        self.change(room, generation, None);
    }

    /// Nobody is in the room any more.
    pub fn closed(&self, room: RoomId, generation: Generation, now: Instant) {
        self.change(room, generation, Some(now));
    }

    /// The consultation is over: tokens for this or an older generation open nothing any more. Also known for a room that
    /// was never here, because its tokens may be on their way.
    pub fn ended(&self, room: RoomId, generation: Generation, now: Instant) {
        self.note(room, generation, now, |placement| placement.ended = true);
    }

    /// The seat was taken out at `unix_secs`.
    pub fn removed(&self, room: RoomId, generation: Generation, seat: SeatId, unix_secs: u64, now: Instant) {
        self.note(room, generation, now, |placement| {
            if placement.removed.len() < REMOVED_MAX {
                placement.removed.insert(seat, unix_secs);
            }
        });
    }

    /// The worker of a room, if it is known.
    #[must_use]
    pub fn worker_of(&self, room: RoomId) -> Option<u8> {
        self.lock().placements.get(&room).map(|placement| placement.worker)
    }

    fn change(&self, room: RoomId, generation: Generation, closed: Option<Instant>) {
        let mut state = self.lock();
        if let Some(placement) = state.placements.get_mut(&room)
            && placement.generation == generation
        {
            placement.closed = closed;
            state.count(room, closed.is_none());
        }
    }

    fn note(&self, room: RoomId, generation: Generation, now: Instant, change: impl FnOnce(&mut Placement)) {
        let mut state = self.lock();
        if !state.placements.contains_key(&room) && state.place(room, generation, now).is_err() {
            return;
        }
        if let Some(placement) = state.placements.get_mut(&room)
            && placement.generation <= generation
        {
            placement.renew(generation);
            change(placement);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can leave an entry half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives a new room to the worker with the fewest. It does not count yet.
    fn place(&mut self, room: RoomId, generation: Generation, now: Instant) -> Result<u8, Problem> {
        if self.placements.len() >= ROOMS_MAX {
            self.forget_closed(now);
        }
        if self.placements.len() >= ROOMS_MAX {
            return Err(Problem::NodeFull);
        }
        let least =
            self.used.iter().enumerate().min_by_key(|(_, rooms)| **rooms).map_or(0, |(worker, _)| worker);
        let worker = u8::try_from(least).unwrap_or(u8::MAX);
        // Closed until its first join succeeds, so that what opens nothing can be forgotten when there are too many.
        let placement = Placement {
            worker,
            generation,
            closed: Some(now),
            counted: false,
            ended: false,
            removed: BTreeMap::new(),
        };
        self.placements.insert(room, placement);
        Ok(worker)
    }

    /// Counts a room for its worker, or no longer.
    fn count(&mut self, room: RoomId, counts: bool) {
        let Some(placement) = self.placements.get_mut(&room) else { return };
        if placement.counted != counts {
            placement.counted = counts;
            let used = &mut self.used[usize::from(placement.worker)];
            *used = if counts { *used + 1 } else { *used - 1 };
        }
    }

    /// Forgets what no token can name any more.
    fn forget_closed(&mut self, now: Instant) {
        let Self { placements, used } = self;
        placements.retain(|_, placement| {
            let stays =
                placement.closed.is_none_or(|closed| now.saturating_duration_since(closed) < REMEMBERED);
            if !stays && placement.counted {
                used[usize::from(placement.worker)] -= 1;
            }
            stays
        });
    }
}

impl Placement {
    fn admit(&mut self, wanted: Wanted) -> Result<u8, Problem> {
        if wanted.generation < self.generation {
            return Err(Problem::StaleGeneration);
        }
        self.renew(wanted.generation);
        if self.ended {
            return Err(Problem::RoomEnded);
        }
        if self.removed.get(&wanted.seat).is_some_and(|when| wanted.valid_from <= *when) {
            return Err(Problem::NotAllowed);
        }
        Ok(self.worker)
    }

    /// A newer placement begins afresh, on the same worker.
    fn renew(&mut self, generation: Generation) {
        if generation > self.generation {
            self.generation = generation;
            self.ended = false;
        }
    }
}

#[cfg(test)]
mod tests;
