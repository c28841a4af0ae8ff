//! Whether a publisher's way to the node is too slow for pictures: so that its sound, at least, comes whole.
//!
//! ```text
//!  sound lost  ▁▁▁▅▅▅▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▅▅▅▁▁▁▁▁▁▁
//!  pictures    ████████▏held up 10 s ▕██████▏held up 20 s …     each try that fails doubles the time
//! ```
//!
//! A browser lowers its pictures by itself; but there is a least that it sends, and on a way of 80 kbit/s that is too much. Then
//! the sound loses as large a part as the pictures do. The node sees that, has the pictures stopped, and tries again later:
//! only pictures can show that there is room for them.

use std::time::{Duration, Instant};

use rtp::Bitrate;

/// Losing this much, in 1/256, the sound is no longer whole: 8 %.
const LOST_MIN: u8 = 20;
/// Looks in a row that show it, a second each: a burst is over by then.
const LOOKS: u8 = 3;
/// What comes of a way that is thin: the lowest tier and the sound. Where more comes it is not the rate that loses.
const THIN: Bitrate = Bitrate::from_kbps(250);
/// The first time that pictures are held up for.
const HOLD: Duration = Duration::from_secs(10);
/// The longest.
const HOLD_MAX: Duration = Duration::from_secs(60);
/// A try has passed when the sound stays whole for this long.
const TRIED: Duration = Duration::from_secs(10);

/// What is known of one publisher's way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Uplink {
    looks: u8,
    held_until: Option<Instant>,
    tried_at: Option<Instant>,
    hold: Duration,
}

impl Uplink {
    /// Takes what a second has shown: the part of the sound that was lost, in 1/256, and the rate of all that came.
    /// Whether pictures are held up from now on, or no longer; `None` for no change.
    pub(crate) fn look(&mut self, now: Instant, sound_lost: u8, came: Bitrate) -> Option<bool> {
        if let Some(until) = self.held_until {
            if now < until {
                return None;
            }
            self.held_until = None;
            self.tried_at = Some(now);
            self.looks = 0;
            return Some(false);
        }
        let is_bad = sound_lost >= LOST_MIN && came <= THIN;
        self.looks = if is_bad { self.looks + 1 } else { 0 };
        if self.tried_at.is_some_and(|at| now.saturating_duration_since(at) >= TRIED) && !is_bad {
            self.tried_at = None;
            self.hold = Duration::ZERO;
        }
        if self.looks < LOOKS {
            return None;
        }
        self.hold = (self.hold * 2).clamp(HOLD, HOLD_MAX);
        self.held_until = Some(now + self.hold);
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::fixtures::start;

    const THIN_WAY: Bitrate = Bitrate::from_kbps(80);

    /// Looks once a second, losing so much while pictures come and nothing else; when they were held up, in seconds.
    fn held(uplink: &mut Uplink, seconds: u64, lost: impl Fn(u64, bool) -> u8, came: Bitrate) -> Vec<u64> {
        let now = start();
        let mut held = Vec::new();
        for second in 0..seconds {
            let lost = lost(second, uplink.held_until.is_some());
            uplink.look(now + Duration::from_secs(second), lost, came);
            held.extend(uplink.held_until.is_some().then_some(second));
        }
        held
    }

    #[test]
    fn who_loses_sound_on_a_thin_way_is_relieved_of_pictures_and_tried_again_ever_more_rarely() {
        let mut uplink = Uplink::default();

        let held = held(&mut uplink, 120, |_, is_held| if is_held { 0 } else { 60 }, THIN_WAY);

        let begins: Vec<u64> =
            (0..120).filter(|at| held.contains(at) && !held.contains(&at.wrapping_sub(1))).collect();
        // Three looks, then 10, 20, 40, 60 s, with three looks between.
        assert_eq!(begins, [2, 15, 38, 81]);
    }

    #[test]
    fn a_burst_of_loss_holds_nothing_up() {
        let mut uplink = Uplink::default();

        assert_eq!(held(&mut uplink, 60, |second, _| if second % 4 < 2 { 200 } else { 0 }, THIN_WAY), [0; 0]);
    }

    #[test]
    fn loss_by_chance_on_a_fast_way_holds_nothing_up() {
        let mut uplink = Uplink::default();

        assert_eq!(held(&mut uplink, 60, |_, _| 40, Bitrate::from_kbps(900)), [0; 0]);
    }

    #[test]
    fn a_way_that_has_become_better_is_believed() {
        let mut uplink = Uplink::default();

        let held =
            held(&mut uplink, 60, |second, _| if second < 3 || second == 40 { 60 } else { 0 }, THIN_WAY);

        assert_eq!(held, (2..12).collect::<Vec<_>>());
        assert_eq!(uplink.hold, Duration::ZERO, "the next time begins anew");
    }
}
