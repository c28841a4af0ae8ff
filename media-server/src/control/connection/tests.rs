//! It should go on beating while a worker is busy, and bring it its commands when it is not.

use std::path::Path;

use media_core::{CoreLimits, Shed};
use protocol::Epoch;
use protocol::SeatId;
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;

use super::*;
use crate::control::node_key;
use crate::control::spool::Writer;
use crate::rooms::Wanted;
use crate::worker::{Snapshot, inbox};

const DEADLINE: Duration = Duration::from_secs(20);

type Node = WebSocketStream<TcpStream>;

async fn say(node: &mut Node, message: &ControlMessage) {
    node.send(Message::Text(serde_json::to_string(message).unwrap().into())).await.unwrap();
}

/// Takes the next connection as a control plane does.
async fn greet(listener: &TcpListener) -> Node {
    let (stream, _) = timeout(DEADLINE, listener.accept()).await.unwrap().unwrap();
    let mut node = accept_async(stream).await.unwrap();
    say(&mut node, &ControlMessage::Challenge { nonce: "n".to_owned() }).await;
    let hello = timeout(DEADLINE, node.next()).await.unwrap().unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains("hello"), "{hello}");
    say(&mut node, &ControlMessage::Welcome { epoch: Epoch(1), lease_ms: 6000, keys: Vec::new() }).await;
    node
}

/// Waits for the answer to a ping: the connection is served.
async fn is_served(node: &mut Node) {
    node.send(Message::Ping(vec![7].into())).await.unwrap();
    let answered = async {
        while !matches!(node.next().await.unwrap().unwrap(), Message::Pong(data) if data.as_ref() == [7]) {}
    };
    timeout(DEADLINE, answered).await.expect("the connection goes on beside a busy worker");
}

/// What a node with one worker runs.
fn control(
    folder: &Path,
    listener: &TcpListener,
    (node, rooms): (NodeId, Arc<Rooms>),
    worker: &Inbox,
) -> (Control, Writer) {
    let (spool, writer) = Spool::open(&folder.join("spool"), 1).unwrap();
    let control = Control {
        url: format!("ws://{}/nodes/connect", listener.local_addr().unwrap()).parse().unwrap(),
        tls: crate::tls::client(None).unwrap(),
        greeting: Greeting {
            node,
            key: node_key::load_or_create(&folder.join("key")).unwrap(),
            process: Uuid::now_v7(),
            region: "here".to_owned(),
            url: "ws://node/signal".to_owned(),
            seats_max: 1,
        },
        spool,
        keys: Arc::new(VerifyKeys::load(node, &folder.join("keys"))),
        rooms,
        workers: vec![worker.clone()],
        capacity: Capacity::new(vec![worker.clone()], CoreLimits::default()),
        status: Arc::default(),
    };
    (control, writer)
}

#[tokio::test]
async fn a_busy_worker_delays_its_commands_and_not_the_heartbeat() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (near, worker) = inbox().unwrap();
    worker.pretend_alive();
    let (node, room) = (NodeId::new_v7(), RoomId::new_v7());
    let rooms = Arc::new(Rooms::new(1));
    let wanted = Wanted { room, generation: Generation(1), seat: SeatId::new_v7(), valid_from: 0 };
    rooms.admit(wanted, std::time::Instant::now()).unwrap();
    let (control, writer) = control(folder.path(), &listener, (node, rooms), &near);
    let (stop, stopping) = watch::channel(false);
    let connection = tokio::spawn(control.run(stopping));
    let mut control_plane = greet(&listener).await;
    let filled = std::iter::repeat_with(|| near.send(Input::Stop)).take_while(Result::is_ok).count();

    let end = ControlMessage::Command {
        id: Uuid::now_v7(),
        room,
        generation: Generation(1),
        command: RoomCommand::End,
    };
    say(&mut control_plane, &end).await;
    is_served(&mut control_plane).await;

    assert!((0..filled).all(|_| matches!(worker.next(Duration::ZERO), Some(Input::Stop))));
    let served = timeout(DEADLINE, async {
        loop {
            is_served(&mut control_plane).await;
            if let Some(input) = worker.next(Duration::ZERO) {
                return input;
            }
        }
    });
    let input = served.await.expect("the command comes when the worker has room");
    assert!(
        matches!(input, Input::Command(Command::EndRoom { room: ended, .. }) if ended == room),
        "{input:?}"
    );
    drop(control_plane);
    stop.send_replace(true);
    timeout(DEADLINE, connection).await.unwrap().unwrap();
    writer.close();
}

#[tokio::test]
async fn an_overloaded_node_asks_for_no_new_rooms() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (near, worker) = inbox().unwrap();
    worker.pretend_alive();
    let (control, writer) =
        control(folder.path(), &listener, (NodeId::new_v7(), Arc::new(Rooms::new(1))), &near);
    let (stop, stopping) = watch::channel(false);
    let connection = tokio::spawn(control.run(stopping));
    let mut control_plane = greet(&listener).await;
    let mut beats = async |draining: bool| {
        let word = format!("\"draining\":{draining}");
        let said = async {
            while !control_plane
                .next()
                .await
                .unwrap()
                .unwrap()
                .to_text()
                .is_ok_and(|text| text.contains(&word))
            {}
        };
        timeout(DEADLINE, said).await.expect("a beat says so");
    };

    beats(false).await;
    worker.publish(Snapshot { shed: Shed::Video, ..Snapshot::default() });
    beats(true).await;
    worker.publish(Snapshot::default());
    beats(false).await;

    drop(control_plane);
    stop.send_replace(true);
    timeout(DEADLINE, connection).await.unwrap().unwrap();
    writer.close();
}
