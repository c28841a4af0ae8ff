//! What was said in a room, in writing: numbered, kept for who comes late, and gone with the room; and how fast somebody may
//! speak or ask.

use std::collections::VecDeque;
use std::time::Instant;

use protocol::chat::{KEPT_BYTES_MAX, KEPT_MAX, NodeChat, SAYS_BURST, SAYS_PER_SECOND, Text};
use protocol::{LogId, SeatId};

use crate::rate::{Bucket, Rate};

/// How fast a seat speaks.
pub(crate) const SAYS: Rate = Rate { per_second: SAYS_PER_SECOND, burst: SAYS_BURST };
/// How often a peer asks for what was said. Each answer is up to all that is kept, and two are what may wait for it; a client asks
/// when its channel opens, and when a number is missing.
pub(crate) const HEARS: Rate = Rate { per_second: 1, burst: 2 };
/// Sayings that are known again when they come a second time: what everybody's burst is, twice, and what is kept. A client says
/// again what it has no answer to, which is what it said in the seconds before.
const KNOWN_MAX: usize = 256;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It is the newest, with this number.
    New(u64),
    /// It was said before: what its author is told.
    Again(NodeChat),
    TooFast,
}

/// Something that was said, which may be kept no more.
#[derive(Clone, Copy, Debug)]
struct Known {
    seat: SeatId,
    id: u64,
    number: u64,
    at_ms: u64,
}

/// A room's log.
pub(crate) struct Said {
    log: LogId,
    last: u64,
    kept: VecDeque<Saying>,
    kept_bytes: usize,
    known: VecDeque<Known>,
}

impl Said {
    pub(crate) const fn new(log: LogId) -> Self {
        Self { log, last: 0, kept: VecDeque::new(), kept_bytes: 0, known: VecDeque::new() }
    }

    /// A seat says something, at its own pace.
    pub(crate) fn say(
        &mut self,
        now: Instant,
        (seat, pace): (SeatId, &mut Bucket),
        id: u64,
        at_ms: u64,
        text: Text,
    ) -> Heard {
        if let Some(known) = self.known.iter().find(|known| (known.seat, known.id) == (seat, id)) {
            // The text may be kept no more, but its author has it.
            let Known { number, at_ms, .. } = *known;
            return Heard::Again(Saying { number, seat, at_ms, id, text }.told_to(seat));
        }
        if !pace.take(SAYS, now) {
            return Heard::TooFast;
        }
        if self.known.len() == KNOWN_MAX {
            self.known.pop_front();
        }
        self.last += 1;
        let number = self.last;
        self.known.push_back(Known { seat, id, number, at_ms });
        self.kept_bytes += text.as_str().len();
        self.kept.push_back(Saying { number, seat, at_ms, id, text });
        while self.kept.len() > KEPT_MAX || self.kept_bytes > KEPT_BYTES_MAX {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.kept_bytes -= oldest.text.as_str().len();
        }
        Heard::New(number)
    }

    /// What a seat that begins to hear is told: where the log stands, and what is after `after` of it.
    pub(crate) fn told_from(&self, seat: SeatId, log: Option<LogId>, after: u64) -> Vec<NodeChat> {
        // A number of another log says nothing about this one.
        let after = if log == Some(self.log) { after } else { 0 };
        let missed = self.kept.iter().filter(|saying| saying.number > after).map(|one| one.told_to(seat));
        let hearing = NodeChat::Hearing { log: self.log, last: self.last };
        std::iter::once(hearing).chain(missed).collect()
    }

    /// A saying that is kept, as a seat is told.
    pub(crate) fn told(&self, number: u64, seat: SeatId) -> Option<NodeChat> {
        Some(self.kept.iter().rev().find(|saying| saying.number == number)?.told_to(seat))
    }
}
