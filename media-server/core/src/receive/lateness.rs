//! How much longer packets of a stream take than its quickest: what waits on their way. The clocks of the two ends need not
//! agree, only go alike.

use std::time::Duration;

use rtp::ClockRate;

/// The quickest is that of the last one to two of these. Clocks that differ by 100 ppm have moved 2 ms apart by then; and who
/// moves to a longer way is not late for long.
const WINDOW: Duration = Duration::from_secs(10);
/// A packet counts for an eighth: at 50 a second, what is told is 160 ms behind.
const SMOOTHING: i64 = 8;

/// Longer than any queue: the publisher's clock was set, or another microphone took over.
const JUMP: Duration = Duration::from_secs(2);

/// What is known of one stream. All in ticks of its clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lateness {
    /// The least transit of this window and of the one before.
    least: [i64; 2],
    /// When this window began.
    began: Duration,
    smoothed: i64,
}

impl Lateness {
    pub(super) const fn new() -> Self {
        Self { least: [i64::MAX; 2], began: Duration::ZERO, smoothed: 0 }
    }

    /// Takes a packet's arrival minus its timestamp, whose zero means nothing, and when it came.
    #[inline]
    pub(super) fn handle_packet(&mut self, transit: i64, arrival: Duration, rate: ClockRate) {
        let jump = rate.ticks_in(JUMP) as i64;
        if transit.saturating_sub(self.least[0].min(self.least[1])) > jump {
            *self = Self { began: arrival, ..Self::new() };
        }
        if arrival.saturating_sub(self.began) >= WINDOW {
            (self.least, self.began) = ([i64::MAX, self.least[0]], arrival);
        }
        self.least[0] = self.least[0].min(transit);
        let late = transit.saturating_sub(self.least[0].min(self.least[1]));
        self.smoothed += (late - self.smoothed) / SMOOTHING;
    }

    /// By how much packets were late lately.
    pub(super) fn get(&self, rate: ClockRate) -> Duration {
        rate.duration_of(self.smoothed.max(0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets each 20 ms that take so many ms; how late they are said to be in the end, in ms.
    fn late(took: impl IntoIterator<Item = i64>) -> u128 {
        let mut lateness = Lateness::new();
        for (number, took) in (0_u64..).zip(took) {
            // The publisher's clock shows something else altogether.
            lateness.handle_packet(
                took * 48 - 7_000_000,
                Duration::from_millis(number * 20),
                ClockRate::OPUS,
            );
        }
        lateness.get(ClockRate::OPUS).as_millis()
    }

    #[test]
    fn what_waits_is_late_and_what_comes_as_ever_is_not() {
        assert_eq!(late([50; 200]), 0);
        assert!((195..=200).contains(&late([50; 100].into_iter().chain([250; 50]))));
        assert!(late([50; 100].into_iter().chain([250; 50]).chain([50; 50])) < 5);
    }

    #[test]
    fn a_longer_way_is_soon_the_usual_one() {
        assert_eq!(late([50; 100].into_iter().chain([250; 1100])), 0);
    }

    #[test]
    fn another_clock_is_not_late() {
        assert_eq!(late([50; 100].into_iter().chain([9000; 5])), 0);
    }
}
