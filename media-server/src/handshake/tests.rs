//! It should bring a peer to keys, refuse another certificate, and forget what it is told to forget.

use std::time::{Duration, Instant, SystemTime};

use dtls::{Endpoint, Event, Fingerprints};
use media_core::{Command, FingerprintHash, HandshakeFailed, PeerFingerprint};
use protocol::LogId;
use protocol::chat::NodeChat;

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
    let digest = fingerprint.digest().to_vec();
    HandshakeOrder::Start { fingerprints: vec![PeerFingerprint { hash: FingerprintHash::Sha256, digest }] }
}

/// Plays the peer until the thread has an outcome.
fn shake(thread: &Thread, client: &mut Endpoint) -> Command {
    shake_as(thread, PEER, client)
}

fn shake_as(thread: &Thread, peer: PeerId, client: &mut Endpoint) -> Command {
    let deadline = Instant::now() + DEADLINE;
    loop {
        assert!(Instant::now() < deadline, "the handshake ends");
        while let Some(bytes) = client.poll_datagram() {
            thread.queue.order(0, peer, HandshakeOrder::Datagram(bytes)).unwrap();
        }
        match thread.worker.next(Duration::from_millis(20)) {
            Some(Input::Command(Command::HandshakeDatagram { peer: to, bytes })) => {
                // Late ones of another handshake may still come.
                if to == peer {
                    client.handle_datagram(Instant::now(), &bytes);
                }
            }
            Some(Input::Command(command)) => return command,
            Some(other) => panic!("{other:?}"),
            None => client.handle_timeout(Instant::now()),
        }
    }
}

/// The server's last flight may still be on its way to the client.
fn finish(thread: &Thread, client: &mut Endpoint) {
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
    finish(&thread, &mut client);
    thread.queue.stop();
    thread.thread.join().unwrap();
}

