//! How much longer the way there and back takes than the quickest of late: what waits in a queue takes longer both ways it is
//! measured. What is late by its timestamps alone may be none: the media clock of a machine that is too busy to record falls behind.

use std::time::{Duration, Instant};

/// The quickest is that of the last one to two of these, as who moves to a longer way has not to wait for long.
const WINDOW: Duration = Duration::from_secs(30);
/// Reports come every second, those on sound alone every five. What is older says nothing of now.
const FRESH: Duration = Duration::from_secs(6);

/// What is known of one way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RoundTrips {
    latest: Option<(Instant, Duration)>,
    /// The quickest of this window and of the one before.
    least: [Option<Duration>; 2],
    began: Option<Instant>,
}

impl RoundTrips {
    /// Takes one.
    pub(crate) fn note(&mut self, trip: Duration, now: Instant) {
        if self.began.is_none_or(|began| now.saturating_duration_since(began) >= WINDOW) {
            (self.least, self.began) = ([None, self.least[0]], Some(now));
        }
        self.least[0] = Some(self.least[0].map_or(trip, |least| least.min(trip)));
        self.latest = Some((now, trip));
    }

    /// By how much the latest was longer than the quickest; `None` when there was none lately.
    pub(crate) fn rise(&self, now: Instant) -> Option<Duration> {
        let (_, latest) = self.latest.filter(|(at, _)| now.saturating_duration_since(*at) <= FRESH)?;
        let least = self.least.into_iter().flatten().min()?;
        Some(latest.saturating_sub(least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::fixtures::start;

    /// What is known after round trips of so many ms, one a second.
    fn rise(trips: &[u64]) -> Option<u128> {
        let (began, mut known) = (start(), RoundTrips::default());
        for (at, trip) in (0..).zip(trips) {
            known.note(Duration::from_millis(*trip), began + Duration::from_secs(at));
        }
        known.rise(began + Duration::from_secs(trips.len() as u64)).map(|rise| rise.as_millis())
    }

    #[test]
    fn a_queue_makes_the_way_longer_and_another_way_is_soon_the_usual_one() {
        assert_eq!(rise(&[]), None);
        assert_eq!(rise(&[50]), Some(0));
        assert_eq!(rise(&[50, 52, 300]), Some(250));
        assert_eq!(rise(&[&[50; 20][..], &[200; 61]].concat()), Some(0));
    }

    #[test]
    fn what_is_old_says_nothing() {
        let (began, mut known) = (start(), RoundTrips::default());
        known.note(Duration::from_millis(50), began);

        assert_eq!(known.rise(began + FRESH), Some(Duration::ZERO));
        assert_eq!(known.rise(began + FRESH + Duration::from_millis(1)), None);
    }
}
