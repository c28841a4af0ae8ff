//! What forwarding costs: one publisher's video to fifty subscribers, through the whole core, in memory.
//!
//! `cargo bench -p media-core` prints, as its last line,
//!
//! ```text
//! forward 1->50: <ns> ns/packet, <n> allocations/packet, floor <ns> ns
//! ```
//!
//! Counted is everything that the worker thread does for a frame but the system calls: opening the publisher's
//! packets, noting, caching, selecting, rewriting, sealing, and the timers between two frames with the feedback and
//! reports that they send. Divided by the packets that leave for subscribers. The *floor* is the least that could be done
//! for them: a copy and one AES-GCM seal with a ready key, in the same batches over as many keys. The aim is
//! 1.35 × the floor; allocating for it fails.
//!
//! Both run in turns, frame by frame. A host that others use at the same time slows both, but the core more: it does many
//! small things, the floor one large. So only the quarter of the frames counts in which the *floor* was quickest, by
//! whatever the core took in them. What the core does each second or minute falls into them as often as into others, and the
//! figures are means, so that it counts. The frames take long enough to meet a quiet moment of the host; where there is
//! none, both figures are higher than they should be, which the floor shows.
//!
//! The subscribers tell what arrives every 100 ms, as browsers do, and the estimates of their paths are obeyed; what it
//! costs to read that is told on a line of its own.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark's output is what it is for")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock; the core it measures does not")]

#[expect(dead_code, reason = "tests use the rest of it")]
#[path = "../tests/it_should/support/browser.rs"]
mod browser;
#[expect(dead_code, reason = "tests use the rest of it")]
#[path = "../tests/it_should/support/offer.rs"]
mod offer;

use std::hint::black_box;
use std::time::{Duration, Instant};

use media_core::receive::TwccRecorder;
use media_core::{Command, Core, CoreConfig, CoreLimits, Fingerprint, Output, Path, PeerId, SeatGrant};
use protocol::signal::{PublishTrack, ServerMessage, Source};
use protocol::{ClinicId, Generation, NodeId, Permissions, Role, RoomId, SeatId};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rtp::{SeqNo, Ssrc};
use srtp::{KeyingMaterial, SrtpProfile};
use uuid::Uuid;

use browser::{Browser, Media, Outgoing};
use offer::OfferText;

/// As in the figure.
const SUBSCRIBERS: usize = 50;
/// Packets of a frame: 30 frames of 4 × 1200 bytes are 1.2 Mbit/s.
const PACKETS: usize = 4;
/// Bytes of media in a packet.
const PAYLOAD_LEN: usize = 1200;
const FRAME_INTERVAL: Duration = Duration::from_micros(33_333);
/// Frames before anything is counted: five seconds, in which buffers grow, caches warm up, and everybody is told once how
/// good the connections are.
const WARM_UP: usize = 150;
/// Frames that are measured: 1000 s of a call, with each second's reports. They take some five seconds.
const FRAMES: usize = 30_000;
/// Of so many frames one counts.
const FRAMES_PER_COUNTED: usize = 4;
/// The figure to stay below.
const AIM: f64 = 1.35;
/// Frames between two feedbacks of each subscriber.
const FEEDBACK_EVERY: usize = 3;
/// Frames between two connectivity checks, as browsers send them every 2.5 s. Not counted.
const CHECK_EVERY: usize = 75;
/// Nothing that is done for a packet, a frame, or each second of a subscriber may allocate. What is told of each to the control
/// plane once a minute does.
const PACKETS_PER_ALLOCATION_MIN: f64 = 5000.0;
/// The publisher's camera in its offer.
const SSRC: u32 = 7;

