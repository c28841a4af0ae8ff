//! A client of a TURN relay (RFC 8656) over UDP, TCP and TLS: for participants behind firewalls, for the check of a
//! relay from outside, and for the tests of what it refuses.
//!
//! ```text
//!  Allocate ──401 realm, nonce──▶ Allocate + proof ──▶ relayed address
//!  CreatePermission (address) ──▶ Send ▶ peer, peer ▶ Data
//!  Refresh before the lifetime ends; 438: the nonce is new, once more
//! ```
//!
//! No channels: they save bytes, and nobody counts them here. One allocation at a time, in one task.

mod link;

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rtc_stun::attributes::{ATTR_NONCE, ATTR_REALM, ATTR_USERNAME};
use rtc_stun::crypto::{RTCCryptoProvider, default_provider};
use rtc_stun::error_code::ErrorCodeAttribute;
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    CLASS_INDICATION, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, Getter, METHOD_ALLOCATE,
    METHOD_CREATE_PERMISSION, METHOD_DATA, METHOD_REFRESH, METHOD_SEND, Message, MessageType, Method, Setter,
    TransactionId,
};
use rtc_stun::textattrs::{Nonce, Realm, TextAttribute, Username};
use rtc_turn::proto::PROTO_UDP;
use rtc_turn::proto::data::Data;
use rtc_turn::proto::lifetime::Lifetime;
use rtc_turn::proto::peeraddr::PeerAddress;
use rtc_turn::proto::relayaddr::RelayedAddress;
use rtc_turn::proto::reqfamily::{REQUESTED_FAMILY_IPV4, REQUESTED_FAMILY_IPV6};
use rtc_turn::proto::reqtrans::RequestedTransport;
use rustls::pki_types::ServerName;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use self::link::Link;

/// Until a request over UDP is sent again (RFC 8489 §6.2.1), doubling.
const RETRY_FIRST: Duration = Duration::from_millis(500);
/// A relay that has not answered by then does not.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Data that came while an answer was awaited; older ones go first, as on a network.
const WAITING_MAX: usize = 64;
/// 401 once, 438 once, and the request itself.
const TRIES_MAX: usize = 3;

const UNAUTHORIZED: u16 = 401;
const STALE_NONCE: u16 = 438;

/// How a relay is reached.
#[derive(Clone)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream in TLS, whose certificate has to have this name.
    Tls(ServerName<'static>, Arc<rustls::ClientConfig>),
}

/// What a join gives out.
#[derive(Clone)]
pub struct Credential {
    /// `<expiry>:<seat>`
    pub username: String,
    /// Proves it.
    pub password: String,
}

/// Which address of the relay the peers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// 4
    V4,
    /// 6
    V6,
}

/// Why there is no relay.
#[derive(Debug, Error)]
pub enum TurnError {
    /// No connection, or TLS failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Nothing came back.
    #[error("no answer")]
    Timeout,
    /// It said no.
    #[error("refused with {code} {reason}")]
    Refused {
        /// Of RFC 8489 §14.8 and RFC 8656 §19.
        code: u16,
        /// In its words.
        reason: String,
    },
    /// It said something else.
    #[error("an answer that is not understood: {0}")]
    NotUnderstood(&'static str),
}

/// A relayed address.
pub struct Allocation {
    link: Link,
    credential: Credential,
    crypto: Arc<dyn RTCCryptoProvider>,
    session: Option<(Realm, Nonce)>,
    relayed: SocketAddr,
    lifetime: Duration,
    waiting: VecDeque<(SocketAddr, Vec<u8>)>,
}

impl Allocation {
    /// Asks the relay at `server` for an address of this family.
    ///
    /// # Errors
    /// [`TurnError`].
    pub async fn open(
        server: SocketAddr,
        transport: Transport,
        credential: Credential,
        family: Family,
    ) -> Result<Self, TurnError> {
        let deadline = Instant::now() + ANSWER_MAX;
        let link =
            timeout_at(deadline, Link::open(server, transport)).await.map_err(|_| TurnError::Timeout)??;
        let crypto = default_provider().map_err(|_| TurnError::NotUnderstood("no cryptography"))?;
        let mut this = Self {
            link,
            credential,
            crypto,
            session: None,
            relayed: server,
            lifetime: Duration::ZERO,
            waiting: VecDeque::new(),
        };
        let family = match family {
            Family::V4 => REQUESTED_FAMILY_IPV4,
            Family::V6 => REQUESTED_FAMILY_IPV6,
        };
        let answer =
            this.request(METHOD_ALLOCATE, &[&RequestedTransport { protocol: PROTO_UDP }, &family]).await?;
        let mut relayed = RelayedAddress::default();
        read(&mut relayed, &answer, "no relayed address")?;
        this.relayed = SocketAddr::new(relayed.ip, relayed.port);
        this.lifetime = lifetime(&answer)?;
        Ok(this)
    }

    /// What peers see.
    #[must_use]
    pub const fn relayed(&self) -> SocketAddr {
        self.relayed
    }

    /// From the last refresh.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Asks for leave to reach this address, for five minutes.
    ///
    /// # Errors
    /// [`TurnError`]; a relay says 403 where it does not go.
    pub async fn permit(&mut self, peer: IpAddr) -> Result<(), TurnError> {
        self.request(METHOD_CREATE_PERMISSION, &[&PeerAddress { ip: peer, port: 0 }]).await.map(drop)
    }

    /// Keeps the allocation.
    ///
    /// # Errors
    /// [`TurnError`].
    pub async fn refresh(&mut self) -> Result<(), TurnError> {
        self.lifetime = lifetime(&self.request(METHOD_REFRESH, &[]).await?)?;
        Ok(())
    }

