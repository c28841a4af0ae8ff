use media_core::{Command, HandshakeFailed, HandshakeOrder};

use crate::support::{OfferText, World, grant, keys, microphone, ms, path};

/// The first bytes of a ClientHello, and of an alert.
const CLIENT_HELLO: &[u8] = &[22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
const ALERT: &[u8] = &[21, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0];

fn joined(world: &mut World) -> crate::support::Browser {
    let offer = OfferText::new().sends("m", false, Some(1));
    world.join(grant(1), offer, &[microphone("m")])
}

#[test]
fn the_first_datagram_of_a_validated_path_starts_the_handshake() {
    let mut world = World::new();
    let anna = joined(&mut world);
    world.check(&anna, anna.path, true);

    world.datagram(anna.path, CLIENT_HELLO);
    world.datagram(anna.path, CLIENT_HELLO);

    let orders = world.orders(anna.peer);
    assert!(
        matches!(&orders[0], HandshakeOrder::Start { fingerprints } if fingerprints[0].digest == [0x5a; 32])
    );
    assert_eq!(
        orders[1..],
        [HandshakeOrder::Datagram(CLIENT_HELLO.to_vec()), HandshakeOrder::Datagram(CLIENT_HELLO.to_vec())]
    );
}

#[test]
fn answers_of_the_handshake_go_to_the_selected_path() {
    let mut world = World::new();
    let anna = joined(&mut world);
    let other = path("198.51.100.7:999");
    world.check(&anna, anna.path, false);
    world.check(&anna, other, true);
    world.sent.clear();

    world.command(Command::HandshakeDatagram { peer: anna.peer, bytes: vec![22; 300] });

    assert_eq!(world.sent_to(other), [vec![22; 300]]);
}

#[test]
fn abuse_47_48_media_findings_04_10_dtls_of_strangers_makes_no_state_and_no_output() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    let starting = joined_as_third(&mut world);
    world.sent.clear();
    let outputs = world.outputs.len();

    for number in 0..50_000u32 {
        let stranger =
            path(&format!("203.0.{}.{}:{}", number % 250, number / 250 % 250, 1000 + number % 60_000));
        let bytes = if number % 2 == 0 { CLIENT_HELLO } else { ALERT };
        world.core.handle_datagram(world.time.now(), stranger, &mut bytes.to_vec());
    }
    // Somebody who guesses the address that is just joining, but has not checked from it.
    world.datagram(starting.path, CLIENT_HELLO);

    assert_eq!(world.outputs.len(), outputs);
    assert!(world.sent.is_empty());
    assert_eq!(world.core.counters().dropped_unvalidated, 50_001);
    let audio = anna.audio(1);
    world.datagram(anna.path, &audio);
    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 1, "the running call goes on");
    world.check(&starting, starting.path, true);
    world.datagram(starting.path, CLIENT_HELLO);
    assert_eq!(world.orders(starting.peer).len(), 2, "the starting call goes on");
}

fn joined_as_third(world: &mut World) -> crate::support::Browser {
    let offer = OfferText::new().sends("m", false, Some(1));
    world.join(grant(3), offer, &[microphone("m")])
}

#[test]
fn datagrams_to_the_handshake_are_bounded_by_peer_and_flush() {
    let mut world = World::new();
    let anna = joined(&mut world);
    world.check(&anna, anna.path, true);

    world.batch(vec![(anna.path, CLIENT_HELLO.to_vec()); 1000]);
    let in_one_flush = world.orders(anna.peer).len() - 1;
    world.batch(vec![(anna.path, CLIENT_HELLO.to_vec()); 3]);

    assert_eq!(in_one_flush, 8);
    assert_eq!(world.orders(anna.peer).len() - 1, 11);
    assert_eq!(world.core.counters().dropped_dtls_rate, 992);
}

#[test]
fn media_before_the_keys_is_dropped() {
    let mut world = World::new();
    let mut anna = joined(&mut world);
    world.check(&anna, anna.path, true);
    anna.media = Some(crate::support::Media::new(&keys(anna.peer).1));

    let early = anna.audio_at(1, 30);
    world.datagram(anna.path, &early);

    assert_eq!(world.core.counters().dropped_unkeyed, 1);
}

#[test]
fn a_failed_handshake_ends_the_peer_and_holds_the_seat() {
    let mut world = World::new();
    let anna = joined(&mut world);
    world.check(&anna, anna.path, true);
    world.datagram(anna.path, CLIENT_HELLO);

    world.command(Command::Handshaken { peer: anna.peer, result: Err(HandshakeFailed) });

    assert!(!world.core.has_peer(anna.peer));
    assert_eq!(world.orders(anna.peer).last(), Some(&HandshakeOrder::Stop));
    assert_eq!(world.core.load().seats, 1);
}

#[test]
fn keys_are_taken_once() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    let audio = anna.audio(1);
    world.datagram(anna.path, &audio);
    world.advance(ms(1500));

    // A handshake that reports twice would make the same keys seal the same numbers again.
    world.command(Command::Handshaken { peer: ben.peer, result: Ok(keys(ben.peer).0) });
    let audio = anna.audio(2);
    world.datagram(anna.path, &audio);
    world.advance(ms(1500));

    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent.clone()).len(), 2);
    assert!(ben.open_rtcp(sent).len() >= 2, "each report under a number of its own");
}
