//! It should tell each minute of a connection once, in stretches of ten seconds, whoever is away in between.

use rtp::Bitrate;

use super::*;
use crate::packet::fixtures::start;
use crate::quality::mos::SpeechLoss;

const SECOND: Duration = Duration::from_secs(1);

fn seat() -> SeatId {
    SeatId(uuid::Uuid::from_u128(7))
}

/// A second at this rate that loses this much.
fn sample(kbps: u64, lost_permille: u16) -> Sample {
    let loss = SpeechLoss { lost: f32::from(lost_permille) / 1000.0, burst_ratio: 1.0 };
    Sample {
        bitrate: Bitrate::from_kbps(kbps),
        loss_permille: Some(lost_permille),
        jitter: Duration::from_millis(u64::from(lost_permille)),
        rtt: Some(Duration::from_millis(50)),
        rating: Some(Rating::new(Duration::from_millis(50), loss)),
        ..Sample::default()
    }
}

/// Seconds `from..until` of a connection, all alike, and what was told of them.
fn play(
    timeline: &mut Timeline,
    seconds: std::ops::Range<u32>,
    sample: Sample,
    cause: Option<Cause>,
) -> Vec<(u32, Vec<Stretch>)> {
    let told = seconds.filter_map(|at| {
        let from = start() + SECOND * at;
        timeline.handle_second(seat(), &[sample; 2], cause, (from, from + SECOND))
    });
    told.map(unwrap).collect()
}

fn unwrap(told: RoomEventKind) -> (u32, Vec<Stretch>) {
    let RoomEventKind::Quality { seat: whose, span_ms, stretches } = told else { panic!("{told:?}") };
    assert_eq!(whose, seat());
    (span_ms, stretches)
}

#[test]
fn a_minute_is_told_when_it_is_full_and_the_rest_when_it_ends() {
    let mut timeline = Timeline::default();

    let told = play(&mut timeline, 0..134, sample(500, 0), None);
    let rest = unwrap(timeline.take(seat(), start() + SECOND * 134).unwrap());

    let lengths = |(span_ms, stretches): &(u32, Vec<Stretch>)| {
        (*span_ms, stretches.iter().map(|one| one.seconds).collect::<Vec<_>>())
    };
    assert_eq!(told.iter().map(lengths).collect::<Vec<_>>(), vec![(60_000, vec![10; 6]); 2]);
    assert_eq!(lengths(&rest), (14_000, vec![10, 4]));
    assert_eq!(timeline.take(seat(), start() + SECOND * 140), None, "and is told once");
}

#[test]
fn looks_that_come_late_fill_no_stretch_twice() {
    let mut timeline = Timeline::default();
    let late = Duration::from_millis(1_007);
    let told = (0..180).filter_map(|at| {
        let from = start() + late * at;
        timeline.handle_second(seat(), &[sample(500, 0); 2], None, (from, from + late))
    });

    let told: Vec<_> = told.map(unwrap).collect();

    assert!(told.len() >= 3, "{told:?}");
    for (span_ms, stretches) in &told {
        assert!((59_000..=61_000).contains(span_ms), "{span_ms}");
        assert_eq!(stretches.len(), STRETCHES_MAX);
        assert!(stretches.iter().all(|one| (9..=11).contains(&one.seconds)), "{stretches:?}");
    }
}

#[test]
fn a_stretch_has_means_worst_and_sums() {
    let mut timeline = Timeline::default();
    let frozen = Sample { frozen: Duration::from_millis(700), layer: Some(Layer(2)), ..sample(1000, 0) };
    play(&mut timeline, 0..5, frozen, None);
    play(&mut timeline, 5..8, Sample { layer: Some(Layer(1)), ..sample(200, 100) }, None);
    play(&mut timeline, 8..10, Sample { loss_permille: None, rating: None, rtt: None, ..sample(0, 9) }, None);

    let (_, stretches) = unwrap(timeline.take(seat(), start() + SECOND * 10).unwrap());

    let way = stretches[0].receive;
    assert_eq!(way.bitrate_bps, (5 * 1_000_000 + 3 * 200_000) / 10);
    assert_eq!(way.loss_permille, Some(38), "300 of the eight seconds in which something was to come");
    assert_eq!((way.jitter_ms_max, way.rtt_ms, way.frozen_ms), (100, Some(50), 3_500));
    assert_eq!((way.layer_min, way.mos_min.map(Mos::tenths)), (Some(1), Some(34)));
    assert_eq!(stretches[0].forward, way);
}

#[test]
fn the_cause_of_a_stretch_is_the_one_that_lasted_longest_and_no_moment() {
    let of = |parts: &[(u32, Option<Cause>)]| {
        let mut timeline = Timeline::default();
        let mut at = 0;
        for (seconds, cause) in parts {
            play(&mut timeline, at..at + seconds, sample(500, 0), *cause);
            at += seconds;
        }
        unwrap(timeline.take(seat(), start() + SECOND * at).unwrap()).1[0].cause
    };

    assert_eq!(of(&[(9, None), (1, Some(Cause::Uplink))]), None);
    assert_eq!(of(&[(8, None), (2, Some(Cause::Server))]), Some(Cause::Server));
    assert_eq!(of(&[(2, Some(Cause::Uplink)), (5, Some(Cause::Downlink))]), Some(Cause::Downlink));
    assert_eq!(of(&[(3, Some(Cause::Device)), (3, Some(Cause::Uplink))]), Some(Cause::Uplink));
}

#[test]
fn who_was_away_has_a_gap_and_whoever_stayed_away_longer_begins_anew() {
    let mut timeline = Timeline::default();
    play(&mut timeline, 0..10, sample(500, 0), None);
    let back = play(&mut timeline, 35..40, sample(500, 0), None);
    let late = play(&mut timeline, 200..203, sample(500, 0), None);
    let rest = unwrap(timeline.take(seat(), start() + SECOND * 203).unwrap());

    assert_eq!(back, []);
    let seconds = |told: &[Stretch]| told.iter().map(|one| one.seconds).collect::<Vec<_>>();
    assert_eq!((late[0].0, seconds(&late[0].1)), (201_000, vec![10, 0, 0, 5]), "it began 201 s ago");
    assert_eq!((rest.0, seconds(&rest.1)), (3_000, vec![3]));
    assert_eq!(late.len(), 1);
}
