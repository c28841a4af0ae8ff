//! How a visit's connections were, as nodes told it: one timeline whatever node it was on and however often it was told, for the
//! visit's practitioner and the clinic's admins, and gone with the visit.

use std::time::{Duration, Instant};

use actix_web::rt;
use control_plane::admin::PersonRole;
use control_plane::nodes::events::{self, Stored};
use control_plane::quality::sweep;
use protocol::Generation;
use protocol::node::{RoomEvent, RoomEventKind};
use protocol::quality::{Cause, Mos};
use protocol::timeline::{Stretch, Way};
use protocol::token::JoinClaims;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Kind, Node, PASSWORD, Plane, Raw, Visit, on_both};

/// What is done beside the test is done by then.
const PATIENCE: Duration = Duration::from_secs(30);

impl Visit {
    async fn join(&mut self, node: &Node) -> (JoinClaims, JoinClaims) {
        let path = format!("{}/join", self.path);
        let patient = self.cast.patient.post(&path, json!({})).await.expect_status(200).json();
        let practitioner = self.cast.practitioner.post(&path, json!({})).await.expect_status(200).json();
        (node.verify(&patient), node.verify(&practitioner))
    }

    async fn timeline(&mut self) -> Value {
        self.cast.practitioner.get(&format!("{}/quality", self.path)).await.expect_status(200).json()
    }
}

const GOOD: Way = Way {
    bitrate_bps: 1_200_000,
    loss_permille: Some(3),
    jitter_ms_max: 9,
    rtt_ms: Some(48),
    frozen_ms: 0,
    layer_min: Some(2),
    mos_min: Some(Mos::from_tenths(43)),
};

fn stretch(seconds: u8, cause: Option<Cause>) -> Stretch {
    Stretch { seconds, cause, receive: GOOD, forward: Way { mos_min: None, ..GOOD } }
}

/// What a node tells, so many seconds before now.
fn told(claims: &JoinClaims, ago: i64, stretches: Vec<Stretch>) -> RoomEvent {
    let span_ms = stretches.len() as u32 * 10_000;
    RoomEvent {
        id: Uuid::now_v7(),
        clinic: claims.clinic,
        room: claims.room,
        generation: claims.generation,
        at_us: jiff::Timestamp::now().as_microsecond() - ago * 1_000_000,
        kind: RoomEventKind::Quality { seat: claims.seat, span_ms, stretches },
    }
}

/// Waits until the database counts so many.
async fn until(raw: &mut Raw, count: &str, expected: i64) {
    let until = Instant::now() + PATIENCE;
    while raw.number(count).await != expected {
        assert!(Instant::now() < until, "there never were {expected}");
        tokio::task::yield_now().await;
    }
}

/// Seconds and cause of a stretch.
type Part = (u64, Option<String>);