fn main() {
    let mut room = Room::new();
    let mut floor = Floor::new();
    let (mut frames, mut feedback_ns) = (Vec::new(), Vec::new());
    let mut allocations = 0;
    for frame in 0..WARM_UP + FRAMES {
        if frame % CHECK_EVERY == 0 {
            room.check();
        }
        if frame % FEEDBACK_EVERY == 0 {
            feedback_ns.push(room.feed_back().as_nanos() as f64 / SUBSCRIBERS as f64);
        }
        let mut datagrams = room.frame(frame);
        let mut took = Duration::ZERO;
        let counted = allocation_counter::measure(|| took = room.run(&mut datagrams));
        let floor_took = floor.run();
        if frame >= WARM_UP {
            frames.push(Frame { own_ns: per_packet(took), floor_ns: per_packet(floor_took) });
            allocations += counted.count_total;
        }
    }

    let packets = (FRAMES * PACKETS * SUBSCRIBERS) as f64;
    let forwarded = room.core.counters().forwarded as usize;
    assert_eq!(forwarded, (WARM_UP + FRAMES) * PACKETS * SUBSCRIBERS, "every packet to everybody");
    let Frame { own_ns: own, floor_ns: floor } = mean_of_quietest(frames);
    println!("{SUBSCRIBERS} subscribers, frames of {PACKETS} x {PAYLOAD_LEN} bytes, {FRAMES} frames");
    println!("feedback on {} packets: {:.0} ns", PACKETS * FEEDBACK_EVERY, median(feedback_ns));
    let times = own / floor;
    println!("{times:.2} x the floor (aim: {AIM}), {:.1} datagrams a send", room.datagrams_per_send());
    println!(
        "forward 1->{SUBSCRIBERS}: {own:.0} ns/packet, {} allocations/packet, floor {floor:.0} ns",
        allocations as f64 / packets
    );
    if allocations as f64 > packets / PACKETS_PER_ALLOCATION_MIN {
        eprintln!("{allocations} allocations for {packets} packets: forwarding allocates");
        std::process::exit(1);
    }
}

/// What a frame took, for each packet that left.
struct Frame {
    own_ns: f64,
    floor_ns: f64,
}

/// The mean of those in which the floor was quickest.
fn mean_of_quietest(mut frames: Vec<Frame>) -> Frame {
    frames.sort_by(|one, other| one.floor_ns.total_cmp(&other.floor_ns));
    frames.truncate(frames.len() / FRAMES_PER_COUNTED);
    let mean = |of: fn(&Frame) -> f64| frames.iter().map(of).sum::<f64>() / frames.len() as f64;
    Frame { own_ns: mean(|frame| frame.own_ns), floor_ns: mean(|frame| frame.floor_ns) }
}

