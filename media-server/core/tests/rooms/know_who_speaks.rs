//! The active speaker follows who talks, by the levels that microphones report.

use client::{MicrophoneConfig, ParticipantConfig, Voice};

use crate::support::{PersonId, Simulation, call, patient, practitioner, secs, seeds};

fn silent(seat: u128) -> ParticipantConfig {
    let microphone = MicrophoneConfig { voice: Voice::Silent, ..MicrophoneConfig::default() };
    ParticipantConfig { microphone: Some(microphone), camera: None, ..call(seat, 2) }
}

fn speakers(room: &Simulation, me: PersonId) -> Vec<protocol::SeatId> {
    room.participant(me).speakers().to_vec()
}

#[test]
fn who_talks_is_the_speaker_for_everybody_and_who_stops_is_not() {
    for seed in seeds(&[1, 2], 300) {
        let mut room = Simulation::new(seed);
        let people: Vec<_> = [practitioner(1), patient(2), patient(3)]
            .iter()
            .zip(1..)
            .map(|(grant, seat)| room.join(*grant, silent(seat)))
            .collect();
        room.run(secs(2));
        assert!(speakers(&room, people[0]).is_empty(), "seed {seed}: nobody talks");

        for &talker in &people {
            room.set_voice(talker, Voice::SPEECH);
            room.run(secs(2));
            for &me in &people {
                assert_eq!(speakers(&room, me), [room.seat(talker)], "seed {seed}: {me:?} is told");
            }
            room.set_voice(talker, Voice::Silent);
            room.run(secs(2));
            assert!(speakers(&room, people[0]).is_empty(), "seed {seed}: {talker:?} has stopped");
        }
    }
}

#[test]
fn of_two_who_talk_the_louder_comes_first() {
    let mut room = Simulation::new(3);
    let anna = room.join(practitioner(1), silent(1));
    let ben = room.join(patient(2), silent(2));
    room.run(secs(1));

    room.set_voice(anna, Voice::Speaks { attenuation: 40 });
    room.set_voice(ben, Voice::Speaks { attenuation: 20 });
    room.run(secs(2));

    assert_eq!(speakers(&room, anna), [room.seat(ben), room.seat(anna)]);
}
