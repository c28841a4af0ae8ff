//! How busy a worker is, and how much it leaves out for it.
//!
//! ```text
//!  busy   0.80 ▔▔▔▔▔▔▔┐ 0.88 ┐   0.95 ┐
//!  level  Nothing ────┘Layers└ Video ─┘ Full      up: as soon as the window shows it, one level after the other
//!  level  Nothing ◀─calm─ Layers ◀─calm─ Video ◀─calm─ Full      down: 0.20 below where the level began, for a while
//! ```
//!
//! Busy is every moment in which the thread does not wait: work, and the times in which the machine gives it no processor.
//! Both make packets late. No clock: the times are the loop's.

use std::time::{Duration, Instant};

use media_core::Shed;

/// What is looked at: long enough that a burst of joins or key frames is no overload, short enough to act before queues fill.
const WINDOW: Duration = Duration::from_secs(1);
/// The window moves in steps of this.
const SLICE: Duration = Duration::from_millis(100);
/// Slices of a window; a slice is never shorter than [`SLICE`].
const SLICES: usize = 10;
/// Packets spend less than 2 ms in a worker that is busy for 70 % of the time. Beyond 80 % queues begin to grow.
const LAYERS_AT: f64 = 0.80;
const VIDEO_AT: f64 = 0.88;
const FULL_AT: f64 = 0.95;
/// A level ends this far below where it began: leaving it adds load again.
const FALL_MARGIN: f64 = 0.20;
/// What a level does is seen in the next window.
const VIDEO_AFTER: Duration = WINDOW;
/// The control plane hears of it with the next beat, two seconds at most, and may miss one: new rooms are placed elsewhere before
/// any is refused.
const FULL_AFTER: Duration = Duration::from_secs(5);
/// The calm before a level is left.
const CALM: Duration = Duration::from_secs(5);
/// Where leaving a level brings the overload back, the calm doubles, so that pictures do not come and go all the time.
const CALM_MAX: Duration = Duration::from_secs(80);
/// An overload within this time after a level was left is the same one.
const RELAPSE_WITHIN: Duration = Duration::from_secs(60);

/// A stretch of time, and how much of it was work.
#[derive(Clone, Copy, Debug, Default)]
struct Slice {
    wall: Duration,
    busy: Duration,
}

/// The share of the last [`WINDOW`] in which the thread did not wait.
#[derive(Debug)]
pub(super) struct Gauge {
    /// A ring; the newest is before `next`.
    slices: [Slice; SLICES],
    next: usize,
    began: Instant,
    waited: Duration,
}

impl Gauge {
    pub(super) fn new(now: Instant) -> Self {
        Self { slices: [Slice::default(); SLICES], next: 0, began: now, waited: Duration::ZERO }
    }

    /// The thread waited from then until now. Whether the share has moved.
    pub(super) fn note_wait(&mut self, from: Instant, now: Instant) -> bool {
        self.waited += now.saturating_duration_since(from);
        let wall = now.saturating_duration_since(self.began);
        if wall < SLICE {
            return false;
        }
        self.slices[self.next] = Slice { wall, busy: wall.saturating_sub(self.waited) };
        self.next = (self.next + 1) % SLICES;
        (self.began, self.waited) = (now, Duration::ZERO);
        true
    }

    /// From 0 to 1. A window that is not full yet counts as one, so that what happens at the start is no overload.
    pub(super) fn busy(&self) -> f64 {
        let (mut left, mut busy) = (WINDOW, 0.0);
        for back in 1..=SLICES {
            let Slice { wall, busy: of } = self.slices[(self.next + SLICES - back) % SLICES];
            if wall.is_zero() || left.is_zero() {
                break;
            }
            let part = wall.min(left);
            busy += of.as_secs_f64() * part.as_secs_f64() / wall.as_secs_f64();
            left -= part;
        }
        busy / WINDOW.as_secs_f64()
    }
}

/// The level that goes with it.
#[derive(Debug)]
pub(super) struct Pressure {
    level: Shed,
    changed: Instant,
    /// Since when the worker is calm enough for less.
    calm_since: Option<Instant>,
    calm_needed: Duration,
    /// When a level was left last.
    fell: Option<Instant>,
}

impl Pressure {
    pub(super) const fn new(now: Instant) -> Self {
        Self { level: Shed::Nothing, changed: now, calm_since: None, calm_needed: CALM, fell: None }
    }

    /// The level to go to, if it is another one.
    pub(super) fn judge(&mut self, busy: f64, now: Instant) -> Option<Shed> {
        let settled = now.saturating_duration_since(self.changed);
        if let Some((next, at, after)) = self.level.next().and_then(rise_to)
            && busy >= at
            && (settled >= after)
        {
            self.rise(next, now);
            return Some(next);
        }
        let (_, began_at, _) = rise_to(self.level)?;
        if busy >= began_at - FALL_MARGIN {
            self.calm_since = None;
            return None;
        }
        let since = *self.calm_since.get_or_insert(now);
        if now.saturating_duration_since(since) < self.calm_needed {
            return None;
        }
        (self.level, self.changed, self.calm_since) = (self.level.previous(), now, None);
        self.fell = Some(now);
        Some(self.level)
    }

    fn rise(&mut self, next: Shed, now: Instant) {
        self.calm_needed = match self.fell.take() {
            Some(fell) if now.saturating_duration_since(fell) < RELAPSE_WITHIN => {
                (self.calm_needed * 2).min(CALM_MAX)
            }
            Some(_) => CALM,
            None => self.calm_needed,
        };
        (self.level, self.changed, self.calm_since) = (next, now, None);
    }
}

/// A level, how busy the worker is when it begins, and how long after the one before at the earliest.
const fn rise_to(level: Shed) -> Option<(Shed, f64, Duration)> {
    match level {
        Shed::Nothing => None,
        Shed::Layers => Some((level, LAYERS_AT, Duration::ZERO)),
        Shed::Video => Some((level, VIDEO_AT, VIDEO_AFTER)),
        Shed::Full => Some((level, FULL_AT, FULL_AFTER)),
    }
}

#[cfg(test)]
mod tests;
