//! Somebody's connection breaks and they come back to their seat: the others keep their lanes, and go on.

use client::Event;
use protocol::signal::Source;

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{Simulation, call, patient, practitioner, secs, seeds};

#[test]
fn a_resume_brings_media_back_on_the_lanes_that_others_had() {
    for seed in seeds(&[1, 2], 500) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), call(1, 1));
        let ben = room.join(patient(2), call(2, 1));
        room.run(secs(3));
        let lanes: Vec<_> = room.statistics(anna).lanes.iter().map(|lane| lane.ssrc).collect();
        let seen = room.received(anna, ben, Source::Camera).frames;

        room.resume(ben);
        room.run(secs(4));

        let statistics = room.statistics(anna);
        assert_eq!(statistics.lanes.iter().map(|lane| lane.ssrc).collect::<Vec<_>>(), lanes);
        assert_flawless(&statistics);
        let more = room.received(anna, ben, Source::Camera).frames - seen;
        assert!(more > 100, "seed {seed}: {more} frames since");
        assert!(room.received(ben, anna, Source::Camera).frames > 180, "and the other way");
        assert_flawless(&room.statistics(ben));
        assert_eq!(room.core().load().seats, 2, "the same seat");
        assert_eq!(room.core().load().peers, 2, "the peer of before is gone");
    }
}

#[test]
fn a_broken_websocket_alone_stops_no_media() {
    let mut room = Simulation::new(3);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(3));
    let seen = room.received(anna, ben, Source::Camera).frames;

    room.drop_signalling(ben);
    room.run(secs(10));

    assert!(room.received(anna, ben, Source::Camera).frames - seen >= 295);
    let frozen = room.statistics(anna).lanes.iter().map(|lane| lane.received.freezes).sum::<u64>();
    assert_eq!(frozen, 0);
}

#[test]
fn a_secret_works_once_and_each_resume_brings_the_next() {
    let mut room = Simulation::new(4);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(2));

    for _ in 0..3 {
        room.resume(ben);
        room.run(secs(2));
    }

    let joins = room.events(ben).iter().filter(|(_, event)| matches!(event, Event::Joined { .. })).count();
    assert_eq!(joins, 4);
    assert!(room.received(anna, ben, Source::Camera).frames > 150);
    assert_flawless(&room.statistics(anna));
}
