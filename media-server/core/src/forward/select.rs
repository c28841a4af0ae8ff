//! Selection: which layer of which track goes to a lane, and from which packet on.
//!
//! A decoder can begin with a key frame only, and a lane must show a picture that neither breaks nor stands still:
//!
//! ```text
//!  layer 2          d  d [K  d  d  d  d] d  d        K key frame, d another; [ ] what goes to the lane
//!  layer 0   [K  d  d  d] d  d  d  d  d [K  d  d
//!  target     0     2        2     0     0
//!                   └ asked ─┘     └ asked ┘
//! ```
//!
//! * **Up**, when more fits or more is shown: the lower layer goes on until a key frame of a higher one has begun.
//! * **Down, seamlessly** ([`Change::Seamless`]), when less is shown than is sent, or the higher layer has stopped by
//!   itself: the higher layer goes on, as long as it comes, until a key frame of a lower one has begun. The picture
//!   does not stop, and what is sent too much for one round trip harms nobody.
//! * **Down, at once** ([`Change::AtOnce`]), when the path carries less than is sent: what is sent too much would queue up
//!   and delay the audio. The frame that is under way is finished, then nothing is sent until the key frame of a lower
//!   layer, which is asked for in that moment: the picture stands for one round trip to the publisher.
//! * **A pause** (no target) stops at once, and ends with a key frame.
//! * A key frame of a layer that lies between the shown one and the target is taken on the way; with nothing shown, one of
//!   any layer up to the target.
//! * Packets of the layer before, from before the switch, are still let through: they fill the gaps that losses have left
//!   there, so that the subscriber asks for nothing that the switch has made needless.
//!
//! A new *track* is another matter: it stops the old one at once, even while its own key frame is still to come. A
//! lane that already bears one person's name must not show another.

use protocol::TrackId;
use rtp::ExtSeqNo;

use super::scalable::Scalable;
use crate::packet::{Layer, PacketFacts};

/// So far behind the newest packet of the layer before, what was lost of it can still come: what its cache holds.
const LATE_MAX: i64 = 256;

/// What happens to a packet on a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It goes out, after the one before, or in its gap.
    Forward,
    /// It goes out as the first of its track, or of its layer.
    Switch,
    /// It does not go out.
    Drop,
    /// It does not go out, though others of its stream do: its number is closed up.
    Skip,
}

/// How a lower target is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The higher layer goes on until a lower one can take over.
    Seamless,
    /// The higher layer ends with its frame.
    AtOnce,
}

/// A layer that goes out, or went out before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shown {
    layer: Layer,
    /// The packet that it began with.
    since: ExtSeqNo,
    /// The newest of it that went out.
    until: ExtSeqNo,
}

impl Shown {
    fn holds(&self, facts: &PacketFacts) -> bool {
        (self.since..=self.until).contains(&facts.sequence)
    }
}

/// A lane's selection.
#[derive(Debug, Clone, Copy)]
pub struct Selector {
    track: Option<TrackId>,
    /// The layer that the lane is to show; `None` while it pauses.
    target: Option<Layer>,
    /// What it shows; `None` while it waits for a key frame.
    current: Option<Shown>,
    /// What it showed before that.
    before: Option<Shown>,
    /// The frame under way is the last of the current layer.
    is_ending: bool,
    /// The newest packet that went out ended its frame.
    is_between_frames: bool,
    /// Where one stream holds several sizes: all of the selection but the track and the target.
    scalable: Option<Scalable>,
    /// A lower target is to be reached at once.
    is_at_once: bool,
}

impl Default for Selector {
    fn default() -> Self {
        Self::new()
    }
}

