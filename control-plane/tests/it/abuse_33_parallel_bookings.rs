//! Abuse sentence 33: a hundred patients want one time at once. One gets it; ninety-nine are told so cleanly.

use control_plane::admin::PersonRole;
use serde_json::json;

use crate::support::{Cast, PASSWORD, book, on_both};

const PATIENTS: usize = 100;
/// Signing in hashes a password: a few accounts with many browsers each take a tenth of the time, and the database sees
/// the same. Half of the attempts are of the one patient, half of others.
const ACCOUNTS: usize = 10;

on_both! {
    async fn abuse_33_of_a_hundred_at_once_exactly_one_books(world) {
        let mut cast = Cast::new(&world).await;
        let booking = cast.booking(0).await;
        let door = world.browser().await;
        let mut browsers = Vec::new();
        for _ in 0..ACCOUNTS {
            let person = world.person(&cast.clinic, PersonRole::Patient).await;
            let mut browser = door.other();
            browser.sign_in(&person.email, PASSWORD).await.expect_status(200);
            browsers.push(browser);
        }

        let attempts = (0..PATIENTS).map(|i| {
            let (mut browser, booking) = (browsers[i % ACCOUNTS].clone(), booking.clone());
            async move { book(&mut browser, &booking).await }
        });
        let answers = futures_util::future::join_all(attempts).await;

        let (booked, refused): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!(booked.len(), 1, "{:?}", booked.iter().map(|answer| &answer.text).collect::<Vec<_>>());
        assert_eq!(refused.len(), PATIENTS - 1);
        for answer in refused {
            let body = answer.expect_problem(409, "slot-taken").json();
            assert_eq!(body["alternatives"].as_array().unwrap().len(), 5);
            assert_ne!(body["alternatives"][0]["start"], booking["start"]);
        }
        let mut raw = world.raw().await;
        assert_eq!(raw.number("select count(*) from appointment").await, 1);
        assert_eq!(raw.number("select count(*) from reservation").await, 2);
    }

    /// Whatever the program thinks: behind its back, the database refuses too.
    async fn abuse_33_a_time_reserved_by_another_way_is_a_clean_conflict(world) {
        let mut cast = Cast::new(&world).await;
        let booking = cast.booking(0).await;
        let mut raw = world.raw().await;
        let start: jiff::Timestamp = booking["start"].as_str().unwrap().parse().unwrap();
        // A hold is nowhere shown as free, and one that has run out is.
        let hold = |until: i64| {
            format!(
                "insert into reservation (id, clinic, resource_kind, resource, from_us, until_us, held_until_us, created_us)
                 values ({}, {}, 'practitioner', {}, {}, {}, {until}, 0)",
                raw.id(uuid::Uuid::now_v7()),
                raw.id(cast.clinic.id.0),
                raw.id(cast.elif.created.practitioner.unwrap().0),
                start.as_microsecond(),
                start.as_microsecond() + 60_000_000,
            )
        };
        let (held, run_out) = (hold(i64::MAX / 2), hold(1));

        raw.execute(&held).await.unwrap();
        book(&mut cast.patient, &booking).await.expect_problem(409, "slot-taken");
        raw.execute("delete from reservation").await.unwrap();
        raw.execute(&run_out).await.unwrap();
        book(&mut cast.patient, &booking).await.expect_status(201);

        assert_eq!(raw.number("select count(*) from reservation where held_until_us is not null").await, 0);
        let second =
            json!({"practitioner_id": cast.practitioner_id(), "start": booking["start"], "time_zone": "UTC"});
        book(&mut cast.patient, &second).await.expect_problem(409, "slot-taken");
    }
}