#[test]
fn a_goodbye_is_told_unless_the_core_lets_the_peer_go_first() {
    let thread = start(8);
    let identity = Identity::generate(SystemTime::now()).unwrap();
    let expected = || Fingerprints::from(thread.server.clone());
    let mut ends = [PeerId(1), PeerId(2)].map(|peer| {
        let mut client = Endpoint::client(&identity, expected(), Instant::now(), SystemTime::now());
        thread.queue.order(0, peer, promised(identity.fingerprint())).unwrap();
        let outcome = shake_as(&thread, peer, &mut client);
        assert!(matches!(outcome, Command::Handshaken { result: Ok(_), .. }), "{outcome:?}");
        finish(&thread, &mut client);
        (peer, client)
    });

    let begin = Instant::now();
    for (peer, client) in &mut ends {
        client.close();
        while let Some(bytes) = client.poll_datagram() {
            thread.queue.order(0, *peer, HandshakeOrder::Datagram(bytes)).unwrap();
        }
    }
    // The first has left over signalling, too.
    thread.queue.order(0, PeerId(1), HandshakeOrder::Stop).unwrap();

    let told = shake_as(&thread, PeerId(2), &mut ends[1].1);
    assert!(matches!(told, Command::Handshaken { peer: PeerId(2), result: Err(_) }), "{told:?}");
    assert!(begin.elapsed() < DEADLINE);
    assert_eq!(count(&thread, "alert"), 0, "no handshake failed");
    thread.queue.stop();
    thread.thread.join().unwrap();
    assert!(thread.worker.next(Duration::ZERO).is_none(), "nothing of the first");
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

#[test]
fn a_fault_ends_one_handshake_and_no_other() {
    let thread = start(8);
    let identity = Identity::generate(SystemTime::now()).unwrap();
    let expected = Fingerprints::from(thread.server.clone());
    let mut client = Endpoint::client(&identity, expected, Instant::now(), SystemTime::now());
    let unlucky = PeerId(2);
    thread.queue.order(0, unlucky, promised(identity.fingerprint())).unwrap();
    thread.queue.order(0, PEER, promised(identity.fingerprint())).unwrap();

    thread.queue.put(Order::Panic { worker: 0, peer: unlucky }).unwrap();

    let failed = thread.worker.next(DEADLINE);
    assert!(
        matches!(
            failed,
            Some(Input::Command(Command::Handshaken { peer: PeerId(2), result: Err(HandshakeFailed) }))
        ),
        "{failed:?}"
    );
    assert!(matches!(shake(&thread, &mut client), Command::Handshaken { peer: PEER, result: Ok(_) }));
    assert!(thread.queue.is_alive());
    assert_eq!(count(&thread, "fault"), 1);
    thread.queue.stop();
    thread.thread.join().unwrap();
    assert!(!thread.queue.is_alive());
}

#[test]
fn keys_wait_for_a_busy_worker() {
    let (near, worker) = inbox().unwrap();
    let mut replies = replies::Replies::new(vec![near.clone()]);
    let filled = std::iter::repeat_with(|| near.send(Input::Stop)).take_while(Result::is_ok).count();

    // A failure stands for keys: both are outcomes.
    replies.outcome(0, PEER, Err(HandshakeFailed));
    replies.datagram(0, PEER, vec![22]);
    replies.retry();
    assert!(replies.is_owing());
    assert!((0..filled).all(|_| matches!(worker.next(Duration::ZERO), Some(Input::Stop))));
    replies.datagram(0, PEER, vec![22]);
    replies.retry();

    let first = worker.next(Duration::ZERO);
    assert!(matches!(first, Some(Input::Command(Command::Handshaken { peer: PEER, .. }))), "{first:?}");
    assert!(worker.next(Duration::ZERO).is_none(), "no datagram went before the outcome");
    assert!(!replies.is_owing());
}

#[test]
fn a_stop_that_finds_the_queue_full_is_ordered_again() {
    let (queue, end) = queue();
    let mut line = Line::new(queue.clone(), 0);
    let other = PeerId(2);
    while queue.order(0, other, HandshakeOrder::Stop).is_ok() {}

    assert!(line.order(PEER, HandshakeOrder::Datagram(vec![22])).is_err());
    assert!(line.order(PEER, HandshakeOrder::Stop).is_ok());
    line.retry();
    let before: Vec<PeerId> = stops(&end);
    line.retry();

    assert_eq!((before.len(), before.contains(&PEER)), (QUEUE, false));
    assert_eq!(stops(&end), [PEER]);
}

#[test]
fn what_people_write_waits_at_its_worker_and_keeps_no_stop_back() {
    let (queue, end) = queue();
    let mut line = Line::new(queue.clone(), 0);
    let tell = || HandshakeOrder::Tell(NodeChat::Hearing { log: LogId(1), last: 0 });
    for _ in 0..QUEUE - 1 {
        line.order(PeerId(2), tell()).unwrap();
    }

    assert!(queue.order(0, PEER, HandshakeOrder::Start { fingerprints: Vec::new() }).is_ok(), "others begin");
    line.order(PEER, HandshakeOrder::Stop).unwrap();
    let taken: Vec<Order> = end.orders.try_iter().collect();
    end.waiting.fetch_sub(taken.len(), Ordering::Relaxed);
    line.retry();

    let is_stop =
        |order: &Order| matches!(order, Order::Peer { peer: PEER, order: HandshakeOrder::Stop, .. });
    assert!(taken.len() == TELLS_WAITING_MAX + 2 && is_stop(&taken[taken.len() - 1]));
    assert_eq!(end.orders.try_iter().count(), QUEUE - 1 - TELLS_WAITING_MAX, "none is lost");
}

/// Whom the orders that wait are to stop.
fn stops(end: &QueueEnd) -> Vec<PeerId> {
    let stopped = |order: Order| match order {
        Order::Peer { peer, order: HandshakeOrder::Stop, .. } => peer,
        _ => panic!("only stops were ordered"),
    };
    end.orders.try_iter().map(stopped).collect()
}
