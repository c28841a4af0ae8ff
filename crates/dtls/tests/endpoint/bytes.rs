//! It should never panic, and never answer more than it was sent, whatever the bytes are.

use std::time::Instant;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::network::{CLIENT, GOOD_LINK, Pair, SERVER, Seeded, Side, client, server};

/// Every length, each with every first byte: zeros behind it, and a record header that tells the truth about them.
fn sweep(mut feed: impl FnMut(&[u8])) {
    let mut zeros = vec![0; 1501];
    let mut records = vec![0; 1501];
    for len in 0..=1500 {
        for first in 0..=255 {
            zeros[0] = first;
            feed(&zeros[..len]);
            records[0] = first;
            if let Some(body) = len.checked_sub(13) {
                records[1..3].copy_from_slice(&[0xfe, 0xfd]);
                records[4] = (len % 3) as u8;
                records[11..13].copy_from_slice(&(body as u16).to_be_bytes());
                feed(&records[..len]);
            }
        }
    }
}

#[test]
fn abuse_53_every_length_and_first_byte_on_fresh_endpoints() {
    let now = Instant::now();
    for make in [client, server] {
        let mut side = Side::new(make(now));
        side.poll();
        sweep(|bytes| {
            side.endpoint.handle_datagram(now, bytes);
            let answered: usize = side.poll().iter().map(Vec::len).sum();
            assert!(answered <= bytes.len(), "{answered} bytes for {}", bytes.len());
            if side.closed.is_some() {
                // Its budget is spent: go on with a new one.
                side = Side::new(make(now));
                side.poll();
            }
        });
    }
}

#[test]
fn abuse_53_every_length_and_first_byte_on_established_endpoints() {
    let mut pair = Pair::established();
    pair.settle();
    let now = pair.now;
    for side in &mut pair.sides {
        sweep(|bytes| {
            side.endpoint.handle_datagram(now, bytes);
            let answered: usize = side.poll().iter().map(Vec::len).sum();
            assert!(answered <= bytes.len(), "{answered} bytes for {}", bytes.len());
        });
        assert!(side.endpoint.is_established());
    }

    for side in &mut pair.sides {
        side.endpoint.send(b"still here").unwrap();
    }
    pair.settle();
    assert!(pair.sides.iter().all(|side| side.data == [b"still here"]));
}

/// Changes some bytes, cuts or extends, by a seed.
fn mutate(bytes: &mut Vec<u8>, seeded: &mut Seeded) {
    for _ in 0..=seeded.below(4) {
        if bytes.is_empty() {
            return;
        }
        let at = seeded.below(bytes.len() as u64) as usize;
        match seeded.below(6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, seeded.below(256) as u8),
            2 => bytes.extend_from_within(..at),
            // Lengths, numbers and types sit at the start.
            3 => bytes[at.min(40)] = seeded.below(256) as u8,
            _ => bytes[at] ^= 1 << seeded.below(8),
        }
    }
}

/// One handshake in which every datagram arrives after a changed copy of it, or in its place.
fn hostile_handshake(seed: u64) {
    let mut seeded = Seeded::new(seed);
    let now = Instant::now();
    let mut sides = [Side::new(client(now)), Side::new(server(now))];
    for _ in 0..12 {
        for from in [CLIENT, SERVER] {
            for datagram in sides[from].poll() {
                let mut changed = datagram.clone();
                mutate(&mut changed, &mut seeded);
                let to = &mut sides[1 - from].endpoint;
                to.handle_datagram(now, &changed);
                if seeded.below(4) > 0 {
                    to.handle_datagram(now, &datagram);
                }
                if seeded.below(4) == 0 {
                    to.handle_datagram(now, &changed);
                }
            }
        }
        let later = now + GOOD_LINK.delay;
        sides.iter_mut().for_each(|side| side.endpoint.handle_timeout(later));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(53),
        ..ProptestConfig::default()
    })]

    #[test]
    fn changed_handshake_datagrams_do_no_harm(seed in any::<u64>()) {
        hostile_handshake(seed);
    }

    #[test]
    fn random_bytes_do_no_harm(datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..40)) {
        let now = Instant::now();
        let mut side = Side::new(server(now));
        for mut datagram in datagrams {
            if let Some(first) = datagram.first_mut() {
                *first = 20 + *first % 4;
            }
            side.endpoint.handle_datagram(now, &datagram);
        }
        side.poll();
    }
}
