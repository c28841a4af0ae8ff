//! The wall clock, for what is told to people and checked against tokens. Durations go by `Instant`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Since 1970, UTC. A clock from before says 1970.
pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Milliseconds since 1970, UTC.
pub(crate) fn unix_ms() -> u64 {
    u64::try_from(since_1970().as_millis()).unwrap_or(u64::MAX)
}
