//! The way back loses feedback, or is long and uneven.

use crate::simulation::{CAMERA, Simulation, bottleneck, own, secs, seeds, way_back};

/// Least and mean estimate in the last 20 of 30 s, when feedback is lost, and takes so long.
fn estimates(seed: u64, loss: f64, latency_ms: u64, jitter_ms: u64) -> (f64, f64) {
    let mut simulation = Simulation::new(seed, bottleneck(2000));
    let flow = simulation.add(CAMERA, own);
    simulation.flow(flow).back(way_back(loss, latency_ms, jitter_ms));
    simulation.run(secs(30));
    let (least, mean, _) = simulation.record(flow).estimates(10.0..30.0);
    (least, mean)
}

#[test]
fn of_which_one_in_ten_is_lost() {
    for seed in seeds(&[1, 2, 3], 100) {
        let (least, mean) = estimates(seed, 0.1, 25, 0);

        assert!(least >= 1300.0 && mean >= 1700.0, "seed {seed}: {mean}, at least {least}");
    }
}

#[test]
fn of_which_three_in_ten_are_lost() {
    for seed in seeds(&[1, 2, 3], 100) {
        let (least, mean) = estimates(seed, 0.3, 25, 0);

        assert!(least >= 700.0 && mean >= 1600.0, "seed {seed}: {mean}, at least {least}");
    }
}

#[test]
fn that_takes_150_to_250_ms() {
    for seed in seeds(&[1, 2, 3], 100) {
        let (least, mean) = estimates(seed, 0.0, 150, 100);

        assert!(least >= 1400.0 && mean >= 1700.0, "seed {seed}: {mean}, at least {least}");
    }
}
