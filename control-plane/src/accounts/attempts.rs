//! How often sign-in may be tried: by address, by account from one address, and by account from wherever, whichever is
//! spent first; and guests' links by address.
//!
//! In the memory of one control plane: two of them allow twice as much, which the limits below leave room for. Nobody
//! is locked out by somebody elsewhere, who spends an allowance of their own. Whoever has dozens of addresses spends what an
//! account has over all of them; then each network (IPv4 /24, IPv6 /48) has a small allowance at that account of its own,
//! which nobody outside of it can spend: the owner comes in from theirs, and a botnet gets little from each of its own.

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
/// From one network once that is spent: an owner who mistypes, then signs in on two devices. A thousand networks that guess
/// at one account add 24,000 guesses a day, as many as everybody has in quiet times.
const ACCOUNT_FROM_NETWORK: (u32, Duration) = (5, Duration::from_secs(3600));
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
    accounts_from_networks: Bounded<(BlindIndex, IpAddr)>,
    addresses: Bounded<IpAddr>,
    links: Bounded<IpAddr>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            accounts_from_addresses: Bounded::new(quota(ACCOUNT_FROM_ADDRESS), KEYS_MAX),
            accounts: Bounded::new(quota(ACCOUNT), KEYS_MAX),
            accounts_from_networks: Bounded::new(quota(ACCOUNT_FROM_NETWORK), KEYS_MAX),
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
    /// not taken from the account's own allowance; what all have spent leaves each network its own.
    ///
    /// # Errors
    /// [`Spent`].
    pub fn at_account(&self, email: &BlindIndex, origin: &Origin) -> Result<(), Spent> {
        self.accounts_from_addresses.spend(&(*email, origin.limit_key()))?;
        self.accounts
            .spend(email)
            .or_else(|_| self.accounts_from_networks.spend(&(*email, origin.network_key())))
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
            assert_eq!(attempts.from_address(&from(&format!("2001:db8:1:{i:x}::{i:x}"))), Ok(()));
        }

        assert!(attempts.from_address(&from("2001:db8:1:ff:ffff::1")).is_err(), "the same /56");
        assert_eq!(attempts.from_address(&from("2001:db8:1:100::1")), Ok(()));
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
        let (own, _) = ACCOUNT_FROM_NETWORK;
        let all = u32::try_from(10 + from_many).unwrap() - own;
        assert!((at_once..at_once + 10).contains(&all), "{all}: guessing from many addresses ends, too");
        assert_eq!(attempts.at_account(&BlindIndex::of_test(2), &from("203.0.113.1")), Ok(()));
    }

    #[test]
    fn abuse_19_no_other_network_keeps_the_owner_out() {
        let anna = BlindIndex::of_test(1);
        let households =
            |first: u32| (0..64).map(move |i| format!("2001:db8:{:x}:{:x}00::1", first + i / 8, i % 8));
        let botnet = (1..=200).map(|network| format!("203.0.{network}.9"));
        let one_household = (0..=255).map(|subnet| format!("2001:db8:9:{subnet:x}::1"));
        let attackers: [Vec<String>; 3] =
            [one_household.collect(), households(0x10).collect(), botnet.collect()];
        for addresses in attackers {
            let attempts = Attempts::default();
            for address in addresses.iter().cycle().take(20 * addresses.len()) {
                let _ = attempts.at_account(&anna, &from(address));
            }

            for own in ["198.51.100.7", "2001:db8:ffff::7"] {
                for _ in 0..ACCOUNT_FROM_NETWORK.0 {
                    assert_eq!(attempts.at_account(&anna, &from(own)), Ok(()), "against {}", addresses[0]);
                }
            }
            assert!(attempts.at_account(&anna, &from(&addresses[0])).is_err(), "{}", addresses[0]);
        }
    }
}
