//! RED (RFC 2198): a publisher's payload taken apart, or a lane that sends earlier packets with later ones.
//!
//! Whatever is lost, silent, switched or asked for: what goes with a packet is what the same lane sent before, byte for
//! byte, at its time; and what is taken apart lies directly before the packet.

use std::collections::BTreeMap;

use media_core::cache::{Cache, CacheSize};
use media_core::forward::{Lane, LaneConfig, LaneExtensions, PayloadTypes, TransportSequence};
use media_core::packet::{AUDIO_FRAME, Codec, Layer, Packet, PacketFacts};
use media_core::receive::redundancy::split;
use netsim::Timeline;
use protocol::TrackId;
use protocol::signal::Kind;
use rtp::codec::red::Blocks;
use rtp::{ClockRate, ExtSeqNo, MediaTime, PayloadType, RtpPacket, RtpTimestamp, SeqNo, Ssrc};

use crate::input::Input;
use crate::rtp::every::every_codec_parser;

/// Steps of one lane: more than its cache holds.
const STEPS_MAX: usize = 400;
const OPUS: u8 = 111;
const RED: u8 = 63;
/// A datagram's payload, header and tag.
const DATAGRAM_LEN: usize = 1472;
/// The sequence that a taken apart packet has.
const SEQUENCE: u64 = 70_000;

/// The fuzz target.
pub fn run(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else { return };
    if how & 1 == 0 { take_apart(rest) } else { put_together(Input::new(rest)) }
}

fn payload_type(number: u8) -> PayloadType {
    PayloadType::new(number).expect("below 128")
}

fn take_apart(payload: &[u8]) {
    every_codec_parser(payload);
    let sequence = ExtSeqNo::from_index(SEQUENCE).expect("48 bits");
    let at = RtpTimestamp(5);
    let Some(split) = split(payload, payload_type(OPUS), (sequence, at)) else { return };
    let (mut expected, mut before) = (SEQUENCE, at);
    for earlier in split.earlier.iter().rev() {
        expected -= 1;
        assert_eq!(earlier.sequence.index(), expected, "each directly before the next");
        assert!(before.is_newer_than(earlier.timestamp), "each older than the next");
        before = earlier.timestamp;
    }
    let held: usize = split.earlier.iter().map(|earlier| earlier.payload.len()).sum();
    assert!(held + split.primary.len() < payload.len());
}

/// A track as its publisher sends it.
struct Source {
    id: TrackId,
    cache: Cache,
    sequence: u64,
    ticks: u64,
}

fn put_together(mut input: Input<'_>) {
    let mut lane = lane();
    let source = |id, sequence| Source {
        id: TrackId(id),
        cache: Cache::new(CacheSize::AUDIO),
        sequence,
        ticks: 1 << 33,
    };
    let mut sources = [source(1, 100), source(2, 65_500)];
    let now = Timeline::new().now();
    let mut transport = TransportSequence::default();
    let mut shown = 0;
    lane.set_track(Some(sources[0].id));
    // What the lane sent, since it shows this track: by time.
    let mut sent: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    for _ in 0..STEPS_MAX {
        if input.is_empty() {
            break;
        }
        match input.byte() & 7 {
            0 => lane.set_depth(usize::from(input.byte() & 0x0f)),
            1 => {
                shown ^= 1;
                lane.set_track(Some(sources[shown].id));
                sent.clear();
            }
            step => {
                // Now and then of the other track, lost ones before it, silence before it.
                let which = if step == 2 { shown ^ 1 } else { shown };
                let source = &mut sources[which];
                source.sequence += if step == 3 { u64::from(input.byte() & 3) } else { 0 };
                source.ticks += if step == 4 { 480 * u64::from(input.byte()) } else { 0 };
                let (facts, payload) = packet(source, &mut input);
                source.cache.insert(&facts, &payload);
                let packet = Packet { facts: &facts, descriptor: &[], payload: &payload };
                let mut out = [0; DATAGRAM_LEN];
                let written = lane.forward_from(&source.cache, &packet, 0, &mut transport, now, &mut out);
                assert_eq!(written.is_some(), which == shown, "the track that is shown, and no other");
                let Some(written) = written else { continue };
                check(&out[..written.len], &payload, &mut sent);
            }
        }
    }
}

/// What goes with a packet was sent before, at its time.
fn check(datagram: &[u8], payload: &[u8], sent: &mut BTreeMap<u32, Vec<u8>>) {
    let packet = RtpPacket::parse(datagram).expect("the node writes RTP");
    let header = packet.header();
    if header.payload_type() == payload_type(RED) {
        let blocks: Vec<_> = Blocks::parse(packet.payload()).expect("the node writes RED").collect();
        let (primary, earlier) = blocks.split_last().expect("there is a new frame");
        assert_eq!(primary.data, payload);
        assert!(!earlier.is_empty(), "without earlier ones it goes alone");
        for block in earlier {
            let time = header.timestamp().wrapping_sub(u32::from(block.timestamp_offset)).0;
            assert_eq!(sent.get(&time).map(Vec::as_slice), Some(block.data), "sent before by this lane");
        }
    } else {
        assert_eq!(packet.payload(), payload);
    }
    sent.insert(header.timestamp().0, payload.to_vec());
}

/// The next packet: of 20 or 10 ms, or of what is no Opus; its bytes are those of its place.
fn packet(source: &mut Source, input: &mut Input<'_>) -> (PacketFacts, Vec<u8>) {
    let shape = input.byte();
    let (toc, ticks) = match shape & 3 {
        0 => (8 << 3, 480),
        1 => (0x7b, 960),
        _ => (9 << 3, 960),
    };
    let len = 2 + usize::from(shape >> 2) * if shape & 3 == 3 { 20 } else { 3 };
    let mut payload = vec![source.sequence as u8; len];
    (payload[0], payload[1]) = (toc, if toc == 0x7b { 0x80 } else { source.id.0 as u8 });
    source.sequence += 1;
    source.ticks += ticks;
    let facts = PacketFacts {
        track: source.id,
        layer: Layer::BASE,
        codec: Codec::Opus,
        sequence: ExtSeqNo::from_index(source.sequence).expect("48 bits"),
        time: MediaTime::new(source.ticks, ClockRate::OPUS),
        marker: false,
        frame: AUDIO_FRAME,
        audio_level: None,
        orientation: None,
        vp8: None,
        dependency: None,
    };
    (facts, payload)
}

fn lane() -> Lane {
    let payload_types = PayloadTypes::default().with(Codec::Opus, payload_type(OPUS));
    Lane::new(&LaneConfig {
        kind: Kind::Audio,
        ssrc: Ssrc(7),
        payload_types: payload_types.with_red(payload_type(RED)),
        extensions: LaneExtensions::default(),
        first_sequence: SeqNo(1),
        first_timestamp: RtpTimestamp(9),
    })
    .expect("no extension that does not fit")
}
