//! It should bring a peer to keys, refuse another certificate, and forget what it is told to forget.

use std::time::{Duration, Instant, SystemTime};

use dtls::{Endpoint, Event, Fingerprints};
use media_core::{Command, FingerprintHash, HandshakeFailed, PeerFingerprint};

use super::*;
use crate::worker::{InboxEnd, Input, inbox};

const DEADLINE: Duration = Duration::from_secs(20);
const PEER: PeerId = PeerId(1);

struct Thread {
    queue: Queue,
    worker: InboxEnd,
    thread: JoinHandle<()>,
    server: dtls::Fingerprint,
}

fn start(endpoints_max: usize) -> Thread {
    let identity = Identity::generate(SystemTime::now()).unwrap();
    let server = identity.fingerprint().clone();
    let (near, worker) = inbox().unwrap();
    let (queue, end) = queue();
    let thread = spawn(identity, end, vec![near], endpoints_max).unwrap();
    Thread { queue, worker, thread, server }
}

fn promised(fingerprint: &dtls::Fingerprint) -> HandshakeOrder {
    let text = fingerprint.to_string();
    let (_, hex) = text.split_once(' ').unwrap();
    let digest = hex.split(':').map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    HandshakeOrder::Start { fingerprints: vec![PeerFingerprint { hash: FingerprintHash::Sha256, digest }] }
}

/// Plays the peer until the thread has an outcome.
fn shake(thread: &Thread, client: &mut Endpoint) -> Command {
    let deadline = Instant::now() + DEADLINE;
    loop {
        assert!(Instant::now() < deadline, "the handshake ends");
        while let Some(bytes) = client.poll_datagram() {
            thread.queue.order(0, PEER, HandshakeOrder::Datagram(bytes)).unwrap();
        }
        match thread.worker.next(Duration::from_millis(20)) {
            Some(Input::Command(Command::HandshakeDatagram { bytes, .. })) => {
                client.handle_datagram(Instant::now(), &bytes);
            }
            Some(Input::Command(command)) => return command,
            Some(other) => panic!("{other:?}"),
            None => client.handle_timeout(Instant::now()),
        }
    }
}

fn count(thread: &Thread, outcome: &str) -> u64 {
    thread.queue.counts().outcomes().find(|(name, _)| *name == outcome).unwrap().1
}

#[test]
fn a_peer_with_the_promised_certificate_gets_keys() {
    let thread = start(8);
    let identity = Identity::generate(SystemTime::now()).unwrap();
    let expected = Fingerprints::from(thread.server.clone());
    let mut client = Endpoint::client(&identity, expected, Instant::now(), SystemTime::now());
    thread.queue.order(0, PEER, promised(identity.fingerprint())).unwrap();

    let outcome = shake(&thread, &mut client);

    assert!(matches!(outcome, Command::Handshaken { peer: PEER, result: Ok(_) }), "{outcome:?}");
    assert_eq!(count(&thread, "established"), 1);
    // The server's last flight may still be on its way to the client.
    let mut done = false;
    while !done {
        match thread.worker.next(DEADLINE) {
            Some(Input::Command(Command::HandshakeDatagram { bytes, .. })) => {
                client.handle_datagram(Instant::now(), &bytes);
            }
            other => panic!("{other:?}"),
        }
        while let Some(event) = client.poll_event() {
            done |= matches!(event, Event::Established(_));
        }
    }
    thread.queue.stop();
    thread.thread.join().unwrap();
}

#[test]
fn another_certificate_fails_closed() {
    let thread = start(8);
    let [identity, other] = [0, 1].map(|_| Identity::generate(SystemTime::now()).unwrap());
    let expected = Fingerprints::from(thread.server.clone());
    let mut client = Endpoint::client(&identity, expected, Instant::now(), SystemTime::now());
    thread.queue.order(0, PEER, promised(other.fingerprint())).unwrap();

    let outcome = shake(&thread, &mut client);

    assert!(matches!(outcome, Command::Handshaken { result: Err(HandshakeFailed), .. }), "{outcome:?}");
    assert_eq!(count(&thread, "fingerprint_mismatch"), 1);
}

#[test]
fn more_peers_than_the_limit_are_refused() {
    let thread = start(1);
    let identity = Identity::generate(SystemTime::now()).unwrap();
    thread.queue.order(0, PEER, promised(identity.fingerprint())).unwrap();

    thread.queue.order(0, PeerId(2), promised(identity.fingerprint())).unwrap();

    let refused = thread.worker.next(DEADLINE);
    assert!(
        matches!(
            refused,
            Some(Input::Command(Command::Handshaken { peer: PeerId(2), result: Err(HandshakeFailed) }))
        ),
        "{refused:?}"
    );
    // A failed worker's peers make room.
    thread.queue.forget_worker(0);
    thread.queue.order(0, PeerId(3), promised(identity.fingerprint())).unwrap();
    thread.queue.order(0, PeerId(3), HandshakeOrder::Stop).unwrap();
    thread.queue.stop();
    thread.thread.join().unwrap();
    assert!(thread.worker.next(Duration::ZERO).is_none(), "peer 3 was not refused");
}

#[test]
fn datagrams_of_unknown_peers_and_above_the_bound_are_dropped() {
    let (queue, end) = queue();

    let taken =
        (0..5000).filter(|_| queue.order(0, PEER, HandshakeOrder::Datagram(vec![22])).is_ok()).count();

    assert_eq!(taken, DATAGRAMS_WAITING_MAX);
    assert_eq!(queue.counts().dropped_datagrams(), 5000 - DATAGRAMS_WAITING_MAX as u64);
    assert!(queue.order(0, PEER, HandshakeOrder::Stop).is_ok(), "room is kept for what comes once");
    drop(end);
}
