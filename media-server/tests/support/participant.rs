//! A participant's signalling socket, as a page has it.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use protocol::signal::{ClientMessage, Numbered, ServerMessage};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::DEADLINE;

pub(crate) struct Participant {
    pub(crate) stream: WebSocketStream<TcpStream>,
    /// The last number of the node.
    pub(crate) seen: u64,
    /// The last number of its own.
    pub(crate) said: u64,
}

/// That of [`OFFER`].
pub(crate) const OFFER_PASSWORD: &str = "2/1muCWoOi3uLifh0NuRHlHR";

/// An offer as a browser makes it, reduced to one published audio track and one lane.
pub(crate) const OFFER: &str = "v=0\r
o=- 4611731400430051336 2 IN IP4 127.0.0.1\r
s=-\r
t=0 0\r
a=group:BUNDLE 0 1\r
a=extmap-allow-mixed\r
m=audio 9 UDP/TLS/RTP/SAVPF 111\r
c=IN IP4 0.0.0.0\r
a=rtcp:9 IN IP4 0.0.0.0\r
a=ice-ufrag:4Zcu\r
a=ice-pwd:2/1muCWoOi3uLifh0NuRHlHR\r
a=ice-options:trickle\r
a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r
a=setup:actpass\r
a=mid:0\r
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r
a=sendonly\r
a=msid:- 0b5b2b2e\r
a=rtcp-mux\r
a=rtpmap:111 opus/48000/2\r
a=rtcp-fb:111 transport-cc\r
a=fmtp:111 minptime=10;useinbandfec=1\r
a=ssrc:3735928559 cname:x\r
m=audio 9 UDP/TLS/RTP/SAVPF 111\r
c=IN IP4 0.0.0.0\r
a=rtcp:9 IN IP4 0.0.0.0\r
a=ice-ufrag:4Zcu\r
a=ice-pwd:2/1muCWoOi3uLifh0NuRHlHR\r
a=ice-options:trickle\r
a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r
a=setup:actpass\r
a=mid:1\r
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r
a=recvonly\r
a=rtcp-mux\r
a=rtpmap:111 opus/48000/2\r
a=rtcp-fb:111 transport-cc\r
a=fmtp:111 minptime=10;useinbandfec=1\r
";

impl Participant {
    /// Opens the WebSocket, as a page of `origin` or as a program without one.
    pub(crate) async fn connect(address: SocketAddr, origin: Option<&str>) -> Result<Self, Error> {
        let mut request = format!("ws://{address}/signal").into_client_request()?;
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        let stream = TcpStream::connect(address).await?;
        let opened = timeout(DEADLINE, client_async(request, stream)).await.expect("the upgrade ends");
        let (stream, response) = opened?;
        assert!(response.headers().get("sec-websocket-extensions").is_none(), "no compression");
        Ok(Self { stream, seen: 0, said: 0 })
    }

    /// Sends a message, with the next number if it has one.
    pub(crate) async fn send(&mut self, message: &ClientMessage) {
        self.said += u64::from(message.is_numbered());
        self.send_as(message.is_numbered().then_some(self.said), message).await;
    }

    pub(crate) async fn send_as(&mut self, seq: Option<u64>, message: &ClientMessage) {
        let frame = Numbered { seq, message: message.clone() };
        self.send_text(serde_json::to_string(&frame).unwrap()).await;
    }

    /// Goes on where another connection ended. Returns the next secret, and up to where the node has heard it.
    pub(crate) async fn reattach(&mut self, resume: &str, seen: u64) -> (String, u64) {
        self.seen = seen;
        self.send(&ClientMessage::Reattach { resume: resume.to_owned(), seen }).await;
        match self.next().await {
            Ok(ServerMessage::Reattached { resume, heard }) => (resume, heard),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn send_text(&mut self, text: String) {
        // A node that closed meanwhile is seen by who reads.
        let _ = timeout(DEADLINE, self.stream.send(Message::Text(text.into()))).await.unwrap();
    }

    pub(crate) async fn join(&mut self, token: String) {
        self.send(&ClientMessage::Join { token, offer: OFFER.to_owned(), tracks: Vec::new() }).await;
    }

    /// The next message, or the close code. Numbers must rise by one.
    pub(crate) async fn next(&mut self) -> Result<ServerMessage, u16> {
        loop {
            let frame = timeout(DEADLINE, self.stream.next()).await.expect("something comes in time");
            match frame {
                Some(Ok(Message::Text(text))) => {
                    let Numbered { seq, message } = serde_json::from_str(&text).unwrap();
                    if let Some(seq) = seq {
                        self.seen += 1;
                        assert_eq!(seq, self.seen);
                    }
                    return Ok(message);
                }
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("a close frame was expected: {error}"),
                None => return Err(1006),
            }
        }
    }

    /// Reads until the close, and returns its code and the last refusal.
    pub(crate) async fn end(&mut self) -> (u16, Option<protocol::Problem>) {
        let mut refused = None;
        loop {
            match self.next().await {
                Ok(ServerMessage::Refused { problem, .. }) => refused = Some(problem),
                Ok(_) => {}
                Err(code) => return (code, refused),
            }
        }
    }

    /// The answer to a ping: it shows that the socket is served.
    pub(crate) async fn ping(&mut self, id: u32) {
        self.ping_seen(id, 0).await;
    }

    /// The same, and confirms what it has seen. Returns up to where the node has heard it.
    pub(crate) async fn ping_seen(&mut self, id: u32, seen: u64) -> u64 {
        self.send(&ClientMessage::Ping { id, seen }).await;
        loop {
            match self.next().await {
                Ok(ServerMessage::Pong { id: answered, heard }) if answered == id => return heard,
                Ok(_) => {}
                Err(code) => panic!("closed with {code}"),
            }
        }
    }
}

/// `{"type": …}` with more fields, for messages that the types do not allow.
pub(crate) fn json(kind: &str, more: Value) -> String {
    let mut message = more;
    message["type"] = Value::from(kind);
    message.to_string()
}
