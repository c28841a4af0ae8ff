//! A guest joins one visit by a link, and nothing else.

use control_plane::bearer::Bearer;
use protocol::node::{ControlMessage, RoomCommand};
use protocol::{Permissions, Role};
use serde_json::{Value, json};

use crate::support::{Browser, Cast, Kind, Node, ORIGIN, Plane, on_both};

fn guests(visit: &Value) -> String {
    format!("/api/appointments/{}/guests", visit["id"].as_str().unwrap())
}

async fn invited(browser: &mut Browser, visit: &Value) -> (Value, String) {
    let body = json!({"name": "Canary Ben", "relation": "canary son"});
    let guest = browser.post(&guests(visit), body).await.expect_status(201).json();
    let secret =
        guest["link"].as_str().unwrap().strip_prefix(&format!("{ORIGIN}/guest#")).unwrap().to_owned();
    (guest, secret)
}

on_both! {
    async fn a_link_opens_its_visit_and_shows_nothing_of_the_patient(world) {
        let mut cast = Cast::new(&world).await;
        let visit = cast.booked().await;
        let (guest, secret) = invited(&mut cast.patient, &visit).await;
        let mut ben = world.browser().await;

        let opened = ben.post("/api/guest", json!({"secret": secret})).await.expect_status(200);

        assert!(!opened.text.contains("Anna") && !opened.text.contains("canary: a cough"), "{}", opened.text);
        let opened = opened.json();
        assert_eq!(opened["name"], "Canary Ben");
        let seen = &opened["appointment"];
        assert_eq!(
            (&seen["start"], &seen["practitioner_name"], &seen["clinic_name"]),
            (&visit["start"], &json!("Elif Yilmaz"), &json!("Clinic ours"))
        );
        assert_eq!((&seen["join"], &guest["expires_at"]), (&visit["join"], &visit["join"]["closes_at"]));
    }

    async fn abuse_24_a_links_secret_is_256_random_bits_and_only_its_hash_is_stored(world) {
        let mut cast = Cast::new(&world).await;
        let visit = cast.booked().await;

        let (_, one) = invited(&mut cast.patient, &visit).await;
        let (_, other) = invited(&mut cast.practitioner, &visit).await;

        let (one_secret, other_secret): (Bearer, Bearer) = (one.parse().unwrap(), other.parse().unwrap());
        assert_ne!(one_secret.sha256(), other_secret.sha256());
        assert_eq!(one.len(), 64, "sixteen bytes of clinic and thirty-two of secret");
        let dump = world.raw().await.dump();
        let holds = |text: &[u8]| dump.windows(text.len()).any(|bytes| bytes == text);
        for canary in [one.as_str(), &one[24..], "Canary Ben", "canary son"] {
            assert!(!holds(canary.as_bytes()), "{canary}");
        }
    }

    async fn a_guest_joins_with_a_guests_seat_and_permissions(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let mut node = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;
        let (_, secret) = invited(&mut cast.patient, &visit).await;
        let mut ben = plane.browser().await;

        let join = ben.post("/api/guest/join", json!({"secret": secret})).await.expect_status(200).json();
        let again = ben.post("/api/guest/join", json!({"secret": secret})).await.expect_status(200).json();
        let people = ben.post("/api/guest/people", json!({"secret": secret})).await.expect_status(200).json();

        let claims = node.verify(&join);
        assert_eq!((claims.role, claims.permissions), (Role::Guest, Permissions::of(Role::Guest)));
        assert_eq!((&join["seat"], &join["role"]), (&again["seat"], &json!("guest")));
        assert_eq!(people, json!([{"seat": claims.seat, "role": "guest", "name": "Canary Ben"}]));
        node.joined(&claims).await;
        let seen = cast.practitioner.get("/api/appointments").await.expect_status(200).json();
        assert_eq!(seen[0]["presence"][0]["name"], "Canary Ben");
        plane.stopped().await;
    }

    async fn a_link_taken_back_opens_nothing_and_its_guest_leaves_the_room(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let mut node = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;
        let (guest, secret) = invited(&mut cast.patient, &visit).await;
        let mut ben = plane.browser().await;
        let claims = node
            .verify(&ben.post("/api/guest/join", json!({"secret": secret})).await.expect_status(200).json());

        let path = format!("{}/{}", guests(&visit), guest["id"].as_str().unwrap());
        cast.practitioner.delete(&path).await.expect_status(204);
        let told = node.hear().await.unwrap();

        let ControlMessage::Command { room, generation, command, .. } = told else {
            panic!("not a command: {told:?}")
        };
        assert_eq!(
            (room, generation, command),
            (claims.room, claims.generation, RoomCommand::Remove { seat: claims.seat })
        );
        for door in ["/api/guest", "/api/guest/join", "/api/guest/people"] {
            ben.post(door, json!({"secret": secret})).await.expect_problem(404, "link-not-valid");
        }
        let list = cast.patient.get(&guests(&visit)).await.expect_status(200).json();
        assert_eq!((&list[0]["name"], &list[0]["revoked"]), (&json!("Canary Ben"), &json!(true)));
        assert!(list[0].get("link").is_none());
        cast.patient.delete(&path).await.expect_status(204);
        plane.stopped().await;
    }

    async fn a_link_ends_with_the_visits_window_and_with_the_visit(world) {
        let mut cast = Cast::new(&world).await;
        let visit = cast.booked().await;
        let (_, secret) = invited(&mut cast.patient, &visit).await;
        let mut ben = world.browser().await;

        cast.patient
            .post(&format!("/api/appointments/{}/cancel", visit["id"].as_str().unwrap()), json!({}))
            .await
            .expect_status(200);
        ben.post("/api/guest/join", json!({"secret": secret})).await.expect_problem(409, "appointment-ended");
        cast.patient
            .post(&guests(&visit), json!({"name": "Ben"}))
            .await
            .expect_problem(409, "appointment-ended");
        world.raw().await.execute("update guest set expires_us = 1").await.unwrap();

        ben.post("/api/guest", json!({"secret": secret})).await.expect_problem(404, "link-not-valid");
        let reasons = "select count(*) from audit where actor_kind = 'guest' and outcome = 'refused' and reason = 'expired'";
        assert_eq!(world.raw().await.number(reasons).await, 1);
    }

    async fn what_is_no_secret_is_refused_like_one_that_nobody_has(world) {
        let mut cast = Cast::new(&world).await;
        let visit = cast.booked().await;
        let (_, secret) = invited(&mut cast.patient, &visit).await;
        let mut ben = world.browser().await;
        let unknown = Bearer::new(cast.clinic.id).unwrap().reveal().to_string();
        let nowhere = Bearer::new(protocol::ClinicId::new_v7()).unwrap().reveal().to_string();
        let mut texts = Vec::new();

        for wrong in ["", "x", &secret[1..], &unknown, &nowhere] {
            let answer =
                ben.post("/api/guest", json!({"secret": wrong})).await.expect_problem(404, "link-not-valid");
            texts.push(answer.json()["title"].clone());
        }

        assert!(texts.windows(2).all(|pair| pair[0] == pair[1]));
        ben.post("/api/guest", json!({"secret": secret, "name": "Eve"}))
            .await
            .expect_problem(400, "bad-request");
    }

    async fn links_are_tried_at_a_bounded_rate(world) {
        let mut ben = world.browser().await;
        let mut statuses = Vec::new();
        for _ in 0..80 {
            statuses.push(ben.post("/api/guest", json!({"secret": "x"})).await.status.as_u16());
        }

        assert_eq!(statuses[0], 404);
        assert!(statuses.contains(&429), "{statuses:?}");
        let limited = ben.post("/api/guest/join", json!({"secret": "x"})).await;
        assert!(limited.status == 404 || !limited.header("retry-after").is_empty());
        let mut other = ben.other();
        other.address = "203.0.113.9:40000".parse().unwrap();
        other.post("/api/guest", json!({"secret": "x"})).await.expect_problem(404, "link-not-valid");
    }

    async fn a_room_has_six_guests_at_most_and_each_a_name(world) {
        let mut cast = Cast::new(&world).await;
        let visit = cast.booked().await;
        for wrong in [
            json!({"name": "  "}),
            json!({"name": "x".repeat(101)}),
            json!({}),
            json!({"name": "B", "role": "admin"}),
        ] {
            cast.patient.post(&guests(&visit), wrong).await.expect_problem(400, "bad-request");
        }
        let mut last = String::new();
        for i in 0..6 {
            let guest = cast
                .patient
                .post(&guests(&visit), json!({"name": format!("Guest {i}")}))
                .await
                .expect_status(201)
                .json();
            last = guest["id"].as_str().unwrap().to_owned();
        }

        cast.patient
            .post(&guests(&visit), json!({"name": "One more"}))
            .await
            .expect_problem(409, "too-many-guests");
        cast.patient.delete(&format!("{}/{last}", guests(&visit))).await.expect_status(204);
        cast.patient.post(&guests(&visit), json!({"name": "One more"})).await.expect_status(201);
    }

    /// The names of those who meet are for those who meet. The practitioner's stands on the link's page.
    async fn who_holds_a_link_and_was_not_let_in_learns_no_name_but_the_practitioners(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let mut node = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;
        let (_, secret) = invited(&mut cast.practitioner, &visit).await;
        let path = format!("/api/appointments/{}", visit["id"].as_str().unwrap());
        for account in [&mut cast.patient, &mut cast.practitioner] {
            account.post(&format!("{path}/join"), json!({})).await.expect_status(200);
        }
        let mut ben = plane.browser().await;

        let early = ben.post("/api/guest/people", json!({"secret": secret})).await;
        assert!(!early.text.contains("Anna"), "{}", early.text);
        early.expect_problem(403, "forbidden");
        let join = ben.post("/api/guest/join", json!({"secret": secret})).await.expect_status(200).json();
        let claims = node.verify(&join);
        let names = |people: &Value| -> Vec<String> {
            people.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
        };
        let waiting = ben.post("/api/guest/people", json!({"secret": secret})).await.expect_status(200).json();
        for people in [&join["people"], &waiting] {
            assert_eq!(names(people), ["Elif Yilmaz", "Canary Ben"]);
        }
        node.joined(&claims).await;
        let let_in = ben.post("/api/guest/people", json!({"secret": secret})).await.expect_status(200).json();
        assert_eq!(names(&let_in), ["Anna Nowak", "Elif Yilmaz", "Canary Ben"]);
        let again = ben.post("/api/guest/join", json!({"secret": secret})).await.expect_status(200).json();
        assert_eq!(again["people"], let_in, "a second window of somebody who is in");
        cast.practitioner.post(&format!("{path}/cancel"), json!({})).await.expect_status(200);

        ben.post("/api/guest/people", json!({"secret": secret})).await.expect_problem(403, "forbidden");
        let reasons = "select reason from audit where action = 'people.read' and outcome = 'refused' order by id";
        assert_eq!(world.raw().await.texts(reasons).await, ["no_seat", "cancelled"]);
        plane.stopped().await;
    }

    /// However often invitations are taken back, those that live are counted, listed, and called by their names.
    async fn invitations_taken_back_hide_none_that_lives(world) {
        let plane = Plane::start(&world);
        let mut cast = Cast::at(&world, &plane).await;
        let node = Node::connected(&world, plane.address).await;
        let visit = cast.booked().await;
        for _ in 0..201 {
            let (guest, _) = invited(&mut cast.patient, &visit).await;
            let path = format!("{}/{}", guests(&visit), guest["id"].as_str().unwrap());
            cast.patient.delete(&path).await.expect_status(204);
        }
        // A seat of each of the first hundred and one.
        let raw = &mut world.raw().await;
        let id = if world.kind == Kind::Sqlite { "randomblob(16)" } else { "gen_random_uuid()" };
        raw.execute(&format!(
            "insert into seat (id, clinic, appointment, role, guest, created_us)
             select {id}, clinic, appointment, 'guest', id, created_us from guest order by created_us limit 101"
        ))
        .await
        .unwrap();

        let (living, secret) = invited(&mut cast.patient, &visit).await;
        let mut ben = plane.browser().await;
        let join = ben.post("/api/guest/join", json!({"secret": secret})).await.expect_status(200).json();
        node.verify(&join);
        let list = cast.patient.get(&guests(&visit)).await.expect_status(200).json();
        let people = ben.post("/api/guest/people", json!({"secret": secret})).await.expect_status(200).json();

        let has = |list: &Value, member: &str, value: &Value| {
            list.as_array().unwrap().iter().any(|one| one[member] == *value)
        };
        assert!(has(&list, "id", &living["id"]), "listed");
        assert!(has(&people, "seat", &join["seat"]), "called by their name");
        for _ in 0..5 {
            invited(&mut cast.patient, &visit).await;
        }
        cast.patient
            .post(&guests(&visit), json!({"name": "One more"}))
            .await
            .expect_problem(409, "too-many-guests");
        plane.stopped().await;
    }
}
