//! A limiter whose memory is bounded: one state per key, up to a number of keys.
//!
//! A key whose allowance is full again is forgotten when room is needed. A key that finds no room is refused, as if it had
//! spent its allowance: the alternative is to let everybody in or to grow without an end. To get there somebody has to
//! spend the allowances of that many keys at once, faster than they fill.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::Spent;

/// Looking through all keys takes milliseconds: not at each attempt of a flood.
const SWEEP_EACH: Duration = Duration::from_secs(1);

/// The state of a key that is full again never: half the range, so that no sum overflows.
const NEVER: Nanos = Nanos::new(u64::MAX / 2);

type Instants = <DefaultClock as Clock>::Instant;

/// Counts what each key spends.
pub(super) struct Bounded<K: Clone + Eq + Hash> {
    limiter: RateLimiter<K, Keys<K>, DefaultClock, NoOpMiddleware<Instants>>,
    clock: DefaultClock,
    /// The longest that a key ever has to wait for its next attempt.
    each: Duration,
    keys_max: usize,
    swept: Mutex<Option<Instant>>,
}

impl<K: Clone + Eq + Hash> Bounded<K> {
    pub(super) fn new(quota: Quota, keys_max: usize) -> Self {
        let keys = Keys { states: Mutex::new(HashMap::new()), keys_max };
        let clock = DefaultClock::default();
        let limiter = RateLimiter::new(quota, keys, clock.clone());
        Self { limiter, clock, each: quota.replenish_interval(), keys_max, swept: Mutex::new(None) }
    }

    /// Spends one attempt of `key`.
    pub(super) fn spend(&self, key: &K) -> Result<(), Spent> {
        if self.limiter.len() >= self.keys_max && self.sweep_is_due() {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).map_err(|spent| {
            // A key that found no room has no time of its own.
            Spent { retry_after: spent.wait_time_from(self.clock.now()).min(self.each) }
        })
    }

    fn sweep_is_due(&self) -> bool {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = swept.is_none_or(|swept| swept.elapsed() >= SWEEP_EACH);
        if is_due {
            *swept = Some(Instant::now());
        }
        is_due
    }
}

/// When each key's allowance is full again, as governor counts it.
struct Keys<K> {
    states: Mutex<HashMap<K, Nanos>>,
    keys_max: usize,
}

impl<K: Clone + Eq + Hash> StateStore for Keys<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let known = states.get(key).copied();
        if known.is_none() && states.len() >= self.keys_max {
            return measure(Some(NEVER)).map(|(allowed, _)| allowed);
        }
        let (allowed, state) = measure(known)?;
        states.insert(key.clone(), state);
        Ok(allowed)
    }
}

impl<K: Clone + Eq + Hash> ShrinkableKeyedStateStore<K> for Keys<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.retain(|_, full_at| *full_at > drop_below);
    }

    fn len(&self) -> usize {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(each: Duration, keys_max: usize) -> Bounded<u32> {
        Bounded::new(Quota::with_period(each).unwrap(), keys_max)
    }

    #[test]
    fn a_flood_of_keys_takes_no_more_room_than_it_may() {
        let limiter = limiter(Duration::from_secs(3600), 100);
        for key in 0..100 {
            assert_eq!(limiter.spend(&key), Ok(()));
        }

        let refused = (100..10_000).filter(|key| limiter.spend(key).is_err()).count();

        assert_eq!((refused, limiter.limiter.len()), (9_900, 100));
        let spent = limiter.spend(&10_000).unwrap_err();
        assert!(spent.retry_after <= Duration::from_secs(3600), "{spent:?}");
    }

    #[test]
    fn keys_whose_allowance_is_full_again_make_room() {
        let limiter = limiter(Duration::from_nanos(1), 100);
        for key in 0..100 {
            assert_eq!(limiter.spend(&key), Ok(()));
        }

        assert_eq!(limiter.spend(&100), Ok(()), "the others spent long ago");
        assert_eq!(limiter.limiter.len(), 1);
    }
}
