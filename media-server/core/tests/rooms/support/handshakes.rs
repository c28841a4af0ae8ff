//! The node's end of every DTLS handshake, inline: what a thread beside the worker does on a node.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use dtls::{Endpoint, Event, Fingerprints, Identity};
use media_core::{
    Command, Fingerprint, FingerprintHash, HandshakeFailed, HandshakeOrder, PeerFingerprint, PeerId,
};

/// The time of day at the start of every simulation.
pub(super) fn wall() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000)
}

/// Certificates are costly and carry no state: one for all participants, one for the node.
pub(super) fn participants_identity() -> Arc<Identity> {
    static IDENTITY: OnceLock<Arc<Identity>> = OnceLock::new();
    Arc::clone(IDENTITY.get_or_init(|| Arc::new(Identity::generate(wall()).unwrap())))
}

fn node_identity() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| Identity::generate(wall()).unwrap())
}

/// What the node's answers promise.
pub(super) fn node_fingerprint() -> Fingerprint {
    let value = node_identity().fingerprint().to_string();
    let digest: Vec<u8> = value
        .strip_prefix("sha-256 ")
        .unwrap()
        .split(':')
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect();
    Fingerprint(digest.try_into().unwrap())
}

fn attribute_value(fingerprint: &PeerFingerprint) -> String {
    let mut value = String::from(match fingerprint.hash {
        FingerprintHash::Sha256 => "sha-256 ",
        FingerprintHash::Sha384 => "sha-384 ",
        FingerprintHash::Sha512 => "sha-512 ",
    });
    for (at, byte) in fingerprint.digest.iter().enumerate() {
        write!(value, "{}{byte:02X}", if at == 0 { "" } else { ":" }).unwrap();
    }
    value
}

/// All endpoints, by peer.
#[derive(Default)]
pub(super) struct Handshakes(BTreeMap<PeerId, Endpoint>);

impl Handshakes {
    pub(super) fn handle_order(&mut self, peer: PeerId, order: HandshakeOrder, now: Instant) {
        match order {
            HandshakeOrder::Start { fingerprints } => {
                let values: Vec<_> = fingerprints.iter().map(attribute_value).collect();
                let promised = Fingerprints::from_values(values.iter().map(String::as_str)).unwrap();
                let endpoint = Endpoint::server(node_identity(), promised, now, wall());
                assert!(self.0.insert(peer, endpoint).is_none(), "a handshake starts once");
            }
            HandshakeOrder::Datagram(bytes) => {
                if let Some(endpoint) = self.0.get_mut(&peer) {
                    endpoint.handle_datagram(now, &bytes);
                }
            }
            // Chat needs no network to be decided on: `it_should/bring_what_is_written.rs`.
            HandshakeOrder::Tell(_) => {}
            HandshakeOrder::Stop => {
                self.0.remove(&peer);
            }
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.0.values().filter_map(Endpoint::poll_timeout).min()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        for endpoint in self.0.values_mut() {
            if endpoint.poll_timeout().is_some_and(|due| due <= now) {
                endpoint.handle_timeout(now);
            }
        }
    }

    /// What the core is to be told.
    pub(super) fn commands(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        for (&peer, endpoint) in &mut self.0 {
            while let Some(event) = endpoint.poll_event() {
                match event {
                    Event::Established(established) => {
                        commands.push(Command::Handshaken { peer, result: Ok(established.keys) });
                    }
                    Event::Data(_) => {}
                    Event::Closed(_) => {
                        commands.push(Command::Handshaken { peer, result: Err(HandshakeFailed) });
                    }
                }
            }
            while let Some(bytes) = endpoint.poll_datagram() {
                commands.push(Command::HandshakeDatagram { peer, bytes });
            }
        }
        commands
    }
}
