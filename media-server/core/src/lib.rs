//! The SFU of one worker as a pure state machine: it decides, the shell acts.
//!
//! No socket, thread, clock, environment or async; `now` is an argument and randomness comes from a seed. The same
//! code runs under a simulated network with virtual time.
#![forbid(unsafe_code)]

pub mod api;
pub mod cache;
mod contained;
mod counters;
pub mod forward;
mod ice;
mod keys;
mod layers;
pub mod level;
mod machine;
pub mod packet;
mod peer;
pub mod quality;
mod random;
mod rate;
pub mod receive;
mod room;
mod sdp;
mod secret;
#[cfg(test)]
mod seeded;
pub mod send;
mod shed;

pub use api::{
    Command, Condemned, CoreConfig, CoreLimits, Fingerprint, FingerprintHash, HandshakeFailed,
    HandshakeOrder, Output, Path, PeerFingerprint, PeerId, SeatGrant, Transmit, Transport,
};
pub use contained::Contained;
pub use counters::Counters;
#[doc(hidden)]
pub use machine::Point;
pub use machine::{Core, Load};
pub use rate::{Bucket, Rate};
pub use secret::resume_worker;
pub use shed::Shed;
