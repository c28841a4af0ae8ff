use media_core::Command;
use protocol::Problem;
use protocol::signal::{PublishTrack, ServerMessage, Source};

use crate::support::{DELTA_FRAME, KEY_FRAME, OfferText, World, camera, grant, microphone};

fn screen(mid: &str, active: bool) -> PublishTrack {
    PublishTrack { mid: mid.to_owned(), source: Source::Screen, active }
}

#[test]
fn tracks_are_received_and_lanes_are_sent() {
    let mut world = World::new();
    let anna = world.join(grant(1), OfferText::visitor(1, 1), &[microphone("m"), camera("c")]);

    assert!(anna.section("m").contains("a=recvonly") && anna.section("c").contains("a=recvonly"));
    assert!(anna.section("a0").contains("a=sendonly") && anna.section("v0").contains("a=sendonly"));
    assert_eq!((anna.lane_ssrcs("a0").len(), anna.lane_ssrcs("v0").len()), (1, 2));
    assert!(anna.answer.contains("a=ice-lite") && anna.answer.contains("a=setup:passive"));
}

#[test]
fn what_is_not_published_is_not_received() {
    let mut world = World::new();

    let anna = world.join(grant(1), OfferText::visitor(1, 1), &[microphone("m")]);

    assert!(anna.section("c").contains("a=inactive"));
}

#[test]
fn tracks_must_fit_their_m_lines() {
    let mut world = World::new();
    let many: Vec<_> = (0..6).map(|_| microphone("m")).collect();
    let cases = [
        (vec![camera("m")], Problem::UnsupportedSdp),
        (vec![microphone("x")], Problem::UnsupportedSdp),
        (vec![microphone("a0")], Problem::UnsupportedSdp),
        (vec![microphone("m"), microphone("m")], Problem::BadMessage),
        (many, Problem::BadMessage),
    ];

    for (tracks, expected) in cases {
        let peer = world.peer_id();
        let offer = OfferText::visitor(1, 1).text();
        world.command(Command::Join { peer, grant: grant(1), offer, tracks });

        assert_eq!(world.refusal(peer), Some(expected));
    }
    assert_eq!(world.core.load().peers, 0);
}

#[test]
fn abuse_07_a_bad_offer_is_refused_and_leaves_nothing() {
    let mut world = World::new();
    let good = OfferText::visitor(1, 1).text();
    let cases = [
        ("x".to_owned(), Problem::BadSdp),
        (good.replace("a=mid:c", "a=mid:m"), Problem::BadSdp),
        (good.replace("a=rtcp-mux\r\n", ""), Problem::UnsupportedSdp),
        (format!("{good}{}", "a=candidate:1 1 udp 1 10.0.0.1 1 typ host\r\n".repeat(300)), Problem::BadSdp),
    ];

    for (offer, expected) in cases {
        let peer = world.peer_id();
        world.command(Command::Join { peer, grant: grant(1), offer, tracks: vec![] });

        assert_eq!(world.refusal(peer), Some(expected));
        assert_eq!(world.closed(peer), Some(protocol::close::POLICY));
    }
    assert_eq!(world.core.load(), media_core::Load::default());
    assert_eq!(world.core.poll_timeout(), None);
}

#[test]
fn abuse_56_candidates_of_clients_are_neither_called_nor_shown() {
    let mut world = World::new();
    let mut offer = OfferText::visitor(1, 1);
    offer.lines[0].direction = "sendonly\r\na=candidate:1 1 udp 1 127.0.0.1 1 typ host\r\na=candidate:2 1 udp 1 10.9.8.7 22 typ host\r\n\
         a=candidate:3 1 udp 1 224.0.0.1 5353 typ host\r\na=candidate:4 1 udp 1 ff02::1 5353 typ host\r\n\
         a=candidate:5 1 udp 1 1f7a7c5e-0001-4f2e-9d2b-3f6a0b1c2d3e.local 99 typ host\r\n\
         a=candidate:6 1 tcp 1 10.9.8.7 22 typ host tcptype passive";
    let mut anna = world.join(grant(1), offer, &[microphone("m")]);
    let mut ben = world.join(grant(2), OfferText::visitor(2, 1), &[microphone("m")]);

    world.advance(crate::support::secs(10));

    assert!(world.sent.is_empty(), "the node never sends first");
    let shown = |text: &str| {
        ["127.0.0.1 ", "10.9.8.7", "224.0.0.1", "ff02", ".local", "99 typ"].map(|it| text.contains(it))
    };
    for text in [&anna.answer, &ben.answer] {
        assert_eq!(shown(text), [false; 6]);
    }
    world.connect(&mut anna);
    world.connect(&mut ben);
    for number in 0..200 {
        let (one, other) = (anna.audio(number), ben.audio(number));
        world.batch([(anna.path, one), (ben.path, other)]);
        world.advance(crate::support::ms(20));
    }
    assert!(world.sent.len() > 400);
    let validated = [anna.path, ben.path];
    assert!(world.sent.iter().all(|(path, _)| validated.contains(path)), "only where checks came from");
}

