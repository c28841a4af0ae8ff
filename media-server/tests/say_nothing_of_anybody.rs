//! It should say nothing of anybody: not in its log, its metrics, or its errors (abuse 43). What every other test of this program
//! makes it log is looked through too, when its world goes (`support/lines.rs`).

use protocol::RoomId;
use protocol::signal::{ClientMessage, ServerMessage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

use crate::chat::{hears, join, reads, say};
use crate::support::lines::{assert_not_logged, has};
use crate::support::participant::OFFER;
use crate::support::{DEADLINE, World};

/// An address of somebody.
const FROM: &str = "127.0.0.77";

/// What the node says to a first message until it closes.
async fn answers(world: &World, message: &ClientMessage) -> String {
    let mut participant = world.participant().await;
    participant.send(message).await;
    let mut said = String::new();
    while let Ok(message) = participant.next().await {
        if let ServerMessage::Refused { problem, detail } = message {
            said.push_str(&format!("{problem:?} {detail}\n"));
        }
    }
    said
}

/// What a request on the signalling port from [`FROM`] is answered.
async fn asks(world: &World, request: &str) -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{FROM}:0").parse().unwrap()).unwrap();
    let mut stream = socket.connect(world.node.signal_address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_43_no_log_line_metric_or_error_holds_what_is_somebodys() {
    let world = World::start_with(|config| config.signal.allow_absent_origin = true).await;
    let room = RoomId::new_v7();
    let (mut anna, mut ben) = (join(&world, room, 1).await, join(&world, room, 2).await);
    hears(&mut anna).await;
    hears(&mut ben).await;
    say(&anna, "my name is Zerline Canary").await;
    assert_eq!(reads(&mut ben).await.0, "my name is Zerline Canary");
    let token = world.issuer.token(RoomId::new_v7());
    let mut participant = world.participant().await;
    participant.join(token.clone()).await;
    let Ok(ServerMessage::Joined { resume, .. }) = participant.next().await else { panic!("joined") };

    let offer = || OFFER.replace("s=-", "s=Zerline Canary");
    let broken = || offer().replace("a=mid:1", "a=mid:0");
    let forged = format!("{}Canary", world.issuer.token(room));
    let tracks = Vec::new;
    let messages = [
        ClientMessage::Join { token: token.clone(), offer: offer(), tracks: tracks() },
        ClientMessage::Join { token: forged, offer: offer(), tracks: tracks() },
        ClientMessage::Join { token: "Zerline.Canary.x".to_owned(), offer: offer(), tracks: tracks() },
        ClientMessage::Join { token: world.issuer.token(room), offer: broken(), tracks: tracks() },
        ClientMessage::Join {
            token: world.issuer.token(room),
            offer: "Zerline Canary".to_owned(),
            tracks: tracks(),
        },
        ClientMessage::Resume { resume: "00Canary".to_owned(), offer: offer(), tracks: tracks() },
        ClientMessage::Resume { resume: resume.clone(), offer: broken(), tracks: tracks() },
        ClientMessage::Reattach { resume: "Zerline Canary".to_owned(), seen: 7 },
    ];
    let mut texts = Vec::new();
    for message in messages {
        texts.push(answers(&world, &message).await);
    }
    participant.send_text("{\"type\":\"Zerline Canary\",\"zerline@canary.example\":1}".to_owned()).await;
    while let Ok(message) = participant.next().await {
        texts.push(format!("{message:?}"));
    }
    for request in [
        "GET /signal?token=Canary HTTP/1.1\r\nHost: Canary\r\nCookie: session=Canary\r\nConnection: close\r\n\r\n",
        "GET /Zerline-Canary HTTP/1.1\r\nHost: x\r\nOrigin: https://canary.example\r\nConnection: close\r\n\r\n",
        "Zerline Canary\r\n\r\n",
    ] {
        texts.push(asks(&world, request).await);
    }
    let stranger = std::net::UdpSocket::bind((FROM, 0)).unwrap();
    for datagram in
        [&b"\x00\x01Zerline Canary of twenty"[..], b"\x16\xfe\xfdZerline Canary", b"\x80Zerline Canary"]
    {
        stranger.send_to(datagram, world.node.media_addresses()[0]).unwrap();
    }
    for page in ["/metrics", "/readyz", "/livez", "/Zerline"] {
        texts.push(world.ops(page).await.1);
    }

    assert!(has("media_server"), "the log is on");
    assert!(texts.iter().filter(|text| !text.is_empty()).count() > 10, "{texts:?}");
    for canary in ["Zerline", "anary", FROM, &token, &resume, OFFER.lines().nth(9).unwrap()] {
        assert_not_logged(canary);
        let text = texts.iter().find(|text| text.contains(canary));
        assert_eq!(text, None, "{canary}");
    }
}
