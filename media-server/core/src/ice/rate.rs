//! Rate limits of STUN, in constant memory: an unvalidated source leaves no state of its own behind.

use std::hash::BuildHasher;
use std::net::IpAddr;
use std::time::Instant;

use crate::random::Hasher;
use crate::rate::{Bucket, Rate};

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
