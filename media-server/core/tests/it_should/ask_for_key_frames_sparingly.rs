use media_core::Command;
use protocol::signal::{LaneView, ViewSize};
use rtp::Ssrc;
use rtp::rtcp::FullIntraRequestEntry;

use crate::support::layers::{self, RIDS};
use crate::support::{Browser, DELTA_FRAME, KEY_FRAME, World, ms, secs};

fn storm(world: &mut World, from: &mut [Browser], rounds: usize) {
    for _ in 0..rounds {
        for one in from.iter_mut() {
            let lane = Ssrc(one.lane_ssrcs("v0")[0]);
            let pli = one.rtcp(|writer| writer.picture_loss(Ssrc(1), lane).unwrap());
            let entry = FullIntraRequestEntry { media: lane, command: 1 };
            let fir = one.rtcp(|writer| writer.full_intra(Ssrc(1), &[entry]).unwrap());
            world.batch([(one.path, pli), (one.path, fir)]);
        }
        world.advance(ms(10));
    }
}

fn asked(world: &mut World, publisher: &mut Browser) -> usize {
    let sent = world.sent_to(publisher.path);
    publisher.open_rtcp(sent).iter().filter(|packet| packet.starts_with("PictureLoss")).count()
}

#[test]
fn abuse_54_a_storm_of_requests_for_a_stream_becomes_one_a_second() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 3);
    let mut others = [world.visitor(2, 3), world.visitor(3, 3), world.visitor(4, 3)];
    let frame = anna.video(1, KEY_FRAME);
    world.datagram(anna.path, &frame);
    world.advance(secs(2));
    asked(&mut world, &mut anna);

    storm(&mut world, &mut others, 500);

    let asked = asked(&mut world, &mut anna);
    assert!((5..=6).contains(&asked), "{asked} in five seconds");
    assert_eq!(world.core.counters().key_frame_requests_received, 3 * 2 * 500);
}

/// Each layer is a stream of its own (docs/decisions/0008).
#[test]
fn abuse_54_a_storm_of_requests_for_three_layers_becomes_one_a_second_for_each() {
    let mut world = World::new();
    let mut anna = world.layered(1, 1);
    let mut others = [world.visitor(2, 1), world.visitor(3, 1), world.visitor(4, 1)];
    for (one, size) in others.iter().zip([ViewSize::Thumbnail, ViewSize::Medium, ViewSize::Full]) {
        let lanes = vec![LaneView { mid: "v0".to_owned(), size }];
        world.command(Command::View { peer: one.peer, lanes });
    }
    let moment = |world: &mut World, anna: &mut Browser, number: u16, kind: &[u8]| {
        for layer in 0..RIDS.len() {
            let packet = layers::frame(anna, layer, number, kind);
            world.datagram(anna.path, &packet);
        }
        world.advance(ms(30));
    };
    for number in 0..70 {
        moment(&mut world, &mut anna, number, if number % 30 == 0 { KEY_FRAME } else { DELTA_FRAME });
    }
    world.sent_to(anna.path);

    for number in 70..170 {
        storm(&mut world, &mut others, 2);
        moment(&mut world, &mut anna, number, DELTA_FRAME);
    }

    let sent = world.sent_to(anna.path);
    let told = anna.open_rtcp(sent);
    for layer in 0..RIDS.len() {
        let media = format!("media: Ssrc({})", layers::ssrc(layer));
        let of_layer = |packet: &&String| packet.starts_with("PictureLoss") && packet.contains(&media);
        let asked = told.iter().filter(of_layer).count();
        assert!((5..=6).contains(&asked), "{asked} for layer {layer} in five seconds");
    }
}

#[test]
fn an_answered_wish_is_not_repeated() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = [world.visitor(2, 1)];
    let frame = anna.video(1, KEY_FRAME);
    world.datagram(anna.path, &frame);
    world.advance(secs(2));
    asked(&mut world, &mut anna);

    storm(&mut world, &mut ben, 1);
    let frame = anna.video(2, KEY_FRAME);
    world.datagram(anna.path, &frame);
    world.advance(secs(3));

    assert_eq!(asked(&mut world, &mut anna), 1);
}

/// Ben waits for a key frame of Anna's for 40 seconds. How often Anna is asked.
fn asked_in_vain(video_flows: bool) -> usize {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let frame = anna.video(1, KEY_FRAME);
    world.datagram(anna.path, &frame);
    let mut ben = world.visitor(2, 1);

    for number in 0..80 {
        if video_flows {
            let frame = anna.video(number + 2, DELTA_FRAME);
            world.datagram(anna.path, &frame);
        }
        world.check(&anna, anna.path, false);
        world.check(&ben, ben.path, false);
        world.advance(ms(500));
    }

    let sent = world.sent_to(ben.path);
    assert!(ben.open(sent).is_empty());
    asked(&mut world, &mut anna)
}

#[test]
fn an_unanswered_wish_is_repeated_every_second_while_video_flows() {
    // At once, and then at the end of each of the forty seconds.
    assert_eq!(asked_in_vain(true), 41);
}

#[test]
fn a_camera_that_is_silent_is_asked_for_a_while() {
    assert_eq!(asked_in_vain(false), 30);
}

#[test]
fn a_gap_that_is_too_long_to_ask_for_wants_a_key_frame_at_once() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let frame = anna.video(1, KEY_FRAME);
    world.datagram(anna.path, &frame);
    world.advance(secs(2));
    asked(&mut world, &mut anna);

    let frame = anna.video(1000, DELTA_FRAME);
    world.datagram(anna.path, &frame);
    world.advance(ms(5));

    assert_eq!(asked(&mut world, &mut anna), 1);
}

#[test]
fn abuse_54_what_one_says_about_bandwidth_moves_nobody() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 2);
    let mut ben = world.visitor(2, 2);
    let mut carl = world.visitor(3, 2);
    let frame = anna.video(1, KEY_FRAME);
    world.datagram(anna.path, &frame);

    for number in 2..200u16 {
        // A goog-remb of 0 bit/s and of the maximum.
        for exponent in [0u8, 0xff] {
            let mut remb = vec![0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0];
            remb.extend_from_slice(b"REMB");
            remb.extend_from_slice(&[1, exponent, exponent, exponent, 0, 0, 0, 1]);
            let sealed = ben.rtcp_of(&remb).unwrap();
            world.datagram(ben.path, &sealed);
        }
        let frame = anna.video(number, DELTA_FRAME);
        world.datagram(anna.path, &frame);
    }

    for one in [&mut ben, &mut carl] {
        let sent = world.sent_to(one.path);
        assert_eq!(one.open(sent).len(), 199);
    }
}

#[test]
fn abuse_54_wishes_about_other_peoples_streams_are_nobodys() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 2);
    let mut ben = world.visitor(2, 2);
    let frame = anna.video(1, KEY_FRAME);
    world.datagram(anna.path, &frame);
    world.advance(secs(2));
    asked(&mut world, &mut anna);

    // The publisher's own SSRC is not a lane of Ben's; neither is one that nobody has.
    for ssrc in [anna.camera_ssrc(), 77] {
        let pli = ben.rtcp(|writer| writer.picture_loss(Ssrc(1), Ssrc(ssrc)).unwrap());
        world.datagram(ben.path, &pli);
    }
    world.command(Command::SignalLost { peer: ben.peer });
    world.advance(secs(1));

    assert_eq!(asked(&mut world, &mut anna), 0);
}
