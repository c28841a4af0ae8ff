//! Goodbye: streams that end, and perhaps why (RFC 3550 §6.6).

use crate::error::ParseError;
use crate::units::Ssrc;

/// A goodbye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bye<'a> {
    sources: &'a [[u8; 4]],
    reason: Option<&'a [u8]>,
}

impl<'a> Bye<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self, ParseError> {
        const CUT: ParseError = ParseError::Truncated("RTCP goodbye");
        let (sources, rest) = body.split_at_checked(4 * usize::from(count)).ok_or(CUT)?;
        let reason = match rest.split_first() {
            None => None,
            Some((&len, text)) => Some(text.get(..usize::from(len)).ok_or(CUT)?),
        };
        Ok(Self { sources: sources.as_chunks().0, reason })
    }

    /// The streams that end, at most 31.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = Ssrc> + use<'a> {
        self.sources.iter().map(|ssrc| Ssrc(u32::from_be_bytes(*ssrc)))
    }

    /// Why, in the sender's words.
    #[must_use]
    pub const fn reason(&self) -> Option<&'a [u8]> {
        self.reason
    }
}
