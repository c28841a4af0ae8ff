//! From a publisher's clock to the node's, so that what belongs together stays together.
//!
//! A sender report says which media time the publisher's wall clock showed when (RFC 3550 §6.4.1). All streams of
//! one publisher share that wall clock, so one constant offset for all of them keeps lips and voice as close as the
//! publisher put them, whatever the network did to the reports:
//!
//! ```text
//!  publisher   ──ntp₁────────────ntp₂───────▶          ntp₂ is at (first report's arrival) + (ntp₂ − ntp₁),
//!  node        ─────at₁ ─────────────?──────▶          not when its report happened to arrive
//! ```

use std::time::{Duration, Instant};

use rtp::{MediaTime, NtpTime};

/// Further than this from its arrival a report cannot be: the publisher's clock was set, and the offset is taken anew.
/// Wider than any delay of a path that a call survives.
const DEVIATION_MAX: Duration = Duration::from_secs(5);

/// One publisher's wall clock, seen from the node.
#[derive(Debug, Clone, Copy, Default)]
pub struct SourceClock {
    base: Option<(NtpTime, Instant)>,
}

impl SourceClock {
    /// Nothing is known yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { base: None }
    }

    /// The node's instant for a wall-clock time in a report that came `now`.
    pub fn handle_report(&mut self, ntp: NtpTime, now: Instant) -> Instant {
        let mapped = self.base.and_then(|(base, at)| {
            let ahead = ntp.0.wrapping_sub(base.0).cast_signed();
            let span = duration_of(ahead.unsigned_abs());
            if ahead < 0 { at.checked_sub(span) } else { at.checked_add(span) }
        });
        match mapped {
            Some(at) if distance(at, now) <= DEVIATION_MAX => at,
            _ => {
                self.base = Some((ntp, now));
                now
            }
        }
    }
}

/// A moment of a stream, on its media clock and on the node's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// By the stream.
    pub time: MediaTime,
    /// By the node.
    pub at: Instant,
}

impl Anchor {
    /// What the stream's clock shows `now`.
    #[must_use]
    pub fn time_at(&self, now: Instant) -> MediaTime {
        match now.checked_duration_since(self.at) {
            Some(since) => self.time.saturating_add(since),
            None => self.time.saturating_sub(self.at.saturating_duration_since(now)),
        }
    }
}

impl Anchor {
    /// The node's instant at which the stream's clock shows `time`, if there is one.
    #[must_use]
    pub fn instant_of(&self, time: MediaTime) -> Option<Instant> {
        if time.ticks() >= self.time.ticks() {
            self.at.checked_add(time.saturating_since(self.time))
        } else {
            self.at.checked_sub(self.time.saturating_since(time))
        }
    }
}

/// A span of 32.32 fixed-point seconds.
fn duration_of(span: u64) -> Duration {
    let nanos = ((span & 0xffff_ffff) * 1_000_000_000) >> 32;
    Duration::new(span >> 32, nanos as u32)
}

fn distance(one: Instant, other: Instant) -> Duration {
    one.saturating_duration_since(other).max(other.saturating_duration_since(one))
}

#[cfg(test)]
mod tests {
    use rtp::ClockRate;

    use super::*;
    use crate::packet::fixtures::start;

    const NTP: NtpTime = NtpTime(0xe000_0000_8000_0000);

    fn later(ntp: NtpTime, by: Duration) -> NtpTime {
        NtpTime(ntp.0 + (by.as_millis() as u64 * (1 << 32)) / 1000)
    }

    fn near(one: Instant, other: Instant) -> bool {
        distance(one, other) < Duration::from_micros(1)
    }

    #[test]
    fn a_late_report_does_not_move_the_clock() {
        let mut clock = SourceClock::new();
        let now = start();
        clock.handle_report(NTP, now);
        let second = Duration::from_secs(1);

        let mapped = clock.handle_report(later(NTP, second), now + second + Duration::from_millis(400));

        assert!(near(mapped, now + second));
    }

    #[test]
    fn an_earlier_time_in_a_later_report_lies_before() {
        let mut clock = SourceClock::new();
        let now = start() + Duration::from_secs(60);
        clock.handle_report(later(NTP, Duration::from_secs(1)), now);

        let mapped = clock.handle_report(NTP, now);

        assert!(near(mapped, now - Duration::from_secs(1)));
    }

    #[test]
    fn a_clock_that_was_set_is_taken_anew() {
        let mut clock = SourceClock::new();
        let now = start();
        clock.handle_report(NTP, now);
        let set = later(NTP, Duration::from_secs(3600));

        let mapped = clock.handle_report(set, now + Duration::from_secs(1));
        let late = now + Duration::from_secs(5);
        let next = clock.handle_report(later(set, Duration::from_secs(1)), late);

        assert_eq!(mapped, now + Duration::from_secs(1));
        assert!(near(next, now + Duration::from_secs(2)), "by the clock as it was set, not by the arrival");
    }

    #[test]
    fn a_report_as_far_off_as_no_path_holds_it_sets_the_clock() {
        let second = Duration::from_secs(1);
        let at = |deviation: Duration| {
            let mut clock = SourceClock::new();
            let now = start();
            clock.handle_report(NTP, now);
            let arrival = now + second + deviation;
            (clock.handle_report(later(NTP, second), arrival), now + second, arrival)
        };

        let (mapped, sent, _) = at(DEVIATION_MAX - Duration::from_millis(1));
        assert!(near(mapped, sent));
        let (mapped, _, arrival) = at(DEVIATION_MAX + Duration::from_millis(1));
        assert_eq!(mapped, arrival);
    }

    #[test]
    fn an_anchor_runs_in_both_directions() {
        let at = start() + Duration::from_secs(60);
        let anchor = Anchor { time: MediaTime::new(90_000, ClockRate::VIDEO), at };

        assert_eq!(anchor.time_at(at + Duration::from_millis(500)).ticks(), 135_000);
        assert_eq!(anchor.time_at(at - Duration::from_millis(500)).ticks(), 45_000);
        let times = [45_000, 135_000].map(|ticks| MediaTime::new(ticks, ClockRate::VIDEO));
        let half = Duration::from_millis(500);
        assert_eq!(times.map(|time| anchor.instant_of(time)), [Some(at - half), Some(at + half)]);
    }
}
