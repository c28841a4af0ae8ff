//! It should complete over a network that loses, repeats and shuffles datagrams.

use std::time::Duration;

use crate::network::{CLIENT, GOOD_LINK, Link, Pair, SERVER};

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
    let shuffling = Link { repeated: 300, jitter: Duration::from_millis(60), ..GOOD_LINK };
    for seed in 0..60 {
        let took = shake_hands(shuffling, seed);

        // Four trips of at most 80 ms. A first repetition would come after 187 ms at the earliest, and cost a trip.
        assert!(took <= Duration::from_millis(4 * 80), "seed {seed}: {took:?}");
    }
}

#[test]
fn completes_over_a_lossy_network() {
    let lossy = Link { lost: 300, repeated: 200, jitter: Duration::from_millis(30), ..GOOD_LINK };
    let mut times: Vec<_> = (0..60).map(|seed| shake_hands(lossy, seed)).collect();

    times.sort_unstable();
    assert!(times[30] < Duration::from_secs(3), "median {:?}", times[30]);
}

#[test]
fn completes_over_a_slow_network() {
    let slow = Link { delay: Duration::from_millis(700), lost: 50, ..GOOD_LINK };
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
