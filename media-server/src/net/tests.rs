//! It should carry every datagram whole, in runs where the kernel can and plainly where it cannot.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use super::*;

mod mtu;

const BUFFERS: Buffers = Buffers { receive_bytes: 4 << 20, send_bytes: 4 << 20 };
const DEADLINE: Duration = Duration::from_secs(10);

fn bind(ip: IpAddr) -> UdpSocket {
    UdpSocket::bind(SocketAddr::new(ip, 0), BUFFERS).unwrap()
}

fn v4() -> UdpSocket {
    bind(Ipv4Addr::LOCALHOST.into())
}

/// Sender, local address where it is told, and bytes.
type Datagram = (SocketAddr, Option<IpAddr>, Vec<u8>);

/// Receives until `count` datagrams came.
fn receive(socket: &UdpSocket, count: usize) -> (Vec<Datagram>, ReceiveCounts) {
    let mut batch = ReceiveBatch::new();
    let mut all = Vec::new();
    let deadline = Instant::now() + DEADLINE;
    while all.len() < count {
        let left = deadline.checked_duration_since(Instant::now()).expect("all datagrams come in time");
        wait(&[socket.as_raw_fd()], Some(left)).unwrap();
        batch.receive(socket, |one| all.push((one.from, one.to, one.bytes.to_vec()))).unwrap();
    }
    (all, batch.counts())
}

/// `count` numbered datagrams of `size` bytes, back to back.
fn numbered(count: u32, size: usize) -> Vec<u8> {
    let mut bytes = vec![0xa5; count as usize * size];
    for (index, datagram) in bytes.chunks_mut(size).enumerate() {
        datagram[..4].copy_from_slice(&u32::try_from(index).unwrap().to_be_bytes());
    }
    bytes
}

fn numbers(received: &[Datagram]) -> BTreeSet<u32> {
    received.iter().map(|(_, _, bytes)| u32::from_be_bytes(bytes[..4].try_into().unwrap())).collect()
}

#[test]
fn a_thousand_datagrams_arrive_whole_through_runs() {
    let (mut from, to) = (v4(), v4());
    assert!(from.sends_runs(), "this kernel has GSO");
    let bytes = numbered(1000, 1200);
    let mut send = SendBatch::new();

    let mut received = Vec::new();
    let mut messages = 0;
    // In rounds that the smallest usual socket buffer holds.
    for round in bytes.chunks(50 * 1200) {
        send.send(&mut from, [Run { to: to.local_address(), from: None, bytes: round, segment_bytes: 1200 }]);
        let (more, counts) = receive(&to, 50);
        received.extend(more);
        messages += counts.messages;
    }

    assert_eq!(numbers(&received).len(), 1000);
    assert!(received.iter().all(|(source, _, one)| *source == from.local_address() && one.len() == 1200));
    assert_eq!(send.counts().datagrams, 1000);
    assert_eq!(send.counts().runs[6], 20, "one message a round: {:?}", send.counts());
    assert!(messages < 200, "GRO hands in runs: {messages} messages");
}

#[test]
fn a_thousand_datagrams_arrive_whole_plainly() {
    let (mut from, to) = (v4(), v4());
    from.send_plainly();
    let bytes = numbered(1000, 1200);
    let mut send = SendBatch::new();

    let mut received = Vec::new();
    for round in bytes.chunks(50 * 1200) {
        send.send(&mut from, [Run { to: to.local_address(), from: None, bytes: round, segment_bytes: 1200 }]);
        received.extend(receive(&to, 50).0);
    }

    assert_eq!(numbers(&received).len(), 1000);
    assert_eq!((send.counts().datagrams, send.counts().runs[0]), (1000, 1000));
}

#[test]
fn refused_runs_are_sent_singly_and_the_next_ones_are_runs_again() {
    // What the kernel refuses with EINVAL is segmentation together with a checksum-less socket.
    let (mut from, to) = (v4(), v4());
    let without_checksum = |from: &UdpSocket, yes: libc::c_int| {
        // SAFETY: pointer and length describe an int, which SO_NO_CHECK takes.
        let set = unsafe {
            libc::setsockopt(
                from.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_NO_CHECK,
                (&raw const yes).cast(),
                4,
            )
        };
        assert_eq!(set, 0);
    };
    let (first, second) = (numbered(10, 900), numbered(70, 1200));
    let runs = [(&first, 900), (&second, 1200)].map(|(bytes, segment_bytes)| Run {
        to: to.local_address(),
        from: None,
        bytes,
        segment_bytes,
    });
    let mut send = SendBatch::new();

    without_checksum(&from, 1);
    send.send(&mut from, runs);
    let (received, _) = receive(&to, 80);
    let refused = send.counts();
    without_checksum(&from, 0);
    send.send(&mut from, runs);
    let (again, _) = receive(&to, 80);

    for received in [received, again] {
        assert_eq!(received.iter().filter(|(_, _, one)| one.len() == 1200).count(), 70);
    }
    assert!(from.sends_runs(), "another run may be taken");
    // 10, and 70 in messages of 54 (64 KiB) and 16.
    assert_eq!((refused.segmentation_refused, refused.datagrams, refused.runs[0]), (3, 80, 80));
    assert_eq!((send.counts().segmentation_refused, send.counts().datagrams), (3, 160));
}

