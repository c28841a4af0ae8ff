//! What synthetic media carries inside, so that a receiver can tell whose it is, whether it is whole, and how old.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |     'B'       |     's'       |    source     |    layer      |  0
//! |                         seat tag, 64 bits                     |  4
//! |                                                               |
//! |                         frame number                          | 12
//! |     packet of the frame       |    packets of the frame       | 16
//! |              sent at, in microseconds since 1970, 64 bits     | 20
//! |                                                               |
//! |           CRC-32 of all other bytes, filler included          | 28
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                            filler …                           | 32
//! ```
//!
//! It stands behind what a forwarder may read or change (Opus TOC, VP8 descriptor and frame header), so the checksum
//! holds from end to end.

use protocol::SeatId;
use protocol::signal::Source;

/// Bytes of a stamp.
pub const STAMP_LEN: usize = 32;
const MAGIC: [u8; 2] = *b"Bs";
const CRC_AT: usize = 28;

/// Who sent it: a seat, folded to 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeatTag(pub u64);

impl From<SeatId> for SeatTag {
    fn from(seat: SeatId) -> Self {
        let (high, low) = seat.0.as_u64_pair();
        Self(high.rotate_left(1) ^ low)
    }
}

/// One packet's stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Who sent it.
    pub seat: SeatTag,
    /// Which of their tracks.
    pub source: Source,
    /// Which simulcast layer of it, from the lowest; 0 without simulcast.
    pub layer: u8,
    /// Counts the track's frames from 0, those that a layer leaves out too; for audio its packets.
    pub frame: u32,
    /// Which packet of the frame, from 0.
    pub index: u16,
    /// How many the frame has.
    pub count: u16,
    /// When the frame was made, in microseconds since 1970.
    pub sent_micros: u64,
}

impl Stamp {
    /// Fills `body` with the stamp and with filler behind it. Shorter than [`STAMP_LEN`], it is left alone.
    pub(crate) fn write(&self, body: &mut [u8]) {
        let Some((head, filler)) = body.split_first_chunk_mut::<STAMP_LEN>() else { return };
        head[..2].copy_from_slice(&MAGIC);
        head[2] = source_byte(self.source);
        head[3] = self.layer;
        head[4..12].copy_from_slice(&self.seat.0.to_be_bytes());
        head[12..16].copy_from_slice(&self.frame.to_be_bytes());
        head[16..18].copy_from_slice(&self.index.to_be_bytes());
        head[18..20].copy_from_slice(&self.count.to_be_bytes());
        head[20..28].copy_from_slice(&self.sent_micros.to_be_bytes());
        filler.fill((self.frame as u8) ^ (self.index as u8).rotate_left(4));
        let crc = checksum(&head[..CRC_AT], filler);
        head[CRC_AT..].copy_from_slice(&crc.to_be_bytes());
    }

    /// Reads a body; `None` when it has no stamp, or any byte of it changed.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let (head, filler) = body.split_first_chunk::<STAMP_LEN>()?;
        let crc = u32::from_be_bytes([head[28], head[29], head[30], head[31]]);
        if head[..2] != MAGIC || crc != checksum(&head[..CRC_AT], filler) {
            return None;
        }
        let word = |at: usize| head.get(at..at + 8)?.try_into().ok().map(u64::from_be_bytes);
        Some(Self {
            source: source_of(head[2])?,
            layer: head[3],
            seat: SeatTag(word(4)?),
            frame: u32::from_be_bytes([head[12], head[13], head[14], head[15]]),
            index: u16::from_be_bytes([head[16], head[17]]),
            count: u16::from_be_bytes([head[18], head[19]]),
            sent_micros: word(20)?,
        })
    }
}

fn checksum(head: &[u8], filler: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(filler);
    hasher.finalize()
}

const fn source_byte(source: Source) -> u8 {
    match source {
        Source::Microphone => 1,
        Source::Camera => 2,
        Source::Screen => 3,
        Source::ScreenAudio => 4,
    }
}

const fn source_of(byte: u8) -> Option<Source> {
    match byte {
        1 => Some(Source::Microphone),
        2 => Some(Source::Camera),
        3 => Some(Source::Screen),
        4 => Some(Source::ScreenAudio),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp {
        seat: SeatTag(0x0123_4567_89ab_cdef),
        source: Source::Screen,
        layer: 2,
        frame: 70_000,
        index: 3,
        count: 9,
        sent_micros: 1_790_000_000_000_001,
    };

    #[test]
    fn it_comes_back_from_the_wire() {
        let mut body = [0; 1000];

        STAMP.write(&mut body);

        assert_eq!(Stamp::read(&body), Some(STAMP));
    }

    #[test]
    fn any_changed_bit_and_any_cut_is_noticed() {
        let mut body = [0; 64];
        STAMP.write(&mut body);

        for bit in 0..body.len() * 8 {
            let mut changed = body;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Stamp::read(&changed), None, "bit {bit}");
        }
        for len in 0..body.len() {
            assert_eq!(Stamp::read(&body[..len]), None, "{len} bytes");
        }
    }

    #[test]
    fn seats_have_tags_of_their_own() {
        let [one, two] = [1, 2].map(|id| SeatId(uuid::Uuid::from_u128(id)));

        assert_ne!(SeatTag::from(one), SeatTag::from(two));
    }
}