/// Role, then what is shown of it.
fn shape(timeline: &Value) -> Vec<(String, Vec<Part>)> {
    let people = timeline["people"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let of = |one: &Value| (one["seconds"].as_u64().unwrap(), text(&one["cause"]));
    let all = |person: &Value| person["stretches"].as_array().unwrap().iter().map(of).collect();
    people.map(|person| (text(&person["role"]).unwrap(), all(person))).collect()
}

on_both! {
    async fn what_was_told_twice_stands_once_in_order_and_without_a_name(world) {
        let (mut visit, mut node) = Visit::booked(&world).await;
        let (patient, practitioner) = visit.join(&node).await;
        let later = told(&patient, 0, vec![stretch(10, Some(Cause::Uplink)), stretch(4, None)]);
        let first = told(&patient, 60, vec![stretch(10, None), stretch(0, None), stretch(9, None)]);
        node.report_event(&later).await;
        node.report_event(&first).await;
        node.report_event(&later).await;
        node.report_event(&told(&practitioner, 0, vec![stretch(10, None)])).await;

        let seen = visit.timeline().await;

        let bad = Some("uplink".to_owned());
        let patients = vec![(10, None), (9, None), (10, bad), (4, None)];
        let expected = vec![("patient".to_owned(), patients), ("practitioner".to_owned(), vec![(10, None)])];
        assert_eq!((shape(&seen), &seen["stretch_secs"]), (expected, &json!(10)));
        let one = &seen["people"][0]["stretches"][0];
        let receive = json!({
            "bitrate_bps": 1_200_000, "loss_permille": 3, "jitter_ms_max": 9, "rtt_ms": 48, "frozen_ms": 0,
            "layer_min": 2, "mos_min": one["receive"]["mos_min"],
        });
        assert_eq!(one["receive"], receive);
        assert!((one["receive"]["mos_min"].as_f64().unwrap() - 4.3).abs() < 0.01, "{one}");
        assert_eq!(one["forward"]["mos_min"], Value::Null);
        let at = |nth: usize| {
            let text = seen["people"][0]["stretches"][nth]["at"].as_str().unwrap().to_owned();
            text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
        };
        assert_eq!(at(0), first.at_us - 30_000_000, "the span goes back from the event");
        assert_eq!(at(1) - at(0), 20_000_000, "where nobody was there is a gap");
        assert!(!seen.to_string().contains("Nowak") && !seen.to_string().contains("Yilmaz"), "{seen}");
        visit.plane.stopped().await;
    }

    async fn a_visit_that_moves_to_another_node_has_one_timeline(world) {
        let (mut visit, mut node) = Visit::booked(&world).await;
        let (before, _) = visit.join(&node).await;
        node.joined(&before).await;
        node.report_event(&told(&before, 60, vec![stretch(10, None)])).await;
        let mut node = node.restarted(&world, visit.plane.address).await;
        let (now, _) = visit.join(&node).await;
        assert_eq!((now.generation, now.seat), (Generation(2), before.seat));

        node.joined(&now).await;
        node.report_event(&told(&now, 0, vec![stretch(8, None)])).await;
        // From the spool of the process before.
        node.report_event(&told(&before, 30, vec![stretch(9, Some(Cause::Server))])).await;

        let all = vec![(10, None), (9, Some("server".to_owned())), (8, None)];
        assert_eq!(shape(&visit.timeline().await), [("patient".to_owned(), all)]);
        visit.plane.stopped().await;
    }

    async fn a_node_tells_nothing_of_rooms_and_seats_that_are_not_its_own(world) {
        let (mut visit, mut node) = Visit::booked(&world).await;
        let (patient, _) = visit.join(&node).await;
        node.joined(&patient).await;
        let mut other = Node::connected(&world, visit.plane.address).await;
        let one = || vec![stretch(10, None)];

        other.report_event(&told(&patient, 0, one())).await;
        let old = JoinClaims { generation: Generation(0), ..patient.clone() };
        other.report_event(&told(&old, 0, one())).await;
        let db = &world.store.db;
        let stored = events::store(db, other.id, &told(&old, 0, one())).await.unwrap();
        assert_eq!(stored, Stored::NeverThere, "the room is known, but it was not there");
        let stored = events::store(db, other.id, &told(&patient, 0, one())).await.unwrap();
        assert_eq!(stored, Stored::Unknown);
        let ahead = JoinClaims { generation: Generation(7), ..patient.clone() };
        node.report_event(&told(&ahead, 0, one())).await;
        let stranger = JoinClaims { seat: protocol::SeatId::new_v7(), ..patient.clone() };
        node.report_event(&told(&stranger, 0, one())).await;
        let elsewhere = JoinClaims { room: protocol::RoomId::new_v7(), ..patient };
        node.report_event(&told(&elsewhere, 0, one())).await;

        assert_eq!(world.raw().await.number("select count(*) from connection_minute").await, 0);
        assert_eq!(visit.timeline().await["people"], json!([]));
        visit.plane.stopped().await;
    }

    async fn what_a_node_makes_up_is_held_to_bounds(world) {
        let (mut visit, mut node) = Visit::booked(&world).await;
        let (patient, _) = visit.join(&node).await;
        let mut event = told(&patient, 0, vec![stretch(255, Some(Cause::Device)); 40]);
        event.at_us = i64::MAX;
        node.report_event(&event).await;
        let mut event = told(&patient, 0, vec![stretch(10, None)]);
        event.at_us = i64::MIN;
        let RoomEventKind::Quality { span_ms, .. } = &mut event.kind else { unreachable!() };
        *span_ms = u32::MAX;
        node.report_event(&event).await;

        let mut raw = world.raw().await;
        let now = jiff::Timestamp::now().as_microsecond();
        assert_eq!(raw.number("select count(*) from connection_minute").await, 1, "nothing of long ago");
        let of_the_future = format!("select count(*) from connection_minute where from_us > {now}");
        assert_eq!(raw.number(&of_the_future).await, 0);
        assert_eq!(raw.number("select cast(max(seconds) as bigint) from connection_minute").await, 6 * 20);
        assert_eq!(shape(&visit.timeline().await)[0].1.len(), 6, "of the forty");
        visit.plane.stopped().await;
    }

    async fn it_is_opened_for_its_practitioner_and_the_clinics_admins_and_that_is_recorded(world) {
        let (mut visit, mut node) = Visit::booked(&world).await;
        let (patient, _) = visit.join(&node).await;
        node.report_event(&told(&patient, 0, vec![stretch(10, None)])).await;
        let admin = world.person(&visit.cast.clinic, PersonRole::Admin).await;
        let staff = world.person(&visit.cast.clinic, PersonRole::Staff).await;
        let colleague = world.person(&visit.cast.clinic, crate::support::practitioner()).await;
        let path = format!("{}/quality", visit.path);

        let mut browser = visit.cast.patient.other();
        for (person, status) in [(&admin, 200), (&staff, 403), (&colleague, 404)] {
            browser.sign_in(&person.email, PASSWORD).await.expect_status(200);
            browser.get(&path).await.expect_status(status);
        }
        visit.cast.patient.get(&path).await.expect_status(403);
        visit.timeline().await;

        let rows = "select role || ' ' || outcome from audit where action = 'quality.read' order by at_us, id";
        let rows = world.raw().await.texts(rows).await;
        assert_eq!(
            rows,
            ["admin allowed", "staff refused", "practitioner refused", "patient refused", "practitioner allowed"]
        );
        visit.plane.stopped().await;
    }

    async fn an_admin_sees_sums_of_days_with_enough_visits(world) {
        let (mut visit, mut node) = Visit::booked(&world).await;
        let (patient, _) = visit.join(&node).await;
        let parts = vec![stretch(10, Some(Cause::Uplink)), stretch(10, None), stretch(5, Some(Cause::Server))];
        node.report_event(&told(&patient, 0, parts)).await;
        let admin = world.person(&visit.cast.clinic, PersonRole::Admin).await;
        let mut browser = visit.cast.patient.other();
        browser.sign_in(&admin.email, PASSWORD).await.expect_status(200);
        let few = browser.get("/api/quality").await.expect_status(200).json();

        let mut raw = world.raw().await;
        let any = if matches!(world.kind, Kind::Sqlite) { "randomblob(16)" } else { "gen_random_uuid()" };
        let copy = |what: &str, columns: &str, others: &str| {
            format!("insert into {what} (id, {columns}) select {any}, {others} from {what} limit 1")
        };
        let columns = "clinic, patient, practitioner, state, start_us, end_us, time_zone, wall_time, booked_by, created_us, changed_us";
        for _ in 0..10 {
            raw.execute(&copy("appointment", columns, columns)).await.unwrap();
        }
        let seconds = "seconds, uplink_seconds, downlink_seconds, server_seconds, device_seconds";
        raw.execute(&format!(
            "insert into connection_minute (id, clinic, appointment, seat, from_us, stretches, {seconds})
             select {any}, m.clinic, a.id, m.seat, m.from_us, m.stretches, {seconds}
             from connection_minute m join appointment a on a.id <> m.appointment"
        ))
        .await
        .unwrap();
        let enough = browser.get("/api/quality").await.expect_status(200).json();

        let sums = json!({
            "visits": 11, "seconds": 275, "uplink_seconds": 110, "downlink_seconds": 0, "server_seconds": 55,
            "device_seconds": 0,
        });
        assert_eq!((few["days"].as_array().unwrap().len(), &few["total"]), (14, &Value::Null));
        assert!(few["days"].as_array().unwrap().iter().all(|day| day["sums"].is_null()), "one visit is somebody's");
        assert_eq!((enough["days"].as_array().unwrap().len(), &enough["total"]), (14, &sums));
        let days = enough["days"].as_array().unwrap().iter().filter(|day| day["sums"] == sums).count();
        assert_eq!((days, &enough["time_zone"]), (1, &json!("Europe/Berlin")));
        // Spans that differ by a few visits would tell of these.
        for days in [1, 13, 31] {
            let asked = browser.get(&format!("/api/quality?days={days}")).await.expect_status(200).json();
            assert_eq!(asked, enough);
        }
        visit.cast.practitioner.get("/api/quality").await.expect_problem(403, "forbidden");
        visit.plane.stopped().await;
    }

    async fn what_is_older_than_ninety_days_goes_though_nothing_new_comes(world) {
        let (mut visit, mut node) = Visit::booked(&world).await;
        let (patient, _) = visit.join(&node).await;
        for ago in [0, 100, 200] {
            node.report_event(&told(&patient, ago, vec![stretch(10, None)])).await;
        }
        let mut raw = world.raw().await;
        let now = jiff::Timestamp::now().as_microsecond();
        let age = |over: i64| {
            let (days, line) = (90 * 86_400_000_000_i64, now - over * 1_000_000);
            format!("update connection_minute set from_us = from_us - {days} where from_us < {line}")
        };
        // More than go at once.
        raw.execute(&age(150)).await.unwrap();
        let (numbers, any) = match world.kind {
            Kind::Sqlite => ("with recursive s (n) as (select 1 union all select n + 1 from s where n < 2500)", "randomblob(16)"),
            Kind::Postgres => ("with s (n) as (select generate_series(1, 2500))", "gen_random_uuid()"),
        };
        let seconds = "seconds, uplink_seconds, downlink_seconds, server_seconds, device_seconds";
        raw.execute(&format!(
            "{numbers} insert into connection_minute (id, clinic, appointment, seat, from_us, stretches, {seconds})
             select {any}, clinic, appointment, seat, from_us, stretches, {seconds} from connection_minute, s
             where from_us < {now} - 86400000000"
        ))
        .await
        .unwrap();
        let all = "select count(*) from connection_minute";
        assert_eq!(raw.number(all).await, 2503);

        let db = world.store.db.clone();
        let sweeping = rt::spawn(async move { sweep::each(&db, Duration::from_millis(10)).await });
        until(&mut raw, all, 2).await;
        raw.execute(&age(50)).await.unwrap();
        until(&mut raw, all, 1).await;
        sweeping.abort();

        // A control plane does so by itself.
        raw.execute(&age(-10)).await.unwrap();
        let another = Plane::start(&world);
        until(&mut raw, all, 0).await;
        visit.plane.stopped().await;
        another.stopped().await;
    }

    async fn it_goes_with_its_visit_and_is_not_shown_after_ninety_days(world) {
        let (mut visit, mut node) = Visit::booked(&world).await;
        let (patient, _) = visit.join(&node).await;
        let one = || vec![stretch(10, None)];
        node.report_event(&told(&patient, 0, one())).await;
        let mut raw = world.raw().await;
        let days = 86_400_000_000_i64;
        raw.execute(&format!("update connection_minute set from_us = from_us - 90 * {days} - 1000000")).await.unwrap();

        assert_eq!(visit.timeline().await["people"], json!([]), "too old to be shown");

        raw.execute("delete from reservation; delete from room_placement; delete from presence; delete from consultation_log")
            .await
            .unwrap();
        raw.execute("delete from appointment").await.expect_err("its seats are there");
        raw.execute("delete from seat; delete from appointment").await.unwrap();
        assert_eq!(raw.number("select count(*) from connection_minute").await, 0);
        visit.plane.stopped().await;
    }
}
