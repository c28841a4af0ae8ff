//! One peer's ICE: its credentials, the paths it has validated, the one it has selected, and its consent.
//!
//! ```text
//!  no path ──first check──▶ validated ──USE-CANDIDATE──▶ selected ──30 s without a check──▶ no consent
//!                              ▲  up to 8 paths              │ another path nominated: switched at once
//!                              └─────────────────────────────┘
//! ```
//!
//! The peer is the controlling agent, as a full agent opposite a lite one always is (RFC 8445 §6.1.1), so its newest
//! nomination counts. Its checks are the only sign of life that counts for consent: the node sends none of its own
//! (RFC 7675 §5.1 asks full agents to), and stops sending where no check has come from for 30 seconds.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;
use ring::hmac;

use super::rate::PATH_RATE;
use super::stun;
use crate::api::Path;
use crate::random::Random;
use crate::rate::Bucket;

/// Characters of a user fragment: the worker in two, and 60 random bits.
pub(crate) const UFRAG_LEN: usize = 12;
/// 144 random bits; RFC 8445 §5.3 asks for 128.
const PASSWORD_LEN: usize = 24;
/// Validated paths of a peer: two networks with IPv4 and IPv6 each, twice for what a NAT renumbers.
pub(crate) const PATHS_MAX: usize = 8;
/// How long the last check of a path is its peer's consent to be sent to (RFC 7675 §5.1).
pub(crate) const CONSENT_FOR: Duration = Duration::from_secs(30);

/// A user fragment and its password.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) ufrag: String,
    pub(crate) password: String,
    key: hmac::Key,
}

impl Credentials {
    /// New ones, of this worker.
    pub(crate) fn new(worker: u8, random: &mut Random) -> Self {
        let ufrag = format!("{worker:02x}{}", random.ice_chars(UFRAG_LEN - 2));
        let password = random.ice_chars(PASSWORD_LEN);
        let key = stun::key(&password);
        Self { ufrag, password, key }
    }

    pub(crate) fn key(&self) -> &hmac::Key {
        &self.key
    }
}

struct ValidatedPath {
    path: Path,
    last_check: Instant,
    rate: Bucket,
}

/// One generation of ICE: the own credentials, and the peer's user fragment that goes with them.
struct Generation {
    own: Credentials,
    remote_ufrag: String,
}

/// One peer's ICE.
pub(crate) struct IceAgent {
    /// The newest, and before an ICE restart has come to its end the one before, oldest first.
    generations: ArrayVec<Generation, 2>,
    paths: ArrayVec<ValidatedPath, PATHS_MAX>,
    selected: Option<Path>,
}

impl IceAgent {
    pub(crate) fn new(credentials: Credentials, remote_ufrag: String) -> Self {
        let mut generations = ArrayVec::new();
        generations.push(Generation { own: credentials, remote_ufrag });
        Self { generations, paths: ArrayVec::new(), selected: None }
    }

    /// The credentials for the answer.
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.newest().own
    }

    fn newest(&self) -> &Generation {
        self.generations.last().expect("an agent is made with credentials and keeps the newest")
    }

    /// All that are good now, for the map of user fragments.
    pub(crate) fn ufrags(&self) -> impl Iterator<Item = &str> {
        self.generations.iter().map(|generation| generation.own.ufrag.as_str())
    }

    /// The key behind one of the own user fragments, asked for under the peer's of the same generation: the whole USERNAME
    /// counts (RFC 8445 §7.3).
    pub(crate) fn key_of(&self, ufrag: &str, remote_ufrag: &str) -> Option<&hmac::Key> {
        self.generations
            .iter()
            .find(|generation| generation.own.ufrag == ufrag && generation.remote_ufrag == remote_ufrag)
            .map(|generation| generation.own.key())
    }

    pub(crate) fn remote_ufrag(&self) -> &str {
        &self.newest().remote_ufrag
    }

    /// The peer restarts ICE (RFC 8445 §9): new credentials; the old ones and the paths stay good until a path is
    /// nominated with the new. Returns a user fragment that is no longer good, when restarts overlap.
    pub(crate) fn restart(&mut self, credentials: Credentials, remote_ufrag: String) -> Option<String> {
        let dropped = self.generations.is_full().then(|| self.generations.remove(0).own.ufrag);
        self.generations.push(Generation { own: credentials, remote_ufrag });
        dropped
    }

    /// Whether a check of this path is within its rate; `None` for a path that is not validated: its source's bucket
    /// counts.
    pub(crate) fn allow(&mut self, path: Path, now: Instant) -> Option<bool> {
        let known = self.paths.iter_mut().find(|known| known.path == path)?;
        Some(known.rate.take(PATH_RATE, now))
    }

    /// Takes an authentic check. Returns the path that was forgotten to make room for a new one.
    pub(crate) fn handle_check(&mut self, path: Path, nominates: bool, now: Instant) -> Option<Path> {
        let mut forgotten = None;
        if let Some(known) = self.paths.iter_mut().find(|known| known.path == path) {
            known.last_check = now;
        } else {
            forgotten = self.make_room();
            self.paths.push(ValidatedPath { path, last_check: now, rate: Bucket::full(PATH_RATE, now) });
        }
        if self.selected.is_none() || nominates {
            self.selected = Some(path);
        }
        forgotten
    }

    /// Ends an ICE restart: only the newest credentials stay. Returns the user fragment that is no longer good.
    /// Called when a path was nominated with the newest.
    pub(crate) fn end_restart(&mut self) -> Option<String> {
        (self.generations.len() > 1).then(|| self.generations.remove(0).own.ufrag)
    }

    /// Where to send.
    pub(crate) fn selected(&self) -> Option<Path> {
        self.selected
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = Path> {
        self.paths.iter().map(|known| known.path)
    }

    /// Forgets a path without consent, if there is one. When it is the selected one, the path checked last takes its place.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Path> {
        let is_over = |known: &ValidatedPath| now.saturating_duration_since(known.last_check) >= CONSENT_FOR;
        let at = self.paths.iter().position(is_over)?;
        let expired = self.paths.remove(at).path;
        if self.selected == Some(expired) {
            self.selected = self.paths.iter().max_by_key(|known| known.last_check).map(|known| known.path);
        }
        Some(expired)
    }

    /// Forgets the path that was checked longest ago, if all places are taken; never the selected one.
    fn make_room(&mut self) -> Option<Path> {
        if !self.paths.is_full() {
            return None;
        }
        let oldest = self
            .paths
            .iter()
            .enumerate()
            .filter(|(_, known)| Some(known.path) != self.selected)
            .min_by_key(|(_, known)| known.last_check)
            .map(|(at, _)| at)?;
        Some(self.paths.remove(oldest).path)
    }
}

#[cfg(test)]
mod tests;
