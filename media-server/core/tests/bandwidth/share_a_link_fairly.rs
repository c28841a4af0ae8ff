//! Several calls from one house.

use std::ops::Range;

use crate::simulation::{CAMERA, Simulation, bottleneck, jain, own, secs, seeds};

fn fairness(simulation: &Simulation, flows: usize, secs: Range<f64>) -> f64 {
    let shares: Vec<f64> = (0..flows).map(|flow| simulation.record(flow).throughput(secs.clone())).collect();
    jain(&shares)
}

#[test]
fn three_that_begin_together() {
    for seed in seeds(&[1, 2, 3, 4], 60) {
        let mut simulation = Simulation::new(seed, bottleneck(3000));
        for _ in 0..3 {
            simulation.add(CAMERA, own);
        }
        simulation.run(secs(50));

        let index = fairness(&simulation, 3, 30.0..50.0);
        assert!(index >= 0.9, "seed {seed}: {index}");
        let waited = simulation.record(0).waited(5.0..50.0, 0.95);
        assert!(waited <= 150.0, "seed {seed}: waited {waited} ms");
    }
}

#[test]
fn two_that_join_one_that_has_it_all() {
    for seed in seeds(&[1, 2, 3, 4], 60) {
        let mut simulation = Simulation::new(seed, bottleneck(3000));
        for _ in 0..3 {
            simulation.add(CAMERA, own);
            simulation.run(secs(5));
        }
        simulation.run(secs(45));

        // From 30 s after the last one's begin.
        let index = fairness(&simulation, 3, 40.0..60.0);
        assert!(index >= 0.9, "seed {seed}: {index}");
    }
}
