//! A patient books, sees, and calls off; the practitioner and the clinic see what concerns them.

use actix_web::http::Method;
use control_plane::admin::PersonRole;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Cast, book, first_slot, on_both, practitioner, slots};

fn starts(slots: &Value) -> Vec<String> {
    slots.as_array().unwrap().iter().map(|slot| slot["start"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    async fn a_booked_visit_is_what_was_agreed_and_its_time_is_taken(world) {
        let mut cast = Cast::new(&world).await;
        let booking = cast.booking(0).await;

        let visit = book(&mut cast.patient, &booking).await.expect_status(201).json();

        assert_eq!((&visit["state"], &visit["start"]), (&json!("booked"), &booking["start"]));
        let start: jiff::Timestamp = visit["start"].as_str().unwrap().parse().unwrap();
        let wall = start.in_tz("America/New_York").unwrap().strftime("%Y-%m-%dT%H:%M").to_string();
        assert_eq!((&visit["time_zone"], &visit["wall_time"]), (&json!("America/New_York"), &json!(wall)));
        assert_eq!(visit["end"], (start + jiff::SignedDuration::from_mins(20)).to_string());
        assert_eq!(visit["practitioner"]["name"], "Elif Yilmaz");
        assert_eq!(visit["patient"], json!({"id": cast.anna.created.patient.unwrap(), "name": "Anna Nowak"}));
        assert_eq!(visit["reason"], "canary: a cough at night");
        assert_eq!((&visit["join"]["open"], &visit["join"]["problem"]), (&json!(true), &Value::Null));
        assert_eq!(visit["presence"], json!([]));
        let free = slots(&mut cast.practitioner, &cast.elif.created.practitioner.unwrap().to_string()).await;
        assert!(!starts(&free["slots"]).contains(&booking["start"].as_str().unwrap().to_owned()));
    }

    async fn patient_and_practitioner_list_the_visit_and_staff_see_no_reason(world) {
        let mut cast = Cast::new(&world).await;
        let visit = cast.booked().await;
        let path = format!("/api/appointments/{}", visit["id"].as_str().unwrap());
        let staff = world.person(&cast.clinic, PersonRole::Staff).await;
        let admin = world.person(&cast.clinic, PersonRole::Admin).await;

        for browser in [&mut cast.patient, &mut cast.practitioner] {
            let list = browser.get("/api/appointments").await.expect_status(200).json();
            assert_eq!((list.as_array().unwrap().len(), &list[0]), (1, &visit));
            assert_eq!(browser.get(&path).await.expect_status(200).json(), visit);
        }
        for person in [staff, admin] {
            let mut browser = world.signed_in(&person).await;
            let list = browser.get("/api/appointments").await.expect_status(200).json();
            assert_eq!(list[0]["patient"]["name"], "Anna Nowak");
            let one = browser.get(&path).await.expect_status(200).json();
            for seen in [&list[0], &one] {
                assert!(seen.get("reason").is_none(), "{seen}");
            }
        }
    }

    async fn a_list_holds_what_begins_in_its_window_and_nothing_of_others(world) {
        let mut cast = Cast::new(&world).await;
        let visit = cast.booked().await;
        let (start, end) = (visit["start"].as_str().unwrap(), visit["end"].as_str().unwrap());
        let another = world.person(&cast.clinic, PersonRole::Patient).await;
        let count = |list: Value| list.as_array().unwrap().len();

        let within = cast.patient.get(&format!("/api/appointments?from={start}&until={end}")).await;
        let after =
            cast.patient.get(&format!("/api/appointments?from={end}&until=2100-01-01T00:00:00Z")).await;
        let later = cast.patient.get(&format!("/api/appointments?from={end}")).await;
        let of_another = world.signed_in(&another).await.get("/api/appointments").await;

        assert_eq!(count(within.expect_status(200).json()), 1);
        after.expect_problem(400, "bad-request");
        assert_eq!(count(later.expect_status(200).json()), 0);
        assert_eq!(count(of_another.expect_status(200).json()), 0);
        cast.patient.get("/api/appointments?from=yesterday").await.expect_problem(400, "bad-request");
        cast.patient.get("/api/appointments?patient=all").await.expect_problem(400, "bad-request");
    }

    async fn what_is_not_free_is_a_conflict_with_other_times(world) {
        let mut cast = Cast::new(&world).await;
        let booking = cast.booking(3).await;
        book(&mut cast.patient, &booking).await.expect_status(201);
        let other = world.person(&cast.clinic, PersonRole::Patient).await;
        let mut other = world.signed_in(&other).await;

        let refused = book(&mut other, &booking).await.expect_problem(409, "slot-taken").json();

        let alternatives = starts(&refused["alternatives"]);
        assert_eq!(alternatives.len(), 5);
        assert!(
            alternatives.iter().all(|start| start.as_str() > booking["start"].as_str().unwrap()),
            "{alternatives:?}"
        );
        let mut instead = booking.clone();
        instead["start"] = json!(alternatives[0]);
        book(&mut other, &instead).await.expect_status(201);
        for wrong in ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"] {
            instead["start"] = json!(wrong);
            book(&mut other, &instead).await.expect_problem(409, "slot-taken");
        }
        let start: jiff::Timestamp = booking["start"].as_str().unwrap().parse().unwrap();
        instead["start"] = json!(
            (start + jiff::SignedDuration::from_hours(2) + jiff::SignedDuration::from_mins(1)).to_string()
        );
        book(&mut other, &instead).await.expect_problem(409, "slot-taken");
    }

    async fn a_patient_is_in_one_place_at_a_time(world) {
        let mut cast = Cast::new(&world).await;
        let jonas =
            world.person(&cast.clinic, practitioner()).await.created.practitioner.unwrap().to_string();
        let mut booking = cast.booking(0).await;
        book(&mut cast.patient, &booking).await.expect_status(201);

        booking["practitioner_id"] = json!(jonas);
        book(&mut cast.patient, &booking).await.expect_problem(409, "slot-taken");

        let offered = first_slot(&mut cast.patient, &jonas, 0).await;
        assert_ne!(booking["start"], json!(offered), "nor is it offered");
        let other = world.person(&cast.clinic, PersonRole::Patient).await;
        book(&mut world.signed_in(&other).await, &booking).await.expect_status(201);
    }

    async fn now_books_the_visit_that_begins_at_this_minute(world) {
        let mut cast = Cast::new(&world).await;
        let booking =
            json!({"practitioner_id": cast.practitioner_id(), "now": true, "time_zone": "Europe/Berlin"});

        let visit = book(&mut cast.patient, &booking).await.expect_status(201).json();

        let start: jiff::Timestamp = visit["start"].as_str().unwrap().parse().unwrap();
        let ago = jiff::Timestamp::now().duration_since(start);
        assert!(!ago.is_negative() && ago < jiff::SignedDuration::from_mins(3), "{ago:?}");
        assert!(visit["join"]["open"].as_bool().unwrap() && visit.get("reason").is_none());
        let other = world.person(&cast.clinic, PersonRole::Patient).await;
        let refused =
            book(&mut world.signed_in(&other).await, &booking).await.expect_problem(409, "slot-taken");
        assert_eq!(refused.json()["alternatives"].as_array().unwrap().len(), 5);
    }

    async fn a_cancelled_visit_frees_its_time_once(world) {
        let mut cast = Cast::new(&world).await;
        let booking = cast.booking(0).await;
        let visit = book(&mut cast.patient, &booking).await.expect_status(201).json();
        let path = format!("/api/appointments/{}/cancel", visit["id"].as_str().unwrap());

        let cancelled = cast.practitioner.post(&path, json!({})).await.expect_status(200).json();

        assert_eq!(
            (&cancelled["state"], &cancelled["join"]["problem"]),
            (&json!("cancelled"), &json!("cancelled"))
        );
        cast.patient.post(&path, json!({})).await.expect_problem(409, "appointment-not-cancellable");
        let other = world.person(&cast.clinic, PersonRole::Patient).await;
        book(&mut world.signed_in(&other).await, &booking).await.expect_status(201);
        assert_eq!(world.raw().await.number("select count(*) from reservation").await, 2, "one visit's");
    }

    async fn a_visit_that_is_over_is_not_cancelled(world) {
        let mut cast = Cast::new(&world).await;
        let visit = cast.booked().await;
        let path = format!("/api/appointments/{}/cancel", visit["id"].as_str().unwrap());
        world
            .raw()
            .await
            .execute("update appointment set start_us = start_us - 7200000000, end_us = end_us - 7200000000")
            .await
            .unwrap();

        cast.patient.post(&path, json!({})).await.expect_problem(409, "appointment-not-cancellable");
    }

    async fn bad_bookings_are_refused_before_anything_happens(world) {
        let mut cast = Cast::new(&world).await;
        let good = cast.booking(0).await;
        let with = |changes: &[(&str, Value)]| {
            let mut booking = good.clone();
            for (member, value) in changes {
                booking[*member] = value.clone();
            }
            booking
        };

        for booking in [
            with(&[("now", json!(true))]),
            with(&[("start", Value::Null)]),
            with(&[("time_zone", json!("Europe/Atlantis"))]),
            with(&[("start", json!("tomorrow"))]),
            with(&[("reason", json!("x".repeat(2_001)))]),
            with(&[("patient_id", json!(Uuid::now_v7()))]),
            with(&[("state", json!("completed"))]),
            with(&[("practitioner_id", json!("x"))]),
        ] {
            book(&mut cast.patient, &booking).await.expect_problem(400, "bad-request");
        }
        cast.patient.post("/api/appointments", good.clone()).await.expect_problem(400, "bad-request");
        book(&mut cast.patient, &with(&[("practitioner_id", json!(Uuid::now_v7()))]))
            .await
            .expect_problem(404, "not-found");
        book(&mut cast.practitioner, &good).await.expect_problem(403, "forbidden");
        assert_eq!(world.raw().await.number("select count(*) from appointment").await, 0);
        book(&mut cast.patient, &good).await.expect_status(201);
    }

    async fn abuse_34_a_booking_told_again_with_its_key_is_one_booking(world) {
        let mut cast = Cast::new(&world).await;
        let (booking, key) = (cast.booking(0).await, Uuid::new_v4().to_string());
        let later = cast.booking(5).await;
        let mut told = async |booking: &Value| {
            let request = cast.patient.change(Method::POST, "/api/appointments", booking);
            cast.patient.send(request.insert_header(("Idempotency-Key", key.as_str()))).await
        };

        let first = told(&booking).await.expect_status(201).json();
        let second = told(&booking).await.expect_status(201).json();
        told(&later).await.expect_problem(409, "idempotency-key-reused");

        assert_eq!(first, second);
        assert_eq!(world.raw().await.number("select count(*) from appointment").await, 1);
    }

    async fn why_a_patient_comes_is_nowhere_in_the_database_in_clear(world) {
        let mut cast = Cast::new(&world).await;
        cast.booked().await;

        let dump = world.raw().await.dump();

        for canary in ["canary: a cough", "Anna Nowak", "Elif Yilmaz"] {
            assert!(!dump.windows(canary.len()).any(|bytes| bytes == canary.as_bytes()), "{canary}");
        }
    }

    async fn bookings_reads_and_cancellations_are_in_the_audit_record(world) {
        let mut cast = Cast::new(&world).await;
        let visit = cast.booked().await;
        let path = format!("/api/appointments/{}", visit["id"].as_str().unwrap());
        let staff = world.person(&cast.clinic, PersonRole::Staff).await;
        let mut staff = world.signed_in(&staff).await;
        for _ in 0..3 {
            cast.practitioner.get(&path).await.expect_status(200);
            staff.get("/api/appointments").await.expect_status(200);
        }
        cast.patient.post(&format!("{path}/cancel"), json!({})).await.expect_status(200);
        let mut raw = world.raw().await;

        let patient = raw.id(cast.anna.created.patient.unwrap().0);
        let rows = raw
            .texts(&format!("select role || ' ' || action || ' ' || outcome from audit where patient = {patient} order by id"))
            .await;
        let lists = raw.number("select count(*) from audit where action = 'appointment.list'").await;

        assert_eq!(
            rows,
            [
                "patient appointment.book allowed",
                "practitioner appointment.read_reason allowed",
                "staff appointment.read allowed",
                "patient appointment.cancel allowed",
            ],
            "a page that polls is one row"
        );
        assert_eq!(lists, 1);
    }

    /// Nobody takes all of a clinic's times: visits to come are counted, cancelled and past ones are not.
    async fn a_patient_books_as_many_visits_as_one_may_have_and_no_more(world) {
        let mut cast = Cast::new(&world).await;
        let mut visits = Vec::new();
        for _ in 0..12 {
            visits.push(cast.booked().await);
        }
        let booking = cast.booking(0).await;

        let refused = book(&mut cast.patient, &booking).await.expect_problem(409, "too-many-appointments");

        assert_eq!(refused.json()["limit"], 12);
        let other = world.person(&cast.clinic, PersonRole::Patient).await;
        book(&mut world.signed_in(&other).await, &booking).await.expect_status(201);
        let path = format!("/api/appointments/{}/cancel", visits[3]["id"].as_str().unwrap());
        cast.patient.post(&path, json!({})).await.expect_status(200);
        cast.booked().await;
        let booking = cast.booking(0).await;
        book(&mut cast.patient, &booking).await.expect_problem(409, "too-many-appointments");
        world.raw().await.execute("update appointment set state = 'completed' where state = 'booked'").await.unwrap();
        cast.booked().await;
    }

    async fn visits_booked_at_the_same_moment_are_counted_too(world) {
        let mut cast = Cast::new(&world).await;
        let mut bookings = Vec::new();
        for nth in 0..20 {
            bookings.push(cast.booking(nth).await);
        }
        let attempts = bookings.into_iter().map(|booking| {
            let mut browser = cast.patient.clone();
            async move { book(&mut browser, &booking).await.status.as_u16() }
        });

        let answers = futures_util::future::join_all(attempts).await;

        let count = |status| answers.iter().filter(|answer| **answer == status).count();
        assert_eq!((count(201), count(409)), (12, 8), "{answers:?}");
    }
}
