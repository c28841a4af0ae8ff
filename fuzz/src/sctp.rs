//! A data channel between a client and a server of ours, inside a DTLS connection whose one end says what it likes: packets are
//! dropped, repeated and swapped, as a network does, and others are put in with a good checksum and the right tag, as only the peer
//! can. Whatever it says, nothing panics, no end keeps more than it may, and while only the network misbehaves each message comes
//! once and in order.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use sctp::{Channel, Event, MAX_PACKET_LEN};

use crate::input::Input;

/// Steps of one program.
const STEPS_MAX: usize = 200;
/// Exchanges at the end, when the network is whole again; in between, time passes to the next deadline.
const EXCHANGES_MAX: usize = 200;
/// Packets that one call may make: all that may wait, four times over.
const ANSWERS_MAX: usize = 2048;

/// What a step does, by its first byte; the highest bit says which end it is about.
pub(crate) const DELIVER: u8 = 0;
pub(crate) const DROP: u8 = 1;
pub(crate) const REPEAT: u8 = 2;
pub(crate) const SWAP: u8 = 3;
pub(crate) const WAIT: u8 = 4;
pub(crate) const SAY: u8 = 5;
/// Chunks, put into a packet of their own.
pub(crate) const INSERT: u8 = 6;
/// The same without a tag, as an INIT is.
pub(crate) const INSERT_FIRST: u8 = 7;
/// Any bytes.
pub(crate) const RAW: u8 = 8;
/// A DATA chunk with the number that comes next, plus an offset.
pub(crate) const PIECE: u8 = 9;
pub(crate) const CLOSE: u8 = 10;
const KINDS: u8 = 11;

/// The fuzz target.
pub fn run(bytes: &[u8]) {
    play(bytes);
}

/// The same, with how many messages arrived.
pub fn play(bytes: &[u8]) -> usize {
    let mut wire = Wire::new();
    let mut input = Input::new(bytes);
    wire.collect();
    for _ in 0..STEPS_MAX {
        if input.is_empty() {
            break;
        }
        wire.step(&mut input);
    }
    wire.settle();
    wire.check()
}

struct End {
    channel: Channel,
    coming: VecDeque<Vec<u8>>,
    said: Vec<String>,
    heard: Vec<String>,
    /// The tag of packets to it, once one was seen.
    tag: [u8; 4],
    /// The highest number of DATA to it, likewise.
    number: u32,
}

struct Wire {
    now: Instant,
    /// The server, then the client.
    ends: [End; 2],
    /// Only the network has misbehaved so far.
    is_honest: bool,
}

impl Wire {
    fn new() -> Self {
        let now = Instant::now();
        let end = |channel| End {
            channel,
            coming: VecDeque::new(),
            said: Vec::new(),
            heard: Vec::new(),
            tag: [0; 4],
            number: 0,
        };
        Self { now, ends: [end(Channel::server(now)), end(Channel::client(now))], is_honest: true }
    }

    fn step(&mut self, input: &mut Input<'_>) {
        let kind = input.byte();
        let to = usize::from(kind >> 7);
        match (kind & 0x7f) % KINDS {
            DELIVER => self.deliver(to),
            DROP => drop(self.ends[to].coming.pop_front()),
            REPEAT => {
                let first = self.ends[to].coming.front().cloned();
                self.ends[to].coming.extend(first);
            }
            SWAP => {
                if self.ends[to].coming.len() > 1 {
                    self.ends[to].coming.swap(0, 1);
                }
            }
            WAIT => self.wait(Duration::from_millis(u64::from(input.byte()) * 50)),
            SAY => self.say(1 - to, usize::from(input.word())),
            INSERT => {
                let tag = self.ends[to].tag;
                self.insert(to, tag, input.bytes());
            }
            INSERT_FIRST => self.insert(to, [0; 4], input.bytes()),
            RAW => {
                self.is_honest = false;
                let bytes = input.bytes().to_vec();
                self.ends[to].coming.push_front(bytes);
                self.deliver(to);
            }
            PIECE => self.piece(to, input),
            _ => {
                self.is_honest = false;
                let now = self.now;
                self.ends[to].channel.close(now);
                self.collect();
            }
        }
    }

