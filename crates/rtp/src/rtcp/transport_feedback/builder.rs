//! Builds transport-wide feedback into a caller's buffer, in two walks over the arrivals: the first measures how many
//! fit, the second writes. Nothing is kept between them but the plan.

use super::chunk::{ChunkEncoder, Symbol};
use super::{Arrival, ArrivalTime, FIXED_LEN};
use crate::error::WriteError;
use crate::sequence::SeqNo;

/// Packets that one feedback packet speaks of. Beyond half the 16-bit circle nobody can tell the past from the future.
pub const STATUSES_MAX: u16 = 1 << 15;

/// How much of the arrivals goes into one packet, and how long its parts are.
#[derive(Debug, Clone, Copy)]
pub(in crate::rtcp) struct Plan<'a> {
    base: SeqNo,
    arrivals: &'a [Arrival],
    statuses: u16,
    chunks: usize,
    deltas: usize,
}

impl<'a> Plan<'a> {
    /// As many of the arrivals, from the first on, as `room` bytes can hold.
    pub(in crate::rtcp) fn new(
        base: SeqNo,
        arrivals: &'a [Arrival],
        room: usize,
    ) -> Result<Self, WriteError> {
        let mut steps = Steps::new(base, arrivals).peekable();
        if steps.peek().is_none() {
            return Err(WriteError::OutOfRange("transport-wide arrivals"));
        }
        let mut encoder = ChunkEncoder::default();
        let mut emitted = 0;
        let mut plan = Self { base, arrivals: &[], statuses: 0, chunks: 0, deltas: 0 };
        for (step, taken) in steps.zip(1..) {
            let statuses = plan.statuses.saturating_add(step.lost).saturating_add(1);
            let deltas = plan.deltas + step.symbol.delta_len();
            step.encode(&mut encoder, &mut |_| emitted += 1);
            let chunks = emitted + encoder.pending();
            if statuses > STATUSES_MAX || FIXED_LEN + 2 * chunks + deltas > room {
                break;
            }
            let arrivals = arrivals.get(..taken).unwrap_or_default();
            plan = Self { base, arrivals, statuses, chunks, deltas };
        }
        if plan.arrivals.is_empty() {
            Err(WriteError::BufferFull("RTCP transport-wide feedback"))
        } else {
            Ok(plan)
        }
    }

    /// How many arrivals go in.
    pub(in crate::rtcp) const fn taken(&self) -> usize {
        self.arrivals.len()
    }

    /// Bytes after the two SSRCs, without padding.
    pub(in crate::rtcp) const fn len(&self) -> usize {
        FIXED_LEN + 2 * self.chunks + self.deltas
    }

    /// Bytes up to the next whole word.
    pub(in crate::rtcp) const fn padding(&self) -> usize {
        self.len().next_multiple_of(4) - self.len()
    }

    /// Writes into `body`, which is [`Self::len`] and [`Self::padding`] bytes long.
    pub(in crate::rtcp) fn write(&self, feedback_count: u8, body: &mut [u8]) {
        let reference = self.arrivals.first().map_or(0, |first| first.time.reference().0);
        body.fill(0);
        let Some((fixed, rest)) = body.split_first_chunk_mut::<FIXED_LEN>() else { return };
        fixed[..2].copy_from_slice(&self.base.0.to_be_bytes());
        fixed[2..4].copy_from_slice(&self.statuses.to_be_bytes());
        fixed[4..8].copy_from_slice(&reference.to_be_bytes());
        fixed[7] = feedback_count;

        let Some((chunks, mut deltas)) = rest.split_at_mut_checked(2 * self.chunks) else { return };
        let mut slots = chunks.as_chunks_mut::<2>().0.iter_mut();
        let mut emit = |chunk| {
            if let Some(slot) = slots.next() {
                *slot = chunk;
            }
        };
        let mut encoder = ChunkEncoder::default();
        for step in Steps::new(self.base, self.arrivals) {
            step.encode(&mut encoder, &mut emit);
            // A small delta is the lower byte of the large form.
            let bytes = step.delta.to_be_bytes();
            let used = bytes.get(2 - step.symbol.delta_len()..).unwrap_or_default();
            if let Some((target, after)) = deltas.split_at_mut_checked(used.len()) {
                target.copy_from_slice(used);
                deltas = after;
            } else {
                return;
            }
        }
        encoder.finish(&mut emit);
    }
}

/// From one arrival to the next.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// Packets between that did not arrive.
    lost: u16,
    symbol: Symbol,
    delta: i16,
}

impl Step {
    fn encode(self, encoder: &mut ChunkEncoder, emit: &mut impl FnMut([u8; 2])) {
        encoder.push(Symbol::Lost, self.lost, emit);
        encoder.push(self.symbol, 1, emit);
    }
}

/// Walks arrivals as steps, until one that the format cannot express: out of order, or too far apart in time.
struct Steps<'a> {
    arrivals: core::slice::Iter<'a, Arrival>,
    expected: SeqNo,
    time: ArrivalTime,
}

impl<'a> Steps<'a> {
    fn new(base: SeqNo, arrivals: &'a [Arrival]) -> Self {
        let time = arrivals.first().map_or(ArrivalTime(0), |first| first.time.reference());
        Self { arrivals: arrivals.iter(), expected: base, time }
    }
}

impl Iterator for Steps<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let arrival = self.arrivals.next()?;
        let lost = u16::try_from(arrival.sequence.offset_from(self.expected)).ok()?;
        let delta = i16::try_from(arrival.time.offset_from(self.time)).ok()?;
        let symbol = if u8::try_from(delta).is_ok() { Symbol::SmallDelta } else { Symbol::LargeDelta };
        self.expected = arrival.sequence.wrapping_add(1);
        self.time = arrival.time;
        Some(Step { lost, symbol, delta })
    }
}
