//! Which packets of sound are there when they are to be heard.
//!
//! ```text
//!  made      0    20   40   60   80   100        each to be heard its quickest journey and PLAYOUT_DELAY later
//!  came      50   70   ×    310  130  150        40 never came, and 60 too late: both are made up (concealed)
//! ```
//!
//! A decoder cannot wait: what is not there is made up, and what comes after a later one is thrown away. When nothing comes for
//! a while, and then all of it, only the while is made up: from then on everything is heard that much later, within bounds, and
//! played a little quicker until it has caught up, as libwebrtc does. Frames are numbered by the microphone, so that silence (DTX),
//! which has no frames, is no loss. The two ends share a clock only within one machine.

use std::time::Duration;

/// How much longer than the quickest packet any packet may take: what a jitter buffer holds back on a path that loses and
/// reorders. libwebrtc's grows to what 95 of 100 packets need, so on a path where each NACK takes 130 ms or bursts of five
/// packets are mended 100 ms later, to about this. With 50 ms on the way people still talk without falling into each
/// other's words (ITU-T G.114: 400 ms at the very most).
pub const PLAYOUT_DELAY: Duration = Duration::from_millis(200);

/// By how much everything may be heard later than that after a while without sound: with it and 50 ms on the way, what ITU-T
/// G.114 allows at the very most. What is later still is thrown away.
const BEHIND_MAX: Duration = Duration::from_millis(150);

/// What a frame of sound lasts.
const FRAME: Duration = Duration::from_millis(20);
/// By how much each frame is played quicker while there is something to catch up: a twentieth.
const CATCH_UP: Duration = Duration::from_millis(1);

/// Frames that can be under way when a later one comes: those of [`PLAYOUT_DELAY`], 20 ms each. One that is older is due.
const UNDER_WAY: u32 = 10;
/// More than so many frames missing in a row are no loss but another microphone: a minute.
const GAP_MAX: u32 = 3000;

/// What has become due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) played: u64,
    pub(super) concealed: u64,
}

/// The frames of one microphone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Playout {
    /// The first frame that is not due, once one has come.
    next: Option<u32>,
    highest: u32,
    /// Bit `n`: whether frame `next + n` came in time.
    came: u64,
    quickest: Option<Duration>,
    /// How much later than [`PLAYOUT_DELAY`] everything is heard.
    behind: Duration,
    /// What was made up while nothing came, as far as it is not counted: less than a frame.
    made_up: Duration,
}

impl Playout {
    /// Takes a frame that was so long on its way; what has become due by it.
    pub(super) fn handle_frame(&mut self, frame: u32, took: Duration) -> Heard {
        let quickest = self.quickest.map_or(took, |quickest| quickest.min(took));
        self.quickest = Some(quickest);
        let mut heard = Heard::default();
        let mut next = *self.next.get_or_insert(frame);
        let is_newest = frame >= self.highest;
        self.highest = self.highest.max(frame);
        let late = took.saturating_sub(quickest + PLAYOUT_DELAY + self.behind);
        let waited = late.min(BEHIND_MAX.saturating_sub(self.behind));
        if is_newest && frame.saturating_sub(next) <= GAP_MAX {
            // Nothing was there to be played.
            self.behind =
                if late.is_zero() { self.behind.saturating_sub(CATCH_UP) } else { self.behind + waited };
            self.made_up += waited;
            while self.made_up >= FRAME {
                self.made_up -= FRAME;
                heard.concealed += 1;
            }
        }
        let is_in_time = if is_newest { late == waited } else { late.is_zero() };
        if frame.saturating_sub(next) > GAP_MAX {
            (self.next, self.came) = (Some(frame), 1);
            return heard;
        }
        while self.highest.saturating_sub(next) >= UNDER_WAY {
            let is_there = self.came & 1 == 1 || next == frame && is_in_time;
            heard.played += u64::from(is_there);
            heard.concealed += u64::from(!is_there);
            self.came >>= 1;
            next += 1;
        }
        self.next = Some(next);
        // One that is past came too late, and counts as such already.
        if let Some(at) = frame.checked_sub(next)
            && is_in_time
        {
            self.came |= 1 << at;
        }
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(frames: &[(u32, u64)]) -> Heard {
        let mut playout = Playout::default();
        frames.iter().fold(Heard::default(), |sum, &(frame, ms)| {
            let heard = playout.handle_frame(frame, Duration::from_millis(ms));
            Heard { played: sum.played + heard.played, concealed: sum.concealed + heard.concealed }
        })
    }

    #[test]
    fn what_comes_is_heard() {
        let frames: Vec<_> = (0..100).map(|frame| (frame, 50)).collect();

        assert_eq!(feed(&frames), Heard { played: 90, concealed: 0 });
    }

    #[test]
    fn what_is_lost_or_late_is_made_up_and_what_is_mended_in_time_is_not() {
        let mut frames: Vec<_> = (0..100).filter(|frame| *frame != 40).map(|frame| (frame, 50)).collect();
        frames.retain(|(frame, _)| ![60, 70].contains(frame));
        frames.insert(65, (60, 251));
        frames.insert(75, (70, 249));

        assert_eq!(feed(&frames), Heard { played: 88, concealed: 2 });
    }

    #[test]
    fn a_long_burst_is_made_up_whole() {
        let frames: Vec<_> = (0..50).chain(150..200).map(|frame| (frame, 50)).collect();

        assert_eq!(feed(&frames), Heard { played: 90, concealed: 100 });
    }

    #[test]
    fn what_waits_in_a_queue_is_made_up_once_and_heard_later() {
        let queued = |until: u32| (50..until).map(|frame| (frame, 50 + (u64::from(frame) - 50) * 5));
        let feed = |until| feed(&(0..50).map(|frame| (frame, 50)).chain(queued(until)).collect::<Vec<_>>());

        // 300 ms longer in the end, of which 200 are held back anyway.
        assert_eq!(feed(111), Heard { played: 101, concealed: 5 });
        // What takes more than 350 ms longer is too late; ten frames are not due.
        assert_eq!(feed(150), Heard { played: 121, concealed: 7 + 19 });
    }

    #[test]
    fn it_catches_up() {
        let frame = |frame| (frame, if (50..60).contains(&frame) { 390 } else { 50 });
        // The second time comes as late as the first, when everything is heard by then as early as before.
        let frames: Vec<_> = (0..400).map(frame).chain([(400, 390)]).collect();

        assert_eq!(feed(&frames), Heard { played: 391, concealed: 14 });
    }

    #[test]
    fn another_count_begins_anew() {
        let frames: Vec<_> = (0..50).chain(1_000_000..1_000_050).map(|frame| (frame, 50)).collect();

        assert_eq!(feed(&frames).concealed, 0);
    }
}
