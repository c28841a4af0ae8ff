//! A core with browsers around it, in virtual time. The browsers here know just enough: an offer, checks, and sealed
//! packets with keys that no handshake had to make.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what is not as a test needs it fails the test")]

mod browser;
pub(crate) mod layers;
mod offer;
pub(crate) mod scalable;

use std::time::{Duration, Instant};

use media_core::{
    Command, Core, CoreConfig, CoreLimits, Fingerprint, HandshakeOrder, Output, Path, PeerId, SeatGrant,
};
use netsim::Timeline;
use protocol::signal::{LaneState, PublishTrack, ServerMessage, Source};
use protocol::{ClinicId, Generation, NodeId, Permissions, Problem, Role, RoomId, SeatId};
use srtp::{KeyingMaterial, SrtpProfile};
use uuid::Uuid;

pub(crate) use browser::{Browser, DELTA_FRAME, Incoming, KEY_FRAME, Media, Outgoing, check};
pub(crate) use offer::{OfferText, REPAIRED_RID_ID, RID_ID, Vp9};

pub(crate) const NODE: &str = "192.0.2.1:9000";

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) fn seat(number: u128) -> SeatId {
    SeatId(Uuid::from_u128(number))
}

/// A grant for the usual room in generation 5.
pub(crate) fn grant(number: u128) -> SeatGrant {
    SeatGrant {
        clinic: ClinicId(Uuid::from_u128(1)),
        room: RoomId(Uuid::from_u128(2)),
        generation: Generation(5),
        seat: seat(number),
        role: Role::Patient,
        permissions: Permissions::of(Role::Patient),
    }
}

pub(crate) fn practitioner(number: u128) -> SeatGrant {
    SeatGrant { role: Role::Practitioner, permissions: Permissions::of(Role::Practitioner), ..grant(number) }
}

pub(crate) fn microphone(mid: &str) -> PublishTrack {
    PublishTrack { mid: mid.to_owned(), source: Source::Microphone, active: true }
}

pub(crate) fn camera(mid: &str) -> PublishTrack {
    PublishTrack { mid: mid.to_owned(), source: Source::Camera, active: true }
}

