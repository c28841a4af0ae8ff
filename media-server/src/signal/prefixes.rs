//! How many sockets there are, and how many without a seat from one neighbourhood (abuse sentence 5).
//!
//! A neighbourhood is a [`Prefix`]: an IPv4 /24 or an IPv6 /56.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::neighbourhood::Prefix;

#[derive(Default)]
struct State {
    sockets: usize,
    half_open: BTreeMap<Prefix, usize>,
}

/// The counts, shared by all sockets. Bounded by the number of sockets.
#[derive(Clone)]
pub struct Sockets {
    sockets_max: usize,
    half_open_max: usize,
    state: Arc<Mutex<State>>,
}

/// Why a socket is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// As many sockets as the node takes.
    Sockets,
    /// As many half-open ones as a neighbourhood may have.
    HalfOpen,
}

/// A counted socket. Counts as half-open until [`Place::seated`], and as a socket until dropped.
pub struct Place {
    sockets: Sockets,
    half_open: Option<Prefix>,
}

impl Sockets {
    /// No sockets yet.
    #[must_use]
    pub fn new(sockets_max: usize, half_open_max: usize) -> Self {
        Self { sockets_max, half_open_max, state: Arc::default() }
    }

    /// Takes a new socket.
    ///
    /// # Errors
    /// When a limit is reached; nothing was counted then.
    pub fn enter(&self, from: IpAddr) -> Result<Place, Refusal> {
        let prefix = Prefix::of(from);
        let mut state = self.lock();
        if state.sockets >= self.sockets_max {
            return Err(Refusal::Sockets);
        }
        let half_open = state.half_open.entry(prefix).or_default();
        if *half_open >= self.half_open_max {
            return Err(Refusal::HalfOpen);
        }
        *half_open += 1;
        state.sockets += 1;
        Ok(Place { sockets: self.clone(), half_open: Some(prefix) })
    }

    /// Sockets now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().sockets
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Counters only: nothing under this lock can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// A worker has given the socket a seat.
    pub fn seated(&mut self) {
        let Some(prefix) = self.half_open.take() else { return };
        let mut state = self.sockets.lock();
        if let Some(count) = state.half_open.get_mut(&prefix) {
            *count -= 1;
            if *count == 0 {
                state.half_open.remove(&prefix);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.seated();
        self.sockets.lock().sockets -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn abuse_5_half_open_sockets_are_capped_per_ipv4_24_and_ipv6_56() {
        let sockets = Sockets::new(100, 2);
        let neighbours = [
            (["192.0.2.1", "192.0.2.200", "192.0.2.7"], "192.0.3.1"),
            (["2001:db8:0:100::1", "2001:db8:0:1ff:ffff::", "2001:db8:0:142::9"], "2001:db8:0:200::1"),
            (["::ffff:198.51.100.1", "198.51.100.2", "::ffff:198.51.100.3"], "198.51.101.1"),
        ];
        for ([first, second, third], elsewhere) in neighbours {
            let mut places = [first, second].map(|near| sockets.enter(ip(near)).unwrap());

            assert_eq!(sockets.enter(ip(third)).err(), Some(Refusal::HalfOpen), "{third}");
            assert!(sockets.enter(ip(elsewhere)).is_ok(), "{elsewhere}");
            places[0].seated();
            assert!(sockets.enter(ip(third)).is_ok(), "a seat makes room");
        }
        assert_eq!(sockets.count(), 0);
        assert!(sockets.lock().half_open.is_empty(), "nothing is left behind");
    }

    #[test]
    fn sockets_are_capped_in_all() {
        let sockets = Sockets::new(2, 10);
        let mut places = [ip("192.0.2.1"), ip("198.51.100.1")].map(|ip| sockets.enter(ip).unwrap());
        places.iter_mut().for_each(Place::seated);

        assert_eq!(sockets.enter(ip("203.0.113.1")).err(), Some(Refusal::Sockets));
        drop(places);
        assert!(sockets.enter(ip("203.0.113.1")).is_ok());
    }
}
