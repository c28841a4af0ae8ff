//! Layers: the qualities in which a track is published, and sets of them.

/// One quality of a track: a simulcast encoding, or a spatial layer. 0 is the lowest, and the only one of a track
/// that is published once. Frame rates (temporal layers) are no layers: they are known of each frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Layer(pub u8);

/// Layers of one track. Three sizes are what a page shows pictures at, and what browsers send of 720p.
pub const LAYERS_MAX: usize = 3;

impl Layer {
    /// The lowest quality, which every track has.
    pub const BASE: Self = Self(0);

    /// Its place in a table of [`LAYERS_MAX`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Some of a track's layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layers(u8);

impl Layers {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// This layer and all below it; none for `None`.
    #[must_use]
    pub const fn up_to(layer: Option<Layer>) -> Self {
        match layer {
            Some(Layer(at)) => Self((1 << (at + 1)) - 1),
            None => Self::NONE,
        }
    }

    /// The same with a layer more, or less.
    #[must_use]
    pub const fn with(self, layer: Layer, is_in: bool) -> Self {
        let bit = 1 << layer.0;
        if is_in { Self(self.0 | bit) } else { Self(self.0 & !bit) }
    }

    /// Whether a layer is among them.
    #[must_use]
    pub const fn contains(self, layer: Layer) -> bool {
        self.0 & (1 << layer.0) != 0
    }

    /// The highest of them.
    #[must_use]
    pub fn highest(self) -> Option<Layer> {
        self.highest_up_to(Layer(LAYERS_MAX as u8 - 1))
    }

    /// Those of either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The highest of them that is not above `cap`.
    #[must_use]
    pub fn highest_up_to(self, cap: Layer) -> Option<Layer> {
        (0..=cap.0).rev().map(Layer).find(|layer| self.contains(*layer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_up_to_a_cap_is_found() {
        let ends = Layers::NONE.with(Layer(0), true).with(Layer(2), true);

        assert_eq!(ends.highest_up_to(Layer(2)), Some(Layer(2)));
        assert_eq!(ends.highest_up_to(Layer(1)), Some(Layer(0)));
        assert_eq!(ends.with(Layer(0), false).highest_up_to(Layer(1)), None);
        assert_eq!(Layers::NONE.highest_up_to(Layer(2)), None);
    }

    #[test]
    fn sets_are_what_they_hold() {
        let all = Layers::up_to(Some(Layer(2)));

        assert_eq!(all.without(Layers::up_to(Some(Layer::BASE))), all.with(Layer::BASE, false));
        assert!(Layers::up_to(None).is_empty() && !all.is_empty());
        assert!(all.contains(Layer(1)) && !all.with(Layer(1), false).contains(Layer(1)));
    }
}
