//! A camera comes in three layers, and each subscriber gets the one that fits what they show; a change of it is not seen.

use client::{LaneReport, ParticipantConfig};
use protocol::signal::{Source, ViewSize};

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{
    PersonId, Simulation, call, home, layered_call, ms, patient, practitioner, rough, secs, seeds,
};

/// What `me` receives of `from`'s camera, which came without a flaw.
fn seen(room: &Simulation, me: PersonId, from: PersonId) -> LaneReport {
    assert_flawless(&room.statistics(me));
    let lane = room.lane(me, from, Source::Camera);
    assert_eq!(lane.received.timestamp_breaks, 0, "{lane:?}");
    lane
}

/// Frames of each layer that `me` gets of `from` in the next two seconds.
fn frames(room: &mut Simulation, me: PersonId, from: PersonId) -> [u64; 3] {
    let before = seen(room, me, from).received.layer_frames;
    room.run(secs(2));
    let after = seen(room, me, from).received.layer_frames;
    std::array::from_fn(|layer| after[layer] - before[layer])
}

#[test]
fn each_gets_the_layer_of_their_own_view() {
    for seed in seeds(&[1, 2], 300) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 3));
        let sizes = [ViewSize::Thumbnail, ViewSize::Medium, ViewSize::Full];
        let others = [2, 3, 4].map(|seat| room.join(patient(seat), call(seat, 3)));
        room.run(secs(2));
        for (me, size) in others.into_iter().zip(sizes) {
            room.set_view(me, anna, Source::Camera, size);
        }
        room.run(secs(1));

        for (layer, me) in others.into_iter().enumerate() {
            let got = frames(&mut room, me, anna);
            assert!((58..=62).contains(&got[layer]), "seed {seed}: {got:?} for {:?}", sizes[layer]);
            assert_eq!(got.iter().sum::<u64>(), got[layer], "no other layer");
            let lane = seen(&room, me, anna);
            assert_eq!((lane.received.freezes, lane.received.lost), (0, 0), "seed {seed}: {lane:?}");
        }
    }
}

#[test]
fn a_change_of_layer_is_not_seen() {
    for seed in seeds(&[3, 4, 5], 300) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 2));
        let ben = room.join(patient(2), call(2, 2));
        // Keeps all layers coming.
        let carla = room.join(patient(3), call(3, 2));
        room.run(secs(3));
        let before = seen(&room, ben, anna).received;

        for size in [ViewSize::Thumbnail, ViewSize::Full, ViewSize::Medium].repeat(3) {
            room.set_view(ben, anna, Source::Camera, size);
            room.run(ms(1500));
            let layer = match size {
                ViewSize::Hidden | ViewSize::Thumbnail => 0,
                ViewSize::Medium => 1,
                ViewSize::Full => 2,
            };
            assert_eq!(seen(&room, ben, anna).received.layer, Some(layer), "seed {seed}: {size:?}");
        }

        let after = seen(&room, ben, anna).received;
        assert!(after.layer_switches == before.layer_switches + 9, "seed {seed}: {after:?}");
        assert_eq!((after.freezes, after.lost, after.nacks), (before.freezes, 0, 0), "seed {seed}");
        assert_eq!(after.skipped_frames, before.skipped_frames, "seed {seed}: every moment is shown");
        let other = seen(&room, carla, anna).received;
        assert_eq!((other.layer, other.freezes, other.lost), (Some(2), 0, 0), "seed {seed}");
    }
}

