use media_core::{Command, CoreLimits, Path};

use crate::support::scalable::{Mode, Sender};
use crate::support::{
    Browser, DELTA_FRAME, KEY_FRAME, OfferText, Outgoing, Vp9, World, camera, grant, microphone, path,
};

/// For who sends more at once than a peer may.
const UNLIMITED: CoreLimits = CoreLimits {
    rooms_max: 10,
    peers_max: 10,
    room_seats_max: 8,
    peer_bps_max: u32::MAX,
    peer_packets_per_second_max: u32::MAX,
};

/// Each datagram, by itself, gets no larger answer and no panic.
fn sweep(world: &mut World, from: Path, fill: impl Fn(usize, &mut [u8])) {
    for len in 0..=1500usize {
        for first in 0..=255u8 {
            let mut datagram = vec![0; len];
            fill(len, &mut datagram);
            if let Some(byte) = datagram.first_mut() {
                *byte = first;
            }
            world.core.handle_datagram(world.time.now(), from, &mut datagram);
            let answered: usize = world.core.transmits().map(|transmit| transmit.data.len()).sum();
            assert!(answered <= len, "{len} bytes from {first}");
            world.core.clear_transmits();
        }
        world.core.flush(world.time.now());
        assert_eq!(world.core.transmits().count(), 0);
        while world.core.poll_output().is_some() {}
    }
}

#[test]
fn abuse_53_every_length_and_first_byte_on_a_fresh_peer() {
    let mut world = World::new();
    let offer = OfferText::new().sends("m", false, Some(1));
    let anna = world.join(grant(1), offer, &[microphone("m")]);

    sweep(&mut world, anna.path, |_, _| {});
    world.check(&anna, anna.path, true);
    world.sent.clear();
    sweep(&mut world, anna.path, |_, _| {});

    assert!(world.core.has_peer(anna.peer));
}

#[test]
fn abuse_53_media_finding_09_every_length_and_first_byte_on_an_established_peer() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    world.sent.clear();

    sweep(&mut world, anna.path, |_, _| {});
    sweep(&mut world, anna.path, |len, bytes| netsim::Random::new(len as u64).fill(bytes));

    let audio = anna.audio(1);
    world.datagram(anna.path, &audio);
    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 1, "and the call goes on");
}

/// By TCP each is a frame of its own.
#[test]
fn abuse_53_every_length_and_first_byte_on_an_established_peer_by_tcp() {
    let mut world = World::new();
    let offer = OfferText::visitor(1, 1).without_feedback();
    let mut anna = world.join(grant(1), offer, &[microphone("m"), camera("c")]);
    anna.path = Path::tcp(anna.path.local, anna.path.remote);
    world.connect(&mut anna);
    let mut ben = world.visitor(2, 1);
    world.sent.clear();

    sweep(&mut world, anna.path, |len, bytes| netsim::Random::new(len as u64).fill(bytes));

    let audio = anna.audio(1);
    world.datagram(anna.path, &audio);
    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 1, "and the call goes on");
}

/// The payload that fills a datagram of 1500 bytes, under header, extensions and tag.
const PAYLOAD_LEN_MAX: usize = 1450;
/// First bytes that are tried of each length; all 256 with `BEDSIDE_TEST_LONG=1`.
const FIRST_BYTES: usize = 32;

#[expect(clippy::disallowed_methods, reason = "how long a test runs is asked of its environment")]
fn is_long() -> bool {
    std::env::var("BEDSIDE_TEST_LONG").is_ok_and(|value| value == "1")
}

/// Somebody whose client takes all that there is.
fn with_all(world: &mut World, number: u32, vp9: Vp9) -> Browser {
    let mut offer = OfferText::visitor(number, 1).without_feedback().with_red();
    offer.vp9 = vp9;
    let mut browser = world.join(grant(u128::from(number)), offer, &[microphone("m"), camera("c")]);
    world.connect(&mut browser);
    browser
}

