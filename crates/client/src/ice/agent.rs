//! The candidate pairs of one transport, their checks, the selected one, and its consent (RFC 8445, RFC 7675).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ring::hmac;

use super::stun::{self, Check, Transaction};
use super::{Candidate, Path};
use crate::random::Random;

/// Between a check and its first repetition. RFC 8445 §14.3 asks for 500 ms at least; browsers start sooner, and the
/// node's rate limit allows it.
const RETRY_FIRST: Duration = Duration::from_millis(250);
/// The repetition's doubling ends here.
const RETRY_MAX: Duration = Duration::from_secs(2);
/// Between checks of the selected pair: RFC 7675 §5.1 says 5 s, varied by a fifth either way.
const CONSENT_EVERY: Duration = Duration::from_secs(5);
/// Between checks of a pair that is held in reserve, so that its NAT binding stays.
const RESERVE_EVERY: Duration = Duration::from_secs(15);
/// Without an answer for this long there is no consent (RFC 7675 §5.1).
const CONSENT_FOR: Duration = Duration::from_secs(30);
/// So many checks of the selected pair unanswered, and the others are tried: 250 + 500 + 1000 ms.
const WEAK_AFTER: u32 = 3;
/// Checks of a pair whose answer is still awaited; older ones count as lost.
const OUTSTANDING_MAX: usize = 8;
/// Pairs of an agent: two networks with IPv4 and IPv6 each, and a node with as many addresses.
const PAIRS_MAX: usize = 32;
/// 60 and 144 random bits; RFC 8445 §5.3 asks for 24 and 128.
const UFRAG_LEN: usize = 10;
const PASSWORD_LEN: usize = 24;

struct Remote {
    username: String,
    key: hmac::Key,
    candidates: Vec<Candidate>,
}

struct Outstanding {
    transaction: Transaction,
    sent: Instant,
    nominates: bool,
}

struct Pair {
    path: Path,
    outstanding: VecDeque<Outstanding>,
    /// Checks since the last answer.
    unanswered: u32,
    next_check: Instant,
    last_answer: Option<Instant>,
}

/// What counts once the answer is here.
struct Restart {
    own: (String, String),
    locals: Vec<SocketAddr>,
}

/// One transport's ICE.
pub(crate) struct Agent {
    /// User fragment and password.
    own: (String, String),
    /// Of a restart whose answer is awaited.
    next: Option<Restart>,
    tie_breaker: u64,
    random: Random,
    locals: Vec<SocketAddr>,
    remote: Option<Remote>,
    /// Preferred ones first.
    pairs: Vec<Pair>,
    selected: Option<Path>,
    began: Instant,
    last_answer: Option<Instant>,
    round_trip: Option<Duration>,
    transmits: VecDeque<(Path, Vec<u8>)>,
}

impl Agent {
    pub(crate) fn new(mut random: Random, locals: &[SocketAddr], now: Instant) -> Self {
        Self {
            own: credentials(&mut random),
            next: None,
            tie_breaker: random.next_u64(),
            random,
            locals: locals.to_vec(),
            remote: None,
            pairs: Vec::new(),
            selected: None,
            began: now,
            last_answer: None,
            round_trip: None,
            transmits: VecDeque::new(),
        }
    }

    /// User fragment and password for an offer.
    pub(crate) fn offered(&self) -> (&str, &str) {
        let (ufrag, password) = self.next.as_ref().map_or(&self.own, |next| &next.own);
        (ufrag, password)
    }

    /// Makes new credentials for an offer; they and these own addresses count when its answer is here. `false` while one is
    /// awaited.
    pub(crate) fn restart(&mut self, locals: &[SocketAddr]) -> bool {
        if self.is_restarting() {
            return false;
        }
        self.next = Some(Restart { own: credentials(&mut self.random), locals: locals.to_vec() });
        true
    }

    pub(crate) const fn is_restarting(&self) -> bool {
        self.next.is_some()
    }

    /// Begins to check, with what the node's answer says.
    pub(crate) fn set_remote(&mut self, ufrag: &str, password: &str, candidates: &[Candidate], now: Instant) {
        if let Some(next) = self.next.take() {
            (self.own, self.locals) = (next.own, next.locals);
            // What was asked with the old credentials is answered with them, so it counts no more.
            for pair in &mut self.pairs {
                pair.outstanding.clear();
                pair.unanswered = 0;
                pair.next_check = now;
            }
        }
        self.remote = Some(Remote {
            username: format!("{ufrag}:{}", self.own.0),
            key: stun::key(password),
            candidates: candidates.to_vec(),
        });
        self.form_pairs(now);
    }

    /// The own addresses now, preferred ones first. A pair of an address that is gone is gone; a pair of a preferred
    /// address is selected as soon as it answers.
    pub(crate) fn set_locals(&mut self, locals: &[SocketAddr], now: Instant) {
        self.locals = locals.to_vec();
        self.form_pairs(now);
    }

