//! Retransmission payloads (RFC 4588 §4): the original sequence number, then the original payload.
//!
//! The stream that carries them has its own SSRC and sequence, so a packet is never sealed twice under one index.
//! An empty payload, or padding alone, is a bandwidth probe and no retransmission.

use crate::error::{ParseError, WriteError};
use crate::sequence::SeqNo;

/// Bytes in front of the original payload.
pub const ORIGINAL_SEQUENCE_LEN: usize = 2;

/// The original sequence number and payload.
///
/// # Errors
/// [`ParseError::Truncated`] below two bytes.
pub fn parse(payload: &[u8]) -> Result<(SeqNo, &[u8]), ParseError> {
    let (sequence, original) = payload.split_first_chunk().ok_or(ParseError::Truncated("RTX payload"))?;
    Ok((SeqNo(u16::from_be_bytes(*sequence)), original))
}

/// Writes the original sequence number and gives its length; the original payload goes right behind it.
///
/// # Errors
/// [`WriteError::BufferFull`].
pub fn write(buffer: &mut [u8], original: SeqNo) -> Result<usize, WriteError> {
    let field = buffer.first_chunk_mut().ok_or(WriteError::BufferFull("RTX payload"))?;
    *field = original.0.to_be_bytes();
    Ok(ORIGINAL_SEQUENCE_LEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_original_number_stands_before_the_payload() {
        let mut payload = [0, 0, 7, 8];

        assert_eq!(write(&mut payload, SeqNo(0x1234)), Ok(2));

        assert_eq!(parse(&payload), Ok((SeqNo(0x1234), &[7, 8][..])));
        assert!(parse(&payload[..1]).is_err());
        assert!(write(&mut payload[..1], SeqNo(0)).is_err());
    }
}
