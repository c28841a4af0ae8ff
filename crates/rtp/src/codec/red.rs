//! Redundant audio: earlier frames again in front of the new one (RFC 2198 §3).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |1|  block PT   |      timestamp offset     |   block length    |   a redundant block
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |0|  block PT   |   the primary block: ends the list, has the rest
//! +-+-+-+-+-+-+-+-+
//! | redundant data ... primary data ...
//! ```
//!
//! A block is handed out as bytes whatever its payload type: RED inside RED is not opened.

use crate::error::{ParseError, WriteError};
use crate::units::PayloadType;

/// Redundant blocks in one packet. libwebrtc sends one or two and can be told to send nine.
pub const REDUNDANT_BLOCKS_MAX: usize = 9;

/// Bytes of one redundant block: its length has ten bits.
pub const REDUNDANT_LEN_MAX: usize = 0x3ff;

/// How far back a redundant block reaches, in ticks: its offset has fourteen bits. 341 ms of Opus.
pub const OFFSET_MAX: u16 = 0x3fff;

/// One block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// The codec.
    pub payload_type: PayloadType,
    /// How many ticks before the packet's timestamp this was sampled; 0 in the primary block.
    pub timestamp_offset: u16,
    /// The payload.
    pub data: &'a [u8],
}

/// The blocks of a payload, oldest first, the primary one last. At most [`REDUNDANT_BLOCKS_MAX`] + 1.
#[derive(Debug, Clone)]
pub struct Blocks<'a> {
    headers: &'a [u8],
    data: &'a [u8],
}

impl<'a> Blocks<'a> {
    /// Checks that all headers and the blocks they announce are there.
    ///
    /// # Errors
    /// [`ParseError::Truncated`] or [`ParseError::TooMany`].
    pub fn parse(payload: &'a [u8]) -> Result<Self, ParseError> {
        const CUT: ParseError = ParseError::Truncated("RED header");
        let mut announced = 0;
        let mut at = 0;
        for _ in 0..=REDUNDANT_BLOCKS_MAX {
            let rest = payload.get(at..).unwrap_or_default();
            let first = rest.first().ok_or(CUT)?;
            if first & 0x80 == 0 {
                let (headers, data) = payload.split_at_checked(at + 1).ok_or(CUT)?;
                if announced > data.len() {
                    return Err(ParseError::Truncated("RED block"));
                }
                return Ok(Self { headers, data });
            }
            announced += len_of(rest.first_chunk().ok_or(CUT)?);
            at += 4;
        }
        Err(ParseError::TooMany("RED blocks"))
    }

    /// The new frame.
    #[must_use]
    pub fn primary(&self) -> Option<Block<'a>> {
        self.clone().last()
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        if let Some((header, headers)) = self.headers.split_first_chunk::<4>() {
            let (data, after) = self.data.split_at_checked(len_of(header))?;
            (self.headers, self.data) = (headers, after);
            return Some(Block {
                payload_type: PayloadType::from_low_bits(header[0]),
                timestamp_offset: u16::from_be_bytes([header[1], header[2]]) >> 2,
                data,
            });
        }
        let (&last, after) = self.headers.split_first()?;
        self.headers = after;
        Some(Block {
            payload_type: PayloadType::from_low_bits(last),
            timestamp_offset: 0,
            data: core::mem::take(&mut self.data),
        })
    }
}

/// Writes a payload and gives its length: `redundant`, oldest first, then the primary block.
///
/// # Errors
/// [`WriteError::BufferFull`], or [`WriteError::OutOfRange`] for too many blocks or one that is too long or too old.
pub fn write(
    buffer: &mut [u8],
    redundant: &[Block<'_>],
    (payload_type, primary): (PayloadType, &[u8]),
) -> Result<usize, WriteError> {
    const FULL: WriteError = WriteError::BufferFull("RED payload");
    if redundant.len() > REDUNDANT_BLOCKS_MAX {
        return Err(WriteError::OutOfRange("number of RED blocks"));
    }
    let (headers, mut rest) = buffer.split_at_mut_checked(4 * redundant.len() + 1).ok_or(FULL)?;
    let (last, headers) = headers.split_last_mut().ok_or(FULL)?;
    *last = payload_type.get();
    let mut len = 4 * redundant.len() + 1;
    for (header, block) in headers.as_chunks_mut::<4>().0.iter_mut().zip(redundant) {
        if block.data.len() > REDUNDANT_LEN_MAX || block.timestamp_offset > OFFSET_MAX {
            return Err(WriteError::OutOfRange("RED block"));
        }
        let fields = (u32::from(block.timestamp_offset) << 10) | block.data.len() as u32;
        let [_, high, middle, low] = fields.to_be_bytes();
        *header = [0x80 | block.payload_type.get(), high, middle, low];
        rest = put(rest, block.data).ok_or(FULL)?;
        len += block.data.len();
    }
    put(rest, primary).ok_or(FULL)?;
    Ok(len + primary.len())
}

/// Copies `data` to the front of `into`; what is behind it.
fn put<'b>(into: &'b mut [u8], data: &[u8]) -> Option<&'b mut [u8]> {
    let (place, rest) = into.split_at_mut_checked(data.len())?;
    place.copy_from_slice(data);
    Some(rest)
}

