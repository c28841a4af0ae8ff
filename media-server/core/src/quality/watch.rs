//! What is kept of one participant's connection from second to second, and of all of a worker's.

use std::time::{Duration, Instant};

use protocol::TrackId;
use protocol::signal::{Cause, DeviceLimit};

use super::Direction;
use super::sample::{Reported, Sample};
use super::verdict::Verdict;

/// One connection.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Watch {
    pub(crate) reported: Reported,
    pub(crate) verdict: Verdict,
    /// What its browser says.
    pub(crate) limited: DeviceLimit,
    /// Of the last second, by [`Direction`].
    pub(crate) last: [Sample; 2],
    /// Bytes that all its lanes had sent by then. Wraps.
    pub(crate) sent: u32,
}

/// A lane that shows a camera.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Which, and packets that the lane had sent by then.
    before: Option<(TrackId, u32)>,
}

impl Shown {
    /// Takes a second. Whether nothing was sent in it of what was shown all the while.
    pub(crate) fn stood(&mut self, shown: Option<TrackId>, packets: u32) -> bool {
        let now = shown.map(|track| (track, packets));
        std::mem::replace(&mut self.before, now) == now && now.is_some()
    }
}

/// Classes of the opinion score by their upper ends, in tenths; the last has none.
pub const MOS_CLASSES: [u8; 7] = [20, 25, 30, 35, 40, 43, 45];

/// Seconds of participants, by how they were. Totals since the core began, without anybody's identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QualityCounts {
    /// Seconds in which the score was known, by [`Direction`] and [`MOS_CLASSES`].
    pub mos: [[u64; MOS_CLASSES.len()]; 2],
    /// Seconds with each of [`Cause::ALL`].
    pub causes: [u64; Cause::ALL.len()],
    /// Milliseconds that cameras' pictures stood, by [`Direction`].
    pub frozen_ms: [u64; 2],
    /// All seconds.
    pub seconds: u64,
}

impl QualityCounts {
    pub(crate) fn count(&mut self, samples: &[Sample; 2], cause: Option<Cause>) {
        self.seconds += 1;
        for direction in Direction::ALL {
            let sample = &samples[direction as usize];
            self.frozen_ms[direction as usize] += sample.frozen.as_millis() as u64;
            if let Some(mos) = sample.rating.map(|rating| rating.mos().tenths()) {
                let class = MOS_CLASSES.iter().position(|end| mos <= *end).unwrap_or(MOS_CLASSES.len() - 1);
                self.mos[direction as usize][class] += 1;
            }
        }
        if let Some(at) = cause.and_then(|cause| Cause::ALL.iter().position(|other| *other == cause)) {
            self.causes[at] += 1;
        }
    }
}

/// Over this span it is seen whether most of a worker's participants are badly off.
const SPAN: Duration = Duration::from_secs(2);
/// With fewer looks in it, of one participant a second, it is chance.
const LOOKS_MIN: u32 = 20;

/// All connections of a worker: they come over different networks, and are badly off at once only by what they share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    until: Instant,
    looks: u32,
    bad: u32,
    is_bad: bool,
}

impl Crowd {
    pub(crate) fn new(now: Instant) -> Self {
        Self { until: now + SPAN, looks: 0, bad: 0, is_bad: false }
    }

    /// Takes a second of one of them. Whether most were badly off in the last span.
    pub(crate) fn handle_second(&mut self, is_bad: bool, now: Instant) -> bool {
        if now >= self.until {
            self.is_bad = self.looks >= LOOKS_MIN && self.bad * 2 > self.looks;
            (self.looks, self.bad, self.until) = (0, 0, now + SPAN);
        }
        self.looks += 1;
        self.bad += u32::from(is_bad);
        self.is_bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::fixtures::start;

    /// Whether so many participants, of whom so many are badly off, are so together after five seconds.
    fn is_common(participants: u32, bad: u32) -> bool {
        let now = start();
        let mut crowd = Crowd::new(now);
        let seconds = (0..5).map(|second| now + Duration::from_secs(second));
        let mut looks = seconds.flat_map(|at| (0..participants).map(move |one| (one < bad, at)));
        looks.by_ref().fold(false, |_, (is_bad, at)| crowd.handle_second(is_bad, at))
    }

    #[test]
    fn many_who_are_badly_off_at_once_are_so_together() {
        assert!(is_common(12, 7));
        assert!(!is_common(12, 6), "half of them");
        assert!(!is_common(8, 8), "a room with one bad network");
    }

    #[test]
    fn a_lane_stands_when_nothing_goes_out_of_what_it_showed_before() {
        let (one, other) = (Some(TrackId(1)), Some(TrackId(2)));
        let mut shown = Shown::default();

        let stood = [(one, 0), (one, 5), (one, 5), (other, 5), (other, 5), (None, 5), (None, 5)]
            .map(|(track, packets)| shown.stood(track, packets));

        assert_eq!(stood, [false, false, true, false, true, false, false]);
    }
}
