//! Somebody without a camera takes part all the same, and somebody who only listens too.

use client::{MicrophoneConfig, ParticipantConfig, Voice};
use protocol::signal::Source;

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{Simulation, call, patient, practitioner, secs};

#[test]
fn a_participant_without_a_camera_hears_is_heard_and_sees() {
    let mut room = Simulation::new(1);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), ParticipantConfig { camera: None, ..call(2, 1) });

    room.run(secs(4));

    assert!(room.received(anna, ben, Source::Microphone).frames > 180);
    assert!(room.statistics(anna).received_from(room.seat(ben), Source::Camera).is_none());
    assert!(room.received(ben, anna, Source::Microphone).frames > 180);
    assert!(room.received(ben, anna, Source::Camera).frames > 100);
}

#[test]
fn two_who_have_no_lanes_for_video_get_none() {
    let mut room = Simulation::new(2);
    let sound = |seat| ParticipantConfig { camera: None, video_lanes: 0, ..call(seat, 1) };
    let anna = room.join(practitioner(1), sound(1));
    let ben = room.join(patient(2), sound(2));
    let carla = room.join(patient(3), ParticipantConfig { video_lanes: 0, ..call(3, 2) });

    room.run(secs(4));

    assert!(room.received(ben, anna, Source::Microphone).frames > 180);
    for me in [anna, ben] {
        let statistics = room.statistics(me);
        assert_eq!(statistics.transport.unknown_stream, 0);
        assert!(statistics.received_from(room.seat(carla), Source::Camera).is_none());
    }
}

#[test]
fn silence_by_dtx_is_no_loss() {
    let mut room = Simulation::new(3);
    let quiet = MicrophoneConfig { dtx: true, voice: Voice::Silent, ..MicrophoneConfig::default() };
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), ParticipantConfig { microphone: Some(quiet), ..call(2, 1) });
    room.run(secs(5));

    room.set_voice(ben, Voice::SPEECH);
    room.run(secs(2));

    let statistics = room.statistics(anna);
    assert_flawless(&statistics);
    assert!(
        (10..=13).contains(&statistics.lanes[0].received.silent),
        "{}",
        statistics.lanes[0].received.silent
    );
    assert_eq!(statistics.lanes[0].received.lost, 0);
    let heard = room.received(anna, ben, Source::Microphone).frames;
    assert!((95..=100).contains(&heard), "{heard}");
}
