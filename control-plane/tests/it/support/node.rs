//! A media node as the control plane meets it: an enrolled key, a process, a connection. It hosts no media.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use control_plane::nodes::{self, EnrollError};
use futures_util::{SinkExt, StreamExt};
use protocol::node::{ControlMessage, NodeMessage, RoomEvent, RoomEventKind, VERSION, proof};
use protocol::token::{JoinClaims, JoinVerifier, VerifyKey};
use protocol::{ClinicId, Epoch, NodeId};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

use super::World;

/// More than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why a connection ended, in the control plane's words.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

pub(crate) struct Node {
    pub(crate) id: NodeId,
    pub(crate) process: Uuid,
    pub(crate) url: String,
    pub(crate) seats_max: u32,
    pub(crate) version: u32,
    pub(crate) epoch: Epoch,
    key: Ed25519KeyPair,
    pkcs8: Vec<u8>,
    keys: Vec<VerifyKey>,
    socket: Option<Socket>,
    number: u64,
}

impl Node {
    /// A node with a key that nobody knows yet.
    pub(crate) fn new() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let id = NodeId::new_v7();
        Self {
            id,
            process: Uuid::new_v4(),
            url: format!("wss://{id}.example/signal"),
            seats_max: 100,
            version: VERSION,
            epoch: Epoch(0),
            key: Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap(),
            pkcs8: pkcs8.as_ref().to_vec(),
            keys: Vec::new(),
            socket: None,
            number: 0,
        }
    }

    /// The same node as another process, with the same key.
    pub(crate) fn successor(&self) -> Self {
        Self {
            process: Uuid::new_v4(),
            url: self.url.clone(),
            key: Ed25519KeyPair::from_pkcs8(&self.pkcs8).unwrap(),
            pkcs8: self.pkcs8.clone(),
            keys: Vec::new(),
            socket: None,
            ..*self
        }
    }

    pub(crate) fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.public_key().as_ref())
    }

    pub(crate) async fn enroll(&self, world: &World) -> Result<(), EnrollError> {
        nodes::enroll(&world.store, self.id, &self.public_key(), "test").await
    }

    /// A node that is enrolled and connected. It does not beat by itself: its lease is long, until it beats or the test
    /// ends it, so that a story may take its time on a busy machine.
    pub(crate) async fn connected(world: &World, address: SocketAddr) -> Self {
        let mut node = Self::new();
        node.enroll(world).await.unwrap();
        node.connect(address).await.unwrap();
        node.long_lease(world).await;
        node
    }

    /// Killed and started again: another process, that has the spool of the one before.
    pub(crate) async fn restarted(self, world: &World, address: SocketAddr) -> Self {
        let mut node = self.successor();
        drop(self);
        node.connect(address).await.unwrap();
        node.long_lease(world).await;
        node
    }

    pub(crate) async fn long_lease(&self, world: &World) {
        let mut raw = world.raw().await;
        let sql = "update node set lease_until_us = lease_until_us + 3600000000 where id = ";
        raw.execute(&format!("{sql}{}", raw.id(self.id.0))).await.unwrap();
    }

    /// Dials and greets.
    pub(crate) async fn connect(&mut self, address: SocketAddr) -> Result<(), Refused> {
        let nonce = self.dial(address).await;
        self.say(&self.hello(&nonce)).await;
        match self.hear().await? {
            ControlMessage::Welcome { epoch, lease_ms, keys } => {
                assert_eq!(lease_ms, 6_000);
                (self.epoch, self.keys) = (epoch, keys);
                Ok(())
            }
            other => panic!("not a welcome: {other:?}"),
        }
    }

    /// Dials; the nonce of the challenge.
    pub(crate) async fn dial(&mut self, address: SocketAddr) -> String {
        let (socket, _) = connect_async(format!("ws://{address}/nodes/connect")).await.unwrap();
        self.socket = Some(socket);
        match self.hear().await.unwrap() {
            ControlMessage::Challenge { nonce } => nonce,
            other => panic!("not a challenge: {other:?}"),
        }
    }

    pub(crate) fn hello(&self, nonce: &str) -> NodeMessage {
        NodeMessage::Hello {
            version: self.version,
            node: self.id,
            process: self.process,
            signature: URL_SAFE_NO_PAD.encode(self.key.sign(&proof(nonce, self.id)).as_ref()),
            region: "test".to_owned(),
            url: self.url.clone(),
            seats_max: self.seats_max,
        }
    }

    pub(crate) async fn say(&mut self, message: &NodeMessage) {
        self.say_text(serde_json::to_string(message).unwrap()).await;
    }

    pub(crate) async fn say_text(&mut self, text: String) {
        // A connection that the other side has closed is found out by listening.
        let _ = self.socket.as_mut().unwrap().send(Message::Text(text.into())).await;
    }

    /// The next message; a refusal or the connection's end is an error.
    pub(crate) async fn hear(&mut self) -> Result<ControlMessage, Refused> {
        let socket = self.socket.as_mut().unwrap();
        loop {
            match tokio::time::timeout(PATIENCE, socket.next()).await.expect("an answer in time") {
                Some(Ok(Message::Text(text))) => {
                    return match serde_json::from_str(&text).unwrap() {
                        ControlMessage::Refused { detail } => Err(Refused(detail)),
                        message => Ok(message),
                    };
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Refused("closed".to_owned())),
                Some(Ok(other)) => panic!("unexpected frame {other:?}"),
            }
        }
    }

    pub(crate) async fn beat(&mut self, seats: u32, draining: bool) {
        self.say(&NodeMessage::Beat { rooms: 0, seats, draining }).await;
    }

    /// Reports what happened in the room that a token opens, and waits until it is stored.
    pub(crate) async fn report(&mut self, claims: &JoinClaims, kind: RoomEventKind) -> RoomEvent {
        let event = RoomEvent {
            id: Uuid::now_v7(),
            clinic: claims.clinic,
            room: claims.room,
            generation: claims.generation,
            at_us: 1_795_338_000_000_000,
            kind,
        };
        self.report_event(&event).await;
        event
    }

    pub(crate) async fn report_event(&mut self, event: &RoomEvent) {
        self.number += 1;
        let number = self.number;
        self.say(&NodeMessage::Event { number, event: event.clone() }).await;
        loop {
            match self.hear().await.unwrap() {
                ControlMessage::Ack { number: stored } if stored == number => return,
                ControlMessage::Command { .. } => {}
                other => panic!("not the acknowledgement of {number}: {other:?}"),
            }
        }
    }

    /// Waits until the database says this of the node: a beat has no answer.
    pub(crate) async fn settled(&self, world: &World, what: &str) {
        let mut raw = world.raw().await;
        let sql = format!("select count(*) from node where id = {} and {what}", raw.id(self.id.0));
        let until = std::time::Instant::now() + PATIENCE;
        while raw.number(&sql).await == 0 {
            assert!(std::time::Instant::now() < until, "the node never was: {what}");
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn joined(&mut self, claims: &JoinClaims) -> RoomEvent {
        self.report(claims, RoomEventKind::Joined { seat: claims.seat, role: claims.role }).await
    }

    /// What a join answer's token says, verified as a node does it.
    pub(crate) fn verify(&self, join: &serde_json::Value) -> JoinClaims {
        assert_eq!(join["url"], self.url, "the room is on another node");
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let verifier = JoinVerifier::new(self.id, &self.keys).unwrap();
        verifier.verify(join["token"].as_str().unwrap(), now).unwrap()
    }

    /// The control plane goes on without it, until the lease ends.
    pub(crate) fn disconnect(&mut self) {
        self.socket = None;
    }
}

/// An event's clinic must be one that exists; this one does not.
pub(crate) fn nobodys_clinic() -> ClinicId {
    ClinicId::new_v7()
}
