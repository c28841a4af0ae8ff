//! A peer's data channel: messages between its SCTP association and the core, as JSON.
//!
//! What people write passes through here and is neither kept nor logged.

use std::collections::VecDeque;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use media_core::{Command, PeerId};
use protocol::chat::{self, ClientChat, NodeChat};
use sctp::{Channel, CloseReason, Event};
use tracing::debug;

const _: () = assert!(chat::MESSAGE_BYTES_MAX == sctp::MAX_MESSAGE_LEN);
const _: () = assert!(sctp::MAX_PACKET_LEN == dtls::MAX_DATA_LEN);
const _: () = assert!(sctp::MAX_WAITING_LEN >= 2 * chat::KEPT_BYTES_MAX);

/// Messages that may come at once: a client says again what has no answer, fifty texts, and asks what it missed.
const BURST: f64 = 128.0;
/// And a second: ten times what a seat may say. Who is faster makes work for the worker, and loses the channel.
const PER_SECOND: f64 = 20.0;

/// The channel of one peer, and what it has for the core.
pub(super) struct Chat {
    channel: Channel,
    /// Drained after each call: what one packet brings.
    heard: VecDeque<Heard>,
    budget: f64,
    budgeted: Instant,
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
        Self { channel, heard: VecDeque::new(), budget: BURST, budgeted: now, is_over: false }
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
                    Ok(message) if self.takes_one(now) => {
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

    fn takes_one(&mut self, now: Instant) -> bool {
        let since = now.saturating_duration_since(self.budgeted).as_secs_f64();
        self.budgeted = now;
        self.budget = BURST.min(PER_SECOND.mul_add(since, self.budget));
        let takes = self.budget >= 1.0;
        self.budget -= f64::from(u8::from(takes));
        takes
    }
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
