//! A lane's SSRC never changes, whoever is on it, and however the session is renegotiated.

use protocol::signal::{Kind, Source};

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{Simulation, call, patient, practitioner, secs};

#[test]
fn another_person_comes_on_the_same_lane_without_a_new_description() {
    let mut room = Simulation::new(1);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(3));
    let lanes: Vec<_> = room.statistics(anna).lanes.iter().map(|lane| lane.ssrc).collect();
    assert_eq!(room.statistics(anna).lanes[1].seat, Some(room.seat(ben)));

    room.leave(ben);
    room.run(secs(1));
    let carla = room.join(patient(3), call(3, 1));
    room.run(secs(3));

    let statistics = room.statistics(anna);
    assert_eq!(statistics.lanes.iter().map(|lane| lane.ssrc).collect::<Vec<_>>(), lanes);
    assert_eq!(statistics.lanes[1].seat, Some(room.seat(carla)));
    assert!(room.received(anna, carla, Source::Camera).frames > 60);
    assert!(room.received(anna, carla, Source::Microphone).frames > 100);
    // Another sender's frames on the same stream: numbers, pictures and order run on.
    assert_flawless(&statistics);
}

#[test]
fn more_lanes_on_the_same_transport_leave_the_first_ones_as_they_are() {
    let mut room = Simulation::new(2);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 2));
    let carla = room.join(patient(3), call(3, 2));
    room.run(secs(3));
    let before = room.statistics(anna);
    let shown = before.lanes[1].seat.unwrap();

    room.add_lanes(anna, Kind::Video, 1);
    room.add_lanes(anna, Kind::Audio, 1);
    room.run(secs(3));

    let after = room.statistics(anna);
    assert_eq!(after.lanes.len(), 4);
    for (before, after) in before.lanes.iter().zip(&after.lanes) {
        assert_eq!((before.ssrc, before.seat), (after.ssrc, after.seat));
        assert!(after.received.packets > before.received.packets + 50, "it goes on");
        assert_eq!(after.received.freezes, 0);
    }
    let other = if shown == room.seat(ben) { carla } else { ben };
    assert!(room.received(anna, other, Source::Camera).frames > 60, "and the other is seen too");
    assert_flawless(&after);
}
