//! How much later, or earlier, one group of packets arrived than the group before it, compared with how they were
//! sent (draft-ietf-rmcat-gcc-02 §5.2).
//!
//! ```text
//!  sent      ▮▮▮        ▮▮▮         groups: what left within 5 ms
//!              │◀──────▶│ sent_us
//!  arrived      ▮ ▮ ▮       ▮ ▮ ▮
//!                   │◀─────────▶│ arrived_us        delay grew by arrived_us - sent_us
//! ```

/// What leaves within this is a group: one tick of the pacer.
const GROUP_US: i64 = 5_000;
/// What arrives this close together although it was sent further apart was held up somewhere (Wi-Fi aggregates), and
/// is one group.
const BURST_US: i64 = 5_000;
/// Such a burst ends here.
const BURST_MAX_US: i64 = 100_000;
/// An arrival that jumps by more, against the sending, is another clock.
const JUMP_US: i64 = 3_000_000;

/// Two groups compared. Microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GroupDelta {
    pub(super) sent_us: i64,
    pub(super) arrived_us: i64,
    /// When the later group arrived.
    pub(super) at_us: i64,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    first_sent: i64,
    last_sent: i64,
    first_arrived: i64,
    last_arrived: i64,
}

/// The group that is being filled, and the one before.
#[derive(Debug, Default)]
pub(super) struct Groups {
    current: Option<Group>,
    before: Option<Group>,
}

impl Groups {
    /// Takes a packet, in the order of sending; gives the difference between the two groups that lie before it when
    /// it begins another.
    pub(super) fn handle_arrival(&mut self, sent_us: i64, arrived_us: i64) -> Option<GroupDelta> {
        let Some(current) = &mut self.current else {
            self.current = Some(Group::of(sent_us, arrived_us));
            return None;
        };
        if sent_us < current.first_sent {
            // It belongs to a group that is done: it was overtaken.
            return None;
        }
        if current.takes(sent_us, arrived_us) {
            current.last_sent = current.last_sent.max(sent_us);
            current.last_arrived = current.last_arrived.max(arrived_us);
            return None;
        }
        let (done, before) = (*current, self.before);
        self.current = Some(Group::of(sent_us, arrived_us));
        self.before = Some(done);
        let before = before?;
        let delta = GroupDelta {
            sent_us: done.last_sent - before.last_sent,
            arrived_us: done.last_arrived.saturating_sub(before.last_arrived),
            at_us: done.last_arrived,
        };
        let jumps = delta.arrived_us.saturating_sub(delta.sent_us).saturating_abs() > JUMP_US;
        // Overtaken as a whole: says nothing about the queue.
        (!jumps && delta.arrived_us >= 0).then_some(delta)
    }
}

impl Group {
    const fn of(sent: i64, arrived: i64) -> Self {
        Self { first_sent: sent, last_sent: sent, first_arrived: arrived, last_arrived: arrived }
    }

    const fn takes(&self, sent: i64, arrived: i64) -> bool {
        if sent - self.first_sent <= GROUP_US {
            return true;
        }
        let between_arrivals = arrived.saturating_sub(self.last_arrived);
        let grew = between_arrivals.saturating_sub(sent - self.last_sent);
        grew < 0 && between_arrivals <= BURST_US && arrived.saturating_sub(self.first_arrived) < BURST_MAX_US
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets every 10 ms, each arriving after `delay_us(number)`.
    fn deltas(count: i64, delay_us: impl Fn(i64) -> i64) -> Vec<i64> {
        let mut groups = Groups::default();
        (0..count)
            .filter_map(|number| groups.handle_arrival(number * 10_000, number * 10_000 + delay_us(number)))
            .map(|delta| delta.arrived_us - delta.sent_us)
            .collect()
    }

    #[test]
    fn a_steady_delay_does_not_grow() {
        assert_eq!(deltas(5, |_| 40_000), [0; 3]);
    }

    #[test]
    fn a_filling_queue_shows_in_each_group() {
        assert_eq!(deltas(5, |number| 40_000 + number * 2_000), [2_000; 3]);
    }

    #[test]
    fn what_arrives_in_one_piece_is_one_group() {
        // 30 ms of packets are held and come together: no growth within the piece.
        let held = |number: i64| 40_000 + (2 - number % 3) * 10_000;

        assert_eq!(deltas(9, held), [0]);
    }

    #[test]
    fn another_clock_is_no_delay() {
        let jump = |number: i64| if number < 5 { 40_000 } else { 1 << 40 };

        assert_eq!(deltas(10, jump), [0; 7]);
    }
}
