//! Somebody who joins late does not wait for the next key frame by chance: one is asked for.

use protocol::signal::Source;

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{Simulation, call, ms, patient, practitioner, secs, seeds};

#[test]
fn a_key_frame_comes_at_once() {
    for seed in seeds(&[1, 2, 3], 500) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), call(1, 2));
        let ben = room.join(patient(2), call(2, 2));
        room.run(secs(10));
        let before = room.statistics(anna).track(Source::Camera).unwrap().sent;
        let carla = room.join(patient(3), call(3, 2));
        assert!(room.run_until(secs(2), |room| room.participant(carla).is_connected()));
        let connected = room.now();

        room.run(secs(3));

        for other in [anna, ben] {
            let seen = room.received(carla, other, Source::Camera);
            let waited = seen.first_frame_at.unwrap().saturating_duration_since(connected);
            // To the publisher and back, and a frame's time.
            assert!(waited <= ms(150), "seed {seed}: {other:?} was seen after {waited:?}");
            assert!(seen.frames > 80);
        }
        let asked = room.statistics(anna).track(Source::Camera).unwrap().sent;
        assert!(asked.key_frames > before.key_frames);
        assert!(asked.key_frames <= before.key_frames + 2, "one for all who want it");
        assert_flawless(&room.statistics(carla));
    }
}

#[test]
fn ten_who_join_together_cost_a_publisher_few_key_frames() {
    let mut room = Simulation::new(4);
    let anna = room.join(practitioner(1), call(1, 7));
    room.run(secs(3));
    let before = room.statistics(anna).track(Source::Camera).unwrap().sent.key_frames;

    let others: Vec<_> = (2..=8).map(|seat| room.join(patient(seat), call(seat, 7))).collect();
    room.run(secs(3));

    let keys = room.statistics(anna).track(Source::Camera).unwrap().sent.key_frames - before;
    assert!((1..=3).contains(&keys), "{keys} key frames for seven who joined at once");
    for &me in &others {
        assert!(room.received(me, anna, Source::Camera).frames > 60);
    }
}
