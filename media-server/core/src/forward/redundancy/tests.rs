use protocol::TrackId;
use protocol::signal::Kind;
use rtp::codec::red::Blocks;
use rtp::extension::{ExtensionId, Mid};
use rtp::{MediaTime, PayloadType, RtpPacket, RtpTimestamp, SeqNo, Ssrc};

use super::*;
use crate::cache::CacheSize;
use crate::forward::{LaneConfig, LaneExtensions, PayloadTypes};
use crate::packet::PacketFacts;
use crate::packet::fixtures::{audio, start};

const TRACK: TrackId = TrackId(1);
const OTHER: TrackId = TrackId(2);

fn payload_type(number: u8) -> PayloadType {
    PayloadType::new(number).unwrap()
}

struct World {
    lane: Lane,
    cache: Cache,
    transport: TransportSequence,
}

impl World {
    fn new(red: Option<u8>) -> Self {
        let payload_types = PayloadTypes::default().with(Codec::Opus, payload_type(111));
        let config = LaneConfig {
            kind: Kind::Audio,
            ssrc: Ssrc(0xfeed),
            payload_types: red.map_or(payload_types, |red| payload_types.with_red(payload_type(red))),
            extensions: LaneExtensions {
                mid: ExtensionId::new(4).zip(Mid::parse(b"12")),
                ..LaneExtensions::default()
            },
            first_sequence: SeqNo(500),
            first_timestamp: RtpTimestamp(70),
        };
        let mut lane = Lane::new(&config).unwrap();
        lane.set_track(Some(TRACK));
        Self { lane, cache: Cache::new(CacheSize::AUDIO), transport: TransportSequence::default() }
    }

    /// A packet comes and goes out: its payload type, its sequence, and its blocks as offset and number.
    fn pass(&mut self, facts: PacketFacts, payload: &[u8]) -> (u8, u16, Vec<(u16, u8)>) {
        self.cache.insert(&facts, payload);
        let packet = Packet { facts: &facts, descriptor: &[], payload };
        let mut out = [0xee; 1500];
        let sent =
            self.lane.forward_from(&self.cache, &packet, 0, &mut self.transport, start(), &mut out).unwrap();
        let sent_packet = RtpPacket::parse(&out[..sent.len]).unwrap();
        let header = sent_packet.header();
        let number = header.payload_type().get();
        assert_eq!(sent.is_redundant, number == 63);
        let blocks = match number {
            63 => Blocks::parse(sent_packet.payload())
                .unwrap()
                .map(|block| {
                    assert_eq!(block.payload_type, payload_type(111));
                    (block.timestamp_offset, block.data[1])
                })
                .collect(),
            _ => vec![(0, sent_packet.payload()[1])],
        };
        (number, header.sequence().0, blocks)
    }

    fn frame(&mut self, number: u64) -> (u8, u16, Vec<(u16, u8)>) {
        self.pass(audio(TRACK, number), &frame(number))
    }
}

/// 20 ms of Opus.
fn frame(number: u64) -> Vec<u8> {
    let mut frame = vec![number as u8; 80];
    frame[0] = 9 << 3;
    frame
}

#[test]
fn the_packets_before_go_with_each_as_far_back_as_asked() {
    let mut world = World::new(Some(63));

    assert_eq!(world.frame(9), (111, 500, vec![(0, 9)]));
    world.lane.set_depth(2);
    assert_eq!(world.frame(10), (63, 501, vec![(960, 9), (0, 10)]));
    assert_eq!(world.frame(11), (63, 502, vec![(1920, 9), (960, 10), (0, 11)]));
    assert_eq!(world.frame(12), (63, 503, vec![(1920, 10), (960, 11), (0, 12)]));
    world.lane.set_depth(0);
    assert_eq!(world.frame(13), (111, 504, vec![(0, 13)]));
}

#[test]
fn who_has_not_offered_it_gets_none() {
    let mut world = World::new(None);
    world.lane.set_depth(2);

    assert_eq!(world.frame(9).0, 111);
    assert_eq!(world.frame(10).0, 111);
}

#[test]
fn what_is_lost_on_the_way_here_leaves_a_gap() {
    let mut world = World::new(Some(63));
    world.lane.set_depth(3);
    world.frame(9);
    world.frame(10);

    assert_eq!(world.frame(12), (63, 503, vec![(2880, 9), (1920, 10), (0, 12)]));
}

#[test]
fn a_switch_of_tracks_is_not_crossed() {
    let mut world = World::new(Some(63));
    world.lane.set_depth(2);
    world.frame(9);
    world.frame(10);

    world.lane.set_track(Some(OTHER));
    world.cache = Cache::new(CacheSize::AUDIO);
    // The other track's packets from before the lane showed it.
    world.cache.insert(&audio(OTHER, 49), &frame(49));

    assert_eq!(world.pass(audio(OTHER, 50), &frame(50)), (111, 502, vec![(0, 50)]));
    assert_eq!(world.pass(audio(OTHER, 51), &frame(51)), (63, 503, vec![(960, 50), (0, 51)]));
}

#[test]
fn a_silence_is_not_crossed() {
    let mut world = World::new(Some(63));
    world.lane.set_depth(2);
    world.frame(9);
    let late = |number: u64| PacketFacts {
        time: MediaTime::new(audio(TRACK, number).time.ticks() + 19 * 960, ClockRate::OPUS),
        ..audio(TRACK, number)
    };

    assert_eq!(world.pass(late(10), &frame(10)), (111, 501, vec![(0, 10)]));
    assert_eq!(world.pass(late(11), &frame(11)), (63, 502, vec![(960, 10), (0, 11)]));
}

#[test]
fn large_packets_take_fewer_along() {
    let mut world = World::new(Some(63));
    world.lane.set_depth(9);
    let mut last = None;
    for number in 9..30 {
        let mut payload = frame(number);
        payload.resize(320, 0);
        last = Some(world.pass(audio(TRACK, number), &payload));
    }

    assert_eq!(last.unwrap().2, [(1920, 27), (960, 28), (0, 29)]);
    let mut payload = frame(30);
    payload.resize(1000, 0);
    assert_eq!(world.pass(audio(TRACK, 30), &payload), (111, 521, vec![(0, 30)]));
}

#[test]
fn what_cannot_be_read_goes_alone() {
    let mut world = World::new(Some(63));
    world.lane.set_depth(2);
    world.frame(9);

    assert_eq!(world.pass(audio(TRACK, 10), &[0x7b, 0x80, 1]).0, 111, "no Opus packet has 0 frames");
}

#[test]
fn nothing_is_allocated() {
    let mut world = World::new(Some(63));
    world.lane.set_depth(7);
    let frames: Vec<_> = (0..200).map(|number| (audio(TRACK, number), frame(number))).collect();
    let mut out = [0; 1500];
    let mut redundant = 0;

    let counted = allocation_counter::measure(|| {
        for (facts, payload) in &frames {
            world.cache.insert(facts, payload);
            let packet = Packet { facts, descriptor: &[], payload };
            let sent =
                world.lane.forward_from(&world.cache, &packet, 0, &mut world.transport, start(), &mut out);
            redundant += usize::from(sent.unwrap().is_redundant);
        }
    });

    assert_eq!((redundant, counted.count_total), (199, 0));
}
