//! The association and its channel.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use rtc_sctp::{
    Association, AssociationHandle, ClientConfig, DatagramEvent, Endpoint, EndpointConfig, Payload,
    PayloadProtocolIdentifier as Ppi, ServerConfig, TransportConfig, max_payload_size_for_mtu,
};
use thiserror::Error;

use crate::guard::{Guard, HEADER_LEN, RECEIVE_WINDOW, STREAM, Verdict};

/// The longest message, in bytes of UTF-8: what the answer's `a=max-message-size` says.
pub const MAX_MESSAGE_LEN: usize = 16 * 1024;
/// The longest packet that is sent: one DTLS record in one datagram of 1200 bytes.
pub const MAX_PACKET_LEN: usize = 1163;
/// Bytes of messages that wait for a peer to acknowledge them. Beyond, it does not read, and its channel is closed: twice all that
/// a room keeps for those who come late.
pub const MAX_WAITING_LEN: usize = 192 * 1024;
/// Streams that the peer is told of: the channel's, and some for browsers that count before they look at the number.
const STREAMS: u16 = 4;
/// Packets that wait to be polled: all that may wait, in packets. The owner polls after each call.
const MAX_PACKETS: usize = 512;
/// The answer of a browser's channel that was opened in band (RFC 8832 §5.2).
const CHANNEL_ACK: [u8; 1] = [2];
/// The first byte of the request for one (RFC 8832 §5.1).
const CHANNEL_OPEN: u8 = 3;

/// Something happened. `Open` at most once, then `Message`, and `Closed` at last.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// Messages may be sent.
    Open,
    /// The peer's, not empty.
    Message(String),
    /// Nothing more comes or goes.
    Closed(CloseReason),
}

/// Why a channel closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CloseReason {
    /// By the owner.
    #[error("closed by us")]
    Local,
    /// The peer ended it.
    #[error("closed by the peer")]
    Peer,
    /// The peer broke the protocol, or uses what this channel is not.
    #[error("the peer broke the protocol")]
    Protocol,
    /// The peer sent more than is taken.
    #[error("the peer sends too much")]
    Flood,
    /// The peer does not take what is for it.
    #[error("the peer does not read")]
    Unread,
    /// The library failed.
    #[error("the library failed")]
    Fault,
}

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SendError {
    /// Not open yet, or closed.
    #[error("the channel is not open")]
    NotOpen,
    /// Empty, or longer than [`MAX_MESSAGE_LEN`].
    #[error("a message has 1 to {MAX_MESSAGE_LEN} bytes")]
    Length,
    /// Too much waits already; the channel is closed with it.
    #[error("the peer does not read")]
    Unread,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Opening,
    Open,
    Closed,
}

/// One association with one channel: a state machine without sockets, threads or a clock.
///
/// The owner gives it what comes out of one DTLS connection, and the time. After each call it takes what came of it:
///
/// - [`poll_packet`](Self::poll_packet) until `None`: each for one DTLS record,
/// - [`poll_event`](Self::poll_event) until `None`,
/// - [`poll_timeout`](Self::poll_timeout): when to call [`handle_timeout`](Self::handle_timeout) next.
///
/// `now` never goes back. Tags and first numbers are drawn by the library itself, from the operating system.
pub struct Channel {
    guard: Guard,
    engine: Option<Engine>,
    state: State,
    is_server: bool,
    /// The peer has asked for the channel in band, and has its answer.
    is_asked_for: bool,
    /// The answer to the INIT, while it may be asked for again.
    answer: Vec<Vec<u8>>,
    packets: VecDeque<Vec<u8>>,
    events: VecDeque<Event>,
}

impl Channel {
    /// Waits for the peer to begin, as the node does: the DTLS server.
    #[must_use]
    pub const fn server(now: Instant) -> Self {
        Self {
            guard: Guard::new(true, now),
            engine: None,
            state: State::Opening,
            is_server: true,
            is_asked_for: false,
            answer: Vec::new(),
            packets: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Begins, as a participant does. The first packet is ready to be polled.
    #[must_use]
    pub fn client(now: Instant) -> Self {
        let mut channel = Self { guard: Guard::new(false, now), is_server: false, ..Self::server(now) };
        channel.engine = Engine::connect(now);
        if channel.engine.is_none() {
            channel.end(CloseReason::Fault);
        }
        channel.drain(now);
        channel
    }

    /// Takes a packet of the peer. Whatever is in it, it changes nothing, or moves the channel on, or closes it.
    pub fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        if self.state == State::Closed {
            return;
        }
        match self.guard.judge(now, packet) {
            Verdict::Drop => {}
            Verdict::Admit(packet) => self.guarded(now, |engine| engine.handle_packet(now, packet)),
            Verdict::Begin(packet) => {
                self.answer.clear();
                self.engine = Engine::accept(now, packet);
                self.drain(now);
                self.answer = self.packets.iter().cloned().collect();
            }
            Verdict::Repeat => self.packets.extend(self.answer.iter().cloned()),
            Verdict::Close(reason) => self.close_for(now, reason),
        }
    }

    /// Moves the clock on: repeats what was not acknowledged.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.state != State::Closed {
            self.guarded(now, |engine| engine.association.handle_timeout(now));
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called, if nothing comes before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let engine = self.engine.as_ref().filter(|_| self.state != State::Closed)?;
        engine.association.poll_timeout()
    }

