//! One incoming stream: extended timestamps, duplicates, and the figures of a reception report (RFC 3550 §6.4, §A.3,
//! §A.8).
//!
//! Loss counts what the network lost. A packet that comes back by RTX fills its place for everybody else, but stays
//! lost in the report: the publisher's congestion control must hear of it.

use std::time::{Duration, Instant};

use rtp::rtcp::{ReportBlock, SenderInfo};
use rtp::units::MediaTimeUnwrapper;
use rtp::{ClockRate, ExtSeqNo, MediaTime, NtpShort, RtpTimestamp, SeqNo, SeqUnwrapper, Ssrc};

use super::clock::{Anchor, SourceClock};
use super::lateness::Lateness;

/// Sequence numbers below the highest of which it is known whether they came: twice the cache of a video track, so
/// that everything the cache can hold is told from a duplicate.
pub const WINDOW: u64 = 1024;

const WORDS: usize = (WINDOW / 64) as usize;

/// Where a packet lies in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Its extended sequence.
    pub sequence: ExtSeqNo,
    /// Its sampling instant.
    pub time: MediaTime,
}

/// What has not come of a part of a stream, by itself or by any recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    /// Packets of the part.
    pub expected: u32,
    /// Of these, those that are missing.
    pub lost: u32,
    /// How many times in a row without one between that came.
    pub bursts: u32,
}

impl Missing {
    /// Of several streams.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            expected: self.expected + other.expected,
            lost: self.lost + other.lost,
            bursts: self.bursts + other.bursts,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct LastReport {
    middle: NtpShort,
    at: Instant,
    /// Packets sent so far.
    packets: u32,
}

/// What became of the packets between two reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interval {
    /// Packets that were sent.
    pub expected: u64,
    /// Those of them that neither came nor came back.
    pub missing: u64,
}

/// One incoming stream, media or RTX.
#[derive(Debug)]
pub struct Stream {
    rate: ClockRate,
    times: MediaTimeUnwrapper,
    sequences: SeqUnwrapper,
    /// Bit `sequence % WINDOW`: whether it came, for the sequences of the window.
    came: [u64; WORDS],
    first: Option<(ExtSeqNo, Instant)>,
    received: u64,
    /// `expected` and `received` at the last report.
    prior: (u64, u64),
    /// Packets that came back since the last report.
    recovered: u64,
    /// What became of those before it.
    interval: Interval,
    lateness: Lateness,
    /// Arrival minus timestamp of the last packet, in ticks; its zero means nothing.
    transit: Option<i64>,
    /// In sixteenths of a tick (RFC 3550 §A.8).
    jitter: u64,
    last_report: Option<LastReport>,
    /// When a report counted more packets than the one before.
    said: Option<Instant>,
    anchor: Option<Anchor>,
    /// Behind what was judged at the last look, and behind the highest of then.
    looked: Option<(u64, u64)>,
}

impl Stream {
    /// A stream of which nothing has come.
    #[must_use]
    pub const fn new(rate: ClockRate) -> Self {
        Self {
            rate,
            times: MediaTimeUnwrapper::new(rate),
            sequences: SeqUnwrapper::new(),
            came: [0; WORDS],
            first: None,
            received: 0,
            prior: (0, 0),
            recovered: 0,
            interval: Interval { expected: 0, missing: 0 },
            lateness: Lateness::new(),
            transit: None,
            jitter: 0,
            last_report: None,
            said: None,
            anchor: None,
            looked: None,
        }
    }

    /// Takes a packet as SRTP has opened it, with the index that its tag has proved. `None` for a duplicate, or for
    /// one too old to tell.
    #[inline]
    pub fn handle_packet(
        &mut self,
        sequence: ExtSeqNo,
        timestamp: RtpTimestamp,
        now: Instant,
    ) -> Option<Received> {
        if !self.mark(sequence) {
            return None;
        }
        self.received += 1;
        let time = self.times.extend(timestamp);
        let (_, began) = *self.first.get_or_insert((sequence, now));
        self.anchor.get_or_insert(Anchor { time, at: now });
        self.note_jitter(time, now.saturating_duration_since(began));
        Some(Received { sequence, time })
    }

    /// Takes a packet that came back by RTX, with its original sequence number. `None` when the original had come
    /// after all, or is too old.
    pub fn handle_retransmission(&mut self, original: SeqNo, timestamp: RtpTimestamp) -> Option<Received> {
        let sequence = self.sequences.estimate(original)?;
        self.recover(sequence, timestamp)
    }

    /// Takes a packet that came inside a later one. `None` when it had come already, is too old, or from before the first:
    /// nobody misses it.
    pub fn handle_earlier(&mut self, sequence: ExtSeqNo, timestamp: RtpTimestamp) -> Option<Received> {
        let (first, _) = self.first?;
        if sequence < first { None } else { self.recover(sequence, timestamp) }
    }

    fn recover(&mut self, sequence: ExtSeqNo, timestamp: RtpTimestamp) -> Option<Received> {
        // Nothing is known to be missing before the first packet came, or far ahead of the newest.
        let highest = self.sequences.highest()?;
        if sequence.offset_from(highest) >= WINDOW as i64 || !self.mark(sequence) {
            return None;
        }
        self.recovered += 1;
        Some(Received { sequence, time: self.times.extend(timestamp) })
    }

    /// What became of the packets between the last two reports.
    #[must_use]
    pub const fn interval(&self) -> Interval {
        self.interval
    }

    /// By how much longer than the quickest its packets took lately.
    #[must_use]
    pub fn late(&self) -> Duration {
        self.lateness.get(self.rate)
    }

