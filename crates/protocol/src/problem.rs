//! Why something was refused, in a word that programs compare and pages translate.

use serde::{Deserialize, Serialize};

/// Refusals of the signalling connection. `docs/PROTOCOL.md` has the same table.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Not JSON, unknown field, wrong order, or over a limit.
    #[error("the message is not understood")]
    BadMessage,
    /// The token is malformed, of another issuer or audience, or its signature is wrong.
    #[error("the join token is not valid")]
    BadToken,
    /// The token's time is over, or has not come.
    #[error("the join token has expired or is not valid yet")]
    TokenExpired,
    /// The token opened a seat before.
    #[error("the join token was used before")]
    TokenUsed,
    /// The room moved: the token names an older generation or another node.
    #[error("the room is placed elsewhere")]
    StaleGeneration,
    /// The resume secret is unknown, used or too old.
    #[error("the resume secret is not valid")]
    BadResume,
    /// The secret is good, but the transport that it came with is gone, or the client missed more than the node keeps.
    #[error("the connection cannot go on where it broke")]
    CannotReattach,
    /// The SDP cannot be parsed, or breaks a limit.
    #[error("the offer is not valid SDP")]
    BadSdp,
    /// The SDP is well formed but lacks what a call needs (ICE, a strong fingerprint, BUNDLE, rtcp-mux).
    #[error("the offer lacks what a call needs")]
    UnsupportedSdp,
    /// The seat's permissions do not allow it.
    #[error("this seat may not do that")]
    NotAllowed,
    /// The moderator did not let them in.
    #[error("nobody lets this seat in")]
    TurnedAway,
    /// A moderator has locked the room: nobody new gets in.
    #[error("the room is locked")]
    RoomLocked,
    /// All seats are taken.
    #[error("the room is full")]
    RoomFull,
    /// The consultation is over.
    #[error("the room has ended")]
    RoomEnded,
    /// The node takes no new rooms or peers.
    #[error("the node is full")]
    NodeFull,
    /// The node is overloaded and takes no new rooms for now.
    #[error("the node is overloaded")]
    NodeBusy,
    /// Too many messages or bytes.
    #[error("too many messages")]
    TooFast,
}
