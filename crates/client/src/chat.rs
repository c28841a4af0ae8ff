//! What is written during the call: over the transport's data channel, and across transports without loss or repetition.

use std::collections::VecDeque;
use std::time::Instant;

use protocol::LogId;
use protocol::chat::{ClientChat, NodeChat, Text};
use sctp::{Channel, Event as ChannelEvent};

use crate::event::Event;
use crate::random::Random;

/// Texts that wait for the node's answer. A person waits for it; a test that does not loses the newest.
const UNSAID_MAX: usize = 256;
/// Numbers of own texts: what a browser's number holds.
const ID_BITS: u32 = 53;

/// Where this participant stands.
#[derive(Default)]
pub(crate) struct Chat {
    log: Option<LogId>,
    /// The highest number that was told.
    seen: u64,
    /// The next may be any: it is the first after `hearing`.
    may_jump: bool,
    /// Without the node's answer.
    unsaid: VecDeque<(u64, Text)>,
}

impl Chat {
    /// Says something: now, or as soon as there is a channel.
    pub(crate) fn say(
        &mut self,
        now: Instant,
        text: Text,
        random: &mut Random,
        channel: Option<&mut Channel>,
    ) {
        if self.unsaid.len() == UNSAID_MAX {
            return;
        }
        let id = random.next_u64() >> (u64::BITS - ID_BITS);
        self.unsaid.push_back((id, text.clone()));
        if let Some(channel) = channel {
            send(now, channel, &ClientChat::Say { id, text });
        }
    }

    /// Takes what came on the channel.
    pub(crate) fn advance(&mut self, now: Instant, channel: &mut Channel, events: &mut VecDeque<Event>) {
        while let Some(event) = channel.poll_event() {
            match event {
                ChannelEvent::Open => {
                    self.hear(now, channel);
                    for (id, text) in &self.unsaid {
                        send(now, channel, &ClientChat::Say { id: *id, text: text.clone() });
                    }
                }
                ChannelEvent::Message(text) => {
                    if let Ok(message) = serde_json::from_str(&text) {
                        self.take(now, message, channel, events);
                    }
                }
                ChannelEvent::Closed(reason) => events.push_back(Event::ChatClosed(reason)),
            }
        }
    }

    fn take(&mut self, now: Instant, message: NodeChat, channel: &mut Channel, events: &mut VecDeque<Event>) {
        match &message {
            NodeChat::Hearing { log, .. } => {
                if self.log.replace(*log) != Some(*log) {
                    self.seen = 0;
                }
                self.may_jump = true;
            }
            NodeChat::Said { number, id, .. } => {
                self.unsaid.retain(|(unsaid, _)| Some(*unsaid) != *id);
                if *number <= self.seen {
                    return;
                }
                if *number > self.seen + 1 && !self.may_jump {
                    return self.hear(now, channel);
                }
                self.may_jump = false;
                self.seen = *number;
            }
            NodeChat::Refused { id, .. } => self.unsaid.retain(|(unsaid, _)| unsaid != id),
        }
        events.push_back(Event::Chat(message));
    }

    fn hear(&self, now: Instant, channel: &mut Channel) {
        send(now, channel, &ClientChat::Hear { log: self.log, after: self.seen });
    }
}

fn send(now: Instant, channel: &mut Channel, message: &ClientChat) {
    if let Ok(text) = serde_json::to_string(message) {
        // What is not sent now is said again when there is another channel.
        let _ = channel.send(now, &text);
    }
}
