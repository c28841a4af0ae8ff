//! It should count a socket as half-open until a worker has seated it, and send nobody away for a moment's business.
//!
//! The worker is played by the test, which decides when it takes what and what it answers.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use media_core::Command;
use protocol::signal::{ClientMessage, Numbered, ServerMessage};
use protocol::{NodeId, Permissions, Problem, Role, SeatId, close};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::*;
use crate::worker::{InboxEnd, Input, Outgoing, inbox};

const DEADLINE: Duration = Duration::from_secs(20);
/// Half-open sockets that one neighbourhood may have here.
const HALF_OPEN_MAX: usize = 3;

/// A message that the node takes from its outbox is taken at once; it gives up a client that reads nothing after 5 s.
const STUCK_AFTER: Duration = Duration::from_millis(500);

struct Door {
    address: SocketAddr,
    near: Inbox,
    worker: InboxEnd,
    _stopping: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

async fn door() -> Door {
    let folder = tempfile::tempdir().unwrap();
    let (near, worker) = inbox().unwrap();
    let (stopping, stopped) = watch::channel(false);
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into(), Tls::default()).await.unwrap();
    let address = listener.local_address().unwrap();
    let signal = Signal::new(
        vec![near.clone()],
        Arc::new(Rooms::new(1)),
        Arc::new(VerifyKeys::load(NodeId::new_v7(), &folder.path().join("keys"))),
        mpsc::channel(1).0,
        (Sockets::new(64, HALF_OPEN_MAX), Origins { allowed: Vec::new(), absent: true }),
        stopped,
    );
    tokio::spawn(listener.run(Arc::new(signal)));
    Door { address, near, worker, _stopping: stopping, _folder: folder }
}

type Client = WebSocketStream<TcpStream>;

/// `None` when the door stays shut.
async fn connect(door: &Door) -> Option<Client> {
    let stream = TcpStream::connect(door.address).await.unwrap();
    client_async(format!("ws://{}/signal", door.address), stream).await.ok().map(|(client, _)| client)
}

/// A socket that has shown a secret which nobody gave it. The worker has not looked at it.
async fn with_invented_secret(door: &Door) -> (Client, mpsc::Sender<Outgoing>) {
    let mut client = connect(door).await.expect("there is room");
    resume(&mut client).await;
    let deadline = Instant::now() + DEADLINE;
    loop {
        match door.worker.next(Duration::ZERO) {
            Some(Input::Open { outbox, .. }) => return (client, outbox),
            Some(other) => panic!("{other:?}"),
            None => assert!(Instant::now() < deadline, "the worker is asked"),
        }
        yield_now().await;
    }
}

async fn resume(client: &mut Client) {
    let resume = "00.invented".to_owned();
    let message = ClientMessage::Resume { resume, offer: String::new(), tracks: Vec::new() };
    client.send(Message::Text(serde_json::to_string(&message).unwrap().into())).await.unwrap();
}

/// The messages before the close, and its code.
async fn end(mut client: Client) -> (Vec<String>, u16) {
    let mut messages = Vec::new();
    loop {
        match timeout(DEADLINE, client.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => messages.push(text.to_string()),
            Message::Close(frame) => return (messages, frame.unwrap().code.into()),
            _ => {}
        }
    }
}

fn joined() -> Outgoing {
    let message = ServerMessage::Joined {
        seat: SeatId::new_v7(),
        role: Role::Patient,
        permissions: Permissions::of(Role::Patient),
        answer: String::new(),
        resume: "00.next".to_owned(),
        participants: Vec::new(),
        lanes: Vec::new(),
        waiting: false,
    };
    Outgoing::Message(Numbered::new(1, message))
}

#[tokio::test]
async fn abuse_5_an_invented_resume_secret_keeps_a_socket_half_open() {
    let door = door().await;
    let mut held = Vec::new();
    for _ in 0..HALF_OPEN_MAX {
        held.push(with_invented_secret(&door).await);
    }

    assert!(connect(&door).await.is_none(), "no more than {HALF_OPEN_MAX} that no worker has seated");
    let (_client, outbox) = &held[0];
    let pong = ServerMessage::Pong { id: 1, heard: 0 };
    outbox.send(Outgoing::Message(Numbered::without(pong))).await.unwrap();
    outbox.send(joined()).await.unwrap();

    let deadline = Instant::now() + DEADLINE;
    while connect(&door).await.is_none() {
        assert!(Instant::now() < deadline, "a seat makes room");
    }
}

#[tokio::test]
async fn a_busy_worker_lets_people_come_again_at_once() {
    let door = door().await;
    while door.near.send(Input::Stop).is_ok() {}

    let mut client = connect(&door).await.unwrap();
    resume(&mut client).await;

    assert_eq!(end(client).await, (Vec::new(), close::IDLE), "no refusal, and the code that resumes");
}

#[tokio::test]
async fn whoever_reads_too_slowly_may_come_again_at_once() {
    let door = door().await;
    let (client, outbox) = with_invented_secret(&door).await;

    // As a worker does with an outbox that is full.
    drop(outbox);

    assert_eq!(end(client).await, (Vec::new(), close::IDLE));
}

#[test]
fn a_token_that_opened_nothing_can_be_shown_again() {
    let tokens = tokens::UsedTokens::new(1000);
    let shown = tokens::Shown { id: uuid::Uuid::now_v7(), valid_from: 1000, expires: 1300 };
    assert_eq!(tokens.note(shown, 1000), Ok(tokens::Use::First));

    tokens.give_back(shown.id, shown.expires);

    assert_eq!(tokens.note(shown, 1000), Ok(tokens::Use::First));
    assert!(matches!(tokens.note(shown, 1000), Ok::<_, Problem>(tokens::Use::Again { .. })));
}

/// A page says that it leaves and is closed, while the node has much to tell that nobody reads any more.
#[tokio::test]
async fn whoever_hangs_up_at_once_after_leaving_has_left() {
    let door = door().await;
    let (mut client, outbox) = with_invented_secret(&door).await;
    let much = || {
        let answer = ServerMessage::Answer { answer: "x".repeat(60_000) };
        Outgoing::Message(Numbered::new(1, answer))
    };
    // Until the buffers between the two are full and the node waits for the client to read.
    while timeout(STUCK_AFTER, outbox.send(much())).await.is_ok() {}

    let leave = serde_json::to_string(&Numbered::new(1, ClientMessage::Leave)).unwrap();
    client.send(Message::Text(leave.into())).await.unwrap();
    drop(client);

    let deadline = Instant::now() + DEADLINE;
    let first = loop {
        if let Some(input) = door.worker.next(Duration::ZERO) {
            break input;
        }
        assert!(Instant::now() < deadline, "the worker is told");
        yield_now().await;
    };
    assert!(matches!(first, Input::Command(Command::Leave { .. })), "{first:?}");
}
