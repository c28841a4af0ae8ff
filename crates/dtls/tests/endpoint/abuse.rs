//! It should fail closed when a peer is not who it promised, or offers what is too weak.

use std::time::{Duration, Instant, SystemTime};

use dtls::{CertificateProblem, CloseReason, Endpoint, Fingerprints, HANDSHAKE_DEADLINE, Identity};

use crate::hello::Hello;
use crate::network::{CLIENT, GOOD_LINK, Pair, SERVER, Side, client, identities, promised, server};

const ALERT: u8 = 21;
const FATAL: u8 = 2;

/// Runs both sides to their end and shows how each closed. Nobody gets keys.
fn refused(endpoints: [Endpoint; 2], now: Instant) -> [CloseReason; 2] {
    let mut pair = Pair::of(endpoints, now, GOOD_LINK, 1);
    pair.run_until(|pair| pair.sides.iter().all(|side| side.closed.is_some()));
    assert!(pair.sides.iter().all(|side| side.established.is_none()));
    assert!(pair.elapsed() < Duration::from_secs(1), "both know at once: {:?}", pair.elapsed());
    pair.sides.map(|side| side.closed.unwrap())
}

#[test]
fn abuse_49_fingerprint_mismatch_fails_closed_on_the_server() {
    let now = Instant::now();
    let server = Endpoint::server(&identities()[SERVER], promised(SERVER), now, SystemTime::now());

    let closed = refused([client(now), server], now);

    // bad_certificate(42)
    assert_eq!(closed, [CloseReason::Alert(42), CloseReason::FingerprintMismatch]);
}

#[test]
fn abuse_49_fingerprint_mismatch_fails_closed_on_the_client() {
    let now = Instant::now();
    let client = Endpoint::client(&identities()[CLIENT], promised(CLIENT), now, SystemTime::now());

    let closed = refused([client, server(now)], now);

    assert_eq!(closed, [CloseReason::FingerprintMismatch, CloseReason::Alert(42)]);
}

#[test]
fn abuse_49_expired_certificate_fails_closed() {
    let now = Instant::now();
    let long_ago = SystemTime::now() - Duration::from_secs(3 * 365 * 24 * 3600);
    let stale = Identity::generate(long_ago).unwrap();
    let expected = Fingerprints::from(stale.fingerprint().clone());
    let client = Endpoint::client(&stale, promised(SERVER), now, SystemTime::now());
    let server = Endpoint::server(&identities()[SERVER], expected, now, SystemTime::now());

    let closed = refused([client, server], now);

    // certificate_expired(45)
    let expired = CloseReason::Certificate(CertificateProblem::Expired);
    assert_eq!(closed, [CloseReason::Alert(45), expired]);
}

/// What a server says to a ClientHello, and how it ended.
fn answer(hello: &Hello) -> (Vec<Vec<u8>>, Option<CloseReason>) {
    let now = Instant::now();
    let mut side = Side::new(server(now));
    side.endpoint.handle_datagram(now, &hello.datagram());
    let out = side.poll();
    assert!(side.established.is_none());
    (out, side.closed)
}

fn assert_refuses(hello: &Hello) {
    let (out, closed) = answer(hello);

    assert!(matches!(closed, Some(CloseReason::Protocol(_))), "{closed:?}");
    assert_eq!(out.len(), 1, "one alert");
    assert_eq!((out[0].len(), out[0][0], out[0][13]), (15, ALERT, FATAL));
}

#[test]
fn the_hello_made_by_hand_is_one_that_is_accepted() {
    let (out, closed) = answer(&Hello::default());

    assert_eq!(closed, None);
    assert_eq!(out[0][13], 2, "ServerHello");
}

#[test]
fn abuse_49_dtls_1_0_is_refused() {
    assert_refuses(&Hello { version: [0xfe, 0xff], ..Hello::default() });
}

#[test]
fn abuse_49_null_and_anonymous_suites_are_refused() {
    for suite in [
        0x0000, // TLS_NULL_WITH_NULL_NULL
        0x0002, // TLS_RSA_WITH_NULL_SHA
        0xc006, // TLS_ECDHE_ECDSA_WITH_NULL_SHA
        0xc015, // TLS_ECDH_anon_WITH_NULL_SHA
        0xc018, // TLS_ECDH_anon_WITH_AES_128_CBC_SHA
        0x00a6, // TLS_DH_anon_WITH_AES_128_GCM_SHA256
        0xc009, // TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
        0xc0a8, // TLS_PSK_WITH_AES_128_CCM_8
        0x002f, // TLS_RSA_WITH_AES_128_CBC_SHA
    ] {
        let now = Instant::now();
        let mut side = Side::new(server(now));

        let hello = Hello { suites: vec![suite], ..Hello::default() };
        side.endpoint.handle_datagram(now, &hello.datagram());
        side.endpoint.handle_timeout(now + HANDSHAKE_DEADLINE);
        let out = side.poll();

        // A suite that the library has never heard of is not even worth an alert to it.
        let closed = side.closed.expect("no handshake after all");
        assert!(
            matches!(closed, CloseReason::Protocol(_) | CloseReason::Timeout),
            "{suite:#06x}: {closed:?}"
        );
        assert!(side.established.is_none());
        assert!(out.iter().all(|datagram| datagram[0] == ALERT), "{suite:#06x}");
    }
}

#[test]
fn abuse_49_no_extended_master_secret_is_refused() {
    assert_refuses(&Hello { has_master_secret: false, ..Hello::default() });
}

#[test]
fn no_group_in_common_is_refused() {
    // ffdhe2048 alone.
    assert_refuses(&Hello { groups: vec![0x0100], ..Hello::default() });
}

/// Lets one datagram of the server through after changing it, and shows how the client ended.
fn client_after(change: impl Fn(&mut Vec<u8>)) -> CloseReason {
    let now = Instant::now();
    let (mut client, mut server) = (Side::new(client(now)), Side::new(server(now)));
    for datagram in client.poll() {
        server.endpoint.handle_datagram(now, &datagram);
    }
    let mut flight = server.poll();
    change(&mut flight[0]);
    for datagram in flight {
        client.endpoint.handle_datagram(now, &datagram);
    }
    client.poll();
    assert!(client.established.is_none());
    client.closed.expect("the client refuses")
}

#[test]
fn abuse_49_a_client_refuses_to_be_talked_down() {
    // Record header 13, handshake header 12, then: version 2, random 32, session id 1, suite 2.
    let version = client_after(|flight| flight[26] = 0xff);
    let suite = client_after(|flight| flight[60..62].copy_from_slice(&[0, 0]));
    // Any other byte of the random breaks the signature over it.
    let random = client_after(|flight| flight[40] ^= 1);

    assert!(matches!(version, CloseReason::Protocol(_)), "{version:?}");
    assert!(matches!(suite, CloseReason::Protocol(_)), "{suite:?}");
    assert!(matches!(random, CloseReason::Protocol(_)), "{random:?}");
}
