use media_core::Command;
use protocol::signal::ServerMessage;

use crate::support::{Browser, DELTA_FRAME, KEY_FRAME, OfferText, World, camera, grant, microphone, ms};

/// What arrives at each browser when `from` sends these.
fn deliver(
    world: &mut World,
    from: &Browser,
    packets: Vec<Vec<u8>>,
    to: &mut Browser,
) -> Vec<crate::support::Incoming> {
    world.batch(packets.into_iter().map(|packet| (from.path, packet)));
    let sent = world.sent_to(to.path);
    to.open(sent)
}

#[test]
fn audio_and_video_reach_the_other_on_the_announced_streams() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 2);
    let mut ben = world.visitor(2, 2);

    let packets = vec![anna.audio(7), anna.video(1, KEY_FRAME), anna.video(2, DELTA_FRAME)];
    let got = deliver(&mut world, &anna, packets, &mut ben);

    let (audio, video) = (ben.lane_ssrcs("a0")[0], ben.lane_ssrcs("v0")[0]);
    let seen: Vec<_> = got.iter().map(|packet| (packet.ssrc, packet.payload_type)).collect();
    assert_eq!(seen, [(audio, 111), (video, 96), (video, 96)]);
    assert_eq!(got[0].payload, [7; 80]);
    assert_eq!(got[2].sequence, got[1].sequence + 1);
    assert_eq!(got[2].timestamp.wrapping_sub(got[1].timestamp), 3000);
    assert!(
        world.sent_to(anna.path).iter().all(|datagram| datagram[0] < 4),
        "nothing comes back to its sender"
    );
    world.assert_nothing_lost_in_the_core();
}

#[test]
fn four_people_hear_each_other() {
    let mut world = World::new();
    let mut people: Vec<Browser> = (1..=4).map(|number| world.visitor(number, 3)).collect();

    for round in 0..50u16 {
        let batch: Vec<_> = people.iter_mut().map(|one| (one.path, one.audio(round))).collect();
        world.batch(batch);
        world.advance(ms(20));
    }

    for one in &mut people {
        let sent = world.sent_to(one.path);
        let mut by_lane = std::collections::BTreeMap::<u32, Vec<u16>>::new();
        for packet in one.open(sent) {
            by_lane.entry(packet.ssrc).or_default().push(packet.sequence);
        }
        assert_eq!(by_lane.len(), 3);
        for sequences in by_lane.values() {
            assert_eq!(sequences.len(), 50);
            assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1));
        }
    }
    world.assert_nothing_lost_in_the_core();
    assert_eq!(world.core.counters().forwarded, 4 * 3 * 50);
}

#[test]
fn video_waits_for_a_key_frame_and_asks_for_it() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    world.advance(ms(10));
    let first = vec![anna.video(1, DELTA_FRAME)];
    assert!(deliver(&mut world, &anna, first, &mut ben).is_empty());
    world.advance(ms(1));

    let sent = world.sent_to(anna.path);
    let asked = anna.open_rtcp(sent);
    let second = vec![anna.video(2, KEY_FRAME), anna.video(3, DELTA_FRAME)];
    let got = deliver(&mut world, &anna, second, &mut ben);

    assert_eq!(asked.iter().filter(|packet| packet.starts_with("PictureLoss")).count(), 1, "{asked:?}");
    assert_eq!(got.len(), 2);
}

#[test]
fn a_late_joiner_gets_a_key_frame() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 2);
    let mut ben = world.visitor(2, 2);
    let start = vec![anna.video(1, KEY_FRAME)];
    deliver(&mut world, &anna, start, &mut ben);
    for number in 2..100 {
        let next = vec![anna.video(number, DELTA_FRAME)];
        deliver(&mut world, &anna, next, &mut ben);
        world.advance(ms(33));
    }
    world.sent_to(anna.path);

    let mut carl = world.visitor(3, 2);
    world.advance(ms(10));
    let sent = world.sent_to(anna.path);
    let asked = anna.open_rtcp(sent);
    let frames = vec![anna.video(100, DELTA_FRAME), anna.video(101, KEY_FRAME), anna.video(102, DELTA_FRAME)];
    let got = deliver(&mut world, &anna, frames, &mut carl);

    assert!(asked.iter().any(|packet| packet.starts_with("PictureLoss")), "{asked:?}");
    assert_eq!(got.len(), 2);
    let sent = world.sent_to(ben.path);
    assert!(ben.open(sent).iter().rev().take(3).count() == 3, "who saw it before goes on seeing it");
}