/// Authentic bytes can be anything too: what a peer seals is not what a browser would send. Anna has the keys of a member, RED, and
/// a camera in VP9 with dependency descriptors; everything comes as every payload type in turn.
#[test]
fn abuse_53_every_length_and_first_byte_inside_srtp() {
    let is_long = is_long();
    let mut world = World::with_limits(UNLIMITED);
    let (mut anna, ben) = (with_all(&mut world, 1, Vp9::First), with_all(&mut world, 2, Vp9::Last));
    let mut random = netsim::Random::new(53);
    let (camera, microphone) = (anna.camera_ssrc(), anna.microphone_ssrc());
    let mut sender = Sender::new(Mode::Always, camera, 1);
    // The numbers of all streams go on from the key frame's.
    let mut sequence = 0u16;
    for made in sender.next(true) {
        sequence = made.sequence;
        let packet = sender.seal(&mut anna, &made);
        world.datagram(anna.path, &packet);
    }
    world.sent.clear();
    let mut made = Vec::new();

    for len in 0..=PAYLOAD_LEN_MAX {
        for turn in 0..if is_long { 256 } else { FIRST_BYTES } {
            // Of each length others, so that each comes with many lengths.
            let first = if is_long { turn } else { (turn * 256 / FIRST_BYTES + len) % 256 };
            let mut payload = vec![0; len];
            random.fill(&mut payload);
            if let Some(byte) = payload.first_mut() {
                *byte = first as u8;
            }
            sequence = sequence.wrapping_add(1);
            let types = [
                (camera, 96),
                (camera, 98),
                (camera + 50, 97),
                (camera + 50, 99),
                (microphone, 111),
                (microphone, 63),
                (camera, 5),
            ];
            let (ssrc, payload_type) = types[(len + turn + len / 256) % types.len()];
            let packet = anna.packet(&Outgoing {
                ssrc,
                payload_type,
                sequence,
                timestamp: u32::from(sequence),
                marker: false,
                level: None,
                mid: Some(if ssrc == microphone { "m" } else { "c" }),
                payload: &payload,
            });
            world.datagram(anna.path, &packet);
            // As a dependency descriptor, which has 255 bytes at most.
            if (1..256).contains(&len) {
                if made.is_empty() {
                    made = sender.next(turn == 0);
                }
                if let Some(one) = made.pop() {
                    sequence = sequence.wrapping_add(1);
                    let packet = sender.seal(&mut anna, &one.bent(sequence, payload.clone(), vec![1; 20]));
                    world.datagram(anna.path, &packet);
                }
            }
            // As RTCP, with a header that promises what is not there.
            if let Some(report) = anna.rtcp_of(&payload) {
                world.datagram(anna.path, &report);
            }
            world.sent.clear();
        }
    }

    assert!(world.core.has_peer(anna.peer) && world.core.has_peer(ben.peer));
    assert_eq!(world.core.counters().dropped_over_limit, 0);
    assert_eq!(world.core.counters().dropped_unauthentic, 0);
    world.assert_nothing_lost_in_the_core();
}

/// A retransmission holds a packet, never another retransmission: however deep one is wrapped, it is one packet.
#[test]
fn abuse_55_a_retransmission_of_a_retransmission_is_one_packet() {
    let mut world = World::new();
    let (mut anna, mut ben) = one_way(&mut world);
    for number in 3..40 {
        let frame = anna.video(number * 2, DELTA_FRAME);
        world.datagram(anna.path, &frame);
    }
    let sent = world.sent_to(ben.path);
    ben.open(sent);

    for deep in 1..30u16 {
        // The number of a packet that is missing, again and again.
        let wrapped = (deep * 2 + 5).to_be_bytes().repeat(usize::from(deep));
        let again = anna.video_again(deep * 2, deep * 2 + 5, &[&wrapped, DELTA_FRAME].concat());
        world.datagram(anna.path, &again);
        let sent = world.sent_to(ben.path);
        let got = ben.open(sent);
        assert!(got.len() <= 1, "{deep}: {got:?}");
        // And one that has come: it is taken once.
        let again = anna.video_again(deep * 2 + 1, deep * 2 + 6, &wrapped);
        world.datagram(anna.path, &again);
        let sent = world.sent_to(ben.path);
        assert_eq!(ben.open(sent).len(), 0, "{deep}");
    }

    let frame = anna.video(100, DELTA_FRAME);
    world.datagram(anna.path, &frame);
    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 1, "and the call goes on");
    world.assert_nothing_lost_in_the_core();
}

