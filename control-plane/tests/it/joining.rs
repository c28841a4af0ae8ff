//! Joining: in time, by those whom it concerns, at a node that lives.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use control_plane::rooms::turn::Turn;
use protocol::node::RoomEventKind;
use protocol::signal::LeaveReason;
use protocol::token::JoinClaims;
use protocol::{Generation, Permissions, Role};
use ring::hmac;
use serde_json::{Value, json};

use crate::support::{Cast, Node, Plane, World, book, on_both};

fn path(visit: &Value, door: &str) -> String {
    format!("/api/appointments/{}/{door}", visit["id"].as_str().unwrap())
}

/// Moves the one visit there is.
async fn shift(world: &World, minutes: i64) {
    let us = minutes * 60_000_000;
    let sql = format!("update appointment set start_us = start_us + ({us}), end_us = end_us + ({us})");
    world.raw().await.execute(&sql).await.unwrap();
}

/// Time passes at the database: the leases of all nodes are over.
async fn leases_end(world: &World) {
    world.raw().await.execute("update node set lease_until_us = 0").await.unwrap();
}

on_both! {
    async fn both_get_the_nodes_address_and_a_token_for_their_own_seat(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let node = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;

        let first = cast.patient.post(&path(&visit, "join"), json!({})).await.expect_status(200).json();
        let second = cast.practitioner.post(&path(&visit, "join"), json!({})).await.expect_status(200).json();

        let (patient, practitioner) = (node.verify(&first), node.verify(&second));
        assert_eq!((patient.room, patient.generation), (practitioner.room, Generation(1)));
        assert_eq!((patient.clinic, practitioner.clinic), (cast.clinic.id, cast.clinic.id));
        assert_ne!(patient.seat, practitioner.seat);
        assert_eq!((patient.role, patient.permissions), (Role::Patient, Permissions::of(Role::Patient)));
        assert_eq!((practitioner.role, practitioner.permissions.end), (Role::Practitioner, true));
        assert_eq!(patient.exp - patient.nbf, 120);
        assert_eq!((&first["seat"], &first["role"]), (&json!(patient.seat), &json!("patient")));
        assert_eq!(first["people"], json!([{"seat": patient.seat, "role": "patient", "name": "Anna Nowak"}]));
        assert_eq!(second["people"].as_array().unwrap().len(), 2);
        assert_eq!(second["people"][1]["name"], "Elif Yilmaz");
        assert_eq!(
            first["appointment"],
            json!({"id": visit["id"], "start": visit["start"], "end": visit["end"]})
        );
        assert_eq!(first["ice_servers"], json!([]));
        let people = cast.patient.get(&path(&visit, "people")).await.expect_status(200).json();
        assert_eq!(people, second["people"]);
        assert!(!first["token"].as_str().unwrap().contains("Anna"));
        plane.stopped().await;
    }

    /// As the relay computes it: what is given out is taken there, and names nobody.
    async fn with_a_relay_each_seat_gets_a_credential_of_its_own(world) {
        let (mut world, secret) = (world, "thirty-two characters, or longer");
        let urls = ["turn:turn.example:3478?transport=udp", "turns:turn.example:443?transport=tcp"];
        let life = std::time::Duration::from_secs(600);
        world.config.turn = Some(Turn::new(urls.map(str::to_owned).to_vec(), secret.as_bytes(), life));
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let node = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;

        let before = jiff::Timestamp::now().as_second();
        let first = cast.patient.post(&path(&visit, "join"), json!({})).await.expect_status(200).json();
        let second = cast.practitioner.post(&path(&visit, "join"), json!({})).await.expect_status(200).json();

        for join in [&first, &second] {
            let servers = join["ice_servers"].as_array().unwrap();
            assert_eq!((servers.len(), &servers[0]["urls"]), (1, &json!(urls)));
            let username = servers[0]["username"].as_str().unwrap();
            let (end, seat) = username.split_once(':').unwrap();
            let end: i64 = end.parse().unwrap();
            assert!((before + 590..=before + 660).contains(&end), "{end} after {before}");
            assert_eq!(seat, node.verify(join).seat.to_string());
            let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
            let tag = STANDARD.decode(servers[0]["credential"].as_str().unwrap()).unwrap();
            hmac::verify(&key, username.as_bytes(), &tag).unwrap();
        }
        assert_ne!(first["ice_servers"][0]["credential"], second["ice_servers"][0]["credential"]);
        plane.stopped().await;
    }

    async fn each_join_gives_a_new_token_for_the_same_seat(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let node = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;

        let mut claims: Vec<JoinClaims> = Vec::new();
        for _ in 0..3 {
            let join = cast.patient.post(&path(&visit, "join"), json!({})).await.expect_status(200).json();
            claims.push(node.verify(&join));
        }

        let ids: std::collections::HashSet<_> = claims.iter().map(|claims| claims.jti).collect();
        assert_eq!(ids.len(), 3);
        assert!(
            claims
                .iter()
                .all(|c| (c.seat, c.room, c.generation) == (claims[0].seat, claims[0].room, Generation(1)))
        );
        plane.stopped().await;
    }

    async fn outside_its_window_nobody_joins(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let _node = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;

        shift(&world, 120).await;
        let early = cast
            .patient
            .post(&path(&visit, "join"), json!({}))
            .await
            .expect_problem(403, "join-too-early")
            .json();
        shift(&world, -7 * 60).await;
        cast.patient.post(&path(&visit, "join"), json!({})).await.expect_problem(403, "join-too-late");
        let seen = cast.patient.get(&format!("/api/appointments/{}", visit["id"].as_str().unwrap())).await;

        let (start, opens): (jiff::Timestamp, jiff::Timestamp) = (
            visit["start"].as_str().unwrap().parse().unwrap(),
            early["opens_at"].as_str().unwrap().parse().unwrap(),
        );
        assert_eq!(opens, start + jiff::SignedDuration::from_mins(90));
        assert_eq!(seen.json()["join"]["problem"], "too_late");
        let mut raw = world.raw().await;
        assert_eq!(raw.number("select count(*) from seat").await, 0, "nobody has a seat");
        let reasons =
            raw.texts("select reason from audit where action = 'appointment.join' order by id").await;
        assert_eq!(reasons, ["too_early", "too_late"]);
        plane.stopped().await;
    }

    async fn a_cancelled_visit_is_not_joined(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let _node = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;
        cast.patient.post(&path(&visit, "cancel"), json!({})).await.expect_status(200);

        cast.practitioner
            .post(&path(&visit, "join"), json!({}))
            .await
            .expect_problem(409, "appointment-ended");
        plane.stopped().await;
    }

    async fn without_a_living_node_with_room_nobody_joins(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let visit = cast.booked().await;
        let mut join = async || cast.patient.post(&path(&visit, "join"), json!({})).await;

        let none = join().await.expect_problem(503, "no-media-node");
        assert_eq!(none.header("retry-after"), "2");
        let mut node = Node::connected(&world, plane.address).await;
        node.beat(0, true).await;
        node.settled(&world, "draining").await;
        join().await.expect_problem(503, "no-media-node");
        node.beat(99, false).await;
        node.settled(&world, "seats = 99").await;
        join().await.expect_problem(503, "no-media-node");
        node.beat(98, false).await;
        node.settled(&world, "seats = 98").await;
        join().await.expect_status(200);
        leases_end(&world).await;
        join().await.expect_problem(503, "no-media-node");
        plane.stopped().await;
    }

    async fn a_room_whose_node_is_gone_is_placed_anew_one_generation_later(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let mut first = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;
        let join = cast.patient.post(&path(&visit, "join"), json!({})).await.expect_status(200).json();
        let before = first.verify(&join);
        first.joined(&before).await;
        first.disconnect();
        leases_end(&world).await;
        let second = Node::connected(&world, plane.address).await;

        let join = cast.patient.post(&path(&visit, "join"), json!({})).await.expect_status(200).json();
        let after = second.verify(&join);

        assert_eq!((before.generation, after.generation), (Generation(1), Generation(2)));
        assert_eq!((before.room, before.seat), (after.room, after.seat));
        let seen = cast.practitioner.get("/api/appointments").await.expect_status(200).json();
        assert_eq!(seen[0]["presence"], json!([]), "who was on the lost node is not there");
        plane.stopped().await;
    }

    /// It would refuse them, and another does not.
    async fn a_room_that_nobody_is_in_leaves_a_node_that_takes_no_more(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let mut first = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;
        let patient =
            first.verify(&cast.patient.post(&path(&visit, "join"), json!({})).await.expect_status(200).json());
        first.beat(2, true).await;
        first.settled(&world, "draining").await;
        let second = Node::connected(&world, plane.address).await;
        let mut join =
            async || -> Value { cast.practitioner.post(&path(&visit, "join"), json!({})).await.expect_status(200).json() };
        let time_passes = "update room_placement set token_us = 0";

        assert_eq!(first.verify(&join().await).generation, Generation(1), "the patient is on the way there");
        first.joined(&patient).await;
        world.raw().await.execute(time_passes).await.unwrap();
        assert_eq!(first.verify(&join().await).generation, Generation(1), "the patient is there");
        first.report(&patient, RoomEventKind::Left { seat: patient.seat, reason: LeaveReason::Left }).await;
        world.raw().await.execute(time_passes).await.unwrap();

        assert_eq!(second.verify(&join().await).generation, Generation(2));
        plane.stopped().await;
    }

    /// A process that died and came back at once: its lease never ended, its rooms did.
    async fn a_room_whose_node_restarted_is_placed_anew(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let mut node = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;
        let before =
            node.verify(&cast.patient.post(&path(&visit, "join"), json!({})).await.expect_status(200).json());
        node.process = uuid::Uuid::new_v4();
        node.connect(plane.address).await.unwrap();

        let after =
            node.verify(&cast.patient.post(&path(&visit, "join"), json!({})).await.expect_status(200).json());

        assert_eq!((before.generation, after.generation), (Generation(1), Generation(2)));
        plane.stopped().await;
    }

    async fn twenty_who_join_at_once_meet_in_one_room(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let nodes =
            [Node::connected(&world, plane.address).await, Node::connected(&world, plane.address).await];
        let visit = cast.booked().await;

        let joins = (0..20).map(|i| {
            let mut browser = if i % 2 == 0 { cast.patient.clone() } else { cast.practitioner.clone() };
            let path = path(&visit, "join");
            async move { browser.post(&path, json!({})).await.expect_status(200).json() }
        });
        let joins = futures_util::future::join_all(joins).await;

        let node = nodes.iter().find(|node| joins[0]["url"] == node.url).unwrap();
        let claims: Vec<JoinClaims> = joins.iter().map(|join| node.verify(join)).collect();
        assert!(claims.iter().all(|c| (c.room, c.generation) == (claims[0].room, Generation(1))));
        let seats: std::collections::HashSet<_> = claims.iter().map(|claims| claims.seat).collect();
        assert_eq!(seats.len(), 2);
        plane.stopped().await;
    }

    async fn staff_and_admins_have_no_seat(world) {
        use control_plane::admin::PersonRole;
        let mut cast = Cast::new(&world).await;
        let visit = cast.booked().await;
        for role in [PersonRole::Staff, PersonRole::Admin] {
            let person = world.person(&cast.clinic, role).await;
            let mut browser = world.signed_in(&person).await;
            browser.post(&path(&visit, "join"), json!({})).await.expect_problem(403, "forbidden");
            browser.get(&path(&visit, "people")).await.expect_problem(403, "forbidden");
        }
    }

    async fn a_token_of_one_node_or_key_is_none_of_another(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let node = Node::connected(&world, plane.address).await;
        let mut other = Node::connected(&world, plane.address).await;
        other.beat(99, false).await;
        other.settled(&world, "seats = 99").await;
        let booking = cast.booking(0).await;
        let visit = book(&mut cast.patient, &booking).await.expect_status(201).json();

        let mut join = cast.patient.post(&path(&visit, "join"), json!({})).await.expect_status(200).json();

        node.verify(&join);
        join["url"] = json!(other.url);
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| other.verify(&join))).is_err());
        let stored = world.raw().await.dump();
        assert!(
            !stored.windows(9).any(|bytes| bytes == b"\x30\x51\x02\x01\x01\x30\x05\x06\x03"),
            "a private key in clear"
        );
        plane.stopped().await;
    }
}