#[test]
fn a_rough_network_makes_a_change_no_worse() {
    for seed in seeds(&[6, 7], 300) {
        let mut room = Simulation::new(seed);
        let anna = room.join_over(practitioner(1), layered_call(1, 3), rough(), home());
        let sizes = [ViewSize::Thumbnail, ViewSize::Medium, ViewSize::Full];
        let others = [2, 3, 4].map(|seat| room.join_over(patient(seat), call(seat, 3), home(), rough()));
        room.run(secs(3));

        for turn in 0..9 {
            for (at, me) in others.into_iter().enumerate() {
                room.set_view(me, anna, Source::Camera, sizes[(at + turn) % 3]);
            }
            room.run(secs(2));
        }

        for me in others {
            let received = seen(&room, me, anna).received;
            assert!(received.layer_switches >= 8, "seed {seed}: {received:?}");
            assert!(received.recovered > 50, "seed {seed}: {received:?}");
            assert!(received.frozen_max <= ms(500), "seed {seed}: {:?}", received.frozen_max);
        }
        let sent = room.statistics(anna);
        for layer in &sent.track(Source::Camera).unwrap().layers {
            assert!(layer.retransmitted > 10, "seed {seed}: each layer is mended: {layer:?}");
        }
    }
}

#[test]
fn a_hidden_picture_costs_nothing_and_comes_back_at_once() {
    let mut room = Simulation::new(8);
    let anna = room.join(practitioner(1), layered_call(1, 2));
    let ben = room.join(patient(2), call(2, 2));
    let _carla = room.join(patient(3), call(3, 2));
    room.run(secs(3));

    room.set_view(ben, anna, Source::Camera, ViewSize::Hidden);
    room.run(ms(200));
    let hidden = frames(&mut room, ben, anna);
    room.set_view(ben, anna, Source::Camera, ViewSize::Full);
    let before = seen(&room, ben, anna).received.frames;
    let is_back = room.run_until(ms(200), |room| seen(room, ben, anna).received.frames > before);

    assert_eq!(hidden, [0; 3]);
    assert!(is_back, "within 200 ms");
    assert!(room.received(ben, anna, Source::Microphone).frames > 200, "the voice goes on");
    room.run(secs(1));
    let after = seen(&room, ben, anna).received;
    assert_eq!((after.lost, after.freezes), (0, 0), "{after:?}");
}

#[test]
fn who_joins_late_begins_with_a_key_frame_of_their_layer() {
    for seed in seeds(&[9, 10], 300) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 2));
        let _ben = room.join(patient(2), call(2, 2));
        room.run(secs(5));
        let carla = room.join(patient(3), call(3, 2));
        assert!(room.run_until(secs(2), |room| room.participant(carla).is_connected()));
        let connected = room.now();

        room.run(secs(2));

        let first = room.received(carla, anna, Source::Camera).first_frame_at.unwrap();
        assert!(first - connected <= ms(150), "seed {seed}: after {:?}", first - connected);
        let received = seen(&room, carla, anna).received;
        assert_eq!((received.layer, received.freezes), (Some(2), 0), "seed {seed}: {received:?}");
    }
}

#[test]
fn a_layer_that_stops_by_itself_is_replaced_by_the_best_that_comes() {
    for seed in seeds(&[11, 12], 300) {
        let mut room = Simulation::new(seed);
        // Too little for the highest layer as long as it lasts.
        let config = layered_call(1, 1);
        let anna = room.join(practitioner(1), config);
        let ben = room.join(patient(2), call(2, 1));
        room.run(secs(5));
        assert_eq!(seen(&room, ben, anna).received.layer, Some(2), "seed {seed}");

        let narrow = netsim::LinkConfig { rate_bps: Some(800_000), buffer_bytes: 60_000, ..home() };
        room.set_network(anna, narrow, home());
        let is_down =
            room.run_until(secs(20), |room| room.lane(ben, anna, Source::Camera).received.layer == Some(1));
        room.run(secs(2));

        assert!(is_down, "seed {seed}: {:?}", room.lane(ben, anna, Source::Camera));
        let got = frames(&mut room, ben, anna);
        assert!(got[1] > 50, "seed {seed}: the middle layer goes on: {got:?}");
    }
}

/// A publisher without layers is shown whole at any size.
#[test]
fn a_track_without_layers_has_one_size() {
    let mut room = Simulation::new(13);
    let config: ParticipantConfig = call(1, 1);
    let anna = room.join(practitioner(1), config);
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(3));

    room.set_view(ben, anna, Source::Camera, ViewSize::Thumbnail);
    let got = frames(&mut room, ben, anna);

    assert!(got[0] >= 58, "{got:?}");
}
