//! What is said to the node and heard from it, by number, across the connections that carry it.

use std::collections::VecDeque;

use protocol::signal::{ClientMessage, Numbered};

/// One peer's messages.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    /// For the connection that is open now.
    out: VecDeque<Numbered<ClientMessage>>,
    /// Said, and not confirmed by the node: one a mute, so they are few between two pongs.
    kept: VecDeque<(u64, ClientMessage)>,
    said: u64,
    seen: u64,
    is_detached: bool,
}

impl Dialogue {
    /// The first message of a new peer: nothing of the one before counts.
    pub(super) fn begin(&mut self, message: ClientMessage) {
        *self = Self::default();
        self.out.push_back(Numbered::without(message));
    }

    /// Says something that changes something.
    pub(super) fn say(&mut self, message: ClientMessage) {
        self.said += 1;
        self.kept.push_back((self.said, message.clone()));
        if !self.is_detached {
            self.out.push_back(Numbered::new(self.said, message));
        }
    }

    pub(super) fn ping(&mut self, id: u32) {
        if !self.is_detached {
            self.out.push_back(Numbered::without(ClientMessage::Ping { id, seen: self.seen }));
        }
    }

    /// The connection is gone: what waits for it does so for the next.
    pub(super) fn detach(&mut self) {
        self.out.clear();
        self.is_detached = true;
    }

    /// The first message of another connection to the same peer. What is not confirmed goes with it: the node passes over what
    /// it has done.
    pub(super) fn reattach(&mut self, resume: String) {
        self.out.clear();
        self.is_detached = false;
        self.out.push_back(Numbered::without(ClientMessage::Reattach { resume, seen: self.seen }));
        let again = self.kept.iter().cloned();
        self.out.extend(again.map(|(number, message)| Numbered::new(number, message)));
    }

    /// The node has everything up to this number.
    pub(super) fn confirm(&mut self, heard: u64) {
        while self.kept.front().is_some_and(|(number, _)| *number <= heard) {
            self.kept.pop_front();
        }
    }

    /// Takes the number of a message of the node; `false` for one that is not the next.
    pub(super) fn hear(&mut self, number: Option<u64>) -> bool {
        let Some(number) = number else { return true };
        if number != self.seen + 1 {
            return false;
        }
        self.seen = number;
        true
    }

    pub(super) fn poll(&mut self) -> Option<Numbered<ClientMessage>> {
        self.out.pop_front()
    }
}
