//! What a worker that is overloaded leaves out, and in which order: large pictures, then pictures of those who do not speak, then
//! new rooms. Sound is never left out.
//!
//! How busy the worker is, the shell measures; what that means for a track is decided in [`Shed::allows`], and nowhere else.

use protocol::signal::Source;

use crate::layers::Layer;

/// How much is left out. Each level includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shed {
    /// Nothing.
    #[default]
    Nothing,
    /// Cameras are shown small: of who has the floor in the middle layer, of the others in the lowest.
    Layers,
    /// Cameras of those who do not have the floor stand, and of who has it comes the lowest layer.
    Video,
    /// New rooms are refused. Who comes to a room that lives is let in: a visit that has begun goes on.
    Full,
}

impl Shed {
    /// Every level, lowest first.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Layers, Self::Video, Self::Full];

    /// The next level; `None` above the last.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Nothing => Some(Self::Layers),
            Self::Layers => Some(Self::Video),
            Self::Video => Some(Self::Full),
            Self::Full => None,
        }
    }

    /// The level before; the first is its own.
    #[must_use]
    pub const fn previous(self) -> Self {
        match self {
            Self::Nothing | Self::Layers => Self::Nothing,
            Self::Video => Self::Layers,
            Self::Full => Self::Video,
        }
    }

    /// The highest layer that anybody is shown of a track with layers up to `top`; `None` for none.
    ///
    /// A shared screen is read, and stays as it is: there are few.
    pub(crate) const fn allows(self, source: Source, top: Layer, has_floor: bool) -> Option<Layer> {
        let is_camera = matches!(source, Source::Camera);
        match (self, is_camera, has_floor) {
            (Self::Nothing, ..) | (_, false, _) => Some(top),
            (Self::Layers, true, true) => Some(Layer(top.0 / 2)),
            (Self::Layers, true, false) | (Self::Video | Self::Full, true, true) => Some(Layer::BASE),
            (Self::Video | Self::Full, true, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOP: Layer = Layer(2);

    #[test]
    fn layers_go_before_pictures() {
        let camera =
            |has_floor| Shed::ALL.map(|shed| shed.allows(Source::Camera, TOP, has_floor).map(|it| it.0));

        assert_eq!(camera(true), [Some(2), Some(1), Some(0), Some(0)]);
        assert_eq!(camera(false), [Some(2), Some(0), None, None]);
    }

    #[test]
    fn sound_and_screens_stay() {
        for shed in Shed::ALL {
            for source in [Source::Microphone, Source::ScreenAudio, Source::Screen] {
                for has_floor in [false, true] {
                    assert_eq!(shed.allows(source, TOP, has_floor), Some(TOP), "{shed:?} {source:?}");
                }
            }
        }
    }

    #[test]
    fn each_level_leaves_out_more() {
        let steps = Shed::ALL.windows(2).all(|pair| pair[0] < pair[1] && pair[0].next() == Some(pair[1]));
        let back = Shed::ALL.windows(2).all(|pair| pair[1].previous() == pair[0]);

        assert!(steps && back && Shed::Full.next().is_none());
    }
}
