//! Transport-wide feedback: when each packet of a transport arrived
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |     base sequence number      |      packet status count      |  after the two SSRCs
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |         reference time, in 64 ms              | feedback count|
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |            chunk              |            chunk              |  a status for every packet from base on
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |    delta      |    delta      |            delta              |  for every packet that arrived, 1 or 2 bytes
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//!
//!  delta: after the packet before it, in 250 us; the first one after the reference time
//! ```
//!
//! A packet of 24 bytes can speak of 65535 packets, all lost. So parsing and [`TransportFeedback::arrivals`] take time
//! by the bytes that were sent, never by the count that they claim.

mod builder;
mod chunk;

use core::time::Duration;

pub(super) use builder::Plan;
pub use builder::STATUSES_MAX;
use chunk::{Chunk, Symbol};

use super::feedback;
use crate::error::ParseError;
use crate::sequence::SeqNo;
use crate::units::Ssrc;

const FIXED_LEN: usize = 8;
/// Ticks of 250 us in one step of the reference time.
const TICKS_PER_REFERENCE: u32 = 256;
const TICK_MICROS: u64 = 250;

/// An instant by the receiver's clock, in ticks of 250 us. It wraps, as the reference time does, after 12 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ArrivalTime(pub u32);

impl ArrivalTime {
    /// From the time since whatever instant the receiver counts from, to the tick below.
    #[must_use]
    pub const fn from_duration(since_start: Duration) -> Self {
        Self((since_start.as_micros() / TICK_MICROS as u128) as u32)
    }

    /// How many ticks `self` is after `other` on the shorter way round; negative when before.
    #[must_use]
    pub const fn offset_from(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0) as i32
    }

    /// The same in microseconds.
    #[must_use]
    pub const fn micros_since(self, other: Self) -> i64 {
        self.offset_from(other) as i64 * TICK_MICROS as i64
    }

    const fn wrapping_add(self, delta: ArrivalDelta) -> Self {
        Self(self.0.wrapping_add_signed(delta.0 as i32))
    }

    /// Down to a whole reference step.
    const fn reference(self) -> Self {
        Self(self.0 - self.0 % TICKS_PER_REFERENCE)
    }
}

/// The time between two arrivals, in ticks of 250 us; negative when packets overtook each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ArrivalDelta(pub i16);

impl ArrivalDelta {
    /// In microseconds.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0 as i64 * TICK_MICROS as i64
    }
}

/// A packet that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its transport-wide number.
    pub sequence: SeqNo,
    /// When.
    pub time: ArrivalTime,
}

/// What happened to the packets of a transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransportFeedback<'a> {
    /// Who received them.
    pub sender: Ssrc,
    /// A stream among them; of no meaning, since the feedback is on all.
    pub media: Ssrc,
    /// The first packet spoken of.
    pub base: SeqNo,
    /// How many are spoken of.
    pub status_count: u16,
    /// Counts feedback packets, so that a lost one shows.
    pub feedback_count: u8,
    reference: ArrivalTime,
    chunks: &'a [[u8; 2]],
    deltas: &'a [u8],
}

