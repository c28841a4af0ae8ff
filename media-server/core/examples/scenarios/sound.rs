//! Speech on lossy paths: how much of it has to be made up.

use client::{MicrophoneConfig, ParticipantConfig};
use netsim::{LinkConfig, Loss};
use protocol::signal::Source;

use crate::rooms::support::{
    PersonId, Simulation, call, layered_call, ms, path, patient, practitioner, secs,
};
use crate::table::Figure;
use crate::table::Goal::AtMost;
use crate::table::Table;

/// One of five, in bursts of four on average.
const IN_BURSTS: Loss = Loss::Burst { enter: 0.0625, leave: 0.25 };

pub(crate) fn run(table: &mut Table) {
    let figures = |goal| {
        ["made up, to a participant", "made up, from a participant who sends RED"].map(|what| Figure {
            what,
            unit: "%",
            digits: 2,
            goal: AtMost(goal),
        })
    };
    table.worst("sound by RED alone: 5 % lost by chance, round trip 100 ms", figures(1.0), |seed| {
        [made_up(seed, Loss::None, Loss::Random(0.05), 0), made_up(seed, Loss::Random(0.05), Loss::None, 1)]
    });
    table.worst("sound by RED alone: 20 % lost in bursts of 4, round trip 100 ms", figures(5.0), |seed| {
        [made_up(seed, Loss::None, IN_BURSTS, 0), made_up(seed, IN_BURSTS, Loss::None, 7)]
    });
    let figures = ["made up, to them", "made up, from them"].map(|what| Figure {
        what,
        unit: "%",
        digits: 2,
        goal: AtMost(2.0),
    });
    table.worst("a camera call with somebody whose line falls to 64 kbit/s each way", figures, thin_line);
}

/// A minute at 64 kbit/s, of which the first ten seconds are for noticing it: of the sound to them and from them, what was
/// made up.
fn thin_line(seed: u64) -> [f64; 2] {
    let mut room = Simulation::new(seed);
    let anna = room.join(practitioner(1), layered_call(1, 1));
    let ben = room.join_over(patient(2), layered_call(2, 1), path(3000), path(3000));
    room.run(secs(10));
    room.set_network(ben, path(64), path(64));
    room.run(secs(10));
    let heard = |room: &Simulation| {
        [(ben, anna), (anna, ben)].map(|(to, from)| room.lane(to, from, Source::Microphone).received)
    };
    let before = heard(&room);
    room.run(secs(50));
    let after = heard(&room);
    [0, 1].map(|at| {
        let made_up = after[at].concealed - before[at].concealed;
        let played = after[at].played - before[at].played;
        made_up as f64 / (made_up + played) as f64 * 100.0
    })
}

/// Anna speaks for half a minute over a way that loses so much to the node, to Ben whose way loses so much.
fn made_up(seed: u64, up: Loss, down: Loss, redundancy: usize) -> f64 {
    let far = |loss| LinkConfig { latency: ms(50), loss, ..LinkConfig::default() };
    let sound = |seat| {
        let call = call(seat, 1);
        let microphone = call.microphone.map(|one| MicrophoneConfig { redundancy, ..one });
        ParticipantConfig { microphone, camera: None, video_lanes: 0, ..call }
    };
    let mut room = Simulation::new(seed);
    let anna = room.join_over(practitioner(1), sound(1), far(up), far(Loss::None));
    let ben = room.join_over(patient(2), sound(2), far(Loss::None), far(down));
    room.run(secs(30));
    share(&room, ben, anna) * 100.0
}

fn share(room: &Simulation, ben: PersonId, anna: PersonId) -> f64 {
    room.lane(ben, anna, Source::Microphone).received.concealed_share()
}
