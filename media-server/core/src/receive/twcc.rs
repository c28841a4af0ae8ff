//! Transport-wide feedback to a publisher: when each of its packets arrived, so that its congestion control can let
//! the bit rate rise (draft-holmer-rmcat-transport-wide-cc-extensions-01).
//!
//! ```text
//!  packets    1 2 3   5 6    │ 4 7 8      │ 9 …
//!  feedback                  ▲ 1-3, 5, 6  ▲ 4-8: a late packet is told of with all that follow it
//!                            │◀─ 50 ms ──▶│
//! ```

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;
use rtp::rtcp::Writer;
use rtp::rtcp::transport_feedback::{Arrival, ArrivalTime};
use rtp::units::DataSize;
use rtp::{Bitrate, ExtSeqNo, SeqNo, SeqUnwrapper, Ssrc, WriteError};

/// How long a packet waits to be told of. Publishers estimate in steps of this order; twice as long and a browser
/// takes twice as long to reach its bit rate, half as long and the feedback costs as much as the audio.
pub const INTERVAL: Duration = Duration::from_millis(50);
/// The longest, on a way back that carries little: the sound on it needs that little. As libwebrtc does.
pub const INTERVAL_MAX: Duration = Duration::from_millis(250);
/// A feedback as it lies on the wire, and the tenth of the way back that all of them may take.
const FEEDBACK: DataSize = DataSize::from_bytes(100);
const SHARE: u32 = 10;
/// Packets of one feedback: more make it due at once. At 15 Mbit/s still one an interval.
pub const ARRIVALS_MAX: usize = 128;
/// Numbers that are remembered, the latest. Half a second of 20 Mbit/s. Feedback is due at once when half of them wait.
const WINDOW: u64 = 1024;
/// A number late by more than this is not told of any more: its sender has taken it for lost and acted.
const LATE_MAX: u64 = 256;

/// The arrivals of one transport.
#[derive(Debug)]
pub struct TwccRecorder {
    began: Instant,
    sequences: SeqUnwrapper,
    /// By number modulo [`WINDOW`].
    times: Vec<Option<ArrivalTime>>,
    /// The first number that the next feedback speaks of.
    next: u64,
    waiting: usize,
    due: Option<Instant>,
    interval: Duration,
    count: u8,
}

impl TwccRecorder {
    /// Nothing arrived. `began` is the zero of the arrival times.
    #[must_use]
    pub fn new(began: Instant) -> Self {
        Self {
            began,
            sequences: SeqUnwrapper::starting_at(1),
            times: vec![None; WINDOW as usize],
            next: 0,
            waiting: 0,
            due: None,
            interval: INTERVAL,
            count: 0,
        }
    }

    /// Sets what the way back to the publisher carries.
    pub fn set_way_back(&mut self, rate: Bitrate) {
        self.interval = rate.time_for(FEEDBACK).saturating_mul(SHARE).clamp(INTERVAL, INTERVAL_MAX);
    }

    /// Takes the transport-wide number of a packet that arrived, RTX and padding included. Call it once for a packet,
    /// when its tag has verified.
    #[inline]
    pub fn handle_packet(&mut self, sequence: SeqNo, now: Instant) {
        let before = self.sequences.highest().map(ExtSeqNo::index);
        let Some(index) = self.sequences.extend(sequence).map(ExtSeqNo::index) else { return };
        match before {
            None => self.next = index,
            Some(highest) if index > highest => self.forget(highest + 1..index),
            Some(highest) if highest - index >= LATE_MAX => return,
            Some(_) if self.times[slot(index)].is_some() => return,
            Some(_) => self.next = self.next.min(index),
        }
        let since = now.saturating_duration_since(self.began);
        self.times[slot(index)] = Some(ArrivalTime::from_duration(since));
        self.waiting += 1;
        let due = *self.due.get_or_insert(now + self.interval);
        let is_full = self.waiting >= ARRIVALS_MAX || index - self.next >= WINDOW / 2;
        if is_full {
            self.due = Some(due.min(now));
        }
    }

    /// When [`TwccRecorder::poll`] is due; `None` while there is nothing to tell.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Writes one feedback packet if it is due, and says whether it did. Then there may be more: poll again, with
    /// room for it. `media` is any stream of the transport.
    ///
    /// # Errors
    /// [`WriteError::BufferFull`] when there is no room for a feedback; it stays due.
    pub fn poll(
        &mut self,
        now: Instant,
        sender: Ssrc,
        media: Ssrc,
        out: &mut Writer<'_>,
    ) -> Result<bool, WriteError> {
        if self.due.is_none_or(|due| now < due) {
            return Ok(false);
        }
        let arrivals = self.arrivals();
        let Some(first) = arrivals.first() else {
            self.due = None;
            return Ok(false);
        };
        // What lies further back than the window says nothing any more.
        let base = if first.sequence.offset_from(index_seq(self.next)) < 0 {
            first.sequence
        } else {
            index_seq(self.next)
        };
        let taken = out.transport_feedback(sender, media, self.count, base, &arrivals)?;
        self.count = self.count.wrapping_add(1);
        if let Some(last) = arrivals.get(taken.saturating_sub(1))
            && let Some(last) = self.sequences.estimate(last.sequence)
        {
            self.next = last.index() + 1;
        }
        self.waiting = self.waiting.saturating_sub(taken);
        let all = self.sequences.highest().is_none_or(|highest| self.next > highest.index());
        if all {
            self.waiting = 0;
            self.due = None;
        }
        Ok(true)
    }

    /// The arrivals from `next` on, as many as one feedback holds.
    fn arrivals(&mut self) -> ArrayVec<Arrival, ARRIVALS_MAX> {
        let mut arrivals = ArrayVec::new();
        let Some(highest) = self.sequences.highest() else { return arrivals };
        self.next = self.next.max((highest.index() + 1).saturating_sub(WINDOW));
        for index in self.next..=highest.index() {
            if let Some(time) = self.times[slot(index)]
                && arrivals.try_push(Arrival { sequence: index_seq(index), time }).is_err()
            {
                break;
            }
        }
        arrivals
    }

    /// Frees the places of numbers that have not arrived yet.
    fn forget(&mut self, range: std::ops::Range<u64>) {
        let from = range.start.max(range.end.saturating_sub(WINDOW));
        for index in from..range.end {
            self.times[slot(index)] = None;
        }
    }
}

const fn slot(index: u64) -> usize {
    (index % WINDOW) as usize
}

const fn index_seq(index: u64) -> SeqNo {
    SeqNo(index as u16)
}

#[cfg(test)]
mod tests;
