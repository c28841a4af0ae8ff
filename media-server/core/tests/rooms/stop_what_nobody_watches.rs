//! A publisher sends the layers that somebody watches, and those below them, and no others.

use protocol::signal::{Source, ViewSize};

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{PersonId, Simulation, call, layered_call, ms, patient, practitioner, secs, seeds};

/// Frames of each layer, or size of one stream, that leave `from` in the next second.
pub(crate) fn sent(room: &mut Simulation, from: PersonId) -> [u64; 3] {
    let frames = |room: &Simulation| {
        let track = room.statistics(from);
        let layers = track.track(Source::Camera).unwrap().layers.clone();
        [0, 1, 2].map(|at: usize| layers[at].frames)
    };
    let before = frames(room);
    room.run(secs(1));
    let after = frames(room);
    std::array::from_fn(|layer| after[layer] - before[layer])
}

/// The camera of `anna`, which `ben` shows large, sends its lowest alone after he has shown it small for a while, and all within
/// 500 ms when it is large again.
pub(crate) fn assert_larger_ones_stop_and_start_again(
    room: &mut Simulation,
    (anna, ben): (PersonId, PersonId),
    seed: u64,
) {
    let full = sent(room, anna);
    room.set_view(ben, anna, Source::Camera, ViewSize::Thumbnail);
    room.run(ms(1800));
    let soon = sent(room, anna);
    room.run(secs(1));
    let stopped = sent(room, anna);

    room.set_view(ben, anna, Source::Camera, ViewSize::Full);
    let is_back =
        room.run_until(ms(500), |room| room.lane(ben, anna, Source::Camera).received.layer == Some(2));

    assert!(full.iter().all(|frames| *frames >= 29), "seed {seed}: {full:?}");
    assert!(soon[2] > 0, "seed {seed}: a stop waits: {soon:?}");
    assert!(stopped[0] >= 29 && stopped[1..] == [0, 0], "seed {seed}: {stopped:?}");
    assert!(is_back, "seed {seed}: the largest is there within 500 ms");
}

#[test]
fn layers_above_what_is_shown_stop_and_start_again_within_500_ms() {
    for seed in seeds(&[1, 2, 3], 100) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 1));
        let ben = room.join(patient(2), call(2, 1));
        room.run(secs(3));
        assert_larger_ones_stop_and_start_again(&mut room, (anna, ben), seed);
        room.run(secs(1));
        assert_flawless(&room.statistics(ben));
        let received = room.lane(ben, anna, Source::Camera).received;
        assert_eq!((received.freezes, received.timestamp_breaks), (0, 0), "seed {seed}: {received:?}");
    }
}

#[test]
fn who_is_alone_sends_no_picture_and_who_comes_sees_one_soon() {
    for seed in seeds(&[4, 5], 100) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 1));
        room.run(secs(4));
        let alone = sent(&mut room, anna);
        let clicked = room.now();
        let ben = room.join(patient(2), call(2, 1));

        room.run(secs(3));

        assert_eq!(alone, [0; 3], "seed {seed}");
        let first = room.received(ben, anna, Source::Camera).first_frame_at.unwrap();
        assert!(first - clicked <= ms(400), "seed {seed}: after {:?}", first - clicked);
        assert_eq!(room.lane(ben, anna, Source::Camera).received.layer, Some(2));
    }
}

#[test]
fn the_largest_view_decides() {
    let mut room = Simulation::new(6);
    let anna = room.join(practitioner(1), layered_call(1, 2));
    let ben = room.join(patient(2), call(2, 2));
    let carla = room.join(patient(3), call(3, 2));
    room.run(secs(2));

    room.set_view(ben, anna, Source::Camera, ViewSize::Thumbnail);
    room.set_view(carla, anna, Source::Camera, ViewSize::Medium);
    room.run(secs(3));
    let both = sent(&mut room, anna);
    room.leave(carla);
    room.run(secs(3));
    let one = sent(&mut room, anna);

    assert!(both[0] >= 29 && both[1] >= 29 && both[2] == 0, "{both:?}");
    assert!(one[0] >= 29 && one[1..] == [0, 0], "{one:?}");
}

#[test]
fn who_comes_back_with_a_new_transport_is_asked_anew() {
    let mut room = Simulation::new(7);
    let anna = room.join(practitioner(1), layered_call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(2));
    room.set_view(ben, anna, Source::Camera, ViewSize::Thumbnail);
    room.run(secs(3));

    room.resume(anna);
    room.run(secs(4));
    let after_publisher = sent(&mut room, anna);
    room.resume(ben);
    room.run(secs(4));
    let after_subscriber = sent(&mut room, anna);

    for sent in [after_publisher, after_subscriber] {
        assert!(sent[0] >= 29 && sent[1..] == [0, 0], "{sent:?}");
    }
    assert_flawless(&room.statistics(ben));
}