    /// By how much longer than the quickest all of its packets took lately: what waits in a queue, not what came in a burst.
    pub(crate) fn standing(&self) -> Duration {
        self.lateness.standing(self.rate)
    }

    /// Takes a sender report of this stream; `clock` is its publisher's.
    pub fn handle_sender_report(&mut self, info: &SenderInfo, clock: &mut SourceClock, now: Instant) {
        let report = LastReport { middle: info.ntp.middle(), at: now, packets: info.packets };
        let before = self.last_report.replace(report);
        if before.is_some_and(|before| before.packets != report.packets) {
            self.said = Some(now);
        }
        // On a copy: what a report claims must not move the timestamps of packets.
        let mut times = self.times;
        let time = times.extend(info.timestamp);
        self.anchor = Some(Anchor { time, at: clock.handle_report(info.ntp, now) });
    }

    /// When its publisher last said that it sent some of it, whether or not that came.
    pub(crate) const fn last_said(&self) -> Option<Instant> {
        self.said
    }

    /// The stream's media clock against the node's: by its last sender report, until then by the arrival of its first
    /// packet. `None` before that.
    #[must_use]
    pub const fn anchor(&self) -> Option<Anchor> {
        self.anchor
    }

    /// The same, if a sender report says so: only then do the clocks of several streams agree.
    #[must_use]
    pub const fn reported_anchor(&self) -> Option<Anchor> {
        if self.last_report.is_some() { self.anchor } else { None }
    }

    /// What to report now; `None` before the first packet. The next report's interval begins here.
    pub fn report(&mut self, ssrc: Ssrc, now: Instant) -> Option<ReportBlock> {
        let ((first, _), highest) = (self.first?, self.sequences.highest()?);
        let expected = (highest.offset_from(first) + 1).max(0) as u64;
        let (expected_before, received_before) = self.prior;
        self.prior = (expected, self.received);

        let expected_since = expected - expected_before;
        let lost_since = expected_since.saturating_sub(self.received - received_before);
        let missing = lost_since.saturating_sub(std::mem::take(&mut self.recovered));
        self.interval = Interval { expected: expected_since, missing };
        let fraction_lost = match (lost_since * 256).checked_div(expected_since) {
            Some(fraction) => fraction.min(255) as u8,
            None => 0,
        };
        let lost = expected as i64 - self.received as i64;
        let (last_report, since) = match self.last_report {
            Some(last) => (last.middle, now.saturating_duration_since(last.at)),
            None => (NtpShort(0), Duration::ZERO),
        };
        Some(ReportBlock {
            ssrc,
            fraction_lost,
            lost: lost.clamp(i64::from(ReportBlock::LOST_MIN), i64::from(ReportBlock::LOST_MAX)) as i32,
            highest_sequence: highest.index() as u32,
            jitter: (self.jitter >> 4).min(u64::from(u32::MAX)) as u32,
            last_sender_report: last_report,
            delay: NtpShort::from_duration(since),
        })
    }

    /// The jitter (RFC 3550 §6.4.1).
    #[must_use]
    pub const fn jitter(&self) -> Duration {
        self.rate.duration_of(self.jitter >> 4)
    }

    /// What is missing of the part that had begun and ended by the last look: so there has been the time between two looks to
    /// mend it. Of a longer part than [`WINDOW`] its end.
    pub fn look(&mut self) -> Missing {
        let (Some((first, _)), Some(highest)) = (self.first, self.sequences.highest()) else {
            return Missing::default();
        };
        let behind = highest.index() + 1;
        let (judged, until) = self.looked.unwrap_or((first.index(), first.index()));
        self.looked = Some((until, behind));
        let mut missing = Missing::default();
        let mut was_missing = false;
        for index in judged.max(behind.saturating_sub(WINDOW))..until {
            let is_missing = !self.is_set(index);
            missing.expected += 1;
            missing.lost += u32::from(is_missing);
            missing.bursts += u32::from(is_missing && !was_missing);
            was_missing = is_missing;
        }
        missing
    }

    /// Notes that a sequence came; `false` when it had already, or lies below the window.
    #[inline]
    fn mark(&mut self, sequence: ExtSeqNo) -> bool {
        if let Some(highest) = self.sequences.highest() {
            let ahead = sequence.offset_from(highest);
            if ahead <= -(WINDOW as i64) {
                return false;
            }
            // The places between the old highest and the new one belong to other sequences now.
            for step in 1..ahead.min(WINDOW as i64 + 1) {
                self.set(highest.index() + step as u64, false);
            }
            if ahead <= 0 && self.is_set(sequence.index()) {
                return false;
            }
        }
        self.set(sequence.index(), true);
        self.sequences.commit(sequence);
        true
    }

    const fn is_set(&self, index: u64) -> bool {
        let bit = index % WINDOW;
        self.came[(bit / 64) as usize] & (1 << (bit % 64)) != 0
    }

    const fn set(&mut self, index: u64, came: bool) {
        let bit = index % WINDOW;
        let word = &mut self.came[(bit / 64) as usize];
        *word = (*word & !(1 << (bit % 64))) | ((came as u64) << (bit % 64));
    }

    /// RFC 3550 §A.8, with the whole difference in sixteenths so that nothing is rounded away.
    fn note_jitter(&mut self, time: MediaTime, arrival: Duration) {
        let transit = self.rate.ticks_in(arrival) as i64 - time.ticks() as i64;
        self.lateness.handle_packet(transit, arrival, self.rate);
        if let Some(before) = self.transit.replace(transit) {
            let difference = transit.abs_diff(before);
            self.jitter = self.jitter + difference - ((self.jitter + 8) >> 4);
        }
    }
}

#[cfg(test)]
mod tests;
