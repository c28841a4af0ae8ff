use media_core::{Command, Output};
use protocol::signal::{EndReason, PublishTrack, ServerMessage, Source};
use protocol::{ClinicId, Generation, Permissions, Problem, close};
use uuid::Uuid;

use crate::support::{OfferText, World, camera, grant, microphone, practitioner};

fn offer() -> OfferText {
    OfferText::visitor(1, 1)
}

#[test]
fn abuse_15_an_older_generation_is_refused() {
    let mut world = World::new();
    world.visitor(1, 1);
    let mut older = grant(2);
    older.generation = Generation(4);

    let late = world.join(older, offer(), &[microphone("m")]);

    assert_eq!(late.answer, "");
    assert_eq!(world.closed(late.peer), Some(close::UNAUTHORIZED));
    assert_eq!(world.core.load().seats, 1);
}

#[test]
fn abuse_15_a_newer_generation_replaces_the_room() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let mut newer = grant(2);
    newer.generation = Generation(6);

    let ben = world.join(newer, offer(), &[microphone("m")]);

    assert_ne!(ben.answer, "");
    assert_eq!(world.closed(anna.peer), Some(close::GOING_AWAY));
    let closed = Output::RoomClosed { room: newer.room, generation: Generation(5) };
    assert!(world.outputs.contains(&closed));
    let again = world.join(grant(1), offer(), &[microphone("m")]);
    assert_eq!(world.refusal(again.peer), None);
    assert_eq!(world.closed(again.peer), Some(close::UNAUTHORIZED), "the old token has lost its room");
}

#[test]
fn abuse_15_a_room_of_another_clinic_is_not_entered() {
    let mut world = World::new();
    world.visitor(1, 1);
    let mut foreign = grant(2);
    foreign.clinic = ClinicId(Uuid::from_u128(99));

    let peer = world.peer_id();
    world.command(Command::Join { peer, grant: foreign, offer: offer().text(), tracks: vec![] });

    assert_eq!(world.refusal(peer), Some(Problem::BadToken));
}

#[test]
fn abuse_15_a_screen_without_the_permission_is_refused() {
    let mut world = World::new();
    let screen = PublishTrack { mid: "c".to_owned(), source: Source::Screen, active: true };
    let mut modest = grant(1);
    modest.permissions = Permissions { screen: false, ..modest.permissions };

    let peer = world.peer_id();
    world.command(Command::Join { peer, grant: modest, offer: offer().text(), tracks: vec![screen.clone()] });
    assert_eq!(world.refusal(peer), Some(Problem::NotAllowed));
    assert_eq!(world.closed(peer), Some(close::REMOVED));
    assert_eq!(world.core.load().rooms, 0);

    let joined = world.join(modest, offer(), &[camera("c")]);
    let offer = offer().text();
    world.command(Command::Offer { peer: joined.peer, offer, tracks: vec![screen] });
    assert_eq!(world.refusal(joined.peer), Some(Problem::NotAllowed));
    assert_eq!(world.closed(joined.peer), None, "the connection goes on as it was");
}

#[test]
fn who_may_not_subscribe_gets_no_lane() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut deaf = grant(2);
    deaf.permissions = Permissions { subscribe: false, ..deaf.permissions };

    let mut ben = world.join(deaf, offer(), &[microphone("m")]);
    world.connect(&mut ben);
    let audio = anna.audio(1);
    world.datagram(anna.path, &audio);

    assert_eq!(ben.lanes, []);
    assert!(ben.section("a0").contains("a=inactive"));
    assert_eq!(world.core.counters().forward_due, 0);
}

#[test]
fn only_who_may_ends_the_consultation() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let mut doctor = world.join(practitioner(2), offer(), &[microphone("m")]);
    world.connect(&mut doctor);
    world.messages(anna.peer);

    world.command(Command::End { peer: anna.peer });
    assert_eq!(world.refusal(anna.peer), Some(Problem::NotAllowed));
    assert_eq!(world.core.load().peers, 2);

    world.command(Command::End { peer: doctor.peer });
    let ended = ServerMessage::Ended { reason: EndReason::EndedByParticipant };
    assert!(world.messages(anna.peer).contains(&ended));
    assert_eq!(world.closed(anna.peer), Some(close::ENDED));
    assert_eq!(world.core.load().rooms, 0);

    let back = world.join(grant(1), offer(), &[microphone("m")]);
    assert_eq!(back.answer, "");
    let peer = world.peer_id();
    let (secret, offer) = (anna.resume.clone(), offer().text());
    world.command(Command::Resume { peer, secret, offer, tracks: vec![] });
    assert_eq!(world.refusal(peer), Some(Problem::RoomEnded));
}

#[test]
fn the_control_plane_ends_its_generation_only() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let end = |generation| Command::EndRoom {
        room: grant(1).room,
        generation: Generation(generation),
        reason: EndReason::EndedByClinic,
    };

    world.command(end(4));
    world.command(end(6));
    assert!(world.core.has_peer(anna.peer));

    world.command(end(5));
    assert!(!world.core.has_peer(anna.peer));
}

#[test]
fn a_room_that_was_ended_before_anybody_came_stays_closed() {
    let mut world = World::new();
    let (room, generation) = (grant(1).room, grant(1).generation);
    world.command(Command::EndRoom { room, generation, reason: EndReason::EndedByClinic });

    let peer = world.peer_id();
    world.command(Command::Join { peer, grant: grant(1), offer: offer().text(), tracks: vec![] });

    assert_eq!(world.refusal(peer), Some(Problem::RoomEnded));
}

#[test]
fn who_is_removed_cannot_resume() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let ben = world.visitor(2, 1);
    world.messages(ben.peer);
    let (room, generation) = (grant(1).room, grant(1).generation);

    world.command(Command::Remove { room, generation: Generation(4), seat: anna.seat });
    assert!(world.core.has_peer(anna.peer));
    world.command(Command::Remove { room, generation, seat: anna.seat });

    assert_eq!(world.closed(anna.peer), Some(close::REMOVED));
    let left = |message: &ServerMessage| matches!(message, ServerMessage::ParticipantLeft { seat, reason: protocol::signal::LeaveReason::Removed } if *seat == anna.seat);
    assert!(world.messages(ben.peer).iter().any(left));
    // Not even after the clinic has let somebody sit there again.
    for _ in 0..2 {
        let peer = world.peer_id();
        let secret = anna.resume.clone();
        world.command(Command::Resume { peer, secret, offer: offer().text(), tracks: vec![] });
        assert_eq!(world.refusal(peer), Some(Problem::BadResume));
        assert_ne!(world.join(grant(1), offer(), &[microphone("m")]).answer, "");
    }
}
