//! Virtual time: instants that only a test moves.

use std::time::{Duration, Instant};

/// A clock that stands until it is told to move.
///
/// [`Instant`] has no zero, so the process's own clock is read once to have one; nothing depends on its value.
#[derive(Clone, Copy, Debug)]
pub struct Timeline {
    start: Instant,
    now: Instant,
}

impl Timeline {
    /// A clock at its start.
    #[must_use]
    pub fn new() -> Self {
        let start = Instant::now();
        Self { start, now: start }
    }

    /// Where it stands.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// How long it has run.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now.duration_since(self.start)
    }

    /// Moves on by `step` and returns the new time.
    pub fn advance(&mut self, step: Duration) -> Instant {
        self.now += step;
        self.now
    }

    /// Moves on to `to`; stays when that is past.
    pub fn advance_to(&mut self, to: Instant) {
        self.now = self.now.max(to);
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}