const fn len_of(header: &[u8; 4]) -> usize {
    u16::from_be_bytes([header[2] & 0x03, header[3]]) as usize
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn split(payload: &[u8]) -> Result<Vec<(u8, u16, Vec<u8>)>, ParseError> {
        let blocks = Blocks::parse(payload)?;
        Ok(blocks.map(|b| (b.payload_type.get(), b.timestamp_offset, b.data.to_vec())).collect())
    }

    #[test]
    fn blocks_come_oldest_first_and_the_primary_takes_the_rest() {
        // Two redundant blocks, 1920 and 960 ticks old, of two bytes and one.
        let payload = [0xef, 0x1e, 0x00, 2, 0xef, 0x0f, 0x00, 1, 0x6f, b'a', b'b', b'c', b'd', b'e'];

        assert_eq!(
            split(&payload).unwrap(),
            [(111, 1920, b"ab".to_vec()), (111, 960, b"c".to_vec()), (111, 0, b"de".to_vec())]
        );
        assert_eq!(Blocks::parse(&payload).unwrap().primary().unwrap().data, b"de");
    }

    #[test]
    fn offset_and_length_share_their_middle_byte() {
        let mut payload = std::vec![0x80 | 96, 0xff, 0xff, 0xff, 97];
        payload.extend([7; 1023]);

        let blocks = split(&payload).unwrap();

        assert_eq!((blocks[0].1, blocks[0].2.len()), (0x3fff, 1023));
        assert_eq!(blocks[1].2, []);
    }

    #[test]
    fn announced_bytes_must_be_there() {
        let payload = [0xef, 0, 0, 2, 0x6f, 1, 2];
        assert!(split(&payload).is_ok());
        for len in 0..payload.len() {
            assert!(split(&payload[..len]).is_err(), "{len}");
        }
    }

    #[test]
    fn the_number_of_blocks_is_bounded() {
        let header = [0xef, 0, 0, 0];
        let payload = |count: usize| [header.repeat(count), [0x6f].to_vec()].concat();

        assert_eq!(split(&payload(REDUNDANT_BLOCKS_MAX)).unwrap().len(), REDUNDANT_BLOCKS_MAX + 1);
        assert_eq!(split(&payload(REDUNDANT_BLOCKS_MAX + 1)), Err(ParseError::TooMany("RED blocks")));
    }

    fn block(timestamp_offset: u16, data: &[u8]) -> Block<'_> {
        Block { payload_type: PayloadType::new(111).unwrap(), timestamp_offset, data }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let opus = PayloadType::new(111).unwrap();
        let mut buffer = [0xff; 32];

        let len = write(&mut buffer, &[block(1920, b"ab"), block(960, b"c")], (opus, b"de")).unwrap();

        assert_eq!(
            split(&buffer[..len]).unwrap(),
            [(111, 1920, b"ab".to_vec()), (111, 960, b"c".to_vec()), (111, 0, b"de".to_vec())]
        );
        assert_eq!(write(&mut buffer, &[], (opus, b"de")), Ok(3));
        assert_eq!(buffer[..3], [111, b'd', b'e']);
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let opus = PayloadType::new(111).unwrap();
        let long = [0; REDUNDANT_LEN_MAX + 1];
        let mut buffer = [0; 4096];

        let mut fits = |redundant: &[Block<'_>]| write(&mut buffer, redundant, (opus, b"p")).is_ok();
        assert!(fits(&[block(OFFSET_MAX, &long[1..])]));
        assert!(!fits(&[block(OFFSET_MAX + 1, b"")]));
        assert!(!fits(&[block(960, &long)]));
        assert!(fits(&[block(960, b"a"); REDUNDANT_BLOCKS_MAX]));
        assert!(!fits(&[block(960, b"a"); REDUNDANT_BLOCKS_MAX + 1]));
        for len in 0..8 {
            assert!(write(&mut buffer[..len], &[block(960, b"ab")], (opus, b"p")).is_err(), "{len}");
        }
        assert_eq!(write(&mut buffer[..8], &[block(960, b"ab")], (opus, b"p")), Ok(8));
    }

    #[test]
    fn red_inside_red_stays_closed() {
        let inner = [0xef, 0, 0, 0, 0x6f];
        let payload = [&[63][..], &inner].concat();

        assert_eq!(split(&payload).unwrap(), [(63, 0, inner.to_vec())]);
    }
}
