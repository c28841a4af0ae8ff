//! Fields that are not whole bytes, highest bit first.

use crate::error::{ParseError, WriteError};

const CUT: ParseError = ParseError::Truncated("dependency descriptor");
const FULL: WriteError = WriteError::BufferFull("dependency descriptor");

/// Bits to read.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0 }
    }

    /// How many were read.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Passes over so many.
    pub(super) const fn skip(&mut self, count: usize) {
        self.at += count;
    }

    pub(super) fn flag(&mut self) -> Result<bool, ParseError> {
        Ok(self.read(1)? == 1)
    }

    /// A number of up to 32 bits: `f(n)`.
    pub(super) fn read(&mut self, count: u32) -> Result<u32, ParseError> {
        let mut value = 0;
        let mut left = count;
        while left > 0 {
            let byte = *self.data.get(self.at / 8).ok_or(CUT)?;
            let have = 8 - (self.at % 8) as u32;
            let take = have.min(left);
            let part = (u32::from(byte) >> (have - take)) & ((1 << take) - 1);
            value = (value << take) | part;
            self.at += take as usize;
            left -= take;
        }
        Ok(value)
    }

    /// One of `range` values in as few bits as that takes: `ns(n)` (AV1 specification §4.10.7).
    pub(super) fn read_within(&mut self, range: u32) -> Result<u32, ParseError> {
        let (width, short) = widths(range);
        if width == 0 {
            return Ok(0);
        }
        let value = self.read(width - 1)?;
        if value < short {
            return Ok(value);
        }
        Ok((value << 1) - short + self.read(1)?)
    }
}

/// Bits of a value, and how many values are a bit shorter.
const fn widths(range: u32) -> (u32, u32) {
    let width = u32::BITS - range.leading_zeros();
    (width, (1 << width) - range)
}

/// Bits to write.
pub(super) struct BitWriter<'a> {
    buffer: &'a mut [u8],
    at: usize,
}

impl<'a> BitWriter<'a> {
    pub(super) const fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, at: 0 }
    }

    pub(super) fn flag(&mut self, flag: bool) -> Result<(), WriteError> {
        self.write(1, u32::from(flag))
    }

    pub(super) fn write(&mut self, count: u32, value: u32) -> Result<(), WriteError> {
        let mut left = count;
        while left > 0 {
            let byte = self.buffer.get_mut(self.at / 8).ok_or(FULL)?;
            let have = 8 - (self.at % 8) as u32;
            let take = have.min(left);
            let part = ((value >> (left - take)) & ((1 << take) - 1)) as u8;
            if have == 8 {
                *byte = 0;
            }
            *byte |= part << (have - take);
            self.at += take as usize;
            left -= take;
        }
        Ok(())
    }

    pub(super) fn write_within(&mut self, range: u32, value: u32) -> Result<(), WriteError> {
        if value >= range {
            return Err(WriteError::OutOfRange("dependency descriptor"));
        }
        let (width, short) = widths(range);
        if value < short { self.write(width - 1, value) } else { self.write(width, value + short) }
    }

    /// Whole bytes that were begun.
    pub(super) const fn len(&self) -> usize {
        self.at.div_ceil(8)
    }
}
