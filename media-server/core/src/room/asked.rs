//! Which layers a track's publisher is asked to send: those that somebody watches, and those below, which a lane falls
//! back to.
//!
//! ```text
//!  wanted   ─all──┐       ┌─all──
//!                 └─low───┘
//!  told     ──────────┐   ├──────      to start: at once      to stop: when it has not been wanted for a while
//!                     └───┘
//!                 │◀─▶│ STOP_AFTER
//! ```

use std::time::{Duration, Instant};

use crate::packet::Layers;

/// A layer that nobody watches goes on for this long: who turns a page comes back, and a stop costs whoever comes next a
/// round trip and a key frame.
pub(crate) const STOP_AFTER: Duration = Duration::from_secs(2);

/// What a publisher was told last, and what it should be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    told: Layers,
    wanted: Layers,
    stop_at: Option<Instant>,
}

impl Asked {
    /// The publisher has said that it will send these.
    pub(crate) const fn new(offered: Layers) -> Self {
        Self { told: offered, wanted: offered, stop_at: None }
    }

    /// Takes what is wanted now, and gives what to tell at once.
    pub(crate) fn set_wanted(&mut self, wanted: Layers, now: Instant) -> Option<Layers> {
        self.wanted = wanted;
        let stop = self.told.without(wanted);
        self.stop_at = if stop.is_empty() { None } else { self.stop_at.or(Some(now + STOP_AFTER)) };
        if wanted.without(self.told).is_empty() {
            return None;
        }
        // What was to stop is not wanted any less than before: it keeps its time.
        self.told = self.told.or(wanted);
        Some(self.told)
    }

    /// Nothing of it is wanted, from now on and at once: its publisher's way is too slow.
    pub(crate) const fn stop(&mut self) {
        *self = Self { told: Layers::NONE, wanted: Layers::NONE, stop_at: None };
    }

    /// What the publisher was told last.
    pub(crate) const fn told(&self) -> Layers {
        self.told
    }

    /// What to tell now that a layer has been without anybody for long enough.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Layers> {
        self.stop_at.take_if(|at| *at <= now)?;
        self.told = self.wanted;
        Some(self.told)
    }

    /// When [`Asked::poll`] has something to tell.
    pub(crate) const fn poll_timeout(&self) -> Option<Instant> {
        self.stop_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Layer;
    use crate::packet::fixtures::start;

    fn up_to(layer: u8) -> Layers {
        Layers::up_to(Some(Layer(layer)))
    }

    #[test]
    fn a_stop_waits_and_a_start_does_not() {
        let now = start();
        let mut asked = Asked::new(up_to(2));

        assert_eq!(asked.set_wanted(up_to(0), now), None);
        assert_eq!(asked.poll(now + STOP_AFTER - Duration::from_millis(1)), None);
        assert_eq!(asked.poll(now + STOP_AFTER), Some(up_to(0)));
        assert_eq!(asked.set_wanted(up_to(1), now + STOP_AFTER), Some(up_to(1)));
        assert_eq!(asked.poll_timeout(), None);
    }

    #[test]
    fn who_comes_back_in_time_is_not_noticed() {
        let now = start();
        let mut asked = Asked::new(up_to(2));

        asked.set_wanted(Layers::NONE, now);
        assert_eq!(asked.set_wanted(up_to(2), now + Duration::from_secs(1)), None);

        assert_eq!(asked.poll_timeout(), None);
    }

    #[test]
    fn a_start_does_not_hasten_a_stop() {
        let now = start();
        let mut asked = Asked::new(up_to(2).with(Layer(1), false));

        let told = asked.set_wanted(up_to(1), now);

        assert_eq!(told, Some(up_to(2)));
        assert_eq!(asked.poll(now + STOP_AFTER), Some(up_to(1)));
    }

    #[test]
    fn wishes_that_change_do_not_put_a_stop_off() {
        let now = start();
        let mut asked = Asked::new(up_to(2));

        for step in 0..20 {
            asked.set_wanted(up_to(step % 2), now + Duration::from_millis(100) * u32::from(step));
        }

        assert_eq!(asked.poll(now + STOP_AFTER), Some(up_to(1)));
    }
}