fn per_packet(took: Duration) -> f64 {
    took.as_nanos() as f64 / (PACKETS * SUBSCRIBERS) as f64
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// One subscriber, and what it tells of arrivals.
struct Subscriber {
    browser: Browser,
    recorder: TwccRecorder,
    next: SeqNo,
}

/// A room with one publisher and its subscribers, all of them connected.
struct Room {
    core: Core,
    now: Instant,
    publisher: Browser,
    subscribers: Vec<Subscriber>,
    /// What has gone to whom since the last feedback, and when.
    arrived: Vec<(usize, Instant)>,
    sequence: u16,
    sends: usize,
    datagrams: usize,
}

impl Room {
    fn new() -> Self {
        let now = Instant::now();
        let config = CoreConfig {
            worker: 0,
            node: NodeId(Uuid::from_u128(9)),
            candidates: vec!["192.0.2.1:9000".parse().expect("an address")],
            tcp_candidates: Vec::new(),
            fingerprint: Fingerprint([0xab; 32]),
            limits: CoreLimits {
                room_seats_max: SUBSCRIBERS + 1,
                // The bench sends as fast as it goes.
                peer_bps_max: u32::MAX,
                peer_packets_per_second_max: u32::MAX,
                ..CoreLimits::default()
            },
        };
        let mut core = Core::new(config, [42; 32], now);
        let camera = PublishTrack { mid: "c".to_owned(), source: Source::Camera, active: true };
        let publisher = join(&mut core, now, 1, OfferText::new().sends("c", true, Some(SSRC)), &[camera]);
        let lane = || OfferText::new().receives("v", true);
        let subscribers = (0..SUBSCRIBERS as u64).map(|number| join(&mut core, now, 2 + number, lane(), &[]));
        let subscribers = subscribers
            .map(|browser| Subscriber { browser, recorder: TwccRecorder::new(now), next: SeqNo(0) })
            .collect();
        let arrived = Vec::with_capacity(SUBSCRIBERS * PACKETS * FEEDBACK_EVERY * 8);
        Self { core, now, publisher, subscribers, arrived, sequence: 0, sends: 0, datagrams: 0 }
    }

    /// Everybody renews their consent.
    fn check(&mut self) {
        for browser in self.subscribers.iter().map(|one| &one.browser).chain([&self.publisher]) {
            self.core.handle_datagram(self.now, browser.path, &mut browser.check(true));
        }
        self.core.flush(self.now);
        self.core.clear_transmits();
    }

    /// Everybody tells what has arrived. How long the core took to hear it.
    fn feed_back(&mut self) -> Duration {
        for (subscriber, at) in self.arrived.drain(..) {
            let one = &mut self.subscribers[subscriber];
            one.recorder.handle_packet(one.next, at);
            one.next = one.next.wrapping_add(1);
        }
        let mut told = Vec::new();
        if self.subscribers.iter().any(|one| one.next == SeqNo(0)) {
            return Duration::ZERO;
        }
        for one in &mut self.subscribers {
            let recorder = &mut one.recorder;
            let now = self.now + FRAME_INTERVAL * 10;
            told.push((
                one.browser.path,
                one.browser.rtcp(|writer| {
                    let _ = recorder.poll(now, Ssrc(1), Ssrc(2), writer);
                }),
            ));
        }
        let clock = Instant::now();
        for (path, datagram) in &mut told {
            self.core.handle_datagram(self.now, *path, datagram);
        }
        self.core.flush(self.now);
        let took = clock.elapsed();
        self.send();
        took
    }

    /// The next frame, as it comes from the network.
    fn frame(&mut self, number: usize) -> Vec<Vec<u8>> {
        let packet = |at: usize| {
            let mut payload = [0; PAYLOAD_LEN];
            // VP8: 15-bit picture id; the first packet starts partition 0; the first frame is a key frame.
            let start = if at == 0 { 0x10 } else { 0 };
            let [high, low] = (number as u16).to_be_bytes();
            payload[..4].copy_from_slice(&[0x80 | start, 0x80, 0x80 | high, low]);
            payload[4] = u8::from(number > 0);
            let sequence = self.sequence;
            self.sequence = self.sequence.wrapping_add(1);
            self.publisher.packet(&Outgoing {
                ssrc: SSRC,
                payload_type: 96,
                sequence,
                timestamp: number as u32 * 3000,
                marker: at + 1 == PACKETS,
                level: None,
                mid: None,
                payload: &payload,
            })
        };
        (0..PACKETS).map(packet).collect()
    }

    /// The frame comes, then its interval passes. How long the core took for both; that its sends are noted here, so that
    /// subscribers can tell of them, is not its work.
    fn run(&mut self, datagrams: &mut [Vec<u8>]) -> Duration {
        let clock = Instant::now();
        for datagram in datagrams {
            self.core.handle_datagram(self.now, self.publisher.path, datagram);
        }
        self.core.flush(self.now);
        let mut took = clock.elapsed() + self.send();
        let next = self.now + FRAME_INTERVAL;
        while let Some(due) = self.core.poll_timeout().filter(|due| *due <= next) {
            self.now = self.now.max(due);
            let clock = Instant::now();
            self.core.handle_timeout(self.now);
            took += clock.elapsed() + self.send();
        }
        self.now = next;
        took
    }

    /// Takes what the core wants sent, and notes what of it is media. How long the core took to give it.
    fn send(&mut self) -> Duration {
        for transmit in self.core.transmits() {
            self.sends += 1;
            self.datagrams += transmit.datagrams().count();
            let to = self.subscribers.iter().position(|one| one.browser.path == transmit.path);
            for datagram in transmit.datagrams() {
                // RTCP has no transport-wide number (RFC 5761 §4).
                let is_media = datagram.get(1).is_some_and(|second| !(192..=223).contains(second));
                if let Some(to) = to.filter(|_| is_media) {
                    self.arrived.push((to, self.now));
                }
            }
        }
        let clock = Instant::now();
        for transmit in self.core.transmits() {
            black_box(transmit.data);
        }
        self.core.clear_transmits();
        while self.core.poll_output().is_some() {}
        clock.elapsed()
    }

    fn datagrams_per_send(&self) -> f64 {
        self.datagrams as f64 / self.sends as f64
    }
}

/// A peer that joins, nominates its path, and has keys.
fn join(core: &mut Core, now: Instant, number: u64, offer: OfferText, tracks: &[PublishTrack]) -> Browser {
    let peer = PeerId(number);
    let grant = SeatGrant {
        clinic: ClinicId(Uuid::from_u128(1)),
        room: RoomId(Uuid::from_u128(2)),
        generation: Generation(1),
        seat: SeatId(Uuid::from_u128(u128::from(number))),
        role: Role::Practitioner,
        permissions: Permissions::of(Role::Practitioner),
    };
    core.handle_command(now, Command::Join { peer, grant, offer: offer.text(), tracks: tracks.to_vec() });
    let mut browser = Browser::new(peer, grant.seat, offer);
    while let Some(output) = core.poll_output() {
        if let Output::Signal {
            peer: to, message: ServerMessage::Joined { answer, resume, lanes, .. }, ..
        } = output
            && to == peer
        {
            browser.handle_joined(&answer, resume, lanes);
        }
    }
    core.handle_datagram(now, browser.path, &mut browser.check(true));
    core.flush(now);
    let (ours, theirs) = (keys(number), keys(number));
    browser.media = Some(Media::new(&theirs));
    core.handle_command(now, Command::Handshaken { peer, result: Ok(ours) });
    core.clear_transmits();
    browser
}

fn keys(number: u64) -> KeyingMaterial {
    let mut exported = [7; 56];
    exported[..8].copy_from_slice(&number.to_be_bytes());
    KeyingMaterial::from_exporter(SrtpProfile::AeadAes128Gcm, &exported).expect("the profile's length")
}

fn path(remote: &str) -> Path {
    let address = |text: &str| text.parse().expect("an address");
    Path::udp(address("192.0.2.1:9000"), address(remote))
}

/// The least that has to be done for each packet.
struct Floor {
    keys: Vec<LessSafeKey>,
    arena: Vec<u8>,
    packet: Vec<u8>,
    sealed: u64,
}

impl Floor {
    /// The header of a forwarded packet: 12 bytes, and mid and transport-wide sequence number.
    const HEADER_LEN: usize = 24;
    const PACKET_LEN: usize = Self::HEADER_LEN + PAYLOAD_LEN;
    const SEALED_LEN: usize = Self::PACKET_LEN + 16;

    fn new() -> Self {
        let key = |number| UnboundKey::new(&AES_128_GCM, &[number as u8; 16]).expect("the key's length");
        Self {
            keys: (0..SUBSCRIBERS).map(|number| LessSafeKey::new(key(number))).collect(),
            arena: vec![0; SUBSCRIBERS * PACKETS * Self::SEALED_LEN],
            packet: vec![7; PACKETS * Self::PACKET_LEN],
            sealed: 0,
        }
    }

    fn run(&mut self) -> Duration {
        let clock = Instant::now();
        let mut slots = self.arena.chunks_exact_mut(Self::SEALED_LEN);
        for key in &self.keys {
            for (packet, slot) in self.packet.chunks_exact(Self::PACKET_LEN).zip(&mut slots) {
                let (plain, tag) = slot.split_at_mut(Self::PACKET_LEN);
                plain.copy_from_slice(packet);
                let (header, body) = plain.split_at_mut(Self::HEADER_LEN);
                let mut nonce = [0; 12];
                nonce[4..].copy_from_slice(&self.sealed.to_be_bytes());
                self.sealed += 1;
                let nonce = Nonce::assume_unique_for_key(nonce);
                let made = key.seal_in_place_separate_tag(nonce, Aad::from(&*header), body);
                tag.copy_from_slice(made.expect("short enough to be sealed").as_ref());
            }
        }
        black_box(&self.arena);
        clock.elapsed()
    }
}
