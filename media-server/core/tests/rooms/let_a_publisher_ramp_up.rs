//! The node's transport-wide feedback lets a publisher's bit rate rise, and fall where the network is narrow.

use netsim::LinkConfig;
use protocol::signal::Source;
use rtp::Bitrate;

use crate::support::{Simulation, call, home, mended_call, ms, patient, practitioner, secs, seeds};

#[test]
fn past_one_megabit_within_five_seconds() {
    for seed in seeds(&[1, 2], 300) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), call(1, 1));
        let ben = room.join(patient(2), call(2, 1));
        assert!(room.statistics(anna).target < Bitrate::from_kbps(400));

        room.run(secs(5));
        let before = room.statistics(anna).track(Source::Camera).unwrap().sent.payload_bytes;
        room.run(secs(1));

        let sent = room.statistics(anna).track(Source::Camera).unwrap().sent.payload_bytes - before;
        assert!(sent * 8 > 1_000_000, "seed {seed}: {} bit/s", sent * 8);
        assert!(room.received(ben, anna, Source::Camera).frames > 160);
    }
}

#[test]
fn a_narrow_uplink_is_not_flooded() {
    let mut room = Simulation::new(3);
    let narrow = LinkConfig { rate_bps: Some(700_000), buffer_bytes: 60_000, ..home() };
    let anna = room.join_over(practitioner(1), mended_call(1, 1), narrow, home());
    let ben = room.join(patient(2), mended_call(2, 1));

    room.run(secs(20));

    let target = room.statistics(anna).target;
    assert!((250_000..800_000).contains(&target.bps()), "{target}");
    let latency = &room.statistics(ben).lanes[0].received.latency;
    assert!(latency.median().unwrap() < ms(200), "{:?}", latency.median());
    assert!(room.received(ben, anna, Source::Camera).frames > 450);
}
