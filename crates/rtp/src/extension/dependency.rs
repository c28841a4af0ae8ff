//! The dependency descriptor: which layer a packet's frame is of, what it needs, and for whom it is
//! (AV1 RTP payload specification, appendix A). It is the same for every codec, and in the clear where the payload is not.
//!
//! ```text
//!  mandatory   |S|E| template  |         frame number          |       S, E: the frame starts, ends with this packet
//!  extended    |T|A|D|F|C| [structure] [active targets] [indications] [frame diffs] [chain diffs]     each where its bit says so
//! ```
//!
//! A *structure* comes with key frames. It lists templates: layer, an indication for each *decode target* (what a receiver
//! may want: a size at a frame rate), the frames before that are needed, and for each *chain* how far back its last
//! frame lies. A packet names a template, and says only what is other than that. So a receiver holds the last structure:
//! that is [`Reader`].

mod bits;
mod rewrite;
mod structure;
mod write;

pub use rewrite::{overwrite_frame_number, write_with_active};
pub use structure::{Structure, Template};
pub use write::write;

use bits::Bits;

use crate::error::ParseError;

/// Templates of a structure: their numbers have six bits.
pub const TEMPLATES_MAX: usize = 64;
/// Decode targets of a structure: their count has five bits.
pub const TARGETS_MAX: usize = 32;
/// Chains of a structure: at most one a decode target.
pub const CHAINS_MAX: usize = TARGETS_MAX;
/// Spatial layers: AV1 has two bits for them, VP9 three of which it uses fewer.
pub const SPATIAL_MAX: usize = 4;
/// Temporal layers: AV1 and VP9 have three bits for them.
pub const TEMPORAL_MAX: usize = 8;
/// Frames that one frame needs: AV1 has references to seven, VP9 to three. The format sets no end.
pub const FRAME_DIFFS_MAX: usize = 8;
/// The longest descriptor: what an extension element of the two-byte form holds.
pub const DESCRIPTOR_LEN_MAX: usize = super::TWO_BYTE_DATA_MAX;
/// Bytes that every descriptor has.
pub const MANDATORY_LEN: usize = 3;
/// A structure that belongs to so much earlier a frame came late, and is not the newest. Farther back lies another count:
/// its sender has begun anew.
const LATE_FRAMES_MAX: u16 = 1024;

/// What a frame is for a decode target (§A.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Indication {
    /// The target goes without it.
    #[default]
    NotPresent,
    /// It is shown, and nothing needs it.
    Discardable,
    /// Who can decode it can decode everything of the target from here on.
    Switch,
    /// Later frames need it.
    Required,
}

impl Indication {
    const fn of_bits(bits: u64) -> Self {
        match bits & 3 {
            0 => Self::NotPresent,
            1 => Self::Discardable,
            2 => Self::Switch,
            _ => Self::Required,
        }
    }
}

/// What a frame is for each decode target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Indications(u64);

impl Indications {
    /// For one target.
    #[must_use]
    pub const fn of(self, target: usize) -> Indication {
        if target < TARGETS_MAX {
            Indication::of_bits(self.0 >> (2 * target))
        } else {
            Indication::NotPresent
        }
    }

    /// The same with one target's set.
    #[must_use]
    pub const fn with(self, target: usize, indication: Indication) -> Self {
        if target >= TARGETS_MAX {
            return self;
        }
        let at = 2 * target;
        Self((self.0 & !(3 << at)) | ((indication as u64) << at))
    }
}

/// How far back the frames lie that a frame needs, in frame numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrameDiffs {
    diffs: [u16; FRAME_DIFFS_MAX],
    len: u8,
}

impl FrameDiffs {
    /// None needed: `None` for more than [`FRAME_DIFFS_MAX`], for 0, or for more than twelve bits hold.
    #[must_use]
    pub fn new(diffs: &[u16]) -> Option<Self> {
        let mut all = Self::default();
        diffs.iter().try_for_each(|diff| all.push(*diff)).ok()?;
        Some(all)
    }

    /// Those that there are.
    #[must_use]
    pub fn as_slice(&self) -> &[u16] {
        self.diffs.get(..usize::from(self.len)).unwrap_or_default()
    }

    fn push(&mut self, diff: u16) -> Result<(), ParseError> {
        if !(1..=1 << 12).contains(&diff) {
            return Err(ParseError::Invalid("frame diff"));
        }
        let slot = self.diffs.get_mut(usize::from(self.len)).ok_or(ParseError::TooMany("frame diffs"))?;
        *slot = diff;
        self.len += 1;
        Ok(())
    }
}

/// For each chain how far back its frame before this one lies; 0 where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChainDiffs([u8; CHAINS_MAX]);

impl ChainDiffs {
    /// Of as many chains as there are diffs; those beyond [`CHAINS_MAX`] are left out.
    #[must_use]
    pub fn new(diffs: &[u8]) -> Self {
        let mut all = Self::default();
        for (slot, diff) in all.0.iter_mut().zip(diffs) {
            *slot = *diff;
        }
        all
    }

    /// Of one chain.
    #[must_use]
    pub fn of(&self, chain: usize) -> u8 {
        self.0.get(chain).copied().unwrap_or_default()
    }

    fn set(&mut self, chain: usize, diff: u8) {
        if let Some(slot) = self.0.get_mut(chain) {
            *slot = diff;
        }
    }
}

