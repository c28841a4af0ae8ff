//! Two control planes on one PostgreSQL, side by side: what one does the other sees, whichever the node is connected to.

use std::time::{Duration, Instant};

use protocol::node::{ControlMessage, RoomCommand, RoomEventKind};
use protocol::signal::EndReason;
use serde_json::json;

use crate::support::{Cast, Kind, Node, PASSWORD, Plane, World};

/// Two planes, the patient at the first and the practitioner at the second, the node at the first.
async fn side_by_side() -> (World, Plane, Plane, Cast, Node) {
    let world = World::new(Kind::Postgres).await;
    let (first, second) = (Plane::start(&world), Plane::start_another(&world).await);
    let mut cast = Cast::at(&world, &first).await;
    cast.practitioner = second.browser().await;
    cast.practitioner.sign_in(&cast.elif.email, PASSWORD).await.expect_status(200);
    let node = Node::connected(&world, first.address).await;
    (world, first, second, cast, node)
}

#[actix_web::test]
async fn a_visit_booked_on_one_is_joined_and_ended_through_the_other() {
    let (_world, first, second, mut cast, mut node) = side_by_side().await;

    let visit = cast.booked().await;
    let seen = cast.practitioner.get("/api/appointments").await.expect_status(200).json();
    assert_eq!(seen[0], visit, "the other decrypts it too");
    let path = format!("/api/appointments/{}", visit["id"].as_str().unwrap());
    let join = cast.practitioner.post(&format!("{path}/join"), json!({})).await.expect_status(200).json();
    let practitioner = node.verify(&join);
    let join = cast.patient.post(&format!("{path}/join"), json!({})).await.expect_status(200).json();
    let patient = node.verify(&join);
    assert_eq!((patient.room, patient.generation), (practitioner.room, practitioner.generation));
    node.joined(&patient).await;
    node.joined(&practitioner).await;

    let seen = cast.practitioner.get(&path).await.expect_status(200).json();
    assert_eq!((&seen["state"], seen["presence"].as_array().unwrap().len()), (&json!("in_progress"), 2));
    node.disconnect();
    node.connect(second.address).await.expect("its lease and epoch are in the database");
    let ended = RoomEventKind::Ended { reason: EndReason::EndedByParticipant, by: Some(practitioner.seat) };
    node.report(&practitioner, ended).await;

    assert_eq!(cast.patient.get(&path).await.expect_status(200).json()["state"], "completed");
    first.stopped().await;
    second.stopped().await;
}

/// Abuse sentence 17, the half that the control plane answers for: within 5 s, though the two share nothing but the
/// database.
#[actix_web::test]
async fn abuse_17_a_visit_cancelled_on_one_ends_its_room_through_the_other() {
    let (world, first, second, mut cast, mut node) = side_by_side().await;
    let visit = cast.booked().await;
    let path = format!("/api/appointments/{}", visit["id"].as_str().unwrap());
    let join = cast.patient.post(&format!("{path}/join"), json!({})).await.expect_status(200).json();
    let patient = node.verify(&join);
    node.joined(&patient).await;

    cast.practitioner.post(&format!("{path}/cancel"), json!({})).await.expect_status(200);
    let cancelled = Instant::now();
    node.beat(1, false).await;
    let told = node.hear().await.unwrap();

    let ControlMessage::Command { id, room, generation, command } = told else {
        panic!("not a command: {told:?}")
    };
    assert_eq!((room, generation, command), (patient.room, patient.generation, RoomCommand::End));
    assert!(cancelled.elapsed() < Duration::from_secs(5), "{:?}", cancelled.elapsed());
    node.connect(second.address).await.unwrap();
    let again = node.hear().await.unwrap();
    assert!(
        matches!(again, ControlMessage::Command { id: same, .. } if same == id),
        "told again when it comes back"
    );
    node.report(&patient, RoomEventKind::Ended { reason: EndReason::EndedByClinic, by: None }).await;
    let seen = cast.patient.get(&path).await.expect_status(200).json();
    assert_eq!((&seen["state"], &seen["presence"]), (&json!("cancelled"), &json!([])));
    assert_eq!(world.raw().await.number("select count(*) from node_command").await, 1);
    first.stopped().await;
    second.stopped().await;
}

#[actix_web::test]
async fn abuse_17_a_visit_cancelled_where_the_node_is_connected_ends_at_once() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind).await;
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let mut node = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;
        let path = format!("/api/appointments/{}", visit["id"].as_str().unwrap());
        let join = cast.patient.post(&format!("{path}/join"), json!({})).await.expect_status(200).json();
        let patient = node.verify(&join);

        cast.patient.post(&format!("{path}/cancel"), json!({})).await.expect_status(200);
        let told = node.hear().await.unwrap();

        assert!(
            matches!(told, ControlMessage::Command { room, command: RoomCommand::End, .. } if room == patient.room)
        );
        plane.stopped().await;
    }
}

/// Who joins has read where the room is, and it is moved before that is written down: the token is for where it is then.
#[actix_web::test]
async fn a_room_that_is_moved_while_somebody_joins_is_joined_where_it_is_then() {
    let (world, first, second, mut cast, node) = side_by_side().await;
    let visit = cast.booked().await;
    let path = format!("/api/appointments/{}/join", visit["id"].as_str().unwrap());
    let join = cast.patient.post(&path, json!({})).await.expect_status(200).json();
    let before = node.verify(&join);
    let (mut mover, mut watcher) = (world.raw().await, world.raw().await);

    mover.execute("begin; update room_placement set generation = generation + 1").await.unwrap();
    let moved = async {
        let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        while watcher.number(waits).await == 0 {
            tokio::task::yield_now().await;
        }
        mover.execute("commit").await.unwrap();
    };
    let (joined, ()) = futures_util::future::join(cast.practitioner.post(&path, json!({})), moved).await;

    let after = node.verify(&joined.expect_status(200).json());
    assert_eq!(after.generation.0, before.generation.0 + 1);
    first.stopped().await;
    second.stopped().await;
}

#[actix_web::test]
async fn keys_made_by_both_at_once_are_one_key() {
    let world = World::new(Kind::Postgres).await;
    let (first, second) = (Plane::start(&world), Plane::start_another(&world).await);
    let (mut one, mut other) = (Node::new(), Node::new());
    one.enroll(&world).await.unwrap();
    other.enroll(&world).await.unwrap();

    let (left, right) =
        futures_util::future::join(one.connect(first.address), other.connect(second.address)).await;

    left.unwrap();
    right.unwrap();
    assert_eq!(world.raw().await.number("select count(*) from signing_key").await, 1);
    first.stopped().await;
    second.stopped().await;
}
