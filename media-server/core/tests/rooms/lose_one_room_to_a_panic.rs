//! A fault that one room meets costs that room, and nothing of any other. What should never happen is made to, by traps that
//! only debug builds have.

use std::panic::{AssertUnwindSafe, catch_unwind};

use media_core::{Condemned, Output, Point, SeatGrant, Shed};
use protocol::moderation::Moderation;
use protocol::node::RoomEventKind;
use protocol::signal::{LeaveReason, Source};
use protocol::{MediaPermissions, Problem, RoomId, close};
use uuid::Uuid;

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{PersonId, Simulation, layered_call, ms, patient, practitioner, refusals, secs, seeds};

/// Points that a room comes to by itself, or by what [`go_on`] does.
const POINTS: [Point; 6] =
    [Point::Packet, Point::Forward, Point::Command, Point::PeerTimer, Point::RoomTimer, Point::Shed];

fn elsewhere(grant: SeatGrant) -> SeatGrant {
    SeatGrant { room: RoomId(Uuid::from_u128(30)), ..grant }
}

/// Two rooms of two: the one that the trap is for, and the bystanders. All send at the same moments, so that what comes to the
/// node comes in batches of both.
fn two_rooms(seed: u64) -> (Simulation, [PersonId; 2], [PersonId; 2]) {
    let mut world = Simulation::new(seed);
    let first = world.join(practitioner(1), layered_call(1, 1));
    let bystander = world.join(elsewhere(practitioner(3)), layered_call(3, 1));
    let second = world.join(patient(2), layered_call(2, 1));
    let other_bystander = world.join(elsewhere(patient(4)), layered_call(4, 1));
    world.run(secs(3));
    (world, [first, second], [bystander, other_bystander])
}

/// What happens in both rooms while the trap is set.
fn go_on(world: &mut Simulation, people: [PersonId; 4]) {
    world.run(ms(500));
    for id in people {
        world.set_active(id, Source::Camera, false);
    }
    world.run(ms(500));
    for id in people {
        world.set_active(id, Source::Camera, true);
    }
    // More is left out at once; less would come to one room after the other, and depends on how many there are.
    world.set_shed(Shed::Layers);
    world.run(secs(3));
}

#[test]
fn another_room_goes_on_to_the_byte_as_it_would_have() {
    for seed in seeds(&[1, 2], 20) {
        let (mut undisturbed, [a, b], bystanders) = two_rooms(seed);
        go_on(&mut undisturbed, [a, b, bystanders[0], bystanders[1]]);

        for point in POINTS {
            let (mut world, [a, b], bystanders) = two_rooms(seed);
            world.set_trap(&patient(1), point);
            go_on(&mut world, [a, b, bystanders[0], bystanders[1]]);

            assert_eq!(world.condemned, [Condemned::Room(patient(1).room)], "seed {seed}: {point:?}");
            assert_ne!(world.trace_of(a), undisturbed.trace_of(a), "it can tell");
            for me in bystanders {
                assert_eq!(world.trace_of(me), undisturbed.trace_of(me), "seed {seed}: {point:?}");
                assert_eq!(world.statistics(me).tracks, undisturbed.statistics(me).tracks);
                assert_eq!(world.close_code(me), None);
                assert_flawless(&world.statistics(me));
            }
        }
    }
}

#[test]
fn what_panicked_is_over_and_its_people_come_back() {
    for (seed, point) in (1..).zip(POINTS) {
        let (mut world, people, bystanders) = two_rooms(seed);
        world.room_events.clear();
        world.set_trap(&patient(1), point);
        go_on(&mut world, [people[0], people[1], bystanders[0], bystanders[1]]);

        assert_eq!(people.map(|id| world.close_code(id)), [Some(close::GOING_AWAY); 2], "{point:?}");
        let load = world.core().load();
        assert_eq!((load.rooms, load.seats, load.peers), (1, 2, 2), "{point:?}");
        let (clinic, room, generation) = (patient(1).clinic, patient(1).room, patient(1).generation);
        let left = |id| RoomEventKind::Left { seat: world.seat(id), reason: LeaveReason::Lost };
        let left = people.map(|id| Output::Event { clinic, room, generation, kind: left(id) });
        let closed = Output::RoomClosed { room, generation };
        assert_eq!(world.room_events, [left[0].clone(), left[1].clone(), closed], "{point:?}");

        let anna = world.join(practitioner(1), layered_call(5, 1));
        let ben = world.join(patient(2), layered_call(6, 1));
        world.run(secs(3));

        assert!(world.received(anna, ben, Source::Camera).frames > 50, "{point:?}");
        assert!(world.received(ben, anna, Source::Microphone).frames > 100, "{point:?}");
    }
}

#[test]
fn a_visit_that_was_locked_stays_locked_for_all_but_those_who_were_inside() {
    let (mut world, [anna, ben], _) = two_rooms(9);
    let seat = world.seat(ben);
    let permissions = MediaPermissions { video: false, ..MediaPermissions::ALL };
    world.moderate(anna, Moderation::Permit { seat, permissions });
    world.moderate(anna, Moderation::Lock { locked: true });
    world.run(ms(500));
    world.set_trap(&patient(1), Point::Packet);
    world.run(secs(1));
    assert_eq!(world.condemned, [Condemned::Room(patient(1).room)]);

    // A stranger with a link is the first.
    let eve = world.join(patient(9), layered_call(9, 1));
    world.run(ms(500));
    let ben = world.join(patient(2), layered_call(6, 1));
    let anna = world.join(practitioner(1), layered_call(5, 1));
    world.run(secs(3));

    assert_eq!(refusals(world.events(eve)), [Problem::RoomLocked]);
    assert!(world.received(anna, ben, Source::Microphone).frames > 100);
    let seen = world.statistics(anna).received_from(world.seat(ben), Source::Camera).map(|it| it.frames);
    assert_eq!(seen.unwrap_or(0), 0, "he may still not");
    assert!(world.participant(anna).moderation().is_locked);
}

#[test]
fn somebody_who_comes_takes_with_them_what_they_had_changed() {
    for (point, condemned, rooms) in
        [(Point::Offer, None, 2), (Point::Join, Some(Condemned::Room(patient(1).room)), 1)]
    {
        let (mut world, [anna, ben], bystanders) = two_rooms(7);
        world.set_trap(&patient(1), point);

        let eve = world.join(patient(9), layered_call(9, 1));
        world.run(secs(1));

        assert_eq!(world.condemned.len(), 1, "{point:?}");
        match condemned {
            Some(room) => assert_eq!(world.condemned[0], room),
            None => assert!(matches!(world.condemned[0], Condemned::Connection(_)), "{:?}", world.condemned),
        }
        assert_eq!(world.close_code(eve), Some(close::GOING_AWAY), "{point:?}");
        assert_eq!(world.core().load().rooms, rooms, "{point:?}");
        let code = condemned.map(|_| close::GOING_AWAY);
        assert_eq!([anna, ben].map(|id| world.close_code(id)), [code; 2], "{point:?}");
        bystanders.iter().for_each(|id| assert_flawless(&world.statistics(*id)));
    }
}

#[test]
fn a_panic_while_the_room_is_ended_is_for_the_shell() {
    let (mut world, ..) = two_rooms(8);
    world.set_trap(&patient(1), Point::Packet);
    world.set_trap(&patient(1), Point::Condemning);

    let ended = catch_unwind(AssertUnwindSafe(|| world.run(secs(1))));

    assert!(ended.is_err(), "the core is not to be used again");
    assert_eq!(world.condemned, []);
}
