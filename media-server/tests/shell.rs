//! The shell over real sockets: signalling, abuse, the control connection, start and stop.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test program: the fixtures outside test functions fail the test, too"
)]

mod abuse;
mod chat;
mod control_connection;
mod independent_peer;
mod media;
mod metrics;
mod reattaching;
mod say_nothing_of_anybody;
mod signalling;
mod start_and_stop;
mod support;
mod transport_security;
