//! How long packets wait in the path: the one-way delay above its least in the last seconds.
//!
//! The clocks of both ends differ, and drift; only differences of delays are used, and the least is forgotten after
//! [`FORGET_US`], so that a path that became longer for good is no queue for long.

/// The least delay of the last one to two of these counts. Clocks drift by less than 1 ms in it.
const FORGET_US: i64 = 5_000_000;
/// How far the delay may be from the truth before another clock is assumed.
const DELAY_MAX_US: i64 = 10_000_000;

/// The queue of one path. Microseconds.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Since when this least counts, and the least.
    least: Option<(i64, i64)>,
    /// The least of the span before.
    least_before: Option<i64>,
    /// The least delay of the feedback that is being read.
    reading: Option<i64>,
    /// The delay that the last feedback showed.
    delay: Option<i64>,
}

impl Queue {
    /// Takes a packet's delay, between two clocks.
    pub(super) fn handle_arrival(&mut self, sent_us: i64, arrived_us: i64) {
        let delay = arrived_us.saturating_sub(sent_us);
        self.reading = Some(self.reading.map_or(delay, |least| least.min(delay)));
    }

    /// Ends a feedback: the least of its delays is the queue's, free of what jitter adds to single packets.
    pub(super) fn handle_feedback(&mut self, now_us: i64) {
        let Some(delay) = self.reading.take() else { return };
        self.delay = Some(delay);
        let (since, least) = self.least.unwrap_or((now_us, delay));
        if delay.saturating_sub(least).saturating_abs() > DELAY_MAX_US {
            self.least = Some((now_us, delay));
            self.least_before = None;
        } else if now_us - since > FORGET_US {
            self.least_before = Some(least);
            self.least = Some((now_us, delay));
        } else {
            self.least = Some((since, least.min(delay)));
        }
    }

    /// How long a packet waits now.
    pub(super) fn waiting_us(&self) -> i64 {
        let (Some(delay), Some((_, least))) = (self.delay, self.least) else { return 0 };
        let least = self.least_before.map_or(least, |before| before.min(least));
        delay.saturating_sub(least).clamp(0, DELAY_MAX_US)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: i64 = -77_000_000;

    /// The wait after a feedback each 50 ms with such delays.
    fn waiting(queue: &mut Queue, from_us: i64, delays_us: impl IntoIterator<Item = i64>) -> i64 {
        for (number, delay) in (0..).zip(delays_us) {
            let now = from_us + number * 50_000;
            queue.handle_arrival(now, now + FAR + delay);
            queue.handle_arrival(now, now + FAR + delay + 9_000);
            queue.handle_feedback(now);
        }
        queue.waiting_us()
    }

    #[test]
    fn the_wait_is_what_comes_on_top_of_the_least() {
        let mut queue = Queue::default();

        assert_eq!(waiting(&mut queue, 0, [25_000, 20_000, 120_000]), 100_000);
    }

    #[test]
    fn a_longer_path_is_no_queue_for_long() {
        let mut queue = Queue::default();
        waiting(&mut queue, 0, [20_000; 10]);

        let at_first = waiting(&mut queue, 500_000, [120_000; 100]);
        let later = waiting(&mut queue, 5_500_000, [120_000; 400]);

        assert_eq!((at_first, later), (100_000, 0));
    }

    #[test]
    fn another_clock_is_no_queue() {
        let mut queue = Queue::default();
        waiting(&mut queue, 0, [20_000; 10]);

        assert_eq!(waiting(&mut queue, 500_000, [1 << 50]), 0);
    }
}
