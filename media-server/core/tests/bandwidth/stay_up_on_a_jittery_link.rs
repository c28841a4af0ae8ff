//! Wi-Fi in a kitchen: 20 ms of jitter, and packets that overtake each other.

use std::time::Duration;

use netsim::LinkConfig;

use crate::simulation::{CAMERA, Simulation, bottleneck, own, secs, seeds, with_jitter, with_loss};

/// The least and mean estimate in the last 45 of 60 s.
fn estimates(seed: u64, config: LinkConfig) -> (f64, f64) {
    let mut simulation = Simulation::new(seed, config);
    let flow = simulation.add(CAMERA, own);
    simulation.run(secs(60));
    let (least, mean, _) = simulation.record(flow).estimates(15.0..60.0);
    (least, mean)
}

#[test]
fn with_20_ms_of_jitter() {
    for seed in seeds(&[1, 2, 3], 100) {
        let (least, mean) = estimates(seed, with_jitter(20, bottleneck(3000)));

        assert!(least >= 2000.0 && mean >= 2550.0, "seed {seed}: {mean}, at least {least}");
    }
}

#[test]
fn with_jitter_and_loss() {
    for seed in seeds(&[1, 2, 3], 100) {
        let (least, mean) = estimates(seed, with_loss(0.05, with_jitter(20, bottleneck(2000))));

        assert!(least >= 1000.0 && mean >= 1500.0, "seed {seed}: {mean}, at least {least}");
    }
}

#[test]
fn with_packets_that_are_overtaken() {
    for seed in seeds(&[1, 2, 3], 100) {
        let config = LinkConfig { reorder: 0.02, reorder_by: Duration::from_millis(15), ..bottleneck(2000) };
        let (least, mean) = estimates(seed, config);

        assert!(least >= 1400.0 && mean >= 1700.0, "seed {seed}: {mean}, at least {least}");
    }
}
