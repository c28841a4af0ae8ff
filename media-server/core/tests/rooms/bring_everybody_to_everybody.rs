//! Four people: each gets the three others, with sound and picture, each on lanes of their own.

use std::collections::BTreeSet;

use protocol::signal::{Kind, Source};

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{Simulation, call, patient, practitioner, secs, seeds};

#[test]
fn each_of_four_gets_the_three_others() {
    for seed in seeds(&[1, 2], 200) {
        let mut room = Simulation::new(seed);
        let mut people = vec![room.join(practitioner(1), call(1, 3))];
        people.extend((2..=4).map(|seat| room.join(patient(seat), call(seat, 3))));

        room.run(secs(5));

        for &me in &people {
            for &other in people.iter().filter(|other| **other != me) {
                let audio = room.received(me, other, Source::Microphone);
                let video = room.received(me, other, Source::Camera);
                assert!(audio.frames >= 230, "seed {seed}: {me:?} hears {other:?}: {}", audio.frames);
                assert!(video.frames >= 130, "seed {seed}: {me:?} sees {other:?}: {}", video.frames);
            }
            let statistics = room.statistics(me);
            assert_flawless(&statistics);
            assert_eq!(statistics.heard_or_seen().len(), 3, "nobody hears themselves");
            for kind in [Kind::Audio, Kind::Video] {
                let lanes = statistics.lanes.iter().filter(|lane| lane.kind == kind);
                let seats: BTreeSet<_> = lanes.filter_map(|lane| lane.seat).collect();
                assert_eq!(seats.len(), 3, "a lane for each");
            }
        }
    }
}

#[test]
fn who_leaves_is_gone_for_the_others_and_their_lanes_are_free() {
    let mut room = Simulation::new(7);
    let people: Vec<_> = (1..=3).map(|seat| room.join(patient(seat), call(seat, 2))).collect();
    room.run(secs(3));

    room.leave(people[2]);
    room.run(secs(2));
    let before = room.received(people[0], people[2], Source::Microphone);
    room.run(secs(2));

    assert_eq!(room.received(people[0], people[2], Source::Microphone), before, "nothing more of them");
    let seats: BTreeSet<_> = room.statistics(people[0]).lanes.iter().filter_map(|lane| lane.seat).collect();
    assert_eq!(seats, BTreeSet::from([room.seat(people[1])]));
    assert!(room.participant(people[0]).participants().all(|one| one.seat != room.seat(people[2])));
    assert!(room.received(people[0], people[1], Source::Camera).frames > 150, "the others go on");
}
