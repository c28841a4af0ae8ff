//! Selection within one stream that holds several sizes: which of its frames go out, by their dependency descriptors.
//!
//! ```text
//!  size 2   [K] d  d  d  d [K] d      a unit: the frames of one moment, lowest size first
//!  size 1   [K] d  d  d  d [K] d      chain: the frames that a size cannot do without; K begins all of them
//!  size 0   [K] d  d  d  d [K] d      a size that needs the sizes below has their frames in its chain
//!  target    0  2     ...   2         up: with a unit in which the higher size's chain is whole on the lane, which it
//!  shown     0  0  0  0  0  2  2          becomes again where it begins
//! ```
//!
//! * A frame goes out when the size that is shown wants it. That changes with a unit, never within: its last packet bears the
//!   marker, and a receiver waits for it.
//! * A size's **chain** is whole on the lane while each of its frames went out. What was lost on the way here counts as
//!   sent: it comes again, or the subscriber asks for a key frame.
//! * **Down**: with the next unit where the lower size's chain is whole, as it is where the higher size needs it; else
//!   as between layers ([`Change`]): the higher one goes on, or ends, until a chain begins.
//!
//! [`Change`]: super::Change

use rtp::{ExtSeqNo, MediaTime};

use super::select::Choice;
use crate::packet::{Dependency, Layer, PacketFacts};

/// Frames that are remembered: more than a second of three sizes at 30/s. A chain's last frame lies no further back, nor
/// what a subscriber still asks for.
const FRAMES: u16 = u128::BITS as u16;

/// One lane's selection.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scalable {
    /// The size that goes out; `None` while a chain's beginning is waited for.
    current: Option<u8>,
    /// The one before it, and the frame with which that ended.
    before: Option<u8>,
    began: u16,
    /// The sizes whose chain is whole on the lane.
    whole: u8,
    /// The newest frame, and when its unit was captured.
    newest: Option<(u16, MediaTime)>,
    /// The frames before the newest, which is bit 0: what came of each here,
    seen: u128,
    /// which went out,
    sent: u128,
    /// and with which a unit ends on the lane.
    last: u128,
    /// With the newest unit another size has begun.
    is_changed: bool,
    /// Packets up to this one that are larger than this size were passed over before others that wait.
    passed_over: Option<(ExtSeqNo, u8)>,
}

impl Scalable {
    pub(super) fn current(&self) -> Option<Layer> {
        self.current.map(Layer)
    }

    /// Whether another size has begun with the newest unit.
    pub(super) const fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Whether the lane shows a size, or will with the next unit.
    pub(super) fn has(&self, size: Layer) -> bool {
        self.current == Some(size.0) || (self.current.is_some() && self.whole & bit(size.0) != 0)
    }

    /// Nothing goes out until a chain begins.
    pub(super) fn stop(&mut self) {
        self.before = self.current.take().or(self.before);
        self.whole = 0;
    }

    /// Decides about a packet.
    pub(super) fn select(
        &mut self,
        facts: &PacketFacts,
        frame: &Dependency,
        (target, at_once): (Option<Layer>, bool),
    ) -> Choice {
        let Some(target) = target else { return Choice::Drop };
        let begins = facts.frame.start && facts.frame.key;
        if self.current.is_none() && !begins {
            return Choice::Drop;
        }
        let age = self.newest.map(|(newest, _)| newest.wrapping_sub(frame.frame));
        match age {
            Some(age) if age < FRAMES => self.select_known(frame, age),
            // Far back is another count, if everything begins there; else it is too late.
            Some(age) if age < 1 << 15 && !begins => Choice::Skip,
            _ => self.select_new(facts, frame, age, (target.0, at_once)),
        }
    }

    fn select_new(
        &mut self,
        facts: &PacketFacts,
        frame: &Dependency,
        age: Option<u16>,
        (target, at_once): (u8, bool),
    ) -> Choice {
        let ahead = age.map_or(FRAMES, |age| 0_u16.wrapping_sub(age));
        let shift = |frames: u128| frames.checked_shl(u32::from(ahead)).unwrap_or_default();
        (self.seen, self.sent, self.last) = (shift(self.seen) | 1, shift(self.sent), shift(self.last));
        let is_new_unit = self.newest.is_none_or(|(_, time)| time != facts.time);
        self.newest = Some((frame.frame, facts.time));
        let was_waiting = self.current.is_none();
        self.follow_chains(facts, frame, target);
        if is_new_unit || was_waiting {
            self.is_changed = self.choose(target, frame.active, at_once);
            if self.is_changed {
                self.began = frame.frame;
            }
        }
        let Some(current) = self.current else { return Choice::Drop };
        // Beyond what is shown and wanted nothing stays whole: it is not sent.
        self.whole &= up_to(current.max(target));
        let goes_out = frame.wanted_by & bit(current) != 0;
        if goes_out {
            self.sent |= 1;
            self.last |= u128::from(frame.spatial == current);
        }
        match goes_out {
            true if was_waiting => Choice::Switch,
            true => Choice::Forward,
            false => Choice::Skip,
        }
    }

