//! RTP sequence numbers: 16 bits on the wire, 48 bits inside.
//!
//! ```text
//!   47                                  16 15                    0
//!  +--------------------------------------+-----------------------+
//!  |            rollover counter          |    sequence number    |
//!  +--------------------------------------+-----------------------+
//!        counted by each end, never sent         in every packet
//! ```
//!
//! A receiver guesses the upper part from the highest number it has seen (RFC 3711 §3.3.1): whatever lies within half
//! the 16-bit circle of the highest is taken to be there. The guess never moves the highest back, so packets that
//! arrive late around the wrap keep their place.

use core::fmt;

/// A sequence number as it is on the wire. It has no order: 65535 comes before 0 as often as after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SeqNo(pub u16);

impl SeqNo {
    /// The number `count` packets later.
    #[must_use]
    pub const fn wrapping_add(self, count: u16) -> Self {
        Self(self.0.wrapping_add(count))
    }

    /// How many packets `self` is after `other` on the shorter way round; negative when before.
    /// At exactly half the circle both answers are true; this gives -32768.
    #[must_use]
    pub const fn offset_from(self, other: Self) -> i16 {
        self.0.wrapping_sub(other.0) as i16
    }

    /// Whether `self` comes after `other` on the shorter way round.
    #[must_use]
    pub const fn is_newer_than(self, other: Self) -> bool {
        self.offset_from(other) > 0
    }
}

impl fmt::Display for SeqNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A sequence number with its rollover counter: the 48-bit packet index of RFC 3711. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ExtSeqNo(u64);

impl ExtSeqNo {
    /// The last index that exists. A sender stops or takes new keys before it (RFC 3711 §9.2).
    pub const MAX: Self = Self((1 << 48) - 1);

    /// From the two halves.
    #[must_use]
    pub const fn new(rollover: u32, seq: SeqNo) -> Self {
        Self(((rollover as u64) << 16) | seq.0 as u64)
    }

    /// From a plain count; `None` above 48 bits.
    #[must_use]
    pub const fn from_index(index: u64) -> Option<Self> {
        if index <= Self::MAX.0 { Some(Self(index)) } else { None }
    }

    /// The plain count, below 2^48.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.0
    }

    /// What goes on the wire.
    #[must_use]
    pub const fn seq(self) -> SeqNo {
        SeqNo(self.0 as u16)
    }

    /// How often the wire number has wrapped.
    #[must_use]
    pub const fn rollover(self) -> u32 {
        (self.0 >> 16) as u32
    }

    /// `count` packets later; `None` past the last index.
    #[must_use]
    pub const fn checked_add(self, count: u64) -> Option<Self> {
        match self.0.checked_add(count) {
            Some(index) => Self::from_index(index),
            None => None,
        }
    }

    /// `count` packets earlier; `None` before the first index.
    #[must_use]
    pub const fn checked_sub(self, count: u64) -> Option<Self> {
        match self.0.checked_sub(count) {
            Some(index) => Some(Self(index)),
            None => None,
        }
    }

    /// The packet directly after this one, where `seq` is its number.
    #[inline]
    #[must_use]
    pub const fn followed_by(self, seq: SeqNo) -> Option<Self> {
        if self.seq().0.wrapping_add(1) == seq.0 { self.checked_add(1) } else { None }
    }

    /// How many packets `self` is after `other`; negative when before.
    #[must_use]
    pub const fn offset_from(self, other: Self) -> i64 {
        self.0 as i64 - other.0 as i64
    }
}

impl fmt::Display for ExtSeqNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Extends the sequence numbers of one stream.
///
/// `estimate` and `commit` are apart because SRTP may believe an estimate only after the packet's tag has verified;
/// a receiver without that concern calls [`SeqUnwrapper::extend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeqUnwrapper {
    first_rollover: u32,
    highest: Option<ExtSeqNo>,
}

impl SeqUnwrapper {
    /// The first packet gets rollover 0, as SRTP demands. A packet from before it that arrives later and lies beyond
    /// the wrap has no index.
    #[must_use]
    pub const fn new() -> Self {
        Self::starting_at(0)
    }

    /// The first packet gets this rollover. With 1, every late packet from before the first still has an index.
    #[must_use]
    pub const fn starting_at(first_rollover: u32) -> Self {
        Self { first_rollover, highest: None }
    }

    /// The highest index committed so far.
    #[must_use]
    pub const fn highest(&self) -> Option<ExtSeqNo> {
        self.highest
    }

    /// Where `seq` belongs, by RFC 3711 §3.3.1. `None` when it lies before index 0 or after the last index.
    #[must_use]
    pub const fn estimate(&self, seq: SeqNo) -> Option<ExtSeqNo> {
        const HALF: u16 = 1 << 15;
        let Some(highest) = self.highest else {
            return Some(ExtSeqNo::new(self.first_rollover, seq));
        };
        let last = highest.seq().0;
        let rollover = if last < HALF {
            if seq.0 > last + HALF { highest.rollover().checked_sub(1) } else { Some(highest.rollover()) }
        } else if seq.0 < last - HALF {
            highest.rollover().checked_add(1)
        } else {
            Some(highest.rollover())
        };
        match rollover {
            Some(rollover) => Some(ExtSeqNo::new(rollover, seq)),
            None => None,
        }
    }

    /// Takes an index as received. Only a higher one moves the state.
    pub const fn commit(&mut self, index: ExtSeqNo) {
        match self.highest {
            Some(highest) if highest.0 >= index.0 => {}
            _ => self.highest = Some(index),
        }
    }

    /// [`estimate`](Self::estimate) and [`commit`](Self::commit) in one.
    #[inline]
    pub const fn extend(&mut self, seq: SeqNo) -> Option<ExtSeqNo> {
        // Nearly every packet is the next one.
        if let Some(highest) = self.highest
            && let Some(next) = highest.followed_by(seq)
        {
            self.highest = Some(next);
            return Some(next);
        }
        let index = self.estimate(seq);
        if let Some(index) = index {
            self.commit(index);
        }
        index
    }
}

#[cfg(test)]
mod tests;
