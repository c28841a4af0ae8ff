//! What every program says about itself: logs for people and search, metrics for graphs. And how many descriptors it has.
//!
//! The law (docs/CONVENTIONS.md, "Logs and metrics"): no tokens, passwords, addresses of people, names, e-mail,
//! SDP or bodies, in either. A value that could be one of these is carried in [`Redacted`].

#![forbid(unsafe_code)]

pub mod descriptors;
pub mod log;
pub mod metrics;
mod process;
pub mod redacted;

pub use redacted::Redacted;
