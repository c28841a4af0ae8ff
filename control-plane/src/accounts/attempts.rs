//! How often sign-in may be tried: by account and by address, whichever is spent first; and guests' links by address.
//!
//! In the memory of one control plane: two of them allow twice as much, which the limits below leave room for. Nobody
//! is locked out for good: an allowance fills again by itself, also while somebody else keeps spending it.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::http::StatusCode;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::http::origin::Origin;
use crate::http::problem::{ApiError, Problem};
use crate::seal::BlindIndex;

/// Ten guesses at once, then one each 30 s: below 3,000 a day against one account.
const ACCOUNT: (u32, Duration) = (10, Duration::from_secs(30));
/// A clinic's whole staff may come from one address at eight in the morning; one password tried on a thousand
/// accounts takes more than half an hour.
const ADDRESS: (u32, Duration) = (60, Duration::from_secs(2));
/// A guest's page asks every ten seconds and at each arrival, and several guests may share an address; a secret of 256
/// bits is not guessed at any rate, so this only bounds the work.
const LINK: (u32, Duration) = (60, Duration::from_secs(1));
/// About 100 bytes each. Beyond it those whose allowance is full again are forgotten.
const KEYS_MAX: usize = 50_000;

/// The allowance is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// When the next attempt is allowed.
    pub retry_after: Duration,
}

/// Counts attempts.
pub struct Attempts {
    accounts: DefaultKeyedRateLimiter<BlindIndex>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    links: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            accounts: RateLimiter::keyed(quota(ACCOUNT)),
            addresses: RateLimiter::keyed(quota(ADDRESS)),
            links: RateLimiter::keyed(quota(LINK)),
            clock: DefaultClock::default(),
        }
    }
}

fn quota((burst, each): (u32, Duration)) -> Quota {
    Quota::with_period(each)
        .expect("the period is above zero")
        .allow_burst(NonZeroU32::new(burst).expect("the burst is above zero"))
}

impl Attempts {
    /// Spends one attempt from this address.
    ///
    /// # Errors
    /// [`Spent`].
    pub fn from_address(&self, origin: &Origin) -> Result<(), Spent> {
        self.spend(&self.addresses, &origin.limit_key())
    }

    /// Spends one attempt at this account, known or not.
    ///
    /// # Errors
    /// [`Spent`].
    pub fn at_account(&self, email: &BlindIndex) -> Result<(), Spent> {
        self.spend(&self.accounts, email)
    }

    /// Spends one use of a guest's link, known or not, from this address.
    ///
    /// # Errors
    /// [`Spent`].
    pub fn at_link(&self, origin: &Origin) -> Result<(), Spent> {
        self.spend(&self.links, &origin.limit_key())
    }

    fn spend<K: Clone + Eq + std::hash::Hash>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
    ) -> Result<(), Spent> {
        if limiter.len() > KEYS_MAX {
            limiter.retain_recent();
        }
        limiter.check_key(key).map_err(|spent| Spent { retry_after: spent.wait_time_from(self.clock.now()) })
    }
}

/// 429, with the time to wait.
#[must_use]
pub fn too_many(spent: Spent) -> ApiError {
    let secs = spent.retry_after.as_secs() + 1;
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-attempts", "Too many attempts: wait a little")
        .retry_after_secs(secs)
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RequestId;

    fn from(address: &str) -> Origin {
        Origin { request: RequestId::new_v7(), address: Some(address.parse().unwrap()) }
    }

    #[test]
    fn an_address_is_stopped_after_its_burst_and_others_are_not() {
        let attempts = Attempts::default();
        for _ in 0..ADDRESS.0 {
            assert_eq!(attempts.from_address(&from("203.0.113.9")), Ok(()));
        }

        let spent = attempts.from_address(&from("203.0.113.9")).unwrap_err();

        assert!(spent.retry_after > Duration::ZERO && spent.retry_after <= ADDRESS.1, "{spent:?}");
        assert_eq!(attempts.from_address(&from("203.0.113.10")), Ok(()));
    }

    #[test]
    fn an_ipv6_customer_is_one_address_however_many_they_use() {
        let attempts = Attempts::default();
        for i in 0..ADDRESS.0 {
            assert_eq!(attempts.from_address(&from(&format!("2001:db8:1:2::{i:x}"))), Ok(()));
        }

        assert!(attempts.from_address(&from("2001:db8:1:2:ffff::1")).is_err());
        assert_eq!(attempts.from_address(&from("2001:db8:1:3::1")), Ok(()));
    }
}
