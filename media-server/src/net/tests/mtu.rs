//! It should carry runs over narrow paths, and believe no stranger about how narrow a path is.
//!
//! Each test has a network namespace of its own, so it needs root, as `./test` has on Debian.

use std::process::Command;

use socket2::{Domain, Protocol, Socket, Type};

use super::*;

/// Runs `test` in a network namespace of its own, with a loopback device that is up.
fn in_own_network(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(move || {
        // SAFETY: no pointer is passed. The flag concerns this thread alone, which ends with the test.
        let moved = unsafe { libc::unshare(libc::CLONE_NEWNET) };
        assert_eq!(
            moved,
            0,
            "this test needs root, for a network namespace of its own: {}",
            std::io::Error::last_os_error()
        );
        ip("link set lo up");
        test();
    });
    if let Err(failure) = thread.join() {
        std::panic::resume_unwind(failure);
    }
}

/// `ip` of iproute2, in the namespace of this thread.
fn ip(arguments: &str) {
    let output = Command::new("ip").args(arguments.split(' ')).output().expect("iproute2 is installed");
    assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Sends `bytes` as datagrams of 1200 bytes, and waits until all of them are there.
fn carries(send: &mut SendBatch, from: &mut UdpSocket, to: &UdpSocket, bytes: &[u8]) {
    send.send(from, [Run { to: to.local_address(), from: None, bytes, segment_bytes: 1200 }]);
    assert_eq!(send.counts().refused, 0, "{:?}", send.counts());
    let count = bytes.len() / 1200;
    let (received, _) = receive(to, count);
    assert_eq!(numbers(&received).len(), count);
    assert!(received.iter().all(|(_, _, one)| one.len() == 1200));
}

#[test]
fn a_run_whose_datagrams_are_longer_than_the_path_carries_arrives_plainly() {
    in_own_network(|| {
        ip("link set lo mtu 1000");
        let (mut from, to, near) = (v4(), v4(), v4());
        let bytes = numbered(10, 1200);
        let short = numbered(10, 900);
        let mut send = SendBatch::new();

        carries(&mut send, &mut from, &to, &bytes);
        // The next has its refused run between others, which still leave as one message each.
        let runs = [(&near, &short, 900), (&to, &bytes, 1200), (&near, &short, 900)];
        send.send(
            &mut from,
            runs.map(|(to, bytes, segment_bytes)| Run {
                to: to.local_address(),
                from: None,
                bytes,
                segment_bytes,
            }),
        );

        assert_eq!(receive(&to, 10).0.len(), 10);
        assert_eq!(receive(&near, 20).0.len(), 20);
        assert!(from.sends_runs(), "one path says nothing about the others");
        let counts = send.counts();
        assert_eq!((counts.segmentation_refused, counts.refused, counts.datagrams), (2, 0, 40));
        assert_eq!((counts.runs[0], counts.runs[4]), (20, 2), "datagrams alone, and runs of ten");
    });
}

#[test]
fn a_forged_icmp_packet_does_not_narrow_a_path() {
    in_own_network(|| {
        let (mut from, to) = (v4(), v4());
        let bytes = numbered(10, 1200);
        let mut send = SendBatch::new();
        carries(&mut send, &mut from, &to, &bytes);

        let raw = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4)).unwrap();
        let forged = fragmentation_needed(from.local_address().port(), 600);
        raw.send_to(&forged, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        carries(&mut send, &mut from, &to, &bytes);

        assert_eq!(send.counts().segmentation_refused, 0);
    });
}

#[test]
fn a_forged_icmpv6_packet_does_not_narrow_a_path() {
    in_own_network(|| {
        // Below the MTU that IPv6 requires there is nothing to announce, so datagrams of 1400 bytes.
        let [mut from, to] = [0, 1].map(|_| bind(Ipv6Addr::LOCALHOST.into()));
        let bytes = numbered(10, 1400);
        let mut send = SendBatch::new();
        let raw = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6)).unwrap();
        let forged = packet_too_big(from.local_address().port(), 1280);

        raw.send_to(&forged, &SocketAddr::from((Ipv6Addr::LOCALHOST, 0)).into()).unwrap();
        send.send(
            &mut from,
            [Run { to: to.local_address(), from: None, bytes: &bytes, segment_bytes: 1400 }],
        );

        assert_eq!((send.counts().segmentation_refused, send.counts().refused), (0, 0));
        assert_eq!(receive(&to, 10).0.len(), 10);
    });
}

/// ICMP type 3 code 4 (RFC 792, RFC 1191) about a UDP datagram from `port`; the forger guesses the other end wrong.
fn fragmentation_needed(port: u16, mtu: u16) -> Vec<u8> {
    let mut packet = vec![3, 4, 0, 0, 0, 0];
    packet.extend(mtu.to_be_bytes());
    packet.extend([0x45, 0, 4, 0xcc, 0, 1, 0x40, 0, 64, 17, 0, 0]);
    packet.extend([127, 0, 0, 1, 127, 0, 0, 1]);
    packet.extend(udp_header(port));
    let checksum = internet_checksum(&packet);
    packet[2..4].copy_from_slice(&checksum.to_be_bytes());
    packet
}

/// ICMPv6 type 2 (RFC 4443 §3.2). The kernel fills in the checksum.
fn packet_too_big(port: u16, mtu: u32) -> Vec<u8> {
    let mut packet = vec![2, 0, 0, 0];
    packet.extend(mtu.to_be_bytes());
    packet.extend([0x60, 0, 0, 0, 5, 0x80, 17, 64]);
    packet.extend(Ipv6Addr::LOCALHOST.octets());
    packet.extend(Ipv6Addr::LOCALHOST.octets());
    packet.extend(udp_header(port));
    packet
}

fn udp_header(port: u16) -> [u8; 8] {
    let [high, low] = port.to_be_bytes();
    [high, low, 0, 9, 4, 0xb8, 0, 0]
}

/// RFC 1071.
fn internet_checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap()
}
