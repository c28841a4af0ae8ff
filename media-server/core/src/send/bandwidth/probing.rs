//! When to probe, how high, and what follows from it.
//!
//! ```text
//!  start, wanted more, back after a silence ──▶ run: × 3 or × 2 ─▶ passed? ─▶ × 2 ─▶ passed? ─▶ … ─▶ full, or enough
//!  wanting more still, every 5 s ─────────────▶ run: × 2 ─▶ …
//! ```
//!
//! Nobody is sent padding for more than somebody could use: [`Probing::set_wanted`] bounds every probe.

use super::overuse::Usage;
use super::probe::{Cluster, Found};

/// The first step: nothing is known, and the path most likely carries more.
const FIRST_FACTOR: f64 = 3.0;
/// Every other step.
const FACTOR: f64 = 2.0;
/// A run begins this long after the one before. A path that carries more again is found in the time of one interval
/// and two steps: below 8 s.
const INTERVAL_US: i64 = 5_000_000;
/// A probe that said nothing is repeated after this.
const AGAIN_US: i64 = 1_000_000;
/// After a decrease, what passes is known: no probe for this long.
const QUIET_US: i64 = 2_500_000;
/// The same step is repeated after this, when a queue that drained then has drained.
const DOUBT_US: i64 = 500_000;
/// With a queue longer than this, a probe would only add to it.
const WAITING_MAX_US: i64 = 30_000;
/// Probes go above what is wanted by this, so that the estimate reaches it.
const HEADROOM: f64 = 1.1;
/// One that adds less is not worth its padding.
const WORTH: f64 = 1.1;
/// How long a probe lasts: six ticks of the pacer, or longer than the jitter of the path.
const DURATION_US: i64 = 30_000;
const DURATION_MAX_US: i64 = 120_000;
const JITTERS: i64 = 4;
/// And how many usual packets it holds at least, so that there is something to measure.
const PACKETS_MIN: f64 = 6.0;
/// The sending may take so much longer than it should.
const SLACK_US: i64 = 40_000;
/// And feedback so much longer than a round trip.
const FEEDBACK_US: i64 = 400_000;
/// What passed at a full path, other traffic beside it, is a little more than this flow's share.
const SATURATED_SHARE: f64 = 0.9;
/// An estimate that nothing has confirmed for this long is probed again, while somebody wants it.
pub(super) const CONFIRM_US: i64 = 10_000_000;

/// What a decision to probe depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation {
    /// Bits per second.
    pub(super) estimate: f64,
    /// Whether the application uses little of it.
    pub(super) is_limited: bool,
    /// Whether the path has been full, and what passed is known.
    pub(super) has_capacity: bool,
    pub(super) usage: Usage,
    pub(super) waiting_us: i64,
    pub(super) since_decrease_us: i64,
    pub(super) since_confirmed_us: i64,
    pub(super) rtt_us: i64,
    pub(super) jitter_us: i64,
    pub(super) packet_bytes: f64,
}

/// The probes of one path.
#[derive(Debug, Default)]
pub(super) struct Probing {
    active: Option<Cluster>,
    last_id: u8,
    /// Bits per second.
    wanted: f64,
    /// No probe before.
    next_us: i64,
    /// Steps of the run so far that passed.
    step: u32,
    has_begun: bool,
    /// The rate to come back to after a silence.
    aim: Option<f64>,
}

impl Probing {
    /// Sets what the application could use at most, in bits per second.
    pub(super) fn set_wanted(&mut self, now_us: i64, wanted: f64, estimate: f64) {
        if wanted > self.wanted && wanted > estimate && self.active.is_none() {
            self.next_us = self.next_us.min(now_us);
        }
        self.wanted = wanted;
    }

    /// Begins a run at once, to come back to `aim`.
    pub(super) fn come_back_to(&mut self, now_us: i64, aim: f64) {
        self.active = None;
        self.aim = Some(aim);
        self.step = 0;
        self.next_us = now_us;
    }

    /// Which probe a packet that leaves now belongs to; 0 for none.
    pub(super) fn handle_sent(&mut self, now_us: i64, size: u16) -> u8 {
        match &mut self.active {
            Some(cluster) if cluster.is_sending(now_us) => {
                cluster.handle_sent(size);
                cluster.id
            }
            _ => 0,
        }
    }