#[test]
fn runs_to_many_peers_keep_their_sizes_and_short_tails() {
    let mut from = v4();
    let peers: Vec<UdpSocket> = (0..100).map(|_| v4()).collect();
    let datagrams: Vec<Vec<u8>> = (0..100).map(|index| vec![1; 1000 * 3 + index + 1]).collect();
    let mut send = SendBatch::new();

    let runs = peers.iter().zip(&datagrams).map(|(peer, bytes)| Run {
        to: peer.local_address(),
        from: None,
        bytes,
        segment_bytes: 1000,
    });
    send.send(&mut from, runs);

    for (index, peer) in peers.iter().enumerate() {
        let (received, _) = receive(peer, 4);
        let sizes: Vec<usize> = received.iter().map(|(_, _, bytes)| bytes.len()).collect();
        assert_eq!(sizes, [1000, 1000, 1000, index + 1]);
    }
}

#[test]
fn an_oversized_datagram_is_counted_and_dropped() {
    let (mut from, to) = (v4(), v4());
    from.send_plainly();
    let (long, good) = (vec![0; 1501], vec![0; 1500]);
    let mut send = SendBatch::new();

    for bytes in [&long, &good] {
        let run = Run { to: to.local_address(), from: None, bytes, segment_bytes: bytes.len() };
        send.send(&mut from, [run]);
    }
    let (received, counts) = receive(&to, 1);

    assert_eq!((received.len(), received[0].2.len()), (1, 1500));
    assert_eq!(counts.oversized, 1);
}

#[test]
fn an_empty_datagram_changes_nothing() {
    let (from, to) = (v4(), v4());
    let plain = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();

    plain.send_to(&[], to.local_address()).unwrap();
    plain.send_to(&[1, 2, 3, 4], to.local_address()).unwrap();
    let (received, _) = receive(&to, 1);

    assert_eq!(received[0].2, [1, 2, 3, 4]);
    drop(from);
}

#[test]
fn a_target_the_kernel_refuses_does_not_stop_the_others() {
    let (mut from, to) = (v4(), v4());
    let bytes = numbered(1, 100);
    let mut send = SendBatch::new();

    // A broadcast without SO_BROADCAST is EACCES; an IPv6 target on an IPv4 socket EAFNOSUPPORT.
    let targets = ["255.255.255.255:9".parse().unwrap(), "[::1]:9".parse().unwrap(), to.local_address()];
    send.send(&mut from, targets.map(|to| Run { to, from: None, bytes: &bytes, segment_bytes: 100 }));
    let (received, _) = receive(&to, 1);

    assert_eq!(received.len(), 1);
    assert_eq!(send.counts().refused, 2);
}

#[test]
fn an_answer_leaves_from_the_address_it_came_to() {
    let mut wildcard = bind(Ipv4Addr::UNSPECIFIED.into());
    let peer = v4();
    let mut send = SendBatch::new();
    let asked: IpAddr = [127, 0, 0, 77].into();
    let plain = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    plain.send_to(&[7; 8], (asked, wildcard.local_address().port())).unwrap();

    let (received, _) = receive(&wildcard, 1);
    let (_, to, _) = received[0];
    let bytes = numbered(3, 200);
    send.send(&mut wildcard, [Run { to: peer.local_address(), from: to, bytes: &bytes, segment_bytes: 200 }]);
    let (answers, _) = receive(&peer, 3);

    assert_eq!(to, Some(asked));
    assert!(answers.iter().all(|(from, _, _)| from.ip() == asked), "{answers:?}");
}

#[test]
fn ipv6_carries_runs_and_local_addresses_too() {
    let mut wildcard = bind(Ipv6Addr::UNSPECIFIED.into());
    let mut peer = bind(Ipv6Addr::LOCALHOST.into());
    let mut send = SendBatch::new();
    let bytes = numbered(20, 1200);
    let target = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), wildcard.local_address().port());

    send.send(&mut peer, [Run { to: target, from: None, bytes: &bytes, segment_bytes: 1200 }]);
    let (received, _) = receive(&wildcard, 20);
    let (from, to, _) = received[0];
    send.send(&mut wildcard, [Run { to: from, from: to, bytes: &bytes, segment_bytes: 1200 }]);
    let (answers, _) = receive(&peer, 20);

    assert_eq!((numbers(&received).len(), numbers(&answers).len()), (20, 20));
    assert_eq!(to, Some(Ipv6Addr::LOCALHOST.into()));
}

#[test]
fn a_port_in_use_is_named() {
    let taken = v4();

    let error = UdpSocket::bind(taken.local_address(), BUFFERS).unwrap_err();

    assert!(error.to_string().contains(&taken.local_address().to_string()), "{error}");
}

#[test]
fn a_wake_ends_a_wait_once() {
    let waker = Waker::new().unwrap();
    let other = waker.clone();
    let socket = v4();
    let watched = [socket.as_raw_fd(), waker.as_raw_fd()];

    let thread = std::thread::spawn(move || (0..100).for_each(|_| other.wake()));
    let first = wait(&watched, Some(DEADLINE)).unwrap();
    thread.join().unwrap();
    waker.clear();
    let second = wait(&watched, Some(Duration::ZERO)).unwrap();
    waker.wake();
    let third = wait(&watched, Some(Duration::ZERO)).unwrap();

    assert!(first.has(1) && !first.has(0));
    assert_eq!(second, Ready::default());
    assert!(third.has(1));
}
