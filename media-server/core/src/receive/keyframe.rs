//! Asking a publisher for a key frame, once for everybody who wants one (abuse sentence 54).
//!
//! ```text
//!  wanted by     a  b c          d                      (a, b, c, d: subscribers, in any number)
//!  PLI sent      ▲            ▲            ▲
//!                │◀── 1 s ───▶│◀── 1 s ───▶│
//!  key frame            ▼ (answers a, b, c)      ▼ (answers d)
//! ```
//!
//! The first wish goes out at once. After that a stream, which is one layer of a track, is asked at most once in [`REQUEST_INTERVAL`],
//! whoever asks and however often; a wish that is not answered is repeated, because PLIs get lost too. Why each layer has its own:
//! docs/decisions/0008.

use std::time::{Duration, Instant};

/// The least time between two requests for a stream. A key frame is some ten times a delta frame: more than one a
/// second would cost every subscriber more than it gives the one who asks.
pub const REQUEST_INTERVAL: Duration = Duration::from_secs(1);
/// Requests without an answer. A camera that sends nothing for half a minute is off: its next packet, or the next wish,
/// begins anew.
pub const TRIES_MAX: u8 = 30;

/// The key frame requests for one layer of a track.
#[derive(Debug, Default, Clone, Copy)]
pub struct KeyframeRequester {
    /// Requests sent for the wish that stands; `None` when nobody wants a key frame.
    tries: Option<u8>,
    last: Option<Instant>,
}

impl KeyframeRequester {
    /// Nobody wants anything.
    #[must_use]
    pub const fn new() -> Self {
        Self { tries: None, last: None }
    }

    /// Somebody needs a key frame: a lane that was switched, a PLI or FIR of a subscriber, a packet given up.
    pub const fn request(&mut self) {
        match self.tries {
            Some(tries) if tries < TRIES_MAX => {}
            _ => self.tries = Some(0),
        }
    }

    /// A packet came that starts no key frame: somebody is there to ask.
    #[inline]
    pub fn handle_packet(&mut self) {
        if self.tries == Some(TRIES_MAX) {
            self.tries = Some(0);
        }
    }

    /// The start of a key frame came.
    pub const fn handle_key_frame(&mut self) {
        self.tries = None;
    }

    /// Whether to send a PLI now. `true` counts as sent.
    pub fn poll(&mut self, now: Instant) -> bool {
        match (self.tries, self.poll_timeout(now)) {
            (Some(tries), Some(due)) if due <= now => {
                self.tries = Some(tries + 1);
                self.last = Some(now);
                true
            }
            _ => false,
        }
    }

    /// When [`KeyframeRequester::poll`] would send: `now` for at once, `None` for not at all.
    #[must_use]
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        match self.tries {
            Some(tries) if tries < TRIES_MAX => Some(self.last.map_or(now, |last| last + REQUEST_INTERVAL)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::fixtures::start;

    /// Polls every 10 ms from `from` for `span` and returns when requests went out, relative to `from`.
    fn requests(
        requester: &mut KeyframeRequester,
        from: Instant,
        span: Duration,
        mut each: impl FnMut(&mut KeyframeRequester),
    ) -> Vec<Duration> {
        let step = Duration::from_millis(10);
        let mut sent = Vec::new();
        let mut at = Duration::ZERO;
        while at < span {
            each(requester);
            if requester.poll(from + at) {
                sent.push(at);
            }
            at += step;
        }
        sent
    }

    #[test]
    fn abuse_54_a_storm_of_wishes_is_one_request_a_second() {
        let mut requester = KeyframeRequester::new();
        let storm = |requester: &mut KeyframeRequester| {
            for _subscriber in 0..100 {
                requester.request();
            }
        };

        let sent = requests(&mut requester, start(), Duration::from_secs(5), storm);

        assert_eq!(sent, [0, 1, 2, 3, 4].map(Duration::from_secs));
    }

    #[test]
    fn abuse_54_key_frames_in_answer_do_not_loosen_the_limit() {
        let mut requester = KeyframeRequester::new();
        let answered = |requester: &mut KeyframeRequester| {
            requester.handle_key_frame();
            requester.request();
        };

        let sent = requests(&mut requester, start(), Duration::from_secs(3), answered);

        assert_eq!(sent, [0, 1, 2].map(Duration::from_secs));
    }

    #[test]
    fn an_answer_ends_the_asking() {
        let mut requester = KeyframeRequester::new();
        let now = start();
        requester.request();
        assert!(requester.poll(now));

        requester.handle_key_frame();

        assert_eq!(requester.poll_timeout(now), None);
        assert!(!requester.poll(now + REQUEST_INTERVAL * 2));
    }

    #[test]
    fn no_answer_at_all_ends_it_too_until_somebody_asks_again() {
        let mut requester = KeyframeRequester::new();
        let now = start();
        requester.request();

        let sent = requests(&mut requester, now, Duration::from_secs(60), |_| {});
        requester.request();
        let again = requester.poll(now + Duration::from_secs(60));

        assert_eq!(sent.len(), usize::from(TRIES_MAX));
        assert!(again);
    }

    #[test]
    fn a_camera_that_comes_back_is_asked_again_without_a_new_wish() {
        let mut requester = KeyframeRequester::new();
        let now = start();
        requester.handle_packet();
        let without_a_wish = requester.poll(now);
        requester.request();
        requests(&mut requester, now, Duration::from_secs(60), |_| {});

        requester.handle_packet();

        assert!(!without_a_wish);
        assert!(requester.poll(now + Duration::from_secs(60)));
    }

    #[test]
    fn a_wish_within_the_second_after_an_answer_waits_for_its_end() {
        let mut requester = KeyframeRequester::new();
        let now = start();
        requester.request();
        requester.poll(now);
        requester.handle_key_frame();

        requester.request();

        assert_eq!(requester.poll_timeout(now), Some(now + REQUEST_INTERVAL));
    }
}