    /// A frame that was decided about, or that comes late as a whole.
    fn select_known(&mut self, frame: &Dependency, age: u16) -> Choice {
        let this = 1 << age;
        if self.seen & this == 0 {
            self.seen |= this;
            let shown = self.shown_with(frame);
            if shown.is_some_and(|size| frame.wanted_by & bit(size) != 0) {
                self.sent |= this;
            }
            if shown == Some(frame.spatial) {
                self.last |= this;
            }
        }
        if self.sent & this != 0 { Choice::Forward } else { Choice::Skip }
    }

    /// The size that was shown with a frame that was not decided about in time.
    fn shown_with(&self, frame: &Dependency) -> Option<u8> {
        let is_before = (1..1 << 15).contains(&self.began.wrapping_sub(frame.frame));
        if is_before { self.before } else { self.current }
    }

    fn follow_chains(&mut self, facts: &PacketFacts, frame: &Dependency, target: u8) {
        let missed = self.passed_over.filter(|(until, _)| facts.sequence < *until).map(|(_, size)| size);
        let reach = missed.map_or(target, |size| target.min(size));
        for (size, back) in (0..).zip(frame.chains) {
            if back == 0 {
                if frame.wanted_by & up_to(reach) & bit(size) != 0 {
                    self.whole |= bit(size);
                }
            } else if let Some(before) = 1_u128.checked_shl(u32::from(back))
                && self.seen & before != 0
                && self.sent & before == 0
            {
                self.whole &= !bit(size);
            }
        }
    }

    /// Which size is shown from this unit on; whether that is another one.
    fn choose(&mut self, target: u8, active: u8, at_once: bool) -> bool {
        let best = highest(self.whole & active & up_to(target));
        let next = match (best, self.current) {
            (Some(best), _) => Some(best),
            (None, Some(current)) if current > target && !at_once => Some(current),
            // What it needs went out all the same: its publisher says that it will send no more.
            (None, Some(current)) if current <= target && self.whole & bit(current) != 0 => Some(current),
            (None, _) => None,
        };
        let is_other = next != self.current;
        if is_other {
            self.before = self.current.or(self.before);
            self.current = next;
            if next.is_none() {
                self.whole = 0;
            }
        }
        is_other
    }

    /// Whether a packet is larger than anything that may go out, so that it need not wait with others.
    pub(super) fn passes_over(&mut self, facts: &PacketFacts, target: Option<Layer>) -> bool {
        let (Some(frame), Some(target), Some(current)) = (&facts.dependency, target, self.current) else {
            return false;
        };
        let ceiling = target.0.max(current);
        if frame.wanted_by & up_to(ceiling) != 0 {
            return false;
        }
        self.whole &= up_to(ceiling);
        self.passed_over = Some((facts.sequence, ceiling));
        true
    }

    /// Whether a frame went out on the lane, and whether a unit ends with it. Of one that is forgotten: by what is shown now; of
    /// one that comes late, and waits for its turn: by what was shown with it.
    pub(super) fn sent(&self, frame: &Dependency) -> (bool, bool) {
        let age = self.newest.map(|(newest, _)| newest.wrapping_sub(frame.frame));
        match age.filter(|age| *age < FRAMES) {
            Some(age) if self.seen & (1 << age) != 0 => {
                (self.sent & (1 << age) != 0, self.last & (1 << age) != 0)
            }
            late => {
                let shown = late.map_or(self.current.or(self.before), |_| self.shown_with(frame));
                let is_wanted = shown.is_some_and(|size| frame.wanted_by & bit(size) != 0);
                (is_wanted, shown == Some(frame.spatial))
            }
        }
    }
}

const fn bit(size: u8) -> u8 {
    1 << size
}

/// This size and all below.
const fn up_to(size: u8) -> u8 {
    (2 << size) - 1
}

fn highest(sizes: u8) -> Option<u8> {
    sizes.checked_ilog2().map(|size| size as u8)
}

#[cfg(test)]
mod tests;
