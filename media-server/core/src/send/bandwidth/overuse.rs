//! Whether the trend means that the path is overused, by a threshold that follows the path's own noise
//! (draft-ietf-rmcat-gcc-02 §5.4).
//!
//! A fixed threshold takes every jitter for congestion, or starves beside flows that fill the queue. This one rises
//! quickly towards a trend that exceeds it and falls slowly when the path is quiet.

/// Where the threshold starts. Milliseconds, as the trend.
const THRESHOLD: f64 = 12.5;
/// Lower, and the tick of the clock would be congestion; higher, and nothing would.
const THRESHOLD_MIN: f64 = 6.0;
const THRESHOLD_MAX: f64 = 600.0;
/// How fast it follows a trend above itself, per millisecond.
const RISE: f64 = 0.0087;
/// How fast it follows a trend below itself. Slower than it would have to for a quiet path, quicker than `RISE`:
/// see the draft's discussion of fairness.
const FALL: f64 = 0.039;
/// A trend that exceeds it by more is a change of capacity and no noise to get used to.
const OUTLIER: f64 = 15.0;
/// The trend must stay above for this long.
const OVERUSE_MS: f64 = 10.0;

/// What the detector says of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Usage {
    /// The queue neither fills nor drains.
    #[default]
    Normal,
    /// It fills: more is sent than passes.
    Over,
    /// It drains.
    Under,
}

/// The detector of one path.
#[derive(Debug)]
pub(super) struct Detector {
    threshold: f64,
    usage: Usage,
    trend: f64,
    /// How long the trend has been above, and in how many groups. Milliseconds.
    above: Option<(f64, u32)>,
    updated_us: Option<i64>,
}

impl Detector {
    pub(super) const fn new() -> Self {
        Self { threshold: THRESHOLD, usage: Usage::Normal, trend: 0.0, above: None, updated_us: None }
    }

    pub(super) const fn usage(&self) -> Usage {
        self.usage
    }

    /// Begins anew with the threshold that it has.
    pub(super) const fn forget(&mut self) {
        *self = Self { threshold: self.threshold, ..Self::new() };
    }

    /// Takes a trend, of a group that was sent `sent_us` after the one before it and arrived at `at_us`.
    pub(super) fn handle_trend(&mut self, trend: f64, sent_us: i64, at_us: i64) {
        if trend > self.threshold {
            let sent_ms = sent_us as f64 / 1000.0;
            // When it began is not known: half way between the two groups.
            let (above, groups) =
                self.above.map_or((sent_ms / 2.0, 1), |(ms, groups)| (ms + sent_ms, groups + 1));
            self.above = Some((above, groups));
            if above > OVERUSE_MS && groups > 1 && trend >= self.trend {
                self.above = Some((0.0, 0));
                self.usage = Usage::Over;
            }
        } else {
            self.above = None;
            self.usage = if trend < -self.threshold { Usage::Under } else { Usage::Normal };
        }
        self.trend = trend;
        self.follow(trend.abs(), at_us);
    }

    fn follow(&mut self, trend: f64, at_us: i64) {
        let elapsed_ms =
            self.updated_us.map_or(0, |before| at_us.saturating_sub(before)).clamp(0, 100_000) / 1000;
        self.updated_us = Some(at_us);
        if trend > self.threshold + OUTLIER {
            return;
        }
        let rate = if trend < self.threshold { FALL } else { RISE };
        self.threshold += rate * (trend - self.threshold) * (elapsed_ms.min(100) as f64);
        self.threshold = self.threshold.clamp(THRESHOLD_MIN, THRESHOLD_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The usage after each of these trends, a group every 10 ms.
    fn usages(trends: impl IntoIterator<Item = f64>) -> Vec<Usage> {
        let mut detector = Detector::new();
        let mut at_us = 0;
        trends
            .into_iter()
            .map(|trend| {
                at_us += 10_000;
                detector.handle_trend(trend, 10_000, at_us);
                detector.usage()
            })
            .collect()
    }

    #[test]
    fn a_trend_that_stays_above_is_overuse() {
        assert_eq!(usages([0.0, 30.0, 31.0, 32.0]), [Usage::Normal, Usage::Normal, Usage::Over, Usage::Over]);
    }

    #[test]
    fn one_group_alone_is_none() {
        assert!(!usages([0.0, 30.0, 0.0, 30.0, 0.0]).contains(&Usage::Over));
    }

    #[test]
    fn a_trend_that_falls_again_is_none() {
        assert!(!usages([0.0, 40.0, 35.0, 30.0, 25.0]).contains(&Usage::Over));
    }

    #[test]
    fn a_draining_queue_is_underuse() {
        assert_eq!(usages([-30.0]), [Usage::Under]);
    }

    #[test]
    fn the_threshold_follows_the_noise_and_comes_back() {
        let mut detector = Detector::new();
        let mut thresholds = Vec::new();
        for group in 0..600 {
            let trend = if group < 300 { 18.0 + f64::from(group % 3) } else { 0.0 };
            detector.handle_trend(trend, 10_000, i64::from(group) * 10_000);
            thresholds.push(detector.threshold);
        }

        assert!(thresholds[299] > 17.0, "{}", thresholds[299]);
        assert!(thresholds[599] < THRESHOLD_MIN + 0.1, "{}", thresholds[599]);
    }

    #[test]
    fn the_threshold_does_not_follow_a_change_of_capacity() {
        let mut detector = Detector::new();
        for group in 0..100 {
            detector.handle_trend(40.0, 10_000, group * 10_000);
        }

        assert_eq!(detector.threshold, THRESHOLD);
    }
}
