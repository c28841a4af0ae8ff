//! The seam to the DTLS library: everything that Bedside asks of it, and nothing more.
//!
//! Why this library: `docs/decisions/0002-dtls-library.md`. Another one is another file in `engine/`.

mod dimpl;

use std::time::Instant;

use srtp::SrtpProfile;
use zeroize::Zeroizing;

use crate::event::CloseReason;

pub(crate) use dimpl::DimplEngine;

/// A DTLS 1.2 state machine of one connection.
///
/// After each call of a `handle_*` or of `send` and `close`, `poll` is called until it returns
/// [`EngineOutput::Wait`]. An error ends the connection.
pub(crate) trait Engine: Send {
    /// Takes one record of the peer.
    fn handle_record(&mut self, record: &[u8]) -> Result<(), CloseReason>;
    /// Moves the clock on; sends again what is due. A client's first call starts the handshake.
    fn handle_timeout(&mut self, now: Instant) -> Result<(), CloseReason>;
    /// The next thing that comes out.
    fn poll(&mut self) -> EngineOutput;
    /// Encrypts data for the peer. Only after [`EngineOutput::Finished`].
    fn send(&mut self, data: &[u8]) -> Result<(), CloseReason>;
    /// Says goodbye to the peer, if there are keys to say it with.
    fn close(&mut self);
}

/// What comes out of an [`Engine`].
pub(crate) enum EngineOutput {
    /// To be sent.
    Datagram(Vec<u8>),
    /// The peer's certificate in DER. It has not proven its key yet.
    Certificate(Vec<u8>),
    /// The peer has proven its key, and both sides agree on everything said so far.
    Finished,
    /// Follows `Finished`, if the peers agreed on an SRTP profile: the exporter's output.
    Exported(SrtpProfile, Zeroizing<Vec<u8>>),
    /// Decrypted data of the peer.
    Data(Vec<u8>),
    /// The peer said goodbye.
    CloseNotify,
    /// Nothing more for now. `handle_timeout` is due at this instant, if any.
    Wait(Option<Instant>),
}
