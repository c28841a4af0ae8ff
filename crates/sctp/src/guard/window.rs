//! Which numbers have come: the library takes any number into its maps, however far ahead.

use std::collections::VecDeque;

/// How far ahead of the last number in sequence a chunk may be: four times what fills the receive window with long messages. Each
/// may be a gap, which an acknowledgement says in four bytes.
const AHEAD_MAX: u32 = 256;

/// What is known of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    New,
    Before,
    Beyond,
}

/// The numbers after the last one in sequence.
pub(super) struct Window {
    /// All up to here have come.
    last: u32,
    /// Whether the ones after it have.
    ahead: VecDeque<bool>,
}

impl Window {
    /// Nothing has come; `first` is the first number.
    pub(super) const fn before(first: u32) -> Self {
        Self { last: first.wrapping_sub(1), ahead: VecDeque::new() }
    }

    pub(super) fn note(&mut self, number: u32) -> Seen {
        let ahead = number.wrapping_sub(self.last);
        if ahead == 0 || ahead > u32::MAX / 2 {
            return Seen::Before;
        }
        if ahead > AHEAD_MAX {
            return Seen::Beyond;
        }
        let at = ahead as usize - 1;
        if self.ahead.len() <= at {
            self.ahead.resize(at + 1, false);
        }
        if std::mem::replace(&mut self.ahead[at], true) {
            return Seen::Before;
        }
        while self.ahead.front() == Some(&true) {
            self.ahead.pop_front();
            self.last = self.last.wrapping_add(1);
        }
        Seen::New
    }
}
