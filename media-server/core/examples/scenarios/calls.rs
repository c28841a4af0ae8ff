//! Whole rooms: what people see and hear.

use netsim::{LinkConfig, Loss};
use protocol::signal::{Kind, Source, ViewSize};

use crate::rooms::support::{
    PersonId, Simulation, call, change_of_network, layered_call, mended_call, ms, patient, practitioner, secs,
};
use crate::table::Figure;
use crate::table::Goal::AtMost;
use crate::table::Table;

pub(crate) fn run(table: &mut Table) {
    losses(table);
    layers(table);
    network_change(table);
}

/// The longest time that any picture of theirs stood still.
fn frozen_ms(room: &Simulation, who: PersonId) -> f64 {
    let lanes = room.statistics(who).lanes;
    let longest =
        lanes.iter().filter(|lane| lane.kind == Kind::Video).map(|lane| lane.received.frozen_max).max();
    longest.unwrap_or_default().as_secs_f64() * 1000.0
}

fn losses(table: &mut Table) {
    let figures =
        [Figure { what: "longest freeze, either side", unit: "ms", digits: 0, goal: AtMost(500.0) }];
    table.worst("5 % lost by chance, both ways, round trip 100 ms", figures, |seed| {
        let link = LinkConfig { latency: ms(50), loss: Loss::Random(0.05), ..LinkConfig::default() };
        let mut room = Simulation::new(seed);
        let anna = room.join_over(practitioner(1), mended_call(1, 1), link, link);
        let ben = room.join_over(patient(2), mended_call(2, 1), link, link);
        room.run(secs(30));
        [frozen_ms(&room, anna).max(frozen_ms(&room, ben))]
    });
}

fn layers(table: &mut Table) {
    let figures =
        [Figure { what: "the high layer is there after", unit: "ms", digits: 0, goal: AtMost(500.0) }];
    table.worst("a small picture becomes large, its layers had stopped", figures, |seed| {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 1));
        let ben = room.join(patient(2), call(2, 1));
        room.run(secs(3));
        room.set_view(ben, anna, Source::Camera, ViewSize::Thumbnail);
        room.run(secs(5));
        let asked = room.now();
        room.set_view(ben, anna, Source::Camera, ViewSize::Full);
        room.run_until(secs(5), |room| room.lane(ben, anna, Source::Camera).received.layer == Some(2));
        [(room.now() - asked).as_secs_f64() * 1000.0]
    });
}

fn network_change(table: &mut Table) {
    let figure =
        Figure { what: "from the last packet by the old path, p95", unit: "s", digits: 2, goal: AtMost(3.0) };
    table.percentile("another network, round trips of 50 to 300 ms, up to 5 % lost", figure, 0.95, |seed| {
        change_of_network(seed).map(|silence| silence.as_secs_f64())
    });
}
