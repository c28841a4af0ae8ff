//! Generic NACK: which packets are missed (RFC 4585 §6.2.1).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |      PID: a lost packet       |  BLP: bit i, that PID + 1 + i |  as often as needed
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use super::feedback;
use crate::error::ParseError;
use crate::sequence::SeqNo;
use crate::units::Ssrc;

/// Packets that one pair of PID and BLP can name.
pub const LOST_PER_PAIR: usize = 17;

/// A request for packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nack<'a> {
    /// Who asks.
    pub sender: Ssrc,
    /// Of which stream.
    pub media: Ssrc,
    pairs: &'a [[u8; 4]],
}

impl<'a> Nack<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, ParseError> {
        let (sender, media, control) = feedback(body, "RTCP NACK")?;
        Ok(Self { sender, media, pairs: control.as_chunks().0 })
    }

    /// The packets, in the order of the wire and with repetitions if the sender repeats itself: at most
    /// [`LOST_PER_PAIR`] for each four bytes. How many to answer is for the caller to bound.
    pub fn lost(&self) -> impl Iterator<Item = SeqNo> + use<'a> {
        self.pairs.iter().flat_map(|&[p0, p1, b0, b1]| {
            let first = SeqNo(u16::from_be_bytes([p0, p1]));
            let others = u16::from_be_bytes([b0, b1]);
            let others = (0..16).filter(move |bit| others >> bit & 1 != 0);
            core::iter::once(first).chain(others.map(move |bit| first.wrapping_add(bit + 1)))
        })
    }
}

/// Packs sequence numbers into pairs. Ascending numbers pack best; others are right all the same.
#[derive(Debug)]
pub(super) struct Pairs<I> {
    lost: I,
    /// A number that did not fit the previous pair.
    next: Option<SeqNo>,
}

impl<I: Iterator<Item = SeqNo>> Pairs<I> {
    pub(super) fn new(mut lost: I) -> Self {
        let next = lost.next();
        Self { lost, next }
    }
}

impl<I: Iterator<Item = SeqNo>> Iterator for Pairs<I> {
    type Item = [u8; 4];

    fn next(&mut self) -> Option<[u8; 4]> {
        let first = self.next.take()?;
        let mut others = 0u16;
        for lost in self.lost.by_ref() {
            match lost.offset_from(first) {
                0 => {}
                after @ 1..=16 => others |= 1 << (after - 1),
                _ => {
                    self.next = Some(lost);
                    break;
                }
            }
        }
        let ([p0, p1], [b0, b1]) = (first.0.to_be_bytes(), others.to_be_bytes());
        Some([p0, p1, b0, b1])
    }
}
