//! The WebSocket: one JSON message a text frame.

use std::net::IpAddr;

use futures_util::{SinkExt, StreamExt};
use protocol::limits::SIGNAL_FRAME_BYTES_MAX;
use protocol::signal::{ClientMessage, Numbered, ServerMessage};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::ORIGIN;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use url::Url;

use super::{ConnectError, Options};

/// A connection to a node.
pub(super) struct Signalling {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// From where the node is reached.
    pub(super) local_ip: IpAddr,
}

/// What came.
pub(super) enum Signal {
    Message(Box<Numbered<ServerMessage>>),
    /// The end, with the node's code if it gave one.
    Closed(Option<u16>),
}

impl Signalling {
    pub(super) async fn open(url: &str, options: &Options) -> Result<Self, ConnectError> {
        let bad = || ConnectError::Url(url.to_owned());
        let parsed = Url::parse(url).map_err(|_| bad())?;
        let host = parsed.host_str().ok_or_else(bad)?.trim_matches(['[', ']']);
        let port = parsed.port_or_known_default().ok_or_else(bad)?;
        let tcp = TcpStream::connect((host, port)).await?;
        // Messages are small and wait for their answers.
        tcp.set_nodelay(true)?;
        let local_ip = tcp.local_addr()?.ip();
        let config = WebSocketConfig::default().max_message_size(Some(SIGNAL_FRAME_BYTES_MAX));
        let connector = options.tls.clone().map(Connector::Rustls);
        let mut request = url.into_client_request().map_err(Box::new)?;
        if let Some(origin) = &options.origin {
            let origin = HeaderValue::from_str(origin).map_err(|_| bad())?;
            request.headers_mut().insert(ORIGIN, origin);
        }
        let (socket, _) =
            client_async_tls_with_config(request, tcp, Some(config), connector).await.map_err(Box::new)?;
        Ok(Self { socket, local_ip })
    }

    /// Sends a message; `false` when the connection is gone.
    pub(super) async fn send(&mut self, message: &Numbered<ClientMessage>) -> bool {
        match serde_json::to_string(message) {
            Ok(text) => self.socket.send(Message::text(text)).await.is_ok(),
            Err(_) => true,
        }
    }

    /// The next message. What is not understood is passed over: a newer node may say more.
    pub(super) async fn receive(&mut self) -> Signal {
        while let Some(frame) = self.socket.next().await {
            match frame {
                Ok(Message::Text(text)) => {
                    if let Ok(numbered) = serde_json::from_str(&text) {
                        return Signal::Message(Box::new(numbered));
                    }
                    tracing::debug!("a message of the node is not understood");
                }
                Ok(Message::Close(frame)) => return Signal::Closed(frame.map(|frame| frame.code.into())),
                Ok(_) => {}
                Err(_) => return Signal::Closed(None),
            }
        }
        Signal::Closed(None)
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) {
        // The node closes in any case.
        let _ = self.socket.close(None).await;
    }
}