/// What one packet's descriptor says, templates applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// The frame starts with this packet.
    pub start: bool,
    /// The frame ends with this packet.
    pub end: bool,
    /// The number of its template, as on the wire.
    pub template: u8,
    /// Counts frames in the order of decoding; wraps.
    pub frame_number: u16,
    /// A structure comes with it.
    pub has_structure: bool,
    /// The decode targets that its sender still sends, a bit each; from here on, until said otherwise.
    pub active: Option<u32>,
    /// Its spatial layer.
    pub spatial: u8,
    /// Its temporal layer.
    pub temporal: u8,
    /// What it is for each target.
    pub indications: Indications,
    /// What it needs.
    pub frame_diffs: FrameDiffs,
    /// Where the chains' frames before it lie.
    pub chain_diffs: ChainDiffs,
}

impl Descriptor {
    /// A packet of a frame that is as the template at this place says. `None` where there is none.
    #[must_use]
    pub fn of_template(
        structure: &Structure,
        at: usize,
        (start, end): (bool, bool),
        frame_number: u16,
    ) -> Option<Self> {
        let Template { spatial, temporal, indications, frame_diffs, chain_diffs } =
            *structure.templates().get(at)?;
        let template = structure.number_of(at);
        let (has_structure, active) = (false, None);
        Some(Self {
            start,
            end,
            template,
            frame_number,
            has_structure,
            active,
            spatial,
            temporal,
            indications,
            frame_diffs,
            chain_diffs,
        })
    }
}

/// Reads descriptors of one stream, by its last structure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reader {
    structure: Structure,
    /// The frame that brought the structure; `None` before the first.
    since: Option<u16>,
}

impl Reader {
    /// Nothing came.
    #[must_use]
    pub const fn new() -> Self {
        Self { structure: Structure::EMPTY, since: None }
    }

    /// The last structure.
    #[must_use]
    pub fn structure(&self) -> Option<&Structure> {
        self.since.map(|_| &self.structure)
    }

    /// Reads one descriptor, and takes over the structure that comes with it, unless it came late.
    ///
    /// # Errors
    /// [`ParseError`], with nothing taken over. [`ParseError::Invalid`] too for a template that the last structure does not
    /// have: the packet that brought it is still missing.
    pub fn read(&mut self, data: &[u8]) -> Result<Descriptor, ParseError> {
        let mut bits = Bits::new(data);
        let mandatory = Mandatory::read(&mut bits)?;
        let flags = if data.len() > MANDATORY_LEN { Flags::read(&mut bits)? } else { Flags::default() };
        if !flags.structure {
            let known = self.structure().ok_or(ParseError::Invalid("descriptor before its structure"))?;
            return known.define(&mandatory, flags, &mut bits);
        }
        let structure = Structure::read(&mut bits)?;
        let descriptor = structure.define(&mandatory, flags, &mut bits)?;
        let late = self.since.map_or(0, |since| since.wrapping_sub(mandatory.frame_number));
        if !(1..=LATE_FRAMES_MAX).contains(&late) {
            self.structure = structure;
            self.since = Some(mandatory.frame_number);
        }
        Ok(descriptor)
    }
}

/// The first three bytes.
struct Mandatory {
    start: bool,
    end: bool,
    template: u8,
    frame_number: u16,
}

impl Mandatory {
    fn read(bits: &mut Bits<'_>) -> Result<Self, ParseError> {
        Ok(Self {
            start: bits.flag()?,
            end: bits.flag()?,
            template: bits.read(6)? as u8,
            frame_number: bits.read(16)? as u16,
        })
    }
}

/// What follows the first three bytes.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a bit on the wire")]
struct Flags {
    structure: bool,
    active: bool,
    indications: bool,
    frame_diffs: bool,
    chain_diffs: bool,
}

impl Flags {
    fn read(bits: &mut Bits<'_>) -> Result<Self, ParseError> {
        Ok(Self {
            structure: bits.flag()?,
            active: bits.flag()?,
            indications: bits.flag()?,
            frame_diffs: bits.flag()?,
            chain_diffs: bits.flag()?,
        })
    }
}

impl Structure {
    /// What a packet says, where it says it itself, and else its template (§A.8.2, `frame_dependency_definition`).
    fn define(
        &self,
        mandatory: &Mandatory,
        flags: Flags,
        bits: &mut Bits<'_>,
    ) -> Result<Descriptor, ParseError> {
        let template = self.template(mandatory.template).ok_or(ParseError::Invalid("dependency template"))?;
        let active = if flags.active { Some(bits.read(self.targets() as u32)?) } else { None };
        let indications =
            if flags.indications { read_indications(bits, self.targets())? } else { template.indications };
        let frame_diffs = if flags.frame_diffs { read_frame_diffs(bits)? } else { template.frame_diffs };
        let mut chain_diffs = template.chain_diffs;
        if flags.chain_diffs {
            for chain in 0..self.chains() {
                chain_diffs.set(chain, bits.read(8)? as u8);
            }
        }
        Ok(Descriptor {
            start: mandatory.start,
            end: mandatory.end,
            template: mandatory.template,
            frame_number: mandatory.frame_number,
            has_structure: flags.structure,
            active,
            spatial: template.spatial,
            temporal: template.temporal,
            indications,
            frame_diffs,
            chain_diffs,
        })
    }
}

fn read_indications(bits: &mut Bits<'_>, targets: usize) -> Result<Indications, ParseError> {
    (0..targets).try_fold(Indications::default(), |all, target| {
        Ok(all.with(target, Indication::of_bits(u64::from(bits.read(2)?))))
    })
}

/// Each with its size in nibbles before it; a size of none ends them.
fn read_frame_diffs(bits: &mut Bits<'_>) -> Result<FrameDiffs, ParseError> {
    let mut diffs = FrameDiffs::default();
    loop {
        let nibbles = bits.read(2)?;
        if nibbles == 0 {
            return Ok(diffs);
        }
        diffs.push(bits.read(4 * nibbles)? as u16 + 1)?;
    }
}

#[cfg(test)]
mod tests;
