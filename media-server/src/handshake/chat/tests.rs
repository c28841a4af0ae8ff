//! A peer's channel against a client's.

use std::time::Duration;

use protocol::SeatId;
use protocol::chat::Text;

use super::*;

const PEER: PeerId = PeerId(7);

/// The node's end and the client's, and the way between them.
struct Pair {
    now: Instant,
    chat: Chat,
    client: Channel,
    events: Vec<Event>,
    commands: Vec<Command>,
}

impl Pair {
    fn open() -> Self {
        let now = Instant::now();
        let (chat, client) = (Chat::new(now), Channel::client(now));
        let mut pair = Self { now, chat, client, events: Vec::new(), commands: Vec::new() };
        pair.exchange();
        assert!(pair.client.is_open());
        pair
    }

    fn exchange(&mut self) {
        loop {
            let mut quiet = true;
            while let Some(packet) = self.client.poll_packet() {
                quiet = false;
                self.chat.handle_packet(self.now, &packet);
            }
            while let Some(packet) = self.chat.poll_packet() {
                quiet = false;
                self.client.handle_packet(self.now, &packet);
            }
            self.events.extend(std::iter::from_fn(|| self.client.poll_event()));
            self.commands.extend(std::iter::from_fn(|| self.chat.poll_command(PEER)));
            if quiet {
                return;
            }
        }
    }

    fn says(&mut self, json: &str) {
        self.client.send(self.now, json).unwrap();
        self.exchange();
    }

    fn is_closed(&self) -> bool {
        matches!(self.commands.last(), Some(Command::ChatClosed { peer: PEER }))
    }
}

fn said(text: &str) -> NodeChat {
    let text = Text::new(text).unwrap();
    NodeChat::Said { number: 1, seat: SeatId::new_v7(), at_ms: 1, id: None, text }
}

#[test]
fn messages_become_commands_and_orders_become_messages() {
    let mut pair = Pair::open();

    pair.says(r#"{"type":"say","id":5,"text":"hello"}"#);
    pair.chat.tell(pair.now, &said("good morning"));
    pair.exchange();

    let [Command::Chat { peer: PEER, at_ms, message: ClientChat::Say { id: 5, text } }] =
        pair.commands.as_slice()
    else {
        panic!("{:?}", pair.commands);
    };
    assert_eq!(text.as_str(), "hello");
    assert!(*at_ms > 1_700_000_000_000, "milliseconds since 1970");
    let Some(Event::Message(json)) = pair.events.last() else { panic!("{:?}", pair.events) };
    assert!(json.starts_with(r#"{"type":"said","number":1,"#), "{json}");
}

#[test]
fn what_is_no_message_costs_the_channel() {
    let deep = "[".repeat(10_000);
    for json in ["hello", "{}", r#"{"type":"dance"}"#, r#"{"type":"say","id":1,"text":"  "}"#, &deep] {
        let mut pair = Pair::open();

        pair.says(json);

        assert!(pair.is_closed(), "{json}");
        assert_eq!(pair.commands.len(), 1, "nothing of it reaches the core");
        assert_eq!(pair.events.last(), Some(&Event::Closed(CloseReason::Peer)));
    }
}

#[test]
fn a_flood_of_messages_costs_the_channel_and_a_pause_does_not() {
    let mut pair = Pair::open();
    for id in 0..u64::from(MESSAGES.burst) {
        pair.says(&format!(r#"{{"type":"say","id":{id},"text":"x"}}"#));
    }
    pair.now += Duration::from_secs(1);
    for id in 0..u64::from(MESSAGES.per_second) {
        pair.says(&format!(r#"{{"type":"say","id":{id},"text":"x"}}"#));
    }
    assert!(!pair.is_closed());

    pair.says(r#"{"type":"hear","after":0}"#);

    assert!(pair.is_closed());
    assert_eq!(pair.commands.len(), (MESSAGES.burst + MESSAGES.per_second) as usize + 1);
}

#[test]
fn who_does_not_read_loses_the_channel_and_the_core_hears_of_it_once() {
    let mut pair = Pair::open();

    for _ in 0..100 {
        pair.chat.tell(pair.now, &said(&"x".repeat(4000)));
        // What is for the client never gets there.
        while pair.chat.poll_packet().is_some() {}
        pair.commands.extend(std::iter::from_fn(|| pair.chat.poll_command(PEER)));
    }

    assert!(pair.is_closed());
    assert_eq!(pair.commands.len(), 1);
    assert_eq!(pair.chat.poll_timeout(), None);
}
