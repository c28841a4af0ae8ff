//! Permissions of the token bind: who may not publish is refused, who may not end a visit does not.

use client::ParticipantConfig;
use media_core::SeatGrant;
use protocol::signal::Source;
use protocol::{Permissions, Problem};

use crate::support::refusals;
use crate::support::{Simulation, call, patient, practitioner, secs};

fn with(permissions: Permissions, grant: SeatGrant) -> SeatGrant {
    SeatGrant { permissions, ..grant }
}

#[test]
fn a_camera_that_is_not_allowed_keeps_its_owner_out() {
    let mut room = Simulation::new(1);
    let anna = room.join(practitioner(1), call(1, 1));
    let grant = patient(2);
    let no_video = Permissions { video: false, ..grant.permissions };
    let ben = room.join(with(no_video, grant), call(2, 1));

    room.run(secs(3));

    assert_eq!(refusals(room.events(ben)), [Problem::NotAllowed]);
    assert!(room.close_code(ben).is_some());
    assert!(!room.participant(ben).is_connected());
    assert!(room.statistics(anna).heard_or_seen().is_empty());
    assert_eq!(room.core().load().peers, 1);
}

#[test]
fn who_may_not_receive_gets_nothing_and_is_heard() {
    let mut room = Simulation::new(2);
    let anna = room.join(practitioner(1), call(1, 1));
    let grant = patient(2);
    let deaf = Permissions { subscribe: false, ..grant.permissions };
    let ben = room.join(with(deaf, grant), call(2, 1));

    room.run(secs(3));

    assert!(room.received(anna, ben, Source::Microphone).frames > 100);
    let statistics = room.statistics(ben);
    assert!(statistics.heard_or_seen().is_empty());
    assert_eq!(statistics.transport.rtp_received, 0);
}

#[test]
fn a_patient_does_not_end_the_visit() {
    let mut room = Simulation::new(3);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(2));

    room.end(ben);
    room.run(secs(2));

    assert_eq!(refusals(room.events(ben)), [Problem::NotAllowed]);
    assert!(room.received(anna, ben, Source::Camera).frames > 90, "it goes on");
    assert!(!room.participant(anna).is_over());
}

#[test]
fn a_full_room_refuses_the_ninth() {
    let mut room = Simulation::new(4);
    let quiet = |seat| ParticipantConfig { camera: None, microphone: None, ..call(seat, 1) };
    for seat in 1..=8 {
        room.join(patient(seat), quiet(seat));
    }
    let ninth = room.join(patient(9), quiet(9));

    room.run(secs(2));

    assert_eq!(refusals(room.events(ninth)), [Problem::RoomFull]);
    assert_eq!(room.close_code(ninth), Some(protocol::close::FULL));
    assert_eq!(room.core().load().seats, 8);
}
