//! How much longer packets of a stream take than its quickest: what waits on their way. The clocks of the two ends need not
//! agree, only go alike.

use std::time::Duration;

use rtp::ClockRate;

/// The quickest is that of the last one to two of these. Clocks that differ by 100 ppm have moved 2 ms apart by then; and who
/// moves to a longer way is not late for long.
const WINDOW: Duration = Duration::from_secs(10);
/// A packet counts for an eighth: at 50 a second, what is told is 160 ms behind.
const SMOOTHING: i64 = 8;

/// Of what stands in a queue a packet counts for a sixteenth, and one that did not wait for all: packets that were held back for
/// a quarter of a second, as radio does, and come all at once, never come to a third of it.
const STANDING: i64 = 16;
/// After a pause as long as this nothing is known of who waits. Longer than between two packets of silence (DTX, 400 ms).
const PAUSE: Duration = Duration::from_secs(1);

/// Longer than any queue: the publisher's clock was set, or another microphone took over.
const JUMP: Duration = Duration::from_secs(2);

/// What is known of one stream. All in ticks of its clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lateness {
    /// The least transit of this window and of the one before.
    least: [i64; 2],
    /// When this window began.
    began: Duration,
    last: Duration,
    smoothed: i64,
    standing: i64,
}

impl Lateness {
    pub(super) const fn new() -> Self {
        Self { least: [i64::MAX; 2], began: Duration::ZERO, last: Duration::ZERO, smoothed: 0, standing: 0 }
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
        if arrival.saturating_sub(self.last) >= PAUSE {
            (self.smoothed, self.standing) = (0, 0);
        }
        self.last = arrival;
        self.smoothed += (late - self.smoothed) / SMOOTHING;
        self.standing = late.min(self.standing + (late - self.standing) / STANDING);
    }

    /// By how much packets were late lately.
    pub(super) fn get(&self, rate: ClockRate) -> Duration {
        rate.duration_of(self.smoothed.max(0) as u64)
    }

    /// By how much all of them were late lately.
    pub(super) fn standing(&self, rate: ClockRate) -> Duration {
        rate.duration_of(self.standing.max(0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets each 20 ms that take so many ms, and what is known after each.
    fn each(took: impl IntoIterator<Item = i64>) -> Vec<Lateness> {
        let mut lateness = Lateness::new();
        let after = |(number, took): (i64, i64)| {
            // The publisher's clock shows something else altogether.
            let arrival = Duration::from_millis((number * 20 + took) as u64);
            lateness.handle_packet(took * 48 - 7_000_000, arrival, ClockRate::OPUS);
            lateness
        };
        (0..).zip(took).map(after).collect()
    }

    /// How late they are said to be in the end, in ms.
    fn late(took: impl IntoIterator<Item = i64>) -> u128 {
        each(took).last().unwrap().get(ClockRate::OPUS).as_millis()
    }

    /// The longest that all of them are said to have waited, in ms.
    fn standing(took: impl IntoIterator<Item = i64>) -> u128 {
        each(took).iter().map(|known| known.standing(ClockRate::OPUS).as_millis()).max().unwrap()
    }

    #[test]
    fn what_comes_all_at_once_after_a_while_does_not_stand_in_a_queue() {
        let held_back = (0..13).map(|number| 300 - number * 20);
        let usual = || std::iter::repeat_n(50, 100);
        let queue = (0..13).map(|number| 50 + number * 40);

        assert!(standing(usual().chain(held_back).chain(usual())) < 80);
        assert!(standing(usual().chain(queue)) > 150);
    }

    #[test]
    fn after_a_pause_nobody_waits() {
        let before = each([50; 50].into_iter().chain([350; 50]));
        let mut lateness = *before.last().unwrap();
        assert!(lateness.get(ClockRate::OPUS) > Duration::from_millis(250));

        lateness.handle_packet(50 * 48 - 7_000_000, lateness.last + PAUSE, ClockRate::OPUS);

        assert_eq!(lateness.get(ClockRate::OPUS), Duration::ZERO);
        assert_eq!(lateness.standing(ClockRate::OPUS), Duration::ZERO);
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
