//! The structure: templates, decode targets and chains (§A.8.2, `template_dependency_structure`).

use super::bits::Bits;
use super::{
    CHAINS_MAX, ChainDiffs, FrameDiffs, Indication, Indications, SPATIAL_MAX, TARGETS_MAX, TEMPLATES_MAX,
    TEMPORAL_MAX, read_indications,
};
use crate::error::ParseError;

/// What many frames have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Template {
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

/// A structure. Some four kilobytes: held once for a stream, never for a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    /// The number of the first template.
    offset: u8,
    targets: u8,
    count: u8,
    templates: [Template; TEMPLATES_MAX],
    chains: u8,
    /// Which chain protects each target.
    protected_by: [u8; TARGETS_MAX],
    /// The highest spatial and temporal layer of each target.
    layers: [(u8, u8); TARGETS_MAX],
    /// Width and height of each spatial layer, where they are told.
    sizes: Option<[(u32, u32); SPATIAL_MAX]>,
}

impl Default for Structure {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Structure {
    pub(super) const EMPTY: Self = Self {
        offset: 0,
        targets: 0,
        count: 0,
        templates: [Template {
            spatial: 0,
            temporal: 0,
            indications: Indications(0),
            frame_diffs: FrameDiffs { diffs: [0; super::FRAME_DIFFS_MAX], len: 0 },
            chain_diffs: ChainDiffs([0; CHAINS_MAX]),
        }; TEMPLATES_MAX],
        chains: 0,
        protected_by: [0; TARGETS_MAX],
        layers: [(0, 0); TARGETS_MAX],
        sizes: None,
    };

    /// Of these templates, in the order of their layers: spatial, then temporal. `protected_by` names each target's chain of
    /// `chains`; without chains it is of no meaning. `None` where the wire form cannot say it.
    #[must_use]
    pub fn new(
        offset: u8,
        templates: &[Template],
        (chains, protected_by): (u8, &[u8]),
        sizes: Option<[(u32, u32); SPATIAL_MAX]>,
    ) -> Option<Self> {
        let targets = protected_by.len();
        let mut this = Self { offset: offset & 0x3f, targets: targets as u8, chains, sizes, ..Self::EMPTY };
        if !(1..=TARGETS_MAX).contains(&targets)
            || !(1..=TEMPLATES_MAX).contains(&templates.len())
            || usize::from(chains) > targets
        {
            return None;
        }
        if chains > 0 && protected_by.iter().any(|chain| *chain >= chains) {
            return None;
        }
        let mut before = Template::default();
        for (slot, template) in this.templates.iter_mut().zip(templates) {
            next_layer(&before, template)?;
            *slot = *template;
            before = *template;
        }
        this.count = templates.len() as u8;
        for (slot, chain) in this.protected_by.iter_mut().zip(protected_by) {
            *slot = if chains > 0 { *chain } else { 0 };
        }
        this.find_layers();
        Some(this)
    }

    /// How many decode targets there are.
    #[must_use]
    pub const fn targets(&self) -> usize {
        self.targets as usize
    }

    /// How many chains there are; none where nothing is protected.
    #[must_use]
    pub const fn chains(&self) -> usize {
        self.chains as usize
    }

    /// The chain that protects a target.
    #[must_use]
    pub fn chain_of(&self, target: usize) -> Option<usize> {
        let is_there = target < self.targets() && self.chains > 0;
        self.protected_by.get(target).filter(|_| is_there).map(|chain| usize::from(*chain))
    }

    /// The highest spatial and temporal layer of a target.
    #[must_use]
    pub fn layers_of(&self, target: usize) -> Option<(u8, u8)> {
        self.layers.get(target).filter(|_| target < self.targets()).copied()
    }

    /// Width and height of a spatial layer, where they are told.
    #[must_use]
    pub fn size_of(&self, spatial: u8) -> Option<(u32, u32)> {
        self.sizes?.get(usize::from(spatial)).copied().filter(|size| *size != (0, 0))
    }

    /// The target that has this spatial layer as its highest, at its best frame rate.
    #[must_use]
    pub fn target_of(&self, spatial: u8) -> Option<usize> {
        let of_layer = (0..self.targets()).filter(|target| self.layers[*target].0 == spatial);
        // Of several equal ones the first.
        of_layer.rev().max_by_key(|target| self.layers[*target].1)
    }

    /// The spatial layers of its targets.
    #[must_use]
    pub fn spatial_layers(&self) -> u8 {
        let of = self.layers.iter().take(self.targets());
        of.map(|(spatial, _)| spatial + 1).max().unwrap_or_default()
    }