    /// The probe of this number, while it lasts.
    pub(super) fn cluster(&mut self, id: u8) -> Option<&mut Cluster> {
        self.active.as_mut().filter(|cluster| cluster.id == id && id > 0)
    }

    /// Whether a probe is in the path.
    pub(super) const fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// When waiting for what a probe found ends.
    pub(super) fn expires_us(&self) -> Option<i64> {
        self.active.map(|cluster| cluster.expires_us + 1)
    }

    /// A probe, if one is due.
    pub(super) fn poll(&mut self, now_us: i64, situation: &Situation) -> Option<Cluster> {
        if self.active.is_some() || self.wanted <= 0.0 || now_us < self.next_us {
            return None;
        }
        let is_news = self.step > 0 && !situation.has_capacity;
        let is_quiet = is_news || self.aim.is_some() || situation.since_decrease_us >= QUIET_US;
        if situation.usage != Usage::Normal || situation.waiting_us > WAITING_MAX_US || !is_quiet {
            self.next_us = now_us + AGAIN_US / 4;
            self.step = if is_quiet { self.step } else { 0 };
            return None;
        }
        let Some(rate) = self.rate(situation) else {
            self.next_us = now_us + INTERVAL_US;
            self.step = 0;
            return None;
        };
        let duration = (situation.jitter_us * JITTERS).clamp(DURATION_US, DURATION_MAX_US);
        let size = (rate / 8.0 * duration as f64 / 1e6).max(PACKETS_MIN * situation.packet_bytes);
        let until = now_us + (size * 8.0 / rate * 1e6) as i64 + SLACK_US;
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        self.has_begun = true;
        let cluster =
            Cluster::new(self.last_id, rate, size as u32, until, until + situation.rtt_us + FEEDBACK_US);
        self.active = Some(cluster);
        Some(cluster)
    }

    fn rate(&self, situation: &Situation) -> Option<f64> {
        let ceiling = self.wanted * HEADROOM;
        let estimate = situation.estimate;
        let factor = if self.has_begun && self.aim.is_none() { FACTOR } else { FIRST_FACTOR };
        let aim = self.aim.unwrap_or(f64::MAX).max(estimate * FACTOR);
        let rate = (estimate * factor).min(aim).min(ceiling);
        if rate >= estimate * WORTH {
            return Some(rate);
        }
        let is_stale = situation.is_limited && situation.since_confirmed_us >= CONFIRM_US;
        is_stale.then_some(estimate.min(ceiling))
    }

    /// Ends a probe that is done and gives the estimate that follows from it, and whether it was confirmed.
    pub(super) fn handle_feedback(&mut self, now_us: i64, situation: &Situation) -> Option<f64> {
        let cluster = self.active.filter(|cluster| cluster.is_done(now_us))?;
        self.active = None;
        let Some(found) = cluster.found() else {
            self.step = 0;
            self.next_us = now_us + AGAIN_US;
            return None;
        };
        let Found { rate, is_saturated } = found;
        // Beside others, a probe can meet a queue that drains, and seem to pass: where the path was full before, a run
        // begins with the same step twice.
        let is_doubted =
            self.step == 0 && self.aim.is_none() && situation.has_capacity && !situation.is_limited;
        if is_saturated {
            // What passes at a full path is known already, but for a step beyond it.
            let is_news = self.step > 1 || situation.is_limited || !situation.has_capacity;
            self.end_run(now_us);
            if !situation.has_capacity {
                self.next_us = now_us + AGAIN_US;
            }
            return is_news.then_some(rate * SATURATED_SHARE);
        }
        self.step += 1;
        self.next_us = if is_doubted { now_us + DOUBT_US } else { now_us };
        if self.aim.is_some_and(|aim| rate >= aim * 0.9) {
            self.aim = None;
        }
        (!is_doubted).then_some(rate)
    }

    fn end_run(&mut self, now_us: i64) {
        self.step = 0;
        self.aim = None;
        self.next_us = now_us + INTERVAL_US;
    }
}
