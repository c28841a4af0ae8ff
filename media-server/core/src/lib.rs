//! The SFU of one worker as a pure state machine: it decides, the shell acts.
//!
//! No socket, thread, clock, environment or async; `now` is an argument and randomness comes from a seed. The same
//! code runs under a simulated network with virtual time.
#![forbid(unsafe_code)]

pub mod api;
pub mod cache;
mod counters;
pub mod forward;
mod ice;
pub mod level;
mod machine;
pub mod packet;
pub mod quality;
mod random;
pub mod receive;
mod sdp;
pub mod send;

pub use api::{
    Command, CoreConfig, CoreLimits, Fingerprint, FingerprintHash, HandshakeFailed, HandshakeOrder, Output,
    Path, PeerFingerprint, PeerId, SeatGrant, Transmit,
};
pub use counters::Counters;
pub use machine::{Core, Load};

/// The worker that holds the seat of a resume secret: the secret begins with it, `<2 hex digits>.<random>`.
/// `None` for what no core made.
#[must_use]
pub fn resume_worker(secret: &str) -> Option<u8> {
    let (worker, _) = secret.split_once('.')?;
    let plain = worker.len() == 2 && worker.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if plain { u8::from_str_radix(worker, 16).ok() } else { None }
}
