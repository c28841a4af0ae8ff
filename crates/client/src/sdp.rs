//! Session descriptions from the client's side: the offer written, the node's answer read (RFC 9429, RFC 8866).
//!
//! The offer has the lines that Chromium writes for the same call, as far as a node looks at them: numbers of payload
//! types and extensions included.

mod answer;
mod offer;

pub(crate) use answer::{Answer, AnsweredMedia};
pub(crate) use offer::{DATA_MID, Line, LineRole, OfferTransport, Vp9, write as write_offer};

use thiserror::Error;

/// Why an answer is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AnswerError {
    /// Something that a call needs is not in it.
    #[error("the answer has no {0}")]
    Missing(&'static str),
    /// A line that cannot be read.
    #[error("the answer's {0} cannot be read")]
    Malformed(&'static str),
}