pub(crate) struct World {
    pub(crate) core: Core,
    pub(crate) time: Timeline,
    /// Every output so far that nobody took.
    pub(crate) outputs: Vec<Output>,
    /// Every datagram so far that nobody took.
    pub(crate) sent: Vec<(Path, Vec<u8>)>,
    next_peer: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_limits(CoreLimits::default())
    }

    pub(crate) fn with_limits(limits: CoreLimits) -> Self {
        let time = Timeline::new();
        let config = CoreConfig {
            worker: 0x1f,
            node: NodeId(Uuid::from_u128(9)),
            candidates: vec![NODE.parse().unwrap(), "[2001:db8::1]:9000".parse().unwrap()],
            tcp_candidates: Vec::new(),
            fingerprint: Fingerprint([0xab; 32]),
            limits,
        };
        let core = Core::new(config, [42; 32], time.now());
        Self { core, time, outputs: Vec::new(), sent: Vec::new(), next_peer: 1 }
    }

    pub(crate) fn now(&self) -> Instant {
        self.time.now()
    }

    /// Takes what the core gives.
    pub(crate) fn drain(&mut self) {
        for transmit in self.core.transmits() {
            for datagram in transmit.datagrams() {
                self.sent.push((transmit.path, datagram.to_vec()));
            }
        }
        self.core.clear_transmits();
        while let Some(output) = self.core.poll_output() {
            self.outputs.push(output);
        }
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.core.handle_command(self.time.now(), command);
        self.drain();
    }

    /// One datagram as a batch of its own.
    pub(crate) fn datagram(&mut self, path: Path, bytes: &[u8]) {
        self.batch([(path, bytes.to_vec())]);
    }

    pub(crate) fn batch(&mut self, datagrams: impl IntoIterator<Item = (Path, Vec<u8>)>) {
        for (path, mut bytes) in datagrams {
            self.core.handle_datagram(self.time.now(), path, &mut bytes);
        }
        self.core.flush(self.time.now());
        self.drain();
    }

    /// Moves time on, with every timeout in its place; how many there were.
    pub(crate) fn advance(&mut self, by: Duration) -> usize {
        let end = self.time.now() + by;
        for looks in 0..1_000_000 {
            match self.core.poll_timeout() {
                Some(due) if due <= end => {
                    self.time.advance_to(due);
                    self.core.handle_timeout(self.time.now());
                    self.drain();
                }
                _ => {
                    self.time.advance_to(end);
                    return looks;
                }
            }
        }
        panic!("timeouts do not end");
    }

    /// The next peer id.
    pub(crate) fn peer_id(&mut self) -> PeerId {
        self.next_peer += 1;
        PeerId(self.next_peer)
    }

    /// Joins with an offer; the answer, where there is one, is in the browser.
    pub(crate) fn join(&mut self, grant: SeatGrant, offer: OfferText, tracks: &[PublishTrack]) -> Browser {
        let peer = self.peer_id();
        self.command(Command::Join { peer, grant, offer: offer.text(), tracks: tracks.to_vec() });
        self.browser(peer, grant.seat, offer)
    }

    /// Takes what `joined` says to a peer.
    pub(crate) fn browser(&mut self, peer: PeerId, seat: SeatId, offer: OfferText) -> Browser {
        let mut browser = Browser::new(peer, seat, offer);
        for message in self.messages(peer) {
            if let ServerMessage::Joined { answer, resume, lanes, .. } = message {
                browser.handle_joined(&answer, resume, lanes);
            }
        }
        browser
    }

    /// Microphone, camera, and `lanes` lanes of each kind; joined and connected. It does not tell what arrives, so it is sent
    /// what it shows.
    pub(crate) fn visitor(&mut self, number: u128, lanes: usize) -> Browser {
        let offer = OfferText::visitor(number as u32, lanes).without_feedback();
        let mut browser = self.join(grant(number), offer, &[microphone("m"), camera("c")]);
        self.connect(&mut browser);
        browser
    }

    /// A camera `c` in layers `l`, `m` and `h`, and `lanes` lanes of each kind; joined and connected.
    pub(crate) fn layered(&mut self, number: u128, lanes: usize) -> Browser {
        let mut offer = OfferText::new().without_feedback().sends_layers("c", &["l", "m", "h"], "send l;m;h");
        for at in 0..lanes {
            offer = offer.receives(&format!("a{at}"), false).receives(&format!("v{at}"), true);
        }
        let mut browser = self.join(grant(number), offer, &[camera("c")]);
        self.connect(&mut browser);
        browser
    }

    /// A camera `c` that puts VP9 first; joined and connected.
    pub(crate) fn scalable(&mut self, number: u128) -> Browser {
        let mut offer = OfferText::new().without_feedback().sends("c", true, Some(number as u32 * 100 + 2));
        offer.vp9 = Vp9::First;
        let mut browser = self.join(grant(number), offer, &[camera("c")]);
        self.connect(&mut browser);
        browser
    }

    /// A lane `v0` that can show VP9; joined and connected.
    pub(crate) fn viewer(&mut self, number: u128) -> Browser {
        let mut offer = OfferText::new().without_feedback().receives("v0", true);
        offer.vp9 = Vp9::Last;
        let mut browser = self.join(grant(number), offer, &[]);
        self.connect(&mut browser);
        browser
    }

    /// A check that nominates, and keys.
    pub(crate) fn connect(&mut self, browser: &mut Browser) {
        let path = browser.path;
        self.check(browser, path, true);
        let (ours, theirs) = keys(browser.peer);
        browser.media = Some(Media::new(&theirs));
        self.command(Command::Handshaken { peer: browser.peer, result: Ok(ours) });
    }

    pub(crate) fn check(&mut self, browser: &Browser, path: Path, nominates: bool) {
        let request = browser.check(nominates);
        self.datagram(path, &request);
    }

    /// Takes the messages to a peer.
    pub(crate) fn messages(&mut self, peer: PeerId) -> Vec<ServerMessage> {
        let mut messages = Vec::new();
        self.outputs.retain(|output| match output {
            Output::Signal { peer: to, message, .. } if *to == peer => {
                messages.push(message.clone());
                false
            }
            _ => true,
        });
        messages
    }

    /// The layers that the peer was told to send, each time; takes its messages.
    pub(crate) fn told_layers(&mut self, peer: PeerId) -> Vec<String> {
        let layers = |message| match message {
            ServerMessage::Layers { mid, rids, .. } => Some(format!("{mid}: {}", rids.join(" "))),
            _ => None,
        };
        self.messages(peer).into_iter().filter_map(layers).collect()
    }

    /// How many sizes of its one stream the peer was told to send, each time; takes its messages.
    pub(crate) fn told_sizes(&mut self, peer: PeerId) -> Vec<u8> {
        let sizes = |message| match message {
            ServerMessage::Layers { sizes, .. } => sizes,
            _ => None,
        };
        self.messages(peer).into_iter().filter_map(sizes).collect()
    }

    /// The lanes as the peer was told last; takes its messages.
    pub(crate) fn told_lanes(&mut self, peer: PeerId) -> Option<Vec<LaneState>> {
        self.messages(peer).into_iter().rev().find_map(|message| match message {
            ServerMessage::Lanes { lanes } => Some(lanes),
            _ => None,
        })
    }

    /// What the peer was refused; takes its messages.
    pub(crate) fn refusal(&mut self, peer: PeerId) -> Option<Problem> {
        self.messages(peer).into_iter().find_map(|message| match message {
            ServerMessage::Refused { problem, .. } => Some(problem),
            _ => None,
        })
    }

    pub(crate) fn closed(&self, peer: PeerId) -> Option<u16> {
        self.outputs.iter().find_map(|output| match output {
            Output::Close { peer: of, code } if *of == peer => Some(*code),
            _ => None,
        })
    }

    pub(crate) fn orders(&self, peer: PeerId) -> Vec<HandshakeOrder> {
        let order = |output: &Output| match output {
            Output::Handshake { peer: of, order } if *of == peer => Some(order.clone()),
            _ => None,
        };
        self.outputs.iter().filter_map(order).collect()
    }

    /// Takes the datagrams to a path.
    pub(crate) fn sent_to(&mut self, path: Path) -> Vec<Vec<u8>> {
        let mut datagrams = Vec::new();
        self.sent.retain_mut(|(to, bytes)| {
            if *to == path {
                datagrams.push(std::mem::take(bytes));
                return false;
            }
            true
        });
        datagrams
    }

    /// Everything that is due to subscribers is forwarded or has a cause.
    pub(crate) fn assert_nothing_lost_in_the_core(&self) {
        let counters = self.core.counters();
        let accounted = counters.forwarded
            + counters.forward_held_back
            + counters.forward_failed
            + counters.forward_overflowed;
        assert_eq!(counters.forward_due, accounted, "{counters:?}");
    }
}

/// The same keys twice: keying material is not copied.
pub(crate) fn keys(peer: PeerId) -> (KeyingMaterial, KeyingMaterial) {
    let mut random = netsim::Random::new(peer.0);
    let mut exported = [0; 56];
    random.fill(&mut exported);
    let make = || KeyingMaterial::from_exporter(SrtpProfile::AeadAes128Gcm, &exported).unwrap();
    (make(), make())
}

pub(crate) fn path(remote: &str) -> Path {
    Path::udp(NODE.parse().unwrap(), remote.parse().unwrap())
}
