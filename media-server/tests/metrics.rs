//! It should show what happened, in base units, without a word about anybody.

use protocol::RoomId;

use crate::support::World;

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_named_in_base_units_and_name_nobody() {
    let world = World::start().await;
    let room = RoomId::new_v7();
    let token = world.issuer.token(room);
    let mut participant = world.participant().await;
    participant.join(token.clone()).await;
    participant.next().await.unwrap();

    let (status, text) = world.ops("/metrics").await;

    assert_eq!(status, 200);
    for name in [
        "bedside_rooms ",
        "bedside_peers ",
        "bedside_signal_sockets 1",
        "bedside_workers_alive 2",
        "bedside_control_connected 1",
        "bedside_receive_datagrams_total ",
        "bedside_send_runs_total{datagrams_max=\"8\"} ",
        "bedside_core_total{count=\"received\"} ",
        "bedside_handshakes_total{outcome=\"established\"} ",
        "bedside_signal_refusals_total{problem=\"bad_token\"} 0",
        "bedside_spool_events ",
    ] {
        assert!(text.contains(&format!("\n{name}")), "{name} is missing in\n{text}");
    }
    assert!(!text.contains(&room.to_string()) && !text.contains(&token));
}

#[tokio::test(flavor = "multi_thread")]
async fn datagrams_in_are_counted() {
    let world = World::start().await;
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();

    for _ in 0..10 {
        socket.send_to(&[0x80; 100], world.node.media_addresses()[0]).unwrap();
    }

    while world.metric("bedside_receive_datagrams_total").await < 10.0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.metric("bedside_receive_bytes_total").await, 1000.0);
}
