//! Source descriptions (RFC 3550 §6.5). Only the CNAME matters: it says which streams share a clock.
//!
//! ```text
//! chunk: | SSRC | item ... | 0, and zeros up to the next 32-bit boundary |
//! item:  | type: 8 | length: 8 | text |        CNAME is type 1
//! ```

use super::split_ssrc;
use crate::error::ParseError;
use crate::units::Ssrc;

/// Longest CNAME: its length is one byte.
pub const CNAME_LEN_MAX: usize = 255;

pub(super) const CNAME: u8 = 1;
const END: u8 = 0;

/// Descriptions of up to 31 sources.
#[derive(Debug, Clone)]
pub struct SourceDescription<'a> {
    count: u8,
    rest: &'a [u8],
}

/// The description of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceDescriptionChunk<'a> {
    /// The stream.
    pub ssrc: Ssrc,
    /// Its canonical name: equal for all streams of one sender. From outside, so of no meaning but equality.
    pub cname: Option<&'a [u8]>,
}

impl<'a> SourceDescription<'a> {
    /// Checks every chunk, so that [`chunks`](Self::chunks) needs no errors.
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self, ParseError> {
        let mut rest = body;
        for _ in 0..count {
            (_, rest) = split_chunk(rest)?;
        }
        Ok(Self { count, rest: body })
    }

    /// The chunks, in order.
    pub fn chunks(&self) -> impl Iterator<Item = SourceDescriptionChunk<'a>> + use<'a> {
        let mut rest = self.rest;
        (0..self.count).map_while(move |_| {
            let (chunk, after) = split_chunk(rest).ok()?;
            rest = after;
            Some(chunk)
        })
    }
}

fn split_chunk(bytes: &[u8]) -> Result<(SourceDescriptionChunk<'_>, &[u8]), ParseError> {
    const CUT: ParseError = ParseError::Truncated("RTCP source description");
    let (ssrc, items) = split_ssrc(bytes, "RTCP source description")?;
    let mut cname = None;
    let mut at = 0;
    // Every round takes at least two bytes.
    loop {
        let rest = items.get(at..).ok_or(CUT)?;
        match *rest {
            [END, ..] => break,
            [kind, len, ref text @ ..] => {
                let text = text.get(..usize::from(len)).ok_or(CUT)?;
                if kind == CNAME && cname.is_none() {
                    cname = Some(text);
                }
                at += 2 + text.len();
            }
            _ => return Err(CUT),
        }
    }
    // At least one zero ends the chunk, and zeros fill its last word.
    let end = (at + 1).next_multiple_of(4);
    Ok((SourceDescriptionChunk { ssrc, cname }, items.get(end..).ok_or(CUT)?))
}
