//! It should prove the node, deliver every event at least once, obey commands, and never need the control plane for a call.

use protocol::node::{ControlMessage, NodeMessage, RoomCommand, RoomEventKind};
use protocol::{Generation, Problem, Role, RoomId, close};
use uuid::Uuid;

use crate::support::control_plane::proves;
use crate::support::{DEADLINE, ORIGIN, Participant, World, config, until};
use media_server::Server;

/// Shows a token twice, which makes an event without any media.
async fn make_event(world: &World) -> RoomId {
    let room = RoomId::new_v7();
    let token = world.issuer.token(room);
    for _ in 0..2 {
        let mut participant = world.participant().await;
        participant.join(token.clone()).await;
        participant.next().await.unwrap();
    }
    room
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_proves_its_key_and_beats() {
    let world = World::start().await;

    let hellos = world.control_plane.hellos();
    until("more beats come", || world.control_plane.beats() >= 2).await;

    assert!(proves(&hellos[0], world.node.node_key()));
    let NodeMessage::Hello { node, url, seats_max, .. } = &hellos[0] else { panic!() };
    assert_eq!((*node, *seats_max), (world.id, 4000));
    assert_eq!(url, &format!("ws://{}/signal", world.node.signal_address()));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_repeated_until_confirmed_over_reconnects_and_restarts() {
    let mut world = World::start().await;
    world.control_plane.confirm_events(false);
    let room = make_event(&world).await;
    until("the event arrives", || world.control_plane.events().len() == 1).await;

    world.control_plane.go_away().await;
    world.control_plane.come_back().await;
    until("it arrives again after a reconnect", || world.control_plane.events().len() == 2).await;
    let process = |hello: &NodeMessage| match hello {
        NodeMessage::Hello { process, .. } => *process,
        _ => panic!(),
    };
    let hellos = world.control_plane.hellos();
    assert_eq!(process(&hellos[0]), process(&hellos[1]), "a reconnect is the same process");
    world.control_plane.go_away().await;
    world.node.stop().await;
    world.control_plane.confirm_events(true);
    world.control_plane.come_back().await;
    let again =
        Server::start(config(world.folder.path(), world.id, &world.control_plane.url())).await.unwrap();
    until("it arrives again after a restart", || world.control_plane.events().len() == 3).await;

    let events = world.control_plane.events();
    assert!(events.iter().all(|event| *event == events[0]), "the same id and number each time");
    assert_eq!(events[0].1.room, room);
    assert!(matches!(events[0].1.kind, RoomEventKind::TokenReused { .. }));
    let hellos = world.control_plane.hellos();
    assert_ne!(process(&hellos[0]), process(hellos.last().unwrap()), "a restart is another process");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_event_is_never_sent_again_and_later_ones_follow_in_order() {
    let mut world = World::start().await;
    make_event(&world).await;
    until("the first event arrives", || world.control_plane.events().len() == 1).await;
    until_spool_is_empty(&world).await;

    world.control_plane.go_away().await;
    make_event(&world).await;
    make_event(&world).await;
    world.control_plane.come_back().await;
    until("the later events arrive", || world.control_plane.events().len() >= 3).await;

    let numbers: Vec<u64> = world.control_plane.events().iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers.len(), 3);
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    world.node.stop().await;
}

async fn until_spool_is_empty(world: &World) {
    let deadline = tokio::time::Instant::now() + DEADLINE;
    while world.metric("bedside_spool_events").await > 0.0 {
        assert!(tokio::time::Instant::now() < deadline, "the event is confirmed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn joining_goes_on_while_the_control_plane_is_away() {
    let mut world = World::start().await;
    world.control_plane.go_away().await;

    let mut participant = world.participant().await;
    participant.join("not.a.token".to_owned()).await;

    assert_eq!(participant.end().await, (close::UNAUTHORIZED, Some(Problem::BadToken)));
    assert_eq!(world.ops("/readyz").await.0, 200);
    world.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_17_a_room_ended_by_the_clinic_opens_to_no_outstanding_token() {
    let world = World::start().await;
    let room = RoomId::new_v7();
    let order = |generation| ControlMessage::Command {
        id: Uuid::now_v7(),
        room,
        generation: Generation(generation),
        command: RoomCommand::End,
    };
    world.control_plane.order(order(1));
    // Orders are carried out one after the other: once a later one has worked, so has this.
    let next = crate::support::Issuer::new(world.id);
    world
        .control_plane
        .order(ControlMessage::Keys { keys: vec![world.issuer.verify_key(), next.verify_key()] });
    until_known(&world, &next, true).await;

    let mut participant = world.participant().await;
    participant.join(world.issuer.token(room)).await;
    assert_eq!(participant.end().await, (close::ENDED, Some(Problem::RoomEnded)));

    let mut newer = world.issuer.claims(room, Role::Patient);
    newer.generation = Generation(2);
    let mut participant = world.participant().await;
    participant.join(world.issuer.sign(&newer)).await;
    let first = participant.next().await.unwrap();

    let ended = matches!(first, protocol::signal::ServerMessage::Refused { problem: Problem::RoomEnded, .. });
    assert!(!ended, "a newer placement is another matter: {first:?}");
    world.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_take_effect_and_old_ones_end() {
    let world = World::start().await;
    let next = crate::support::Issuer::new(world.id);

    world.control_plane.order(ControlMessage::Keys { keys: vec![next.verify_key()] });

    until_known(&world, &world.issuer, false).await;
    until_known(&world, &next, true).await;
    world.node.stop().await;
}

/// Waits until the node takes, or no longer takes, the tokens of an issuer.
async fn until_known(world: &World, issuer: &crate::support::Issuer, known: bool) {
    let deadline = tokio::time::Instant::now() + DEADLINE;
    loop {
        assert!(tokio::time::Instant::now() < deadline, "the keys take effect");
        let mut participant = Participant::connect(world.node.signal_address(), Some(ORIGIN)).await.unwrap();
        participant.join(issuer.token(RoomId::new_v7())).await;
        let first = participant.next().await.unwrap();
        let refused =
            matches!(first, protocol::signal::ServerMessage::Refused { problem: Problem::BadToken, .. });
        if refused != known {
            return;
        }
    }
}
