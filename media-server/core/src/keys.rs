//! Places in the core's tables. They are reused, so nothing outside the core sees one.

/// A peer's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PeerKey(pub(crate) usize);

/// A room's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RoomKey(pub(crate) usize);

/// A track's place in its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TrackKey(pub(crate) usize);
