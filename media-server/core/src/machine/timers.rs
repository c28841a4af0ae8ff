//! When a peer or a room is to be looked at next. Looking too early costs a look; nothing is ever looked at too late.

use std::time::Instant;

/// The next look at each thing of a table, by its place, and the earliest of all.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: Vec<Option<Instant>>,
    next: Option<Instant>,
}

impl Timers {
    /// Looks at `place` at `at`, or earlier if that was settled before.
    #[inline]
    pub(super) fn schedule(&mut self, place: usize, at: Instant) {
        if self.due.len() <= place {
            self.due.resize(place + 1, None);
        }
        let due = &mut self.due[place];
        if due.is_none_or(|due| at < due) {
            *due = Some(at);
            if self.next.is_none_or(|next| at < next) {
                self.next = Some(at);
            }
        }
    }

    pub(super) fn cancel(&mut self, place: usize) {
        if let Some(due) = self.due.get_mut(place) {
            *due = None;
        }
    }

    /// No later than the earliest look.
    pub(super) const fn next(&self) -> Option<Instant> {
        self.next
    }

    /// The places to look at now, in their order. Each must be scheduled anew.
    pub(super) fn take_due(&mut self, now: Instant, out: &mut Vec<usize>) {
        out.clear();
        if self.next.is_none_or(|next| now < next) {
            return;
        }
        self.next = None;
        for (place, due) in self.due.iter_mut().enumerate() {
            match *due {
                Some(at) if at <= now => {
                    *due = None;
                    out.push(place);
                }
                Some(at) if self.next.is_none_or(|next| at < next) => self.next = Some(at),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::packet::fixtures::start;

    #[test]
    fn the_earliest_settled_time_counts() {
        let now = start();
        let ms = |ms| now + Duration::from_millis(ms);
        let mut timers = Timers::default();
        let mut due = Vec::new();

        timers.schedule(3, ms(30));
        timers.schedule(1, ms(20));
        timers.schedule(3, ms(10));
        timers.schedule(3, ms(40));
        assert_eq!(timers.next(), Some(ms(10)));

        timers.take_due(ms(9), &mut due);
        assert!(due.is_empty());
        timers.take_due(ms(10), &mut due);
        assert_eq!((due.as_slice(), timers.next()), (&[3][..], Some(ms(20))));
        timers.cancel(1);
        timers.take_due(ms(50), &mut due);
        assert_eq!((due.len(), timers.next()), (0, None));
    }
}
