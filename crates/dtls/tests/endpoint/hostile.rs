//! It should not be disturbed, kept busy or made to shout by a peer that does not play by the rules.

use std::time::{Duration, Instant};

use dtls::{CloseReason, MAX_HANDSHAKE_RECORDS};

use crate::hello::{Hello, record};
use crate::network::{CLIENT, GOOD_LINK, Pair, SERVER, Side, server};

#[test]
fn finding_10_hostile_client_hello_changes_nothing_on_an_established_endpoint() {
    let mut pair = Pair::established();
    pair.settle();
    let sent = pair.sides[SERVER].sent.len();

    // A new handshake, with the numbers of the first, the next, and of any other message.
    for message_seq in (0..10).chain([u16::MAX]) {
        let hello = Hello { message_seq, random: 9, ..Hello::default() };
        pair.sides[SERVER].endpoint.handle_datagram(pair.now, &hello.datagram());
    }
    // A fatal alert, a ChangeCipherSpec and data, all in the clear.
    for plain in [record(21, 0, 99, &[2, 40]), record(20, 0, 99, &[1]), record(23, 0, 99, b"data")] {
        pair.sides[SERVER].endpoint.handle_datagram(pair.now, &plain);
    }
    pair.sides[SERVER].poll();
    let answers: usize = pair.sides[SERVER].sent[sent..].iter().map(Vec::len).sum();

    assert!(pair.sides[SERVER].endpoint.is_established());
    // At most the last flight once more, for a client that may have missed it.
    assert!(answers < 100, "{answers}");
    for side in &mut pair.sides {
        side.endpoint.send(b"still here").unwrap();
    }
    pair.settle();
    assert!(pair.sides.iter().all(|side| side.data == [b"still here"]));
}

#[test]
fn finding_10_a_repeated_hello_does_not_make_the_server_shout() {
    let mut pair = Pair::established();
    pair.settle();
    let sent = pair.sides[SERVER].sent.len();
    let mut now = pair.now;

    // For ten minutes, a hello each second.
    for _ in 0..600 {
        now += Duration::from_secs(1);
        pair.sides[SERVER].endpoint.handle_datagram(now, &Hello::default().datagram());
        pair.sides[SERVER].poll();
    }
    let answers: usize = pair.sides[SERVER].sent[sent..].iter().map(Vec::len).sum();

    assert!(answers < 1200, "{answers}");
}

#[test]
fn finding_3_fragment_flood_ends_the_handshake_early() {
    let now = Instant::now();
    let mut side = Side::new(server(now));
    let hello = Hello::default().message();

    // One byte each, as many to a datagram as fit.
    let mut datagrams = 0;
    while side.closed.is_none() {
        let mut datagram = Vec::new();
        for offset in 0..46_u8 {
            let mut fragment = hello[..12].to_vec();
            fragment[8] = offset;
            fragment[9..12].copy_from_slice(&[0, 0, 1]);
            fragment.push(hello[12 + usize::from(offset)]);
            datagram.extend(record(22, 0, u64::from(offset), &fragment));
        }
        side.endpoint.handle_datagram(now, &datagram);
        side.poll();
        datagrams += 1;
        assert!(datagrams <= 200);
    }

    let counts = side.endpoint.counts();
    assert_eq!(side.closed, Some(CloseReason::Flood));
    assert_eq!(side.sent, Vec::<Vec<u8>>::new());
    assert_eq!(counts.delivered, 0, "the library never heard of it");
    // A record and a fragment each; one record more ends it.
    assert!(counts.steps <= 2 * u64::from(MAX_HANDSHAKE_RECORDS) + 1, "{counts:?}");
}

#[test]
fn finding_4_bytes_that_are_no_hello_make_nothing_and_answer_nothing() {
    let now = Instant::now();
    let mut side = Side::new(server(now));

    for first in 20..64 {
        side.endpoint.handle_datagram(now, &[first; 200]);
    }
    let half = &Hello::default().datagram()[..100];
    side.endpoint.handle_datagram(now, half);
    side.poll();

    assert_eq!(side.sent, Vec::<Vec<u8>>::new());
    assert_eq!(side.endpoint.counts().delivered, 0, "no key pair, no state");
    assert_eq!(side.closed, None);
}

#[test]
fn finding_4_many_hellos_cost_one_answer() {
    let now = Instant::now();
    let mut side = Side::new(server(now));

    // A genuine hello, then others with other randoms: there is one handshake and one set of keys.
    for random in 1..100 {
        side.endpoint.handle_datagram(now, &Hello { random, ..Hello::default() }.datagram());
    }
    side.poll();

    let server_hellos = side.sent.iter().filter(|datagram| datagram[13] == 2).count();
    assert!(server_hellos <= 2, "{server_hellos}: the answer, and at most one repetition");
}

#[test]
fn finding_5_records_of_the_next_epoch_are_held_in_small_number() {
    let now = Instant::now();
    let mut side = Side::new(server(now));

    for sequence in 0..200 {
        side.endpoint.handle_datagram(now, &record(22, 1, sequence, &[7; 1000]));
    }
    side.poll();

    let counts = side.endpoint.counts();
    assert_eq!((counts.early, counts.delivered), (196, 0));
    assert_eq!(side.closed, None);
    side.endpoint.handle_datagram(now, &Hello::default().datagram());
    assert!(!side.poll().is_empty(), "a handshake may still begin");
}

#[test]
fn a_peer_that_gives_up_is_believed_before_establishment_only() {
    let mut pair = Pair::new(GOOD_LINK, 1);
    pair.run_until(|pair| !pair.sides[SERVER].sent.is_empty());

    pair.sides[SERVER].endpoint.handle_datagram(pair.now, &record(21, 0, 1, &[2, 40]));
    pair.sides[SERVER].poll();

    assert_eq!(pair.sides[SERVER].closed, Some(CloseReason::Alert(40)));
}

#[test]
fn replayed_data_arrives_once() {
    let mut pair = Pair::established();
    pair.settle();
    pair.sides[CLIENT].endpoint.send(b"once").unwrap();
    let datagram = pair.sides[CLIENT].poll().remove(0);

    for _ in 0..3 {
        pair.sides[SERVER].endpoint.handle_datagram(pair.now, &datagram);
    }
    pair.sides[SERVER].poll();

    assert_eq!(pair.sides[SERVER].data, [b"once"]);
}

#[test]
fn forged_data_is_dropped() {
    let mut pair = Pair::established();
    pair.settle();
    pair.sides[CLIENT].endpoint.send(b"genuine").unwrap();
    let datagram = pair.sides[CLIENT].poll().remove(0);

    for index in 0..datagram.len() {
        let mut forged = datagram.clone();
        forged[index] ^= 0x01;
        pair.sides[SERVER].endpoint.handle_datagram(pair.now, &forged);
    }
    pair.sides[SERVER].endpoint.handle_datagram(pair.now, &datagram);
    pair.sides[SERVER].poll();

    assert_eq!(pair.sides[SERVER].data, [b"genuine"]);
    assert!(pair.sides[SERVER].endpoint.is_established());
}
