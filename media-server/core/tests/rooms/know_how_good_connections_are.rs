//! How each connection is, in an opinion score, and what it is due to when something is amiss: told to everybody.

use client::{MicrophoneConfig, ParticipantConfig, Voice};
use netsim::{LinkConfig, Loss};
use protocol::signal::{Cause, Grade, SeatQuality, ServerMessage};

use crate::support::{
    PersonId, Simulation, call, home, layered_call, path, patient, practitioner, secs, seeds,
};

/// What `me` was told last of `who`.
fn told(room: &Simulation, me: PersonId, who: PersonId) -> SeatQuality {
    let quality = room.events(me).iter().rev().find_map(|(_, event)| match event {
        client::Event::Message(ServerMessage::Quality { quality }) => Some(quality),
        _ => None,
    });
    quality.unwrap().iter().find(|one| one.seat == room.seat(who)).unwrap().clone()
}

fn tenths(told: &SeatQuality) -> u8 {
    told.mos.unwrap().tenths()
}

/// A home's connection that loses this much.
fn lossy(loss: Loss) -> LinkConfig {
    LinkConfig { loss, ..home() }
}

#[test]
fn on_good_networks_everybody_hears_well_and_nothing_is_amiss() {
    for seed in seeds(&[1, 2], 50) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 1));
        let ben = room.join(patient(2), layered_call(2, 1));
        room.run(secs(10));

        for (me, who) in [(anna, ben), (ben, anna), (anna, anna)] {
            let told = told(&room, me, who);
            assert!(tenths(&told) >= 42, "seed {seed}: {told:?}");
            assert_eq!((told.grade, told.cause), (Grade::Good, None), "seed {seed}");
        }
        let counts = room.core().quality_counts();
        assert_eq!((counts.causes, counts.frozen_ms), ([0; 4], [0; 2]), "seed {seed}");
        let known: u64 = counts.mos.iter().flatten().sum();
        assert!(known >= counts.seconds, "seed {seed}: {counts:?}");
    }
}

#[test]
fn before_anything_is_known_no_score_is_told() {
    let mut room = Simulation::new(3);
    let anna = room.join(practitioner(1), layered_call(1, 1));
    room.run(secs(5));

    // Nobody is there whom she would hear: no round trip is measured.
    assert_eq!(told(&room, anna, anna).mos, None);
}

#[test]
fn a_lossy_way_to_the_node_is_the_uplink() {
    for seed in seeds(&[4, 5], 50) {
        let mut room = Simulation::new(seed);
        let anna = room.join_over(practitioner(1), layered_call(1, 1), home(), home());
        let ben = room.join(patient(2), layered_call(2, 1));
        room.run(secs(8));
        let before = tenths(&told(&room, ben, anna));

        room.set_network(anna, lossy(Loss::Burst { enter: 0.0625, leave: 0.25 }), home());
        room.run(secs(12));

        let of_anna = told(&room, ben, anna);
        assert_eq!(of_anna.cause, Some(Cause::Uplink), "seed {seed}: {of_anna:?}");
        assert!(tenths(&of_anna) + 8 <= before, "seed {seed}: from {before} to {of_anna:?}");
        let of_ben = told(&room, ben, ben);
        assert_eq!(of_ben.cause, None, "seed {seed}: {of_ben:?}");
        assert!(tenths(&of_ben) >= 42, "seed {seed}: {of_ben:?}");
    }
}

#[test]
fn a_thin_way_from_the_node_is_the_downlink() {
    for seed in seeds(&[6, 7], 50) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 1));
        let ben = room.join_over(patient(2), call(2, 1), home(), path(1000));
        room.run(secs(10));

        room.set_network(ben, home(), path(80));
        room.run(secs(10));

        let of_ben = told(&room, anna, ben);
        assert_eq!(of_ben.cause, Some(Cause::Downlink), "seed {seed}: {of_ben:?}");
        assert!(room.core().quality_counts().frozen_ms[1] >= 3000, "seed {seed}");
        assert_eq!(told(&room, anna, anna).cause, None, "seed {seed}");

        room.set_network(ben, home(), path(2000));
        room.run(secs(25));
        let of_ben = told(&room, anna, ben);
        assert_eq!(of_ben.cause, None, "seed {seed}: {of_ben:?}");
        assert!(tenths(&of_ben) >= 42, "seed {seed}: {of_ben:?}");
    }
}

#[test]
fn what_redundancy_mends_does_not_spoil_the_score() {
    for seed in seeds(&[8, 9], 50) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 1));
        let ben = room.join_over(patient(2), call(2, 1), home(), lossy(Loss::Random(0.05)));
        room.run(secs(20));

        let of_ben = told(&room, anna, ben);
        assert!(tenths(&of_ben) >= 41, "seed {seed}: {of_ben:?}");
        assert_eq!(of_ben.cause, Some(Cause::Downlink), "seed {seed}: it is lost all the same");
    }
}

#[test]
fn what_an_overloaded_node_leaves_out_is_the_server() {
    for seed in seeds(&[10], 50) {
        let mut room = Simulation::new(seed);
        // The first speaks: pictures of the others are left out, and stand for everybody.
        let people = [(1, Voice::SPEECH), (2, Voice::Silent), (3, Voice::Silent)].map(|(seat, voice)| {
            let microphone = Some(MicrophoneConfig { voice, ..MicrophoneConfig::default() });
            room.join(patient(seat), ParticipantConfig { microphone, ..layered_call(seat, 2) })
        });
        room.run(secs(5));
        assert_eq!(told(&room, people[0], people[1]).cause, None, "seed {seed}");

        room.set_shed(media_core::Shed::Video);
        room.run(secs(6));

        let causes = people.map(|who| told(&room, people[0], who).cause);
        assert_eq!(causes, [Some(Cause::Server); 3], "seed {seed}");
    }
}

#[test]
fn a_device_that_has_no_time_says_so_itself() {
    let mut room = Simulation::new(11);
    let anna = room.join(practitioner(1), layered_call(1, 1));
    let ben = room.join(patient(2), layered_call(2, 1));
    room.run(secs(5));

    room.set_device(ben, protocol::signal::DeviceLimit::Cpu);
    room.run(secs(5));
    let limited = told(&room, anna, ben).cause;
    room.set_device(ben, protocol::signal::DeviceLimit::None);
    room.run(secs(10));

    assert_eq!(limited, Some(Cause::Device));
    assert_eq!(told(&room, anna, ben).cause, None);
}
