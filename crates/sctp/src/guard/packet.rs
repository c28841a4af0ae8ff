//! The shape of SCTP packets, as far as the guard must know it (RFC 9260 §3).
//!
//! ```text
//!  ports │ tag │ checksum │ kind, flags, length │ value, padded to 4 │ kind, …
//!    4      4       4              4
//! ```

/// The longest packet that is read: browsers fill a datagram of 1200 to 1280 bytes, none an Ethernet frame.
const MAX_RECEIVED_LEN: usize = 1500;
/// Ports, verification tag, checksum.
pub(crate) const HEADER_LEN: usize = 12;
const CHUNK_HEADER_LEN: usize = 4;
/// Tag, window, streams out and in, first number; with the chunk's header.
const INIT_LEN: usize = 20;
/// Number, stream, number in the stream, protocol; with the chunk's header.
const DATA_HEADER_LEN: usize = 16;
const SACK_HEADER_LEN: usize = 16;
/// A cookie of the node has 32 bytes.
const MAX_COOKIE_LEN: usize = 512;
/// The longest information of a heartbeat: it is sent back. Browsers put less than fifty bytes in.
const MAX_HEARTBEAT_LEN: usize = 256;

pub(super) const DATA: u8 = 0;
pub(super) const INIT: u8 = 1;
pub(super) const INIT_ACK: u8 = 2;
pub(super) const SACK: u8 = 3;
pub(super) const HEARTBEAT: u8 = 4;
pub(super) const ABORT: u8 = 6;
pub(super) const SHUTDOWN: u8 = 7;
pub(super) const SHUTDOWN_ACK: u8 = 8;
pub(super) const COOKIE_ECHO: u8 = 10;
pub(super) const COOKIE_ACK: u8 = 11;
pub(super) const SHUTDOWN_COMPLETE: u8 = 14;
pub(super) const RE_CONFIG: u8 = 130;

const HEARTBEAT_INFO: u16 = 1;
const STATE_COOKIE: u16 = 7;

const UNORDERED: u8 = 4;

/// A packet whose header is there and whose checksum is right.
pub(super) struct Packet<'a> {
    bytes: &'a [u8],
    pub(super) tag: u32,
}

/// A chunk of a packet.
pub(super) struct Chunk<'a> {
    pub(super) kind: u8,
    flags: u8,
    /// With its header, without padding.
    pub(super) bytes: &'a [u8],
}

/// A chunk whose length is wrong.
#[derive(Debug)]
pub(super) struct Malformed;

impl<'a> Packet<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() > MAX_RECEIVED_LEN {
            return None;
        }
        let sum = u32::from_le_bytes(bytes.get(8..HEADER_LEN)?.try_into().ok()?);
        let tag = word(bytes, 4)?;
        (sum == checksum(bytes)).then_some(Self { bytes, tag })
    }

    pub(super) fn chunks(&self) -> Chunks<'a> {
        Chunks(self.bytes.get(HEADER_LEN..).unwrap_or_default())
    }

    /// Whether nothing else is in the packet.
    pub(super) fn is_only(&self, chunk: &Chunk<'_>) -> bool {
        self.bytes.len() == HEADER_LEN + chunk.bytes.len().next_multiple_of(4)
    }

    /// A packet with this header, without chunks.
    pub(super) fn begin(&self) -> Admitted {
        Admitted(self.bytes.get(..HEADER_LEN).unwrap_or_default().to_vec())
    }
}

/// What is left of a packet's chunks.
pub(super) struct Chunks<'a>(&'a [u8]);

impl<'a> Chunks<'a> {
    pub(super) fn next_chunk(&mut self) -> Option<Result<Chunk<'a>, Malformed>> {
        if self.0.is_empty() {
            return None;
        }
        let found = self.split();
        if found.is_none() {
            self.0 = &[];
        }
        Some(found.ok_or(Malformed))
    }

    fn split(&mut self) -> Option<Chunk<'a>> {
        let kind = *self.0.first()?;
        let flags = *self.0.get(1)?;
        let len = usize::from(half(self.0, 2)?);
        if len < CHUNK_HEADER_LEN {
            return None;
        }
        let bytes = self.0.get(..len)?;
        // The padding of the last one may be missing.
        self.0 = self.0.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some(Chunk { kind, flags, bytes })
    }
}

/// The head of a DATA chunk.
pub(super) struct Data {
    pub(super) number: u32,
    pub(super) stream: u16,
    pub(super) is_unordered: bool,
    pub(super) len: usize,
}

