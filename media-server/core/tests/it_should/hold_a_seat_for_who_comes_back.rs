use media_core::{Command, resume_worker};
use protocol::signal::{LeaveReason, ServerMessage};
use protocol::{Problem, close};

use crate::support::{Browser, KEY_FRAME, OfferText, World, camera, grant, microphone, path, secs};

fn resume(world: &mut World, old: &Browser, number: u32) -> Browser {
    let offer = OfferText::visitor(number, 1);
    let peer = world.peer_id();
    let tracks = vec![microphone("m"), camera("c")];
    world.command(Command::Resume { peer, secret: old.resume.clone(), offer: offer.text(), tracks });
    world.browser(peer, old.seat, offer)
}

fn lose(world: &mut World, lost: &Browser, present: &Browser) {
    world.command(Command::SignalLost { peer: lost.peer });
    world.check(present, present.path, false);
    world.advance(secs(9));
    assert!(!world.core.has_peer(lost.peer));
}

#[test]
fn a_lost_seat_is_resumed_from_any_address() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    lose(&mut world, &anna, &ben);
    world.messages(ben.peer);

    let mut back = resume(&mut world, &anna, 3);
    back.path = path("203.0.113.77:1234");
    world.connect(&mut back);

    assert_eq!(resume_worker(&back.resume), Some(0x1f));
    let told = world.messages(ben.peer);
    let is_back = |message: &ServerMessage| {
        matches!(message, ServerMessage::Participant { participant }
            if participant.seat == anna.seat && participant.connected && participant.tracks.len() == 2)
    };
    assert!(told.iter().any(is_back), "{told:?}");
    let frame = back.video(1, KEY_FRAME);
    world.datagram(back.path, &frame);
    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 1);
}

#[test]
fn a_leave_that_comes_late_does_not_take_the_newer_connection_with_it() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let ben = world.visitor(2, 1);
    let mut back = resume(&mut world, &anna, 3);
    world.messages(ben.peer);

    world.command(Command::Leave { peer: anna.peer });

    assert!(!world.core.has_peer(anna.peer));
    assert!(world.core.has_peer(back.peer));
    world.connect(&mut back);
    let told = world.messages(ben.peer);
    let has_left = |message: &ServerMessage| matches!(message, ServerMessage::ParticipantLeft { .. });
    assert!(!told.iter().any(has_left), "{told:?}");
    world.command(Command::Leave { peer: back.peer });
    assert!(world.messages(ben.peer).iter().any(has_left), "the last one frees the seat");
}

#[test]
fn abuse_14_a_secret_works_once() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);

    let mut first = resume(&mut world, &anna, 2);
    world.connect(&mut first);
    let second = resume(&mut world, &anna, 3);

    assert_ne!(first.answer, "");
    assert_eq!(second.answer, "");
    assert_eq!(world.closed(second.peer), Some(close::UNAUTHORIZED));
    assert_ne!(first.resume, anna.resume);
    assert_ne!(resume(&mut world, &first, 4).answer, "");
}

#[test]
fn abuse_14_the_next_secret_ends_the_one_before() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let first = resume(&mut world, &anna, 2);

    let second = resume(&mut world, &first, 3);
    let late = resume(&mut world, &anna, 4);

    assert_ne!(second.answer, "");
    assert_eq!(late.answer, "");
    assert_eq!(world.closed(late.peer), Some(close::UNAUTHORIZED));
}

/// The control plane may be away, so a browser must not need it (a running call needs nobody else).
#[test]
fn an_answer_that_gets_lost_does_not_lock_the_seat() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let ben = world.visitor(2, 1);
    lose(&mut world, &anna, &ben);

    let unheard = [resume(&mut world, &anna, 3), resume(&mut world, &anna, 4)];
    let mut back = resume(&mut world, &anna, 5);
    assert_ne!(back.answer, "");
    world.connect(&mut back);

    for lost in &unheard {
        assert!(!world.core.has_peer(lost.peer));
        assert_eq!(resume(&mut world, lost, 6).answer, "", "nobody ever had it");
    }
    assert_eq!(resume(&mut world, &anna, 7).answer, "");
    let last = resume(&mut world, &back, 8);
    assert_ne!(last.answer, "");
    world.command(Command::Leave { peer: last.peer });
    world.command(Command::Leave { peer: back.peer });
    assert_eq!(resume(&mut world, &back, 9).answer, "");
}

#[test]
fn invented_secrets_open_nothing() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);

    for secret in ["", "1f.", "1f.AAAA", &anna.resume[..45], &"x".repeat(10_000)] {
        let peer = world.peer_id();
        let offer = OfferText::visitor(1, 1).text();
        world.command(Command::Resume { peer, secret: secret.to_owned(), offer, tracks: vec![] });

        assert_eq!(world.refusal(peer), Some(Problem::BadResume));
    }
}

