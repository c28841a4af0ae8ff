//! The practitioner ends the visit: everybody is told, everything stops, nobody comes back.

use client::Event;
use media_core::Output;
use protocol::Problem;
use protocol::node::RoomEventKind;
use protocol::signal::{EndReason, ServerMessage};

use crate::support::{PersonId, Simulation, call, patient, practitioner, refusals, secs};

fn ended(room: &Simulation, id: PersonId) -> Option<EndReason> {
    room.events(id).iter().find_map(|(_, event)| match event {
        Event::Message(ServerMessage::Ended { reason }) => Some(*reason),
        _ => None,
    })
}

#[test]
fn everybody_is_told_and_nothing_is_left() {
    let mut room = Simulation::new(1);
    let people = [
        room.join(practitioner(1), call(1, 2)),
        room.join(patient(2), call(2, 2)),
        room.join(patient(3), call(3, 2)),
    ];
    room.run(secs(3));

    room.end(people[0]);
    room.run(secs(1));

    for id in people {
        assert_eq!(ended(&room, id), Some(EndReason::EndedByParticipant), "{id:?}");
        assert_eq!(room.close_code(id), Some(protocol::close::ENDED));
    }
    let load = room.core().load();
    assert_eq!((load.rooms, load.seats, load.peers), (0, 0, 0));
    let told = room
        .room_events
        .iter()
        .filter(|event| matches!(event, Output::Event { kind: RoomEventKind::Ended { .. }, .. }));
    assert_eq!(told.count(), 1, "the control plane is told once");
}

#[test]
fn who_joins_an_ended_visit_is_refused() {
    let mut room = Simulation::new(2);
    let anna = room.join(practitioner(1), call(1, 1));
    room.run(secs(2));
    room.end(anna);
    room.run(secs(1));

    let late = room.join(patient(2), call(2, 1));
    room.run(secs(1));

    assert_eq!(refusals(room.events(late)), [Problem::RoomEnded]);
    assert_eq!(room.close_code(late), Some(protocol::close::ENDED));
}

#[test]
fn when_all_have_left_the_room_is_over_too() {
    let mut room = Simulation::new(3);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(2));

    room.leave(anna);
    room.leave(ben);
    room.run(secs(300));

    let load = room.core().load();
    assert_eq!((load.rooms, load.seats, load.peers), (0, 0, 0));
}
