//! Receiving: what is known about a publisher's streams, and what is asked of the publisher.
//!
//! | file | what | specification |
//! |---|---|---|
//! | [`stream`] | extended sequence and time, duplicates, loss and jitter for reports | RFC 3550 §6.4, §A.3, §A.8 |
//! | [`redundancy`] | earlier packets that come again with a later one | RFC 2198 |
//! | [`rtx`] | retransmissions put back in their place | RFC 4588 |
//! | [`nack`] | asking again for what is missing | RFC 4585 §6.2.1 |
//! | [`twcc`] | telling when each packet arrived | draft-holmer-rmcat-transport-wide-cc-extensions-01 |
//! | [`clock`] | the publisher's clock against the node's | RFC 3550 §6.4.1 |
//! | [`meter`] | how much comes | |
//! | `lateness` | what waits on the way from a publisher | |
//! | `allowance` | how much may come | |
//! | `round_trips` | by how much the way there and back has become longer | |
//! | `uplink` | whether the way from a publisher carries pictures | |
//! | [`keyframe`] | asking for a key frame, once for all | RFC 4585 §6.3.1 |
//!
//! Each is a plain state machine of one stream or peer: `handle_*` takes what happened, `poll*` gives what is due.

pub(crate) mod allowance;
pub mod clock;
pub mod keyframe;
mod lateness;
pub mod meter;
pub mod nack;
pub mod redundancy;
pub(crate) mod round_trips;
pub mod rtx;
pub mod stream;
pub mod twcc;
pub(crate) mod uplink;

pub use clock::{Anchor, SourceClock};
pub use keyframe::KeyframeRequester;
pub(crate) use meter::KnownRate;
pub use meter::Meter;
pub use nack::NackGenerator;
pub use rtx::{Restored, restore};
pub use stream::{Received, Stream};
pub use twcc::TwccRecorder;