    /// The next packet for the peer. At most [`MAX_PACKET_LEN`] bytes.
    pub fn poll_packet(&mut self) -> Option<Vec<u8>> {
        self.packets.pop_front()
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Whether messages may be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Sends a message, after all that were sent before.
    ///
    /// # Errors
    /// [`SendError`]. A peer that does not read loses its channel.
    pub fn send(&mut self, now: Instant, message: &str) -> Result<(), SendError> {
        if self.state != State::Open {
            return Err(SendError::NotOpen);
        }
        if message.is_empty() || message.len() > MAX_MESSAGE_LEN {
            return Err(SendError::Length);
        }
        self.give(now, message.as_bytes(), Ppi::String)
    }

    /// Gives the library a message to send.
    fn give(&mut self, now: Instant, message: &[u8], ppi: Ppi) -> Result<(), SendError> {
        let mut given = Ok(());
        self.guarded(now, |engine| given = engine.send(now, message, ppi));
        if given.is_err() {
            self.close_for(now, CloseReason::Unread);
        } else if self.state != State::Open {
            given = Err(SendError::NotOpen);
        }
        given
    }

    /// Ends the channel, and tells the peer.
    pub fn close(&mut self, now: Instant) {
        self.close_for(now, CloseReason::Local);
    }

    fn close_for(&mut self, now: Instant, reason: CloseReason) {
        if self.state == State::Closed {
            return;
        }
        if reason != CloseReason::Peer
            && let Some(mut engine) = self.engine.take()
        {
            self.packets.clear();
            let goodbye = catch_unwind(AssertUnwindSafe(|| {
                let _ = engine.association.abort();
                engine.take(now, false).packets
            }));
            self.packets.extend(goodbye.into_iter().flatten().map(Vec::from));
        }
        self.end(reason);
    }

    fn end(&mut self, reason: CloseReason) {
        if self.state != State::Closed {
            self.state = State::Closed;
            self.engine = None;
            self.answer.clear();
            self.events.push_back(Event::Closed(reason));
        }
    }

    /// Calls the library, and takes what came of it. A panic of it costs the channel and nothing else.
    fn guarded(&mut self, now: Instant, work: impl FnOnce(&mut Engine)) {
        let Some(engine) = &mut self.engine else { return };
        if catch_unwind(AssertUnwindSafe(|| work(engine))).is_err() {
            self.end(CloseReason::Fault);
        }
        self.drain(now);
    }

    /// Takes everything out of the library.
    fn drain(&mut self, now: Instant) {
        let Some(engine) = &mut self.engine else { return };
        let taken = catch_unwind(AssertUnwindSafe(|| engine.take(now, self.state == State::Opening)));
        let Ok(taken) = taken else { return self.end(CloseReason::Fault) };
        for packet in taken.packets {
            if self.packets.len() < MAX_PACKETS && packet.len() <= MAX_PACKET_LEN {
                self.packets.push_back(packet.into());
            }
        }
        if taken.is_connected && self.state == State::Opening {
            self.state = State::Open;
            self.guard.establish();
            self.answer.clear();
            self.events.push_back(Event::Open);
        }
        for message in taken.messages {
            self.guard.release(message.len, message.chunks);
            if self.state != State::Closed {
                self.take_message(now, message);
            }
        }
        if taken.is_closed {
            self.end(CloseReason::Protocol);
        }
    }

    fn take_message(&mut self, now: Instant, message: Message) {
        let Some(bytes) = message.bytes else { return self.close_for(now, CloseReason::Flood) };
        match message.ppi {
            Ppi::String => match String::from_utf8(bytes) {
                Ok(text) => self.events.push_back(Event::Message(text)),
                Err(_) => self.close_for(now, CloseReason::Protocol),
            },
            Ppi::Dcep if bytes.first() == Some(&CHANNEL_OPEN) && self.is_server => {
                // There is one channel: nobody asks for it twice.
                if std::mem::replace(&mut self.is_asked_for, true) {
                    return self.close_for(now, CloseReason::Protocol);
                }
                let _ = self.give(now, &CHANNEL_ACK, Ppi::Dcep);
            }
            _ => {}
        }
    }
}

/// The library's association.
struct Engine {
    endpoint: Endpoint,
    handle: AssociationHandle,
    association: Association,
}

/// What came out of the library.
struct Taken {
    packets: Vec<Bytes>,
    messages: Vec<Message>,
    is_connected: bool,
    is_closed: bool,
}

struct Message {
    ppi: Ppi,
    /// `None` when there are too many.
    bytes: Option<Vec<u8>>,
    len: usize,
    chunks: usize,
}

/// The library wants an address; DTLS knows the peer.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5000);

impl Engine {
    fn connect(now: Instant) -> Option<Self> {
        catch_unwind(|| {
            let mut endpoint = Endpoint::new(PEER, Default::default(), endpoint_config(), None);
            let (handle, association) =
                endpoint.connect(now, ClientConfig::new(transport_config()), PEER).ok()?;
            Some(Self { endpoint, handle, association })
        })
        .ok()
        .flatten()
    }

