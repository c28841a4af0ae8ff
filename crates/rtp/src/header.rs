//! The RTP header: a checked view, rewriting in place, and writing (RFC 3550 §5.1).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |V=2|P|X|  CC   |M|     PT      |       sequence number         |  0
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                           timestamp                           |  4
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                             SSRC                              |  8
//! +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
//! |                     CSRC, CC times (0..=15)                   | 12
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |      profile (if X)           |   length in 32-bit words      |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                     extension elements                        |
//! +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+  header_len
//! |                payload, sealed by SRTP with                   |
//! |                padding and its count (if P)                   |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```
//!
//! Two views, because SRTP seals the padding count: [`RtpHeader`] reads what is clear on the wire and believes
//! nothing about the rest; [`RtpPacket`] reads an opened packet and checks the padding too.

mod writer;

use core::ops::Range;

pub use writer::{HeaderFields, HeaderWriter};

use crate::error::ParseError;
use crate::extension::Extensions;
use crate::sequence::SeqNo;
use crate::units::{PayloadType, RtpTimestamp, Ssrc};

/// The one version of RTP in use.
pub const VERSION: u8 = 2;
/// Bytes up to and including the SSRC.
pub const FIXED_HEADER_LEN: usize = 12;
/// Bytes of an extension block before its elements: profile and length.
pub const EXTENSION_HEADER_LEN: usize = 4;
/// The four bits of CC count no further.
pub const CSRC_COUNT_MAX: usize = 15;

const PADDING_BIT: u8 = 0x20;
const EXTENSION_BIT: u8 = 0x10;
const CSRC_COUNT_MASK: u8 = 0x0f;
const MARKER_BIT: u8 = 0x80;

/// Bytes before the payload: fixed header, CSRCs and the extension block. What SRTP authenticates but does not seal.
///
/// # Errors
/// When the bytes are no RTP header or end within it. The padding is not looked at.
pub fn header_len(packet: &[u8]) -> Result<usize, ParseError> {
    RtpHeader::parse(packet).map(|header| header.wire_len())
}

/// A view over the header of a packet whose payload may still be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpHeader<'a> {
    fixed: &'a [u8; FIXED_HEADER_LEN],
    /// Everything up to the payload, `fixed` included.
    bytes: &'a [u8],
    /// Where the extension block starts in `bytes`; its end when there is none.
    extension_at: usize,
}

impl<'a> RtpHeader<'a> {
    /// Checks the lengths once; every accessor after that is free of errors.
    ///
    /// # Errors
    /// [`ParseError::Version`] or [`ParseError::Truncated`].
    #[inline]
    pub fn parse(packet: &'a [u8]) -> Result<Self, ParseError> {
        let fixed = packet.first_chunk::<FIXED_HEADER_LEN>().ok_or(ParseError::Truncated("RTP header"))?;
        let version = fixed[0] >> 6;
        if version != VERSION {
            return Err(ParseError::Version(version));
        }
        let extension_at = FIXED_HEADER_LEN + 4 * usize::from(fixed[0] & CSRC_COUNT_MASK);
        let mut end = extension_at;
        if fixed[0] & EXTENSION_BIT != 0 {
            let [_, _, high, low] = *packet
                .get(extension_at..)
                .and_then(|block| block.first_chunk::<EXTENSION_HEADER_LEN>())
                .ok_or(ParseError::Truncated("RTP extension header"))?;
            end += EXTENSION_HEADER_LEN + 4 * usize::from(u16::from_be_bytes([high, low]));
        }
        let bytes = packet.get(..end).ok_or(ParseError::Truncated("RTP CSRC list or extension"))?;
        Ok(Self { fixed, bytes, extension_at })
    }

    /// Bytes before the payload.
    #[must_use]
    pub const fn wire_len(&self) -> usize {
        self.bytes.len()
    }

    /// The header's own bytes: the associated data of AEAD SRTP (RFC 7714 §8.2).
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether the payload says that it ends in padding.
    #[must_use]
    pub const fn has_padding(&self) -> bool {
        self.fixed[0] & PADDING_BIT != 0
    }

    /// Whether an extension block is there, of whatever profile.
    #[must_use]
    pub const fn has_extension(&self) -> bool {
        self.fixed[0] & EXTENSION_BIT != 0
    }

    /// The marker: end of a video frame, start of an audio talk spurt.
    #[must_use]
    pub const fn marker(&self) -> bool {
        self.fixed[1] & MARKER_BIT != 0
    }

    /// Which codec, by the numbering of the session description.
    #[must_use]
    pub const fn payload_type(&self) -> PayloadType {
        PayloadType::from_low_bits(self.fixed[1])
    }

    /// The sequence number.
    #[must_use]
    pub const fn sequence(&self) -> SeqNo {
        SeqNo(u16::from_be_bytes([self.fixed[2], self.fixed[3]]))
    }

    /// The sampling instant, in ticks of the payload type's clock.
    #[must_use]
    pub const fn timestamp(&self) -> RtpTimestamp {
        RtpTimestamp(u32::from_be_bytes([self.fixed[4], self.fixed[5], self.fixed[6], self.fixed[7]]))
    }

