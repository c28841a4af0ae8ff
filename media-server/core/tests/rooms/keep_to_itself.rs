//! Rooms are apart: same seats, same names of tracks and lanes, in different clinics or in one.

use media_core::SeatGrant;
use protocol::signal::Source;
use protocol::{ClinicId, RoomId};
use uuid::Uuid;

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{Simulation, call, mended_call, patient, practitioner, rough, secs, seeds};

fn elsewhere(grant: SeatGrant, clinic: u128, room: u128) -> SeatGrant {
    SeatGrant { clinic: ClinicId(Uuid::from_u128(clinic)), room: RoomId(Uuid::from_u128(room)), ..grant }
}

#[test]
fn abuse_31_two_rooms_with_the_same_names_exchange_no_packet() {
    for seed in seeds(&[1, 2], 300) {
        let mut world = Simulation::new(seed);
        // Seats 1 and 2 in one clinic, 3 and 4 in another; the m-lines have the same names in both.
        let anna = world.join(practitioner(1), call(1, 3));
        let ben = world.join(patient(2), call(2, 3));
        let carla = world.join(elsewhere(practitioner(3), 11, 22), call(3, 3));
        let dan = world.join(elsewhere(patient(4), 11, 22), call(4, 3));

        world.run(secs(4));

        for (me, other) in [(anna, ben), (ben, anna), (carla, dan), (dan, carla)] {
            let statistics = world.statistics(me);
            let others = [client::SeatTag::from(world.seat(other))];
            assert_eq!(statistics.heard_or_seen(), others, "seed {seed}: {me:?}");
            assert!(world.received(me, other, Source::Camera).frames > 90);
            assert_eq!(statistics.transport.unknown_stream, 0);
            assert_eq!(world.participant(me).participants().count(), 2);
        }
    }
}

#[test]
fn a_bystander_room_does_not_notice_a_rough_one() {
    for seed in seeds(&[1], 300) {
        let mut world = Simulation::new(seed);
        let anna = world.join(elsewhere(practitioner(1), 1, 30), mended_call(1, 1));
        let ben = world.join(elsewhere(patient(2), 1, 30), mended_call(2, 1));
        world.join_over(practitioner(3), mended_call(3, 1), rough(), rough());
        world.join_over(patient(4), mended_call(4, 1), rough(), rough());

        world.run(secs(5));

        for (me, other) in [(anna, ben), (ben, anna)] {
            let statistics = world.statistics(me);
            assert_flawless(&statistics);
            assert_eq!(statistics.heard_or_seen(), [client::SeatTag::from(world.seat(other))]);
            for lane in &statistics.lanes {
                let received = &lane.received;
                let touched = (received.recovered, received.nacks, received.lost, received.freezes);
                assert_eq!(touched, (0, 0, 0, 0), "seed {seed}: lane {}", lane.mid);
            }
        }
    }
}

#[test]
fn the_same_room_of_another_clinic_is_refused() {
    let mut world = Simulation::new(5);
    world.join(practitioner(1), call(1, 1));
    let stranger = world.join(SeatGrant { clinic: ClinicId(Uuid::from_u128(99)), ..patient(2) }, call(2, 1));

    world.run(secs(2));

    assert!(!world.participant(stranger).is_connected());
    assert_eq!(world.core().load().peers, 1);
}