    fn accept(now: Instant, init: Vec<u8>) -> Option<Self> {
        catch_unwind(|| {
            let server = Arc::new(ServerConfig::new(transport_config()));
            let mut endpoint = Endpoint::new(PEER, Default::default(), endpoint_config(), Some(server));
            match endpoint.handle(now, PEER, None, init.into())? {
                (handle, DatagramEvent::NewAssociation(association)) => {
                    endpoint.reject_new_associations();
                    Some(Self { endpoint, handle, association })
                }
                _ => None,
            }
        })
        .ok()
        .flatten()
    }

    fn handle_packet(&mut self, now: Instant, packet: Vec<u8>) {
        let event = self.endpoint.handle(now, PEER, None, packet.into());
        if let Some((handle, DatagramEvent::AssociationEvent(event))) = event
            && handle == self.handle
        {
            self.association.handle_event(event);
        }
    }

    /// Puts a message behind those that the peer has not acknowledged, unless it would be too much that waits.
    fn send(&mut self, now: Instant, message: &[u8], ppi: Ppi) -> Result<(), SendError> {
        if let Ok(mut stream) = self.association.stream(STREAM) {
            if stream.buffered_amount().unwrap_or(0) + message.len() > MAX_WAITING_LEN {
                return Err(SendError::Unread);
            }
            // It refuses only what was checked before, or on a stream that is closed.
            let _ = stream.write_with_ppi(now, message, ppi);
        }
        Ok(())
    }

    fn take(&mut self, now: Instant, is_opening: bool) -> Taken {
        let mut taken =
            Taken { packets: Vec::new(), messages: Vec::new(), is_connected: false, is_closed: false };
        while let Some(event) = self.association.poll() {
            match event {
                rtc_sctp::Event::Connected => taken.is_connected = true,
                rtc_sctp::Event::HandshakeFailed { .. } | rtc_sctp::Event::AssociationLost { .. } => {
                    taken.is_closed = true;
                }
                _ => {}
            }
        }
        while self.association.accept_stream().is_some() {}
        if taken.is_connected {
            // It is there already when the peer's first message came with its cookie.
            let _ = self.association.open_stream(STREAM, Ppi::String);
        }
        taken.is_closed |= !is_opening && self.association.is_closed();
        if let Ok(mut stream) = self.association.stream(STREAM) {
            while let Ok(Some(chunks)) = stream.read() {
                // One that is too long comes without its bytes.
                let bytes = chunks.to_payload(MAX_MESSAGE_LEN).map(Vec::from).ok();
                let (len, chunks, ppi) = (chunks.len(), chunks.chunks.len(), chunks.ppi);
                taken.messages.push(Message { ppi, bytes, len, chunks });
            }
        }
        while let Some(transmit) = self.association.poll_transmit(now) {
            if let Payload::RawEncode(packets) = transmit.message {
                taken.packets.extend(packets);
            }
        }
        while self.association.poll_endpoint_event().is_some() {}
        taken
    }
}

fn endpoint_config() -> Arc<EndpointConfig> {
    let mut config = EndpointConfig::new();
    config.max_payload_size(max_payload_size_for_mtu(MAX_PACKET_LEN as u32));
    Arc::new(config)
}

fn transport_config() -> TransportConfig {
    TransportConfig::default()
        .with_max_receive_buffer_size(RECEIVE_WINDOW as u32)
        .with_max_message_size(MAX_MESSAGE_LEN as u32)
        .with_max_num_inbound_streams(STREAMS)
        .with_max_num_outbound_streams(STREAMS)
}

const _: () = assert!(MAX_PACKET_LEN > HEADER_LEN && MAX_MESSAGE_LEN < RECEIVE_WINDOW);

#[cfg(test)]
mod tests;
