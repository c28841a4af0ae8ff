//! Who mutes is silent for the others, and they are told why; their other media goes on.

use protocol::signal::Source;

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{PersonId, Simulation, call, patient, practitioner, secs};

/// Whether `of`'s track is on, as `me` is told.
fn is_on(room: &Simulation, me: PersonId, of: PersonId, source: Source) -> bool {
    let seat = room.seat(of);
    let participant = room.participant(me).participants().find(|one| one.seat == seat).unwrap();
    participant.tracks.iter().find(|track| track.source == source).unwrap().active
}

#[test]
fn a_muted_microphone_is_told_and_silent_and_comes_back() {
    let mut room = Simulation::new(1);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(3));
    assert!(is_on(&room, anna, ben, Source::Microphone));

    room.set_active(ben, Source::Microphone, false);
    room.run(secs(1));
    let muted = room.received(anna, ben, Source::Microphone).packets;
    let seen = room.received(anna, ben, Source::Camera).frames;
    room.run(secs(3));

    assert!(!is_on(&room, anna, ben, Source::Microphone));
    assert_eq!(room.received(anna, ben, Source::Microphone).packets, muted);
    assert!(room.received(anna, ben, Source::Camera).frames > seen + 80);

    room.set_active(ben, Source::Microphone, true);
    room.run(secs(3));

    assert!(is_on(&room, anna, ben, Source::Microphone));
    assert!(room.received(anna, ben, Source::Microphone).packets > muted + 140);
    assert_flawless(&room.statistics(anna));
}

#[test]
fn a_camera_that_comes_on_again_is_seen_within_half_a_second_and_counts_as_no_freeze() {
    let mut room = Simulation::new(2);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(3));
    room.set_active(ben, Source::Camera, false);
    room.run(secs(5));
    let seen = room.received(anna, ben, Source::Camera).frames;

    room.set_active(ben, Source::Camera, true);
    room.run(secs(1));

    let more = room.received(anna, ben, Source::Camera).frames - seen;
    // The first key frame overtakes the message that the camera is on, and encoders make the next one 300 ms later.
    assert!((15..=30).contains(&more), "{more} frames of the first second");
    let statistics = room.statistics(anna);
    assert_flawless(&statistics);
    assert!(statistics.lanes.iter().all(|lane| lane.received.freezes == 0));
}

#[test]
fn a_screen_starts_off_and_is_shown_beside_the_camera() {
    let mut room = Simulation::new(3);
    let anna = room.join(practitioner(1), client::ParticipantConfig { video_lanes: 2, ..call(1, 1) });
    let sharing = client::ParticipantConfig { screen: Some(client::VideoConfig::default()), ..call(2, 1) };
    let ben = room.join(patient(2), sharing);
    room.run(secs(3));
    assert!(!is_on(&room, anna, ben, Source::Screen));
    assert!(room.statistics(anna).received_from(room.seat(ben), Source::Screen).is_none());

    room.set_active(ben, Source::Screen, true);
    room.run(secs(3));

    assert!(is_on(&room, anna, ben, Source::Screen));
    assert!(room.received(anna, ben, Source::Screen).frames > 70);
    assert!(room.received(anna, ben, Source::Camera).frames > 160);
    assert_flawless(&room.statistics(anna));
}
