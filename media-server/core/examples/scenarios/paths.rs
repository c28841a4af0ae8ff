//! What a path is thought to carry: the estimator alone over one bottleneck.

use crate::bandwidth::simulation::{
    CAMERA, Simulation, bottleneck, jain, own, secs, with_burst_loss, with_loss,
};
use crate::table::Figure;
use crate::table::Goal::{AtLeast, AtMost};
use crate::table::Table;

/// A time that is never reached.
const NEVER: f64 = 999.0;

pub(crate) fn run(table: &mut Table) {
    steps(table);
    fairness(table);
    losses(table);
}

fn steps(table: &mut Table) {
    let figures = [
        Figure { what: "down: estimate within 15 % after", unit: "s", digits: 2, goal: AtMost(2.0) },
        Figure { what: "up: estimate within 15 % after", unit: "s", digits: 2, goal: AtMost(8.0) },
        Figure {
            what: "queueing delay p95, from 2 s after each step",
            unit: "ms",
            digits: 0,
            goal: AtMost(150.0),
        },
    ];
    table.worst("a link that steps 3 → 0.5 → 2 Mbit/s", figures, |seed| {
        let mut simulation = Simulation::new(seed, bottleneck(3000));
        let flow = simulation.add(CAMERA, own);
        for kbps in [500, 2000] {
            simulation.run(secs(30));
            simulation.set_link(bottleneck(kbps));
        }
        simulation.run(secs(30));
        let record = simulation.record(flow);
        let waits = [2.0..30.0, 32.0..60.0, 62.0..90.0].map(|secs| record.waited(secs, 0.95));
        [
            record.reached(30.0..60.0, 425.0..575.0).unwrap_or(NEVER),
            record.reached(60.0..90.0, 1700.0..2300.0).unwrap_or(NEVER),
            waits.into_iter().fold(0.0, f64::max),
        ]
    });
}

fn fairness(table: &mut Table) {
    let figures = [Figure { what: "Jain's index after 30 s", unit: "", digits: 3, goal: AtLeast(0.9) }];
    table.worst("three calls on one link of 3 Mbit/s", figures, |seed| {
        let mut simulation = Simulation::new(seed, bottleneck(3000));
        for _ in 0..3 {
            simulation.add(CAMERA, own);
        }
        simulation.run(secs(50));
        let shares = [0, 1, 2].map(|flow| simulation.record(flow).throughput(30.0..50.0));
        [jain(&shares)]
    });
}

/// Losses by chance are no congestion.
fn losses(table: &mut Table) {
    let figure =
        || Figure { what: "mean estimate after 10 s", unit: "kbit/s", digits: 0, goal: AtLeast(1000.0) };
    table.worst("5 % lost by chance on 2 Mbit/s", [figure()], |seed| {
        [mean(seed, with_loss(0.05, bottleneck(2000)))]
    });
    let figures = [Figure { goal: AtLeast(150.0), ..figure() }];
    table.worst("20 % lost in bursts on 2 Mbit/s", figures, |seed| {
        [mean(seed, with_burst_loss(0.2, 4.0, bottleneck(2000)))]
    });
}

fn mean(seed: u64, link: netsim::LinkConfig) -> f64 {
    let mut simulation = Simulation::new(seed, link);
    let flow = simulation.add(CAMERA, own);
    simulation.run(secs(40));
    simulation.record(flow).estimates(10.0..40.0).1
}
