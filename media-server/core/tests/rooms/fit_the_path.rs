//! What a subscriber is sent fits its path: less when it carries less, more when it carries more, sound always.

use protocol::signal::{Kind, Pause, ServerMessage, Source};

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{
    PersonId, Simulation, call, home, layered_call, ms, path, patient, practitioner, secs, seeds,
};

/// Why `from`'s picture stands, as `me` was told last.
pub(crate) fn paused(room: &Simulation, me: PersonId, from: PersonId) -> Option<Pause> {
    let lanes = room.events(me).iter().rev().find_map(|(_, event)| match event {
        client::Event::Message(ServerMessage::Lanes { lanes }) => Some(lanes),
        _ => None,
    });
    lanes.and_then(|lanes| {
        lanes.iter().filter(|lane| lane.seat == Some(room.seat(from))).find_map(|lane| lane.paused)
    })
}

fn is_paused(room: &Simulation, me: PersonId, from: PersonId) -> bool {
    paused(room, me, from) == Some(Pause::Downlink)
}

/// Whether everybody was told last that `who`'s path is too slow for pictures.
fn is_known(room: &Simulation, me: PersonId, who: PersonId) -> bool {
    let quality = room.events(me).iter().rev().find_map(|(_, event)| match event {
        client::Event::Message(ServerMessage::Quality { quality }) => Some(quality),
        _ => None,
    });
    quality.is_some_and(|all| all.iter().any(|one| one.seat == room.seat(who) && one.video_paused))
}

#[test]
fn a_path_that_steps_gets_the_layers_that_it_carries() {
    for seed in seeds(&[1, 2, 3, 8], 100) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 1));
        let ben = room.join_over(patient(2), call(2, 1), home(), path(3000));

        room.run(secs(15));
        let at_3000 = room.lane(ben, anna, Source::Camera).received;
        room.set_network(ben, home(), path(500));
        room.run(secs(15));
        let at_500 = room.lane(ben, anna, Source::Camera).received;
        room.set_network(ben, home(), path(1200));
        room.run(secs(20));
        let at_1200 = room.lane(ben, anna, Source::Camera).received;

        assert_eq!(at_3000.layer, Some(2), "seed {seed}");
        assert_eq!(at_500.layer, Some(0), "seed {seed}");
        assert_eq!(at_1200.layer, Some(1), "seed {seed}");
        // A step down costs what is in the queue, and the way of a key frame.
        assert!(at_1200.frozen_max <= ms(1500), "seed {seed}: {:?}", at_1200.frozen_max);
        assert!(!is_paused(&room, ben, anna), "seed {seed}");
        assert_flawless(&room.statistics(ben));
    }
}

#[test]
fn who_is_too_slow_for_pictures_hears_everything_and_both_know_why() {
    for seed in seeds(&[4, 5], 100) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 1));
        let ben = room.join_over(patient(2), call(2, 1), home(), path(1000));
        room.run(secs(10));
        assert!(!is_paused(&room, ben, anna) && !is_known(&room, anna, ben), "seed {seed}");

        room.set_network(ben, home(), path(80));
        let is_told = room.run_until(secs(6), |room| is_paused(room, ben, anna) && is_known(room, anna, ben));
        room.run(secs(5));
        let audio = |room: &Simulation| {
            let lanes = room.statistics(ben).lanes.into_iter();
            lanes.filter(|lane| lane.kind == Kind::Audio).map(|lane| lane.received).next().unwrap()
        };
        let before = audio(&room);
        room.run(secs(20));
        let after = audio(&room);
        room.set_network(ben, home(), path(1000));
        let is_back = room.run_until(secs(15), |room| !is_paused(room, ben, anna));
        room.run(secs(4));

        assert!(is_told, "seed {seed}");
        let heard = after.packets - before.packets;
        assert!(heard >= 980, "seed {seed}: {heard} of 1000 packets of sound");
        assert!(is_back, "seed {seed}");
        assert!(!is_known(&room, anna, ben), "seed {seed}: Anna is told too");
        assert_flawless(&room.statistics(ben));
    }
}

#[test]
fn the_practitioner_sees_the_patient_before_others() {
    for seed in seeds(&[6, 7], 100) {
        let mut room = Simulation::new(seed);
        let colleague = room.join(practitioner(3), layered_call(3, 2));
        let patients = room.join(patient(2), layered_call(2, 2));
        let anna = room.join_over(practitioner(1), call(1, 2), home(), path(1100));

        room.run(secs(10));
        let sharp = |room: &Simulation, of| {
            let [_, middle, high] = room.lane(anna, of, Source::Camera).received.layer_frames;
            middle + high
        };
        let before = [patients, colleague].map(|of| sharp(&room, of));
        room.run(secs(30));

        let after = [patients, colleague].map(|of| sharp(&room, of));
        // There is not enough for both, but for moments in which it seems so.
        let [patient, colleague] = [0, 1].map(|at| after[at] - before[at]);
        assert!(patient > 700 && colleague < 300, "seed {seed}: {patient} and {colleague} of 900");
    }
}

#[test]
fn a_key_frame_does_not_delay_the_sound() {
    for seed in seeds(&[8, 9], 100) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 1));
        let ben = room.join_over(patient(2), call(2, 1), home(), path(2500));

        room.run(secs(20));

        let lanes = room.statistics(ben).lanes;
        let audio = lanes.iter().find(|lane| lane.kind == Kind::Audio).unwrap();
        assert_eq!(room.lane(ben, anna, Source::Camera).received.layer, Some(2), "seed {seed}");
        // 20 and 25 ms of way. A frame of 6 KB takes 20 ms of this path; unpaced, a key frame of 37 KB would take 120 ms.
        let latency = audio.received.latency.percentile(0.99).unwrap();
        assert!(latency <= ms(130), "seed {seed}: {latency:?}");
    }
}