#[test]
fn lanes_fill_in_a_stable_order() {
    let mut world = World::new();
    let watcher = world.visitor(1, 2);
    let seat_on = |world: &mut World, mid: &str| {
        let lanes = world.told_lanes(watcher.peer).unwrap();
        lanes.iter().find(|lane| lane.mid == mid).unwrap().seat
    };
    let ben = world.visitor(2, 2);
    assert_eq!(seat_on(&mut world, "v0"), Some(ben.seat));
    let carl = world.visitor(3, 2);
    assert_eq!(seat_on(&mut world, "v1"), Some(carl.seat));

    // A fourth finds no lane; when Ben goes, Carl stays where he is.
    world.messages(watcher.peer);
    let dora = world.visitor(4, 2);
    assert_eq!(world.told_lanes(watcher.peer), None);
    world.command(Command::Leave { peer: ben.peer });
    let lanes = world.told_lanes(watcher.peer).unwrap();

    let seats: Vec<_> = lanes.iter().filter(|lane| lane.mid.starts_with('v')).map(|lane| lane.seat).collect();
    assert_eq!(seats, [Some(dora.seat), Some(carl.seat)]);
}

#[test]
fn a_shared_screen_is_shown_before_cameras_and_an_unshared_one_after() {
    let mut world = World::new();
    let watcher = world.visitor(1, 1);
    let offer = OfferText::visitor(2, 0).sends("s", true, Some(299));
    let mut ben = world.join(grant(2), offer, &[microphone("m"), camera("c"), screen("s", false)]);
    world.connect(&mut ben);
    let shown = |world: &mut World| {
        let lanes = world.told_lanes(watcher.peer).unwrap();
        lanes.iter().find(|lane| lane.mid == "v0").unwrap().track.unwrap()
    };
    let camera = shown(&mut world);

    world.command(Command::Track { peer: ben.peer, mid: "s".to_owned(), active: true });
    let screen = shown(&mut world);
    world.command(Command::Track { peer: ben.peer, mid: "s".to_owned(), active: false });

    assert_ne!(camera, screen);
    assert_eq!(shown(&mut world), camera);
}

#[test]
fn another_offer_keeps_lanes_and_tracks_and_adds_new_ones() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    let frame = anna.video(1, KEY_FRAME);
    world.datagram(anna.path, &frame);
    world.messages(ben.peer);
    let before = ben.lane_ssrcs("v0");

    let mut offer = OfferText::visitor(2, 3).without_feedback();
    offer.ufrag = "newer".to_owned();
    let tracks = vec![microphone("m"), camera("c")];
    world.command(Command::Offer { peer: ben.peer, offer: offer.text(), tracks });
    let answer = world.messages(ben.peer).into_iter().find_map(|message| match message {
        ServerMessage::Answer { answer } => Some(answer),
        _ => None,
    });
    let old_ufrag = ben.attribute("a=ice-ufrag:");
    ben.answer = answer.unwrap();
    ben.offer = offer;

    assert_eq!(ben.lane_ssrcs("v0"), before);
    assert_eq!(ben.lane_ssrcs("v2").len(), 2);
    assert_ne!(ben.attribute("a=ice-ufrag:"), old_ufrag, "ICE restarts");
    let frame = anna.video(2, DELTA_FRAME);
    world.datagram(anna.path, &frame);
    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 2, "the media goes on meanwhile");
    let next = crate::support::path("203.0.113.5:5");
    world.check(&ben, next, true);
    world.sent.clear();
    let frame = anna.video(3, DELTA_FRAME);
    world.datagram(anna.path, &frame);
    assert_eq!(world.sent_to(next).len(), 1);
}

