//! A link of 3 Mbit/s that becomes one of 0.5 and then one of 2; round trip 50 ms, buffer 300 ms.

use crate::simulation::{CAMERA, Simulation, bottleneck, own, secs, seeds};

#[test]
fn within_2_s_down_and_8_s_up_and_with_a_short_queue() {
    for seed in seeds(&[1, 2, 3, 4, 5, 6], 100) {
        let mut simulation = Simulation::new(seed, bottleneck(3000));
        let flow = simulation.add(CAMERA, own);
        simulation.run(secs(30));
        simulation.set_link(bottleneck(500));
        simulation.run(secs(30));
        simulation.set_link(bottleneck(2000));
        simulation.run(secs(30));

        let record = simulation.record(flow);
        let down = record.reached(30.0..60.0, 425.0..575.0).unwrap_or(f64::MAX);
        let up = record.reached(60.0..90.0, 1700.0..2300.0).unwrap_or(f64::MAX);
        assert!(down <= 2.0 && up <= 8.0, "seed {seed}: down {down} s, up {up} s");
        for (from, to, settled, kbps) in
            [(0.0, 30.0, 8.0, 3000.0), (30.0, 60.0, 2.0, 500.0), (60.0, 90.0, 8.0, 2000.0)]
        {
            // The time of draining a queue is the rest.
            let within = record.within(from + settled..to, 0.85 * kbps..1.15 * kbps);
            assert!(within >= 0.9, "seed {seed}: {within} of the time within 15 % of {kbps}");
            let (_, mean, _) = record.estimates(from + settled..to);
            assert!((0.9 * kbps..1.05 * kbps).contains(&mean), "seed {seed}: {mean} of {kbps}");
            let waited = record.waited(from + 2.0..to, 0.95);
            assert!(waited <= 150.0, "seed {seed}: waited {waited} ms at {kbps}");
        }
    }
}
