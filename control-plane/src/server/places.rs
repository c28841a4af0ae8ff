//! How many connections there are, in all and from one neighbourhood (abuse sentence 5).
//!
//! A connection that asks nothing is cut after a while, but who holds a thousand at a time renews them: nothing else
//! keeps one stranger from holding all descriptors, those of the database included. So there is a bound in all, well below
//! the limit of open files, and one neighbourhood (IPv4 /24, IPv6 /56) has a quarter of it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::http::origin::{Network, neighbourhood};

/// Browsers keep up to six connections, for 30 s after their last request: 700 people who open a page in the same half
/// minute. Each costs a descriptor and, at the worst, some 300 KiB until its answer is given up.
const CONNECTIONS_MAX: usize = 4096;
/// Descriptors for all but people: 256 connections of this machine, the database's files or connections and what SQLite
/// opens for a moment, the web app's files, three a worker.
const RESERVE: usize = 512;
/// Of the whole, for one neighbourhood: a clinic of 170 busy browsers behind one address, and three more beside it.
const SHARE: usize = 4;

/// How many connections may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// In all.
    pub(super) all: usize,
    /// From one neighbourhood.
    pub(super) near: usize,
}

impl Limits {
    /// For a process that may have so many descriptors; `None` is no limit.
    pub(super) fn within(descriptors: Option<u64>) -> Self {
        let fitting = descriptors.map_or(CONNECTIONS_MAX, |allowed| {
            let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
            // Something is always taken, or nobody could be served at all.
            allowed.saturating_sub(RESERVE).max(allowed / 4).max(1)
        });
        let all = fitting.min(CONNECTIONS_MAX);
        Self { all, near: (all / SHARE).max(1) }
    }

    /// Whether the limit of open files, and not our own, is what bounds them.
    pub(super) fn are_low(self) -> bool {
        self.all < CONNECTIONS_MAX
    }
}

/// Why a connection is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// As many as are taken.
    All,
    /// As many as one neighbourhood may have.
    Near,
}

impl Refusal {
    /// As a metric's label.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::All => "too_many",
            Self::Near => "too_many_of_network",
        }
    }
}

#[derive(Default)]
struct Open {
    all: usize,
    near: HashMap<IpAddr, usize>,
}

/// The counts, shared by all workers. Bounded by the number of connections.
#[derive(Clone)]
pub(super) struct Places {
    limits: Limits,
    trusted: Arc<[Network]>,
    open: Arc<Mutex<Open>>,
}

/// A counted connection, until dropped.
pub(super) struct Place {
    places: Places,
    near: Option<IpAddr>,
}

impl Places {
    /// None yet. A trusted proxy brings everybody's connections: only the bound in all is for it.
    pub(super) fn new(limits: Limits, trusted: &[Network]) -> Self {
        Self { limits, trusted: trusted.into(), open: Arc::default() }
    }

    /// Takes a new connection.
    ///
    /// # Errors
    /// When a limit is reached; nothing was counted then.
    pub(super) fn enter(&self, from: IpAddr) -> Result<Place, Refusal> {
        let is_trusted = self.trusted.iter().any(|network| network.contains(from));
        let near = (!is_trusted).then(|| neighbourhood(from));
        let mut open = self.lock();
        if open.all >= self.limits.all {
            return Err(Refusal::All);
        }
        if let Some(near) = near {
            let count = open.near.entry(near).or_default();
            if *count >= self.limits.near {
                return Err(Refusal::Near);
            }
            *count += 1;
        }
        open.all += 1;
        Ok(Place { places: self.clone(), near })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Counters only: nothing under this lock can panic half-way.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.places.lock();
        open.all -= 1;
        let Some(near) = self.near else { return };
        if let Some(count) = open.near.get_mut(&near) {
            *count -= 1;
            if *count == 0 {
                open.near.remove(&near);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn abuse_5_connections_are_capped_in_all_and_by_neighbourhood() {
        let places = Places::new(Limits { all: 4, near: 2 }, &["192.0.2.77".parse().unwrap()]);
        let mut open: Vec<Place> =
            ["192.0.2.1", "::ffff:192.0.2.200"].map(|near| places.enter(ip(near)).unwrap()).into();

        assert_eq!(places.enter(ip("192.0.2.7")).err(), Some(Refusal::Near));
        open.push(places.enter(ip("192.0.2.77")).expect("a trusted proxy is nobody's neighbour"));
        open.push(places.enter(ip("192.0.3.1")).unwrap());
        assert_eq!(places.enter(ip("2001:db8::1")).err(), Some(Refusal::All));
        drop(open);
        let open: Vec<Place> =
            ["2001:db8:0:100::1", "2001:db8:0:1ff:ffff::"].map(|near| places.enter(ip(near)).unwrap()).into();
        assert_eq!(places.enter(ip("2001:db8:0:142::9")).err(), Some(Refusal::Near), "one /56");
        drop(open);
        assert!(places.lock().near.is_empty() && places.lock().all == 0, "nothing is left behind");
    }

    #[test]
    fn the_limit_of_open_files_leaves_the_database_its_own() {
        assert_eq!(Limits::within(None), Limits { all: 4096, near: 1024 });
        assert_eq!(Limits::within(Some(65_536)), Limits { all: 4096, near: 1024 });
        assert_eq!(Limits::within(Some(1024)), Limits { all: 512, near: 128 });
        assert_eq!(Limits::within(Some(256)), Limits { all: 64, near: 16 });
    }
}