/// An INIT or INIT ACK.
pub(super) struct Init<'a> {
    pub(super) tag: u32,
    pub(super) first: u32,
    bytes: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// `None` for a chunk without content (RFC 9260 §3.3.1).
    pub(super) fn data(&self) -> Option<Data> {
        let len = self.bytes.len().checked_sub(DATA_HEADER_LEN).filter(|len| *len > 0)?;
        let number = word(self.bytes, 4)?;
        let stream = half(self.bytes, 8)?;
        Some(Data { number, stream, is_unordered: self.flags & UNORDERED != 0, len })
    }

    /// `None` when it opens nothing (RFC 9260 §3.3.2).
    pub(super) fn init(&self) -> Option<Init<'a>> {
        let (tag, first) = (word(self.bytes, 4)?, word(self.bytes, 16)?);
        let (out, inward) = (half(self.bytes, 12)?, half(self.bytes, 14)?);
        (tag != 0 && out != 0 && inward != 0).then_some(Init { tag, first, bytes: self.bytes })
    }

    /// How many chunks the blocks of a SACK name; `None` when it is not as long as it says, or a block ends before it begins.
    pub(super) fn acked(&self) -> Option<usize> {
        let (gaps, doubles) = (usize::from(half(self.bytes, 12)?), usize::from(half(self.bytes, 14)?));
        if self.bytes.len() != SACK_HEADER_LEN + 4 * (gaps + doubles) {
            return None;
        }
        let blocks = self.bytes.get(SACK_HEADER_LEN..SACK_HEADER_LEN + 4 * gaps)?;
        blocks.chunks_exact(4).try_fold(0, |sum, block| {
            let (from, to) = (usize::from(half(block, 0)?), usize::from(half(block, 2)?));
            (1..=to).contains(&from).then(|| sum + to + 1 - from)
        })
    }

    /// Whether it holds one information, as long as it says.
    pub(super) fn is_heartbeat(&self) -> bool {
        let len = self.bytes.len() - CHUNK_HEADER_LEN;
        (CHUNK_HEADER_LEN..=MAX_HEARTBEAT_LEN).contains(&len)
            && half(self.bytes, 4) == Some(HEARTBEAT_INFO)
            && half(self.bytes, 6).map(usize::from) == Some(len)
    }
}

impl Init<'_> {
    pub(super) fn without_parameters(&self) -> Vec<u8> {
        let mut cut = self.bytes.get(..INIT_LEN).unwrap_or_default().to_vec();
        set_len(&mut cut);
        cut
    }

    /// `None` without a cookie.
    pub(super) fn with_cookie_only(&self) -> Option<Vec<u8>> {
        let mut rest = self.bytes.get(INIT_LEN..)?;
        loop {
            let (kind, len) = (half(rest, 0)?, usize::from(half(rest, 2)?));
            let parameter = rest.get(..len)?;
            if kind == STATE_COOKIE && (CHUNK_HEADER_LEN + 1..=MAX_COOKIE_LEN).contains(&len) {
                let mut cut = self.without_parameters();
                cut.extend(parameter);
                set_len(&mut cut);
                return Some(cut);
            }
            rest = rest.get(len.next_multiple_of(4).max(CHUNK_HEADER_LEN)..)?;
        }
    }
}

fn set_len(chunk: &mut [u8]) {
    let len = (chunk.len() as u16).to_be_bytes();
    if let Some(field) = chunk.get_mut(2..4) {
        field.copy_from_slice(&len);
    }
}

/// A packet that is being put together.
pub(super) struct Admitted(Vec<u8>);

impl Admitted {
    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.0.extend(chunk);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.len() <= HEADER_LEN
    }

    /// Writes the checksum.
    pub(super) fn seal(mut self) -> Vec<u8> {
        let sum = checksum(&self.0).to_le_bytes();
        if let Some(field) = self.0.get_mut(8..HEADER_LEN) {
            field.copy_from_slice(&sum);
        }
        self.0
    }
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// CRC-32C with the field itself as zero (RFC 9260 appendix A).
fn checksum(packet: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for (at, byte) in packet.iter().enumerate() {
        let byte = if (8..HEADER_LEN).contains(&at) { 0 } else { *byte };
        crc = TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8);
    }
    !crc
}

/// The reflected polynomial of Castagnoli, byte by byte.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut crc = at as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ 0x82F6_3B78 };
            bit += 1;
        }
        table[at] = crc;
        at += 1;
    }
    table
};

/// For tests: a packet of these chunks.
#[cfg(test)]
pub(super) fn packet_of(tag: u32, chunks: &[&[u8]]) -> Vec<u8> {
    let mut packet = vec![0x13, 0x88, 0x13, 0x88];
    packet.extend(tag.to_be_bytes());
    packet.extend([0; 4]);
    let mut packet = Admitted(packet);
    for chunk in chunks {
        packet.push(chunk);
    }
    packet.seal()
}
