//! Earlier packets go with later ones (RED) to who loses some and has offered it, while they do; to nobody else.

use client::{MicrophoneConfig, ParticipantConfig, Voice};
use netsim::{LinkConfig, Loss};
use protocol::signal::Source;

use crate::support::{PersonId, Simulation, call, home, patient, practitioner, rough, secs, seeds};

/// 5 % lost, nothing else.
fn lossy() -> LinkConfig {
    LinkConfig { loss: Loss::Random(0.05), ..home() }
}

fn redundant(room: &Simulation, who: PersonId) -> u64 {
    room.statistics(who).lanes.iter().map(|lane| lane.received.redundant).sum()
}

#[test]
fn nobody_on_a_good_network_gets_any() {
    for seed in seeds(&[1, 2], 100) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), call(1, 1));
        let ben = room.join(patient(2), call(2, 1));

        room.run(secs(20));

        assert_eq!((redundant(&room, anna), redundant(&room, ben)), (0, 0));
        assert_eq!(room.counters().forwarded_redundant, 0);
    }
}

#[test]
fn it_goes_to_who_loses_packets_and_ends_when_they_do_not() {
    for seed in seeds(&[1, 2, 3], 100) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), call(1, 1));
        let ben = room.join_over(patient(2), call(2, 1), home(), lossy());
        room.run(secs(12));
        let during = redundant(&room, ben);
        assert!(during > 350, "seed {seed}: from the second or third second on: {during}");

        room.set_network(ben, home(), home());
        room.run(secs(15));
        let after = redundant(&room, ben);
        room.run(secs(10));

        assert_eq!(redundant(&room, ben), after, "seed {seed}: it has ended");
        assert!(after - during > 400, "seed {seed}: but not at once: {}", after - during);
        assert_eq!(redundant(&room, anna), 0, "seed {seed}: her network is good");
        let heard = room.lane(ben, anna, Source::Microphone).received;
        assert_eq!((heard.corrupt, heard.order_breaks), (0, 0), "{heard:?}");
    }
}

#[test]
fn who_has_not_offered_it_gets_none() {
    let plain = |seat| ParticipantConfig { audio_redundancy: false, ..call(seat, 1) };
    let mut room = Simulation::new(4);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join_over(patient(2), plain(2), home(), rough());

    room.run(secs(12));

    assert_eq!(redundant(&room, ben), 0);
    assert_eq!(room.counters().forwarded_redundant, 0);
    assert!(room.received(ben, anna, Source::Microphone).frames > 500);
}

#[test]
fn silence_is_neither_loss_nor_sent_twice() {
    let quiet = MicrophoneConfig { dtx: true, voice: Voice::Silent, ..MicrophoneConfig::default() };
    for seed in seeds(&[5], 100) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), ParticipantConfig { microphone: Some(quiet), ..call(1, 1) });
        let ben = room.join_over(patient(2), call(2, 1), home(), lossy());
        room.run(secs(20));
        assert_eq!(redundant(&room, ben), 0, "seed {seed}");

        room.set_voice(anna, Voice::SPEECH);
        room.run(secs(10));
        assert!(redundant(&room, ben) > 250, "seed {seed}: {}", redundant(&room, ben));
        room.set_voice(anna, Voice::Silent);
        room.run(secs(1));
        let before = redundant(&room, ben);
        room.run(secs(20));

        let heard = room.lane(ben, anna, Source::Microphone).received;
        assert_eq!(heard.redundant, before, "seed {seed}: nothing lies before a silence");
        assert!(heard.silent > 60, "{heard:?}");
        assert_eq!((heard.corrupt, heard.order_breaks), (0, 0), "{heard:?}");
    }
}

#[test]
fn another_persons_voice_begins_without_the_one_before() {
    let mut room = Simulation::new(7);
    let ben = room.join_over(patient(2), call(2, 1), home(), lossy());
    let anna = room.join(practitioner(1), call(1, 1));
    room.run(secs(8));
    let before = redundant(&room, ben);
    assert!(before > 100, "{before}");

    room.leave(anna);
    let carla = room.join(practitioner(3), call(3, 1));
    room.run(secs(4));

    assert!(redundant(&room, ben) > before + 100);
    let heard = room.lane(ben, carla, Source::Microphone).received;
    assert_eq!((heard.corrupt, heard.order_breaks), (0, 0), "{heard:?}");
    assert!(heard.recovered_redundant > 0);
}
