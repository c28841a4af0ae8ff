//! What a forwarder changes in a descriptor: the count of frames, where another stream was before, and which targets are
//! still there (§A.4.4). All else stays bit for bit as its sender wrote it.

use super::bits::{BitWriter, Bits};
use super::{MANDATORY_LEN, Structure};
use crate::error::WriteError;

const NONE: WriteError = WriteError::OutOfRange("dependency descriptor");
const FLAGS: usize = 5;
/// Bits before the flags.
const MANDATORY: usize = 8 * MANDATORY_LEN;

/// Overwrites the frame number in place; `false` where there is no descriptor.
pub fn overwrite_frame_number(data: &mut [u8], number: u16) -> bool {
    match data {
        [_, high, low, ..] => {
            [*high, *low] = number.to_be_bytes();
            true
        }
        _ => false,
    }
}

/// Writes a descriptor with these targets as the active ones, in place of what it said of them, and returns its length.
/// `targets` is how many its structure has.
///
/// # Errors
/// [`WriteError`]: no room, or `data` is no descriptor.
pub fn write_with_active(
    data: &[u8],
    (targets, active): (usize, u32),
    buffer: &mut [u8],
) -> Result<usize, WriteError> {
    let mut from = Bits::new(data);
    let mut to = BitWriter::new(buffer);
    let targets = targets as u32;
    copy(&mut from, &mut to, MANDATORY)?;
    if data.len() <= MANDATORY_LEN {
        to.write(FLAGS as u32, 1 << (FLAGS - 2))?;
        to.write(targets, active)?;
        return Ok(to.len());
    }
    let has_structure = from.flag().map_err(|_| NONE)?;
    let had_active = from.flag().map_err(|_| NONE)?;
    to.flag(has_structure)?;
    to.flag(true)?;
    copy(&mut from, &mut to, FLAGS - 2)?;
    if has_structure {
        let mut structure = Bits::new(data);
        structure.skip(from.at());
        Structure::read(&mut structure).map_err(|_| NONE)?;
        let len = structure.at() - from.at();
        copy(&mut from, &mut to, len)?;
    }
    to.write(targets, active)?;
    if had_active {
        from.read(targets).map_err(|_| NONE)?;
    }
    let rest = 8 * data.len() - from.at();
    copy(&mut from, &mut to, rest)?;
    Ok(to.len())
}

/// Copies so many bits.
fn copy(from: &mut Bits<'_>, to: &mut BitWriter<'_>, count: usize) -> Result<(), WriteError> {
    let mut left = count;
    while left > 0 {
        let step = left.min(32);
        let value = from.read(step as u32).map_err(|_| NONE)?;
        to.write(step as u32, value)?;
        left -= step;
    }
    Ok(())
}
