//! Allocation: which layer each of a subscriber's video lanes gets out of what its connection carries.
//!
//! ```text
//!  budget   │ audio │ floor of A │ floor of B │ floor of C │ A up to its cap │ B up … │ C up … │ left
//!            always   lowest layer of each, first things first   then better ones, first things first
//! ```
//!
//! Pure policy: it holds no state and never touches a packet. Who wants what is a [`Wish`]; the order of wishes is
//! their importance. A lane whose lowest layer does not fit is paused, least important first, and the audio goes on.
//!
//! Better than now costs more than it costs: a step up must fit with [`HEADROOM`] to spare, so that an estimate that
//! trembles does not make the picture tremble. Down goes at once.

use arrayvec::ArrayVec;
use rtp::Bitrate;

use crate::packet::{LAYERS_MAX, Layer};

/// Wishes of one subscriber: its lanes, which the m-lines of its offer bound.
pub const WISHES_MAX: usize = protocol::limits::SDP_MEDIA_MAX;
/// What must be free for a step up, in percent of what would be used after it: the measured rate of a layer swings by
/// this much from second to second.
pub const HEADROOM: u32 = 15;

/// How much a lane matters. Earlier is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Importance {
    /// What the visit is about: the patient for who treats them, and a shared screen for everybody.
    Subject,
    /// Everything else.
    Other,
}

/// What one video lane could show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// How much it matters.
    pub importance: Importance,
    /// The rate of each layer, lowest first; `None` for one that there is not or that is more than is shown.
    pub rates: [Option<Bitrate>; LAYERS_MAX],
    /// What it gets now; `None` while it is paused.
    pub current: Option<Layer>,
}

impl Wish {
    /// What this layer takes.
    #[must_use]
    pub fn rate_of(&self, layer: Layer) -> Option<Bitrate> {
        self.rates.get(layer.index()).copied().flatten()
    }

    /// Its highest layer.
    #[must_use]
    pub fn best_layer(&self) -> Option<Layer> {
        self.rates.iter().rposition(Option::is_some).map(|at| Layer(at as u8))
    }

    /// What its lowest layer takes.
    #[must_use]
    pub fn floor_rate(&self) -> Option<Bitrate> {
        self.floor().map(|(_, rate)| rate)
    }

    /// The lowest layer and what it takes.
    fn floor(&self) -> Option<(Layer, Bitrate)> {
        self.from(0)
    }

    /// The next better layer than this, and what it takes.
    fn above(&self, layer: Layer) -> Option<(Layer, Bitrate)> {
        self.from(usize::from(layer.0) + 1)
    }

    fn from(&self, first: usize) -> Option<(Layer, Bitrate)> {
        let mut better = self.rates.iter().enumerate().skip(first);
        better.find_map(|(at, rate)| Some((Layer(at as u8), (*rate)?)))
    }

    /// The best layer's rate; nothing without layers.
    fn best(&self) -> Bitrate {
        self.rates.iter().flatten().copied().max().unwrap_or(Bitrate::ZERO)
    }

    /// Whether this layer is better than what it gets now.
    fn is_better(&self, layer: Layer) -> bool {
        self.current.is_none_or(|current| layer > current)
    }
}

/// What each wish gets, in their order; `None` is paused.
pub type Allocation = ArrayVec<Option<Layer>, WISHES_MAX>;

/// Shares `budget`, of which `audio` is taken already, among the wishes. More than [`WISHES_MAX`] get nothing.
#[must_use]
pub fn allocate(budget: Bitrate, audio: Bitrate, wishes: &[Wish]) -> Allocation {
    let wishes = &wishes[..wishes.len().min(WISHES_MAX)];
    let mut share = Share { budget, used: audio, got: wishes.iter().map(|_| None).collect() };
    let by_importance = |importance| {
        wishes.iter().enumerate().filter(move |(_, wish): &(usize, &Wish)| wish.importance == importance)
    };
    for importance in [Importance::Subject, Importance::Other] {
        let mut all_fit = true;
        for (at, wish) in by_importance(importance) {
            if let Some((layer, rate)) = wish.floor() {
                all_fit &= share.give(at, layer, rate, Bitrate::ZERO, wish.is_better(layer));
            }
        }
        // What matters less is not shown in place of what waits for a little more.
        if !all_fit {
            break;
        }
    }
    for importance in [Importance::Subject, Importance::Other] {
        // A step for each, then the next one for each: nobody sharp while another equal is a blur.
        for _ in 1..LAYERS_MAX {
            for (at, wish) in by_importance(importance) {
                let Some(now) = share.got[at] else { continue };
                let Some((layer, rate)) = wish.above(now) else { continue };
                let before = wish.rates[usize::from(now.0)].unwrap_or(Bitrate::ZERO);
                share.give(at, layer, rate, before, wish.is_better(layer));
            }
        }
    }
    share.got
}

/// What would be used if everybody got the best: more than this is of no use to the subscriber.
#[must_use]
pub fn wanted(audio: Bitrate, wishes: &[Wish]) -> Bitrate {
    let video: Bitrate = wishes.iter().map(Wish::best).sum();
    (audio + video).scaled(100 + HEADROOM, 100)
}

struct Share {
    budget: Bitrate,
    used: Bitrate,
    got: Allocation,
}

impl Share {
    /// Gives a wish this layer, in place of one that takes `before`, if that fits.
    fn give(&mut self, at: usize, layer: Layer, rate: Bitrate, before: Bitrate, is_better: bool) -> bool {
        let after = self.used - before + rate;
        let needed = if is_better { after.scaled(100 + HEADROOM, 100) } else { after };
        let fits = needed <= self.budget;
        if fits {
            self.used = after;
            self.got[at] = Some(layer);
        }
        fits
    }
}

#[cfg(test)]
mod tests;
