//! Practitioners say when they are there; patients see what of it is free.

use control_plane::admin::PersonRole;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Cast, Kind, book, on_both, practitioner, slots};

fn week(rules: &Value) -> Value {
    json!({"time_zone": "Asia/Kathmandu", "visit_minutes": 30, "buffer_minutes": 15, "rules": rules})
}

/// Every weekday, so that tomorrow is one of them.
fn mornings() -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    days.map(|day| json!({"weekday": day, "from": "09:00", "until": "10:30"})).into_iter().collect()
}

on_both! {
    async fn everybody_of_the_clinic_sees_who_gives_care_there(world) {
        let mut cast = Cast::new(&world).await;
        let theirs = world.clinic("theirs").await;
        world.named(&theirs, practitioner(), "Somebody Else", "else@example.org").await;

        let list = cast.patient.get("/api/practitioners").await.expect_status(200).json();

        let expected = json!([{
            "id": cast.practitioner_id(), "name": "Elif Yilmaz", "title": "Dr.", "specialty": "General practice",
            "time_zone": "Europe/Berlin",
        }]);
        assert_eq!(list, expected);
    }

    async fn new_hours_are_the_offered_ones(world) {
        let mut cast = Cast::new(&world).await;
        let week = week(&mornings());
        let request = cast.practitioner.change(actix_web::http::Method::PUT, "/api/me/availability", &week);

        let kept = cast.practitioner.send(request).await.expect_status(200).json();
        let read = cast.practitioner.get("/api/me/availability").await.expect_status(200).json();

        assert_eq!((&kept, &read), (&week, &week));
        // The day after tomorrow in Kathmandu: nothing of it is in the past anywhere.
        let zone = jiff::tz::TimeZone::get("Asia/Kathmandu").unwrap();
        let day = zone.to_datetime(jiff::Timestamp::now()).date().saturating_add(jiff::Span::new().days(2));
        let (from, until) =
            (day.to_zoned(zone.clone()).unwrap(), day.tomorrow().unwrap().to_zoned(zone.clone()).unwrap());
        let path = format!(
            "/api/practitioners/{}/slots?from={}&until={}",
            cast.practitioner_id(),
            from.timestamp(),
            until.timestamp()
        );
        let slots = cast.patient.get(&path).await.expect_status(200).json();
        let at =
            |hour, minute| day.at(hour, minute, 0, 0).to_zoned(zone.clone()).unwrap().timestamp().to_string();
        let expected = json!([
            {"start": at(9, 0), "end": at(9, 30)},
            {"start": at(9, 45), "end": at(10, 15)},
        ]);
        assert_eq!(
            (&slots["slots"], &slots["practitioner_time_zone"]),
            (&expected, &json!("Asia/Kathmandu"))
        );
        let booking =
            json!({"practitioner_id": cast.practitioner_id(), "start": at(9, 45), "time_zone": "UTC"});
        book(&mut cast.patient, &booking).await.expect_status(201);
        let left = cast.patient.get(&path).await.expect_status(200).json();
        assert_eq!(left["slots"], json!([{"start": at(9, 0), "end": at(9, 30)}]));
    }

    async fn hours_that_make_no_sense_change_nothing(world) {
        let mut cast = Cast::new(&world).await;
        let before = cast.practitioner.get("/api/me/availability").await.expect_status(200).json();
        let rule = |from: &str, until: &str| json!([{"weekday": "monday", "from": from, "until": until}]);
        let mut short = week(&json!([]));
        short["visit_minutes"] = json!(1);
        let mut zone = week(&json!([]));
        zone["time_zone"] = json!("Mars/Olympus");

        for wrong in [
            week(&rule("10:00", "09:00")),
            week(&rule("24:00", "24:00")),
            week(&rule("9:00", "10:00")),
            short,
            zone,
        ] {
            let request =
                cast.practitioner.change(actix_web::http::Method::PUT, "/api/me/availability", &wrong);
            cast.practitioner.send(request).await.expect_problem(400, "bad-request");
        }

        assert_eq!(cast.practitioner.get("/api/me/availability").await.expect_status(200).json(), before);
    }

    async fn a_window_is_bounded_and_a_practitioner_is_of_the_clinic(world) {
        let mut cast = Cast::new(&world).await;
        let theirs = world.clinic("theirs").await;
        let foreign = world.person(&theirs, practitioner()).await.created.practitioner.unwrap();
        let path = |id: &str, from: &str, until: &str| {
            format!("/api/practitioners/{id}/slots?from={from}&until={until}")
        };
        let (id, from) = (cast.practitioner_id(), "2026-11-22T00:00:00Z");

        for until in ["2026-12-24T00:00:00Z", from, "2026-11-21T00:00:00Z", "never"] {
            cast.patient.get(&path(&id, from, until)).await.expect_problem(400, "bad-request");
        }
        for id in [foreign.to_string(), Uuid::now_v7().to_string()] {
            cast.patient.get(&path(&id, from, "2026-11-23T00:00:00Z")).await.expect_problem(404, "not-found");
        }
    }

    async fn available_now_says_what_booking_now_does(world) {
        let mut cast = Cast::new(&world).await;
        let elif = cast.practitioner_id();
        let before = slots(&mut cast.patient, &elif).await;
        let booking = json!({"practitioner_id": elif, "now": true, "time_zone": "UTC"});

        let visit = book(&mut cast.patient, &booking).await.expect_status(201).json();
        let other = world.person(&cast.clinic, PersonRole::Patient).await;
        let after = slots(&mut world.signed_in(&other).await, &elif).await;

        assert!(before["available_now"]["start"].as_str().unwrap() <= visit["start"].as_str().unwrap());
        assert_eq!(after["available_now"], Value::Null);
    }

    /// Years of visits lie before the ones that are looked for; whoever asks about the past is not shown the past's.
    async fn a_long_history_changes_neither_what_is_free_nor_how_it_is_found(world) {
        let mut cast = Cast::new(&world).await;
        let elif = cast.elif.created.practitioner.unwrap().0;
        let booking = json!({"practitioner_id": elif, "now": true, "time_zone": "UTC"});
        book(&mut cast.patient, &booking).await.expect_status(201);
        let mut raw = world.raw().await;
        let (numbers, id) = match world.kind {
            Kind::Sqlite => ("with recursive s (n) as (select 1 union all select n + 1 from s where n < 12000)", "randomblob(16)"),
            Kind::Postgres => ("with s (n) as (select generate_series(1::bigint, 12000))", "gen_random_uuid()"),
        };
        let (clinic, resource) = (raw.id(cast.clinic.id.0), raw.id(elif));
        raw.execute(&format!(
            "insert into reservation (id, clinic, resource_kind, resource, from_us, until_us, created_us)
             {numbers} select {id}, {clinic}, 'practitioner', {resource}, n * 1000000, n * 1000000 + 1000000, 0 from s"
        ))
        .await
        .unwrap();

        let path = format!("/api/practitioners/{elif}/slots?from=0001-01-01T00:00:00Z&until=0001-01-20T00:00:00Z");
        let past = cast.practitioner.get(&path).await.expect_status(200).json();

        assert_eq!(past, json!({
            "slots": [], "practitioner_time_zone": "Europe/Berlin", "available_now": null,
        }));
        let wanted = format!(
            "select from_us from reservation where clinic = {clinic} and resource = {resource}
             and from_us < 1800000000000000 and until_us > 1790000000000000"
        );
        let plan = raw.plan(&wanted).await;
        let bounds_below = match world.kind {
            Kind::Sqlite => plan.contains("until_us>?"),
            Kind::Postgres => plan.lines().any(|line| line.contains("Index Cond") && line.contains("until_us >")),
        };
        assert!(bounds_below, "the history is not read: {plan}");
    }
}
