//! How everybody's connection was, told to the control plane each minute and at the end: trouble stands where it was, with its
//! cause, and whoever comes back goes on.

use std::time::Duration;

use media_core::Output;
use netsim::{LinkConfig, Loss};
use protocol::SeatId;
use protocol::node::RoomEventKind;
use protocol::signal::Cause;
use protocol::timeline::{STRETCHES_MAX, Stretch};

use crate::support::{Simulation, call, home, layered_call, patient, practitioner, secs, seeds};

/// What was told of a seat, in order.
fn told(room: &Simulation, seat: SeatId) -> Vec<(Duration, Vec<Stretch>)> {
    let told = room.room_events.iter().filter_map(|event| match event {
        Output::Event { kind: RoomEventKind::Quality { seat: whose, span_ms, stretches }, .. }
            if *whose == seat =>
        {
            Some((Duration::from_millis(u64::from(*span_ms)), stretches.clone()))
        }
        _ => None,
    });
    told.collect()
}

#[test]
fn trouble_stands_where_it_was_and_a_visit_that_ends_has_told_all() {
    for seed in seeds(&[1, 2], 20) {
        let mut room = Simulation::new(seed);
        let anna = room.join_over(practitioner(1), layered_call(1, 1), home(), home());
        let ben = room.join(patient(2), layered_call(2, 1));
        room.run(secs(40));
        let lossy = LinkConfig { loss: Loss::Burst { enter: 0.0625, leave: 0.25 }, ..home() };
        room.set_network(anna, lossy, home());
        room.run(secs(20));
        room.set_network(anna, home(), home());
        room.run(secs(15));
        let before_end = told(&room, room.seat(anna)).len();
        room.end(anna);
        room.run(secs(1));

        let of_anna = told(&room, room.seat(anna));
        assert_eq!((before_end, of_anna.len()), (1, 2), "seed {seed}: a minute, and the rest");
        assert!(
            of_anna[0].0.as_secs_f64() > 58.0 && of_anna[0].0.as_secs_f64() < 62.0,
            "seed {seed}: {of_anna:?}"
        );
        assert_eq!(of_anna[0].1.len(), STRETCHES_MAX, "seed {seed}");
        let all: Vec<Stretch> = of_anna.into_iter().flat_map(|(_, stretches)| stretches).collect();
        let bad: Vec<Option<Cause>> = all.iter().map(|stretch| stretch.cause).collect();
        assert_eq!(bad[1..4], [None; 3], "seed {seed}: {all:?}");
        assert_eq!(bad[4], Some(Cause::Uplink), "seed {seed}: {all:?}");
        assert_eq!(bad[7], None, "seed {seed}: {all:?}");
        let mos = |at: usize| all[at].receive.mos_min.unwrap().tenths();
        assert!(mos(4) + 8 <= mos(2), "seed {seed}: {all:?}");
        let good = all[2];
        assert_eq!((good.seconds, good.receive.layer_min), (10, Some(2)), "seed {seed}: {good:?}");
        assert!(
            good.receive.bitrate_bps > 1_000_000 && good.forward.bitrate_bps > 1_000_000,
            "seed {seed}: {good:?}"
        );
        assert!(good.receive.rtt_ms.is_some_and(|rtt| rtt > 10), "seed {seed}: {good:?}");
        let of_ben: Vec<_> = told(&room, room.seat(ben)).into_iter().flat_map(|(_, all)| all).collect();
        assert!(of_ben.iter().all(|stretch| stretch.cause != Some(Cause::Uplink)), "seed {seed}: {of_ben:?}");
    }
}

#[test]
fn who_leaves_has_told_all_before() {
    let mut room = Simulation::new(3);
    room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(12));
    let seat = room.seat(ben);
    room.leave(ben);
    room.run(secs(1));

    let place = |is: fn(&RoomEventKind) -> bool| {
        let mut events = room.room_events.iter();
        events.position(|event| matches!(event, Output::Event { kind, .. } if is(kind)))
    };
    let quality = place(|kind| matches!(kind, RoomEventKind::Quality { .. })).unwrap();
    let left = place(|kind| matches!(kind, RoomEventKind::Left { .. })).unwrap();
    assert!(quality < left, "{:?}", room.room_events);
    let of_ben = told(&room, seat);
    let seconds: Vec<u8> = of_ben[0].1.iter().map(|stretch| stretch.seconds).collect();
    assert!(of_ben.len() == 1 && seconds[0] == 10 && seconds.len() == 2, "{seconds:?}");
}

#[test]
fn who_comes_back_goes_on_with_a_gap() {
    let mut room = Simulation::new(4);
    room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(15));
    let seat = room.seat(ben);
    room.drop_signalling(ben);
    room.leave_network(ben, home(), home());
    room.run(secs(25));
    room.resume(ben);
    room.run(secs(30));

    let of_ben = told(&room, seat);
    assert_eq!(of_ben.len(), 1, "{of_ben:?}");
    let seconds: Vec<u8> = of_ben[0].1.iter().map(|stretch| stretch.seconds).collect();
    assert!(seconds.len() == STRETCHES_MAX && seconds.contains(&0), "{seconds:?}");
    assert!(seconds[0] >= 9 && seconds[5] >= 9, "{seconds:?}");
}
