//! A small control plane: greets nodes as `protocol::node` says, keeps what they report, and can go away.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::Epoch;
use protocol::node::{ControlMessage, NodeMessage, RoomEvent, proof};
use protocol::token::VerifyKey;
use ring::signature::{ED25519, UnparsedPublicKey};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

const NONCE: &str = "a-nonce-of-the-test";

#[derive(Default)]
struct Seen {
    hellos: Vec<NodeMessage>,
    beats: usize,
    draining: bool,
    events: Vec<(u64, RoomEvent)>,
}

#[derive(Clone)]
struct Shared {
    seen: Arc<Mutex<Seen>>,
    keys: Arc<Mutex<Vec<VerifyKey>>>,
    /// Whether events are confirmed.
    acks: watch::Sender<bool>,
    /// Whether nodes are refused.
    refuses: watch::Sender<bool>,
    orders: broadcast::Sender<ControlMessage>,
}

pub(crate) struct ControlPlane {
    address: SocketAddr,
    shared: Shared,
    /// Set to end all connections and the listener.
    away: watch::Sender<bool>,
    accepting: Option<JoinHandle<()>>,
}

impl ControlPlane {
    pub(crate) async fn start(keys: Vec<VerifyKey>) -> Self {
        let shared = Shared {
            seen: Arc::default(),
            keys: Arc::new(Mutex::new(keys)),
            acks: watch::Sender::new(true),
            refuses: watch::Sender::new(false),
            orders: broadcast::Sender::new(64),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let away = watch::Sender::new(false);
        let accepting = Some(tokio::spawn(accept(listener, shared.clone(), away.subscribe())));
        Self { address, shared, away, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/nodes/connect", self.address)
    }

    /// Ends all connections; nobody listens until [`ControlPlane::come_back`].
    pub(crate) async fn go_away(&mut self) {
        self.away.send_replace(true);
        self.accepting.take().unwrap().await.unwrap();
    }

    pub(crate) async fn come_back(&mut self) {
        self.away = watch::Sender::new(false);
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        let listener = socket.listen(16).unwrap();
        self.accepting = Some(tokio::spawn(accept(listener, self.shared.clone(), self.away.subscribe())));
    }

    pub(crate) fn confirm_events(&self, yes: bool) {
        self.shared.acks.send_replace(yes);
    }

    pub(crate) fn refuse_nodes(&self, yes: bool) {
        self.shared.refuses.send_replace(yes);
    }

    /// Says something to all nodes.
    pub(crate) fn order(&self, message: ControlMessage) {
        self.shared.orders.send(message).unwrap();
    }

    pub(crate) fn beats(&self) -> usize {
        self.shared.seen.lock().unwrap().beats
    }

    pub(crate) fn saw_draining(&self) -> bool {
        self.shared.seen.lock().unwrap().draining
    }

    pub(crate) fn hellos(&self) -> Vec<NodeMessage> {
        self.shared.seen.lock().unwrap().hellos.clone()
    }

    /// Every arrival, repeats included.
    pub(crate) fn events(&self) -> Vec<(u64, RoomEvent)> {
        self.shared.seen.lock().unwrap().events.clone()
    }
}

async fn accept(listener: TcpListener, shared: Shared, mut away: watch::Receiver<bool>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.unwrap();
                connections.spawn(serve(stream, shared.clone()));
            }
            () = async { drop(away.wait_for(|away| *away).await) } => {
                connections.shutdown().await;
                return;
            }
        }
    }
}

async fn serve(stream: TcpStream, shared: Shared) {
    let Ok(mut stream) = accept_async(stream).await else { return };
    say(&mut stream, &ControlMessage::Challenge { nonce: NONCE.to_owned() }).await;
    let Some(hello) = hear(&mut stream).await else { return };
    assert!(matches!(hello, NodeMessage::Hello { .. }), "{hello:?}");
    if *shared.refuses.borrow() {
        return say(&mut stream, &ControlMessage::Refused { detail: "not enrolled".to_owned() }).await;
    }
    shared.seen.lock().unwrap().hellos.push(hello);
    let keys = shared.keys.lock().unwrap().clone();
    say(&mut stream, &ControlMessage::Welcome { epoch: Epoch(1), lease_ms: 6000, keys }).await;
    let mut orders = shared.orders.subscribe();
    loop {
        tokio::select! {
            message = hear(&mut stream) => match message {
                Some(NodeMessage::Beat { draining, .. }) => {
                    let mut seen = shared.seen.lock().unwrap();
                    seen.beats += 1;
                    seen.draining |= draining;
                }
                Some(NodeMessage::Event { number, event }) => {
                    shared.seen.lock().unwrap().events.push((number, event));
                    if *shared.acks.borrow() {
                        say(&mut stream, &ControlMessage::Ack { number }).await;
                    }
                }
                Some(other) => panic!("{other:?}"),
                None => return,
            },
            Ok(order) = orders.recv() => say(&mut stream, &order).await,
        }
    }
}

async fn say(stream: &mut WebSocketStream<TcpStream>, message: &ControlMessage) {
    let text = serde_json::to_string(message).unwrap();
    let _ = stream.send(Message::Text(text.into())).await;
}

async fn hear(stream: &mut WebSocketStream<TcpStream>) -> Option<NodeMessage> {
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            Some(Ok(_)) => {}
        }
    }
}

/// Whether a hello proves the key `public` (base64url).
pub(crate) fn proves(hello: &NodeMessage, public: &str) -> bool {
    let NodeMessage::Hello { node, signature, .. } = hello else { return false };
    let key = URL_SAFE_NO_PAD.decode(public).unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&ED25519, key).verify(&proof(NONCE, *node), &signature).is_ok()
}
