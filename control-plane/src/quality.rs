//! How the connections of a consultation were: what nodes tell each minute, kept as a compact timeline.
//!
//! ```text
//! node ── quality event ──▶ nodes/events ──▶ store ──▶ connection_minute (packed)
//!                                                        ├─▶ after 90 days: gone (sweep)
//!                                                        ├─▶ one visit: its practitioner, the clinic's admins
//!                                                        └─▶ sums over many visits: the clinic's admins
//! ```
//!
//! Figures, seats and roles only; who sits on a seat is known elsewhere. The rows of a room lie beside each other whatever node
//! it was on, so that a visit that moved has one timeline.

pub mod handlers;
mod packed;
pub(crate) mod store;
pub mod summary;
pub mod sweep;
pub mod view;

use std::time::Duration;

/// How long it is kept: for a complaint of last month, and sums over a quarter.
pub const KEEP: Duration = Duration::from_secs(90 * 24 * 3600);
