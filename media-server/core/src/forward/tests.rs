use std::time::Duration;

use rtp::RtpPacket;
use rtp::codec::vp8::{Descriptor, PictureId};
use rtp::extension::{AudioLevel, ExtensionId, Mid, Rotation, VideoOrientation};

use super::*;
use crate::packet::fixtures::{audio, start, video};
use crate::packet::{Dependency, PacketFacts};

const TRACK: TrackId = TrackId(1);
const OTHER: TrackId = TrackId(2);

fn id(id: u8) -> Option<ExtensionId> {
    ExtensionId::new(id)
}

fn payload_type(number: u8) -> PayloadType {
    PayloadType::new(number).unwrap()
}

fn lane(kind: Kind) -> Lane {
    let extensions = LaneExtensions {
        mid: Some((id(4).unwrap(), Mid::parse(b"12").unwrap())),
        transport_sequence: id(3),
        audio_level: id(1),
        orientation: id(2),
        dependency: id(5),
    };
    let payload_types = PayloadTypes::default()
        .with(Codec::Opus, payload_type(111))
        .with(Codec::Vp8, payload_type(96))
        .with(Codec::Vp9, payload_type(98));
    let config = LaneConfig {
        kind,
        ssrc: Ssrc(0xfeed),
        payload_types,
        extensions,
        first_sequence: SeqNo(500),
        first_timestamp: RtpTimestamp(70),
    };
    let mut lane = Lane::new(&config).unwrap();
    lane.set_track(Some(TRACK));
    lane
}

/// What the lane sends for a packet, if anything.
fn forward(lane: &mut Lane, facts: PacketFacts, payload: &[u8], padding: u8) -> Option<Vec<u8>> {
    let mut out = [0xee; 1500];
    let mut transport = TransportSequence::default();
    let forwarded = lane.forward(
        &Packet { facts: &facts, descriptor: &[], payload },
        padding,
        &mut transport,
        start(),
        &mut out,
    )?;
    Some(out[..forwarded.len].to_vec())
}

fn element(packet: &RtpPacket<'_>, id: u8) -> Option<Vec<u8>> {
    let id = ExtensionId::new(id).unwrap();
    packet.header().extensions().find(|element| element.id == id).map(|element| element.data.to_vec())
}

#[test]
fn everything_of_the_transport_is_the_lanes_own() {
    let mut lane = lane(Kind::Video);
    let mut facts = video(TRACK, 9).key_frame();
    facts.marker = true;
    facts.orientation =
        Some(VideoOrientation { back_camera: false, flipped: false, rotation: Rotation::Quarter });

    let sent = forward(&mut lane, facts, b"key frame", 0).unwrap();

    let packet = RtpPacket::parse(&sent).unwrap();
    let header = packet.header();
    assert_eq!(
        (header.ssrc(), header.sequence(), header.timestamp()),
        (Ssrc(0xfeed), SeqNo(500), RtpTimestamp(70))
    );
    assert!(header.marker());
    assert_eq!(header.payload_type(), payload_type(96));
    assert_eq!(packet.payload(), b"key frame");
    assert_eq!(element(&packet, 4), Some(b"12".to_vec()));
    assert_eq!(element(&packet, 3), Some(vec![0, 0]));
    assert_eq!(element(&packet, 2), Some(vec![1]));
    assert_eq!(element(&packet, 1), None, "a video lane has no audio level");
}

#[test]
fn the_transport_count_goes_on_over_all_lanes() {
    let mut lanes = [lane(Kind::Video), lane(Kind::Audio)];
    let mut transport = TransportSequence::default();
    let mut counts = Vec::new();
    for sequence in 9..11 {
        let packets = [video(TRACK, sequence).key_frame(), audio(TRACK, sequence)];
        for (lane, facts) in lanes.iter_mut().zip(packets) {
            let mut out = [0; 1500];
            let packet = Packet { facts: &facts, descriptor: &[], payload: b"x" };
            let sent = lane.forward(&packet, 0, &mut transport, start(), &mut out).unwrap();
            counts.push(element(&RtpPacket::parse(&out[..sent.len]).unwrap(), 3).unwrap());
        }
    }

    assert_eq!(counts, [[0, 0], [0, 1], [0, 2], [0, 3]]);
}

#[test]
fn an_audio_lane_always_has_a_level() {
    let mut lane = lane(Kind::Audio);
    let mut loud = audio(TRACK, 9);
    loud.audio_level = Some(AudioLevel { voice: true, attenuation: 20 });

    let sent = [loud, audio(TRACK, 10)].map(|facts| forward(&mut lane, facts, b"opus", 0).unwrap());

    let levels = sent.each_ref().map(|sent| element(&RtpPacket::parse(sent).unwrap(), 1));
    assert_eq!(levels, [Some(vec![0x80 | 20]), Some(vec![127])]);
    assert_eq!(sent[0].len(), sent[1].len(), "packets of one run have one length");
}

