//! Durations, many of them: cheap to note, and percentiles to a hundredth (HdrHistogram).

use std::time::Duration;

/// From 1 µs up to a minute, in µs; what is longer counts as that.
const MICROS: (u64, u64) = (1, 60_000_000);
/// Digits that are kept: 2.5 thousand counters, 10 KiB.
const DIGITS: u8 = 2;

/// How long something took, many times.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: hdrhistogram::Histogram<u32>,
    min: Duration,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        let (low, high) = MICROS;
        let counts = hdrhistogram::Histogram::new_with_bounds(low, high, DIGITS);
        Self { counts: counts.expect("1 to 60,000,000 is a range"), min: Duration::MAX, max: Duration::ZERO }
    }
}

impl Histogram {
    /// Notes one.
    pub fn note(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.counts.saturating_record(micros.clamp(MICROS.0, MICROS.1));
        self.min = self.min.min(took);
        self.max = self.max.max(took);
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    /// The shortest; `None` of nothing.
    #[must_use]
    pub fn min(&self) -> Option<Duration> {
        (self.count() > 0).then_some(self.min)
    }

    /// The longest; `None` of nothing.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        (self.count() > 0).then_some(self.max)
    }

    /// The duration that this share (0 to 1) did not exceed, to a hundredth; `None` of nothing.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Option<Duration> {
        let micros = (self.count() > 0).then(|| self.counts.value_at_quantile(share))?;
        Some(Duration::from_micros(micros).clamp(self.min, self.max))
    }

    /// Half took no longer.
    #[must_use]
    pub fn median(&self) -> Option<Duration> {
        self.percentile(0.5)
    }

    /// Adds another's.
    pub fn merge(&mut self, other: &Self) {
        self.counts.add(&other.counts).expect("all have one range");
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_to_a_hundredth() {
        let mut histogram = Histogram::default();
        for millis in 1..=1000 {
            histogram.note(Duration::from_millis(millis));
        }

        for (share, millis) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0)] {
            let measured = histogram.percentile(share).unwrap().as_secs_f64() * 1e3;
            assert!((measured / millis - 1.0).abs() < 0.011, "{share}: {measured}");
        }
        assert_eq!(histogram.min(), Some(Duration::from_millis(1)));
        assert_eq!(histogram.percentile(1.0), Some(Duration::from_secs(1)));
    }

    #[test]
    fn nothing_has_no_percentile_and_one_value_is_all_of_them() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.median(), None);

        histogram.note(Duration::from_micros(777));

        assert_eq!(histogram.percentile(0.0), Some(Duration::from_micros(777)));
        assert_eq!(histogram.percentile(1.0), Some(Duration::from_micros(777)));
    }

    #[test]
    fn two_merge_to_one() {
        let [mut one, mut two] = [Histogram::default(), Histogram::default()];
        one.note(Duration::from_millis(1));
        two.note(Duration::from_millis(9));

        one.merge(&two);

        assert_eq!((one.count(), one.max()), (2, Some(Duration::from_millis(9))));
    }
}
