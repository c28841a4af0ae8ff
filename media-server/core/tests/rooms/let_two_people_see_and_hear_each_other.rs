//! The main thing: two people join, and each sees and hears the other, whole and soon.

use client::{Event, Statistics};
use protocol::signal::{Kind, Source};

use crate::support::{Simulation, call, ms, patient, practitioner, secs, seeds};

/// Nothing is wrong with what came, whatever came.
pub(crate) fn assert_flawless(statistics: &Statistics) {
    for lane in &statistics.lanes {
        let received = &lane.received;
        // A frame that came twice, under whatever numbers, would break the order.
        let wrong = (received.corrupt, received.order_breaks, received.picture_id_breaks);
        assert_eq!(wrong, (0, 0, 0), "lane {}: {received:?}", lane.mid);
    }
    let transport = statistics.transport;
    assert_eq!((transport.unauthentic, transport.unknown_stream, transport.malformed), (0, 0, 0));
}

#[test]
fn each_gets_every_packet_and_frame_of_the_other() {
    for seed in seeds(&[1, 2], 500) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), call(1, 1));
        let ben = room.join(patient(2), call(2, 1));

        room.run(secs(5));

        for (me, other) in [(anna, ben), (ben, anna)] {
            let audio = room.received(me, other, Source::Microphone);
            let video = room.received(me, other, Source::Camera);
            assert!((230..=250).contains(&audio.frames), "seed {seed}: {} audio packets", audio.frames);
            assert!((135..=150).contains(&video.frames), "seed {seed}: {} frames", video.frames);
            let statistics = room.statistics(me);
            assert_flawless(&statistics);
            for lane in &statistics.lanes {
                assert_eq!((lane.received.lost, lane.received.freezes), (0, 0), "seed {seed}: {lane:?}");
                assert_eq!(lane.seat, Some(room.seat(other)));
            }
        }
    }
}

#[test]
fn the_first_frame_is_there_after_a_few_round_trips() {
    let mut room = Simulation::new(3);
    let anna = room.join(practitioner(1), call(1, 1));
    room.run(secs(3));
    let clicked = room.now();
    let ben = room.join(patient(2), call(2, 1));

    room.run(secs(2));

    // 20 ms each way, 25 ms for a message: one round trip of signalling, one of ICE, two of DTLS, one for the picture.
    for (me, other) in [(ben, anna), (anna, ben)] {
        let first = room.received(me, other, Source::Camera).first_frame_at.unwrap();
        let took = first - clicked;
        assert!(took <= ms(400), "{me:?} saw {other:?} after {took:?}");
    }
}

#[test]
fn media_takes_no_longer_than_the_network() {
    let mut room = Simulation::new(4);
    let anna = room.join(practitioner(1), call(1, 1));
    room.join(patient(2), call(2, 1));

    room.run(secs(5));

    for lane in room.statistics(anna).lanes {
        let latency = lane.received.latency;
        // Twice 20 ms, and the core adds nothing: it forwards within the batch.
        assert_eq!(latency.min(), Some(ms(40)), "{:?}", lane.kind);
        assert!(latency.percentile(0.99).unwrap() <= ms(45), "{:?}: {latency:?}", lane.kind);
    }
}

#[test]
fn ipv6_is_as_good() {
    let mut room = Simulation::new(5);
    let anna = room.join_by_ipv6(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));

    room.run(secs(3));

    assert!(room.participant(anna).path().unwrap().remote.is_ipv6());
    assert!(room.participant(ben).path().unwrap().remote.is_ipv4());
    assert!(room.received(anna, ben, Source::Camera).frames > 60);
    assert!(room.received(ben, anna, Source::Camera).frames > 60);
}

#[test]
fn one_round_trip_of_signalling_is_enough() {
    let mut room = Simulation::new(6);
    let anna = room.join(practitioner(1), call(1, 1));

    room.run(ms(50));

    let joined = room.events(anna).iter().find(|(_, event)| matches!(event, Event::Joined { .. }));
    assert!(joined.is_some(), "{:?}", room.events(anna));
    let kinds: Vec<_> =
        room.statistics(anna).lanes.iter().map(|lane| (lane.kind, lane.ssrc.is_some())).collect();
    assert_eq!(kinds, [(Kind::Audio, true), (Kind::Video, true)]);
}
