//! What was said in a room, in writing: numbered, kept for who comes late, and gone with the room. Who hears it, and how fast
//! somebody may speak.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use protocol::chat::{KEPT_BYTES_MAX, KEPT_MAX, NodeChat, SAYS_BURST, SAYS_PER_SECOND, Text};
use protocol::{LogId, SeatId, limits};

use crate::api::PeerId;

/// Sayings that are known again when they come a second time: what everybody's burst is, twice, and what is kept. A client says
/// again what it has no answer to, which is what it said in the seconds before.
const KNOWN_MAX: usize = 256;
/// Peers that hear: two for each seat while a connection is replaced.
const HEARERS_MAX: usize = 2 * limits::ROOM_SEATS_MAX;
/// Seats whose pace is noted. A seat that is new while so many are there takes the place of the one that has rested longest.
const PACES_MAX: usize = 4 * limits::ROOM_SEATS_MAX;

/// Something that was said.
#[derive(Clone, Debug)]
struct Saying {
    number: u64,
    seat: SeatId,
    at_ms: u64,
    id: u64,
    text: Text,
}

impl Saying {
    /// As a seat is told.
    fn told_to(&self, seat: SeatId) -> NodeChat {
        NodeChat::Said {
            number: self.number,
            seat: self.seat,
            at_ms: self.at_ms,
            id: (seat == self.seat).then_some(self.id),
            text: self.text.clone(),
        }
    }
}

/// What becomes of something that somebody says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It is the newest, with this number.
    New(u64),
    /// It was said before.
    Again,
    TooFast,
}

/// How fast a seat speaks.
#[derive(Clone, Copy, Debug)]
struct Pace {
    left: f64,
    since: Instant,
}

/// A room's log.
pub(crate) struct Said {
    log: LogId,
    last: u64,
    kept: VecDeque<Saying>,
    kept_bytes: usize,
    known: VecDeque<(SeatId, u64)>,
    hearers: Vec<PeerId>,
    paces: BTreeMap<SeatId, Pace>,
}

impl Said {
    pub(crate) const fn new(log: LogId) -> Self {
        Self {
            log,
            last: 0,
            kept: VecDeque::new(),
            kept_bytes: 0,
            known: VecDeque::new(),
            hearers: Vec::new(),
            paces: BTreeMap::new(),
        }
    }

    /// A seat says something.
    pub(crate) fn say(&mut self, now: Instant, seat: SeatId, id: u64, at_ms: u64, text: Text) -> Heard {
        if self.known.contains(&(seat, id)) {
            return Heard::Again;
        }
        if !self.may_speak(now, seat) {
            return Heard::TooFast;
        }
        if self.known.len() == KNOWN_MAX {
            self.known.pop_front();
        }
        self.known.push_back((seat, id));
        self.last += 1;
        self.kept_bytes += text.as_str().len();
        self.kept.push_back(Saying { number: self.last, seat, at_ms, id, text });
        while self.kept.len() > KEPT_MAX || self.kept_bytes > KEPT_BYTES_MAX {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.kept_bytes -= oldest.text.as_str().len();
        }
        Heard::New(self.last)
    }

    /// A peer hears from now on. What it is told first: where the log stands, and what is after `after` of it.
    pub(crate) fn hear(
        &mut self,
        peer: PeerId,
        seat: SeatId,
        log: Option<LogId>,
        after: u64,
    ) -> Vec<NodeChat> {
        if !self.hearers.contains(&peer) {
            if self.hearers.len() == HEARERS_MAX {
                self.hearers.remove(0);
            }
            self.hearers.push(peer);
        }
        // A number of another log says nothing about this one.
        let after = if log == Some(self.log) { after } else { 0 };
        let missed = self.kept.iter().filter(|saying| saying.number > after).map(|one| one.told_to(seat));
        let hearing = NodeChat::Hearing { log: self.log, last: self.last };
        std::iter::once(hearing).chain(missed).collect()
    }

    /// A peer hears no more.
    pub(crate) fn forget(&mut self, peer: PeerId) {
        self.hearers.retain(|hearer| *hearer != peer);
    }

    pub(crate) fn hearers(&self) -> Vec<PeerId> {
        self.hearers.clone()
    }

    /// A saying that is kept, as a seat is told.
    pub(crate) fn told(&self, number: u64, seat: SeatId) -> Option<NodeChat> {
        Some(self.kept.iter().rev().find(|saying| saying.number == number)?.told_to(seat))
    }

    /// What a seat has said with this number of its own, as it is told.
    pub(crate) fn told_again(&self, seat: SeatId, id: u64) -> Option<NodeChat> {
        Some(self.kept.iter().rev().find(|saying| saying.seat == seat && saying.id == id)?.told_to(seat))
    }

    fn may_speak(&mut self, now: Instant, seat: SeatId) -> bool {
        let full = f64::from(SAYS_BURST);
        if !self.paces.contains_key(&seat) && self.paces.len() >= PACES_MAX {
            let rested = self.paces.iter().min_by_key(|(_, pace)| pace.since).map(|(seat, _)| *seat);
            rested.and_then(|seat| self.paces.remove(&seat));
        }
        let pace = self.paces.entry(seat).or_insert(Pace { left: full, since: now });
        let gained = now.saturating_duration_since(pace.since).as_secs_f64() * f64::from(SAYS_PER_SECOND);
        pace.since = now;
        pace.left = full.min(pace.left + gained);
        if pace.left < 1.0 {
            return false;
        }
        pace.left -= 1.0;
        true
    }
}
