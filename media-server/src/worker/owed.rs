//! Inputs that come once and that a busy worker did not take: they wait at their sender, in order, and are offered again.

use std::collections::VecDeque;

use super::{Inbox, Input, Unsent};

/// What one sender owes the workers. The sender bounds it.
#[derive(Default)]
pub struct Owed(VecDeque<(u8, Input)>);

impl Owed {
    /// Adds an input for the worker with this number.
    pub fn push(&mut self, worker: u8, input: Input) {
        self.0.push_back((worker, input));
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something waits for this worker.
    #[must_use]
    pub fn is_for(&self, worker: u8) -> bool {
        self.0.iter().any(|(to, _)| *to == worker)
    }

    /// Gives workers what they take. A busy one delays what is for it, and nothing else; what is for one that is gone goes, too.
    pub fn offer_to(&mut self, workers: &[Inbox]) {
        let mut busy: Vec<u8> = Vec::new();
        for (worker, input) in std::mem::take(&mut self.0) {
            let Some(inbox) = workers.get(usize::from(worker)) else { continue };
            if busy.contains(&worker) {
                self.0.push_back((worker, input));
            } else if let Err(Unsent::Full(input)) = inbox.offer(input) {
                busy.push(worker);
                self.0.push_back((worker, *input));
            }
        }
    }
}
