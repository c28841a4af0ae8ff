//! Guests wait until a moderator lets them in; then they are seen and heard at once, over the transport that is there.

use media_core::SeatGrant;
use protocol::moderation::Moderation;
use protocol::signal::Source;
use protocol::{Permissions, Problem, Role};

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{PersonId, Simulation, call, ms, patient, practitioner, refusals, secs};

fn guest(seat: u128) -> SeatGrant {
    SeatGrant { role: Role::Guest, permissions: Permissions::of(Role::Guest), ..patient(seat) }
}

fn admit(room: &mut Simulation, by: PersonId, guest: PersonId) {
    let seat = room.seat(guest);
    room.moderate(by, Moderation::Admit { seat });
}

fn knows(room: &Simulation, me: PersonId, of: PersonId) -> bool {
    let seat = room.seat(of);
    room.participant(me).participants().any(|one| one.seat == seat)
}

#[test]
fn a_guest_waits_alone_and_comes_in_without_joining_again() {
    let mut room = Simulation::new(1);
    let anna = room.join(practitioner(1), call(1, 2));
    let ben = room.join(patient(2), call(2, 2));
    let ola = room.join(guest(3), call(3, 2));
    room.run(secs(5));

    assert!(room.participant(ola).moderation().is_waiting && room.participant(ola).is_connected());
    assert!(room.statistics(ola).heard_or_seen().is_empty());
    for me in [anna, ben] {
        assert!(!knows(&room, me, ola) && !knows(&room, ola, me));
        assert!(room.statistics(me).received_from(room.seat(ola), Source::Microphone).is_none());
    }
    let waiting = &room.participant(anna).moderation().waiting;
    assert_eq!(waiting.iter().map(|one| one.seat).collect::<Vec<_>>(), [room.seat(ola)]);
    assert!(room.participant(ben).moderation().waiting.is_empty());

    admit(&mut room, anna, ola);
    room.run(ms(1500));

    for me in [anna, ben] {
        assert!(room.received(me, ola, Source::Microphone).frames > 50);
        assert!(room.received(me, ola, Source::Camera).frames > 15);
        assert!(room.received(ola, me, Source::Camera).frames > 15);
        assert!(knows(&room, me, ola) && knows(&room, ola, me));
    }
    assert!(!room.participant(ola).moderation().is_waiting);
    assert!(room.participant(anna).moderation().waiting.is_empty());
    assert_eq!(room.core().load().peers, 3, "nobody joined again");
    assert_flawless(&room.statistics(anna));
}

#[test]
fn who_is_let_in_while_their_signalling_is_down_finds_out_when_it_is_back() {
    let mut room = Simulation::new(2);
    let anna = room.join(practitioner(1), call(1, 1));
    let ola = room.join(guest(3), call(3, 1));
    room.run(secs(2));

    room.drop_signalling(ola);
    admit(&mut room, anna, ola);
    room.run(secs(1));
    assert!(room.participant(ola).moderation().is_waiting);
    room.reattach(ola);
    room.run(secs(1));

    assert!(!room.participant(ola).moderation().is_waiting && knows(&room, ola, anna));
    assert!(room.received(ola, anna, Source::Camera).frames > 15);
}

#[test]
fn a_locked_room_stays_locked_over_the_moderators_reconnect_and_takes_back_who_has_a_seat() {
    let mut room = Simulation::new(3);
    let anna = room.join(practitioner(1), call(1, 2));
    let ben = room.join(patient(2), call(2, 2));
    room.run(secs(2));
    room.moderate(anna, Moderation::Lock { locked: true });
    room.run(secs(1));
    assert!(room.participant(ben).moderation().is_locked);

    room.resume(anna);
    room.resume(ben);
    let late = room.join(guest(4), call(4, 1));
    room.run(secs(3));

    assert!(room.participant(anna).moderation().is_locked && room.participant(ben).moderation().is_locked);
    assert_eq!(refusals(room.events(late)), [Problem::RoomLocked]);
    assert!(room.received(anna, ben, Source::Camera).frames > 100);
    assert_eq!(room.core().load().seats, 2);
}
