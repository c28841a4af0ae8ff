//! Numbers that are missing: asked for again, and after a while given up.
//!
//! Written apart from the node's own: two readings of one specification that have to get along with each other.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use rtp::SeqNo;

/// Numbers that are missed at a time. Beyond it the picture is lost anyhow.
const MISSING_MAX: usize = 512;
/// Reordering within this is no loss.
const GRACE: Duration = Duration::from_millis(10);
/// Asked for so long, then given up: publisher and node have forgotten older packets. By time and not by tries, because
/// the round trip may be a guess.
const GIVE_UP_AFTER: Duration = Duration::from_millis(1500);
/// Between two requests for the same number, beside the round trip.
const SLACK: Duration = Duration::from_millis(10);
/// Before the round trip is known.
const ROUND_TRIP_GUESS: Duration = Duration::from_millis(100);
/// Where nothing can be asked for, a number counts as lost after this.
const LOST_AFTER: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
struct Wish {
    due: Instant,
    /// When it was missed first.
    since: Instant,
}

/// What is due.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// To be asked for, ascending.
    pub(super) nack: Vec<SeqNo>,
    /// Given up, ascending.
    pub(super) lost: Vec<u64>,
}

/// What is missing of one stream.
#[derive(Debug)]
pub(super) struct Missing {
    repairs: bool,
    wishes: BTreeMap<u64, Wish>,
    /// The lowest and the highest number that came.
    ends: Option<(u64, u64)>,
    overflowed: Vec<u64>,
}

impl Missing {
    /// `repairs`: lost packets may be asked for.
    pub(super) const fn new(repairs: bool) -> Self {
        Self { repairs, wishes: BTreeMap::new(), ends: None, overflowed: Vec::new() }
    }

    /// Takes a number that came, in whatever way; whether it was missed.
    pub(super) fn handle_packet(&mut self, number: u64, now: Instant) -> bool {
        let (lowest, highest) = *self.ends.get_or_insert((number, number));
        self.ends = Some((lowest.min(number), highest.max(number)));
        if number > highest {
            self.note_gap(highest + 1..number, now);
        } else if number < lowest {
            // The first packets overtook each other: there is more before the one that came first.
            self.note_gap(number + 1..lowest, now);
        }
        self.wishes.remove(&number).is_some()
    }

    /// Whether this number may still come: nothing from before the first one does.
    pub(super) fn expects(&self, number: u64) -> bool {
        self.ends.is_some_and(|(lowest, _)| number > lowest)
    }

    fn note_gap(&mut self, gap: Range<u64>, now: Instant) {
        let due = now + if self.repairs { GRACE } else { LOST_AFTER };
        let first = gap.start.max(gap.end.saturating_sub(MISSING_MAX as u64));
        for missing in first..gap.end {
            if self.wishes.len() == MISSING_MAX {
                self.overflowed.extend(self.wishes.pop_first().map(|(number, _)| number));
            }
            self.wishes.insert(missing, Wish { due, since: now });
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.wishes.values().map(|wish| wish.due).min()
    }

    pub(super) fn poll(&mut self, round_trip: Option<Duration>, now: Instant) -> Due {
        let retry = round_trip.unwrap_or(ROUND_TRIP_GUESS) + SLACK;
        let mut due = Due { lost: std::mem::take(&mut self.overflowed), ..Due::default() };
        let repairs = self.repairs;
        self.wishes.retain(|&number, wish| {
            if wish.due > now {
                return true;
            }
            if !repairs || now.saturating_duration_since(wish.since) >= GIVE_UP_AFTER {
                due.lost.push(number);
                return false;
            }
            wish.due = now + retry;
            due.nack.push(SeqNo(number as u16));
            true
        });
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Option<Duration> = Some(Duration::from_millis(40));

    #[test]
    fn a_gap_is_asked_for_after_the_grace_and_again_after_a_round_trip() {
        let start = Instant::now();
        let mut missing = Missing::new(true);
        missing.handle_packet(10, start);
        missing.handle_packet(13, start);

        assert_eq!(missing.poll(RTT, start), Due::default());
        let first = missing.poll(RTT, start + GRACE);
        let soon = missing.poll(RTT, start + GRACE + Duration::from_millis(49));
        missing.handle_packet(11, start + GRACE + Duration::from_millis(49));
        let again = missing.poll(RTT, start + GRACE + Duration::from_millis(50));

        assert_eq!(first.nack, [SeqNo(11), SeqNo(12)]);
        assert!(soon.nack.is_empty());
        assert_eq!(again.nack, [SeqNo(12)]);
    }

    #[test]
    fn what_never_comes_is_given_up() {
        let start = Instant::now();
        let mut missing = Missing::new(true);
        missing.handle_packet(1, start);
        missing.handle_packet(3, start);

        let (mut asked, mut lost, mut end) = (0, Vec::new(), start);
        while let Some(at) = missing.poll_timeout() {
            let due = missing.poll(RTT, at);
            asked += due.nack.len();
            lost.extend(due.lost);
            end = at;
        }

        assert_eq!((asked, lost), (30, vec![2]), "every 50 ms");
        assert!((GIVE_UP_AFTER..GIVE_UP_AFTER * 2).contains(&(end - start)));
    }

    #[test]
    fn without_repairs_nothing_is_asked_for() {
        let start = Instant::now();
        let mut missing = Missing::new(false);
        missing.handle_packet(1, start);
        missing.handle_packet(3, start);

        let due = missing.poll(RTT, start + LOST_AFTER);

        assert_eq!(due, Due { nack: vec![], lost: vec![2] });
    }

    #[test]
    fn what_lies_between_the_first_packets_in_the_wrong_order_is_missing_too() {
        let start = Instant::now();
        let mut missing = Missing::new(true);
        missing.handle_packet(7, start);
        missing.handle_packet(4, start);

        assert_eq!(missing.poll(RTT, start + GRACE).nack, [SeqNo(5), SeqNo(6)]);
    }

    #[test]
    fn a_jump_is_bounded() {
        let start = Instant::now();
        let mut missing = Missing::new(true);
        missing.handle_packet(1, start);
        missing.handle_packet(1_000_000, start);
        missing.handle_packet(1_000_300, start);

        assert_eq!(missing.wishes.len(), MISSING_MAX);
        assert_eq!(missing.poll(RTT, start).lost.len(), 299);
    }
}
