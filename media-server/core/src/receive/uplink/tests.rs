use super::*;
use crate::packet::fixtures::start;

const VOICE: Bitrate = Bitrate::from_kbps(40);
/// All three layers of a camera.
const ALL: Bitrate = Bitrate::from_kbps(2150);
/// The lowest.
const LOWEST: Bitrate = Bitrate::from_kbps(150);

/// A second of a way on which pictures and sound share 80 kbit/s.
fn thin(lost: u8) -> Seen {
    Seen { sound_lost: Some(lost), sound: VOICE, pictures: VOICE, asked: ALL }
}

/// Looks once a second, at what comes unless pictures are held up; when they were, in seconds.
fn held(uplink: &mut Uplink, seconds: u64, seen: impl Fn(u64) -> Seen) -> Vec<u64> {
    let now = start();
    let mut held = Vec::new();
    for second in 0..seconds {
        let without = Seen { sound_lost: Some(0), sound: VOICE, ..Seen::default() };
        let seen = if uplink.is_held_up() { without } else { seen(second) };
        uplink.look(now + Duration::from_secs(second), &seen);
        held.extend(uplink.is_held_up().then_some(second));
    }
    held
}

fn begins(held: &[u64]) -> Vec<u64> {
    held.iter().copied().filter(|at| !held.contains(&at.wrapping_sub(1))).collect()
}

#[test]
fn who_loses_sound_on_a_thin_way_is_relieved_of_pictures_and_tried_again_ever_more_rarely() {
    let held = held(&mut Uplink::default(), 120, |_| thin(60));

    // Three looks, then 10, 20, 40, 60 s, with three looks between.
    assert_eq!(begins(&held), [2, 15, 38, 81]);
}

#[test]
fn a_burst_of_loss_holds_nothing_up() {
    let held = held(&mut Uplink::default(), 60, |second| thin(if second % 4 < 2 { 200 } else { 0 }));

    assert_eq!(held, [0; 0]);
}

#[test]
fn loss_by_chance_on_a_fast_way_holds_nothing_up() {
    let fast = Seen { pictures: Bitrate::from_kbps(900), ..thin(40) };

    assert_eq!(held(&mut Uplink::default(), 60, |_| fast), [0; 0]);
}

#[test]
fn where_little_was_asked_for_it_is_not_the_rate_that_loses() {
    let small = |kbps| Seen { asked: LOWEST, pictures: Bitrate::from_kbps(kbps), ..thin(60) };

    assert_eq!(held(&mut Uplink::default(), 60, |_| small(140)), [0; 0], "as much comes as was asked for");
    assert_ne!(held(&mut Uplink::default(), 60, |_| small(40)), [0; 0], "not even that much comes");
}

#[test]
fn a_few_packets_of_sound_tell_nothing() {
    assert_eq!(part_missing(Interval { expected: 9, missing: 9 }), None);
    assert_eq!(part_missing(Interval { expected: 10, missing: 5 }), Some(128));

    let silent = Seen { sound_lost: None, ..thin(0) };
    assert_eq!(held(&mut Uplink::default(), 60, |_| silent), [0; 0]);
}

#[test]
fn a_way_that_has_become_better_is_believed() {
    let mut uplink = Uplink::default();

    let held = held(&mut uplink, 60, |second| thin(if second < 3 || second == 40 { 60 } else { 0 }));

    assert_eq!(held, (2..12).collect::<Vec<_>>());
    assert_eq!(uplink.hold, Duration::ZERO, "the next time begins anew");
}

#[test]
fn a_try_without_pictures_shows_nothing() {
    let muted = Seen { pictures: Bitrate::ZERO, ..thin(0) };

    // Held from 2 to 12; then the camera is off for half a minute.
    let held =
        held(&mut Uplink::default(), 66, |second| if (12..42).contains(&second) { muted } else { thin(60) });

    assert_eq!(begins(&held), [2, 44]);
    assert_eq!(held.len(), 10 + 20, "the second time is twice as long");
}
