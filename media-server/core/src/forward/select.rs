//! Selection: which layer of which track goes to a lane, and from which packet on.
//!
//! Today every track is published once, so the layer is always the base. With simulcast, what changes is here: the
//! wanted layer comes from the subscriber's budget, and a change of layer waits for a switch point as a change of
//! track waits for a key frame.

use protocol::TrackId;
use rtp::ExtSeqNo;

use crate::packet::{Layer, PacketFacts};

/// What happens to a packet on a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It goes out, after the one before.
    Forward,
    /// It goes out as the first of its track.
    Switch,
    /// It does not go out.
    Drop,
}

/// A lane's selection.
///
/// A new track stops the old one at once, even while its own key frame is still to come: a lane that already bears
/// one person's name must not show another.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selector {
    track: Option<TrackId>,
    /// The packet that the track began with on this lane; `None` while the lane waits for it.
    since: Option<ExtSeqNo>,
}

impl Selector {
    /// Nothing selected.
    #[must_use]
    pub const fn new() -> Self {
        Self { track: None, since: None }
    }

    /// The selected track.
    #[must_use]
    pub const fn track(&self) -> Option<TrackId> {
        self.track
    }

    /// Selects a track, or none. Selecting the same again changes nothing.
    pub const fn set_track(&mut self, track: Option<TrackId>) {
        let same = match (self.track, track) {
            (Some(old), Some(new)) => old.0 == new.0,
            (None, None) => true,
            _ => false,
        };
        if !same {
            *self = Self { track, since: None };
        }
    }

    /// Whether a track is selected that has not begun.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.track.is_some() && self.since.is_none()
    }

    /// Decides about one packet.
    #[inline]
    pub fn select(&mut self, facts: &PacketFacts) -> Choice {
        if self.track != Some(facts.track) || facts.layer != Layer::BASE {
            return Choice::Drop;
        }
        match self.since {
            Some(since) if facts.sequence >= since => Choice::Forward,
            // Late, from before the key frame: the receiver cannot decode it.
            Some(_) => Choice::Drop,
            None if facts.frame.start && facts.frame.key => {
                self.since = Some(facts.sequence);
                Choice::Switch
            }
            None => Choice::Drop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::fixtures::{audio, video};

    #[test]
    fn video_begins_with_a_key_frame() {
        let mut selector = Selector::new();
        selector.set_track(Some(TrackId(1)));

        let before = selector.select(&video(TrackId(1), 9));
        let waited = selector.waits();
        let key = selector.select(&video(TrackId(1), 10).key_frame());
        let after = selector.select(&video(TrackId(1), 11));

        assert_eq!((before, key, after), (Choice::Drop, Choice::Switch, Choice::Forward));
        assert!(waited && !selector.waits());
    }

    #[test]
    fn audio_begins_with_any_packet() {
        let mut selector = Selector::new();
        selector.set_track(Some(TrackId(1)));

        assert_eq!(selector.select(&audio(TrackId(1), 9)), Choice::Switch);
    }

    #[test]
    fn what_comes_late_from_before_the_key_frame_is_dropped() {
        let mut selector = Selector::new();
        selector.set_track(Some(TrackId(1)));
        selector.select(&video(TrackId(1), 10).key_frame());

        assert_eq!(selector.select(&video(TrackId(1), 8)), Choice::Drop);
    }

    #[test]
    fn a_new_track_stops_the_old_one_before_its_own_key_frame() {
        let mut selector = Selector::new();
        selector.set_track(Some(TrackId(1)));
        selector.select(&video(TrackId(1), 10).key_frame());

        selector.set_track(Some(TrackId(2)));

        assert_eq!(selector.select(&video(TrackId(1), 11)), Choice::Drop);
        assert_eq!(selector.select(&video(TrackId(2), 500)), Choice::Drop);
        assert_eq!(selector.select(&video(TrackId(2), 501).key_frame()), Choice::Switch);
    }

    #[test]
    fn the_same_track_again_needs_no_new_key_frame() {
        let mut selector = Selector::new();
        selector.set_track(Some(TrackId(1)));
        selector.select(&video(TrackId(1), 10).key_frame());

        selector.set_track(Some(TrackId(1)));

        assert_eq!(selector.select(&video(TrackId(1), 11)), Choice::Forward);
    }

    #[test]
    fn only_the_base_layer_goes_out() {
        let mut selector = Selector::new();
        selector.set_track(Some(TrackId(1)));
        let mut high = video(TrackId(1), 10).key_frame();
        high.layer = Layer(1);

        assert_eq!(selector.select(&high), Choice::Drop);
    }
}
