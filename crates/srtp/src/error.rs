//! Why a packet is not sealed or opened. Small and `Copy`: callers count them by cause, a hostile sender makes
//! one per datagram, and nothing about the packet is kept in them.

use thiserror::Error;

/// Why a packet from outside was dropped. The packet changed nothing but its own bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Error)]
pub enum OpenError {
    /// No RTP or RTCP header of version 2, or no room for header and tag.
    #[error("no complete SRTP packet")]
    Malformed,
    /// SRTCP with its E bit at 0. WebRTC always encrypts (RFC 8827 §6.5), so it is dropped before its tag is looked at.
    #[error("SRTCP without encryption")]
    Unencrypted,
    /// This index of this SSRC was opened before.
    #[error("replayed")]
    Replayed,
    /// The index is below the replay window: it may have been opened before.
    #[error("older than the replay window")]
    TooOld,
    /// The tag does not belong to these bytes under this key, SSRC and index.
    #[error("authentication failed")]
    BadTag,
    /// The peer uses as many SSRCs as it may, and this is another.
    #[error("too many SSRCs")]
    TooManySsrcs,
}

/// Why a packet was not sealed. It must not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Error)]
pub enum SealError {
    /// No RTP or RTCP header of version 2, or longer than a datagram.
    #[error("no RTP or RTCP packet")]
    Malformed,
    /// The buffer ends before the tag would.
    #[error("no room for the tag")]
    NoRoom,
    /// This index of this SSRC has been sealed. A second sealing would reuse the nonce.
    #[error("packet index sealed before")]
    IndexReused,
    /// The index is below the window of remembered ones: whether it has been sealed is not known any more.
    #[error("packet index older than the window")]
    TooOld,
    /// As many SSRCs are sealed as this association may have. None is ever forgotten, since its indexes count.
    #[error("too many SSRCs")]
    TooManySsrcs,
    /// All 2^48 packet or 2^31 SRTCP indexes are used up (RFC 3711 §9.2): the association ends.
    #[error("the key is used up")]
    KeyExhausted,
}

/// Why an exporter's output is no keying material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyingError {
    /// Another number of bytes than the profile needs.
    #[error("keying material of {got} bytes where the profile needs {expected}")]
    Length {
        /// What the profile needs: two keys and two salts.
        expected: usize,
        /// What came.
        got: usize,
    },
}