impl Selector {
    /// Nothing selected.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            track: None,
            target: Some(Layer::BASE),
            current: None,
            before: None,
            is_ending: false,
            is_between_frames: true,
            scalable: None,
            is_at_once: false,
        }
    }

    /// The selected track.
    #[must_use]
    pub const fn track(&self) -> Option<TrackId> {
        self.track
    }

    /// The layer that goes out; `None` while the lane waits for a key frame, or pauses.
    #[must_use]
    pub fn current(&self) -> Option<Layer> {
        match &self.scalable {
            Some(scalable) => scalable.current(),
            None => self.current.map(|shown| shown.layer),
        }
    }

    /// The selection within one stream, where it holds several sizes.
    pub(super) const fn scalable(&self) -> Option<&Scalable> {
        self.scalable.as_ref()
    }

    /// Selects a track, or none; whether it is another one. It begins with its lowest layer as the target.
    pub fn set_track(&mut self, track: Option<TrackId>) -> bool {
        let is_other = self.track != track;
        if is_other {
            *self = Self { track, ..Self::new() };
        }
        is_other
    }

    /// Sets the layer that the lane is to show, or none. The same again changes nothing.
    pub fn set_target(&mut self, target: Option<Layer>, change: Change) {
        self.target = target;
        self.is_at_once = change == Change::AtOnce;
        if let Some(scalable) = self.scalable.as_mut().filter(|_| target.is_none()) {
            scalable.stop();
        }
        let Some(current) = self.current else { return };
        match target {
            None => self.end(),
            Some(target) if target >= current.layer => self.is_ending = false,
            Some(_) if change == Change::AtOnce => {
                self.is_ending = true;
                if self.is_between_frames {
                    self.end();
                }
            }
            Some(_) => {}
        }
    }

    /// What is shown ends now, and goes on with a key frame.
    pub fn interrupt(&mut self) {
        if let Some(scalable) = &mut self.scalable {
            scalable.stop();
        }
        self.end();
        self.before = None;
        self.is_between_frames = true;
    }

    /// The layer whose key frame the lane waits for, whether or not it shows another meanwhile.
    #[must_use]
    pub fn wanted_key_frame(&self) -> Option<Layer> {
        self.track?;
        if let Some(scalable) = &self.scalable {
            return self.target.filter(|target| !scalable.has(*target));
        }
        self.target.filter(|target| self.current() != Some(*target))
    }

    /// Whether any packet of this layer can go out: all others need not be looked at.
    #[inline]
    #[must_use]
    pub fn looks_at(&self, track: TrackId, layer: Layer) -> bool {
        if self.scalable.is_some() {
            return self.track == Some(track) && self.target.is_some();
        }
        self.track == Some(track)
            && (self.current() == Some(layer)
                || self.is_on_the_way(layer)
                || self.before.is_some_and(|shown| shown.layer == layer))
    }

    /// Decides about one packet.
    #[inline]
    pub fn select(&mut self, facts: &PacketFacts) -> Choice {
        if self.track != Some(facts.track) {
            return Choice::Drop;
        }
        if facts.codec.is_scalable() {
            // Without a descriptor there is nothing in it: padding.
            let Some(frame) = &facts.dependency else { return Choice::Skip };
            let scalable = self.scalable.get_or_insert_default();
            return scalable.select(facts, frame, (self.target, self.is_at_once));
        }
        if let Some(current) = self.current.as_mut().filter(|shown| shown.layer == facts.layer) {
            // Late, from before the key frame: the receiver cannot decode it.
            if facts.sequence < current.since {
                return Choice::Drop;
            }
            if facts.sequence > current.until {
                current.until = facts.sequence;
                self.is_between_frames = facts.marker;
                if self.is_ending && facts.marker {
                    self.end();
                }
            }
            return Choice::Forward;
        }
        if facts.frame.start && facts.frame.key && self.is_on_the_way(facts.layer) {
            self.end();
            self.current = Some(Shown { layer: facts.layer, since: facts.sequence, until: facts.sequence });
            self.is_between_frames = facts.marker;
            return Choice::Switch;
        }
        let Some(before) = self.before.filter(|before| before.layer == facts.layer) else {
            return Choice::Drop;
        };
        if facts.sequence.offset_from(before.until) > LATE_MAX {
            self.before = None;
        }
        if before.holds(facts) { Choice::Forward } else { Choice::Drop }
    }

    /// Whether a packet of a stream of several sizes is larger than anything that may go out: it need not wait with others,
    /// and its number is closed up.
    pub(super) fn passes_over(&mut self, facts: &PacketFacts) -> bool {
        let is_shown = self.track == Some(facts.track);
        self.scalable.as_mut().is_some_and(|scalable| is_shown && scalable.passes_over(facts, self.target))
    }

    /// Whether a key frame of this layer brings the lane nearer to its target.
    #[inline]
    fn is_on_the_way(&self, layer: Layer) -> bool {
        match (self.current(), self.target) {
            (_, None) => false,
            (None, Some(target)) => layer <= target,
            (Some(current), Some(target)) if target > current => current < layer && layer <= target,
            (Some(current), Some(target)) => target <= layer && layer < current,
        }
    }

    /// Nothing goes out any more of what is shown, but what is late.
    fn end(&mut self) {
        if let Some(shown) = self.current.take() {
            self.before = Some(shown);
        }
        self.is_ending = false;
    }
}

#[cfg(test)]
mod tests;
