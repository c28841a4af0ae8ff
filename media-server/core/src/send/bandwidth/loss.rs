//! Losses: which of them the path always has, and which are there because too much is sent.
//!
//! Radio loses a few packets whatever the rate; a full queue loses what does not pass. One cannot be told from the other
//! by looking, so it is tried: send what passed, and see whether the loss goes.
//!
//! ```text
//!  loss  ─────┐ more than the path always has: send what passed of it
//!             ▼
//!        trial, a round trip later ─▶ the loss went: it was congestion, the lower rate stays
//!                                  ─▶ it stays:      it is the path's own, up to [`INHERENT_MAX`]; the rate comes back
//! ```

/// Losses up to this much can be the path's own. Beyond, a call is bad anyway, and sending less is right.
const INHERENT_MAX: f64 = 0.2;
/// Each second so much of the path's own loss is doubted, so that losses of long ago do not cover new ones.
const DOUBT_PER_SECOND: f64 = 0.02;
/// More loss than the path's own by less than this says nothing.
const EXCESS_MIN: f64 = 0.02;
/// Nor does what chance explains: standard deviations.
const DEVIATIONS: f64 = 2.5;
/// A share of losses is computed over so many packets and so much time,
const PACKETS_MIN: u32 = 50;
const WINDOW_US: i64 = 1_000_000;
/// or with few packets over this.
const WINDOW_MAX_US: i64 = 3_000_000;
const PACKETS_FEW: u32 = 10;
/// Bursts of four packets. Longer ones are congestion.
const BURSTINESS_MAX: f64 = 7.0;
/// Sooner, when so much more is lost that it cannot wait.
const SEVERE: f64 = 0.10;
const SEVERE_DEVIATIONS: f64 = 4.0;
const SEVERE_PACKETS_MIN: u32 = 20;
const SEVERE_WINDOW_US: i64 = 200_000;
/// How much a share moves what is taken for the path's own, up and down.
const LEARN_UP: f64 = 0.1;
const LEARN_DOWN: f64 = 0.15;
/// A queue of this length loses by being full.
const FULL_QUEUE_US: i64 = 100_000;

/// What the losses say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// Nothing new.
    Clear,
    /// Perhaps too much is sent: no more now.
    Hold,
    /// Too much is sent.
    Congested {
        /// The part of it that passed, but for what is always lost.
        passed: f64,
    },
    /// The last time it was not congestion.
    Mistaken,
}

/// What a feedback told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) lost: u32,
    /// How many times in a row without one between that arrived.
    pub(super) bursts: u32,
    pub(super) arrived: u32,
    /// Of those, told lost before.
    pub(super) late: u32,
}

/// The loss half of the estimate.
#[derive(Debug, Default)]
pub(super) struct LossDetector {
    lost: u32,
    arrived: u32,
    bursts: u32,
    since_us: Option<i64>,
    /// The share that the path always loses.
    inherent: f64,
    /// The excess that is being tried.
    trial: Option<f64>,
    /// Until then, feedback speaks of packets that were sent before the last change of rate.
    blind_until_us: i64,
    doubted_us: i64,
    may_rise: bool,
}

impl LossDetector {
    #[cfg(test)]
    pub(super) const fn inherent(&self) -> f64 {
        self.inherent
    }

    /// Leaves out what is told before `until_us`.
    pub(super) const fn ignore_until(&mut self, until_us: i64) {
        self.blind_until_us = until_us;
        self.restart();
    }

    /// Takes what a feedback told. The effect of a change of rate shows after `settle_us`.
    pub(super) fn handle_feedback(
        &mut self,
        now_us: i64,
        told: Told,
        waiting_us: i64,
        settle_us: i64,
    ) -> Verdict {
        self.doubt(now_us);
        if now_us < self.blind_until_us {
            return Verdict::Hold;
        }
        self.lost = self.lost.saturating_add(told.lost).saturating_sub(told.late);
        self.arrived = self.arrived.saturating_add(told.arrived);
        self.bursts = self.bursts.saturating_add(told.bursts);
        let since = *self.since_us.get_or_insert(now_us);
        let elapsed = now_us - since;
        let total = self.lost.saturating_add(self.arrived);
        let share = f64::from(self.lost) / f64::from(total.max(1));
        let deviation = self.deviation(total);
        let is_severe = total >= SEVERE_PACKETS_MIN
            && elapsed >= SEVERE_WINDOW_US
            && share - self.inherent > SEVERE.max(SEVERE_DEVIATIONS * deviation);
        let is_enough = total >= PACKETS_MIN && elapsed >= WINDOW_US;
        if !is_severe && !is_enough && (elapsed < WINDOW_MAX_US || total < PACKETS_FEW) {
            return if self.may_rise { Verdict::Clear } else { Verdict::Hold };
        }
        self.restart();
        let verdict = self.judge(share, deviation, waiting_us);
        self.may_rise = matches!(verdict, Verdict::Clear | Verdict::Mistaken);
        if matches!(verdict, Verdict::Congested { .. }) {
            self.blind_until_us = now_us + settle_us;
        }
        verdict
    }

    fn judge(&mut self, share: f64, deviation: f64, waiting_us: i64) -> Verdict {
        let excess = share - self.inherent;
        let is_plausible = share - DEVIATIONS * deviation < INHERENT_MAX && waiting_us < FULL_QUEUE_US;
        if let Some(tried) = self.trial.take()
            && excess > tried / 2.0
            && is_plausible
        {
            self.inherent = (self.inherent + (excess + tried) / 2.0).min(INHERENT_MAX);
            return Verdict::Mistaken;
        }
        if excess <= EXCESS_MIN.max(DEVIATIONS * deviation) {
            let learn = if excess > 0.0 { LEARN_UP } else { LEARN_DOWN };
            self.inherent = (self.inherent + excess * learn).min(INHERENT_MAX);
            return Verdict::Clear;
        }
        self.trial = Some(excess);
        Verdict::Congested { passed: 1.0 - excess }
    }

    /// Of a share of so many packets, by chance. Losses that come in bursts of length n are fewer chances of a larger stake:
    /// Gilbert's model has 2n - 1 times the variance.
    fn deviation(&self, total: u32) -> f64 {
        let expected = self.inherent.max(0.01);
        let length = f64::from(self.lost) / f64::from(self.bursts.max(1));
        let burstiness = (2.0 * length - 1.0).clamp(1.0, BURSTINESS_MAX);
        (expected * (1.0 - expected) * burstiness / f64::from(total.max(1))).sqrt()
    }

    fn doubt(&mut self, now_us: i64) {
        let elapsed = (now_us - self.doubted_us).clamp(0, 1_000_000) as f64 / 1e6;
        self.doubted_us = now_us;
        self.inherent *= 1.0 - DOUBT_PER_SECOND * elapsed;
    }

    const fn restart(&mut self) {
        self.lost = 0;
        self.arrived = 0;
        self.bursts = 0;
        self.since_us = None;
    }
}

#[cfg(test)]
mod tests;
