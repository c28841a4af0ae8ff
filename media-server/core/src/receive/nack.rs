//! Asking for what is missing: generic NACKs to a publisher (RFC 4585 §6.2.1).
//!
//! ```text
//!  arrives   7  8        11                       9 by RTX            10 never
//!            │  │         │◀ grace ▶│◀── rtt ──▶│  │
//!  asked     │  │         │      9, 10         10, 10 … at most TRIES_MAX times, then a key frame
//! ```
//!
//! Each number is asked for when reordering would have brought it, then once a round trip, a bounded number of times.
//! When a number is given up, or more is missing than is worth asking for, the picture can only be mended by a key
//! frame, and the generator says so once. After a key frame, what is missing before it mends no picture that begins
//! there; but lanes that were shown it before keep its number free, and their subscribers wait for it. So it is asked
//! for like anything else, and only its loss calls for no other key frame.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;
use rtp::{ExtSeqNo, SeqNo};

/// Numbers asked for at a time: a second of 2.5 Mbit/s. Beyond it a key frame is cheaper, and one NACK packet of at
/// most 1036 bytes holds them all.
pub const MISSING_MAX: usize = 256;
/// How often a number is asked for. At 100 ms round trip that is a second: what comes later is no longer cached by
/// its publisher.
pub const TRIES_MAX: u8 = 10;
/// How long a number may be late before it counts as missing. Most paths do not reorder; those that do (Wi-Fi,
/// several links) are within this.
pub const REORDER_GRACE: Duration = Duration::from_millis(5);
/// Added to the round trip before asking again: the publisher's pacer may hold a retransmission this long.
pub const ANSWER_SLACK: Duration = Duration::from_millis(10);
/// Taken for the round trip while it is unknown: what most paths are below.
pub const RTT_UNKNOWN: Duration = Duration::from_millis(100);
/// Never ask again sooner, however short the path is or claims to be.
pub const RETRY_AFTER_MIN: Duration = Duration::from_millis(20);
/// Never ask again later, however long a lying report makes the round trip.
pub const RETRY_AFTER_MAX: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy)]
struct Missing {
    sequence: ExtSeqNo,
    due: Instant,
    tries: u8,
}

/// What is missing of one stream.
#[derive(Debug, Default)]
pub struct NackGenerator {
    /// Ascending by sequence.
    missing: ArrayVec<Missing, MISSING_MAX>,
    highest: Option<ExtSeqNo>,
    /// Where the newest key frame begins.
    key_frame: Option<ExtSeqNo>,
    needs_key_frame: bool,
}

impl NackGenerator {
    /// Nothing is missing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the sequence of a packet that came, whether the first time or by RTX.
    #[inline]
    pub fn handle_packet(&mut self, sequence: ExtSeqNo, now: Instant) {
        let Some(highest) = self.highest else {
            self.highest = Some(sequence);
            return;
        };
        if sequence > highest {
            self.highest = Some(sequence);
            if sequence.offset_from(highest) > 1 {
                self.note_gap(highest.index() + 1..sequence.index(), now);
            }
        } else if let Ok(at) = self.find(sequence) {
            self.missing.remove(at);
        }
    }

    /// Takes the start of a key frame: what is lost before it asks for no other.
    pub fn handle_key_frame(&mut self, sequence: ExtSeqNo) {
        self.key_frame = self.key_frame.max(Some(sequence));
    }

    /// Fills `out` with the numbers to ask for now, ascending. `rtt` is the round trip to the publisher, zero while it
    /// is unknown.
    pub fn poll(&mut self, now: Instant, rtt: Duration, out: &mut ArrayVec<SeqNo, MISSING_MAX>) {
        out.clear();
        let rtt = if rtt.is_zero() { RTT_UNKNOWN } else { rtt };
        let retry = (rtt + ANSWER_SLACK).clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX);
        let mut gave_up = false;
        let key_frame = self.key_frame;
        self.missing.retain(|missing| {
            if missing.due > now {
                return true;
            }
            if missing.tries == TRIES_MAX {
                gave_up |= key_frame.is_none_or(|key_frame| key_frame < missing.sequence);
                return false;
            }
            missing.tries += 1;
            missing.due = now + retry;
            out.push(missing.sequence.seq());
            true
        });
        self.needs_key_frame |= gave_up;
    }

    /// What is missing will not be asked for, nor what lies between it and the next packet: there is nothing that it would
    /// mend.
    pub fn give_up(&mut self) {
        self.missing.clear();
        self.highest = None;
    }

    /// When [`NackGenerator::poll`] has something to do; `None` while nothing is missing.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.missing.iter().map(|missing| missing.due).min()
    }

    /// Whether something was given up since the last call, so that only a key frame helps.
    pub const fn take_needs_key_frame(&mut self) -> bool {
        std::mem::replace(&mut self.needs_key_frame, false)
    }

    fn note_gap(&mut self, gap: std::ops::Range<u64>, now: Instant) {
        let len = (gap.end - gap.start) as usize;
        if len > self.missing.remaining_capacity() {
            self.missing.clear();
            self.needs_key_frame = true;
            return;
        }
        let due = now + REORDER_GRACE;
        let gap = gap.filter_map(ExtSeqNo::from_index);
        self.missing.extend(gap.map(|sequence| Missing { sequence, due, tries: 0 }));
    }

    fn find(&self, sequence: ExtSeqNo) -> Result<usize, usize> {
        self.missing.binary_search_by_key(&sequence, |missing| missing.sequence)
    }
}

#[cfg(test)]
mod tests;
