use rtp::{SeqNo, Ssrc};

use crate::support::{DELTA_FRAME, KEY_FRAME, World, ms};

#[test]
fn what_the_publisher_loses_is_asked_for_and_forwarded_in_its_place() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    let first = anna.video(1, KEY_FRAME);
    let _lost = anna.video(2, DELTA_FRAME);
    let third = anna.video(3, DELTA_FRAME);
    world.batch([(anna.path, first), (anna.path, third)]);
    let sent = world.sent_to(ben.path);
    let before = ben.open(sent);

    world.advance(ms(10));
    let sent = world.sent_to(anna.path);
    let asked = anna.open_rtcp(sent);
    let again = anna.video_again(1, 2, DELTA_FRAME);
    world.datagram(anna.path, &again);

    assert_eq!(asked.iter().filter(|packet| packet.starts_with("Nack")).count(), 1, "{asked:?}");
    let sent = world.sent_to(ben.path);
    let late = ben.open(sent);
    assert_eq!(before[1].sequence, before[0].sequence + 2, "a gap is left for it");
    assert_eq!(late.len(), 1);
    assert_eq!((late[0].sequence, late[0].payload_type), (before[0].sequence + 1, 96));
}

#[test]
fn what_a_subscriber_loses_comes_again_by_rtx() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    for number in 1..20 {
        let payload = if number == 1 { KEY_FRAME.to_vec() } else { [DELTA_FRAME, &[number as u8]].concat() };
        let packet = anna.video(number, &payload);
        world.datagram(anna.path, &packet);
    }
    let sent = world.sent_to(ben.path);
    let got = ben.open(sent);
    let lane = ben.lane_ssrcs("v0");

    let nack = ben.rtcp(|writer| writer.nack(Ssrc(1), Ssrc(lane[0]), [SeqNo(got[6].sequence)]).unwrap());
    world.datagram(ben.path, &nack);
    world.datagram(ben.path, &nack.clone());

    let sent = world.sent_to(ben.path);
    let again = ben.open(sent);
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].ssrc, again[0].payload_type), (lane[1], 97));
    assert_eq!(again[0].payload[..2], got[6].sequence.to_be_bytes());
    assert_eq!(again[0].payload[2..], got[6].payload);
    assert_eq!(again[0].timestamp, got[6].timestamp);
}

#[test]
fn abuse_54_a_storm_of_nacks_is_answered_within_bounds() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    let mut payload = KEY_FRAME.to_vec();
    payload.resize(1000, 1);
    for number in 1..100 {
        let packet = anna.video(number, &payload);
        world.datagram(anna.path, &packet);
    }
    let sent = world.sent_to(ben.path);
    let first = ben.open(sent)[0].sequence;
    // More than were ever sent, and more than one datagram may ask for.
    let sequences: Vec<_> = (0..300).map(|number| SeqNo(first.wrapping_add(number))).collect();
    let lane = Ssrc(ben.lane_ssrcs("v0")[0]);

    for _ in 0..1000 {
        let nack = ben.rtcp(|writer| writer.nack(Ssrc(1), lane, sequences.iter().copied()).unwrap());
        world.datagram(ben.path, &nack);
        world.advance(ms(1));
    }

    let counters = world.core.counters();
    let bytes = counters.retransmitted * 1000;
    assert!(bytes <= 64 * 1024 + 3_000_000 / 8, "{bytes} bytes in a second");
    assert!(counters.retransmitted > 50);
    assert_eq!(counters.nacks_received, 300 * 1000);
    assert_eq!(counters.nacks_received, counters.retransmitted + counters.retransmit_refused);
}

#[test]
fn transport_feedback_lets_the_publisher_ramp_up() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);

    for number in 0..50 {
        let packet = anna.video(number, KEY_FRAME);
        world.datagram(anna.path, &packet);
        world.advance(ms(10));
    }

    let sent = world.sent_to(anna.path);
    let told = anna.open_rtcp(sent);
    let feedbacks = told.iter().filter(|packet| packet.starts_with("TransportFeedback")).count();
    assert!((8..=11).contains(&feedbacks), "{feedbacks} in half a second");
}
