//! The cache: the latest packets of one layer of a track, decrypted, stored once for everybody.
//!
//! Fan-out, answers to NACKs and the recorder's tap all read from here; nobody else keeps a packet. Its memory is two
//! rings of fixed size:
//!
//! ```text
//!  slots, by extended sequence modulo their count      bytes, in order of arrival
//!  ┌──────┬──────┬──────┬──────┐                      ┌───────────┬─────┬────────┬───────┐
//!  │ 4096 │ 4097 │ (lost)│ 4095 │ ── start, len ────▶ │ 4097      │ ... │ 4095   │ 4096  │
//!  └──────┴──────┴──────┴──────┘                      └───────────┴─────┴────────┴───────┘
//! ```
//!
//! Payloads are packed, so small packets do not pay for large ones. A packet is gone when its slot is taken by
//! another or when the write position has run over its bytes; both are seen by comparing counts, nothing is swept.

use rtp::ExtSeqNo;

use crate::packet::{Packet, PacketFacts};

/// How much a cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSize {
    /// Packets, a power of two: the index is a mask.
    pub packets: usize,
    /// Payload bytes.
    pub bytes: usize,
}

impl CacheSize {
    /// One second of 1.5 Mbit/s, or a key frame of 190 KB. A NACK that comes later than that finds a frozen picture and
    /// is better answered by a key frame. With the slots it is about 230 KiB, well within 400 KiB a participant.
    pub const VIDEO: Self = Self { packets: 512, bytes: 192 * 1024 };
    /// The highest of several layers: two thirds of a second of 1.5 Mbit/s, or a key frame of 120 KB. What is asked for later
    /// than half a second is a freeze already.
    pub const HIGH: Self = Self { packets: 256, bytes: 120 * 1024 };
    /// The one below it: one second of 500 kbit/s, or a key frame of 60 KB.
    pub const MIDDLE: Self = Self { packets: 128, bytes: 64 * 1024 };
    /// The lowest of three: one second of 190 kbit/s, or a key frame of 23 KB. The three take about 250 KiB together.
    pub const LOW: Self = Self { packets: 128, bytes: 24 * 1024 };
    /// Two and a half seconds of Opus in 20 ms packets, at 50 kbit/s. Later than that nobody plays it.
    pub const AUDIO: Self = Self { packets: 128, bytes: 16 * 1024 };
}

/// What became of a packet offered to the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It is there now.
    New,
    /// It was there already; the first copy stays.
    Duplicate,
    /// It is older than the window, or larger than all of it.
    Refused,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    facts: PacketFacts,
    /// Count of bytes written before it, of all time.
    start: u64,
    /// The same in the ring, so that a read needs no division.
    from: u32,
    len: u16,
    /// Bytes of the dependency descriptor, before those of the payload.
    descriptor: u8,
}

/// The latest packets of one layer of a track.
#[derive(Debug)]
pub struct Cache {
    slots: Vec<Option<Slot>>,
    bytes: Vec<u8>,
    /// Count of bytes written, of all time; what was skipped at the ring's end counts.
    written: u64,
    highest: Option<ExtSeqNo>,
}

impl Cache {
    /// Allocates all it will ever use. The pages are touched as packets come.
    #[must_use]
    pub fn new(size: CacheSize) -> Self {
        Self {
            slots: vec![None; size.packets.next_power_of_two()],
            bytes: vec![0; size.bytes],
            written: 0,
            highest: None,
        }
    }

    /// Stores a copy of a packet without a dependency descriptor.
    pub fn insert(&mut self, facts: &PacketFacts, payload: &[u8]) -> Stored {
        self.insert_with(facts, &[], payload)
    }

    /// Stores a copy of the packet.
    pub fn insert_with(&mut self, facts: &PacketFacts, descriptor: &[u8], payload: &[u8]) -> Stored {
        let at = self.slot_of(facts.sequence);
        if let Some(old) = &self.slots[at] {
            if old.facts.sequence > facts.sequence {
                return Stored::Refused;
            }
            if old.facts.sequence == facts.sequence && self.is_whole(old) {
                return Stored::Duplicate;
            }
        }
        if self.highest.is_some_and(|highest| highest.offset_from(facts.sequence) >= self.slots.len() as i64)
        {
            return Stored::Refused;
        }
        let (Ok(described), Ok(len)) = (u8::try_from(descriptor.len()), u16::try_from(payload.len())) else {
            return Stored::Refused;
        };
        let Some((start, from)) = self.write(descriptor, payload) else {
            return Stored::Refused;
        };
        self.slots[at] = Some(Slot { facts: *facts, start, from: from as u32, len, descriptor: described });
        self.highest = self.highest.max(Some(facts.sequence));
        Stored::New
    }

    /// The packet of this sequence, if it came and is still here.
    #[inline]
    #[must_use]
    pub fn packet(&self, sequence: ExtSeqNo) -> Option<Packet<'_>> {
        let slot = self.slots[self.slot_of(sequence)].as_ref()?;
        if slot.facts.sequence != sequence || !self.is_whole(slot) {
            return None;
        }
        let from = slot.from as usize;
        let middle = from + usize::from(slot.descriptor);
        let payload = self.bytes.get(middle..middle + usize::from(slot.len))?;
        let descriptor = self.bytes.get(from..middle)?;
        Some(Packet { facts: &slot.facts, descriptor, payload })
    }

    /// Copies both to the write position and returns where they start, of all time and in the ring. What would run over
    /// the ring's end starts at its beginning, so that each packet lies in one piece.
    fn write(&mut self, descriptor: &[u8], payload: &[u8]) -> Option<(u64, usize)> {
        let capacity = self.bytes.len() as u64;
        let len = (descriptor.len() + payload.len()) as u64;
        if len > capacity || capacity == 0 {
            return None;
        }
        let to_end = capacity - self.written % capacity;
        let start = if len > to_end { self.written + to_end } else { self.written };
        let from = (start % capacity) as usize;
        let middle = from + descriptor.len();
        self.bytes.get_mut(from..middle)?.copy_from_slice(descriptor);
        self.bytes.get_mut(middle..middle + payload.len())?.copy_from_slice(payload);
        self.written = start + len;
        Some((start, from))
    }

    /// Whether the bytes of a slot have not been run over.
    #[inline]
    fn is_whole(&self, slot: &Slot) -> bool {
        slot.start + self.bytes.len() as u64 >= self.written
    }

    #[inline]
    fn slot_of(&self, sequence: ExtSeqNo) -> usize {
        sequence.index() as usize & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests;
