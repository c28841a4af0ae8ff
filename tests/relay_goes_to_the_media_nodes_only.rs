//! It should relay for whoever was let into a visit, to the media nodes and to nowhere else: the real coturn, started as
//! operators start it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use client::turn::{Allocation, Credential, Family, TurnError};
use serde_json::{Value, json};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::support::turn::{Relay, SECRET, credential_until, refusal, unix_now};
use crate::support::{DEADLINE, Ports, Setup, Visit, until};

/// RFC 8656 §19: the relay does not go there.
const FORBIDDEN: u16 = 403;
/// RFC 8489 §14.8.
const UNAUTHORIZED: u16 = 401;
/// RFC 8656 §19: no more for this user.
const QUOTA: u16 = 486;
/// RFC 8656 §19: the address has an allocation of another request.
const MISMATCH: u16 = 437;

/// What the control plane gave out.
fn credential(place: &Value) -> Credential {
    let text = |name: &str| place["ice_servers"][0][name].as_str().unwrap().to_owned();
    Credential { username: text("username"), password: text("credential") }
}

/// Says something through the relay until it comes back from the node's side.
async fn reaches(way: &str, allocation: &mut Allocation, peer: &UdpSocket) {
    let address = peer.local_addr().unwrap();
    allocation.permit(address.ip()).await.unwrap();
    let mut buffer = [0; 64];
    until(&format!("there over {way}"), async || {
        allocation.send(address, b"there").await.unwrap();
        let received = timeout(Duration::from_millis(200), peer.recv_from(&mut buffer)).await;
        let (len, from) = received.ok()?.unwrap();
        assert_eq!((&buffer[..len], from), (b"there".as_slice(), allocation.relayed()));
        Some(())
    })
    .await;
    peer.send_to(b"and back", allocation.relayed()).await.unwrap();
    let (from, bytes) = timeout(DEADLINE, allocation.receive()).await.unwrap().unwrap();
    assert_eq!((from, bytes.as_slice()), (address, b"and back".as_slice()), "{way}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_let_into_a_visit_is_relayed_over_udp_tcp_and_tls() {
    let folder = tempfile::tempdir().unwrap();
    let relay_ports = Ports::take();
    let relay = Relay::start(folder.path(), &relay_ports).await;
    let url = format!("turn:localhost:{}?transport=udp", relay.plain.port());
    let serve = Setup::on(&folder.path().join("data"))
        .demo()
        .with("--turn-url", &url)
        .with("--turn-secret-file", &relay.secret_file.display())
        .start()
        .await;
    serve.node_is_welcomed().await;
    let mut visit = Visit::now(&serve).await;
    let place = visit.patient.post(&format!("{}/join", visit.path), json!({})).await.expect(200);
    assert_eq!(place["ice_servers"][0]["urls"], json!([url]));
    let node = UdpSocket::bind("127.0.0.1:0").await.unwrap();

    for (way, server, transport) in relay.ways() {
        let opened = Allocation::open(server, transport, credential(&place), Family::V4).await;
        reaches(way, &mut opened.unwrap(), &node).await;
    }
    let secrets = [SECRET.to_owned(), credential(&place).password];
    assert!(secrets.iter().all(|secret| !serve.program.said().contains(secret)), "abuse sentence 57, C34");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_over_or_forged_opens_nothing_and_a_call_outlives_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let ports = Ports::take();
    let relay = Relay::start(folder.path(), &ports).await;
    let now = unix_now();

    let short = credential_until(now + 3, SECRET);
    let mut running = relay.over_udp(short.clone(), Family::V4).await.unwrap();
    let stolen = Credential { username: format!("{}:somebody", now + 600), ..short.clone() };
    for refused in [credential_until(now - 60, SECRET), credential_until(now + 600, "another secret"), stolen]
    {
        let answer = relay.over_udp(refused, Family::V4).await.map(drop);
        assert!(matches!(answer, Err(TurnError::Refused { code: UNAUTHORIZED, .. })), "{answer:?}");
    }
    // The relay's clock goes by the second.
    until("it opens nothing any more", async || match relay.over_udp(short.clone(), Family::V4).await {
        Err(TurnError::Refused { code: UNAUTHORIZED, .. }) => Some(()),
        // Open still; or, as it gives its places back late, too often, or from a port that one had before.
        Ok(_) | Err(TurnError::Refused { code: QUOTA | MISMATCH, .. }) => None,
        Err(error) => panic!("{error}"),
    })
    .await;

    assert!(unix_now() > now + 2);
    running.refresh().await.unwrap();
    assert!(running.lifetime() <= Duration::from_secs(600), "{:?}", running.lifetime());
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_57_the_relay_goes_to_no_other_address_however_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let ports = Ports::take();
    let relay = Relay::start(folder.path(), &ports).await;
    let ours = || credential_until(unix_now() + 600, SECRET);
    let mut v4 = relay.over_udp(ours(), Family::V4).await.unwrap();
    let mut v6 = relay.over_udp(ours(), Family::V6).await.unwrap();
    assert!(v4.relayed().is_ipv4() && v6.relayed().is_ipv6());

    assert_eq!(refusal(&mut v4, "127.0.0.1".parse().unwrap()).await, None, "the node");
    let elsewhere = [
        "127.0.0.2",
        "127.255.255.255",
        "0.0.0.0",
        "0.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "8.8.8.8",
        "126.255.255.255",
        "128.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
    ];
    for address in elsewhere {
        assert_eq!(refusal(&mut v4, address.parse().unwrap()).await, Some(FORBIDDEN), "{address}");
    }
    let elsewhere = [
        "::1",
        "::",
        "::2",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0.0.0.0",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ];
    for address in elsewhere {
        assert_eq!(refusal(&mut v6, address.parse().unwrap()).await, Some(FORBIDDEN), "{address}");
    }
    let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
    assert!(refusal(&mut v4, mapped).await.is_some(), "in the other family neither");
}

/// Also C38: the ports of the relay are not one user's.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_57_one_seat_has_twelve_allocations_at_most_and_another_still_gets_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let ports = Ports::take();
    let relay = Relay::start(folder.path(), &ports).await;
    let greedy = credential_until(unix_now() + 600, SECRET);

    let mut held = Vec::new();
    for _ in 0..12 {
        held.push(relay.over_udp(greedy.clone(), Family::V4).await.unwrap());
    }
    let one_more = relay.over_udp(greedy, Family::V4).await.map(drop);
    let other = relay.over_udp(credential_until(unix_now() + 600, SECRET), Family::V4).await.map(drop);

    assert!(matches!(one_more, Err(TurnError::Refused { code: QUOTA, .. })), "{one_more:?}");
    assert!(other.is_ok(), "{other:?}");
}

/// Without leave a relay is silent both ways: what it does not know is dropped.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_57_what_nobody_asked_for_goes_neither_in_nor_out() {
    let folder = tempfile::tempdir().unwrap();
    let ports = Ports::take();
    let relay = Relay::start(folder.path(), &ports).await;
    let (node, other) =
        (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.2:0").await.unwrap());
    let credential = credential_until(unix_now() + 600, SECRET);
    let mut allocation = relay.over_udp(credential, Family::V4).await.unwrap();
    let target: SocketAddr = other.local_addr().unwrap();

    allocation.send(target, b"out").await.unwrap();
    other.send_to(b"in", allocation.relayed()).await.unwrap();

    // What came through before this did would be here first.
    reaches("UDP", &mut allocation, &node).await;
    let mut buffer = [0; 8];
    assert!(other.try_recv(&mut buffer).is_err(), "{buffer:?}");
}
