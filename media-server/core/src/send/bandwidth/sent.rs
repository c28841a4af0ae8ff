//! What was sent and what became of it, by transport-wide sequence number: a ring, so that a packet costs a store.
//!
//! ```text
//!   oldest                    told                        next
//!     │ arrived │ lost │ arrived │ under way │ under way │
//!     └── spoken of by feedback ─┘└───── not yet ────────┘     2048 numbers in all
//! ```
//!
//! Feedback may name any number; only those of packets that were sent, are remembered, and are not known to have arrived
//! change anything. So a packet counts once, whatever is claimed of it.

use rtp::{ExtSeqNo, SeqNo, SeqUnwrapper};

/// Packets remembered, the latest: a second of 20 Mbit/s. Feedback comes some tens of milliseconds after the arrival.
pub(super) const REMEMBERED: u64 = 2048;

/// A packet that was sent, 8 bytes.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// Microseconds since the beginning. Wraps after 71 minutes: a packet is told of long before, or never.
    sent_us: u32,
    /// Bytes; no datagram has more.
    size: u16,
    /// Which probe it belongs to; 0 for none.
    cluster: u8,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Empty,
    UnderWay,
    Lost,
    Arrived,
}

/// What is known about a packet that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    /// When it was sent, in microseconds since the beginning.
    pub(super) sent_us: i64,
    pub(super) size: u16,
    /// 0 for none.
    pub(super) cluster: u8,
    /// Feedback had told that it was lost: it was late.
    pub(super) was_lost: bool,
}

/// The packets of one transport.
#[derive(Debug)]
pub(super) struct SentHistory {
    /// By number modulo [`REMEMBERED`].
    slots: Box<[Slot]>,
    sequences: SeqUnwrapper,
    /// The first number that no feedback has spoken of.
    told: u64,
}

impl SentHistory {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![Slot::EMPTY; REMEMBERED as usize].into_boxed_slice(),
            sequences: SeqUnwrapper::starting_at(1),
            told: 0,
        }
    }

    /// Remembers a packet that has left and gives its number.
    #[inline]
    pub(super) fn add(&mut self, sequence: SeqNo, sent_us: i64, size: u16, cluster: u8) -> Option<u64> {
        let before = self.sequences.highest().map(ExtSeqNo::index);
        let index = self.sequences.extend(sequence)?.index();
        match before {
            None => self.told = index,
            // Numbers that were taken and never sent are no losses.
            Some(highest) => {
                for skipped in (highest + 1).max(index.saturating_sub(REMEMBERED))..index {
                    self.slots[place(skipped)] = Slot::EMPTY;
                }
            }
        }
        self.slots[place(index)] = Slot { sent_us: sent_us as u32, size, cluster, state: State::UnderWay };
        Some(index)
    }

    /// Where in the count a number belongs that feedback names; `None` when it was not sent.
    pub(super) fn index(&self, sequence: SeqNo) -> Option<u64> {
        let index = self.sequences.estimate(sequence)?.index();
        self.remembered().contains(&index).then_some(index)
    }

    /// Takes a packet as arrived. `None` when it is unknown or has been told of before.
    pub(super) fn take_arrived(&mut self, index: u64, now_us: i64) -> Option<Sent> {
        if !self.remembered().contains(&index) {
            return None;
        }
        let slot = &mut self.slots[place(index)];
        let was_lost = match slot.state {
            State::UnderWay => false,
            State::Lost => true,
            State::Empty | State::Arrived => return None,
        };
        slot.state = State::Arrived;
        let age = (now_us as u32).wrapping_sub(slot.sent_us);
        Some(Sent { sent_us: now_us - i64::from(age), size: slot.size, cluster: slot.cluster, was_lost })
    }

    /// Takes what is still under way among the numbers from `base` to before `end` as lost, and says how many of each
    /// probe by `lost(number, cluster)`. Each number is looked at once: what feedback spoke of before is passed over.
    pub(super) fn take_lost(&mut self, base: u64, end: u64, mut lost: impl FnMut(u64, u8)) {
        let remembered = self.remembered();
        let end = end.min(remembered.end);
        for index in base.max(self.told).max(remembered.start)..end {
            let slot = &mut self.slots[place(index)];
            if slot.state == State::UnderWay {
                slot.state = State::Lost;
                lost(index, slot.cluster);
            }
        }
        self.told = self.told.max(end);
    }

    /// Passes over the numbers before `base` that no feedback has spoken of, because one got lost, and gives their bytes.
    pub(super) fn take_untold(&mut self, base: u64) -> u64 {
        let remembered = self.remembered();
        let mut bytes = 0;
        for index in self.told.max(remembered.start)..base.min(remembered.end) {
            let slot = &self.slots[place(index)];
            if slot.state == State::UnderWay {
                bytes += u64::from(slot.size);
            }
        }
        self.told = self.told.max(base.min(remembered.end));
        bytes
    }

    fn remembered(&self) -> core::ops::Range<u64> {
        let end = self.sequences.highest().map_or(0, |highest| highest.index() + 1);
        end.saturating_sub(REMEMBERED)..end
    }
}