#[test]
fn offers_without_end_do_not_use_up_streams() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let mut refused = false;

    for round in 0..200 {
        let mut offer = OfferText::visitor(1, 0);
        for lane in 0..8 {
            offer = offer.receives(&format!("r{round}l{lane}"), true);
        }
        world.command(Command::Offer { peer: anna.peer, offer: offer.text(), tracks: vec![] });
        refused |= world.refusal(anna.peer) == Some(Problem::BadMessage);
    }

    assert!(refused);
    assert!(world.core.has_peer(anna.peer));
}

#[test]
fn h264_runs_only_where_everybody_shows_it() {
    let mut world = World::new();
    let prefers_h264 = |number: u32| {
        OfferText::visitor(number, 1).text().replace("SAVPF 96 97 109 114", "SAVPF 109 114 96 97")
    };
    let join = |world: &mut World, number: u128, text: String| {
        let peer = world.peer_id();
        world.command(Command::Join { peer, grant: grant(number), offer: text, tracks: vec![camera("c")] });
        world.browser(peer, grant(number).seat, OfferText::visitor(number as u32, 1))
    };

    let (h264, vp8) = ("video 9 UDP/TLS/RTP/SAVPF 109 114\r\n", "video 9 UDP/TLS/RTP/SAVPF 96 97\r\n");

    let anna = join(&mut world, 1, prefers_h264(1));
    assert!(anna.section("c").starts_with(vp8), "nobody knows yet who comes: {}", anna.section("c"));
    let ben = join(&mut world, 2, prefers_h264(2));
    assert!(ben.section("c").starts_with(h264), "{}", ben.section("c"));

    // Somebody who cannot show H264 comes: Ben's connection begins anew, and then he sends VP8.
    let plain = join(&mut world, 3, OfferText::visitor(3, 1).without_h264().text());
    assert!(plain.section("c").starts_with(vp8));
    assert!(world.core.has_peer(anna.peer) && !world.core.has_peer(ben.peer));
    assert_eq!(world.closed(ben.peer), Some(protocol::close::IDLE));
    let peer = world.peer_id();
    let (secret, offer) = (ben.resume.clone(), prefers_h264(2));
    world.command(Command::Resume { peer, secret, offer, tracks: vec![camera("c")] });
    let ben = world.browser(peer, ben.seat, OfferText::visitor(2, 1));
    assert!(ben.section("c").starts_with(vp8), "{}", ben.section("c"));

    world.command(Command::Leave { peer: anna.peer });
    let shown = world.told_lanes(plain.peer).unwrap();
    assert_eq!(shown.iter().find(|lane| lane.mid == "v0").unwrap().seat, Some(ben.seat));
    let carl = join(&mut world, 4, prefers_h264(4));
    assert!(carl.section("c").starts_with(vp8), "{}", carl.section("c"));
}

#[test]
fn an_m_line_both_ways_runs_on_what_its_answer_lists() {
    let mut world = World::new();
    let both_ways = |number: u32| {
        let text = OfferText::visitor(number, 1).text().replace("SAVPF 96 97 109 114", "SAVPF 109 114 96 97");
        text.replace("sendonly", "sendrecv")
    };
    let join = |world: &mut World, number: u128, text: String| {
        let peer = world.peer_id();
        world.command(Command::Join { peer, grant: grant(number), offer: text, tracks: vec![camera("c")] });
        world.browser(peer, grant(number).seat, OfferText::visitor(number as u32, 1))
    };

    // Anna's answer lists VP8 alone, so she shows no H264 on that m-line, and nobody is to send it.
    let anna = join(&mut world, 1, both_ways(1));
    let ben = join(&mut world, 2, both_ways(2));
    let carl = join(&mut world, 3, both_ways(3).replace("sendrecv", "sendonly"));

    for one in [&anna, &ben, &carl] {
        assert!(one.section("c").starts_with("video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"), "{}", one.section("c"));
    }
}
