//! Sound on lossy paths, to a participant and from one: what is there when it is to be heard, with a jitter buffer of
//! [`client::PLAYOUT_DELAY`], by earlier packets in later ones (RED), and by RTX where the client knows it for audio.
//!
//! People who have only a microphone, so that nothing else of the path is lost in their place.

use client::{MicrophoneConfig, ParticipantConfig};
use netsim::{LinkConfig, Loss};
use protocol::signal::Source;

use crate::support::{PersonId, Simulation, call, mended_call, ms, patient, practitioner, secs, seeds};

/// 50 ms each way.
fn far(loss: Loss) -> LinkConfig {
    LinkConfig { latency: ms(50), loss, ..LinkConfig::default() }
}

const BY_CHANCE: Loss = Loss::Random(0.05);
/// One of five, in bursts of four on average.
const IN_BURSTS: Loss = Loss::Burst { enter: 0.0625, leave: 0.25 };

fn sound(config: &ParticipantConfig, redundancy: usize) -> ParticipantConfig {
    let microphone = config.microphone.map(|one| MicrophoneConfig { redundancy, ..one });
    ParticipantConfig { microphone, camera: None, video_lanes: 0, ..config.clone() }
}

/// The share of Anna's sound that Ben's decoder makes up.
fn concealed(room: &Simulation, ben: PersonId, anna: PersonId) -> f64 {
    let heard = room.lane(ben, anna, Source::Microphone).received;
    assert!(heard.played + heard.concealed > 1400, "{heard:?}");
    assert_eq!((heard.corrupt, heard.order_breaks), (0, 0), "{heard:?}");
    heard.concealed_share()
}

/// Half a minute of Anna's sound over a lossy way to Ben.
fn to_ben(seed: u64, loss: Loss, config: fn(u128, usize) -> ParticipantConfig) -> f64 {
    let mut room = Simulation::new(seed);
    let anna = room.join(practitioner(1), sound(&config(1, 1), 0));
    let ben = room.join_over(patient(2), sound(&config(2, 1), 0), far(Loss::None), far(loss));
    room.run(secs(30));
    concealed(&room, ben, anna)
}

/// The same over a lossy way from Anna, whose microphone sends so many earlier packets with each.
fn from_anna(seed: u64, loss: Loss, config: fn(u128, usize) -> ParticipantConfig, redundancy: usize) -> f64 {
    let mut room = Simulation::new(seed);
    let anna = room.join_over(practitioner(1), sound(&config(1, 1), redundancy), far(loss), far(Loss::None));
    let ben = room.join(patient(2), sound(&config(2, 1), 0));
    room.run(secs(30));
    assert!(redundancy == 0 || room.counters().recovered_redundant > 0);
    concealed(&room, ben, anna)
}

#[test]
fn of_5_percent_lost_by_chance_99_of_100_packets_are_there_in_time() {
    for seed in seeds(&[1, 2, 3], 300) {
        let shares = [
            to_ben(seed, BY_CHANCE, call),
            to_ben(seed, BY_CHANCE, mended_call),
            from_anna(seed, BY_CHANCE, call, 1),
            from_anna(seed, BY_CHANCE, mended_call, 0),
            from_anna(seed, BY_CHANCE, mended_call, 1),
        ];
        assert!(shares.iter().all(|share| *share <= 0.01), "seed {seed}: {shares:?}");
    }
}

#[test]
fn of_20_percent_lost_in_bursts_5_of_100_packets_are_made_up_at_most() {
    for seed in seeds(&[1, 2, 3], 300) {
        let shares = [
            to_ben(seed, IN_BURSTS, call),
            to_ben(seed, IN_BURSTS, mended_call),
            from_anna(seed, IN_BURSTS, call, 7),
            from_anna(seed, IN_BURSTS, mended_call, 7),
        ];
        assert!(shares.iter().all(|share| *share <= 0.05), "seed {seed}: {shares:?}");
    }
}

#[test]
fn without_anything_what_is_lost_is_missed() {
    let plain = |seat, others| ParticipantConfig { audio_redundancy: false, ..call(seat, others) };

    let share = to_ben(1, BY_CHANCE, plain);

    assert!((0.03..0.07).contains(&share), "{share}");
}
