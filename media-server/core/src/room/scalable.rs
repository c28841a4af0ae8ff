//! The sizes that one stream of a track holds, by its dependency descriptors: spatial layers, lowest first.
//!
//! ```text
//!  descriptor ─▶ structure: decode targets ─▶ a size is the best target of a spatial layer
//!             └▶ for each size: is it wanted, how far back its chain lies      (Dependency, kept with the packet)
//! ```

use std::time::{Duration, Instant};

use rtp::Bitrate;
use rtp::codec::FrameFacts;
use rtp::extension::dependency::{Descriptor, Indication, Reader, Structure};

use crate::forward::Targets;
use crate::packet::{Dependency, LAYERS_MAX, Layer, Layers};
use crate::receive::{KnownRate, Meter};

/// Other sizes are settled for the whole room no more often: who claims others with each packet costs it nothing.
const SETTLE_EVERY: Duration = Duration::from_millis(100);

/// One size.
#[derive(Clone, Copy, Debug)]
struct Size {
    /// Its decode target; `None` where the structure has none of it.
    target: Option<usize>,
    meter: Meter,
    known: KnownRate,
}

/// The sizes of a stream.
#[derive(Debug)]
pub(crate) struct Scalable {
    reader: Reader,
    sizes: [Size; LAYERS_MAX],
    count: usize,
    /// The decode targets that its publisher sends.
    active: u32,
    targets: Targets,
    is_changed: bool,
    settled: Option<Instant>,
}

impl Scalable {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            reader: Reader::new(),
            sizes: [Size { target: None, meter: Meter::new(now), known: KnownRate::default() }; LAYERS_MAX],
            count: LAYERS_MAX,
            active: 0,
            targets: Targets::default(),
            is_changed: false,
            settled: None,
        }
    }

    /// How many there are, those included that are not sent because nobody watches. Those beyond [`LAYERS_MAX`] are never
    /// sent.
    pub(crate) const fn sizes(&self) -> usize {
        self.count
    }

    /// The decode targets, for lanes.
    pub(crate) const fn targets(&self) -> Targets {
        self.targets
    }

    /// Whether there are other sizes since the last answer, and it is time to settle what that means.
    pub(crate) fn take_changed(&mut self, now: Instant) -> bool {
        let is_time =
            self.settled.is_none_or(|settled| now.saturating_duration_since(settled) >= SETTLE_EVERY);
        let is_changed = is_time && std::mem::take(&mut self.is_changed);
        if is_changed {
            self.settled = Some(now);
        }
        is_changed
    }

    /// The sizes that its publisher sends. Until it is known, the lowest.
    pub(crate) fn active(&self) -> Layers {
        let sent = self.sent();
        let layers = (0..self.count as u8).map(Layer);
        let active = layers.fold(Layers::NONE, |all, size| all.with(size, sent & (1 << size.0) != 0));
        if active.is_empty() { Layers::up_to(Some(Layer::BASE)) } else { active }
    }

    /// The same, a bit each.
    fn sent(&self) -> u8 {
        let is_sent = |size: &Size| size.target.is_some_and(|target| self.active & (1 << target) != 0);
        (0..).zip(&self.sizes).filter(|(_, size)| is_sent(size)).fold(0, |all, (at, _)| all | (1 << at))
    }

    /// Reads a descriptor. `None` for one that is wrong, or whose structure has not come. `is_whole`: its publisher was told
    /// to leave out nothing, so that a size that the structure lacks does not exist.
    pub(crate) fn read(&mut self, data: &[u8], is_whole: bool) -> Option<(Dependency, FrameFacts)> {
        let descriptor = self.reader.read(data).ok()?;
        if descriptor.has_structure || descriptor.active.is_some() {
            self.take_targets(&descriptor, is_whole);
        }
        let structure = self.reader.structure()?;
        let mut dependency = Dependency {
            frame: descriptor.frame_number,
            spatial: descriptor.spatial,
            wanted_by: 0,
            active: self.sent(),
            targets: self.targets.count,
            chains: [0; LAYERS_MAX],
        };
        for (at, target) in self.sizes.iter().enumerate().filter_map(|(at, size)| Some((at, size.target?))) {
            if descriptor.indications.of(target) != Indication::NotPresent {
                dependency.wanted_by |= 1 << at;
            }
            dependency.chains[at] = back_of(&descriptor, structure, target);
        }
        let key = descriptor.start && descriptor.spatial == 0 && descriptor.frame_diffs.as_slice().is_empty();
        let frame = FrameFacts {
            start: descriptor.start,
            end: descriptor.end,
            key,
            switch_point: key,
            temporal_layer: descriptor.temporal,
        };
        Some((dependency, frame))
    }

    fn take_targets(&mut self, descriptor: &Descriptor, is_whole: bool) {
        let Some(structure) = self.reader.structure() else { return };
        let before = (self.count, self.sent());
        let every = u32::MAX >> (u32::BITS as usize - structure.targets().clamp(1, 32));
        self.active = descriptor.active.unwrap_or(every) & every;
        let count = usize::from(structure.spatial_layers()).clamp(1, LAYERS_MAX);
        self.count = if is_whole { count } else { self.count.max(count) };
        let mut up_to = 0;
        for (spatial, size) in (0..).zip(&mut self.sizes) {
            size.target = structure.target_of(spatial);
            let of = |target: &usize| structure.layers_of(*target).is_some_and(|(layer, _)| layer == spatial);
            up_to |= (0..structure.targets()).filter(of).fold(0, |all, target| all | (1_u32 << target));
            self.targets.up_to[usize::from(spatial)] = up_to & self.active;
        }
        self.targets.count = structure.targets() as u8;
        self.is_changed |= before != (self.count, self.sent());
    }

    /// Counts a packet for all the sizes that want it.
    pub(crate) fn note_packet(&mut self, wanted_by: u8, len: usize, now: Instant) {
        for (at, size) in self.sizes.iter_mut().enumerate() {
            if wanted_by & (1 << at) != 0 {
                size.meter.handle_packet(len, now);
            }
        }
    }

    /// What a lane that shows this size takes.
    pub(crate) fn bitrate(&self, size: Layer, now: Instant) -> Option<Bitrate> {
        self.sizes.get(size.index())?.meter.rate(now)
    }

    /// Measures what each takes, as of a layer.
    pub(crate) fn measure(&mut self, now: Instant) {
        let sent = self.sent();
        let of = (0..).zip(&mut self.sizes).filter(|(at, _): &(u8, _)| sent & (1 << at) != 0);
        for (_, size) in of {
            if let Some(rate) = size.meter.rate(now).filter(|rate| *rate > Bitrate::ZERO) {
                size.known.note(rate, now);
            }
        }
    }

    /// What a size takes, or took when it came.
    pub(crate) fn known(&self, size: Layer) -> Option<Bitrate> {
        self.sizes.get(size.index())?.known.get()
    }
}

/// How far back the last frame of a target's chain lies; 0 where the chain begins. What no chain protects is held together by
/// what each frame needs.
fn back_of(descriptor: &Descriptor, structure: &Structure, target: usize) -> u8 {
    match structure.chain_of(target) {
        Some(chain) => descriptor.chain_diffs.of(chain),
        None => {
            let nearest = descriptor.frame_diffs.as_slice().iter().min();
            nearest.map_or(0, |back| u8::try_from(*back).unwrap_or(u8::MAX))
        }
    }
}