impl Slot {
    const EMPTY: Self = Self { sent_us: 0, size: 0, cluster: 0, state: State::Empty };
}

const fn place(index: u64) -> usize {
    (index % REMEMBERED) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(count: u16) -> SentHistory {
        let mut history = SentHistory::new();
        for number in 0..count {
            history.add(SeqNo(65_000_u16.wrapping_add(number)), i64::from(number) * 1000, 1200, 0);
        }
        history
    }

    #[test]
    fn a_packet_arrives_once() {
        let mut history = history(1000);
        let index = history.index(SeqNo(65_010)).unwrap();

        let first = history.take_arrived(index, 2_000_000);
        let again = history.take_arrived(index, 2_000_000);

        assert_eq!(first, Some(Sent { sent_us: 10_000, size: 1200, cluster: 0, was_lost: false }));
        assert_eq!(again, None);
    }

    #[test]
    fn what_was_never_sent_is_unknown() {
        let mut history = history(1000);
        let mut arrived = |sequence| {
            let index = history.index(SeqNo(sequence))?;
            history.take_arrived(index, 2_000_000)
        };

        assert_eq!(arrived(65_000_u16.wrapping_add(1000)), None);
        assert_eq!(arrived(64_999), None);
        assert!(arrived(65_000_u16.wrapping_add(999)).is_some());
    }

    #[test]
    fn each_loss_counts_once_and_a_late_packet_is_known_as_late() {
        let mut history = history(10);
        let base = history.index(SeqNo(65_000)).unwrap();
        let mut lost = 0;

        history.take_arrived(base + 9, 1_000_000);
        history.take_lost(base, base + 10, |_, _| lost += 1);
        history.take_lost(base, base + 65_535, |_, _| lost += 1);
        let late = history.take_arrived(base + 3, 1_000_000);

        assert_eq!(lost, 9);
        assert!(late.is_some_and(|late| late.was_lost));
    }

    #[test]
    fn what_a_lost_feedback_spoke_of_is_neither_lost_nor_counted_again() {
        let mut history = history(20);
        let base = history.index(SeqNo(65_000)).unwrap();
        let mut lost = 0;

        let untold = history.take_untold(base + 10);
        let again = history.take_untold(base + 10);
        history.take_lost(base, base + 10, |_, _| lost += 1);

        assert_eq!((untold, again, lost), (12_000, 0, 0));
    }

    #[test]
    fn numbers_that_were_not_sent_are_not_lost() {
        let mut history = history(10);
        history.add(SeqNo(65_020), 10_000, 1200, 0);
        let base = history.index(SeqNo(65_000)).unwrap();
        let mut lost = 0;

        history.take_lost(base, base + 21, |_, _| lost += 1);

        assert_eq!(lost, 11);
    }
}
