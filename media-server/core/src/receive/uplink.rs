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

use super::stream::Interval;

/// Losing this much, in 1/256, the sound is no longer whole: 8 %.
const LOST_MIN: u8 = 20;
/// Of fewer packets of sound in a second nothing can be told: somebody is silent.
const PACKETS_MIN: u64 = 10;
/// Looks in a row that show it, a second each: a burst is over by then.
const LOOKS: u8 = 3;
/// What comes of a way that is thin: the lowest tier and the sound. Where more comes it is not the rate that loses.
const THIN: Bitrate = Bitrate::from_kbps(250);
/// So many times less comes than what was asked for usually takes: the publisher would send more. Where no more was asked for than
/// small pictures, little comes of any way.
const LESS_BY: u32 = 2;
/// The first time that pictures are held up for.
const HOLD: Duration = Duration::from_secs(10);
/// The longest.
const HOLD_MAX: Duration = Duration::from_secs(60);
/// A try has passed when the sound was whole in so many looks, and pictures came.
const TRIED: u8 = 10;

/// What is known of one publisher's way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Uplink {
    looks: u8,
    held_until: Option<Instant>,
    /// Looks that a try has passed so far.
    tried: Option<u8>,
    hold: Duration,
}

/// What a second has shown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    /// The part of the sound that is missing, in 1/256; `None` where there was too little of it.
    pub(crate) sound_lost: Option<u8>,
    /// What came.
    pub(crate) sound: Bitrate,
    pub(crate) pictures: Bitrate,
    /// What the pictures that were asked for usually take.
    pub(crate) asked: Bitrate,
}

/// The part of a stream that is missing for good, in 1/256; `None` where that cannot be told.
pub(crate) fn part_missing(interval: Interval) -> Option<u8> {
    let Interval { expected, missing } = interval;
    (expected >= PACKETS_MIN).then(|| (missing * 256 / expected).min(255) as u8)
}

impl Uplink {
    /// Whether pictures are held up now.
    pub(crate) const fn is_held_up(&self) -> bool {
        self.held_until.is_some()
    }

    /// Takes what a second has shown. Whether pictures are held up from now on, or no longer; `None` for no change.
    pub(crate) fn look(&mut self, now: Instant, seen: &Seen) -> Option<bool> {
        if let Some(until) = self.held_until {
            if now < until {
                return None;
            }
            self.held_until = None;
            self.tried = Some(0);
            self.looks = 0;
            return Some(false);
        }
        // Without pictures there is nothing to hold up, and nothing is tried.
        let has_pictures = seen.pictures > Bitrate::ZERO;
        let is_thin = seen.sound + seen.pictures <= THIN && seen.pictures.scaled(LESS_BY, 1) < seen.asked;
        let is_bad = has_pictures && is_thin && seen.sound_lost.is_some_and(|lost| lost >= LOST_MIN);
        self.looks = if is_bad { self.looks + 1 } else { 0 };
        if has_pictures && !is_bad {
            self.tried = self.tried.map(|looks| looks + 1);
            if self.tried.is_some_and(|looks| looks >= TRIED) {
                self.tried = None;
                self.hold = Duration::ZERO;
            }
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
mod tests;
