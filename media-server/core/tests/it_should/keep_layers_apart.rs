use media_core::Command;
use protocol::Problem;

use crate::support::layers::{RIDS, again, frame, named, offset, ssrc};
use crate::support::{
    Browser, DELTA_FRAME, Incoming, KEY_FRAME, OfferText, Outgoing, World, camera, grant, ms, secs,
};

fn came(world: &mut World, one: &mut Browser) -> Vec<Incoming> {
    let sent = world.sent_to(one.path);
    one.open(sent)
}

/// A payload that ends in a mark.
fn marked(kind: &[u8], mark: u8) -> Vec<u8> {
    [kind, &[mark; 20]].concat()
}

fn marks(packets: &[Incoming]) -> Vec<u8> {
    packets.iter().map(|packet| packet.payload[packet.payload.len() - 1]).collect()
}

#[test]
fn the_answer_takes_the_layers() {
    let mut world = World::new();
    let offer = OfferText::new().sends_layers("c", &["l", "m", "h", "x"], "recv x send l;m,x;~h");
    let anna = world.join(grant(1), offer, &[camera("c")]);

    let section = anna.section("c");

    for line in ["a=rid:l recv", "a=rid:m recv", "a=rid:h recv", "a=simulcast:recv l;m;h"] {
        assert!(section.contains(&format!("{line}\r\n")), "{line} in {section}");
    }
    assert!(!section.contains("a=rid:x"));
    for extension in ["rtp-stream-id", "repaired-rtp-stream-id"] {
        assert!(section.contains(&format!("urn:ietf:params:rtp-hdrext:sdes:{extension}\r\n")));
    }
}

/// What a join with this offer of a camera is refused for.
fn refused(offer: &OfferText) -> Option<Problem> {
    let mut world = World::new();
    let peer = world.peer_id();
    let join = Command::Join { peer, grant: grant(1), offer: offer.text(), tracks: vec![camera("c")] };
    world.command(join);
    world.refusal(peer)
}

#[test]
fn what_is_no_simulcast_is_refused() {
    for (rids, line, problem) in [
        (&["a", "b", "c", "d"][..], "send a;b;c;d", Problem::BadSdp),
        (&["a"], "send a;b", Problem::BadSdp),
        (&["a", "b"], "send a;a", Problem::BadSdp),
        (&["a"], "forward a", Problem::BadSdp),
    ] {
        let offer = OfferText::new().sends_layers("c", rids, line);
        assert_eq!(refused(&offer), Some(problem), "{line}");
    }
    let mut offer = OfferText::new().sends_layers("c", &["a", "b"], "send a;b");
    assert_eq!(refused(&offer), None);
    let line = &mut offer.lines[0].extra;
    *line = line.replace("rtp-stream-id", "another-name");
    assert_eq!(refused(&offer), Some(Problem::UnsupportedSdp), "layers could not be told apart");
}

#[test]
fn abuse_52_a_layer_keeps_its_stream_and_a_stream_its_layer() {
    let mut world = World::new();
    let mut anna = world.layered(1, 1);
    let mut ben = world.visitor(2, 1);
    for layer in [0, 1] {
        let packet = frame(&mut anna, layer, 1, &marked(KEY_FRAME, layer as u8));
        world.datagram(anna.path, &packet);
    }
    let unknown = world.core.counters().dropped_unknown_stream;

    // Another stream under the name of a layer that has one; a name that was never agreed on; no name at all.
    let taken = named(&mut anna, (7001, "m"), (2, 0), &marked(KEY_FRAME, 101));
    let unheard = named(&mut anna, (7002, "x"), (2, 0), &marked(KEY_FRAME, 102));
    let nameless = anna.packet(&Outgoing {
        ssrc: 7003,
        payload_type: 96,
        sequence: 2,
        timestamp: 0,
        marker: true,
        level: None,
        mid: Some("c"),
        payload: &marked(KEY_FRAME, 103),
    });
    for packet in [taken, unheard, nameless] {
        world.datagram(anna.path, &packet);
    }
    assert_eq!(world.core.counters().dropped_unknown_stream, unknown + 3);

    // The stream of one layer under the name of another: it goes on as what it was first.
    let renamed = named(&mut anna, (ssrc(1), "h"), (2, offset(1)), &marked(DELTA_FRAME, 7));
    world.datagram(anna.path, &renamed);
    let high = frame(&mut anna, 2, 9, &marked(DELTA_FRAME, 8));
    world.datagram(anna.path, &high);

    assert_eq!(marks(&came(&mut world, &mut ben)), [0, 1, 7], "the highest has had no key frame");
}

