//! Packet status chunks: 16 bits that say of several packets whether they arrived (§3.1.2 to §3.1.4 of the draft).
//!
//! ```text
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |0| S |        run length       |   that many packets, all with symbol S
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |1|0|  14 symbols of one bit    |   lost, or arrived with a small delta
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |1|1|  7 symbols of two bits    |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

/// Longest run: 13 bits.
const RUN_MAX: u16 = (1 << 13) - 1;
const ONE_BIT_SYMBOLS: u16 = 14;
const TWO_BIT_SYMBOLS: u16 = 7;
const VECTOR: u16 = 0x8000;
const TWO_BIT: u16 = 0x4000;

/// What happened to one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Symbol {
    /// Not received.
    #[default]
    Lost = 0,
    /// Received; the delta is one byte, 0 to 63.75 ms.
    SmallDelta = 1,
    /// Received; the delta is two bytes, signed, up to 8.19 s.
    LargeDelta = 2,
}

impl Symbol {
    const fn from_bits(bits: u16) -> Option<Self> {
        match bits & 3 {
            0 => Some(Self::Lost),
            1 => Some(Self::SmallDelta),
            2 => Some(Self::LargeDelta),
            _ => None,
        }
    }

    /// Bytes that its delta takes.
    pub(super) const fn delta_len(self) -> usize {
        self as usize
    }
}

/// A chunk as it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk(u16);

impl Chunk {
    /// A run of no packets.
    pub(super) const EMPTY: Self = Self(0);

    pub(super) const fn new(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }

    /// How many packets it speaks of, at most.
    pub(super) const fn len(self) -> u16 {
        if self.0 & VECTOR == 0 {
            self.0 & RUN_MAX
        } else if self.0 & TWO_BIT == 0 {
            ONE_BIT_SYMBOLS
        } else {
            TWO_BIT_SYMBOLS
        }
    }

    /// The symbol of one of its packets; `None` for the reserved one.
    pub(super) const fn symbol(self, index: u16) -> Option<Symbol> {
        if self.0 & VECTOR == 0 {
            Symbol::from_bits(self.0 >> 13)
        } else if self.0 & TWO_BIT == 0 {
            Symbol::from_bits(self.0 >> (ONE_BIT_SYMBOLS - 1).saturating_sub(index) & 1)
        } else {
            Symbol::from_bits(self.0 >> (2 * (TWO_BIT_SYMBOLS - 1).saturating_sub(index)))
        }
    }

    pub(super) const fn is_lost_run(self) -> bool {
        self.0 & (VECTOR | 0x6000) == 0
    }

    /// Bytes of deltas for the first `count` of its packets; `None` when one of them has the reserved symbol.
    pub(super) fn delta_len(self, count: u16) -> Option<usize> {
        if self.0 & VECTOR == 0 {
            return Some(self.symbol(0)?.delta_len() * usize::from(count));
        }
        (0..count).map(|index| self.symbol(index).map(Symbol::delta_len)).sum()
    }
}

/// Turns a row of symbols into chunks, greedily: a run as long as it lasts, else a vector.
///
/// At most 14 symbols wait, or a run. What waits always fits one chunk.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ChunkEncoder {
    /// The first of the symbols that wait; the rest of a longer run equals the first.
    waiting: [Symbol; ONE_BIT_SYMBOLS as usize],
    len: u16,
    /// Whether those that wait differ, and whether one of them is of a large delta.
    mixed: bool,
    large: bool,
}

impl ChunkEncoder {
    /// Adds `count` times the same symbol.
    pub(super) fn push(&mut self, symbol: Symbol, mut count: u16, emit: &mut impl FnMut([u8; 2])) {
        while count > 0 {
            if self.len > 0 && !self.mixed && self.waiting[0] == symbol && self.len < RUN_MAX {
                let more = count.min(RUN_MAX - self.len);
                self.extend(symbol, more);
                count -= more;
            } else if self.accepts(symbol) {
                self.extend(symbol, 1);
                count -= 1;
            } else {
                emit(self.take_chunk(false));
            }
        }
    }

    /// Empties it.
    pub(super) fn finish(mut self, emit: &mut impl FnMut([u8; 2])) {
        while self.len > 0 {
            emit(self.take_chunk(true));
        }
    }

    /// How many chunks [`Self::finish`] would emit.
    pub(super) const fn pending(&self) -> usize {
        if self.len == 0 { 0 } else { 1 }
    }

    /// Whether one more symbol keeps it within one vector.
    fn accepts(&self, symbol: Symbol) -> bool {
        let large = self.large || symbol == Symbol::LargeDelta;
        self.len < if large { TWO_BIT_SYMBOLS } else { ONE_BIT_SYMBOLS }
    }

    fn extend(&mut self, symbol: Symbol, count: u16) {
        self.mixed |= self.len > 0 && self.waiting[0] != symbol;
        self.large |= symbol == Symbol::LargeDelta;
        self.waiting.iter_mut().skip(self.len.into()).take(count.into()).for_each(|slot| *slot = symbol);
        self.len += count;
    }

    /// A vector speaks of as many packets as it has room for, so only the `last` chunk, which the status count cuts
    /// off, may have room to spare.
    fn take_chunk(&mut self, last: bool) -> [u8; 2] {
        let (bits, taken) = if !self.mixed {
            (((self.waiting[0] as u16) << 13) | self.len, self.len)
        } else if self.len == ONE_BIT_SYMBOLS || (last && !self.large) {
            self.vector(VECTOR, ONE_BIT_SYMBOLS, 1)
        } else {
            self.vector(VECTOR | TWO_BIT, TWO_BIT_SYMBOLS, 2)
        };
        let rest = *self;
        *self = Self::default();
        // After a run nothing waits; after a vector at most seven symbols do.
        for &symbol in rest.waiting.iter().take(rest.len.into()).skip(taken.into()) {
            self.extend(symbol, 1);
        }
        bits.to_be_bytes()
    }

    /// A vector of the first `room` symbols, or as many as wait.
    fn vector(&self, kind: u16, room: u16, width: u16) -> (u16, u16) {
        let taken = self.len.min(room);
        let symbols = self.waiting.iter().take(taken.into());
        let bits = symbols
            .zip(0..room)
            .fold(0, |bits, (&symbol, index)| bits | ((symbol as u16) << (width * (room - 1 - index))));
        (kind | bits, taken)
    }
}
