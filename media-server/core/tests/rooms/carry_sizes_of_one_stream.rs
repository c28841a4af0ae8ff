//! A camera in one stream that holds three sizes (SVC): each sees the size that they show, its publisher sends those that somebody
//! watches and no others, and on a rough network the picture never stands still for long.

use protocol::signal::{Source, ViewSize};

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::stop_what_nobody_watches::{assert_larger_ones_stop_and_start_again, sent};
use crate::support::{
    Simulation, call, home, ms, patient, practitioner, rough, scalable_call, secs, seeds, showing_call,
};

const SIZES: [ViewSize; 3] = [ViewSize::Thumbnail, ViewSize::Medium, ViewSize::Full];

#[test]
fn each_gets_the_size_of_their_own_view() {
    for seed in seeds(&[1, 2], 100) {
        let mut room = Simulation::new(seed);
        let others = [2, 3, 4].map(|seat| room.join(patient(seat), showing_call(seat, 3)));
        let anna = room.join(practitioner(1), scalable_call(1, 3));
        room.run(secs(2));
        for (me, size) in others.into_iter().zip(SIZES) {
            room.set_view(me, anna, Source::Camera, size);
        }
        room.run(secs(1));
        let before = others.map(|me| room.lane(me, anna, Source::Camera).received.layer_frames);

        room.run(secs(2));

        for (at, me) in others.into_iter().enumerate() {
            assert_flawless(&room.statistics(me));
            let received = room.lane(me, anna, Source::Camera).received;
            let got: [u64; 3] = std::array::from_fn(|size| received.layer_frames[size] - before[at][size]);
            assert!((58..=62).contains(&got[at]), "seed {seed}: {got:?} for {:?}", SIZES[at]);
            assert_eq!(got.iter().sum::<u64>(), got[at], "seed {seed}: no other size");
            assert_eq!(
                (received.freezes, received.lost, received.timestamp_breaks),
                (0, 0, 0),
                "seed {seed}"
            );
        }
    }
}

#[test]
fn a_size_that_nobody_watches_stops_and_starts_again_within_500_ms() {
    for seed in seeds(&[1, 2, 3], 100) {
        let mut room = Simulation::new(seed);
        let ben = room.join(patient(2), showing_call(2, 1));
        let anna = room.join(practitioner(1), scalable_call(1, 1));
        room.run(secs(3));
        assert_larger_ones_stop_and_start_again(&mut room, (anna, ben), seed);
        room.set_view(ben, anna, Source::Camera, ViewSize::Hidden);
        room.run(secs(3));
        assert_eq!(sent(&mut room, anna), [0; 3], "seed {seed}: nobody watches");
        room.set_view(ben, anna, Source::Camera, ViewSize::Medium);
        let before = room.lane(ben, anna, Source::Camera).received.frames;
        let is_back =
            room.run_until(ms(500), |room| room.lane(ben, anna, Source::Camera).received.frames > before);
        assert!(is_back, "seed {seed}: from nothing within 500 ms");
        room.run(secs(1));
        assert_eq!(sent(&mut room, anna)[2], 0, "seed {seed}: no more than is watched");
        assert_flawless(&room.statistics(ben));
        let received = room.lane(ben, anna, Source::Camera).received;
        assert_eq!((received.layer, received.freezes), (Some(1), 0), "seed {seed}: {received:?}");
    }
}

#[test]
fn five_percent_of_loss_and_100_ms_stop_no_picture_for_500_ms() {
    // 1: a retransmission is asked for of what waits for its turn.
    for seed in seeds(&[1, 2], 500) {
        let mut room = Simulation::new(seed);
        let others =
            [2, 3, 4].map(|seat| room.join_over(patient(seat), showing_call(seat, 3), home(), rough()));
        let anna = room.join_over(practitioner(1), scalable_call(1, 3), rough(), home());
        room.run(secs(3));

        for turn in 0..4 {
            for (at, me) in others.into_iter().enumerate() {
                room.set_view(me, anna, Source::Camera, SIZES[(at + turn) % 3]);
            }
            room.run(secs(2));
        }

        for me in others {
            assert_flawless(&room.statistics(me));
            let received = room.lane(me, anna, Source::Camera).received;
            assert!(received.frozen_max <= ms(500), "seed {seed}: {:?}: {received:?}", received.frozen_max);
            assert!(received.layer_switches >= 3, "seed {seed}: {received:?}");
            assert!(received.recovered > 20, "seed {seed}: {received:?}");
            assert!(received.frames > 10 * 25, "seed {seed}: {received:?}");
        }
        assert!(room.statistics(anna).track(Source::Camera).unwrap().sent.retransmitted > 20, "seed {seed}");
    }
}

#[test]
fn where_somebody_cannot_show_it_nobody_is_sent_it() {
    let mut room = Simulation::new(1);
    let ben = room.join(patient(2), call(2, 1));
    let anna = room.join(practitioner(1), scalable_call(1, 1));

    room.run(secs(2));

    // The synthetic camera has no other codec. A browser sends VP8 then, as the answer says.
    assert_eq!(sent(&mut room, anna), [0; 3]);
    assert!(room.received(ben, anna, Source::Microphone).frames > 50, "the voice goes on");
}