#[test]
fn abuse_52_nobody_takes_a_layer_of_somebody_else() {
    let mut world = World::new();
    let mut anna = world.layered(1, 2);
    let mut ben = world.layered(2, 2);
    let mut carla = world.visitor(3, 2);
    let packet = frame(&mut anna, 0, 1, &marked(KEY_FRAME, 1));
    world.datagram(anna.path, &packet);

    // Ben has the same names and uses the same streams: they are his own.
    let packet = frame(&mut ben, 0, 1, &marked(KEY_FRAME, 2));
    world.datagram(ben.path, &packet);
    let packet = frame(&mut anna, 0, 2, &marked(DELTA_FRAME, 1));
    world.datagram(anna.path, &packet);

    let got = came(&mut world, &mut carla);
    let lane_of = |mark: u8| got.iter().find(|one| one.payload.ends_with(&[mark])).unwrap().ssrc;
    assert_eq!(marks(&got), [1, 2, 1]);
    assert_ne!(lane_of(1), lane_of(2));
    assert_eq!(got[0].ssrc, got[2].ssrc);
}

#[test]
fn a_publisher_sends_a_lost_packet_again_to_its_layer() {
    let mut world = World::new();
    let mut anna = world.layered(1, 1);
    let mut ben = world.visitor(2, 1);
    for layer in 0..3 {
        for number in [1, 3] {
            let kind = if number == 1 { KEY_FRAME } else { DELTA_FRAME };
            let packet = frame(&mut anna, layer, number, &marked(kind, layer as u8));
            world.datagram(anna.path, &packet);
        }
    }
    world.sent_to(ben.path);
    world.advance(ms(10));
    let sent = world.sent_to(anna.path);
    let asked: Vec<_> = anna.open_rtcp(sent).into_iter().filter(|one| one.starts_with("Nack")).collect();

    let nameless = again(&mut anna, (2, None), (1, 2), &marked(DELTA_FRAME, 2));
    world.datagram(anna.path, &nameless);
    let before = came(&mut world, &mut ben);
    for (layer, rid) in RIDS.into_iter().enumerate() {
        let packet = again(&mut anna, (layer, Some(rid)), (2, 2), &marked(DELTA_FRAME, layer as u8));
        world.datagram(anna.path, &packet);
    }

    assert_eq!(asked.len(), 3, "each layer is asked by itself: {asked:?}");
    assert!(before.is_empty(), "nobody knows whose that was");
    // Ben was shown the middle layer before the highest, and never what the lowest lost.
    assert_eq!(marks(&came(&mut world, &mut ben)), [1, 2], "into the gaps that were left");
}

#[test]
fn what_was_lost_before_a_change_of_layer_still_finds_its_gap() {
    let mut world = World::new();
    let mut anna = world.layered(1, 1);
    let mut ben = world.visitor(2, 1);
    for (layer, number, kind) in
        [(0, 1, KEY_FRAME), (0, 3, DELTA_FRAME), (1, 1, KEY_FRAME), (1, 2, DELTA_FRAME)]
    {
        let packet = frame(&mut anna, layer, number, &marked(kind, layer as u8));
        world.datagram(anna.path, &packet);
    }
    let got = came(&mut world, &mut ben);

    let late = again(&mut anna, (0, Some("l")), (1, 2), &marked(DELTA_FRAME, 0));
    world.datagram(anna.path, &late);

    assert_eq!(marks(&got), [0, 0, 1, 1]);
    let late = came(&mut world, &mut ben);
    assert_eq!(late.len(), 1);
    assert_eq!(late[0].sequence, got[0].sequence.wrapping_add(1));
}

#[test]
fn each_layer_is_reported_on() {
    let mut world = World::new();
    let mut anna = world.layered(1, 1);
    let _ben = world.visitor(2, 1);
    for layer in 0..3 {
        let packet = frame(&mut anna, layer, 1, KEY_FRAME);
        world.datagram(anna.path, &packet);
    }

    world.advance(secs(1));

    let sent = world.sent_to(anna.path);
    let reports = anna.open_rtcp(sent).join("\n");
    for layer in 0..3 {
        let block = ssrc(layer).to_be_bytes().map(|byte| byte.to_string()).join(", ");
        assert!(reports.contains(&format!("[{block}, 0, ")), "layer {layer} in {reports}");
    }
}

#[test]
fn a_batch_that_a_small_cache_cannot_hold_is_forwarded_whole() {
    let mut world = World::new();
    let mut anna = world.layered(1, 1);
    let mut ben = world.visitor(2, 1);
    let large = [KEY_FRAME, &[9; 1200]].concat();

    let packets: Vec<_> = (1..=100).map(|number| (anna.path, frame(&mut anna, 0, number, &large))).collect();
    world.batch(packets);

    assert_eq!(came(&mut world, &mut ben).len(), 100);
    assert_eq!(world.core.counters().forward_overflowed, 0);
    world.assert_nothing_lost_in_the_core();
}