#[test]
fn padding_follows_rfc_3550_and_does_not_count_as_payload() {
    let mut lane = lane(Kind::Video);

    let plain = forward(&mut lane, video(TRACK, 9).key_frame(), b"frame", 0).unwrap();
    let padded = forward(&mut lane, video(TRACK, 10), b"frame", 2).unwrap();

    let packet = RtpPacket::parse(&padded).unwrap();
    assert_eq!((packet.payload(), packet.padding_len()), (&b"frame"[..], 2));
    assert_eq!(padded.len(), plain.len() + 2);
    assert_eq!(lane.sent(), Sent { packets: 2, octets: 10 });
}

#[test]
fn what_the_subscriber_cannot_decode_is_not_sent_and_takes_no_number() {
    let mut lane = lane(Kind::Video);
    let mut h264 = video(TRACK, 9).key_frame();
    h264.codec = Codec::H264;

    let refused = forward(&mut lane, h264, b"nal", 0);
    let sent = forward(&mut lane, video(TRACK, 10).key_frame(), b"vp8", 0).unwrap();

    assert_eq!(refused, None);
    assert_eq!(RtpPacket::parse(&sent).unwrap().header().sequence(), SeqNo(500));
}

#[test]
fn a_switched_lane_goes_on_with_sequence_time_and_pictures() {
    let mut lane = lane(Kind::Video);
    let now = start();
    let frame = |track, sequence, picture| {
        let vp8 = Descriptor {
            partition_start: true,
            picture_id: Some(PictureId::Long(picture)),
            ..Descriptor::default()
        };
        let mut payload = [0; 8];
        vp8.write(&mut payload).unwrap();
        (PacketFacts { vp8: Some(vp8), ..video(track, sequence).key_frame() }, payload)
    };
    let mut transport = TransportSequence::default();
    let mut shown = Vec::new();
    for (track, sequence, picture, at_ms) in [(TRACK, 9, 700, 0), (TRACK, 10, 701, 0), (OTHER, 4000, 3, 100)]
    {
        let (facts, payload) = frame(track, sequence, picture);
        let mut out = [0; 1500];
        lane.set_track(Some(track));
        let packet = Packet { facts: &facts, descriptor: &[], payload: &payload };
        let now = now + Duration::from_millis(at_ms);
        let sent = lane.forward(&packet, 0, &mut transport, now, &mut out).unwrap();
        let sent = RtpPacket::parse(&out[..sent.len]).unwrap();
        let (vp8, _) = Descriptor::parse(sent.payload()).unwrap();
        shown.push((
            sent.header().sequence().0,
            sent.header().timestamp().0,
            vp8.picture_id.unwrap().value(),
        ));
    }

    assert_eq!(shown, [(500, 70, 700), (501, 3070, 701), (502, 3070 + 9000, 702)]);
}

#[test]
fn a_buffer_without_room_sends_nothing() {
    let mut lane = lane(Kind::Video);
    let packet = Packet { facts: &video(TRACK, 9).key_frame(), descriptor: &[], payload: &[0; 100] };
    let mut transport = TransportSequence::default();

    for room in [0, 11, 63, 64, 110] {
        let mut out = vec![0; room];
        assert_eq!(lane.forward(&packet, 0, &mut transport, start(), &mut out), None, "{room}");
    }
}

/// The descriptor that a lane sends which begins to show a stream whose structure has nine targets now, of a packet by whose
/// structure there were so many.
fn described(targets: u8) -> Vec<u8> {
    let mut lane = lane(Kind::Video);
    lane.set_targets(Some(Targets { count: 9, up_to: [0b111, 0b11_1111, 0b1_1111_1111] }));
    let mut facts = video(TRACK, 9).key_frame();
    facts.codec = Codec::Vp9;
    facts.frame.end = true;
    facts.dependency =
        Some(Dependency { frame: 7, spatial: 0, wanted_by: 1, active: 1, targets, chains: [0; LAYERS_MAX] });
    let (mut out, mut transport) = ([0; 1500], TransportSequence::default());
    let packet = Packet { facts: &facts, descriptor: &[0xc1, 0, 7], payload: b"picture" };
    let sent = lane.forward(&packet, 0, &mut transport, start(), &mut out).unwrap();
    element(&RtpPacket::parse(&out[..sent.len]).unwrap(), 5).unwrap()
}

#[test]
fn what_another_structure_describes_is_left_as_it_is() {
    assert_eq!(described(6), [0xc1, 0, 7]);
    assert_eq!(described(9), [0xc1, 0, 7, 0b0100_0000, 0b0001_1100], "flags, then the three of its size");
}
