//! It should carry media between real sockets: ICE, DTLS, SRTP and forwarding through worker, handshake thread and kernel.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use client::Event;
use protocol::node::{ControlMessage, RoomCommand, RoomEventKind};
use protocol::signal::{EndReason, LeaveReason, ServerMessage, Source};
use protocol::{Generation, RoomId};
use tokio::time::Instant;
use uuid::Uuid;

use crate::support::call::{join, sees};
use crate::support::{DEADLINE, World, until};

async fn world() -> World {
    World::start_with(|config| config.signal.allow_absent_origin = true).await
}

/// Bound to a wildcard, and reached at an address that the kernel would not choose by itself.
async fn wildcard_world() -> World {
    World::start_with(|config| {
        config.signal.allow_absent_origin = true;
        config.media.listen = vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
        config.media.public_addresses = vec![Ipv4Addr::new(127, 0, 0, 77).into()];
    })
    .await
}

fn kinds(world: &World) -> Vec<RoomEventKind> {
    world.control_plane.events().into_iter().map(|(_, event)| event.kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_people_see_each_other_and_the_control_plane_hears_of_it() {
    let world = world().await;
    let room = RoomId::new_v7();
    let clients = [join(&world, room, 1).await, join(&world, room, 2).await, join(&world, room, 3).await];

    for who in &clients {
        for of in clients.iter().filter(|of| of.seat() != who.seat()) {
            sees(who, of.seat(), 50).await;
        }
    }

    until("three joins are reported", || kinds(&world).len() == 3).await;
    assert!(kinds(&world).iter().all(|kind| matches!(kind, RoomEventKind::Joined { .. })));
    let [first, ..] = clients;
    let seat = first.seat();
    first.leave().await;
    let left = RoomEventKind::Left { seat, reason: LeaveReason::Left };
    until("the leave is reported", || kinds(&world).contains(&left)).await;
    assert_eq!(world.metric("bedside_handshakes_total{outcome=\"established\"}").await, 3.0);
    assert!(world.metric("bedside_core_total{count=\"forwarded\"}").await > 300.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn media_goes_on_without_signalling_and_without_the_control_plane() {
    let mut world = world().await;
    let room = RoomId::new_v7();
    let (one, mut two) = (join(&world, room, 1).await, join(&world, room, 2).await);
    sees(&one, two.seat(), 50).await;

    world.control_plane.go_away().await;
    two.drop_signalling().await;
    let before = one.snapshot().await.unwrap().statistics.received_from(two.seat(), Source::Camera).unwrap();
    sees(&one, two.seat(), before.packets + 100).await;
    two.resume().await.unwrap();
    two.connected(DEADLINE).await.unwrap();

    let before = one.snapshot().await.unwrap().statistics.received_from(two.seat(), Source::Camera).unwrap();
    sees(&one, two.seat(), before.packets + 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_17_the_clinic_ends_live_media_at_once() {
    let world = world().await;
    let room = RoomId::new_v7();
    let mut one = join(&world, room, 1).await;
    let other_room = join(&world, RoomId::new_v7(), 2).await;

    let begin = Instant::now();
    world.control_plane.order(ControlMessage::Command {
        id: Uuid::now_v7(),
        room,
        generation: Generation(1),
        command: RoomCommand::End,
    });
    let ended = |event: &Event| {
        matches!(event, Event::Message(ServerMessage::Ended { reason: EndReason::EndedByClinic }))
    };
    one.wait_for(DEADLINE, ended).await.unwrap();

    assert!(begin.elapsed() < Duration::from_secs(5));
    until("the end is reported", || {
        kinds(&world).iter().any(|kind| matches!(kind, RoomEventKind::Ended { .. }))
    })
    .await;
    assert!(other_room.snapshot().await.unwrap().is_connected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_on_a_wildcard_answers_from_the_address_it_was_asked_at() {
    let world = wildcard_world().await;
    let room = RoomId::new_v7();

    let (one, two) = (join(&world, room, 1).await, join(&world, room, 2).await);

    sees(&one, two.seat(), 50).await;
    sees(&two, one.seat(), 50).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_in_a_room_when_the_node_stops_is_reported_lost() {
    let world = world().await;
    let client = join(&world, RoomId::new_v7(), 1).await;
    until("the join is reported", || kinds(&world).len() == 1).await;
    let World { node, control_plane, .. } = world;

    node.stop().await;

    let lost = RoomEventKind::Left { seat: client.seat(), reason: LeaveReason::Lost };
    let reported = || control_plane.events().iter().any(|(_, event)| event.kind == lost);
    until("the loss is reported", reported).await;
}
