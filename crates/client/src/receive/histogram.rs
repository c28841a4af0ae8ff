//! Durations in buckets: cheap to note, small to keep, and percentiles to an eighth.

use std::time::Duration;

/// Buckets of an octave: a value is known to 2^(1/8), nine percent.
const PER_OCTAVE: f64 = 8.0;
/// From 1 µs up to 2^25 µs, half a minute; what is longer counts as that.
const BUCKETS: usize = 8 * 25;

/// How long something took, many times.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Box<[u32; BUCKETS]>,
    count: u64,
    min: Duration,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: Box::new([0; BUCKETS]), count: 0, min: Duration::MAX, max: Duration::ZERO }
    }
}

impl Histogram {
    /// Notes one.
    pub fn note(&mut self, took: Duration) {
        let micros = (took.as_micros() as f64).max(1.0);
        let bucket = (micros.log2() * PER_OCTAVE) as usize;
        self.buckets[bucket.min(BUCKETS - 1)] += 1;
        self.count += 1;
        self.min = self.min.min(took);
        self.max = self.max.max(took);
    }

    /// How many.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The shortest; `None` of nothing.
    #[must_use]
    pub fn min(&self) -> Option<Duration> {
        (self.count > 0).then_some(self.min)
    }

    /// The longest; `None` of nothing.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        (self.count > 0).then_some(self.max)
    }

    /// The duration that this share (0 to 1) did not exceed, to nine percent; `None` of nothing.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Option<Duration> {
        let rank = (self.count as f64 * share.clamp(0.0, 1.0)).ceil().max(1.0) as u64;
        let mut seen = 0;
        let bucket = self.buckets.iter().position(|&count| {
            seen += u64::from(count);
            seen >= rank
        })?;
        let upper = ((bucket + 1) as f64 / PER_OCTAVE).exp2();
        Some(Duration::from_secs_f64(upper / 1e6).clamp(self.min, self.max))
    }

    /// Half took no longer.
    #[must_use]
    pub fn median(&self) -> Option<Duration> {
        self.percentile(0.5)
    }

    /// Adds another's.
    pub fn merge(&mut self, other: &Self) {
        for (own, other) in self.buckets.iter_mut().zip(other.buckets.iter()) {
            *own += other;
        }
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_to_nine_percent() {
        let mut histogram = Histogram::default();
        for millis in 1..=1000 {
            histogram.note(Duration::from_millis(millis));
        }

        for (share, millis) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0)] {
            let measured = histogram.percentile(share).unwrap().as_secs_f64() * 1e3;
            assert!((measured / millis - 1.0).abs() < 0.1, "{share}: {measured}");
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