    /// Where to send; `None` while no pair has answered.
    pub(crate) fn selected(&self) -> Option<Path> {
        self.selected
    }

    /// By the checks of the selected pair.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Whether the node has not answered for as long as its consent lasts.
    pub(crate) fn is_lost(&self, now: Instant) -> bool {
        let since = self.last_answer.unwrap_or(self.began);
        self.remote.is_some() && now.saturating_duration_since(since) >= CONSENT_FOR
    }

    /// Takes a STUN datagram; whether it is an authentic answer to a check of this path.
    pub(crate) fn handle_datagram(&mut self, path: Path, bytes: &[u8], now: Instant) -> bool {
        let Some(remote) = &self.remote else { return false };
        let Some(transaction) = stun::read_success(bytes, &remote.key) else { return false };
        let Some(at) = self.pairs.iter().position(|pair| pair.path == path) else { return false };
        let pair = &mut self.pairs[at];
        let Some(found) = pair.outstanding.iter().position(|check| check.transaction == transaction) else {
            return false;
        };
        let Some(check) = pair.outstanding.remove(found) else { return false };
        pair.unanswered = 0;
        pair.last_answer = Some(now);
        self.last_answer = Some(now);

        let selected = self.selected_index();
        let is_better = match selected {
            None => true,
            Some(current) => at < current || (at != current && self.pairs[current].unanswered >= WEAK_AFTER),
        };
        if is_better {
            self.selected = Some(path);
        }
        let is_selected = self.selected == Some(path);
        if is_selected {
            self.round_trip = Some(now.saturating_duration_since(check.sent));
        }
        let wait =
            if is_selected { CONSENT_EVERY.mul_f64(self.random.between(0.8, 1.2)) } else { RESERVE_EVERY };
        self.pairs[at].next_check = now + wait;
        if is_better && !check.nominates {
            self.check(at, now);
        }
        true
    }

    /// Sends the checks that are due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        for at in 0..self.pairs.len() {
            if self.pairs[at].next_check <= now {
                self.check(at, now);
            }
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.pairs.iter().map(|pair| pair.next_check).min()
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<(Path, Vec<u8>)> {
        self.transmits.pop_front()
    }

    fn selected_index(&self) -> Option<usize> {
        self.pairs.iter().position(|pair| Some(pair.path) == self.selected)
    }

    /// Pairs every own address with every candidate of its family; pairs that were there keep their state.
    fn form_pairs(&mut self, now: Instant) {
        let Some(remote) = &self.remote else { return };
        let mut known = std::mem::take(&mut self.pairs);
        for &local in &self.locals {
            for &candidate in &remote.candidates {
                if !candidate.pairs_with(local) || self.pairs.len() == PAIRS_MAX {
                    continue;
                }
                let path = Path { local, remote: candidate.address };
                let pair = match known.iter().position(|pair| pair.path == path) {
                    Some(at) => known.swap_remove(at),
                    None => Pair {
                        path,
                        outstanding: VecDeque::new(),
                        unanswered: 0,
                        next_check: now,
                        last_answer: None,
                    },
                };
                self.pairs.push(pair);
            }
        }
        if self.selected_index().is_none() {
            self.selected = None;
            // What has answered before is likely to answer again.
            for pair in &mut self.pairs {
                pair.next_check = now;
            }
        }
    }

    fn check(&mut self, at: usize, now: Instant) {
        let Some(remote) = &self.remote else { return };
        let selected = self.selected;
        let pair = &mut self.pairs[at];
        let nominates = selected == Some(pair.path) || (selected.is_none() && at == 0);
        let transaction: Transaction = self.random.bytes();
        let check = Check {
            transaction,
            username: &remote.username,
            priority: host_priority(at),
            tie_breaker: self.tie_breaker,
            nominates,
        };
        self.transmits.push_back((pair.path, check.to_bytes(&remote.key)));
        if pair.outstanding.len() == OUTSTANDING_MAX {
            pair.outstanding.pop_front();
        }
        pair.outstanding.push_back(Outstanding { transaction, sent: now, nominates });
        pair.next_check = now + RETRY_FIRST.saturating_mul(1 << pair.unanswered.min(8)).min(RETRY_MAX);
        pair.unanswered += 1;
        let is_weak = selected == Some(pair.path) && pair.unanswered == WEAK_AFTER + 1;
        if is_weak {
            for other in self.pairs.iter_mut().filter(|pair| Some(pair.path) != selected) {
                other.next_check = other.next_check.min(now);
            }
        }
    }
}

fn credentials(random: &mut Random) -> (String, String) {
    (random.ice_chars(UFRAG_LEN), random.ice_chars(PASSWORD_LEN))
}

/// The priority of the peer-reflexive candidate that a check would make (RFC 8445 §7.1.1): type preference 110.
fn host_priority(at: usize) -> u32 {
    (110 << 24) | ((65_535 - at as u32) << 8) | 255
}

#[cfg(test)]
mod tests;
