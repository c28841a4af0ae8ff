//! The pacer: whether a subscriber's packets may leave now.
//!
//! ```text
//!  level │ ▂▂▂            ▂▂▂            a frame leaves at once, as one run
//!        │ ███▅▂          ███▅▂
//!        │                     ███████▅▂  a key frame: one burst, then a tick's worth each tick
//!        └──────────────────────────────▶ time
//! ```
//!
//! A leaky bucket, kept as the time at which it is empty: what is sent puts that off, and a packet may leave while it is
//! not further away than the burst that the path's queue can take. The rate is unlimited until feedback tells what
//! the path carries. Audio is never asked.

use std::time::{Duration, Instant};

use rtp::{Bitrate, DataSize};

/// What waits leaves in steps of this: at 2 Mbit/s each is a packet or two, at 8 Mbit/s a run of four.
pub const TICK: Duration = Duration::from_millis(5);
/// What may be sent ahead of the rate: a frame of a stream that fills the path leaves at once, and the path's queue
/// gets no longer than this by it.
pub const BURST: Duration = Duration::from_millis(20);
const BURST_NS: u64 = BURST.as_nanos() as u64;
/// What one datagram can put off, a second: at no rate at all, the next packet would never leave.
const DEBT_MAX_NS: u64 = 1_000_000_000;

/// One subscriber's budget.
#[derive(Debug, Clone, Copy)]
pub struct Pacer {
    rate: Bitrate,
    /// What a byte takes, in picoseconds.
    byte_ps: u64,
    /// When all that was sent has left at the rate, in nanoseconds since `began`.
    empty_ns: u64,
    began: Instant,
    /// The last time that was asked about: all packets of a batch have the same.
    now: (Instant, u64),
}

impl Pacer {
    /// Without a limit.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self { rate: Bitrate::MAX, byte_ps: 0, empty_ns: 0, began: now, now: (now, 0) }
    }

    /// Sets the rate at which packets may leave from now on, and at which what was sent leaves.
    pub fn set_rate(&mut self, rate: Bitrate, now: Instant) {
        let now_ns = self.ns(now);
        let debt = self.rate.size_in(Duration::from_nanos(self.empty_ns.saturating_sub(now_ns)));
        self.rate = rate;
        self.byte_ps = rate.time_for(DataSize::from_bytes(1000)).as_nanos().try_into().unwrap_or(u64::MAX);
        self.empty_ns = now_ns;
        self.handle_sent(debt, now);
    }

    /// The rate at which packets leave.
    #[must_use]
    pub const fn rate(&self) -> Bitrate {
        self.rate
    }

    /// Whether a packet may leave now, whatever its size.
    #[inline]
    #[must_use]
    pub fn is_ready(&mut self, now: Instant) -> bool {
        self.empty_ns <= self.ns(now) + BURST_NS
    }

    /// Whether a packet may leave now that may run so far ahead of the others.
    #[must_use]
    pub fn is_ready_ahead(&mut self, ahead: Duration, now: Instant) -> bool {
        self.empty_ns <= self.ns(now) + BURST_NS + ahead.as_nanos() as u64
    }

    /// Counts what has left.
    #[inline]
    pub fn handle_sent(&mut self, size: DataSize, now: Instant) {
        let took = (size.bytes().saturating_mul(self.byte_ps) / 1000).min(DEBT_MAX_NS);
        self.empty_ns = self.empty_ns.max(self.ns(now)) + took;
    }

    #[inline]
    fn ns(&mut self, now: Instant) -> u64 {
        if self.now.0 != now {
            self.now = (now, now.saturating_duration_since(self.began).as_nanos() as u64);
        }
        self.now.1
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
                pacer.handle_sent(PACKET, from + at);
                packets += 1;
            }
            at += TICK;
        }
        packets * PACKET.bytes()
    }

    #[test]
    fn without_a_budget_everything_leaves_at_once() {
        let now = start();
        let mut pacer = Pacer::new(now);

        assert_eq!(sent_within(&mut pacer, now, TICK), 1000 * PACKET.bytes());
    }

    #[test]
    fn with_a_budget_the_rate_is_kept_and_a_burst_may_leave_ahead() {
        let now = start();
        let mut pacer = Pacer::new(now);
        let rate = Bitrate::from_kbps(8000);
        pacer.set_rate(rate, now);

        let sent = sent_within(&mut pacer, now, Duration::from_secs(2));

        // A packet may begin while the burst is not used up.
        let wanted = rate.size_in(Duration::from_secs(2) + BURST - TICK).bytes();
        assert!(sent.abs_diff(wanted) <= 2 * PACKET.bytes(), "{sent} of {wanted}");
    }

    #[test]
    fn a_usual_frame_leaves_at_once_at_the_rate_that_it_needs() {
        let now = start();
        let mut pacer = Pacer::new(now);
        // 30 frames a second of five packets are 1.44 Mbit/s, paced half as fast again.
        pacer.set_rate(Bitrate::from_kbps(2160), now);

        for frame in 0..30 {
            let at = now + Duration::from_millis(33) * frame;
            for _ in 0..5 {
                assert!(pacer.is_ready(at));
                pacer.handle_sent(PACKET, at);
            }
        }
    }

    #[test]
    fn what_was_sent_at_one_rate_leaves_at_the_next() {
        let now = start();
        let mut pacer = Pacer::new(now);
        pacer.set_rate(Bitrate::from_kbps(960), now);
        for _ in 0..5 {
            pacer.handle_sent(PACKET, now);
        }

        // 6000 bytes: 50 ms at the first rate, of which 10 have passed; four times as long for what is left.
        let after = now + Duration::from_millis(10);
        pacer.set_rate(Bitrate::from_kbps(240), after);

        assert!(!pacer.is_ready(after + Duration::from_millis(139)));
        assert!(pacer.is_ready(after + Duration::from_millis(141)));
    }

    #[test]
    fn a_slow_rate_asked_often_is_kept_too() {
        let now = start();
        let mut pacer = Pacer::new(now);
        pacer.set_rate(Bitrate::from_kbps(30), now);
        for _ in 0..4 {
            pacer.handle_sent(PACKET, now);
        }

        // 4800 bytes at 30 kbit/s take 1280 ms; all but the burst must be gone.
        let at = |step: u32| now + Duration::from_micros(10) * step;
        let ready = (0..200_000).find(|step| pacer.is_ready(at(*step))).unwrap();

        assert!((1_255..=1_265).contains(&(ready / 100)), "after {} ms", ready / 100);
    }
}
