//! Rate limits of STUN, in constant memory: an unvalidated source leaves no state of its own behind.

use std::hash::BuildHasher;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::random::Hasher;

/// A token bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    tokens: u32,
    filled_at: Instant,
}

/// How a bucket fills.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// Tokens a second.
    pub(crate) per_second: u32,
    /// Tokens of a full bucket.
    pub(crate) burst: u32,
}

impl Bucket {
    pub(crate) const fn full(rate: Rate, now: Instant) -> Self {
        Self { tokens: rate.burst, filled_at: now }
    }

    /// Takes a token if there is one.
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) -> bool {
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
        match self.tokens.checked_sub(1) {
            Some(left) => {
                self.tokens = left;
                true
            }
            None => false,
        }
    }
}

/// Checks of one validated path: a browser sends at most one every 50 ms for each of a few candidate pairs, and far
/// fewer once connected.
pub(crate) const PATH_RATE: Rate = Rate { per_second: 50, burst: 100 };
/// Checks of all unvalidated paths of one source address: a hospital behind one address whose four hundred calls come
/// back at once after a node was lost, with five checks each. At 1.3 µs for an HMAC a source costs at most 0.13 % of a
/// core.
const SOURCE_RATE: Rate = Rate { per_second: 1000, burst: 2000 };
/// Buckets shared by all sources: 1024 × 24 bytes. Two sources share one by chance of a thousandth, and a stranger
/// cannot aim at it, because the hash is seeded.
const SOURCE_BUCKETS: usize = 1024;

/// The buckets of unvalidated sources, by a hash of their address.
pub(crate) struct SourceRates {
    hasher: Hasher,
    buckets: Vec<Bucket>,
}

impl SourceRates {
    pub(crate) fn new(hasher: Hasher, now: Instant) -> Self {
        Self { hasher, buckets: vec![Bucket::full(SOURCE_RATE, now); SOURCE_BUCKETS] }
    }

    /// Whether another check of this source is looked at. An IPv6 source is its /64: one household has one.
    pub(crate) fn allow(&mut self, source: IpAddr, now: Instant) -> bool {
        let hash = match source.to_canonical() {
            IpAddr::V4(address) => self.hasher.hash_one(address.octets()),
            IpAddr::V6(address) => self.hasher.hash_one(&address.octets()[..8]),
        };
        let at = hash as usize % SOURCE_BUCKETS;
        self.buckets[at].take(SOURCE_RATE, now)
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

        assert_eq!(at_once, 5);
        assert!((9..=10).contains(&later), "{later}");
    }
}
