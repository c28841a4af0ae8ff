//! It should complete over a network that loses, repeats and shuffles datagrams.

use std::time::{Duration, Instant};

use crate::hello::{ECDHE_ECDSA_AES_128_GCM, Hello, record};
use crate::network::{CLIENT, GOOD_LINK, Link, Pair, SERVER, Side, server};

/// Runs one handshake, and data both ways behind it.
fn shake_hands(link: Link, seed: u64) -> Duration {
    let mut pair = Pair::new(link, seed);
    pair.run_until(|pair| pair.is_established() || pair.sides.iter().any(|side| side.closed.is_some()));
    let closed = pair.sides.each_ref().map(|side| side.closed.clone());
    assert!(pair.is_established(), "seed {seed} over {link:?}: {closed:?} after {:?}", pair.elapsed());
    let took = pair.elapsed();

    // What is lost now stays lost: say it often enough.
    for _ in 0..50 {
        for side in &mut pair.sides {
            side.endpoint.send(b"hello").unwrap();
        }
        pair.settle();
    }
    assert!(pair.sides.iter().all(|side| side.data.iter().any(|data| data == b"hello")), "seed {seed}");
    took
}

#[test]
fn completes_over_a_shuffling_network_without_any_repetition_of_ours() {
    // Nothing is lost, so nothing needs a timer: everything that comes early waits for its turn.
    let trip = Duration::from_millis(20);
    let shuffling =
        Link { lost: 0, repeated: 300, delay: Duration::from_millis(2), jitter: Duration::from_millis(18) };
    for seed in 0..60 {
        let took = shake_hands(shuffling, seed);

        // A first repetition would come after 75 ms at the earliest, which is beyond any round trip.
        assert!(took <= 4 * trip, "seed {seed}: {took:?}");
    }
}

#[test]
fn completes_over_a_lossy_network() {
    let lossy = Link { lost: 300, repeated: 200, jitter: Duration::from_millis(30), ..GOOD_LINK };
    let mut times: Vec<_> = (0..60).map(|seed| shake_hands(lossy, seed)).collect();

    times.sort_unstable();
    // At worst every second one is lost, each way: four attempts for each of two exchanges.
    assert!(times[59] < Duration::from_secs(5), "slowest {:?}", times[59]);
    assert!(times[30] < Duration::from_secs(1), "median {:?}", times[30]);
}

#[test]
fn completes_over_a_slow_network() {
    let slow = Link { delay: Duration::from_millis(700), lost: 100, ..GOOD_LINK };
    for seed in 0..10 {
        shake_hands(slow, seed);
    }
}

#[test]
fn the_server_repeats_its_last_flight_when_the_client_asks() {
    let mut pair = Pair::new(GOOD_LINK, 1);
    pair.run_until(|pair| pair.sides[SERVER].established.is_some());
    let finished = pair.sides[SERVER].sent.len();

    // The server's Finished is on its way: lose it by starting a client that never sees it.
    let last_flight = pair.sides[CLIENT].sent.last().unwrap().clone();
    let later = pair.now + Duration::from_secs(1);
    let server = &mut pair.sides[SERVER];
    server.endpoint.handle_datagram(later, &last_flight);
    server.poll();

    assert_eq!(server.sent.len(), finished + 1, "Finished once more");
    assert!(server.endpoint.is_established());
}

/// A plain record with a part of a handshake message.
fn part(message: &[u8], from: usize, to: usize) -> Vec<u8> {
    let mut fragment = message[..12].to_vec();
    fragment[7..9].copy_from_slice(&(from as u16).to_be_bytes());
    fragment[10..12].copy_from_slice(&((to - from) as u16).to_be_bytes());
    fragment.extend(&message[12 + from..12 + to]);
    record(22, 0, from as u64, &fragment)
}

#[test]
fn a_hello_that_is_cut_differently_when_repeated_is_understood() {
    // Suites that nobody knows make it long.
    let suites = (0xff00..0xff64).chain([ECDHE_ECDSA_AES_128_GCM]).collect();
    let message = Hello { suites, ..Hello::default() }.message();
    let len = message.len() - 12;
    let now = Instant::now();
    let mut side = Side::new(server(now));

    // Cut in two, the second half lost; then cut in three, the first third lost.
    for (from, to) in [(0, 150), (100, 200), (200, len)] {
        assert!(side.poll().is_empty());
        side.endpoint.handle_datagram(now, &part(&message, from, to));
    }

    assert_eq!(side.poll()[0][13], 2, "ServerHello");
}
