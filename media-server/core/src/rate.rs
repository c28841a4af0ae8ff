//! How often something may be done: a bucket of tokens, with the time as an argument.

use std::time::{Duration, Instant};

/// A token bucket.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    tokens: u32,
    filled_at: Instant,
}

/// How a bucket fills.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Tokens a second.
    pub per_second: u32,
    /// Tokens of a full bucket.
    pub burst: u32,
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub const fn full(rate: Rate, now: Instant) -> Self {
        Self { tokens: rate.burst, filled_at: now }
    }

    /// Takes a token if there is one.
    #[must_use]
    pub fn take(&mut self, rate: Rate, now: Instant) -> bool {
        self.take_many(1, rate, now)
    }

    /// Takes so many tokens, or none if there are fewer.
    #[must_use]
    pub fn take_many(&mut self, count: u32, rate: Rate, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled_at);
        let new = (passed.as_micros() * u128::from(rate.per_second) / 1_000_000).min(u128::from(rate.burst));
        if new > 0 {
            self.tokens = self.tokens.saturating_add(new as u32).min(rate.burst);
            self.filled_at = if self.tokens == rate.burst {
                now
            } else {
                // Only the time that made whole tokens is used up.
                self.filled_at + Duration::from_micros(new as u64 * 1_000_000 / u64::from(rate.per_second))
            };
        }
        match self.tokens.checked_sub(count) {
            Some(left) => {
                self.tokens = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let start = netsim::Timeline::new().now();
        let rate = Rate { per_second: 10, burst: 5 };
        let mut bucket = Bucket::full(rate, start);

        let at_once = (0..20).filter(|_| bucket.take(rate, start)).count();
        let later = (0..1000).filter(|ms| bucket.take(rate, start + Duration::from_millis(*ms))).count();
        let rested = (0..20).filter(|_| bucket.take(rate, start + Duration::from_secs(3600))).count();

        assert_eq!((at_once, rested), (5, 5));
        assert!((9..=10).contains(&later), "{later}");
    }

    #[test]
    fn of_too_few_none_is_taken() {
        let start = netsim::Timeline::new().now();
        let rate = Rate { per_second: 1, burst: 5 };
        let mut bucket = Bucket::full(rate, start);

        assert!(!bucket.take_many(6, rate, start));
        assert!(bucket.take_many(5, rate, start));
        assert!(!bucket.take(rate, start));
    }
}