fn one_way(world: &mut World) -> (Browser, Browser) {
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    let frame = anna.video(1, KEY_FRAME);
    world.datagram(anna.path, &frame);
    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 1);
    (anna, ben)
}

#[test]
fn abuse_50_media_from_the_wrong_tuple_or_with_a_wrong_tag_is_dropped() {
    let mut world = World::new();
    let (mut anna, mut ben) = one_way(&mut world);
    let packet = anna.video(2, DELTA_FRAME);
    let mut forged = packet.clone();
    *forged.last_mut().unwrap() ^= 1;

    world.datagram(path("203.0.113.66:6"), &packet);
    world.datagram(ben.path, &packet);
    world.datagram(anna.path, &forged);
    assert!(world.sent_to(ben.path).is_empty());
    assert_eq!(world.core.counters().dropped_unvalidated, 1);
    assert_eq!(world.core.counters().dropped_unauthentic, 2);

    world.datagram(anna.path, &packet);
    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 1, "the genuine one comes through");
}

#[test]
fn abuse_51_a_packet_counts_once() {
    let mut world = World::new();
    let (mut anna, mut ben) = one_way(&mut world);
    let packet = anna.video(2, DELTA_FRAME);

    for _ in 0..10 {
        world.datagram(anna.path, &packet);
    }

    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 1);
    assert_eq!(world.core.counters().dropped_replayed, 9);
}

#[test]
fn abuse_52_another_persons_ssrc_and_mid_stay_ones_own() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 2);
    let mut ben = world.visitor(2, 2);
    let mut carl = world.visitor(3, 2);
    let victim = anna.microphone_ssrc();
    let audio = anna.audio(1);
    world.datagram(anna.path, &audio);
    let sent = world.sent_to(carl.path);
    carl.open(sent);

    // Ben sends with Anna's SSRC, and as every m-line there might be.
    for mid in [None, Some("m"), Some("a0"), Some("c")] {
        let packet = ben.packet(&Outgoing {
            ssrc: victim,
            payload_type: 111,
            sequence: 500 + mid.map_or(0, |mid| mid.len() as u16 + u16::from(mid.as_bytes()[0])),
            timestamp: 1,
            marker: false,
            level: None,
            mid,
            payload: b"not from Anna",
        });
        world.datagram(ben.path, &packet);
    }

    let lane_of_anna =
        carl.lanes.iter().find(|lane| lane.seat == Some(anna.seat) && lane.mid.starts_with('a')).unwrap();
    let anna_ssrc = carl.lane_ssrcs(&lane_of_anna.mid.clone())[0];
    let sent = world.sent_to(carl.path);
    assert!(carl.open(sent).iter().all(|packet| packet.ssrc != anna_ssrc));
}

#[test]
fn abuse_52_streams_are_bounded() {
    let mut world = World::new();
    let (mut anna, mut ben) = one_way(&mut world);

    let packets: Vec<_> = (10_000..10_200u32)
        .map(|ssrc| {
            anna.packet(&Outgoing {
                ssrc,
                payload_type: 96,
                sequence: 1,
                timestamp: 1,
                marker: false,
                level: None,
                mid: Some("c"),
                payload: KEY_FRAME,
            })
        })
        .collect();
    for packet in &packets {
        world.datagram(anna.path, packet);
    }

    assert_eq!(world.core.counters().dropped_unknown_stream, 200);
    assert!(world.sent_to(ben.path).is_empty());
    // A packet that comes again is known for a repetition only where its stream was given a place.
    assert_eq!(world.core.counters().dropped_replayed, 0);
    for packet in packets {
        world.datagram(anna.path, &packet);
    }
    let places = world.core.counters().dropped_replayed;
    assert!((1..64).contains(&places), "{places} streams beside the camera's");
    let frame = anna.video(2, DELTA_FRAME);
    world.datagram(anna.path, &frame);
    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 1);
}

