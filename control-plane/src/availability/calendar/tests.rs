//! Windows against a model that only walks the clock forward, around every change of the clock.

use std::time::Duration;

use jiff::civil::date;

use super::*;

const MINUTE_US: i64 = 60_000_000;
/// Three years around the day these tests were written.
const YEARS: (i16, i16) = (2023, 2029);
/// Another seed looks at other weeks.
const SEED: u64 = 20_261_122;
/// How often each date of each zone gets another week: once, and more when asked for (`BEDSIDE_TEST_LONG=1`).
fn rounds() -> usize {
    if std::env::var("BEDSIDE_TEST_LONG").is_ok_and(|long| long == "1") { 50 } else { 1 }
}

/// SplitMix64 (Steele, Lea, Flood 2014): a few lines, the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

fn span(from: &str, until: &str) -> Span {
    Span { from: at(from), until: at(until) }
}

fn daily(from_minute: u16, until_minute: u16) -> Vec<Rule> {
    (1..=7).map(|weekday| Rule { weekday, from_minute, until_minute }).collect()
}

fn windows(zone_name: &str, rules: Vec<Rule>, on: Date) -> Vec<Span> {
    Calendar::new(zone(zone_name), rules).windows_of(on).collect()
}

/// The model: the first whole minute at which a clock that is watched shows the time or a later one. Knows nothing of
/// gaps and folds; begins before any offset of the zone could show it.
fn watched(zone: &TimeZone, wall: DateTime) -> Timestamp {
    let utc = TimeZone::UTC.to_timestamp(wall).unwrap();
    let offset =
        |hours: i64| i64::from(zone.to_offset(utc + jiff::SignedDuration::from_hours(hours)).seconds());
    let furthest = [-48, -24, -12, 0, 12, 24, 48].map(offset).into_iter().max().unwrap();
    let mut instant = utc - jiff::SignedDuration::from_secs(furthest);
    while zone.to_datetime(instant) < wall {
        instant += jiff::SignedDuration::from_mins(1);
    }
    instant.into()
}

/// A week that somebody might type: each day cut at random minutes, every other piece open.
fn random_week(random: &mut Random) -> Vec<Rule> {
    let mut rules = Vec::new();
    for weekday in 1..=7 {
        let mut cuts: Vec<u16> = (0..4).map(|_| u16::try_from(random.below(289)).unwrap() * 5).collect();
        cuts.sort_unstable();
        for pair in cuts.chunks_exact(2).filter(|pair| pair[0] < pair[1]) {
            rules.push(Rule { weekday, from_minute: pair[0], until_minute: pair[1] });
        }
    }
    rules
}

fn zones() -> Vec<String> {
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
    assert!(names.len() > 400, "the tz data is not there");
    names
}

/// Dates around each change of the clock.
fn dates_of_changes(zone: &TimeZone) -> Vec<Date> {
    let (first, last) = YEARS;
    let begin = date(first, 1, 1).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
    let changes = zone.following(begin).map(|change| change.timestamp());
    let mut dates = vec![date(2026, 6, 15)];
    for change in changes.take_while(|change| zone.to_datetime(*change).year() < last) {
        let day = zone.to_datetime(change).date();
        dates.extend([day.yesterday().unwrap(), day, day.tomorrow().unwrap()]);
    }
    dates
}

#[test]
fn around_every_change_of_the_clock_windows_are_what_a_watched_clock_shows() {
    let mut random = Random(SEED);
    let mut looked_at = 0;
    for name in zones().iter().cycle().take(zones().len() * rounds()) {
        let zone = zone(name);
        for day in dates_of_changes(&zone) {
            let rules = random_week(&mut random);
            let found: Vec<Span> = Calendar::new(zone.clone(), rules.clone()).windows_of(day).collect();

            let weekday = day.weekday().to_monday_one_offset();
            let expected: Vec<Span> = rules
                .iter()
                .filter(|rule| rule.weekday == weekday)
                .map(|rule| Span {
                    from: watched(&zone, wall_time(day, rule.from_minute).unwrap()),
                    until: watched(&zone, wall_time(day, rule.until_minute).unwrap()),
                })
                .filter(|window| window.from < window.until)
                .collect();
            assert_eq!(found, expected, "{name} {day} {rules:?}");
            looked_at += found.len();
        }
    }
    assert!(looked_at > 10_000, "only {looked_at} windows");
}

#[test]
fn a_clinic_that_is_always_open_loses_no_instant_and_has_none_twice() {
    let mut random = Random(SEED);
    for name in zones() {
        let zone = zone(&name);
        let cut = u16::try_from(5 * (1 + random.below(287))).unwrap();
        let rules = [daily(0, cut), daily(cut, DAY_MINUTES)].concat();
        let calendar = Calendar::new(zone.clone(), rules);
        for day in dates_of_changes(&zone) {
            let asked = Span {
                from: watched(&zone, day.yesterday().unwrap().at(0, 0, 0, 0)),
                until: watched(&zone, day.tomorrow().unwrap().at(0, 0, 0, 0)),
            };

            let mut covered = asked.from;
            for window in calendar.windows(asked) {
                assert_eq!(window.from, covered, "{name} {day}: time lost or given twice");
                covered = window.until;
            }

            assert_eq!(covered, asked.until, "{name} {day}");
        }
    }
}