    fn say(&mut self, from: usize, len: usize) {
        let (now, end) = (self.now, &mut self.ends[from]);
        let text = format!("{} {}", end.said.len(), "x".repeat(len % sctp::MAX_MESSAGE_LEN));
        if text.len() <= sctp::MAX_MESSAGE_LEN && end.channel.send(now, &text).is_ok() {
            end.said.push(text);
        }
        self.collect();
    }

    fn piece(&mut self, to: usize, input: &mut Input<'_>) {
        let (ahead, flags) = (input.word(), input.byte());
        let content = input.bytes();
        let end = &mut self.ends[to];
        end.number = end.number.wrapping_add(u32::from(ahead));
        let mut chunk = vec![0, flags];
        chunk.extend((16 + content.len() as u16).to_be_bytes());
        chunk.extend(end.number.to_be_bytes());
        chunk.extend([0, 0, 0, 0, 0, 0, 0, 51]);
        chunk.extend(content);
        let tag = end.tag;
        self.insert(to, tag, &chunk);
    }

    /// Delivers chunks at once, in a packet as the peer would make it.
    fn insert(&mut self, to: usize, tag: [u8; 4], chunks: &[u8]) {
        self.is_honest = false;
        let mut packet = vec![0x13, 0x88, 0x13, 0x88];
        packet.extend(tag);
        packet.extend([0; 4]);
        packet.extend(chunks);
        let sum = crc32c(&packet).to_le_bytes();
        packet[8..12].copy_from_slice(&sum);
        self.ends[to].coming.push_front(packet);
        self.deliver(to);
    }

    fn deliver(&mut self, to: usize) {
        let now = self.now;
        let Some(packet) = self.ends[to].coming.pop_front() else { return };
        self.ends[to].note(&packet);
        self.ends[to].channel.handle_packet(now, &packet);
        self.collect();
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        let now = self.now;
        for end in &mut self.ends {
            if end.channel.poll_timeout().is_some_and(|due| due <= now) {
                end.channel.handle_timeout(now);
            }
        }
        self.collect();
    }

    /// What both ends have to say goes on its way.
    fn collect(&mut self) {
        for from in [0, 1] {
            let mut count = 0;
            while let Some(packet) = self.ends[from].channel.poll_packet() {
                assert!(packet.len() <= MAX_PACKET_LEN, "longer than a record may be");
                count += 1;
                self.ends[1 - from].coming.push_back(packet);
            }
            assert!(count <= ANSWERS_MAX, "{count} packets at once");
            while let Some(event) = self.ends[from].channel.poll_event() {
                if let Event::Message(text) = event {
                    self.ends[from].heard.push(text);
                }
            }
        }
    }

    /// The network is whole again.
    fn settle(&mut self) {
        for _ in 0..EXCHANGES_MAX {
            for to in [0, 1] {
                for _ in 0..self.ends[to].coming.len() {
                    self.deliver(to);
                }
            }
            let due = self.ends.iter().filter_map(|end| end.channel.poll_timeout()).min();
            let Some(due) = due else { return };
            if self.ends.iter().all(|end| end.coming.is_empty()) {
                self.wait(due.saturating_duration_since(self.now));
            }
        }
    }

    fn check(self) -> usize {
        let [server, client] = &self.ends;
        for (from, to) in [(server, client), (client, server)] {
            if self.is_honest {
                assert!(from.said.starts_with(&to.heard), "another order, or twice");
                if to.channel.is_open() && from.channel.is_open() {
                    assert_eq!(from.said, to.heard, "something is missing");
                }
            }
        }
        server.heard.len() + client.heard.len()
    }
}

impl End {
    /// What a liar at the other end knows.
    fn note(&mut self, packet: &[u8]) {
        if let Some(tag) = packet.get(4..8).filter(|tag| *tag != [0; 4]) {
            self.tag.copy_from_slice(tag);
        }
        // The first number of an INIT or INIT ACK, or the number of a DATA chunk.
        let at = match packet.get(12) {
            Some(1 | 2) => 28,
            Some(0) => 16,
            _ => return,
        };
        if let Some(number) = packet.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()) {
            self.number = u32::from_be_bytes(number);
        }
    }
}

/// CRC-32C, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    let bit = |crc: u32| if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ 0x82F6_3B78 };
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| bit(crc));
    !bytes.iter().fold(u32::MAX, byte)
}
