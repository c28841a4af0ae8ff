//! How much of a subscriber's audio is sent twice: by the loss that it reports of its audio lanes.
//!
//! ```text
//!  loss     0   0   9 %  5 %  5 %  5 %   0   0  …  0   0
//!  depth    0   0   2    2    2    2     2   2  …  2   0        rises at once, falls after ten seconds of speech
//!                                        │◀─ CALM ──▶│
//! ```
//!
//! Redundancy mends what is lost a packet later, without a round trip, for every browser that knows RED; a NACK takes
//! 130 ms on a path of 100 ms and few browsers send one for audio. It costs a multiple of the audio's bit rate, so it goes
//! where it is needed and ends when it is not. Silence is no loss: what counts is packets, not time.

use std::time::{Duration, Instant};

use rtp::Bitrate;
use rtp::rtcp::ReportBlock;

/// How much loss, in thousandths, asks for how many earlier packets in each.
///
/// At 5 % by chance one earlier packet leaves 0.25 % lost, at 10 % two leave 0.1 %. What loses 15 % and more loses bursts.
/// One of five packets lost, in bursts of four on average: five earlier packets leave up to 4.9 % of the sound to be made up,
/// seven up to 2.5 %, and the last of them comes 140 ms late, which a jitter buffer on such a path has.
const LEVELS: [(u32, usize); 5] = [(0, 0), (25, 1), (60, 2), (100, 4), (140, 7)];
/// Below this nothing is lost that matters.
const CLEAN: u32 = 10;
/// Beside the first, a level is left when loss is so much below what asks for it, in thousandths.
const LEAVE_AT: u32 = 600;
/// A level is left when loss has been low for so long, while something came to be lost.
const CALM: Duration = Duration::from_secs(10);
/// What lies between two reports counts at most this much: they come every second, or every five.
const REPORT_SPAN_MAX: Duration = Duration::from_secs(5);
/// Packets that say something about loss, half a second of speech; and of one report, of which silence has three.
const EVIDENCE_MIN: u32 = 25;
const EVIDENCE_OF_REPORT_MIN: u32 = 10;
/// Packets in one report of one lane that are believed: more than an interval has.
const REPORTED_MAX: u32 = 1000;
/// What Opus takes in browsers, without headers: each earlier packet in a packet costs as much again.
const AUDIO_RATE: Bitrate = Bitrate::from_kbps(32);
/// What a voice takes by itself, with headers and some room: only what the path carries beyond that is for redundancy. It goes
/// before pictures, as the sound does.
const VOICE: Bitrate = Bitrate::from_kbps(75);

/// What came of a lane's packets between two reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loss {
    /// Packets that were to come.
    pub expected: u32,
    /// Of these, those that did not.
    pub lost: u32,
}

/// The reports of one lane.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReportedLoss {
    /// Highest sequence and cumulative loss of the last one.
    last: Option<(u32, i32)>,
}

impl ReportedLoss {
    /// What a report says beyond the one before. Nothing for one that cannot be true.
    pub fn take(&mut self, block: &ReportBlock) -> Loss {
        let (highest, lost) = (block.highest_sequence, block.lost);
        let Some((highest_before, lost_before)) = self.last.replace((highest, lost)) else {
            // The first: it does not say where it begins, but of how many what was lost is a fraction.
            let lost = lost.max(0).unsigned_abs().min(REPORTED_MAX);
            let expected = (lost * 256).checked_div(u32::from(block.fraction_lost)).unwrap_or_default();
            return Loss { expected: expected.min(REPORTED_MAX), lost: lost.min(expected) };
        };
        let expected = highest.wrapping_sub(highest_before);
        if expected > REPORTED_MAX {
            return Loss::default();
        }
        let lost = lost.saturating_sub(lost_before).max(0).unsigned_abs();
        Loss { expected, lost: lost.min(expected) }
    }
}

/// The redundancy of one subscriber.
#[derive(Debug, Clone, Copy)]
pub struct Redundancy {
    /// What was reported lately, older reports counting half as much with each: sixteenths of packets.
    expected: u32,
    lost: u32,
    /// Of the report that is being read.
    fresh: u32,
    /// In [`LEVELS`].
    level: usize,
    /// How long loss has been low.
    calm: Duration,
    at: Instant,
    /// What the path carries, where that is known.
    estimate: Option<Bitrate>,
    /// Lanes of the last report with something on them.
    lanes: u64,
    reporting: u64,
}

impl Redundancy {
    /// None.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self {
            expected: 0,
            lost: 0,
            fresh: 0,
            level: 0,
            calm: Duration::ZERO,
            at: now,
            estimate: None,
            lanes: 1,
            reporting: 0,
        }
    }

    /// What the path to the subscriber is thought to carry: redundancy stays within it. Loss on a path that is too small would
    /// only grow by it.
    pub const fn set_estimate(&mut self, estimate: Option<Bitrate>) {
        self.estimate = estimate;
    }

    /// Takes what a report says of one audio lane.
    pub fn handle_loss(&mut self, loss: Loss) {
        if loss.expected == 0 {
            return;
        }
        if self.fresh == 0 {
            (self.expected, self.lost) = (self.expected / 2, self.lost / 2);
        }
        self.fresh = self.fresh.saturating_add(loss.expected);
        self.reporting += 1;
        self.expected = self.expected.saturating_add(16 * loss.expected);
        self.lost = self.lost.saturating_add(16 * loss.lost);
    }

    /// How many earlier packets are to go with each, once a report is read.
    pub fn poll(&mut self, now: Instant) -> usize {
        let span = now.saturating_duration_since(self.at).min(REPORT_SPAN_MAX);
        let fresh = std::mem::take(&mut self.fresh);
        let lanes = std::mem::take(&mut self.reporting);
        if fresh > 0 {
            self.at = now;
            self.lanes = lanes.max(1);
        }
        if fresh >= EVIDENCE_OF_REPORT_MIN && self.expected >= 16 * EVIDENCE_MIN {
            self.settle(span);
        }
        LEVELS[self.level].1.min(self.depth_max())
    }

    fn settle(&mut self, span: Duration) {
        let loss = (u64::from(self.lost) * 1000 / u64::from(self.expected.max(1))) as u32;
        let fitting = LEVELS.iter().rposition(|(at, _)| loss >= *at).unwrap_or_default();
        if fitting > self.level {
            self.level = fitting;
            self.calm = Duration::ZERO;
        } else if loss < leave_at(self.level) {
            self.calm += span;
            if self.calm >= CALM {
                // The first level ends only where next to nothing is lost.
                let least = usize::from(loss >= CLEAN);
                self.level = fitting.max(least).min(self.level);
                self.calm = Duration::ZERO;
            }
        } else {
            self.calm = Duration::ZERO;
        }
    }

    /// What fits beside the voices themselves.
    fn depth_max(&self) -> usize {
        let Some(estimate) = self.estimate else { return usize::MAX };
        let spare = estimate.bps().saturating_sub(VOICE.bps() * self.lanes);
        (spare / (AUDIO_RATE.bps() * self.lanes)) as usize
    }
}

const fn leave_at(level: usize) -> u32 {
    match level {
        0 => 0,
        1 => CLEAN,
        _ => LEVELS[level].0 * LEAVE_AT / 1000,
    }
}

#[cfg(test)]
mod tests;
