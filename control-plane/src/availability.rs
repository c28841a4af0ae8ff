//! When a practitioner can be booked: weekly hours, and the one place that decides which times are free.
//!
//! ```text
//! weekly hours ──calendar──▶ windows of instants ──free──▶ slots
//!                                                   ▲
//!                            reserved times, notice, horizon
//! ```
//!
//! [`free`] decides for display and for booking alike (invariant 11 of docs/ARCHITECTURE.md).

pub mod calendar;
pub mod free;
pub mod handlers;
pub mod hours;
pub mod store;

use std::time::Duration;

use calendar::Calendar;
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::Timestamp;

/// A time that is offered, or that an appointment takes: from `start` until just before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Slot {
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
}

/// How one practitioner's time is cut into visits.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The weekly hours on the calendar.
    pub calendar: Calendar,
    /// Length of a visit.
    pub visit: Duration,
    /// Kept free after each visit, for notes and washing hands.
    pub buffer: Duration,
}