#[test]
fn media_finding_07_what_goes_in_comes_out() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 3);
    let mut others = [world.visitor(2, 3), world.visitor(3, 3), world.visitor(4, 3)];

    for number in 0..500u16 {
        let frame = if number == 0 { KEY_FRAME } else { DELTA_FRAME };
        let packets = [anna.audio(number), anna.video(number, frame)];
        world.batch(packets.map(|packet| (anna.path, packet)));
    }

    for other in &mut others {
        let sent = world.sent_to(other.path);
        assert_eq!(other.open(sent).len(), 1000);
    }
    let counters = *world.core.counters();
    assert_eq!((counters.rtp_received, counters.media_taken), (1000, 1000));
    assert_eq!((counters.forward_due, counters.forwarded), (3000, 3000));
}

#[test]
fn every_datagram_is_counted_once() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    world.visitor(2, 1);
    let mut random = netsim::Random::new(7);
    for number in 0..3000u16 {
        let mut bytes = vec![0; random.below(200) as usize];
        random.fill(&mut bytes);
        world.datagram(anna.path, &bytes);
        let mut genuine = anna.audio(number);
        if random.chance(0.3) {
            let at = random.below(genuine.len() as u64) as usize;
            genuine[at] ^= 1;
        }
        world.datagram(anna.path, &genuine);
    }

    let counters = world.core.counters();
    let taken =
        counters.stun_answered + counters.dtls_received + counters.rtp_received + counters.rtcp_received;
    let unread = counters.dropped_unknown_kind
        + counters.dropped_unvalidated
        + counters.dropped_stun_malformed
        + counters.dropped_stun_unknown
        + counters.dropped_stun_unauthentic
        + counters.dropped_stun_rate
        + counters.dropped_stun_taken
        + counters.dropped_dtls_rate
        + counters.dropped_over_limit
        + counters.dropped_unkeyed
        + counters.dropped_unauthentic
        + counters.dropped_replayed
        + counters.dropped_malformed;
    assert_eq!(counters.received, taken + unread, "{counters:?}");
}

#[test]
fn a_batch_without_end_loses_nothing() {
    let mut world = World::with_limits(UNLIMITED);
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);

    // As large as they come, so that the cache, where they wait, is full after few.
    let full = |start: &[u8]| [start, &[0; 1200][start.len()..]].concat();
    let (key, delta) = (full(KEY_FRAME), full(DELTA_FRAME));
    let packets: Vec<_> = (0..3000u16)
        .map(|number| (anna.path, anna.video(number, if number == 0 { &key } else { &delta })))
        .collect();
    world.batch(packets);

    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 3000);
    assert_eq!(world.core.counters().forwarded, 3000);
}

/// Two jumps of a publisher's numbers, the first of which gets lost on the way to a subscriber, would leave the
/// subscriber a rollover behind for as long as the lane lives (RFC 3711 §3.3.1).
#[test]
fn jumps_of_a_publisher_do_not_break_a_lane() {
    let mut world = World::new();
    let (mut anna, mut ben) = one_way(&mut world);
    for number in [32_001, 64_001] {
        let frame = anna.video(number, KEY_FRAME);
        world.datagram(anna.path, &frame);
    }
    let mut sent = world.sent_to(ben.path);
    sent.retain(|datagram| rtp::demux::classify(datagram) == Some(rtp::demux::Protocol::Rtp));
    assert_eq!(sent.len(), 2);
    sent.remove(0);

    assert_eq!(ben.open(sent).len(), 1);

    // And who comes next on the lane is seen.
    world.command(Command::Leave { peer: anna.peer });
    let mut carl = world.visitor(3, 1);
    let frame = carl.video(7, KEY_FRAME);
    world.datagram(carl.path, &frame);
    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 1);
}
