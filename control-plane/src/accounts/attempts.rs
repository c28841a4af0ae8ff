//! How often sign-in may be tried: by address, by account from one address, and by account from wherever, whichever is
//! spent first; and guests' links by address.
//!
//! In the memory of one control plane: two of them allow twice as much, which the limits below leave room for. Nobody
//! is locked out by somebody at another address, who spends an allowance of their own. Only whoever has dozens of
//! addresses can spend all that an account has, and keep its owner waiting as long as they go on; a little later it has
//! filled again.

mod bounded;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::http::StatusCode;
use bounded::Bounded;
use governor::Quota;

use crate::http::origin::Origin;
use crate::http::problem::{ApiError, Problem};
use crate::seal::BlindIndex;

/// Ten guesses at once, then one each 30 s: below 3,000 a day against one account from one address.
const ACCOUNT_FROM_ADDRESS: (u32, Duration) = (10, Duration::from_secs(30));
/// From all addresses: below 30,000 guesses a day, at passwords of fifteen characters and more. Ten addresses at their
/// own limit do not spend it.
const ACCOUNT: (u32, Duration) = (100, Duration::from_secs(3));
/// A clinic's whole staff may come from one address at eight in the morning; one password tried on a thousand
/// accounts takes more than half an hour.
const ADDRESS: (u32, Duration) = (60, Duration::from_secs(2));
/// A guest's page asks every ten seconds and at each arrival, and several guests may share an address; a secret of 256
/// bits is not guessed at any rate, so this only bounds the work.
const LINK: (u32, Duration) = (60, Duration::from_secs(1));
/// About 100 bytes each. Those whose allowance is full again are forgotten first.
const KEYS_MAX: usize = 50_000;

/// The allowance is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// When the next attempt is allowed.
    pub retry_after: Duration,
}

/// Counts attempts.
pub struct Attempts {
    accounts_from_addresses: Bounded<(BlindIndex, IpAddr)>,
    accounts: Bounded<BlindIndex>,
    addresses: Bounded<IpAddr>,
    links: Bounded<IpAddr>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            accounts_from_addresses: Bounded::new(quota(ACCOUNT_FROM_ADDRESS), KEYS_MAX),
            accounts: Bounded::new(quota(ACCOUNT), KEYS_MAX),
            addresses: Bounded::new(quota(ADDRESS), KEYS_MAX),
            links: Bounded::new(quota(LINK), KEYS_MAX),
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
        self.addresses.spend(&origin.limit_key())
    }

    /// Spends one attempt at this account, known or not, from this address. What the address alone has spent already is
    /// not taken from the account's own allowance.
    ///
    /// # Errors
    /// [`Spent`].
    pub fn at_account(&self, email: &BlindIndex, origin: &Origin) -> Result<(), Spent> {
        self.accounts_from_addresses.spend(&(*email, origin.limit_key()))?;
        self.accounts.spend(email)
    }

    /// Spends one use of a guest's link, known or not, from this address.
    ///
    /// # Errors
    /// [`Spent`].
    pub fn at_link(&self, origin: &Origin) -> Result<(), Spent> {
        self.links.spend(&origin.limit_key())
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

    #[test]
    fn abuse_19_an_account_is_stopped_for_one_address_long_before_it_is_for_all() {
        let attempts = Attempts::default();
        let anna = BlindIndex::of_test(1);
        let spend = |address: u32, times: u32| {
            let origin = from(&format!("203.0.113.{address}"));
            (0..times).filter(|_| attempts.at_account(&anna, &origin).is_ok()).count()
        };

        assert_eq!(spend(1, 1000), 10, "one address has its own ten, and takes no more from the others");
        let from_many: usize = (2..30).map(|address| spend(address, 1000)).sum();

        let (at_once, _) = ACCOUNT;
        let all = u32::try_from(10 + from_many).unwrap();
        assert!((at_once..at_once + 10).contains(&all), "{all}: guessing from many addresses ends, too");
        assert_eq!(attempts.at_account(&BlindIndex::of_test(2), &from("203.0.113.1")), Ok(()));
    }
}
