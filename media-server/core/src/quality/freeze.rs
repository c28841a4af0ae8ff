//! How much of a second a camera's picture stood on its way to the node: by when packets came, which is known anyway.
//!
//! ```text
//!  packets   ||||||||·············||||||·····||||||||··········
//!  seconds   ├──────────┼──────────┼──────────┼──────────┤
//!                       │◀ whole ─▶│  a pause inside one second: the least that makes one
//! ```

use std::time::{Duration, Instant};

/// When packets of a track came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flow {
    /// The last.
    pub(crate) last: Instant,
    /// Since when they have come without a longer pause than the least that counts.
    pub(crate) steady_since: Instant,
}

/// One track, second by second.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Freeze {
    /// It was on and watched, and this was its last packet.
    before: Option<Instant>,
}

impl Freeze {
    /// Takes a second: from `since` to `now`. `pause`: the least that counts as one. What has just been switched on, and what
    /// nobody watches, does not stand.
    pub(crate) fn look(
        &mut self,
        is_on: bool,
        flow: Option<Flow>,
        pause: Duration,
        (since, now): (Instant, Instant),
    ) -> Duration {
        let flow = flow.filter(|_| is_on);
        let before = std::mem::replace(&mut self.before, flow.map(|flow| flow.last));
        let (Some(before), Some(flow)) = (before, flow) else { return Duration::ZERO };
        let silence = now.saturating_duration_since(flow.last);
        let at_the_end = if silence > pause {
            now.saturating_duration_since(flow.last.max(since))
        } else {
            Duration::ZERO
        };
        let resumed = flow.steady_since.saturating_duration_since(since);
        let earlier = if resumed.is_zero() {
            Duration::ZERO
        } else if since.saturating_duration_since(before) > pause {
            resumed
        } else {
            // Where in the second the pause began is not known.
            pause.min(resumed)
        };
        (at_the_end + earlier).min(now.saturating_duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::fixtures::start;

    const PAUSE: Duration = Duration::from_millis(250);

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Milliseconds that stood in each of four seconds, with packets every 33 ms but for these pauses.
    fn stood(is_on: impl Fn(u64) -> bool, pauses: &[(u64, u64)]) -> Vec<u128> {
        let begin = start();
        let comes = |at: &u64| !pauses.iter().any(|(from, to)| (*from..*to).contains(at));
        let all: Vec<u64> = (0..4000).step_by(33).filter(comes).collect();
        let mut freeze = Freeze::default();
        let look = |second: u64| {
            let until = (second + 1) * 1000;
            let came: Vec<u64> = all.iter().copied().filter(|at| *at < until).collect();
            let steady = came.windows(2).rev().find(|pair| pair[1] - pair[0] > 250).map_or(0, |pair| pair[1]);
            let flow =
                came.last().map(|last| Flow { last: begin + ms(*last), steady_since: begin + ms(steady) });
            let span = (begin + ms(until - 1000), begin + ms(until));
            freeze.look(is_on(second), flow, PAUSE, span).as_millis()
        };
        (0..4).map(look).collect()
    }

    #[test]
    fn what_comes_steadily_does_not_stand() {
        assert_eq!(stood(|_| true, &[]), [0; 4]);
    }

    #[test]
    fn a_picture_that_stands_is_measured_from_end_to_end() {
        let stood = stood(|_| true, &[(1500, 3300)]);

        assert_eq!(stood[0], 0);
        assert!((500..=540).contains(&stood[1]) && stood[2] == 1000, "{stood:?}");
        assert!((300..=340).contains(&stood[3]), "{stood:?}");
    }

    #[test]
    fn a_pause_inside_a_second_counts_as_the_least_that_is_one() {
        assert_eq!(stood(|_| true, &[(1200, 1700)]), [0, 250, 0, 0]);
    }

    #[test]
    fn what_is_off_or_has_just_been_switched_on_does_not_stand() {
        assert_eq!(stood(|_| false, &[(500, 4000)]), [0; 4]);
        assert_eq!(stood(|second| second >= 2, &[(500, 2500)]), [0; 4]);
    }
}
