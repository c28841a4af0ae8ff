//! What a room is told of one connection, second by second: an opinion that does not flicker, and a cause that has lasted.
//!
//! ```text
//!  rating   ▔▔▔▔▔▔▔▔▔▁▁▁▁▁▁▁▁▁▁▔▔▔▔▔▔▔▔▔▔▔▔▔
//!  told     ▔▔▔▔▔▔▔▔▔▔▔╲▁▁▁▁▁▁▁╱▔▔▔▔▔▔▔▔▔▔▔▔      a quarter of the way each second, told in steps
//!  cause              ├ uplink ───────┤            after two seconds, until six without
//! ```

use protocol::signal::{Cause, Mos};

use super::mos::Rating;

/// The part of the way that the opinion moves in a second: a bad second is a quarter of it.
const PART: f32 = 0.25;
/// A smaller change, in tenths of the score, is not told: nobody hears it, and everybody in the room would be sent it.
const STEP: u8 = 2;
/// An opinion is forgotten after so many seconds in which nothing confirmed it.
const FORGOTTEN_AFTER: u8 = 6;
/// A cause is told when it has lasted for so many seconds,
const LASTS: u8 = 2;
/// and no longer when there has been none for so many.
const CALM: u8 = 6;

/// What is told.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Verdict {
    rating: Option<Rating>,
    unconfirmed: u8,
    mos: Option<Mos>,
    cause: Option<Cause>,
    /// Another cause, or none, and for how many seconds.
    other: (Option<Cause>, u8),
}

impl Verdict {
    /// Takes a second.
    pub(crate) fn handle_second(&mut self, rating: Option<Rating>, cause: Option<Cause>) {
        self.handle_rating(rating);
        if cause == self.cause {
            self.other = (cause, 0);
            return;
        }
        let lasted = if self.other.0 == cause { self.other.1 + 1 } else { 1 };
        self.other = (cause, lasted);
        if lasted >= if cause.is_some() { LASTS } else { CALM } {
            self.cause = cause;
            self.other.1 = 0;
        }
    }

    fn handle_rating(&mut self, rating: Option<Rating>) {
        self.unconfirmed = if rating.is_some() { 0 } else { self.unconfirmed.saturating_add(1) };
        if let Some(fresh) = rating {
            self.rating = Some(self.rating.map_or(fresh, |known| known.towards(fresh, PART)));
        } else if self.unconfirmed >= FORGOTTEN_AFTER {
            self.rating = None;
        }
        let now = self.rating.map(Rating::mos);
        let is_far = |one: Mos, other: Mos| one.tenths().abs_diff(other.tenths()) >= STEP;
        if self.mos.zip(now).is_none_or(|(told, now)| is_far(told, now)) {
            self.mos = now;
        }
    }

    /// How speech sounds; `None` while nothing shows it.
    pub(crate) const fn mos(&self) -> Option<Mos> {
        self.mos
    }

    /// What it is due to that something is amiss.
    pub(crate) const fn cause(&self) -> Option<Cause> {
        self.cause
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::quality::mos::SpeechLoss;

    fn rated(lost: f32) -> Option<Rating> {
        Some(Rating::new(Duration::from_millis(50), SpeechLoss { lost, burst_ratio: 1.0 }))
    }

    #[test]
    fn nothing_is_told_before_something_is_known_nor_long_after() {
        let mut verdict = Verdict::default();
        verdict.handle_second(None, None);
        assert_eq!(verdict.mos(), None);

        verdict.handle_second(rated(0.0), None);
        assert_eq!(verdict.mos().map(Mos::tenths), Some(44));
        let known: Vec<bool> = (0..7)
            .map(|_| {
                verdict.handle_second(None, None);
                verdict.mos().is_some()
            })
            .collect();
        assert_eq!(known, [true, true, true, true, true, false, false]);
    }

    #[test]
    fn an_opinion_moves_slowly_and_is_told_in_steps() {
        let mut verdict = Verdict::default();
        verdict.handle_second(rated(0.0), None);
        let mut told = vec![44];
        for _ in 0..20 {
            verdict.handle_second(rated(0.1), None);
            let now = verdict.mos().map_or(0, Mos::tenths);
            if told.last() != Some(&now) {
                told.push(now);
            }
        }

        assert!(told.len() <= 6 && told.windows(2).all(|pair| pair[0] >= pair[1] + STEP), "{told:?}");
        assert!(told.last().is_some_and(|last| *last <= 36), "{told:?}");
    }

    #[test]
    fn a_cause_is_told_when_it_lasts() {
        let mut verdict = Verdict::default();
        let mut told = |cause| {
            verdict.handle_second(None, cause);
            verdict.cause()
        };
        let (up, down) = (Some(Cause::Uplink), Some(Cause::Downlink));

        let moment = [up, None, up, None].map(&mut told);
        let lasting = [up, up, None, up, down, up, down, down].map(&mut told);
        let calm = [None; 6].map(&mut told);

        assert_eq!(moment, [None; 4]);
        assert_eq!(lasting, [None, up, up, up, up, up, up, down]);
        assert_eq!(calm, [down, down, down, down, down, None]);
    }
}
