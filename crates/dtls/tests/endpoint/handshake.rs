//! It should bring client and server to the same keys, carry data, and end cleanly.

use std::time::Duration;

use dtls::{CloseReason, HANDSHAKE_DEADLINE, MAX_DATA_LEN, SendError};
use srtp::{DtlsRole, SrtpProfile};

use crate::network::{CLIENT, GOOD_LINK, Pair, SERVER};

#[test]
fn both_sides_agree_on_keys_and_profile() {
    let mut pair = Pair::established();

    let [client, server] = pair.sides.each_mut().map(|side| side.established.take().unwrap());

    assert_eq!((client.profile, server.profile), (SrtpProfile::AeadAes256Gcm, SrtpProfile::AeadAes256Gcm));
    let (mut seal, _) = client.keys.contexts(DtlsRole::Client);
    let (_, mut open) = server.keys.contexts(DtlsRole::Server);
    assert_carries(&mut seal, &mut open);
    let (mut seal, _) = server.keys.contexts(DtlsRole::Server);
    let (_, mut open) = client.keys.contexts(DtlsRole::Client);
    assert_carries(&mut seal, &mut open);
}

/// What one side seals, the other opens: their exporters gave the same.
pub(crate) fn assert_carries(seal: &mut srtp::SrtpSealer, open: &mut srtp::SrtpOpener) {
    let mut packet = [0; 64];
    let header = [0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, b'h', b'i'];
    packet[..header.len()].copy_from_slice(&header);

    let sealed = seal.seal_rtp(&mut packet, header.len()).unwrap();
    let opened = open.open_rtp(&mut packet[..sealed]).unwrap();

    assert_eq!(opened.len, header.len());
    assert_eq!(&packet[..header.len()], &header);
}

#[test]
fn takes_two_round_trips() {
    let pair = Pair::established();

    // ClientHello, server's flight, client's flight, Finished: no cookie in between.
    assert_eq!(pair.elapsed(), 4 * GOOD_LINK.delay);
}

#[test]
fn datagrams_stay_within_1200_bytes() {
    let pair = Pair::established();

    let longest = pair.sides.iter().flat_map(|side| &side.sent).map(Vec::len).max().unwrap();

    assert!(longest <= 1200, "{longest}");
}

#[test]
fn data_goes_both_ways() {
    let mut pair = Pair::established();

    for (side, text) in [(CLIENT, "from the client"), (SERVER, "from the server")] {
        pair.sides[side].endpoint.send(text.as_bytes()).unwrap();
    }
    pair.sides[CLIENT].endpoint.send(&[7; MAX_DATA_LEN]).unwrap();
    pair.settle();

    assert_eq!(pair.sides[SERVER].data, [b"from the client".to_vec(), vec![7; MAX_DATA_LEN]]);
    assert_eq!(pair.sides[CLIENT].data, [b"from the server"]);
    assert!(pair.sides[CLIENT].sent.iter().all(|datagram| datagram.len() <= 1200));
}

#[test]
fn sends_nothing_without_a_connection_and_nothing_too_long() {
    let mut fresh = Pair::new(GOOD_LINK, 1);
    let mut pair = Pair::established();

    let refused = fresh.sides[CLIENT].endpoint.send(b"early");
    let too_long = pair.sides[CLIENT].endpoint.send(&[0; MAX_DATA_LEN + 1]);
    pair.sides[CLIENT].endpoint.close();
    let late = pair.sides[CLIENT].endpoint.send(b"late");

    assert_eq!(refused, Err(SendError::NotEstablished));
    assert_eq!(too_long, Err(SendError::TooLong));
    assert_eq!(late, Err(SendError::NotEstablished));
}

#[test]
fn closing_tells_the_peer() {
    for closing in [CLIENT, SERVER] {
        let mut pair = Pair::established();

        pair.sides[closing].endpoint.close();
        pair.settle();

        assert_eq!(pair.sides[closing].closed, Some(CloseReason::Local));
        assert_eq!(pair.sides[1 - closing].closed, Some(CloseReason::Peer));
        assert!(
            pair.sides.iter().all(|side| side.endpoint.is_closed() && side.endpoint.poll_timeout().is_none())
        );
    }
}

#[test]
fn an_established_pair_asks_for_no_timer() {
    let mut pair = Pair::established();
    pair.settle();

    pair.run_until(|pair| pair.sides.iter().all(|side| side.endpoint.poll_timeout().is_none()));

    assert!(pair.sides.iter().all(|side| side.endpoint.is_established()));
    assert!(pair.elapsed() < Duration::from_secs(5), "{:?}", pair.elapsed());
}

#[test]
fn silence_ends_at_the_deadline() {
    let dead = crate::network::Link { lost: 1000, ..GOOD_LINK };
    let mut pair = Pair::new(dead, 1);

    pair.run_until(|pair| pair.sides.iter().all(|side| side.closed.is_some()));

    assert_eq!(
        pair.sides.each_ref().map(|side| side.closed.clone()),
        [const { Some(CloseReason::Timeout) }; 2]
    );
    assert_eq!(pair.elapsed(), HANDSHAKE_DEADLINE);
    assert!((7..=11).contains(&pair.sides[CLIENT].sent.len()), "the hello is repeated ever more rarely");
    assert_eq!(pair.sides[SERVER].sent.len(), 0);
}
