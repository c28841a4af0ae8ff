//! One SCTP association with one data channel, as the node and the headless participant hold it: text messages, reliable and in
//! order (RFC 8831), over a DTLS connection (RFC 8261).
//!
//! What it is not: general SCTP. One stream carries everything, nothing is sent in part or out of order, nobody resets a stream,
//! and an association that ends is not opened again. What a browser may say beyond that is left out before the library sees it.
//!
//! ```text
//!  DTLS record ─▶ guard ─▶ rtc-sctp ─▶ message ─▶ owner
//!                 counted, cut down to what one channel needs
//! ```
//!
//! The library is `rtc-sctp`; docs/decisions/0007-data-channels.md says why, and what of it the guard makes up for.

#![forbid(unsafe_code)]

mod channel;
mod guard;

pub use channel::{Channel, CloseReason, Event, MAX_MESSAGE_LEN, MAX_PACKET_LEN, MAX_WAITING_LEN, SendError};
