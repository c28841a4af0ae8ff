//! The rate itself: up while the path is quiet, down to what passes when it is not (draft-ietf-rmcat-gcc-02 §5.5).
//!
//! ```text
//!  rate   capacity ─ ─ ─ ─ ─ ─╱│─ ─ ─ ─ ─ ─ ─ ─ ─
//!                  ╱ additive  │      ┌──╱        drained: back to just below the capacity
//!          near it╱            │      │
//!                ╱             └──────┘           overuse: below what arrives, so that the queue drains
//!    far from it, 8 % a second
//! ```
//!
//! What arrives while the queue is full is the capacity, or the share of it that this flow gets. It is remembered, so
//! that the rate comes back to it without climbing.

use super::loss::Verdict;
use super::overuse::Usage;

/// Growth far from the capacity, a second.
const GROWTH: f64 = 0.08;
/// The rate comes no higher than this times what arrives, plus [`ABOVE_BPS`], but by a probe.
const ABOVE_ACKNOWLEDGED: f64 = 1.5;
const ABOVE_BPS: f64 = 10_000.0;
/// A queue is drained in about this time.
const DRAIN_US: f64 = 800_000.0;
/// And by sending between so much and so much of what passes.
const DRAIN_LEAST: f64 = 0.7;
const DRAIN_MOST: f64 = 0.90;
/// Where the rate comes back to, once drained.
const RESTORED: f64 = 0.92;
/// What is sent of what passed after a loss.
const AFTER_LOSS: f64 = 0.97;
/// A queue shorter than this is drained.
const DRAINED_US: i64 = 20_000;
/// Close to the capacity, between these, the rate grows by addition.
const NEAR_FROM: f64 = 0.75;
const NEAR_TO: f64 = 1.25;
/// What is added each response time at this rate: a packet. Who has less adds more, who has more adds less, so that
/// flows on one path come to the same soon.
const STEP_BITS: f64 = 8_000.0;
const STEP_RATE: f64 = 1e6;
const STEP_LEAST: f64 = 0.3;
const STEP_MOST: f64 = 3.0;
/// But no more than this part of the rate a second.
const STEP_PART_MAX: f64 = 0.12;
/// While the application sends little, one overuse takes at most this away: what arrives is not the capacity then.
const LIMITED_CUT: f64 = 0.7;
/// The answer of the receiver and the detector, beside the round trip.
const RESPONSE_US: i64 = 100_000;

/// What is known of the path when feedback has been read.
#[derive(Debug, Clone, Copy)]
pub(super) struct PathState {
    pub(super) usage: Usage,
    pub(super) loss: Verdict,
    /// What arrived lately, in bits per second.
    pub(super) acknowledged: Option<f64>,
    /// And over a longer time,
    pub(super) acknowledged_long: Option<f64>,
    /// and over so long that a key frame does not show.
    pub(super) acknowledged_longest: Option<f64>,
    pub(super) waiting_us: i64,
    pub(super) rtt_us: i64,
    pub(super) is_limited: bool,
    /// A probe is in the path: its queue is our own doing.
    pub(super) is_probed: bool,
}

/// The rate of one path, in bits per second.
#[derive(Debug)]
pub(super) struct RateControl {
    rate: f64,
    /// Where a call begins; who sends little falls no lower, since what arrives says nothing against it.
    start: f64,
    least: f64,
    most: f64,
    /// What passed when the path was full.
    capacity: Option<f64>,
    updated_us: i64,
    decreased_us: Option<i64>,
    drained_us: Option<i64>,
    /// The queue is being drained.
    is_draining: bool,
    /// Where the rate comes back to then.
    restored: Option<f64>,
    /// The rate before a loss took it down.
    before_loss: Option<f64>,
}

impl RateControl {
    pub(super) const fn new(start: f64, least: f64, most: f64) -> Self {
        Self {
            rate: start,
            start,
            least,
            most,
            capacity: None,
            updated_us: 0,
            decreased_us: None,
            drained_us: None,
            is_draining: false,
            restored: None,
            before_loss: None,
        }
    }

    pub(super) const fn rate(&self) -> f64 {
        self.rate
    }

    /// What passed when the path was full, if it ever was.
    pub(super) const fn capacity(&self) -> Option<f64> {
        self.capacity
    }

    /// What passed some time ago says nothing any more.
    pub(super) const fn forget_capacity(&mut self) {
        self.capacity = None;
        self.restored = None;
    }

    /// How long ago the rate was taken down.
    pub(super) fn since_decrease_us(&self, now_us: i64) -> i64 {
        self.decreased_us.map_or(i64::MAX, |at| now_us - at)
    }

    /// How long ago it was taken down because of a queue, or of silence.
    pub(super) fn since_drain_us(&self, now_us: i64) -> i64 {
        self.drained_us.map_or(i64::MAX, |at| now_us - at)
    }

