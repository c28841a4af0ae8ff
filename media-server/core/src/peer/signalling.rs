//! What a peer's client is told and has told, across all the connections that it comes with.
//!
//! ```text
//!   first … sent │ sent + 1 …
//!  ──────────────┼─────────────
//!   given to a   │ said while no connection was attached: the newest
//!   connection,  │ of a whole state stands for those before it
//!   unconfirmed  │
//! ```
//!
//! A number is a message's for good once a connection has had it. What is kept is bounded; a client that has missed what is
//! no longer kept cannot reattach, and comes back with a new transport that is told everything.

use std::collections::VecDeque;
use std::mem::{Discriminant, discriminant};

use protocol::limits::{SIGNAL_KEPT_BYTES_MAX, SIGNAL_KEPT_MAX};
use protocol::signal::ServerMessage;

use crate::api::PeerId;

/// A client's number, compared with those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The next: to be done.
    Next,
    /// Done before, and said again by a client that could not know.
    Again,
    /// Numbers between are missing: no client of ours does that.
    Gap,
}

/// One peer's signalling.
#[derive(Debug)]
pub(crate) struct Signalling {
    connection: Option<PeerId>,
    kept: VecDeque<ServerMessage>,
    kept_bytes: usize,
    /// The number of the first that is kept, or of the next message.
    first: u64,
    /// The number of the last that a connection has had.
    sent: u64,
    /// The client's last number.
    heard: u64,
}

impl Signalling {
    /// Of a peer that came with this connection.
    pub(crate) const fn new(connection: PeerId) -> Self {
        Self {
            connection: Some(connection),
            kept: VecDeque::new(),
            kept_bytes: 0,
            first: 1,
            sent: 0,
            heard: 0,
        }
    }

    /// The connection that is attached.
    pub(crate) const fn connection(&self) -> Option<PeerId> {
        self.connection
    }

    pub(crate) const fn heard(&self) -> u64 {
        self.heard
    }

    /// Keeps a message. Its number and the connection to give it to, if one is attached.
    pub(crate) fn say(&mut self, message: &ServerMessage) -> Option<(PeerId, u64)> {
        if self.connection.is_none()
            && let Some(state) = whole_state(message)
        {
            self.forget_unsent(state);
        }
        self.kept_bytes += description_len(message);
        self.kept.push_back(message.clone());
        while self.kept.len() > SIGNAL_KEPT_MAX || self.kept_bytes > SIGNAL_KEPT_BYTES_MAX {
            self.forget_first();
        }
        let connection = self.connection?;
        self.sent = self.last();
        Some((connection, self.sent))
    }

    /// Another connection. Returns the one before it.
    pub(crate) const fn attach(&mut self, connection: PeerId) -> Option<PeerId> {
        self.connection.replace(connection)
    }

    /// The connection is gone. Returns it.
    pub(crate) const fn detach(&mut self) -> Option<PeerId> {
        self.connection.take()
    }

    /// Whether everything behind this number can still be said.
    pub(crate) const fn can_go_on_from(&self, seen: u64) -> bool {
        seen <= self.sent && seen + 1 >= self.first
    }

    /// The client has everything up to this number; `false` for what was never said.
    pub(crate) fn confirm(&mut self, seen: u64) -> bool {
        if seen > self.sent {
            return false;
        }
        while self.first <= seen && !self.kept.is_empty() {
            self.forget_first();
        }
        true
    }

    /// Everything that is kept, with its numbers, which it has from now on.
    pub(crate) fn repeat(&mut self) -> impl Iterator<Item = (u64, ServerMessage)> + use<> {
        self.sent = self.last();
        (self.first..).zip(self.kept.clone())
    }

    /// Takes the number of a client's message.
    pub(crate) const fn hear(&mut self, number: u64) -> Heard {
        if number <= self.heard {
            return Heard::Again;
        }
        if number > self.heard + 1 {
            return Heard::Gap;
        }
        self.heard = number;
        Heard::Next
    }

    fn last(&self) -> u64 {
        self.first + self.kept.len() as u64 - 1
    }

    fn forget_first(&mut self) {
        if let Some(message) = self.kept.pop_front() {
            self.first += 1;
            self.kept_bytes -= description_len(&message);
        }
    }

    fn forget_unsent(&mut self, state: Discriminant<ServerMessage>) {
        let unsent = (self.sent + 1).saturating_sub(self.first) as usize;
        // At most one, because each goes when the next comes.
        let old = self.kept.iter().skip(unsent).position(|kept| whole_state(kept) == Some(state));
        if let Some(at) = old {
            self.kept.remove(unsent + at);
        }
    }
}

/// Of a message that says a whole state, about which only the newest counts.
fn whole_state(message: &ServerMessage) -> Option<Discriminant<ServerMessage>> {
    let is_whole = matches!(
        message,
        ServerMessage::Lanes { .. }
            | ServerMessage::Speakers { .. }
            | ServerMessage::Quality { .. }
            | ServerMessage::Room { .. }
            | ServerMessage::Moderation { .. }
    );
    is_whole.then(|| discriminant(message))
}

/// Bytes of the session description in a message, the only part of any that is long.
const fn description_len(message: &ServerMessage) -> usize {
    match message {
        ServerMessage::Joined { answer, .. } | ServerMessage::Answer { answer } => answer.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
