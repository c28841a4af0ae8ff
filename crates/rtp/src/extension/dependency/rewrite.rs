//! What a forwarder changes in a descriptor: the count of frames, where another stream was before, and which targets are
//! still there (§A.4.4). All else stays bit for bit as its sender wrote it.

use super::bits::{BitWriter, Bits};
use super::{Descriptor, MANDATORY_LEN};
use crate::error::WriteError;

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

/// Writes the descriptor that was read from `data` with these targets as the active ones, in place of what it said of them,
/// and returns its length. `targets` is how many its structure has.
///
/// # Errors
/// [`WriteError`]: no room, or `descriptor` is not of `data`.
pub fn write_with_active(
    data: &[u8],
    descriptor: &Descriptor,
    (targets, active): (usize, u32),
    buffer: &mut [u8],
) -> Result<usize, WriteError> {
    const OTHER: WriteError = WriteError::OutOfRange("dependency descriptor");
    let mut from = Bits::new(data);
    let mut to = BitWriter::new(buffer);
    let targets = targets as u32;
    copy(&mut from, &mut to, MANDATORY)?;
    let has_flags = data.len() > MANDATORY_LEN;
    let mut had_active = false;
    if has_flags {
        to.write(1, from.read(1).map_err(|_| OTHER)?)?;
        had_active = from.read(1).map_err(|_| OTHER)? == 1;
        to.flag(true)?;
        copy(&mut from, &mut to, FLAGS - 2)?;
        let structure = descriptor.active_at.checked_sub(from.at()).ok_or(OTHER)?;
        copy(&mut from, &mut to, structure)?;
    } else {
        to.write(FLAGS as u32, 1 << (FLAGS - 2))?;
    }
    to.write(targets, active)?;
    if has_flags {
        if had_active {
            from.read(targets).map_err(|_| OTHER)?;
        }
        let rest = 8 * data.len() - from.at();
        copy(&mut from, &mut to, rest)?;
    }
    Ok(to.len())
}

/// Copies so many bits.
fn copy(from: &mut Bits<'_>, to: &mut BitWriter<'_>, count: usize) -> Result<(), WriteError> {
    let mut left = count;
    while left > 0 {
        let step = left.min(32);
        let value = from.read(step as u32).map_err(|_| WriteError::OutOfRange("dependency descriptor"))?;
        to.write(step as u32, value)?;
        left -= step;
    }
    Ok(())
}
