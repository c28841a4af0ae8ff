//! The wall clock of a participant: one reading at its start, moved on by the monotonic clock.
//!
//! Sender reports and stamps need a time that two participants share. A step of the machine's clock during a call
//! must not show in measured latencies, so the wall clock is read once.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rtp::NtpTime;

/// Which wall-clock time an [`Instant`] is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WallClock {
    at: Instant,
    since_1970: Duration,
}

impl WallClock {
    pub(crate) fn new(at: Instant, wall: SystemTime) -> Self {
        Self { at, since_1970: wall.duration_since(UNIX_EPOCH).unwrap_or_default() }
    }

    pub(crate) fn unix(&self, now: Instant) -> Duration {
        self.since_1970 + now.saturating_duration_since(self.at)
    }

    pub(crate) fn unix_micros(&self, now: Instant) -> u64 {
        u64::try_from(self.unix(now).as_micros()).unwrap_or(u64::MAX)
    }

    pub(crate) fn ntp(&self, now: Instant) -> NtpTime {
        NtpTime::from_unix(self.unix(now))
    }
}
