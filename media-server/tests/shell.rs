//! The shell over real sockets: signalling, abuse, the control connection, start and stop.

mod abuse;
mod control_connection;
mod metrics;
mod signalling;
mod start_and_stop;
mod support;
