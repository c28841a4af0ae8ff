//! The pacer: whether a subscriber's packets may leave now.
//!
//! A leaky bucket with debt: what is sent raises the level, time lowers it at the budget's rate, and a packet may leave
//! while the level is below the burst that the path's queue can take. The budget is unlimited until bandwidth
//! estimation sets it, so that every frame leaves as one run. Audio is never asked.

use std::time::{Duration, Instant};

use rtp::{Bitrate, DataSize};

/// What may be sent ahead of the budget: one tick of pacing. Runs stay at four segments or more at 8 Mbit/s.
pub const BURST: Duration = Duration::from_millis(5);

/// One subscriber's budget.
#[derive(Debug, Clone, Copy)]
pub struct Pacer {
    budget: Bitrate,
    level: DataSize,
    at: Instant,
}

impl Pacer {
    /// Without a limit.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self { budget: Bitrate::MAX, level: DataSize::ZERO, at: now }
    }

    /// Sets the rate at which packets may leave from now on.
    pub fn set_budget(&mut self, budget: Bitrate, now: Instant) {
        self.drain(now);
        self.budget = budget;
    }

    /// Whether a packet may leave now, whatever its size.
    #[inline]
    pub fn is_ready(&mut self, now: Instant) -> bool {
        self.budget == Bitrate::MAX || {
            self.drain(now);
            self.level <= self.budget.size_in(BURST)
        }
    }

    /// Counts what has left.
    #[inline]
    pub fn handle_sent(&mut self, size: DataSize) {
        if self.budget != Bitrate::MAX {
            self.level += size;
        }
    }

    fn drain(&mut self, now: Instant) {
        self.level -= self.budget.size_in(now.saturating_duration_since(self.at));
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::fixtures::start;

    const PACKET: DataSize = DataSize::from_bytes(1200);

    /// Bytes that leave within `span` when there is always something to send.
    fn sent_within(pacer: &mut Pacer, from: Instant, span: Duration) -> u64 {
        let mut packets = 0;
        let mut at = Duration::ZERO;
        while at < span {
            for _ in 0..1000 {
                if !pacer.is_ready(from + at) {
                    break;
                }
                pacer.handle_sent(PACKET);
                packets += 1;
            }
            at += BURST;
        }
        packets * PACKET.bytes()
    }

    #[test]
    fn without_a_budget_everything_leaves_at_once() {
        let now = start();
        let mut pacer = Pacer::new(now);

        assert_eq!(sent_within(&mut pacer, now, BURST), 1000 * PACKET.bytes());
    }

    #[test]
    fn with_a_budget_the_rate_is_kept_and_a_tick_may_leave_ahead() {
        let now = start();
        let mut pacer = Pacer::new(now);
        let budget = Bitrate::from_kbps(8000);
        pacer.set_budget(budget, now);

        let sent = sent_within(&mut pacer, now, Duration::from_secs(2));

        // The last tick is a burst before the end, and a burst may leave ahead.
        let wanted = budget.size_in(Duration::from_secs(2)).bytes();
        assert!(sent.abs_diff(wanted) <= 2 * PACKET.bytes(), "{sent} of {wanted}");
    }
}
