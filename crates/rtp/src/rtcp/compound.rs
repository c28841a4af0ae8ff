//! Splits a datagram into RTCP packets (RFC 3550 §6.1, §A.2).

use super::{HEADER_LEN, Packet, RawPacket, packet_type};
use crate::error::ParseError;
use crate::header::VERSION;

/// Packets in one datagram. A browser sends a report, a source description and a handful of feedback; hundreds of
/// four-byte packets are an attempt to make us work.
pub const COMPOUND_PACKETS_MAX: usize = 32;

const PADDING_BIT: u8 = 0x20;
const COUNT_MASK: u8 = 0x1f;

/// The packets of one datagram, in order.
#[derive(Debug, Clone)]
pub struct Compound<'a> {
    rest: &'a [u8],
}

impl<'a> Compound<'a> {
    /// Checks the whole chain: versions, lengths that end where the datagram ends, padding that fits.
    ///
    /// Reduced-size datagrams are accepted, as browsers send them once `a=rtcp-rsize` is agreed on. Padding is accepted
    /// of any length and in any packet, not in whole words and in the last only: that is how browsers pad
    /// transport-wide feedback.
    ///
    /// # Errors
    /// The first thing that is wrong, or [`ParseError::TooMany`] above [`COMPOUND_PACKETS_MAX`]. An empty datagram is
    /// truncated.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, ParseError> {
        let mut rest = datagram;
        for _ in 0..COMPOUND_PACKETS_MAX {
            (_, rest) = split(rest)?;
            if rest.is_empty() {
                return Ok(Self { rest: datagram });
            }
        }
        Err(ParseError::TooMany("RTCP packets"))
    }

    /// Whether it begins without a report (RFC 5506 §3.4.1): allowed only to peers that agreed to it.
    #[must_use]
    pub fn is_reduced_size(&self) -> bool {
        let first = self.rest.get(1).copied();
        !matches!(first, Some(packet_type::SENDER_REPORT | packet_type::RECEIVER_REPORT))
    }
}

impl<'a> Iterator for Compound<'a> {
    type Item = Result<Packet<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match split(self.rest) {
            Ok((packet, rest)) => {
                self.rest = rest;
                Some(packet.interpret())
            }
            Err(error) => {
                // `parse` has walked the same chain, so this is not reached; if it were, the walk would end.
                self.rest = &[];
                Some(Err(error))
            }
        }
    }
}

fn split(bytes: &[u8]) -> Result<(RawPacket<'_>, &[u8]), ParseError> {
    let &[first, packet_type, high, low] =
        bytes.first_chunk::<HEADER_LEN>().ok_or(ParseError::Truncated("RTCP header"))?;
    if first >> 6 != VERSION {
        return Err(ParseError::Version(first >> 6));
    }
    let len = HEADER_LEN * (usize::from(u16::from_be_bytes([high, low])) + 1);
    let (packet, rest) = bytes.split_at_checked(len).ok_or(ParseError::Truncated("RTCP packet"))?;
    let mut body = packet.get(HEADER_LEN..).unwrap_or_default();
    if first & PADDING_BIT != 0 {
        let padding = body.last().copied().unwrap_or_default();
        let error = ParseError::Padding { padding, available: body.len() };
        if padding == 0 {
            return Err(error);
        }
        (body, _) =
            body.len().checked_sub(usize::from(padding)).map(|len| body.split_at(len)).ok_or(error)?;
    }
    Ok((RawPacket { count: first & COUNT_MASK, packet_type, body }, rest))
}
