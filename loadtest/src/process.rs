//! The tester's own processor time, and how late it is with what it means to do.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep_until;

use crate::outcome::Histogram;

/// How often it is looked how late a timer fires.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Processor time of this process so far, user and system.
pub(crate) fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let secs = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(secs, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// How late timers fired, until `stop` turns true.
pub(crate) async fn lateness(mut stop: watch::Receiver<bool>) -> Histogram {
    let mut late = Histogram::default();
    let mut next = Instant::now() + LOOK_EVERY;
    loop {
        tokio::select! {
            () = sleep_until(next.into()) => late.note(next.elapsed()),
            _ = stop.wait_for(|stop| *stop) => return late,
        }
        next = Instant::now() + LOOK_EVERY;
    }
}
