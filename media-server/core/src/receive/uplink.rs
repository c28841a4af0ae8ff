//! Whether a publisher's way to the node is too slow for pictures: so that its sound, at least, comes whole.
//!
//! ```text
//!  sound        ▁▁▁▅▅▅▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▅▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁      lost, or late
//!  pictures     all███▏held up 20 s ▕l▏held up 40 s ▕lowest█▕all█   each try that fails doubles the time
//! ```
//!
//! A browser lowers its pictures by itself; but there is a least that it sends, and on a way of 80 kbit/s that is too much. Then
//! the sound waits, and is lost, as long and as much as the pictures. The node sees that, has the pictures stopped, and tries
//! again later, with the lowest layer alone: only pictures can show that there is room for them.

use std::time::{Duration, Instant};

use rtp::Bitrate;

use super::stream::Interval;
use crate::packet::{LAYERS_MAX, Layer};

/// Losing this much, in 1/256, the sound is no longer whole: 8 %.
const LOST_MIN: u8 = 20;
/// Sound that waits so long on its way, by [`super::stream::Stream::late`], for [`LOOKS`] seconds has pictures before it.
const LATE_MIN: Duration = Duration::from_millis(150);
/// So long in a queue, in a try, which is stopped before anything is lost.
const QUEUED_IN_TRY: Duration = Duration::from_millis(80);
/// Of fewer packets of sound in a second nothing can be told: somebody is silent.
const PACKETS_MIN: u64 = 10;
/// Looks in a row that show it, a second each: a burst is over by then.
const LOOKS: u8 = 3;
/// What comes of a way that is thin: the lowest tier and the sound. Where more comes it is not the rate that loses.
const THIN: Bitrate = Bitrate::from_kbps(250);
/// So many times less comes than what was asked for usually takes: the publisher would send more. Where no more was asked for than
/// small pictures, little comes of any way.
const LESS_BY: u32 = 2;
/// The first time that pictures are held up for. A try on a way that has not become better costs half a second of sound.
const HOLD: Duration = Duration::from_secs(20);
/// The longest.
const HOLD_MAX: Duration = Duration::from_secs(80);
/// A try has passed when pictures came and the sound stayed whole for this long.
const TRIED: Duration = Duration::from_secs(10);

/// What pictures a publisher may send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Pictures {
    #[default]
    All,
    /// The lowest layer, to see whether it comes through.
    Lowest,
    /// None: they are held up.
    Held,
}

impl Pictures {
    /// The highest layer that may come.
    pub(crate) const fn cap(self) -> Option<Layer> {
        match self {
            Self::All => Some(Layer(LAYERS_MAX as u8 - 1)),
            Self::Lowest => Some(Layer::BASE),
            Self::Held => None,
        }
    }
}

/// What a second has shown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    /// The part of the sound that is missing, in 1/256; `None` where there was too little of it.
    pub(crate) sound_lost: Option<u8>,
    /// What sound waits on its way; and what it waits in a queue, which is known sooner and is no burst.
    pub(crate) sound_late: Duration,
    pub(crate) sound_queued: Duration,
    /// What came, as far as it is known: of pictures that come in pieces, or since just now, it is not.
    pub(crate) sound: Bitrate,
    pub(crate) pictures: Bitrate,
    /// Pictures are sent: some came lately, or reports say so.
    pub(crate) has_pictures: bool,
    /// What the pictures that were asked for usually take.
    pub(crate) asked: Bitrate,
}

/// The part of a stream that is missing for good, in 1/256; `None` where that cannot be told.
pub(crate) fn part_missing(interval: Interval) -> Option<u8> {
    let Interval { expected, missing } = interval;
    (expected >= PACKETS_MIN).then(|| (missing * 256 / expected).min(255) as u8)
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// With so many bad looks in a row.
    Open { looks: u8 },
    /// With so many looks in a row in which sound was lost all the same.
    Held { until: Instant, looks: u8 },
    /// Since when pictures come.
    Tried { since: Option<Instant> },
}

/// What is known of one publisher's way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uplink {
    state: State,
    hold: Duration,
    /// Since when it has been open: the next hold is short again when it was for [`TRIED`].
    opened: Option<Instant>,
    /// Pictures are not to blame for what is lost: not before then are they held up again.
    spared_until: Option<Instant>,
}

impl Default for Uplink {
    fn default() -> Self {
        Self { state: State::Open { looks: 0 }, hold: Duration::ZERO, opened: None, spared_until: None }
    }
}

impl Uplink {
    /// What pictures may come.
    pub(crate) const fn pictures(&self) -> Pictures {
        match self.state {
            State::Open { .. } => Pictures::All,
            State::Held { .. } => Pictures::Held,
            State::Tried { .. } => Pictures::Lowest,
        }
    }

    /// Takes what a second has shown.
    pub(crate) fn look(&mut self, now: Instant, seen: &Seen) {
        let loses = seen.sound_lost.is_some_and(|lost| lost >= LOST_MIN);
        let may_blame = seen.has_pictures && self.is_thin(now, seen);
        self.state = match self.state {
            State::Open { looks } => {
                let lacks = |by: u32| seen.pictures.scaled(by, 1) < seen.asked;
                let is_bad =
                    may_blame && (seen.sound_late >= LATE_MIN && lacks(1) || loses && lacks(LESS_BY));
                let looks = if is_bad { looks + 1 } else { 0 };
                if self.opened.is_some_and(|at| now.saturating_duration_since(at) >= TRIED) && !is_bad {
                    (self.opened, self.hold) = (None, Duration::ZERO);
                }
                if looks < LOOKS { State::Open { looks } } else { self.hold_up(now) }
            }
            State::Held { until, .. } if now >= until => State::Tried { since: None },
            State::Held { until, looks } => {
                // The first of these are about what was on its way.
                let looks = if loses { looks + 1 } else { 0 };
                if looks < 2 * LOOKS {
                    State::Held { until, looks }
                } else {
                    self.spared_until = Some(now + HOLD_MAX);
                    State::Tried { since: None }
                }
            }
            State::Tried { .. } if may_blame && loses => self.hold_up(now),
            State::Tried { since } => {
                let comes = seen.pictures > Bitrate::ZERO;
                let since = since.or(comes.then_some(now));
                if since.is_some_and(|at| now.saturating_duration_since(at) >= TRIED) {
                    self.opened = Some(now);
                    State::Open { looks: 0 }
                } else {
                    State::Tried { since }
                }
            }
        };
    }

    /// Takes what there is to see in between, as often as it is known: a try is stopped as soon as sound queues behind its
    /// pictures.
    pub(crate) fn look_at_try(&mut self, now: Instant, seen: &Seen) {
        let is_queued = seen.has_pictures && seen.sound_queued >= QUEUED_IN_TRY;
        if self.is_tried() && is_queued && self.is_thin(now, seen) {
            self.state = self.hold_up(now);
        }
    }

    /// Whether a try goes on, so that [`Uplink::look_at_try`] wants to know.
    pub(crate) const fn is_tried(&self) -> bool {
        matches!(self.state, State::Tried { .. })
    }

    /// Whether so little comes that pictures may be what fills the way.
    fn is_thin(&self, now: Instant, seen: &Seen) -> bool {
        let is_spared = self.spared_until.is_some_and(|until| now < until);
        seen.sound + seen.pictures <= THIN && !is_spared
    }

    fn hold_up(&mut self, now: Instant) -> State {
        self.hold = (self.hold * 2).clamp(HOLD, HOLD_MAX);
        self.opened = None;
        State::Held { until: now + self.hold, looks: 0 }
    }
}

#[cfg(test)]
mod tests;