    /// A template by its number on the wire.
    #[must_use]
    pub fn template(&self, number: u8) -> Option<&Template> {
        let at = usize::from(number.wrapping_sub(self.offset) & 0x3f);
        self.templates().get(at)
    }

    /// The number on the wire of the template at this place.
    #[must_use]
    pub const fn number_of(&self, at: usize) -> u8 {
        (self.offset as usize + at) as u8 & 0x3f
    }

    /// All templates, in the order of the wire.
    #[must_use]
    pub fn templates(&self) -> &[Template] {
        self.templates.get(..usize::from(self.count)).unwrap_or_default()
    }

    pub(super) const fn offset(&self) -> u8 {
        self.offset
    }

    pub(super) const fn sizes(&self) -> Option<&[(u32, u32); SPATIAL_MAX]> {
        self.sizes.as_ref()
    }

    /// The highest spatial layer of its templates.
    pub(super) fn highest_spatial(&self) -> u8 {
        self.templates().last().map_or(0, |template| template.spatial)
    }

    pub(super) fn read(bits: &mut Bits<'_>) -> Result<Self, ParseError> {
        let mut this = Self { offset: bits.read(6)? as u8, ..Self::EMPTY };
        this.targets = bits.read(5)? as u8 + 1;
        this.read_layers(bits)?;
        let (count, targets) = (usize::from(this.count), this.targets());
        for template in this.templates.iter_mut().take(count) {
            template.indications = read_indications(bits, targets)?;
        }
        for template in this.templates.iter_mut().take(count) {
            while bits.flag()? {
                template.frame_diffs.push(bits.read(4)? as u16 + 1)?;
            }
        }
        this.read_chains(bits)?;
        this.find_layers();
        if bits.flag()? {
            let mut sizes = [(0, 0); SPATIAL_MAX];
            for size in sizes.iter_mut().take(usize::from(this.highest_spatial()) + 1) {
                *size = (bits.read(16)? + 1, bits.read(16)? + 1);
            }
            this.sizes = Some(sizes);
        }
        Ok(this)
    }

    fn read_layers(&mut self, bits: &mut Bits<'_>) -> Result<(), ParseError> {
        let (mut spatial, mut temporal) = (0, 0);
        loop {
            if usize::from(spatial) >= SPATIAL_MAX || usize::from(temporal) >= TEMPORAL_MAX {
                return Err(ParseError::TooMany("layers"));
            }
            let slot = self.templates.get_mut(usize::from(self.count));
            let slot = slot.ok_or(ParseError::TooMany("dependency templates"))?;
            (slot.spatial, slot.temporal) = (spatial, temporal);
            self.count += 1;
            match bits.read(2)? {
                0 => {}
                1 => temporal += 1,
                2 => (spatial, temporal) = (spatial + 1, 0),
                _ => return Ok(()),
            }
        }
    }

    fn read_chains(&mut self, bits: &mut Bits<'_>) -> Result<(), ParseError> {
        self.chains = bits.read_within(u32::from(self.targets) + 1)? as u8;
        if self.chains == 0 {
            return Ok(());
        }
        let (chains, targets) = (self.chains(), self.targets());
        for chain in self.protected_by.iter_mut().take(targets) {
            *chain = bits.read_within(chains as u32)? as u8;
        }
        for template in self.templates.iter_mut().take(usize::from(self.count)) {
            for chain in 0..chains {
                template.chain_diffs.set(chain, bits.read(4)? as u8);
            }
        }
        Ok(())
    }

    /// The layers of a target are the highest of what it has (`decode_target_layers`).
    fn find_layers(&mut self) {
        for target in 0..self.targets() {
            let has = |template: &&Template| template.indications.of(target) != Indication::NotPresent;
            let of = self.templates().iter().filter(has);
            let highest = of.fold((0, 0), |(spatial, temporal), template| {
                (template.spatial.max(spatial), template.temporal.max(temporal))
            });
            self.layers[target] = highest;
        }
    }
}

/// How the layer of a template follows on that of the one before: the two bits before it. `None` where they cannot say it.
pub(super) const fn next_layer(before: &Template, after: &Template) -> Option<u32> {
    if after.spatial as usize >= SPATIAL_MAX || after.temporal as usize >= TEMPORAL_MAX {
        return None;
    }
    if after.spatial == before.spatial && after.temporal == before.temporal {
        Some(0)
    } else if after.spatial == before.spatial && after.temporal == before.temporal + 1 {
        Some(1)
    } else if after.spatial == before.spatial + 1 && after.temporal == 0 {
        Some(2)
    } else {
        None
    }
}