#[test]
fn lord_howe_changes_by_half_an_hour() {
    let open = daily(60, 180);

    // 2026-10-04 02:00 +10:30 → 02:30 +11; 2026-04-05 02:00 +11 → 01:30 +10:30.
    let spring = windows("Australia/Lord_Howe", open.clone(), date(2026, 10, 4));
    let autumn = windows("Australia/Lord_Howe", open, date(2026, 4, 5));
    let in_gap = windows("Australia/Lord_Howe", daily(135, 180), date(2026, 10, 4));
    let in_fold = windows("Australia/Lord_Howe", daily(105, 180), date(2026, 4, 5));

    assert_eq!(spring, [span("2026-10-03T14:30:00Z", "2026-10-03T16:00:00Z")], "an hour and a half");
    assert_eq!(autumn, [span("2026-04-04T14:00:00Z", "2026-04-04T16:30:00Z")], "two hours and a half");
    assert_eq!(in_gap, [span("2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z")], "from the change on");
    assert_eq!(in_fold, [span("2026-04-04T14:45:00Z", "2026-04-04T16:30:00Z")], "the earlier 01:45");
}

#[test]
fn troll_changes_by_two_hours() {
    // 2026-03-29 01:00 +0 → 03:00 +2.
    assert_eq!(
        windows("Antarctica/Troll", daily(0, 240), date(2026, 3, 29)),
        [span("2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z")]
    );
    assert_eq!(windows("Antarctica/Troll", daily(70, 170), date(2026, 3, 29)), [], "all of it in the gap");
}

#[test]
fn apia_had_no_30_december_2011() {
    let late_or_early = [daily(0, 120), daily(22 * 60, DAY_MINUTES)].concat();

    let before = windows("Pacific/Apia", late_or_early.clone(), date(2011, 12, 29));
    let missing = windows("Pacific/Apia", late_or_early.clone(), date(2011, 12, 30));
    let after = windows("Pacific/Apia", late_or_early, date(2011, 12, 31));

    assert_eq!(before[1], span("2011-12-30T08:00:00Z", "2011-12-30T10:00:00Z"));
    assert_eq!(missing, []);
    assert_eq!(after[0], span("2011-12-30T10:00:00Z", "2011-12-30T12:00:00Z"));
}

#[test]
fn kathmandu_is_five_hours_and_three_quarters_ahead() {
    assert_eq!(
        windows("Asia/Kathmandu", daily(540, 600), date(2026, 11, 23)),
        [span("2026-11-23T03:15:00Z", "2026-11-23T04:15:00Z")]
    );
}

#[test]
fn where_the_clock_goes_forward_at_midnight_the_day_begins_later_and_the_one_before_is_whole() {
    // Cairo, 2026-04-24: 00:00 +2 → 01:00 +3.
    let rules = [daily(0, 120), daily(23 * 60, DAY_MINUTES)].concat();

    let before = windows("Africa/Cairo", rules.clone(), date(2026, 4, 23));
    let after = windows("Africa/Cairo", rules, date(2026, 4, 24));

    assert_eq!(before[1], span("2026-04-23T21:00:00Z", "2026-04-23T22:00:00Z"), "until 24:00");
    assert_eq!(after[0], span("2026-04-23T22:00:00Z", "2026-04-23T23:00:00Z"), "from 01:00");
}

#[test]
fn windows_of_a_span_reach_into_it_and_no_others_do() {
    let calendar = Calendar::new(zone("Europe/Berlin"), daily(540, 600));

    let found: Vec<Span> = calendar.windows(span("2026-11-23T08:30:00Z", "2026-11-24T08:00:01Z")).collect();

    assert_eq!(
        found,
        [
            span("2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z"),
            span("2026-11-24T08:00:00Z", "2026-11-24T09:00:00Z")
        ]
    );
    assert_eq!(calendar.windows(span("2026-11-23T09:00:00Z", "2026-11-24T08:00:00Z")).count(), 0);
    assert_eq!(
        calendar.windows(span("2026-11-25T00:00:00Z", "2026-11-23T00:00:00Z")).count(),
        0,
        "backwards"
    );
}

#[test]
fn rules_that_overlap_are_one() {
    let rules = vec![
        Rule { weekday: 1, from_minute: 600, until_minute: 780 },
        Rule { weekday: 1, from_minute: 540, until_minute: 720 },
        Rule { weekday: 1, from_minute: 780, until_minute: 800 },
    ];

    let found = windows("UTC", rules, date(2026, 11, 23));

    let minutes: Vec<i64> = found.iter().map(|w| (w.until.as_us() - w.from.as_us()) / MINUTE_US).collect();
    assert_eq!(minutes, [240, 20], "09:00 to 13:00, and the rule that only touches it");
}

#[test]
fn the_ends_of_time_neither_panic_nor_run_for_ever() {
    let calendar = Calendar::new(zone("Europe/Berlin"), daily(0, DAY_MINUTES));
    let last = Timestamp::from_us(i64::MAX);
    let first = Timestamp::from_us(i64::MIN);

    assert!(calendar.windows(Span { from: last - Duration::from_secs(86_400), until: last }).count() < 5);
    assert!(calendar.windows(Span { from: first, until: first + Duration::from_secs(86_400) }).count() < 5);
}
