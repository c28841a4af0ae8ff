//! A camera that is off, or sends a fixed low layer: what arrives then tells nothing about the link.

use crate::simulation::{CAMERA, Media, Simulation, Video, bottleneck, own, secs, seeds};

const OFF: Media = Media { video: Video::Off };

#[test]
fn no_higher_when_the_camera_is_off_and_soon_back_when_it_is_on() {
    for seed in seeds(&[1, 2, 3, 4], 100) {
        let mut simulation = Simulation::new(seed, bottleneck(3000));
        let flow = simulation.add(CAMERA, own);
        simulation.run(secs(15));
        simulation.set_media(flow, OFF);
        simulation.run(secs(30));
        simulation.set_media(flow, CAMERA);
        simulation.run(secs(15));

        let record = simulation.record(flow);
        let (_, _, before) = record.estimates(14.0..15.0);
        let (_, _, off) = record.estimates(16.0..45.0);
        assert!(off <= 1.05 * before, "seed {seed}: rose from {before} to {off}");
        assert_eq!(record.padding(16.0..45.0), 0.0, "seed {seed}");
        let back = record.reached(45.0..60.0, 2550.0..3450.0).unwrap_or(f64::MAX);
        assert!(back <= 3.0, "seed {seed}: back after {back} s");
        let waited = record.waited(45.0..60.0, 0.95);
        assert!(waited <= 150.0, "seed {seed}: waited {waited} ms");
    }
}

#[test]
fn ready_for_a_link_that_became_narrow_meanwhile() {
    for seed in seeds(&[1, 2, 3, 4], 100) {
        let mut simulation = Simulation::new(seed, bottleneck(3000));
        let flow = simulation.add(CAMERA, own);
        simulation.run(secs(15));
        simulation.set_media(flow, OFF);
        simulation.run(secs(15));
        simulation.set_link(bottleneck(500));
        simulation.run(secs(15));
        simulation.set_media(flow, CAMERA);
        simulation.run(secs(15));

        let record = simulation.record(flow);
        // Another second than after a step: what there is has to be found first.
        let within = record.within(48.0..60.0, 400.0..575.0);
        assert!(within >= 0.9, "seed {seed}: {within}");
        let waited = record.waited(45.0..60.0, 0.95);
        assert!(waited <= 150.0, "seed {seed}: waited {waited} ms");
    }
}

#[test]
fn below_half_above_what_a_fixed_layer_sends() {
    for seed in seeds(&[1, 2, 3], 100) {
        let mut simulation = Simulation::new(seed, bottleneck(10_000));
        let flow = simulation.add(Media { video: Video::Steady(1000) }, own);
        simulation.run(secs(60));

        let record = simulation.record(flow);
        let (_, mean, most) = record.estimates(20.0..60.0);
        assert!(mean >= 1048.0 && most <= 1.7 * 1048.0, "seed {seed}: {mean}, at most {most}");
    }
}

#[test]
fn high_enough_for_the_next_layer_when_it_is_wanted() {
    for seed in seeds(&[1, 2, 3], 100) {
        let mut simulation = Simulation::new(seed, bottleneck(5000));
        let flow = simulation.add(Media { video: Video::Steady(150) }, own);
        simulation.run(secs(30));
        // The layer above takes 1.2 Mbit/s; it is not sent before the estimate allows it.
        simulation.want(flow, 1250);
        simulation.run(secs(3));

        let (_, _, most) = simulation.record(flow).estimates(30.0..33.0);
        assert!(most >= 1250.0, "seed {seed}: {most}");
    }
}

#[test]
fn down_when_others_fill_the_link_but_not_to_what_audio_sends() {
    for seed in seeds(&[1, 2, 3], 100) {
        let mut simulation = Simulation::new(seed, bottleneck(3000));
        let flow = simulation.add(CAMERA, own);
        simulation.run(secs(15));
        simulation.set_media(flow, OFF);
        simulation.run(secs(2));
        // Somebody else sends more than the link carries, whatever happens.
        simulation.add(Media { video: Video::Steady(3200) }, own);
        simulation.run(secs(5));

        let (least, _, most) = simulation.record(flow).estimates(20.0..22.0);
        assert!(least >= 300.0 && most <= 2700.0, "seed {seed}: {least} to {most}");
    }
}
