//! Writes a descriptor, as a sender does.

use super::bits::BitWriter;
use super::structure::next_layer;
use super::{Descriptor, Structure, TARGETS_MAX};
use crate::error::WriteError;

/// Writes what a packet says, with the structure before it where the descriptor says so, and returns its length. What is as
/// in its template is not written.
///
/// # Errors
/// [`WriteError`]: no room, or a value that its field, or its template's layer, cannot hold.
pub fn write(descriptor: &Descriptor, structure: &Structure, buffer: &mut [u8]) -> Result<usize, WriteError> {
    const NO_TEMPLATE: WriteError = WriteError::OutOfRange("dependency template");
    let template = structure.template(descriptor.template).ok_or(NO_TEMPLATE)?;
    if (template.spatial, template.temporal) != (descriptor.spatial, descriptor.temporal) {
        return Err(NO_TEMPLATE);
    }
    let mut bits = BitWriter::new(buffer);
    bits.flag(descriptor.start)?;
    bits.flag(descriptor.end)?;
    bits.write(6, u32::from(descriptor.template))?;
    bits.write(16, u32::from(descriptor.frame_number))?;
    let indications = descriptor.indications != template.indications;
    let frame_diffs = descriptor.frame_diffs != template.frame_diffs;
    let chain_diffs = descriptor.chain_diffs != template.chain_diffs;
    if !(descriptor.has_structure || descriptor.active.is_some() || indications || frame_diffs || chain_diffs)
    {
        return Ok(bits.len());
    }
    for flag in [descriptor.has_structure, descriptor.active.is_some(), indications, frame_diffs, chain_diffs]
    {
        bits.flag(flag)?;
    }
    if descriptor.has_structure {
        write_structure(&mut bits, structure)?;
    }
    if let Some(active) = descriptor.active {
        bits.write(structure.targets() as u32, active)?;
    }
    if indications {
        for target in 0..structure.targets() {
            bits.write(2, descriptor.indications.of(target) as u32)?;
        }
    }
    if frame_diffs {
        for diff in descriptor.frame_diffs.as_slice() {
            let value = u32::from(*diff).saturating_sub(1);
            let nibbles = (u32::BITS - value.leading_zeros()).div_ceil(4).max(1);
            bits.write(2, nibbles)?;
            bits.write(4 * nibbles, value)?;
        }
        bits.write(2, 0)?;
    }
    if chain_diffs {
        for chain in 0..structure.chains() {
            bits.write(8, u32::from(descriptor.chain_diffs.of(chain)))?;
        }
    }
    Ok(bits.len())
}

fn write_structure(bits: &mut BitWriter<'_>, structure: &Structure) -> Result<(), WriteError> {
    const NO_FIELD: WriteError = WriteError::OutOfRange("dependency structure");
    let targets = structure.targets();
    bits.write(6, u32::from(structure.offset()))?;
    bits.write(5, (targets.clamp(1, TARGETS_MAX) - 1) as u32)?;
    let templates = structure.templates();
    for pair in templates.windows(2) {
        bits.write(2, next_layer(&pair[0], &pair[1]).ok_or(NO_FIELD)?)?;
    }
    bits.write(2, 3)?;
    for template in templates {
        for target in 0..targets {
            bits.write(2, template.indications.of(target) as u32)?;
        }
    }
    for template in templates {
        for diff in template.frame_diffs.as_slice() {
            let value = u32::from(*diff).saturating_sub(1);
            if value > 15 {
                return Err(NO_FIELD);
            }
            bits.flag(true)?;
            bits.write(4, value)?;
        }
        bits.flag(false)?;
    }
    let chains = structure.chains();
    bits.write_within(targets as u32 + 1, chains as u32)?;
    if chains > 0 {
        for target in 0..targets {
            bits.write_within(chains as u32, structure.chain_of(target).unwrap_or_default() as u32)?;
        }
        for template in templates {
            for chain in 0..chains {
                let diff = template.chain_diffs.of(chain);
                if diff > 15 {
                    return Err(NO_FIELD);
                }
                bits.write(4, u32::from(diff))?;
            }
        }
    }
    bits.flag(structure.sizes().is_some())?;
    for (width, height) in structure
        .sizes()
        .iter()
        .flat_map(|sizes| sizes.iter())
        .take(usize::from(structure.highest_spatial()) + 1)
    {
        for length in [width, height] {
            let value = length.checked_sub(1).filter(|value| *value <= 0xffff).ok_or(NO_FIELD)?;
            bits.write(16, value)?;
        }
    }
    Ok(())
}
