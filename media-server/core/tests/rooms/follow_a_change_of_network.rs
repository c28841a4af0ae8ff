//! From Wi-Fi to mobile in the middle of a call: the peer stays, its path changes.

use protocol::signal::{Kind, Source};

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{Simulation, home, mended_call, ms, patient, practitioner, secs, seeds};

#[test]
fn media_goes_on_within_half_a_second_both_ways() {
    for seed in seeds(&[1, 2, 3], 500) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), mended_call(1, 1));
        let ben = room.join(patient(2), mended_call(2, 1));
        room.run(secs(3));
        let old = room.participant(ben).path().unwrap();

        room.change_network(ben, home(), home());
        room.run(secs(5));

        assert_ne!(room.participant(ben).path().unwrap().local, old.local);
        for (me, other) in [(anna, ben), (ben, anna)] {
            let statistics = room.statistics(me);
            assert_flawless(&statistics);
            let video = statistics.lanes.iter().find(|lane| lane.kind == Kind::Video).unwrap();
            assert!(video.received.frozen_max <= ms(500), "seed {seed}: {:?}", video.received.frozen_max);
            assert!(room.received(me, other, Source::Camera).frames > 210, "seed {seed}");
        }
        assert_eq!(room.core().load().peers, 2, "no new peer, no handshake");
    }
}

#[test]
fn again_and_again() {
    let mut room = Simulation::new(4);
    let anna = room.join(practitioner(1), mended_call(1, 1));
    let ben = room.join(patient(2), mended_call(2, 1));
    room.run(secs(2));

    for _ in 0..12 {
        room.change_network(ben, home(), home());
        room.run(secs(2));
    }

    let seen = room.received(anna, ben, Source::Camera).frames;
    assert!(seen > 650, "{seen} frames in 26 s with twelve changes");
    assert_flawless(&room.statistics(anna));
}

#[test]
fn a_network_that_only_becomes_slow_is_not_left() {
    let mut room = Simulation::new(5);
    room.join(practitioner(1), mended_call(1, 1));
    let ben = room.join(patient(2), mended_call(2, 1));
    room.run(secs(2));
    let path = room.participant(ben).path();

    let slow = netsim::LinkConfig { latency: ms(200), ..home() };
    room.set_network(ben, slow, slow);
    room.run(secs(20));

    assert_eq!(room.participant(ben).path(), path);
    assert!(room.participant(ben).is_connected());
}
