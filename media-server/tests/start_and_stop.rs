//! It should start whole or say what is wrong, tell probes the truth, and stop so that pages know what to do.

use std::os::unix::fs::PermissionsExt as _;

use media_server::Server;
use protocol::signal::ServerMessage;
use protocol::{NodeId, Problem, RoomId, close};

use crate::support::tokens::now_unix_secs;
use crate::support::{ControlPlane, ORIGIN, Participant, World, config, http_get, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_ready_once_it_has_keys_and_keeps_them_over_a_restart() {
    let mut world = World::start().await;
    assert_eq!(world.ops("/livez").await.0, 200);
    assert_eq!(world.ops("/readyz").await.0, 200);
    world.control_plane.go_away().await;
    world.node.stop().await;

    let again =
        Server::start(config(world.folder.path(), world.id, &world.control_plane.url())).await.unwrap();

    let (status, why) = http_get(again.ops_address(), "/readyz").await;
    assert_eq!((status, why.as_str()), (200, "ready\n"));
    // A token verified with the cached key, by a node that has not seen its control plane in this life.
    let mut participant = Participant::connect(again.signal_address(), Some(ORIGIN)).await.unwrap();
    participant.join(world.issuer.token(RoomId::new_v7())).await;
    let first = participant.next().await.unwrap();
    assert!(matches!(first, ServerMessage::Joined { .. }), "{first:?}");
    again.stop().await;
}

/// Which tokens were used is in memory. The worst case: the control plane is away, so that nobody has told the restarted
/// node of a newer generation of the room.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_14_a_token_used_before_a_restart_opens_nothing_after_it() {
    let mut world = World::start().await;
    let room = RoomId::new_v7();
    let (token, used_at) = (world.issuer.token(room), now_unix_secs());
    let mut participant = world.participant().await;
    participant.join(token.clone()).await;
    assert!(matches!(participant.next().await.unwrap(), ServerMessage::Joined { .. }));
    world.control_plane.go_away().await;
    world.node.stop().await;
    until("the next second of tokens", || now_unix_secs() > used_at).await;
    let again =
        Server::start(config(world.folder.path(), world.id, &world.control_plane.url())).await.unwrap();
    let connect = async || Participant::connect(again.signal_address(), Some(ORIGIN)).await.unwrap();

    let mut thief = connect().await;
    thief.join(token).await;
    let mut participant = connect().await;
    participant.join(world.issuer.token(room)).await;

    assert_eq!(thief.end().await, (close::UNAUTHORIZED, Some(Problem::TokenExpired)));
    let joined = participant.next().await.unwrap();
    assert!(matches!(joined, ServerMessage::Joined { .. }), "with a token from after the start: {joined:?}");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_keys_is_alive_and_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    let control_plane = ControlPlane::start(Vec::new()).await;
    control_plane.refuse_nodes(true);

    let node = Server::start(config(folder.path(), NodeId::new_v7(), &control_plane.url())).await.unwrap();

    assert_eq!(http_get(node.ops_address(), "/livez").await.0, 200);
    let (status, why) = http_get(node.ops_address(), "/readyz").await;
    assert_eq!((status, why.as_str()), (503, "no public key of the control plane yet\n"));
    assert_eq!(http_get(node.ops_address(), "/else").await.0, 404);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_tells_pages_to_go_elsewhere_and_the_control_plane_that_it_drains() {
    let world = World::start().await;
    let mut half_open = world.participant().await;
    let address = world.node.signal_address();

    world.node.stop().await;

    assert_eq!(half_open.next().await.unwrap_err(), close::GOING_AWAY);
    until("the control plane heard it", || world.control_plane.saw_draining()).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken_udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let good = config(folder.path(), NodeId::new_v7(), "ws://127.0.0.1:1/nodes/connect");

    let mut signal = good.clone();
    signal.signal.listen = taken.local_addr().unwrap();
    let mut ops = good.clone();
    ops.ops.listen = taken.local_addr().unwrap();
    let mut media = good.clone();
    media.media.port = taken_udp.local_addr().unwrap().port();
    media.media.workers = 1;

    for (config, names) in [
        (signal, format!("signal.listen {}", taken.local_addr().unwrap())),
        (ops, format!("ops.listen {}", taken.local_addr().unwrap())),
        (media, format!("media: UDP {}", taken_udp.local_addr().unwrap())),
    ] {
        let error = Server::start(config).await.err().unwrap().to_string();
        assert!(error.contains(&names), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path(), NodeId::new_v7(), "ws://127.0.0.1:1/nodes/connect");
    // Under a file no folder can be made, whoever asks.
    std::fs::write(folder.path().join("file"), "").unwrap();
    config.node.data = folder.path().join("file/data");

    let error = Server::start(config).await.err().unwrap().to_string();

    assert!(error.contains("node.data") && error.contains("file/data"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_key_that_others_can_read_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), NodeId::new_v7(), "ws://127.0.0.1:1/nodes/connect");
    Server::start(config.clone()).await.unwrap().stop().await;
    std::fs::set_permissions(config.node_key_file(), std::fs::Permissions::from_mode(0o644)).unwrap();

    let error = Server::start(config).await.err().unwrap().to_string();

    assert!(error.contains("node.key") && error.contains("0644"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_node_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), NodeId::new_v7(), "ws://127.0.0.1:1/nodes/connect");
    let first = Server::start(config.clone()).await.unwrap();

    let error = Server::start(config).await.err().unwrap().to_string();

    assert!(error.contains("another process"), "{error}");
    first.stop().await;
}

#[test]
fn a_broken_configuration_ends_with_78_and_names_file_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let good = config(folder.path(), NodeId::new_v7(), "ws://127.0.0.1:1/nodes/connect");
    drop(good);
    let file = folder.path().join("media-server.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("workers = 2", "workers = 999");
    std::fs::write(&file, text).unwrap();

    let error = media_server::run(&file).unwrap_err();

    assert!(error.to_string().contains("media-server.toml"), "{error}");
    assert!(error.to_string().contains("workers"), "{error}");
    let code = format!("{:?}", media_server::exit_code(&error));
    assert_eq!(code, format!("{:?}", std::process::ExitCode::from(78)));
}

#[test]
fn sigterm_ends_a_running_node_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("media-server.toml");
    // A port that is free now; the node is asked there whether it lives.
    let ops = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    drop(config(folder.path(), NodeId::new_v7(), "ws://127.0.0.1:1/nodes/connect"));
    let text = std::fs::read_to_string(&file).unwrap();
    let at = text.find("[ops]").unwrap();
    std::fs::write(&file, format!("{}[ops]\nlisten = \"{ops}\"\n", &text[..at])).unwrap();
    let running = std::thread::spawn(move || media_server::run(&file));
    let deadline = std::time::Instant::now() + crate::support::DEADLINE;
    while std::net::TcpStream::connect(ops).is_err() {
        assert!(std::time::Instant::now() < deadline && !running.is_finished(), "the node starts");
        std::thread::yield_now();
    }

    let killed = std::process::Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status();

    assert!(killed.unwrap().success());
    running.join().unwrap().unwrap();
    assert!(std::net::TcpStream::connect(ops).is_err(), "nobody listens");
}
