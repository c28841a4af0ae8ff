//! How long to wait before dialling again: exponential, with full jitter, so that nodes that lost the control plane together
//! do not come back together.

use std::time::Duration;

use rand::{Rng, RngExt as _};

/// The first wait lies between zero and this.
const FIRST: Duration = Duration::from_millis(250);
/// No wait is longer: a node without the control plane gets no new rooms.
const LONGEST: Duration = Duration::from_secs(10);

/// The failures since the last success.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait.
    pub(super) fn next(&mut self, random: &mut impl Rng) -> Duration {
        let ceiling = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures += 1;
        ceiling.mul_f64(random.random_range(0.0..=1.0))
    }

    /// A success: the next failure waits little again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn waits_grow_to_the_longest_spread_out_and_begin_again() {
        let mut random = StdRng::seed_from_u64(7);
        let mut backoff = Backoff::default();

        let waits: Vec<Duration> = (0..200).map(|_| backoff.next(&mut random)).collect();
        backoff.reset();
        let again = backoff.next(&mut random);

        assert!(waits[0] <= FIRST && again <= FIRST);
        assert!(waits.iter().all(|wait| *wait <= LONGEST));
        assert!(waits[10..].iter().any(|wait| *wait > LONGEST / 2), "long waits occur");
        assert!(waits[10..].iter().any(|wait| *wait < LONGEST / 10), "and short ones: full jitter");
    }
}
