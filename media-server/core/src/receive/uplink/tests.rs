use super::*;
use crate::packet::fixtures::start;

const VOICE: Bitrate = Bitrate::from_kbps(40);
/// All three layers of a camera.
const ALL: Bitrate = Bitrate::from_kbps(2150);
/// The lowest.
const LOWEST: Bitrate = Bitrate::from_kbps(150);

/// A second of a way on which pictures and sound share 80 kbit/s, with all layers asked for.
fn losing(lost: u8) -> Seen {
    Seen {
        sound_lost: Some(lost),
        sound: VOICE,
        pictures: VOICE,
        has_pictures: true,
        asked: ALL,
        ..Seen::default()
    }
}

fn late(ms: u64) -> Seen {
    Seen { sound_late: Duration::from_millis(ms), asked: LOWEST, ..losing(0) }
}

/// In a try, with pictures that have just begun to come.
fn queued(sound_queued: Duration) -> Seen {
    Seen { sound_queued, pictures: Bitrate::ZERO, ..losing(0) }
}

/// Looks once a second, at what comes with so many pictures; what was allowed in each second.
fn allowed(uplink: &mut Uplink, seconds: u64, seen: impl Fn(u64, Pictures) -> Seen) -> Vec<Pictures> {
    let now = start();
    let second = |second| {
        let seen = seen(second, uplink.pictures());
        let is_held = uplink.pictures() == Pictures::Held;
        let seen = if is_held { Seen { pictures: Bitrate::ZERO, has_pictures: false, ..seen } } else { seen };
        uplink.look(now + Duration::from_secs(second), &seen);
        uplink.pictures()
    };
    (0..seconds).map(second).collect()
}

/// When pictures begin to be held up.
fn holds(allowed: &[Pictures]) -> Vec<usize> {
    let begins =
        |at: &usize| allowed[*at] == Pictures::Held && (*at == 0 || allowed[at - 1] != Pictures::Held);
    (0..allowed.len()).filter(begins).collect()
}

#[test]
fn who_loses_sound_on_a_thin_way_is_relieved_of_pictures_and_tried_again_ever_more_rarely() {
    let mut uplink = Uplink::default();

    let allowed =
        allowed(&mut uplink, 200, |_, pictures| losing(if pictures == Pictures::Held { 0 } else { 60 }));

    // Three looks, then 20, 40, 80 s, with one look at a try between.
    assert_eq!(holds(&allowed), [2, 23, 64, 145]);
    assert!(!allowed[3..].contains(&Pictures::All));
}

#[test]
fn sound_that_waits_behind_pictures_is_a_sign_however_little_is_asked_for() {
    let mut uplink = Uplink::default();

    assert_eq!(holds(&allowed(&mut uplink, 20, |_, _| late(200))), [2]);
}

#[test]
fn pictures_that_come_in_pieces_keep_sound_waiting_all_the_same() {
    let pieces = |ms| Seen { pictures: Bitrate::ZERO, ..late(ms) };
    let none = Seen { has_pictures: false, ..pieces(200) };
    let calm = |second| pieces(if second % 3 == 2 { 0 } else { 200 });

    assert_eq!(holds(&allowed(&mut Uplink::default(), 20, |_, _| pieces(200))), [2]);
    assert_eq!(holds(&allowed(&mut Uplink::default(), 20, |_, _| none)), [0; 0], "nothing to hold up");
    assert_eq!(
        holds(&allowed(&mut Uplink::default(), 20, |second, _| calm(second))),
        [0; 0],
        "it waits no more"
    );
}

#[test]
fn where_all_comes_that_was_asked_for_sound_waits_for_something_else() {
    let all = Seen { pictures: LOWEST, ..late(200) };

    assert_eq!(holds(&allowed(&mut Uplink::default(), 20, |_, _| all)), [0; 0]);
}

#[test]
fn a_burst_of_loss_holds_nothing_up() {
    let mut uplink = Uplink::default();

    assert_eq!(
        holds(&allowed(&mut uplink, 60, |second, _| losing(if second % 4 < 2 { 200 } else { 0 }))),
        [0; 0]
    );
}

