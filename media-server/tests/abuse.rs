//! It should cut off whoever floods, stalls or cheats, at a known cost, while others notice nothing.
//!
//! The numbers are those of the abuse list in docs/SECURITY.md.

use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{Problem, close, limits};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::call::Call;
use crate::support::participant::json;
use crate::support::{DEADLINE, ORIGIN, Participant, World};

/// The sentence says a second; a busy machine takes longer to send a flood. Less than the deadline of a first message, which
/// ends a connection too.
const SOON: Duration = Duration::from_secs(4);
const _: () = assert!(SOON.as_secs() < limits::FIRST_MESSAGE_WITHIN.as_secs());

fn bad_join() -> String {
    json("join", json!({"token": "t", "offer": "", "tracks": []}))
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_1_a_flood_of_messages_is_closed_with_1008_soon_and_a_call_goes_on() {
    let world = World::start_with(|config| config.signal.allow_absent_origin = true).await;
    let call = Call::start(&world).await;

    let flood = async {
        for _ in 0..20 {
            let mut flooder = world.participant().await;
            let begin = Instant::now();
            for _ in 0..limits::SIGNAL_MESSAGES_BURST + 20 {
                let _ = flooder.stream.feed(Message::Ping(vec![1].into())).await;
            }
            let _ = flooder.stream.flush().await;
            let (code, _) = flooder.end().await;
            assert_eq!(code, close::POLICY);
            assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
        }
    };
    tokio::join!(flood, call.goes_on());

    call.goes_on().await;
    let refused = world.metric("bedside_signal_refusals_total{problem=\"too_fast\"}").await;
    assert!(refused >= 20.0, "{refused}");
    let mut bystander = world.participant().await;
    bystander.send_text(bad_join()).await;
    assert_eq!(bystander.end().await, (close::UNAUTHORIZED, Some(Problem::BadToken)));
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_1_a_flood_of_bytes_is_closed_with_1008_even_inside_one_message() {
    let world = World::start().await;
    let mut flooder = world.participant().await;

    // Fragments of a message that never ends: no message, no control frame, only bytes.
    let begin = Instant::now();
    let first = Frame::message(vec![b' '; 1], OpCode::Data(Data::Text), false);
    let _ = flooder.stream.send(Message::Frame(first)).await;
    for _ in 0..60_000 {
        let empty = Frame::message(Vec::new(), OpCode::Data(Data::Continue), false);
        if flooder.stream.feed(Message::Frame(empty)).await.is_err() {
            break;
        }
    }
    let _ = flooder.stream.flush().await;
    let (code, _) = flooder.end().await;

    assert_eq!(code, close::POLICY);
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_2_a_frame_over_64_kib_is_closed_with_1009_before_it_is_buffered() {
    let world = World::start().await;
    let mut stream = world.participant().await.stream.into_inner();

    // Only the header of a masked text frame that promises one gibibyte, and a few bytes of it.
    let mut frame = vec![0x81, 0x80 | 127];
    frame.extend_from_slice(&(1_u64 << 30).to_be_bytes());
    frame.extend_from_slice(&[1, 2, 3, 4, 9, 9, 9, 9]);
    stream.write_all(&frame).await.unwrap();

    assert_eq!(raw_close_code(&mut stream).await, close::TOO_BIG);
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_2_a_client_that_sends_the_whole_frame_first_still_reads_its_1009() {
    let world = World::start().await;
    let mut stream = world.participant().await.stream.into_inner();

    // Closing with bytes unread resets a connection, and on many systems takes the close frame with it.
    let mut frame = vec![0x81, 0x80 | 127];
    frame.extend_from_slice(&1_000_000_u64.to_be_bytes());
    frame.resize(1_000_000, 0);
    stream.write_all(&frame).await.unwrap();
    stream.shutdown().await.unwrap();

    assert_eq!(raw_close_code(&mut stream).await, close::TOO_BIG);
    let end = timeout(DEADLINE, stream.read(&mut [0; 16])).await.unwrap();
    assert!(matches!(end, Ok(0)), "an orderly end: {end:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_2_fragments_that_add_up_to_more_than_64_kib_are_too_big() {
    let world = World::start().await;
    let mut participant = world.participant().await;

    let part = vec![b' '; 30_000];
    for (index, last) in [(0, false), (1, false), (2, true)] {
        let code = if index == 0 { Data::Text } else { Data::Continue };
        let frame = Frame::message(part.clone(), OpCode::Data(code), last);
        let _ = participant.stream.send(Message::Frame(frame)).await;
    }

    assert_eq!(participant.end().await.0, close::TOO_BIG);
}

/// The code of the close frame that comes next on a raw connection.
async fn raw_close_code(stream: &mut TcpStream) -> u16 {
    let mut bytes = Vec::new();
    while !(bytes.len() >= 4 && bytes[0] == 0x88) {
        let read = timeout(DEADLINE, stream.read_buf(&mut bytes)).await.unwrap().unwrap();
        assert_ne!(read, 0, "the close frame comes first");
        // Pings of the node may come before.
        while bytes.len() >= 2 && bytes[0] == 0x89 {
            bytes.drain(..2 + usize::from(bytes[1]));
        }
    }
    u16::from_be_bytes([bytes[2], bytes[3]])
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_3_compression_is_never_negotiated_and_compressed_frames_are_refused() {
    let world = World::start().await;
    let mut stream = TcpStream::connect(world.node.signal_address()).await.unwrap();
    let request = format!(
        "GET /signal HTTP/1.1\r\nHost: n\r\nOrigin: {ORIGIN}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(DEADLINE, stream.read_u8()).await.unwrap().unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();

    // A compressed text frame (RSV1 set), masked with zeros.
    stream.write_all(&[0xc1, 0x83, 0, 0, 0, 0, 1, 2, 3]).await.unwrap();

    assert!(head.starts_with("http/1.1 101") && !head.contains("extensions"), "{head}");
    assert_eq!(raw_close_code(&mut stream).await, 1002);
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_4_deep_and_wide_json_is_refused_in_little_time() {
    let world = World::start().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_inside = format!(r#"{{"type":"join","token":{deep},"offer":"","tracks":[]}}"#);
    let wide = format!(r#"{{"type":"join","token":"t","offer":"","tracks":[{}1]}}"#, "1,".repeat(32_000));
    let track = r#"{"mid":"0","source":"camera","active":true}"#;
    let many =
        format!(r#"{{"type":"join","token":"t","offer":"","tracks":[{}]}}"#, vec![track; 1000].join(","));
    let huge_key = format!(r#"{{"type":"join","{}":1}}"#, "k".repeat(60_000));

    for text in [deep, deep_inside, wide, many, huge_key] {
        let mut participant = world.participant().await;
        participant.ready().await;
        let begin = cpu_time();
        participant.send_text(text.clone()).await;
        let end = participant.end().await;
        let took = cpu_time() - begin;
        assert_eq!(end, (close::POLICY, Some(Problem::BadMessage)), "{}", &text[..60]);
        // Of this process: the node, and the test's own sending, which is a part of it.
        assert!(took < Duration::from_millis(50), "{took:?}");
    }
}

/// What this process has computed so far, all threads together, however busy the machine is. A test has a process of its own.
fn cpu_time() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let nanos = threads.filter_map(|thread| {
        // A thread that has just ended is left out.
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_5_a_socket_without_a_first_message_is_closed_after_five_seconds() {
    let world = World::start().await;
    let mut participant = world.participant().await;

    let begin = Instant::now();
    let code = participant.next().await.unwrap_err();

    assert_eq!(code, close::FIRST_MESSAGE_TIMEOUT);
    assert!((Duration::from_secs(4)..Duration::from_secs(8)).contains(&begin.elapsed()));
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_5_half_open_sockets_of_one_neighbourhood_are_capped() {
    let world = World::start_with(|config| config.signal.half_open_max = 3).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(world.participant().await);
    }

    let fourth = Participant::connect(world.node.signal_address(), Some(ORIGIN)).await;
    drop(held.pop());

    assert!(fourth.is_err(), "the fourth is not even answered");
    let deadline = Instant::now() + DEADLINE;
    while Participant::connect(world.node.signal_address(), Some(ORIGIN)).await.is_err() {
        assert!(Instant::now() < deadline, "a place is free again");
    }
    assert!(world.metric("bedside_signal_connections_refused_total{reason=\"half_open_max\"}").await >= 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_6_a_slow_header_is_cut_at_the_deadline_and_others_are_served() {
    let world = World::start().await;
    let mut slow = TcpStream::connect(world.node.signal_address()).await.unwrap();
    slow.write_all(b"GET /signal HTTP/1.1\r\nHost: n\r\nX-Slow: ").await.unwrap();
    let begin = Instant::now();

    let mut quick = world.participant().await;
    quick.send_text(bad_join()).await;
    assert_eq!(quick.end().await.0, close::UNAUTHORIZED);
    let mut cut = false;
    while !cut {
        assert!(begin.elapsed() < Duration::from_secs(8), "it is cut");
        // A byte whenever nothing came for half a second, as such attackers do.
        let mut byte = [0];
        match timeout(Duration::from_millis(500), slow.read(&mut byte)).await {
            Ok(Ok(0) | Err(_)) => cut = true,
            Ok(Ok(_)) => {}
            Err(_) => cut = slow.write_all(b"a").await.is_err(),
        }
    }

    assert!(begin.elapsed() > Duration::from_secs(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_6_a_body_is_never_waited_for_and_a_long_head_is_refused() {
    let world = World::start().await;
    let long = format!("GET /signal HTTP/1.1\r\nHost: n\r\nX-Long: {}\r\n\r\n", "a".repeat(40_000));
    let body = "POST /signal HTTP/1.1\r\nHost: n\r\nContent-Length: 1000000\r\n\r\n".to_owned();

    for request in [long, body] {
        let mut stream = TcpStream::connect(world.node.signal_address()).await.unwrap();
        let begin = Instant::now();
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = timeout(DEADLINE, stream.read_to_end(&mut answer)).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert!(begin.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_8_an_upgrade_from_a_foreign_or_absent_origin_is_403() {
    let world = World::start().await;
    let address = world.node.signal_address();

    for origin in [Some("https://evil.example"), Some("null"), None] {
        match Participant::connect(address, origin).await.err() {
            Some(Error::Http(response)) => assert_eq!(response.status(), 403, "{origin:?}"),
            other => panic!("{origin:?}: {other:?}"),
        }
    }
    assert!(Participant::connect(address, Some(ORIGIN)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_8_a_program_without_an_origin_may_connect_where_configured() {
    let world = World::start_with(|config| config.signal.allow_absent_origin = true).await;

    assert!(Participant::connect(world.node.signal_address(), None).await.is_ok());
    assert!(Participant::connect(world.node.signal_address(), Some("https://evil.example")).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_frames_and_text_that_is_not_utf_8_are_refused() {
    let world = World::start().await;
    let mut binary = world.participant().await;
    let mut not_text = world.participant().await;

    let _ = binary.stream.send(Message::Binary(vec![1, 2, 3].into())).await;
    let frame = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    let _ = not_text.stream.send(Message::Frame(frame)).await;

    assert_eq!(binary.end().await, (close::POLICY, Some(Problem::BadMessage)));
    assert_eq!(not_text.end().await.0, 1007);
}

impl Participant {
    /// Waits until the node serves the socket: it answers a WebSocket ping.
    async fn ready(&mut self) {
        self.stream.send(Message::Ping(vec![7].into())).await.unwrap();
        loop {
            match timeout(DEADLINE, self.stream.next()).await.unwrap() {
                Some(Ok(Message::Pong(_))) => return,
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}
