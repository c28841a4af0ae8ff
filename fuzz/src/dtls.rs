//! A DTLS handshake between a client and a server of ours, through a network that a program bends: datagrams are
//! dropped, repeated, swapped, bent and cut, and others are put in, with fragments built to the rules among them.
//! Whoever is fooled, both ends must agree on keys, or have none.

use std::collections::VecDeque;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use dtls::{Endpoint, Event, Fingerprints, Identity};
use srtp::{DtlsRole, KeyingMaterial};

use crate::input::Input;

/// Steps of one program.
const STEPS_MAX: usize = 200;
/// Datagrams that are given to one end for each that a program or the other end makes: a flight has five, and it is
/// sent again a few times.
const SENT_MAX: usize = 400;
/// Exchanges at the end, when the network is whole again.
const EXCHANGES_MAX: usize = 40;

/// What a step does, by its first byte.
pub(crate) const DELIVER: u8 = 0;
pub(crate) const DROP: u8 = 1;
pub(crate) const BEND: u8 = 2;
pub(crate) const REPEAT: u8 = 3;
pub(crate) const INSERT: u8 = 4;
pub(crate) const FRAGMENT: u8 = 5;
pub(crate) const WAIT: u8 = 6;
pub(crate) const CUT: u8 = 7;
pub(crate) const SWAP: u8 = 8;
pub(crate) const DATA: u8 = 9;
const KINDS: u8 = 10;

/// The fuzz target.
pub fn run(bytes: &[u8]) {
    play(bytes);
}

/// The same, with whether the handshake came to its end at both.
pub fn play(bytes: &[u8]) -> bool {
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

/// One end, and what is on its way to it.
struct End {
    endpoint: Endpoint,
    coming: VecDeque<Vec<u8>>,
    keys: Option<KeyingMaterial>,
    is_closed: bool,
    sent: usize,
}

struct Wire {
    now: Instant,
    /// The server, then the client.
    ends: [End; 2],
}

/// The certificates are made once: they cost more than a handshake.
fn identities() -> &'static [Identity; 2] {
    static IDENTITIES: OnceLock<[Identity; 2]> = OnceLock::new();
    IDENTITIES.get_or_init(|| {
        [(); 2].map(|()| {
            Identity::generate(wall_clock()).expect("the machine has randomness, and it is after 1970")
        })
    })
}

/// 2027: nothing here asks the system.
fn wall_clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

impl Wire {
    fn new() -> Self {
        let now = netsim::Timeline::new().now();
        let [server, client] = identities();
        let expected = |identity: &Identity| Fingerprints::from(identity.fingerprint().clone());
        let end = |endpoint| End { endpoint, coming: VecDeque::new(), keys: None, is_closed: false, sent: 0 };
        Self {
            now,
            ends: [
                end(Endpoint::server(server, expected(client), now, wall_clock())),
                end(Endpoint::client(client, expected(server), now, wall_clock())),
            ],
        }
    }

    fn step(&mut self, input: &mut Input<'_>) {
        let kind = input.byte();
        let to = usize::from(kind >> 7);
        let coming = &mut self.ends[to].coming;
        match kind % 128 % KINDS {
            DELIVER => return self.deliver(to),
            DROP => drop(coming.pop_front()),
            BEND => {
                let (at, by) = (usize::from(input.word()), input.byte());
                if let Some(next) = coming.front_mut().filter(|next| !next.is_empty()) {
                    let at = at % next.len();
                    next[at] ^= by;
                }
            }
            REPEAT => {
                if let Some(next) = coming.front().cloned() {
                    self.give(to, &next);
                }
            }
            INSERT => {
                let datagram = input.bytes().to_vec();
                self.give(to, &datagram);
            }
            FRAGMENT => {
                let datagram = fragment(input);
                self.give(to, &datagram);
            }
            WAIT => {
                self.now += Duration::from_millis(1 << (input.byte() & 0x0f));
                for end in &mut self.ends {
                    end.endpoint.handle_timeout(self.now);
                }
            }
            CUT => {
                let len = usize::from(input.word());
                if let Some(next) = coming.front_mut() {
                    next.truncate(len);
                }
            }
            SWAP => {
                if coming.len() > 1 {
                    coming.swap(0, 1);
                }
            }
            _ => {
                // Refused before the handshake is done, and when it is too long.
                let _ = self.ends[to].endpoint.send(input.bytes());
            }
        }
        self.collect();
    }

    fn deliver(&mut self, to: usize) {
        if let Some(next) = self.ends[to].coming.pop_front() {
            self.give(to, &next);
        }
        self.collect();
    }

    fn give(&mut self, to: usize, datagram: &[u8]) {
        let end = &mut self.ends[to];
        let before = end.endpoint.counts();
        end.endpoint.handle_datagram(self.now, datagram);
        let counts = end.endpoint.counts();
        // A record and its header have 13 bytes, a fragment and its header 12, and each is delivered once; beside
        // them only what waited for this datagram is.
        let paid = 2 * datagram.len() / 12 + 32;
        assert!(counts.steps - before.steps <= paid as u64, "{} bytes cost {counts:?}", datagram.len());
    }

    /// Takes what both ends give.
    fn collect(&mut self) {
        for at in 0..2 {
            while let Some(datagram) = self.ends[at].endpoint.poll_datagram() {
                self.ends[at].sent += 1;
                self.ends[1 - at].coming.push_back(datagram);
            }
            let end = &mut self.ends[at];
            assert!(end.sent < SENT_MAX, "an end sends without end");
            while let Some(event) = end.endpoint.poll_event() {
                assert!(!end.is_closed, "after the end comes nothing");
                match event {
                    Event::Established(established) => {
                        assert!(end.keys.is_none(), "keys come once");
                        end.keys = Some(established.keys);
                    }
                    Event::Data(_) => assert!(end.keys.is_some(), "data comes after keys"),
                    Event::Closed(_) => end.is_closed = true,
                }
            }
        }
    }

    /// The network is whole: what can come to its end does.
    fn settle(&mut self) {
        for _ in 0..EXCHANGES_MAX {
            if self.ends.iter().all(|end| end.coming.is_empty()) {
                break;
            }
            for to in 0..2 {
                self.deliver(to);
            }
        }
    }

    /// What one end seals, the other opens.
    fn check(&self) -> bool {
        let [Some(server), Some(client)] = [0, 1].map(|at| self.ends[at].keys.as_ref()) else { return false };
        let (mut sealer, _) = client.contexts(DtlsRole::Client);
        let (_, mut opener) = server.contexts(DtlsRole::Server);
        let mut packet = [0; 64];
        packet[..12].copy_from_slice(&[0x80, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]);
        let len = sealer.seal_rtp(&mut packet, 20).expect("a header and room for the tag");
        assert!(opener.open_rtp(&mut packet[..len]).is_ok(), "both ends have the same keys");
        true
    }
}

/// A plain record with one fragment of a handshake message (RFC 6347 §4.1, §4.2.2).
fn fragment(input: &mut Input<'_>) -> Vec<u8> {
    let (kind, number, len, offset) = (input.byte(), input.byte(), input.word(), input.word());
    let body = input.bytes();
    let mut datagram = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, number];
    datagram.extend((12 + body.len() as u16).to_be_bytes());
    datagram.extend([kind, 0]);
    datagram.extend(len.to_be_bytes());
    datagram.extend([0, number, 0]);
    datagram.extend(offset.to_be_bytes());
    datagram.push(0);
    datagram.extend((body.len() as u16).to_be_bytes());
    datagram.extend(body);
    datagram
}
