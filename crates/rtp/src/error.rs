//! What can be wrong with bytes from outside, and with a buffer to write into.

use thiserror::Error;

/// Why bytes are not what they should be. Small and `Copy`: a hostile sender makes one per datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ParseError {
    /// The bytes end before the named part does.
    #[error("{0} is cut short")]
    Truncated(&'static str),
    /// The version field is not 2 (RFC 3550 §5.1).
    #[error("RTP version {0} instead of 2")]
    Version(u8),
    /// The padding count is zero or larger than what follows the header (RFC 3550 §5.1).
    #[error("padding of {padding} bytes where {available} follow the header")]
    Padding {
        /// The count in the last byte.
        padding: u8,
        /// Bytes after the header.
        available: usize,
    },
    /// A field holds a value that its specification rules out.
    #[error("{0} is invalid")]
    Invalid(&'static str),
    /// More elements than the named bound allows.
    #[error("too many {0}")]
    TooMany(&'static str),
}

/// Why something cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WriteError {
    /// The caller's buffer ends before the named part does.
    #[error("no room for {0}")]
    BufferFull(&'static str),
    /// A value does not fit its field on the wire.
    #[error("{0} does not fit its field")]
    OutOfRange(&'static str),
}