impl<'a> TransportFeedback<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, ParseError> {
        const PART: &str = "RTCP transport-wide feedback";
        let (sender, media, control) = feedback(body, PART)?;
        let (fixed, rest) = control.split_first_chunk::<FIXED_LEN>().ok_or(ParseError::Truncated(PART))?;
        let [b0, b1, s0, s1, r0, r1, r2, feedback_count] = *fixed;
        let status_count = u16::from_be_bytes([s0, s1]);

        let (mut chunk_count, mut delta_len, mut left) = (0, 0, status_count);
        let all = rest.as_chunks::<2>().0;
        while left > 0 {
            let chunk = Chunk::new(*all.get(chunk_count).ok_or(ParseError::Truncated("RTCP status chunks"))?);
            let covered = chunk.len().min(left);
            delta_len += chunk.delta_len(covered).ok_or(ParseError::Invalid("RTCP packet status"))?;
            left -= covered;
            chunk_count += 1;
        }
        let (chunks, deltas) = rest.split_at(2 * chunk_count);
        let deltas = deltas.get(..delta_len).ok_or(ParseError::Truncated("RTCP receive deltas"))?;
        Ok(Self {
            sender,
            media,
            base: SeqNo(u16::from_be_bytes([b0, b1])),
            status_count,
            feedback_count,
            reference: ArrivalTime(u32::from_be_bytes([r0, r1, r2, 0])),
            chunks: chunks.as_chunks().0,
            deltas,
        })
    }

    /// What the first delta counts from: a whole number of 64 ms.
    #[must_use]
    pub const fn reference(&self) -> ArrivalTime {
        self.reference
    }

    /// Every packet spoken of, in order, with its delta if it arrived: [`Self::status_count`] items.
    #[must_use]
    pub const fn statuses(&self) -> Statuses<'a> {
        Statuses {
            chunks: self.chunks,
            chunk: Chunk::EMPTY,
            taken: 0,
            left: self.status_count,
            next: self.base,
            deltas: self.deltas,
        }
    }

    /// The packets that arrived, in order of their numbers. The gaps between are losses, or late.
    #[must_use]
    pub const fn arrivals(&self) -> Arrivals<'a> {
        Arrivals { statuses: self.statuses(), time: self.reference }
    }
}

/// See [`TransportFeedback::statuses`].
#[derive(Debug, Clone)]
pub struct Statuses<'a> {
    chunks: &'a [[u8; 2]],
    chunk: Chunk,
    /// Symbols taken from `chunk`.
    taken: u16,
    /// Statuses to come.
    left: u16,
    next: SeqNo,
    deltas: &'a [u8],
}

impl Statuses<'_> {
    /// Makes `chunk` one with a symbol to take; `None` at the end.
    fn refill(&mut self) -> Option<()> {
        if self.left == 0 {
            return None;
        }
        while self.taken >= self.chunk.len() {
            let (chunk, chunks) = self.chunks.split_first()?;
            (self.chunk, self.chunks, self.taken) = (Chunk::new(*chunk), chunks, 0);
        }
        Some(())
    }

    /// Passes over the rest of a run of losses in one step.
    fn skip_lost_run(&mut self) {
        if self.chunk.is_lost_run() {
            let lost = (self.chunk.len() - self.taken).min(self.left);
            self.taken += lost;
            self.left -= lost;
            self.next = self.next.wrapping_add(lost);
        }
    }

    fn take_delta(&mut self, symbol: Symbol) -> Option<ArrivalDelta> {
        match symbol {
            Symbol::Lost => None,
            Symbol::SmallDelta => {
                let (delta, rest) = self.deltas.split_first()?;
                self.deltas = rest;
                Some(ArrivalDelta(i16::from(*delta)))
            }
            Symbol::LargeDelta => {
                let (delta, rest) = self.deltas.split_first_chunk()?;
                self.deltas = rest;
                Some(ArrivalDelta(i16::from_be_bytes(*delta)))
            }
        }
    }
}

impl Iterator for Statuses<'_> {
    type Item = (SeqNo, Option<ArrivalDelta>);

    fn next(&mut self) -> Option<Self::Item> {
        self.refill()?;
        let symbol = self.chunk.symbol(self.taken)?;
        let sequence = self.next;
        self.taken += 1;
        self.left -= 1;
        self.next = sequence.wrapping_add(1);
        Some((sequence, self.take_delta(symbol)))
    }
}

/// See [`TransportFeedback::arrivals`].
#[derive(Debug, Clone)]
pub struct Arrivals<'a> {
    statuses: Statuses<'a>,
    time: ArrivalTime,
}

impl Iterator for Arrivals<'_> {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        loop {
            self.statuses.refill()?;
            self.statuses.skip_lost_run();
            if let (sequence, Some(delta)) = self.statuses.next()? {
                self.time = self.time.wrapping_add(delta);
                return Some(Arrival { sequence, time: self.time });
            }
        }
    }
}

#[cfg(test)]
mod tests;
