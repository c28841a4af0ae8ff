//! Nothing arrives for a while, as when somebody walks through a door.

use crate::simulation::{CAMERA, Simulation, bottleneck, dead, own, secs, seeds};

#[test]
fn of_2_s_within_2_s() {
    for seed in seeds(&[1, 2, 3, 4], 100) {
        let mut simulation = Simulation::new(seed, bottleneck(2000));
        let flow = simulation.add(CAMERA, own);
        simulation.run(secs(20));
        simulation.set_link(dead(bottleneck(2000)));
        simulation.run(secs(2));
        simulation.set_link(bottleneck(2000));
        simulation.run(secs(10));

        let record = simulation.record(flow);
        let (during, _, _) = record.estimates(20.0..22.0);
        assert!(during <= 1000.0, "seed {seed}: still {during} at the end of the silence");
        let back = record.reached(22.0..32.0, 1500.0..2300.0).unwrap_or(f64::MAX);
        assert!(back <= 2.0, "seed {seed}: back after {back} s");
        let waited = record.waited(23.0..32.0, 0.95);
        assert!(waited <= 150.0, "seed {seed}: waited {waited} ms");
    }
}

#[test]
fn onto_a_narrower_link_without_filling_it() {
    for seed in seeds(&[1, 2, 3, 4], 100) {
        let mut simulation = Simulation::new(seed, bottleneck(3000));
        let flow = simulation.add(CAMERA, own);
        simulation.run(secs(20));
        simulation.set_link(dead(bottleneck(400)));
        simulation.run(secs(3));
        simulation.set_link(bottleneck(400));
        simulation.run(secs(20));

        let record = simulation.record(flow);
        let within = record.within(26.0..43.0, 320.0..460.0);
        assert!(within >= 0.9, "seed {seed}: {within}");
        let waited = record.waited(26.0..43.0, 0.95);
        assert!(waited <= 150.0, "seed {seed}: waited {waited} ms");
    }
}
