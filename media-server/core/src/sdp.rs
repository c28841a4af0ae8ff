//! Session descriptions: the client always offers, the node always answers (RFC 9429, RFC 8866).
//!
//! ```text
//!  text ─▶ limits ─▶ rtc-sdp ─▶ Offer ─▶ (peer: what is published, which lanes) ─▶ answer ─▶ text
//!          counted    syntax    what a call needs, checked
//! ```
//!
//! An m-line of the offer publishes a track, or is a lane to receive on, or both. One transport carries all of them
//! (BUNDLE, RTP and RTCP together); its candidates are the node's own, those of the client are not read.

mod answer;
mod codecs;
mod limits;
mod offer;
mod simulcast;

pub(crate) use answer::{Accepted, Answer, CNAME, LaneStreams, write as write_answer};
pub(crate) use codecs::OfferedCodec;
pub(crate) use offer::{Offer, OfferedMedia, UsableMedia};

use protocol::Problem;

/// Why an offer is refused. The words go to developers; nothing of the offer is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OfferError {
    /// Longer, or more of something, than a call needs.
    #[error("too many {0}")]
    TooMany(&'static str),
    /// The same m-line name twice.
    #[error("two m-lines have the same mid")]
    DuplicateMid,
    /// A payload type above 127.
    #[error("a payload type is above 127")]
    PayloadType,
    /// Not SDP.
    #[error("the description cannot be parsed")]
    Syntax,
    /// A value that is wrong by itself.
    #[error("{0} is invalid")]
    Invalid(&'static str),
    /// Good SDP without something that a call needs.
    #[error("the offer has no {0}")]
    Missing(&'static str),
}

impl OfferError {
    /// The word for the client.
    pub(crate) const fn problem(self) -> Problem {
        match self {
            Self::Missing(_) => Problem::UnsupportedSdp,
            _ => Problem::BadSdp,
        }
    }
}

#[cfg(test)]
mod tests;