    /// The stream.
    #[must_use]
    pub const fn ssrc(&self) -> Ssrc {
        Ssrc(u32::from_be_bytes([self.fixed[8], self.fixed[9], self.fixed[10], self.fixed[11]]))
    }

    /// The contributing sources, at most [`CSRC_COUNT_MAX`].
    pub fn csrcs(&self) -> impl ExactSizeIterator<Item = Ssrc> + 'a {
        let list = self.bytes.get(FIXED_HEADER_LEN..self.extension_at).unwrap_or_default();
        list.as_chunks::<4>().0.iter().map(|id| Ssrc(u32::from_be_bytes(*id)))
    }

    /// The profile of the extension block, if there is one.
    #[must_use]
    pub fn extension_profile(&self) -> Option<u16> {
        let block = self.bytes.get(self.extension_at..)?;
        block.first_chunk::<2>().map(|profile| u16::from_be_bytes(*profile))
    }

    /// Where the extension block lies in the packet, its four-byte header included. Empty when there is none.
    #[must_use]
    pub const fn extension_range(&self) -> Range<usize> {
        self.extension_at..self.bytes.len()
    }

    /// The RFC 8285 elements. Empty without a block, or with one of another profile.
    #[inline]
    #[must_use]
    pub fn extensions(&self) -> Extensions<'a> {
        Extensions::of_block(self.bytes.get(self.extension_at..).unwrap_or_default(), self.extension_at)
    }
}

/// A view over a packet in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpPacket<'a> {
    header: RtpHeader<'a>,
    payload: &'a [u8],
    padding_len: u8,
}

impl<'a> RtpPacket<'a> {
    /// Checks header and padding.
    ///
    /// # Errors
    /// As [`RtpHeader::parse`], and [`ParseError::Padding`] when the count is zero or reaches into the header.
    #[inline]
    pub fn parse(packet: &'a [u8]) -> Result<Self, ParseError> {
        let header = RtpHeader::parse(packet)?;
        let body = packet.get(header.wire_len()..).unwrap_or_default();
        if !header.has_padding() {
            return Ok(Self { header, payload: body, padding_len: 0 });
        }
        let padding_len = body.last().copied().unwrap_or_default();
        let payload = match body.len().checked_sub(usize::from(padding_len)) {
            Some(len) if padding_len > 0 => body.get(..len),
            _ => None,
        };
        let available = body.len();
        let payload = payload.ok_or(ParseError::Padding { padding: padding_len, available })?;
        Ok(Self { header, payload, padding_len })
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &RtpHeader<'a> {
        &self.header
    }

    /// The payload without padding. Empty in a packet that is padding only, as a bandwidth probe is.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Where the payload lies in the packet.
    #[must_use]
    pub const fn payload_range(&self) -> Range<usize> {
        self.header.wire_len()..self.header.wire_len() + self.payload.len()
    }

    /// Bytes of padding, its count byte included.
    #[must_use]
    pub const fn padding_len(&self) -> u8 {
        self.padding_len
    }
}

/// Rewrites the fixed header in place. Each method is one or two stores; lengths were checked on construction.
#[derive(Debug)]
pub struct HeaderMut<'a>(&'a mut [u8; FIXED_HEADER_LEN]);

impl<'a> HeaderMut<'a> {
    /// Over the first bytes of a packet.
    ///
    /// # Errors
    /// [`ParseError::Truncated`] below [`FIXED_HEADER_LEN`] bytes. The content is not checked.
    #[inline]
    pub fn new(packet: &'a mut [u8]) -> Result<Self, ParseError> {
        packet.first_chunk_mut().map(Self).ok_or(ParseError::Truncated("RTP header"))
    }

    /// Sets or clears P. Whoever clears it also cuts the padding off the packet.
    pub const fn set_padding(&mut self, padding: bool) {
        self.0[0] = (self.0[0] & !PADDING_BIT) | if padding { PADDING_BIT } else { 0 };
    }

    /// Sets or clears the marker.
    pub const fn set_marker(&mut self, marker: bool) {
        self.0[1] = (self.0[1] & !MARKER_BIT) | if marker { MARKER_BIT } else { 0 };
    }

    /// Sets the payload type.
    pub const fn set_payload_type(&mut self, payload_type: PayloadType) {
        self.0[1] = (self.0[1] & MARKER_BIT) | payload_type.get();
    }

    /// Sets the sequence number.
    pub fn set_sequence(&mut self, sequence: SeqNo) {
        self.0[2..4].copy_from_slice(&sequence.0.to_be_bytes());
    }

    /// Sets the timestamp.
    pub fn set_timestamp(&mut self, timestamp: RtpTimestamp) {
        self.0[4..8].copy_from_slice(&timestamp.0.to_be_bytes());
    }

    /// Sets the SSRC.
    pub fn set_ssrc(&mut self, ssrc: Ssrc) {
        self.0[8..12].copy_from_slice(&ssrc.0.to_be_bytes());
    }
}

#[cfg(test)]
mod tests;
