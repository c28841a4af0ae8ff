//! What is free, against a model that tries every minute.

use jiff::tz::TimeZone;

use super::*;
use crate::availability::calendar::{Calendar, DAY_MINUTES, Rule};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

fn schedule(zone: &str, from_minute: u16, until_minute: u16, visit: u64, buffer: u64) -> Schedule {
    let rules = (1..=7).map(|weekday| Rule { weekday, from_minute, until_minute }).collect();
    let calendar = Calendar::new(TimeZone::get(zone).unwrap(), rules);
    Schedule { calendar, visit: minutes(visit), buffer: minutes(buffer) }
}

fn starts(schedule: &Schedule, taken: &Taken, now: Timestamp, wanted: Span) -> Vec<String> {
    free_times(schedule, taken, now, wanted).map(|slot| slot.start.to_string()).collect()
}

fn day(text: &str) -> Span {
    Span { from: at(text), until: at(text) + DAY }
}

#[test]
fn slots_step_by_visit_and_buffer_and_end_within_the_hours() {
    let schedule = schedule("UTC", 540, 605, 20, 5);

    let found = starts(&schedule, &Taken::default(), at("2026-11-22T00:00:00Z"), day("2026-11-23T00:00:00Z"));

    assert_eq!(
        found,
        ["2026-11-23T09:00:00Z", "2026-11-23T09:25:00Z"],
        "09:50 would end at 10:10, after 10:05"
    );
}

#[test]
fn a_booked_visit_takes_its_buffer_too_and_a_neighbour_that_only_touches_stays() {
    let schedule = schedule("UTC", 540, 660, 20, 10);
    let booked = Slot { start: at("2026-11-23T09:30:00Z"), end: at("2026-11-23T09:50:00Z") };
    let taken = Taken { practitioner: vec![reserved(&schedule, booked)], patient: vec![] };

    let found = starts(&schedule, &taken, at("2026-11-22T00:00:00Z"), day("2026-11-23T00:00:00Z"));

    assert_eq!(found, ["2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z", "2026-11-23T10:30:00Z"]);
}

#[test]
fn the_patients_own_visits_are_in_the_way_but_not_the_practitioners_buffer() {
    let schedule = schedule("UTC", 540, 660, 20, 10);
    let elsewhere = Span { from: at("2026-11-23T09:50:00Z"), until: at("2026-11-23T10:05:00Z") };
    let taken = Taken { practitioner: vec![], patient: vec![elsewhere] };

    let found = starts(&schedule, &taken, at("2026-11-22T00:00:00Z"), day("2026-11-23T00:00:00Z"));

    assert_eq!(found, ["2026-11-23T09:00:00Z", "2026-11-23T09:30:00Z", "2026-11-23T10:30:00Z"]);
}

#[test]
fn nothing_is_offered_before_the_notice_or_beyond_the_horizon() {
    let schedule = schedule("UTC", 0, DAY_MINUTES, 20, 0);
    let (now, wanted) = (
        at("2026-11-23T09:00:00Z"),
        Span { from: at("2026-11-01T00:00:00Z"), until: at("2028-01-01T00:00:00Z") },
    );

    let found: Vec<Slot> = free_times(&schedule, &Taken::default(), now, wanted).collect();

    assert_eq!(found[0].start, at("2026-11-23T09:20:00Z"), "09:00 is now, less than the notice");
    let last = found.last().unwrap().start;
    assert!(last < now + HORIZON && last + schedule.visit >= now + HORIZON, "{last}");
}

#[test]
fn at_2345_in_new_york_one_can_be_seen_over_midnight() {
    let schedule = schedule("America/New_York", 0, DAY_MINUTES, 20, 0);
    let now = at("2026-11-23T04:45:31Z");

    let slot = free_now(&schedule, &Taken::default(), now).unwrap();
    let planned = starts(&schedule, &Taken::default(), now, Span { from: now, until: now + minutes(40) });

    assert_eq!((slot.start, slot.end), (at("2026-11-23T04:45:00Z"), at("2026-11-23T05:05:00Z")));
    assert_eq!(
        planned,
        ["2026-11-23T05:00:00Z", "2026-11-23T05:20:00Z"],
        "the next day there, the same day in UTC"
    );
}

#[test]
fn now_needs_somebody_on_duty_until_the_end_and_free() {
    let schedule = schedule("UTC", 540, 600, 20, 5);
    let none = Taken::default();
    let soon = Span { from: at("2026-11-23T09:24:00Z"), until: at("2026-11-23T09:50:00Z") };
    let booked = Taken { practitioner: vec![soon], patient: vec![] };
    let mine = Taken { practitioner: vec![], patient: vec![soon] };

    assert!(free_now(&schedule, &none, at("2026-11-23T09:40:00Z")).is_some());
    assert!(free_now(&schedule, &none, at("2026-11-23T09:41:00Z")).is_none(), "closes before the end");
    assert!(free_now(&schedule, &none, at("2026-11-23T08:59:59Z")).is_none(), "not open yet");
    assert!(free_now(&schedule, &booked, at("2026-11-23T09:00:00Z")).is_none(), "the buffer ends at 09:25");
    assert!(free_now(&schedule, &mine, at("2026-11-23T09:00:00Z")).is_some(), "a patient needs no buffer");
    assert!(free_now(&schedule, &mine, at("2026-11-23T09:05:00Z")).is_none());
}

#[test]
fn a_change_of_the_clock_moves_wall_times_not_lengths() {
    // Berlin, 2026-10-25: 03:00 +2 → 02:00 +1. From 01:00 until 04:00 there are four hours.
    let schedule = schedule("Europe/Berlin", 60, 240, 60, 0);

    let found = starts(&schedule, &Taken::default(), at("2026-10-20T00:00:00Z"), day("2026-10-24T20:00:00Z"));

    let expected =
        ["2026-10-24T23:00:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"];
    assert_eq!(found, expected);
}

/// Many taken times, many lengths: the binary search finds what a look at each would.
#[test]
fn the_search_among_taken_times_agrees_with_a_look_at_each() {
    let mut seed: u64 = 7;
    let mut random = |bound: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % bound
    };
    let mut hits = 0;
    for _ in 0..2_000 {
        let mut taken = Vec::new();
        let mut at = 0;
        for _ in 0..random(6) {
            let from = at + i64::try_from(random(4)).unwrap();
            at = from + 1 + i64::try_from(random(4)).unwrap();
            taken.push(Span { from: Timestamp::from_us(from), until: Timestamp::from_us(at) });
        }
        let from = i64::try_from(random(30)).unwrap();
        let until = from + 1 + i64::try_from(random(5)).unwrap();
        let span = Span { from: Timestamp::from_us(from), until: Timestamp::from_us(until) };

        let expected =
            taken.iter().any(|taken| (from..until).any(|at| taken.contains(Timestamp::from_us(at))));

        assert_eq!(any_overlaps(&taken, span), expected, "{span:?} in {taken:?}");
        hits += u32::from(expected);
    }
    assert!((200..1_800).contains(&hits), "both answers occur: {hits}");
}