#[test]
fn a_seat_that_nobody_claims_is_freed_after_two_minutes() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let ben = world.visitor(2, 1);
    lose(&mut world, &anna, &ben);

    for _ in 0..11 {
        world.check(&ben, ben.path, false);
        world.advance(secs(10));
    }
    assert_eq!(world.core.load().seats, 2);
    world.messages(ben.peer);
    world.check(&ben, ben.path, false);
    world.advance(secs(10));

    assert_eq!(world.core.load().seats, 1);
    let left = ServerMessage::ParticipantLeft { seat: anna.seat, reason: LeaveReason::Lost };
    assert!(world.messages(ben.peer).contains(&left));
    let late = resume(&mut world, &anna, 3);
    assert_eq!(late.answer, "");
}

#[test]
fn the_new_connection_takes_over_only_when_its_media_is_up() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    let lane = ben.lane_ssrcs("v0")[0];
    let frame = anna.video(1, KEY_FRAME);
    world.datagram(anna.path, &frame);
    world.messages(ben.peer);

    let mut new = resume(&mut world, &anna, 3);
    let frame = anna.video(2, KEY_FRAME);
    world.datagram(anna.path, &frame);
    assert!(world.core.has_peer(anna.peer), "the old one goes on while the new one comes up");
    assert_eq!(world.told_lanes(ben.peer), None);

    world.connect(&mut new);
    assert!(!world.core.has_peer(anna.peer));
    assert_eq!(world.closed(anna.peer), Some(close::REPLACED));
    let frame = new.video(1000, KEY_FRAME);
    world.datagram(new.path, &frame);

    let sent = world.sent_to(ben.path);
    let got: Vec<_> = ben.open(sent).into_iter().map(|packet| (packet.ssrc, packet.sequence)).collect();
    assert_eq!(got.len(), 3);
    assert!(got.iter().all(|(ssrc, _)| *ssrc == lane), "the lane keeps its stream");
    assert!(got.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1), "{got:?}");
    let lanes = world.told_lanes(ben.peer).unwrap();
    assert_eq!(lanes.iter().map(|lane| lane.seat).collect::<Vec<_>>(), [Some(anna.seat), Some(anna.seat)]);
}

#[test]
fn a_new_connection_that_never_comes_up_leaves_the_old_one_alone() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let new = resume(&mut world, &anna, 3);

    for _ in 0..4 {
        world.check(&anna, anna.path, false);
        world.advance(secs(10));
    }

    assert!(world.core.has_peer(anna.peer));
    assert!(!world.core.has_peer(new.peer));
}

#[test]
fn a_third_connection_replaces_the_second() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let second = resume(&mut world, &anna, 2);

    let third = resume(&mut world, &second, 3);

    assert_eq!(world.closed(second.peer), Some(close::REPLACED));
    assert!(world.core.has_peer(anna.peer) && world.core.has_peer(third.peer));
    assert_eq!(world.core.load().peers, 2);
}

#[test]
fn nobodys_picture_moves_when_somebody_comes_back() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let ben = world.visitor(2, 1);
    let watcher = world.visitor(3, 2);
    world.command(Command::Leave { peer: anna.peer });
    let shown =
        |lanes: &[protocol::signal::LaneState]| -> Vec<_> { lanes.iter().map(|lane| lane.seat).collect() };
    let before = shown(&world.told_lanes(watcher.peer).unwrap());

    let mut back = resume(&mut world, &ben, 4);
    world.connect(&mut back);

    // The first lane is free, and Ben stays on the second.
    assert_eq!(before, [None, None, Some(ben.seat), Some(ben.seat)]);
    assert_eq!(shown(&world.told_lanes(watcher.peer).unwrap()), before);
}

#[test]
fn two_cameras_of_one_seat_keep_their_places() {
    let mut world = World::new();
    let cameras =
        |number: u32| OfferText::new().sends("c", true, Some(number)).sends("d", true, Some(number + 200));
    let join = |world: &mut World, number: u32| {
        let tracks = [camera("c"), camera("d")];
        let mut browser = world.join(grant(number.into()), cameras(number), &tracks);
        world.connect(&mut browser);
        browser
    };
    // Who leaves makes room for the tracks of who comes next, in whatever order.
    let carl = join(&mut world, 3);
    let mut anna = join(&mut world, 1);
    let offer =
        OfferText::new().receives("v0", true).receives("v1", true).receives("v2", true).receives("v3", true);
    let mut ben = world.join(grant(2), offer, &[]);
    world.connect(&mut ben);
    world.command(Command::Leave { peer: carl.peer });
    let lane_of_first_camera = |world: &mut World, from: &mut Browser, ben: &mut Browser| {
        let frame = from.video(1, KEY_FRAME);
        world.datagram(from.path, &frame);
        let sent = world.sent_to(ben.path);
        ben.open(sent).into_iter().map(|packet| packet.ssrc).collect::<Vec<_>>()
    };
    let before = lane_of_first_camera(&mut world, &mut anna, &mut ben);

    let peer = world.peer_id();
    let (secret, offer) = (anna.resume.clone(), cameras(5));
    let tracks = vec![camera("c"), camera("d")];
    world.command(Command::Resume { peer, secret, offer: offer.text(), tracks });
    let mut back = world.browser(peer, anna.seat, offer);
    world.connect(&mut back);

    assert_eq!(before.len(), 1);
    assert_eq!(lane_of_first_camera(&mut world, &mut back, &mut ben), before);
}
