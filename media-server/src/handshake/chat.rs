//! A peer's data channel: messages between its SCTP association and the core, as JSON.
//!
//! What people write passes through here and is neither kept nor logged.

use std::collections::VecDeque;
use std::time::Instant;

use media_core::{Bucket, Command, PeerId, Rate};
use protocol::chat::{self, ClientChat, NodeChat};
use sctp::{Channel, CloseReason, Event};
use tracing::debug;

use crate::clock::unix_ms;

const _: () = assert!(chat::MESSAGE_BYTES_MAX == sctp::MAX_MESSAGE_LEN);
const _: () = assert!(sctp::MAX_PACKET_LEN == dtls::MAX_DATA_LEN);
const _: () = assert!(sctp::MAX_WAITING_LEN >= 2 * chat::KEPT_BYTES_MAX);

/// Messages at once: a client says again what has no answer, fifty texts, and asks what it missed. A second: ten times what a seat
/// may say. Who is faster makes work for the worker, and loses the channel.
const MESSAGES: Rate = Rate { per_second: 20, burst: 128 };

/// The channel of one peer, and what it has for the core.
pub(super) struct Chat {
    channel: Channel,
    /// Drained after each call: what one packet brings.
    heard: VecDeque<Heard>,
    messages: Bucket,
    /// The core has been told that it is closed.
    is_over: bool,
}

enum Heard {
    Message { at_ms: u64, message: ClientChat },
    Closed,
}

impl Chat {
    pub(super) const fn new(now: Instant) -> Self {
        let channel = Channel::server(now);
        Self { channel, heard: VecDeque::new(), messages: Bucket::full(MESSAGES, now), is_over: false }
    }

    /// What came out of DTLS.
    pub(super) fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        self.channel.handle_packet(now, packet);
        self.listen(now);
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.channel.poll_timeout().is_some_and(|due| due <= now) {
            self.channel.handle_timeout(now);
            self.listen(now);
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.channel.poll_timeout()
    }

    /// Sends a message. A peer that does not read loses its channel; the core hears of it.
    pub(super) fn tell(&mut self, now: Instant, message: &NodeChat) {
        if let Ok(text) = serde_json::to_string(message) {
            // It is refused only where nobody is there to be told.
            let _ = self.channel.send(now, &text);
        }
        self.listen(now);
    }

    /// The next packet, for one DTLS record.
    pub(super) fn poll_packet(&mut self) -> Option<Vec<u8>> {
        self.channel.poll_packet()
    }

    /// What the core is to be told next.
    pub(super) fn poll_command(&mut self, peer: PeerId) -> Option<Command> {
        Some(match self.heard.pop_front()? {
            Heard::Message { at_ms, message } => Command::Chat { peer, at_ms, message },
            Heard::Closed => Command::ChatClosed { peer },
        })
    }

    fn listen(&mut self, now: Instant) {
        while let Some(event) = self.channel.poll_event() {
            match event {
                Event::Open => {}
                Event::Message(text) => match serde_json::from_str(&text) {
                    Ok(message) if self.messages.take(MESSAGES, now) => {
                        self.heard.push_back(Heard::Message { at_ms: unix_ms(), message });
                    }
                    // Nobody of ours says that, or so much.
                    _ => self.channel.close(now),
                },
                Event::Closed(reason) => {
                    if reason != CloseReason::Peer {
                        debug!(%reason, "a data channel is closed");
                    }
                    if !std::mem::replace(&mut self.is_over, true) {
                        self.heard.push_back(Heard::Closed);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
