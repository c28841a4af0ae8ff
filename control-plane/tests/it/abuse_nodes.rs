//! Who may connect as a node, and what a node may send.

use control_plane::nodes::EnrollError;
use protocol::node::{NodeMessage, VERSION};
use protocol::{Epoch, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use crate::support::{Kind, Node, Plane, Refused, World, on_both};

fn detail(refused: Result<impl std::fmt::Debug, Refused>) -> String {
    refused.unwrap_err().0
}

on_both! {
    async fn a_node_is_enrolled_once_and_by_one_key(world) {
        let (one, other) = (Node::new(), Node::new());
        one.enroll(&world).await.unwrap();
        one.enroll(&world).await.expect("again, by the same key");

        let changed = control_plane::nodes::enroll(&world.store, one.id, &other.public_key(), "test").await;
        let shared = control_plane::nodes::enroll(&world.store, other.id, &one.public_key(), "test").await;
        let short = control_plane::nodes::enroll(&world.store, other.id, "AAAA", "test").await;

        assert!(matches!(changed, Err(EnrollError::KeyChanged { node }) if node == one.id));
        assert!(changed.unwrap_err().to_string().contains(&one.id.to_string()));
        assert!(matches!(shared, Err(EnrollError::KeyTaken { node }) if node == other.id));
        assert!(matches!(short, Err(EnrollError::Key { .. })));
        world.raw().await.execute("update node set revoked_us = 1").await.unwrap();
        assert!(matches!(one.enroll(&world).await, Err(EnrollError::Revoked { .. })));
        assert_eq!(world.raw().await.number("select count(*) from node").await, 1);
    }

    async fn only_who_holds_the_enrolled_key_is_welcome(world) {
        let plane = Plane::start(&world);
        let mut stranger = Node::new();
        assert!(detail(stranger.connect(plane.address).await).contains("not enrolled"));
        let known = Node::new();
        known.enroll(&world).await.unwrap();
        stranger.id = known.id;

        assert!(detail(stranger.connect(plane.address).await).contains("not enrolled"), "another key");
        let mut known = known;
        known.dial(plane.address).await;
        known.say(&known.hello("a nonce of yesterday")).await;
        assert!(detail(known.hear().await).contains("not enrolled"), "a signature that was seen before");
        known.connect(plane.address).await.unwrap();
        world.raw().await.execute("update node set revoked_us = 1").await.unwrap();
        known.beat(0, false).await;
        assert!(detail(known.hear().await).contains("revoked"));
        assert!(detail(known.connect(plane.address).await).contains("revoked"));
        plane.stopped().await;
    }

    async fn another_version_or_address_is_refused_with_its_reason(world) {
        let plane = Plane::start(&world);
        let mut node = Node::new();
        node.enroll(&world).await.unwrap();

        node.version = VERSION + 1;
        assert!(detail(node.connect(plane.address).await).contains("version"));
        node.version = VERSION;
        for url in ["https://media.example", "javascript:alert(1)", "", "wss://"] {
            url.clone_into(&mut node.url);
            assert!(detail(node.connect(plane.address).await).contains("url"), "{url}");
        }
        plane.stopped().await;
    }

    async fn a_process_keeps_its_epoch_and_the_next_one_ends_it(world) {
        let plane = Plane::start(&world);
        let mut node = Node::connected(&world, plane.address).await;
        assert_eq!(node.epoch, Epoch(1));
        node.connect(plane.address).await.unwrap();
        assert_eq!(node.epoch, Epoch(1), "the same process came back");
        let mut successor = node.successor();
        successor.connect(plane.address).await.unwrap();

        node.beat(3, false).await;
        let said = detail(node.hear().await);

        assert_eq!(successor.epoch, Epoch(2));
        assert!(said.contains("another process"), "{said}");
        successor.beat(7, false).await;
        successor.settled(&world, "seats = 7").await;
        plane.stopped().await;
    }

    async fn a_beat_renews_the_lease_by_the_databases_clock(world) {
        let plane = Plane::start(&world);
        let mut node = Node::connected(&world, plane.address).await;
        let mut raw = world.raw().await;
        raw.execute("update node set lease_until_us = 1").await.unwrap();

        node.beat(5, false).await;
        node.settled(&world, "lease_until_us > 1 and seats = 5").await;

        let until = raw.number("select lease_until_us from node").await;
        let now = jiff::Timestamp::now().as_microsecond();
        let lease = i64::try_from(limits::NODE_LEASE.as_micros()).unwrap();
        assert!((until - now - lease).abs() < 60_000_000, "{} µs off", until - now - lease);
        plane.stopped().await;
    }

    async fn what_is_not_understood_closes_that_connection_only(world) {
        let plane = Plane::start(&world);
        let mut good = Node::connected(&world, plane.address).await;
        for bad in [
            "",
            "{}",
            "[[[[",
            "{\"type\":\"beat\"}",
            "{\"type\":\"beat\",\"rooms\":-1,\"seats\":0,\"draining\":false}",
            "{\"type\":\"beat\",\"rooms\":1,\"seats\":0,\"draining\":false,\"admin\":true}",
        ] {
            let mut node = good.successor();
            node.id = good.id;
            node.process = good.process;
            node.connect(plane.address).await.unwrap();
            node.say_text(bad.to_owned()).await;
            assert!(detail(node.hear().await).contains("not understood"), "{bad}");
        }
        let mut twice = good.successor();
        twice.process = good.process;
        twice.connect(plane.address).await.unwrap();
        twice.say(&twice.hello("again")).await;
        assert!(detail(twice.hear().await).contains("hello"));

        good.beat(9, false).await;
        good.settled(&world, "seats = 9").await;
        plane.stopped().await;
    }

    async fn abuse_2_a_frame_over_the_limit_is_not_read(world) {
        let plane = Plane::start(&world);
        let mut node = Node::connected(&world, plane.address).await;

        node.say_text(" ".repeat(limits::NODE_FRAME_BYTES_MAX + 1)).await;

        let said = detail(node.hear().await);
        assert!(said.contains("limit") || said == "closed", "{said}");
        plane.stopped().await;
    }

    async fn a_node_that_beats_without_end_is_sent_away(world) {
        let plane = Plane::start(&world);
        let mut node = Node::connected(&world, plane.address).await;

        for _ in 0..200 {
            node.say(&NodeMessage::Beat { rooms: 0, seats: 0, draining: false }).await;
        }

        let said = detail(node.hear().await);
        assert!(said.contains("too many") || said == "closed", "{said}");
        node.process = Uuid::new_v4();
        node.connect(plane.address).await.expect("it may come back");
        plane.stopped().await;
    }
}

/// Abuse sentence 5, for the door of the nodes.
#[actix_web::test]
async fn abuse_5_who_says_nothing_is_cut_and_strangers_are_counted() {
    let world = World::new(Kind::Sqlite).await;
    let plane = Plane::start(&world);
    let upgrade = "GET /nodes/connect HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut silent = Vec::new();
    for _ in 0..16 {
        let mut socket = tokio::net::TcpStream::connect(plane.address).await.unwrap();
        socket.write_all(upgrade.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        socket.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 101");
        silent.push(socket);
    }

    let mut one_more = tokio::net::TcpStream::connect(plane.address).await.unwrap();
    one_more.write_all(upgrade.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    one_more.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 503", "an address takes a bounded number of places");

    for mut socket in silent {
        let mut rest = Vec::new();
        let cut =
            tokio::time::timeout(std::time::Duration::from_secs(20), socket.read_to_end(&mut rest)).await;
        cut.expect("cut after five seconds").unwrap();
    }
    Node::connected(&world, plane.address).await;
    plane.stopped().await;
}

/// Abuse sentence 8: a page of another site cannot open it in a visitor's browser.
#[actix_web::test]
async fn abuse_8_a_foreign_page_cannot_connect_as_a_node() {
    let world = World::new(Kind::Sqlite).await;
    let plane = Plane::start(&world);
    let mut socket = tokio::net::TcpStream::connect(plane.address).await.unwrap();
    let upgrade = "GET /nodes/connect HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Origin: https://evil.example\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    socket.write_all(upgrade.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    socket.read_exact(&mut head).await.unwrap();

    assert_eq!(&head, b"HTTP/1.1 403");
    plane.stopped().await;
}
