//! Packets in are packets out: nothing is lost inside without being counted by cause.

use protocol::signal::Kind;

use crate::support::{Simulation, call, mended_call, patient, practitioner, rough, secs, seeds};

/// Whatever comes in is taken, answered, or dropped for a named reason; whatever is due goes out, waits, or is counted.
fn assert_balanced(room: &Simulation, seed: u64) {
    let counters = room.counters();
    let of = |names: &[&str]| -> u64 {
        counters.named().iter().filter(|(name, _)| names.contains(name)).map(|(_, count)| count).sum()
    };
    let dropped: u64 = counters
        .named()
        .iter()
        .filter(|(name, _)| name.starts_with("dropped_"))
        .map(|(_, count)| count)
        .sum();
    // What is dropped after the tag has verified was counted as received.
    let after_the_tag = of(&["dropped_malformed", "dropped_unknown_stream", "dropped_no_media"]);
    let taken = of(&["stun_answered", "dtls_received", "rtp_received", "rtcp_received"]);
    assert_eq!(counters.received, taken + dropped - after_the_tag, "seed {seed}: {counters:?}");
    let out = of(&["forwarded", "forward_held_back", "forward_failed", "forward_overflowed", "forward_late"]);
    assert_eq!(counters.forward_due, out + room.core().load().waiting as u64, "seed {seed}: {counters:?}");
}

#[test]
fn finding_7_every_packet_that_is_forwarded_arrives_where_the_network_loses_none() {
    for seed in seeds(&[1, 2], 300) {
        let mut room = Simulation::new(seed);
        let people: Vec<_> = (1..=4).map(|seat| room.join(patient(seat), call(seat, 3))).collect();

        room.run(secs(4));
        // Nothing new, and time for what is under way.
        for &me in &people {
            room.set_active(me, protocol::signal::Source::Microphone, false);
            room.set_active(me, protocol::signal::Source::Camera, false);
        }
        room.run(secs(1));

        assert_balanced(&room, seed);
        let counters = *room.counters();
        let lanes = people.iter().flat_map(|&me| room.statistics(me).lanes);
        let arrived: u64 = lanes.map(|lane| lane.received.packets - lane.received.recovered).sum();
        assert_eq!(arrived, counters.forwarded, "seed {seed}");
        let sent: u64 =
            people.iter().flat_map(|&me| room.statistics(me).tracks).map(|track| track.sent.packets).sum();
        assert_eq!(sent, counters.media_taken, "seed {seed}");
        assert_eq!((counters.forward_failed, counters.forward_overflowed), (0, 0), "seed {seed}");
        assert_eq!(counters.retransmitted, 0, "seed {seed}: nobody asked");
        let twice: u64 = people.iter().map(|&me| room.statistics(me).transport.replayed).sum();
        assert_eq!(twice, 0, "seed {seed}: nothing is sent twice");
    }
}

#[test]
fn the_books_balance_on_a_rough_network_too() {
    for seed in seeds(&[3, 4, 13], 300) {
        let mut room = Simulation::new(seed);
        let anna = room.join_over(practitioner(1), mended_call(1, 2), rough(), rough());
        let ben = room.join_over(patient(2), mended_call(2, 2), rough(), rough());
        room.run(secs(3));
        room.resume(ben);
        room.run(secs(3));

        assert_balanced(&room, seed);
        assert!(room.counters().retransmitted > 0);
        let video = |lane: &client::LaneReport| lane.kind == Kind::Video && lane.received.packets > 0;
        assert!(room.statistics(anna).lanes.iter().any(video));
    }
}
