//! How much of a stream comes: its bit rate over the last second.
//!
//! ```text
//!  │ 0.1 s │ 0.1 s │ …  ten of them … │ 0.1 s ┆ now        the oldest goes when a new one begins
//! ```

use std::time::{Duration, Instant};

use rtp::{Bitrate, DataSize};

/// One part of the window: a rate is at most this old.
const STEP: Duration = Duration::from_millis(100);
const STEP_NS: u64 = STEP.as_nanos() as u64;
/// Parts of the window. A second holds a key frame and what is saved for it.
const STEPS: usize = 10;
/// What was measured over less than this says nothing: a layer begins with a key frame.
const KNOWN_AFTER: u64 = STEPS as u64 / 2;

/// The bit rate of one stream.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    began: Instant,
    /// The step that bytes are counted in now, since `began`.
    at: u64,
    /// The first step of the run that is measured.
    first: u64,
    bytes: [u32; STEPS],
}

impl Meter {
    /// Nothing has come.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self { began: now, at: 0, first: 0, bytes: [0; STEPS] }
    }

    /// Begins anew: what came before belongs to another run of the stream.
    pub fn restart(&mut self, now: Instant) {
        *self = Self::new(now);
    }

    /// Counts a packet.
    #[inline]
    pub fn handle_packet(&mut self, bytes: usize, now: Instant) {
        self.advance_to(self.since_ns(now) / STEP_NS);
        let step = &mut self.bytes[self.at as usize % STEPS];
        *step = step.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// The rate of the last second; of as much as there is, while that is less. `None` when it says nothing yet.
    #[must_use]
    pub fn rate(&self, now: Instant) -> Option<Bitrate> {
        let since_ns = self.since_ns(now);
        let mut moved = *self;
        moved.advance_to(since_ns / STEP_NS);
        let measured = (moved.at - moved.first + 1).min(STEPS as u64);
        if measured <= KNOWN_AFTER {
            return None;
        }
        let bytes: u64 = moved.bytes.iter().map(|bytes| u64::from(*bytes)).sum();
        if bytes == 0 {
            return Some(Bitrate::ZERO);
        }
        // The step that is under way counts as long as it has lasted.
        let under_way_ns = since_ns.saturating_sub(moved.at.saturating_mul(STEP_NS)).min(STEP_NS);
        DataSize::from_bytes(bytes).per(Duration::from_nanos(STEP_NS * (measured - 1) + under_way_ns))
    }

    /// Whether nothing is counted: then the rate is zero, or unknown.
    pub(crate) fn is_idle(&self) -> bool {
        self.bytes.iter().all(|bytes| *bytes == 0)
    }

    fn since_ns(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.began).as_nanos() as u64
    }

    fn advance_to(&mut self, at: u64) {
        for passed in self.at + 1..=at.min(self.at + STEPS as u64) {
            self.bytes[passed as usize % STEPS] = 0;
        }
        self.at = self.at.max(at);
    }
}

/// So often a rate that has become less counts, by a quarter.
const LESS_EVERY: Duration = Duration::from_secs(1);

/// What a stream takes, or took when it came. More counts at once, less bit by bit: a screen on which nothing moves will move
/// again.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KnownRate(Option<(Bitrate, Instant)>);

impl KnownRate {
    /// Takes what is measured now.
    pub(crate) fn note(&mut self, rate: Bitrate, now: Instant) {
        match &mut self.0 {
            Some((known, at)) if rate < *known => {
                if now.saturating_duration_since(*at) >= LESS_EVERY {
                    (*known, *at) = ((*known).scaled(3, 4) + rate.scaled(1, 4), now);
                }
            }
            known => *known = Some((rate, now)),
        }
    }

    /// `None` while nothing was measured.
    pub(crate) fn get(&self) -> Option<Bitrate> {
        self.0.map(|(rate, _)| rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::fixtures::start;

    const EVERY: Duration = Duration::from_millis(20);

    /// 1250 bytes every 20 ms: 500 kbit/s.
    fn feed(meter: &mut Meter, from: Instant, span: Duration) -> Instant {
        let mut at = Duration::ZERO;
        while at < span {
            meter.handle_packet(1250, from + at);
            at += EVERY;
        }
        from + span
    }

    fn kbps(meter: &Meter, now: Instant) -> Option<u64> {
        meter.rate(now).map(|rate| rate.bps() / 1000)
    }

    #[test]
    fn a_steady_stream_is_measured_within_a_tenth() {
        let now = start();
        let mut meter = Meter::new(now);

        let after = feed(&mut meter, now, Duration::from_millis(5170));

        let measured = kbps(&meter, after).unwrap();
        assert!((475..=525).contains(&measured), "{measured} kbit/s");
    }

    #[test]
    fn a_stream_that_has_just_begun_says_nothing() {
        let now = start();
        let mut meter = Meter::new(now);
        meter.handle_packet(60_000, now);

        assert_eq!(meter.rate(now + Duration::from_millis(450)), None);
        assert!(!meter.is_idle() && Meter::new(now).is_idle());
        let after = feed(&mut meter, now, Duration::from_millis(650));
        assert!(kbps(&meter, after).is_some());
    }

    #[test]
    fn what_stopped_is_forgotten_within_a_second() {
        let now = start();
        let mut meter = Meter::new(now);
        let after = feed(&mut meter, now, Duration::from_secs(3));

        assert!(kbps(&meter, after + Duration::from_millis(500)).unwrap() < 300);
        assert_eq!(kbps(&meter, after + Duration::from_millis(1100)), Some(0));
        assert_eq!(kbps(&meter, after + Duration::from_secs(3600)), Some(0));
        meter.restart(after);
        assert_eq!(kbps(&meter, after), None);
    }
}
