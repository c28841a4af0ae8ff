//! Losses that come with the path, and losses that come from sending too much.

use netsim::LinkConfig;

use crate::simulation::{
    CAMERA, Simulation, bottleneck, bottleneck_of, mostly, own, secs, seeds, with_burst_loss, with_loss,
};

/// The least and mean estimate in the last 25 of 40 s, and what part of the packets arrived.
fn estimates(seed: u64, config: LinkConfig) -> (f64, f64, f64) {
    let mut simulation = Simulation::new(seed, config);
    let flow = simulation.add(CAMERA, own);
    simulation.run(secs(40));
    let (least, mean, _) = simulation.record(flow).estimates(15.0..40.0);
    (least, mean, simulation.record(flow).arrived_part(15.0..40.0))
}

#[test]
fn five_in_a_hundred_lost_by_chance_cost_little() {
    for seed in seeds(&[1, 2, 3], 100) {
        let (least, mean, _) = estimates(seed, with_loss(0.05, bottleneck(2000)));

        assert!(least >= 1000.0 && mean >= 1600.0, "seed {seed}: {mean}, at least {least}");
    }
}

#[test]
fn ten_in_a_hundred_lost_by_chance_leave_audio_and_a_picture() {
    for seed in seeds(&[1, 2, 3], 100) {
        let (least, mean, _) = estimates(seed, with_loss(0.10, bottleneck(2000)));

        assert!(least >= 600.0 && mean >= 1400.0, "seed {seed}: {mean}, at least {least}");
    }
}

#[test]
fn loss_on_a_narrow_link_leaves_most_of_it() {
    for seed in seeds(&[1, 2, 3], 100) {
        let (least, mean, _) = estimates(seed, with_loss(0.05, bottleneck(400)));

        assert!(least >= 180.0 && mean >= 300.0, "seed {seed}: {mean}, at least {least}");
    }
}

#[test]
fn a_shallow_buffer_is_congestion_though_nothing_waits() {
    mostly(&seeds(&[1, 2, 3], 100), |seed| {
        let (_, mean, arrived) = estimates(seed, bottleneck_of(1500, 20));

        // Now and then chance has the loss stay although less is sent, and it is taken for the path's own for a while.
        assert!(arrived >= 0.85, "seed {seed}: {arrived} arrived");
        let is_told = (1000.0..1725.0).contains(&mean) && arrived >= 0.92;
        is_told.then_some(()).ok_or(format!("{mean}, {arrived} arrived"))
    });
}

#[test]
fn a_fifth_lost_in_bursts_leaves_audio_and_a_picture() {
    for seed in seeds(&[1, 2, 3], 100) {
        let (_, mean, _) = estimates(seed, with_burst_loss(0.2, 4.0, bottleneck(2000)));

        assert!(mean >= 250.0, "seed {seed}: {mean}");
    }
}