#[test]
fn frames_of_equal_packets_leave_in_one_run() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let ben = world.visitor(2, 1);
    let mut payload = KEY_FRAME.to_vec();
    payload.resize(1100, 9);
    let mut batch = vec![anna.video(1, &payload)];
    payload[0] = 0x80;
    for number in 2..=6 {
        // libwebrtc cuts a frame into pieces that are a byte apart.
        payload.resize(1100 - usize::from(number % 2), 9);
        batch.push(anna.video(number, &payload));
    }

    for mut datagram in batch {
        world.core.handle_datagram(world.now(), anna.path, &mut datagram);
    }
    world.core.flush(world.now());

    let runs: Vec<_> = world.core.transmits().filter(|transmit| transmit.path == ben.path).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert_eq!(runs[0].datagrams().count(), 6);
}

#[test]
fn what_is_muted_is_not_forwarded_whatever_is_sent() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    let before = vec![anna.audio(1), anna.video(1, KEY_FRAME)];
    assert_eq!(deliver(&mut world, &anna, before, &mut ben).len(), 2);

    for mid in ["m", "c"] {
        world.command(Command::Track { peer: anna.peer, mid: mid.to_owned(), active: false });
    }
    let muted = vec![anna.audio(2), anna.video(2, DELTA_FRAME)];
    assert_eq!(deliver(&mut world, &anna, muted, &mut ben), []);

    for mid in ["m", "c"] {
        world.command(Command::Track { peer: anna.peer, mid: mid.to_owned(), active: true });
    }
    let after = vec![anna.audio(3), anna.video(3, DELTA_FRAME), anna.video(4, KEY_FRAME)];
    let got = deliver(&mut world, &anna, after, &mut ben);

    assert_eq!(got.iter().map(|packet| packet.payload_type).collect::<Vec<_>>(), [111, 96]);
    let told = world.messages(ben.peer).into_iter().filter_map(|message| match message {
        ServerMessage::Participant { participant } if participant.seat == anna.seat => {
            Some(participant.tracks.iter().map(|track| track.active).collect::<Vec<_>>())
        }
        _ => None,
    });
    let last = told.collect::<Vec<_>>();
    assert_eq!(last[last.len() - 4..], [[false, true], [false, false], [true, false], [true, true]]);
}

#[test]
fn streams_that_are_not_announced_are_known_by_mid_or_payload_type() {
    let mut world = World::new();
    let offer = OfferText::new().sends("m", false, None).sends("c", true, None);
    let mut anna = world.join(grant(1), offer, &[microphone("m"), camera("c")]);
    world.connect(&mut anna);
    let mut ben = world.visitor(2, 1);
    let mut packet = crate::support::Outgoing {
        ssrc: 5,
        payload_type: 96,
        sequence: 1,
        timestamp: 0,
        marker: true,
        level: None,
        mid: Some("c"),
        payload: KEY_FRAME,
    };

    let by_mid = anna.packet(&packet);
    packet = crate::support::Outgoing { ssrc: 6, payload_type: 111, mid: None, ..packet };
    let by_type = anna.packet(&packet);
    packet = crate::support::Outgoing { ssrc: 7, mid: Some("nobody"), ..packet };
    let by_nothing = anna.packet(&packet);
    let got = deliver(&mut world, &anna, vec![by_mid, by_type, by_nothing], &mut ben);

    assert_eq!(got.iter().map(|packet| packet.payload_type).collect::<Vec<_>>(), [111, 96]);
    assert_eq!(world.core.counters().dropped_unknown_stream, 1);
}

#[test]
fn rooms_never_exchange_a_packet() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut elsewhere = grant(2);
    elsewhere.room = protocol::RoomId(uuid::Uuid::from_u128(77));
    let offer = OfferText::visitor(1, 1);
    let mut ben = world.join(elsewhere, offer, &[microphone("m"), camera("c")]);
    world.connect(&mut ben);

    for number in 0..100 {
        let packets = vec![anna.audio(number), anna.video(number, KEY_FRAME)];
        assert_eq!(deliver(&mut world, &anna, packets, &mut ben), []);
    }

    assert_eq!(world.core.counters().forward_due, 0);
}
