//! Which packet indexes were seen: a bitmap of the newest ones, as RFC 3711 §3.3.2 asks for.
//!
//! ```text
//!                 SPAN newest indexes, one bit each          highest
//!   too old  ◀──┤─────────────────────────────────────────────┤  new
//!  ─────────────┴──────────────┬──────────────┬───────────────┴──────▶ index
//!     word n           word n+1        word n+2 ...
//! ```
//!
//! The words are a ring and the window moves by clearing words, never by shifting bits (RFC 6479): a step forward costs
//! the same whatever the window's size. One word more than the span is there, since the highest stands anywhere in its word.

use rtp::{ExtSeqNo, SeqNo, SeqUnwrapper};

/// How far behind the highest an RTP packet may come, in packets: 4 s of 2 Mbit/s video, more than a sender
/// or a NACK takes to repeat. libsrtp in the browsers keeps 1024.
pub const RTP_WINDOW: u64 = span(RTP_WORDS);
/// The same for RTCP. Reports are few, and each of them replaces the one before.
pub const RTCP_WINDOW: u64 = span(RTCP_WORDS);

/// 1024 bits, 128 bytes an SSRC.
pub(crate) const RTP_WORDS: usize = 16;
/// 256 bits, 32 bytes an SSRC.
pub(crate) const RTCP_WORDS: usize = 4;

const WORD_BITS: u64 = u64::BITS as u64;

const fn span(words: usize) -> u64 {
    (words as u64 - 1) * WORD_BITS
}

/// Why an index is not new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stale {
    /// It was accepted before.
    Seen,
    /// It is below the window. Whether it was accepted is not known any more.
    TooOld,
}

/// The newest indexes of one stream. `check` believes nothing, `accept` is for what was authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexWindow<const WORDS: usize> {
    highest: u64,
    words: [u64; WORDS],
}

impl<const WORDS: usize> IndexWindow<WORDS> {
    /// A window whose only index so far is `first`.
    pub(crate) const fn starting_at(first: u64) -> Self {
        let mut window = Self { highest: first, words: [0; WORDS] };
        window.words[Self::slot(first)] = Self::bit(first);
        window
    }

    /// The highest index accepted. It never goes back.
    pub(crate) const fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether `index` is new. Changes nothing.
    pub(crate) const fn check(&self, index: u64) -> Result<(), Stale> {
        if index > self.highest {
            Ok(())
        } else if self.highest - index >= span(WORDS) {
            Err(Stale::TooOld)
        } else if self.words[Self::slot(index)] & Self::bit(index) != 0 {
            Err(Stale::Seen)
        } else {
            Ok(())
        }
    }

    /// Takes an index that `check` called new.
    #[inline]
    pub(crate) fn accept(&mut self, index: u64) {
        debug_assert!(self.check(index).is_ok(), "accept is for indexes that are new");
        if index > self.highest {
            let entered = (index / WORD_BITS - self.highest / WORD_BITS).min(WORDS as u64);
            for word in 0..entered {
                self.words[Self::slot(index - word * WORD_BITS)] = 0;
            }
            self.highest = index;
        }
        self.words[Self::slot(index)] |= Self::bit(index);
    }

    const fn slot(index: u64) -> usize {
        (index / WORD_BITS) as usize % WORDS
    }

    const fn bit(index: u64) -> u64 {
        1 << (index % WORD_BITS)
    }
}

impl IndexWindow<RTP_WORDS> {
    /// How often the sequence number has wrapped, by the highest index.
    pub(crate) const fn rollover(&self) -> u32 {
        (self.highest >> 16) as u32
    }

    /// The index after the highest, where this is its number.
    #[inline]
    pub(crate) fn next(&self, sequence: SeqNo) -> Option<ExtSeqNo> {
        ExtSeqNo::from_index(self.highest)?.followed_by(sequence)
    }

    /// The index of a sequence number, by RFC 3711 §3.3.1: the one nearest to the highest. `None` when that lies
    /// before index 0 or after the last.
    pub(crate) fn estimate(&self, sequence: SeqNo) -> Option<ExtSeqNo> {
        let mut unwrapper = SeqUnwrapper::new();
        unwrapper.commit(ExtSeqNo::from_index(self.highest())?);
        unwrapper.estimate(sequence)
    }
}

#[cfg(test)]
mod tests;
