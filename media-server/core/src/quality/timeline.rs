//! What is kept of one participant's connection for the consultation's timeline, until the control plane is told: seconds,
//! folded into stretches of [`STRETCH`], a minute of them at most.
//!
//! ```text
//!  seconds    ||||||||||||||||||||        ||||||||||||   (away in between)
//!  stretches  ├──10──┼──10──┼───0──┼──8───┼──…          ▶ told each minute, when somebody leaves, and with the room's end
//! ```

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;
use protocol::SeatId;
use protocol::node::RoomEventKind;
use protocol::signal::{Cause, Mos};
use protocol::timeline::{STRETCH, STRETCHES_MAX, Stretch, Way};

use super::mos::Rating;
use super::sample::Sample;
use super::{Direction, SAMPLE_EVERY};
use crate::layers::Layer;

/// What is told at once.
const TOLD_EVERY: Duration = Duration::from_secs(STRETCH.as_secs() * STRETCHES_MAX as u64);
/// A cause that lasted less of a stretch is none of it: a moment is not worth a word to somebody who looks at a whole visit.
const CAUSE_SECONDS_MIN: u8 = 2;

/// What was not told yet of one seat.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// Where the first stretch begins.
    since: Option<Instant>,
    stretches: ArrayVec<Sum, STRETCHES_MAX>,
}

/// A stretch to be.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    seconds: u8,
    /// Seconds with each of [`Cause::ALL`].
    causes: [u8; Cause::ALL.len()],
    ways: [WaySum; 2],
}

/// One direction of it.
#[derive(Debug, Clone, Copy, Default)]
struct WaySum {
    bps: u64,
    lost_permille: Mean,
    rtt_ms: Mean,
    jitter: Duration,
    frozen: Duration,
    layer: Option<Layer>,
    mos: Option<Mos>,
}

/// Of those seconds in which it was known.
#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: u64,
    count: u64,
}

impl Timeline {
    /// Takes a second of both directions, as long as it was. What there is to tell, when a minute is full.
    pub(crate) fn handle_second(
        &mut self,
        seat: SeatId,
        samples: &[Sample; 2],
        cause: Option<Cause>,
        (from, until): (Instant, Instant),
    ) -> Option<RoomEventKind> {
        // A second that lies across the end of a stretch is where most of it lies.
        let middle = from + until.saturating_duration_since(from) / 2;
        // Somebody was away for so long that this second is of another minute.
        let is_other = |since: Instant| middle.saturating_duration_since(since) >= TOLD_EVERY;
        let before = self.since.is_some_and(is_other).then(|| self.take(seat, until)).flatten();
        let since = *self.since.get_or_insert(from);
        let at = (middle.saturating_duration_since(since).as_secs() / STRETCH.as_secs()) as usize;
        let at = at.min(STRETCHES_MAX - 1);
        while self.stretches.len() <= at {
            self.stretches.push(Sum::default());
        }
        self.stretches[at].add(samples, cause);
        let is_full = (until + SAMPLE_EVERY / 2).saturating_duration_since(since) >= TOLD_EVERY;
        before.or_else(|| if is_full { self.take(seat, until) } else { None })
    }

    /// What there is to tell now. The next second begins anew.
    pub(crate) fn take(&mut self, seat: SeatId, now: Instant) -> Option<RoomEventKind> {
        let since = self.since.take()?;
        let stretches = std::mem::take(&mut self.stretches).iter().map(Sum::told).collect();
        let span_ms = now.saturating_duration_since(since).as_millis().try_into().unwrap_or(u32::MAX);
        Some(RoomEventKind::Quality { seat, span_ms, stretches })
    }
}

impl Sum {
    fn add(&mut self, samples: &[Sample; 2], cause: Option<Cause>) {
        self.seconds = self.seconds.saturating_add(1);
        if let Some(at) = cause.and_then(|cause| Cause::ALL.iter().position(|other| *other == cause)) {
            self.causes[at] = self.causes[at].saturating_add(1);
        }
        for (way, sample) in self.ways.iter_mut().zip(samples) {
            way.add(sample);
        }
    }

    fn told(&self) -> Stretch {
        // Of two that lasted as long, the first: whose own it is.
        let most = Cause::ALL.into_iter().zip(self.causes).rev().max_by_key(|(_, seconds)| *seconds);
        let cause = most.filter(|(_, seconds)| *seconds >= CAUSE_SECONDS_MIN).map(|(cause, _)| cause);
        let [receive, forward] = Direction::ALL.map(|way| self.ways[way as usize].told(self.seconds));
        Stretch { seconds: self.seconds, cause, receive, forward }
    }
}

impl WaySum {
    fn add(&mut self, sample: &Sample) {
        self.bps = self.bps.saturating_add(sample.bitrate.bps());
        self.lost_permille.add(sample.loss_permille.map(u64::from));
        self.rtt_ms.add(sample.rtt.map(|rtt| u64::from(ms(rtt))));
        self.jitter = self.jitter.max(sample.jitter);
        self.frozen += sample.frozen;
        self.layer = least(self.layer, sample.layer);
        self.mos = least(self.mos, sample.rating.map(Rating::mos));
    }

    fn told(&self, seconds: u8) -> Way {
        let bps = self.bps / u64::from(seconds.max(1));
        Way {
            bitrate_bps: u32::try_from(bps).unwrap_or(u32::MAX),
            loss_permille: self.lost_permille.of(),
            jitter_ms_max: ms(self.jitter),
            rtt_ms: self.rtt_ms.of(),
            frozen_ms: ms(self.frozen),
            layer_min: self.layer.map(|layer| layer.0),
            mos_min: self.mos,
        }
    }
}

impl Mean {
    fn add(&mut self, one: Option<u64>) {
        self.sum += one.unwrap_or(0);
        self.count += u64::from(one.is_some());
    }

    fn of(&self) -> Option<u16> {
        let mean = (self.sum + self.count / 2).checked_div(self.count)?;
        Some(u16::try_from(mean).unwrap_or(u16::MAX))
    }
}

fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}

fn ms(time: Duration) -> u16 {
    u16::try_from(time.as_millis()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