    /// Takes what is known once a feedback has been read.
    pub(super) fn handle_feedback(&mut self, now_us: i64, path: &PathState) {
        let elapsed = (now_us - self.updated_us).clamp(0, 200_000) as f64 / 1e6;
        self.updated_us = now_us;
        match (path.usage, path.loss) {
            (Usage::Over, _) if !path.is_probed => self.drain(now_us, path),
            (_, Verdict::Congested { passed }) => self.lose(now_us, passed, path),
            (_, Verdict::Mistaken) => {
                let before = self.before_loss.take();
                self.set(before.map_or(self.rate, |before| before.max(self.rate)));
            }
            (Usage::Normal, Verdict::Clear) if !self.is_draining => self.increase(elapsed, path),
            _ => {}
        }
        self.restore(now_us, path);
    }

    /// Takes what a probe found.
    pub(super) fn set(&mut self, rate: f64) {
        self.rate = rate.clamp(self.least, self.most);
        if self.capacity.is_some_and(|capacity| self.rate > capacity * NEAR_TO) {
            self.capacity = None;
        }
    }

    /// Goes down to this part of itself without knowing why: feedback is missing.
    pub(super) fn cut(&mut self, now_us: i64, part: f64) {
        self.set(self.rate * part);
        self.decreased_us = Some(now_us);
        self.drained_us = Some(now_us);
        self.is_draining = false;
    }

    fn drain(&mut self, now_us: i64, path: &PathState) {
        let passes = path.acknowledged.unwrap_or(self.rate * DRAIN_MOST);
        let settled = self.since_decrease_us(now_us) >= path.rtt_us + RESPONSE_US;
        if !settled && passes > 0.6 * self.rate {
            return;
        }
        let part = (1.0 - path.waiting_us as f64 / DRAIN_US).clamp(DRAIN_LEAST, DRAIN_MOST);
        let mut target = passes * part;
        if path.is_limited {
            target = target.max(self.rate * LIMITED_CUT).max(self.start);
            self.restored = None;
        } else {
            self.restored = Some(self.learn(passes) * RESTORED);
        }
        if target < self.rate {
            self.rate = target.clamp(self.least, self.most);
        }
        self.decreased_us = Some(now_us);
        self.drained_us = Some(now_us);
        self.is_draining = true;
    }

    fn lose(&mut self, now_us: i64, passed: f64, path: &PathState) {
        // What passed of the rate, or what arrived, where more was sent than the rate.
        let passes = (self.rate * passed).max(path.acknowledged_long.unwrap_or(0.0));
        let mut target = passes * AFTER_LOSS;
        if path.is_limited {
            target = target.max(self.rate * LIMITED_CUT).max(self.start);
        } else {
            self.before_loss = Some(self.rate);
            self.learn(passes);
        }
        self.rate = self.rate.min(target).max(self.least);
        self.decreased_us = Some(now_us);
    }

    fn learn(&mut self, passes: f64) -> f64 {
        let capacity = match self.capacity {
            Some(capacity) if (0.75..1.33).contains(&(passes / capacity)) => (capacity + passes) / 2.0,
            _ => passes,
        };
        self.capacity = Some(capacity);
        capacity
    }

    fn restore(&mut self, now_us: i64, path: &PathState) {
        let since = self.since_decrease_us(now_us);
        if !self.is_draining || path.usage == Usage::Over || since < path.rtt_us + RESPONSE_US {
            return;
        }
        if path.waiting_us <= DRAINED_US {
            self.is_draining = false;
            if let Some(restored) = self.restored.take() {
                self.rate = self.rate.max(restored).clamp(self.least, self.most);
            }
        } else if since as f64 > DRAIN_US * 1.5 {
            // Somebody else's queue, or a longer path.
            self.is_draining = false;
        }
    }

    fn increase(&mut self, elapsed: f64, path: &PathState) {
        let is_near = self
            .capacity
            .is_some_and(|capacity| (NEAR_FROM * capacity..NEAR_TO * capacity).contains(&self.rate));
        let grown = if is_near {
            let response = (path.rtt_us + RESPONSE_US) as f64 / 1e6;
            let taller = (STEP_RATE / self.rate).clamp(STEP_LEAST, STEP_MOST);
            let step = (STEP_BITS / response * taller).min(self.rate * STEP_PART_MAX);
            self.rate + step * elapsed
        } else {
            self.rate * (1.0 + GROWTH * elapsed)
        };
        let bound = path.acknowledged_longest.unwrap_or(0.0) * ABOVE_ACKNOWLEDGED + ABOVE_BPS;
        if grown <= bound {
            self.set(grown);
        }
    }
}