#[test]
fn loss_by_chance_on_a_fast_way_holds_nothing_up() {
    let fast = Seen { pictures: Bitrate::from_kbps(900), ..losing(40) };

    assert_eq!(holds(&allowed(&mut Uplink::default(), 60, |_, _| fast)), [0; 0]);
}

#[test]
fn where_little_was_asked_for_it_is_not_the_rate_that_loses() {
    let small = |kbps| Seen { asked: LOWEST, pictures: Bitrate::from_kbps(kbps), ..losing(60) };
    let holds = |kbps| holds(&allowed(&mut Uplink::default(), 20, |_, _| small(kbps)));

    assert_eq!(holds(140), [0; 0], "as much comes as was asked for");
    assert_ne!(holds(40), [0; 0], "not even that much comes");
}

#[test]
fn a_few_packets_of_sound_tell_nothing() {
    assert_eq!(part_missing(Interval { expected: 9, missing: 9 }), None);
    assert_eq!(part_missing(Interval { expected: 10, missing: 5 }), Some(128));

    let silent = Seen { sound_lost: None, ..losing(0) };
    assert_eq!(holds(&allowed(&mut Uplink::default(), 60, |_, _| silent)), [0; 0]);
}

#[test]
fn where_sound_is_lost_without_pictures_too_they_come_back_and_stay() {
    let mut uplink = Uplink::default();

    let allowed = allowed(&mut uplink, 80, |_, _| losing(60));

    assert_eq!(holds(&allowed), [2]);
    assert_eq!(allowed[2 + 6], Pictures::Lowest);
    assert_eq!(allowed[2 + 6 + 11..], [Pictures::All; 61]);
}

#[test]
fn a_way_that_has_become_better_is_believed() {
    let mut uplink = Uplink::default();

    let allowed = allowed(&mut uplink, 60, |second, pictures| {
        let is_slow = !(3..50).contains(&second) && pictures != Pictures::Held;
        losing(if is_slow { 60 } else { 0 })
    });

    let runs: Vec<(Pictures, usize)> =
        allowed.chunk_by(|one, other| one == other).map(|run| (run[0], run.len())).collect();
    let expected = [
        (Pictures::All, 2),
        (Pictures::Held, 20),
        (Pictures::Lowest, 11),
        (Pictures::All, 19),
        // The next time begins anew.
        (Pictures::Held, 8),
    ];
    assert_eq!(runs, expected);
    assert_eq!(uplink.hold, HOLD);
}

#[test]
fn a_try_without_pictures_proves_nothing() {
    let mut uplink = Uplink::default();
    allowed(&mut uplink, 3, |_, _| losing(60));

    // They are said to be sent.
    let silent = Seen { pictures: Bitrate::ZERO, ..losing(0) };
    let now = start() + Duration::from_secs(3);
    for second in 0..60 {
        uplink.look(now + Duration::from_secs(second), &silent);
    }

    assert_eq!(uplink.pictures(), Pictures::Lowest);
}

#[test]
fn a_try_is_stopped_as_soon_as_sound_waits() {
    let mut uplink = Uplink::default();
    allowed(&mut uplink, 23, |_, pictures| losing(if pictures == Pictures::All { 60 } else { 0 }));
    assert!(uplink.is_tried());

    let now = start() + Duration::from_millis(23_100);
    uplink.look_at_try(now, &queued(QUEUED_IN_TRY - Duration::from_millis(1)));
    uplink.look_at_try(now, &Seen { has_pictures: false, ..queued(QUEUED_IN_TRY) });
    uplink.look_at_try(now, &Seen { pictures: THIN, ..queued(QUEUED_IN_TRY) });
    assert!(uplink.is_tried());
    uplink.look_at_try(now, &queued(QUEUED_IN_TRY));

    assert_eq!(uplink.pictures(), Pictures::Held);
}
