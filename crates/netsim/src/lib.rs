//! A network that never was: latency, jitter, loss, reordering, duplication and a bottleneck, from a seed.
//!
//! ```text
//!  send(now, bytes) ─▶ lost? ─▶ bottleneck (rate, buffer) ─▶ latency + jitter ─▶ perhaps twice ─▶ poll(now)
//! ```
//!
//! Pure: no socket, no clock, no global randomness. One [`Link`] is one direction; a path of two directions is two
//! links. The same seed and the same sends give the same arrivals, so a failed run is run again by its seed. Used by
//! tests of the core and, with real sockets around it, by `examples/router`, the line between browsers and node.
#![forbid(unsafe_code)]

mod link;
mod random;
mod time;

pub use link::{Link, LinkConfig, LinkCounters, Loss};
pub use random::Random;
pub use time::Timeline;