    /// Gives it up.
    ///
    /// # Errors
    /// [`TurnError`].
    pub async fn close(&mut self) -> Result<(), TurnError> {
        self.request(METHOD_REFRESH, &[&Lifetime(Duration::ZERO)]).await.map(drop)
    }

    /// Sends to a peer. The relay drops it silently without leave.
    ///
    /// # Errors
    /// When the link is broken.
    pub async fn send(&mut self, peer: SocketAddr, bytes: &[u8]) -> Result<(), TurnError> {
        let address = PeerAddress { ip: peer.ip(), port: peer.port() };
        let kind = MessageType::new(METHOD_SEND, CLASS_INDICATION);
        let message = build(kind, &[&address, &Data(bytes.to_vec())], &[])?;
        Ok(self.link.send(&message.raw).await?)
    }

    /// The next datagram of a peer. May be cancelled.
    ///
    /// # Errors
    /// When the link is broken.
    pub async fn receive(&mut self) -> Result<(SocketAddr, Vec<u8>), TurnError> {
        loop {
            if let Some(data) = self.waiting.pop_front() {
                return Ok(data);
            }
            let bytes = self.link.receive().await?;
            if let Some(message) = decode(bytes) {
                self.keep_data(&message);
            }
        }
    }

    /// One request with its proof, sent until it is answered.
    async fn request(&mut self, method: Method, more: &[&(dyn Setter + Sync)]) -> Result<Message, TurnError> {
        let mut refusal = None;
        for _ in 0..TRIES_MAX {
            let message = self.signed(method, more)?;
            let answer = self.exchange(&message).await?;
            if answer.typ.class == CLASS_SUCCESS_RESPONSE {
                return Ok(answer);
            }
            let mut code = ErrorCodeAttribute::default();
            read(&mut code, &answer, "no error code")?;
            let reason = String::from_utf8_lossy(&code.reason).into_owned();
            let was_proved = self.session.is_some();
            let is_worth_it = code.code.0 == STALE_NONCE || (code.code.0 == UNAUTHORIZED && !was_proved);
            refusal = Some(TurnError::Refused { code: code.code.0, reason });
            if !is_worth_it {
                break;
            }
            let text = |kind, what| {
                TextAttribute::get_from_as(&answer, kind).map_err(|_| TurnError::NotUnderstood(what))
            };
            self.session = Some((text(ATTR_REALM, "no realm")?, text(ATTR_NONCE, "no nonce")?));
        }
        Err(refusal.unwrap_or(TurnError::Timeout))
    }

    fn signed(&self, method: Method, more: &[&(dyn Setter + Sync)]) -> Result<Message, TurnError> {
        let kind = MessageType::new(method, CLASS_REQUEST);
        let Some((realm, nonce)) = &self.session else { return build(kind, more, &[&FINGERPRINT]) };
        let username = Username::new(ATTR_USERNAME, self.credential.username.clone());
        let integrity = MessageIntegrity::new_long_term_integrity_with_provider(
            self.credential.username.clone(),
            realm.text.clone(),
            self.credential.password.clone(),
            self.crypto.crypto(),
        )
        .map_err(|_| TurnError::NotUnderstood("a credential that cannot be used"))?;
        build(kind, more, &[&username, realm, nonce, &integrity, &FINGERPRINT])
    }

    /// Until its answer comes; over UDP again and again.
    async fn exchange(&mut self, message: &Message) -> Result<Message, TurnError> {
        let end = Instant::now() + ANSWER_MAX;
        let mut wait = RETRY_FIRST;
        while Instant::now() < end {
            self.link.send(&message.raw).await?;
            let next = if self.link.is_reliable() { end } else { end.min(Instant::now() + wait) };
            wait *= 2;
            while let Ok(bytes) = timeout_at(next, self.link.receive()).await {
                let Some(answer) = decode(bytes?) else { continue };
                if answer.transaction_id == message.transaction_id {
                    return Ok(answer);
                }
                self.keep_data(&answer);
            }
        }
        Err(TurnError::Timeout)
    }

    fn keep_data(&mut self, message: &Message) {
        let (mut from, mut data) = (PeerAddress::default(), Data::default());
        let is_data = message.typ == MessageType::new(METHOD_DATA, CLASS_INDICATION);
        if is_data && from.get_from(message).is_ok() && data.get_from(message).is_ok() {
            if self.waiting.len() == WAITING_MAX {
                self.waiting.pop_front();
            }
            self.waiting.push_back((SocketAddr::new(from.ip, from.port), data.0));
        }
    }
}

fn build(
    kind: MessageType,
    first: &[&(dyn Setter + Sync)],
    last: &[&(dyn Setter + Sync)],
) -> Result<Message, TurnError> {
    let mut message = Message::new();
    let head: [&(dyn Setter + Sync); 2] = [&TransactionId::new(), &kind];
    message.write_header();
    for setter in head.iter().chain(first).chain(last) {
        setter
            .add_to(&mut message)
            .map_err(|_| TurnError::NotUnderstood("a request that cannot be written"))?;
        message.write_header();
    }
    Ok(message)
}

fn decode(bytes: Vec<u8>) -> Option<Message> {
    let mut message = Message::new();
    message.raw = bytes;
    message.decode().ok()?;
    Some(message)
}

fn read(into: &mut dyn Getter, message: &Message, what: &'static str) -> Result<(), TurnError> {
    into.get_from(message).map_err(|_| TurnError::NotUnderstood(what))
}

fn lifetime(answer: &Message) -> Result<Duration, TurnError> {
    let mut lifetime = Lifetime::default();
    read(&mut lifetime, answer, "no lifetime")?;
    Ok(lifetime.0)
}
