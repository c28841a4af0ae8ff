//! What an endpoint tells its owner.

use srtp::{KeyingMaterial, SrtpProfile};
use thiserror::Error;

use crate::certificate::CertificateProblem;

/// Something happened. In this order: at most one `Established`, then `Data`, and exactly one `Closed` at last.
#[derive(Debug)]
pub enum Event {
    /// The peer is who it promised to be, and both sides have keys.
    Established(Established),
    /// The peer sent this over the encrypted connection: an SCTP packet (RFC 8261).
    Data(Vec<u8>),
    /// The endpoint does nothing any more.
    Closed(CloseReason),
}

/// The outcome of a handshake.
#[derive(Debug)]
pub struct Established {
    /// The SRTP protection profile that both sides agreed on.
    pub profile: SrtpProfile,
    /// The SRTP keys of both directions. Zeroed when dropped.
    pub keys: KeyingMaterial,
}

/// Why an endpoint closed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CloseReason {
    /// By the owner.
    #[error("closed by us")]
    Local,
    /// The peer said goodbye (close_notify).
    #[error("closed by the peer")]
    Peer,
    /// The handshake was not done in time.
    #[error("DTLS handshake timed out")]
    Timeout,
    /// The peer has another certificate than it promised.
    #[error("the peer's certificate has none of the promised fingerprints")]
    FingerprintMismatch,
    /// The peer has the promised certificate, but it will not do.
    #[error("the peer's {0}")]
    Certificate(#[from] CertificateProblem),
    /// The peer offered no SRTP profile, or none that Bedside speaks.
    #[error("no SRTP profile in common")]
    NoSrtpProfile,
    /// The peer started another handshake inside the encrypted connection.
    #[error("the peer asked for renegotiation")]
    Renegotiation,
    /// The peer gave up with this alert description (RFC 5246 §7.2).
    #[error("the peer sent alert {0}")]
    Alert(u8),
    /// The peer sent more records than a handshake needs.
    #[error("too many records before the handshake was done")]
    Flood,
    /// The peer broke the protocol, or shares no version, cipher suite or group with us.
    #[error("DTLS: {0}")]
    Protocol(String),
}
