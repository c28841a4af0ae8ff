//! A call begins with a low estimate on links that carry as much, or a lot more.

use crate::simulation::{Media, Simulation, Video, bottleneck, mostly, own, secs, seeds, unprobed};

const GREEDY: Media = Media { video: Video::UpTo(12_000) };

#[test]
fn soon_on_10_mbit() {
    for seed in seeds(&[1, 2, 3, 4, 5], 100) {
        let mut simulation = Simulation::new(seed, bottleneck(10_000));
        let flow = simulation.add(GREEDY, own);
        simulation.run(secs(20));

        let record = simulation.record(flow);
        let found = record.reached(0.0..20.0, 8500.0..11_500.0).unwrap_or(f64::MAX);
        assert!(found <= 4.0, "seed {seed}: after {found} s");
        let waited = record.waited(0.0..20.0, 0.95);
        assert!(waited <= 100.0, "seed {seed}: waited {waited} ms");
    }
}

#[test]
fn without_flooding_300_kbit() {
    for seed in seeds(&[1, 2, 3, 4, 5], 100) {
        let mut simulation = Simulation::new(seed, bottleneck(300));
        let flow = simulation.add(GREEDY, own);
        simulation.run(secs(20));

        let record = simulation.record(flow);
        let (_, mean, most) = record.estimates(0.0..20.0);
        assert!((255.0..315.0).contains(&mean) && most < 450.0, "seed {seed}: {mean}, at most {most}");
        let waited = record.waited(0.0..20.0, 0.95);
        assert!(waited <= 150.0, "seed {seed}: waited {waited} ms");
    }
}

#[test]
fn from_300_kbit_down_to_100() {
    mostly(&seeds(&[1, 2, 3], 100), |seed| {
        let mut simulation = Simulation::new(seed, bottleneck(100));
        let flow = simulation.add(GREEDY, own);
        simulation.run(secs(20));

        let record = simulation.record(flow);
        // The least that this sender sends is 88 kbit/s, so that a queue, that of the start too, takes its time to drain.
        let within = record.within(6.0..20.0, 80.0..115.0);
        let waited = record.waited(6.0..20.0, 0.95);
        let is_found = within >= 0.9 && waited <= 150.0;
        is_found.then_some(()).ok_or(format!("{within} of the time within 15 %, waited {waited} ms"))
    });
}

#[test]
fn slowly_when_nobody_sends_its_probes() {
    for seed in seeds(&[1, 2], 20) {
        let mut simulation = Simulation::new(seed, bottleneck(1000));
        let flow = simulation.add(GREEDY, unprobed);
        simulation.run(secs(40));

        let (_, mean, most) = simulation.record(flow).estimates(25.0..40.0);
        assert!(mean >= 850.0 && most <= 1150.0, "seed {seed}: {mean}, at most {most}");
    }
}
