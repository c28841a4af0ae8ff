//! The same seed gives the same run, to the packet: what a seed finds can be found again.

use crate::support::{PersonId, Simulation, home, mended_call, patient, practitioner, rough, secs};
use protocol::signal::Source;

fn run(seed: u64) -> (Simulation, Vec<PersonId>) {
    let mut room = Simulation::new(seed);
    let anna = room.join_over(practitioner(1), mended_call(1, 2), rough(), rough());
    let ben = room.join_over(patient(2), mended_call(2, 2), rough(), home());
    room.run(secs(2));
    let carla = room.join(patient(3), mended_call(3, 2));
    room.run(secs(1));
    room.set_active(ben, Source::Microphone, false);
    room.resume(carla);
    room.run(secs(2));
    (room, vec![anna, ben, carla])
}

#[test]
fn three_runs_of_a_seed_are_one() {
    let traces: Vec<_> = (0..3).map(|_| run(7).0.trace()).collect();

    assert_eq!(traces[0], traces[1]);
    assert_eq!(traces[1], traces[2]);
}

#[test]
fn another_seed_is_another_run() {
    assert_ne!(run(7).0.trace(), run(8).0.trace());
}

#[test]
fn something_happens_in_it() {
    let (room, people) = run(7);

    assert!(room.lost_by_networks() > 10);
    assert!(people.iter().all(|&me| room.statistics(me).heard_or_seen().len() == 2));
}
