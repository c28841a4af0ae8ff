//! The media server's shell: sockets, threads, signalling and the control connection around [`media_core`], which decides.

pub mod config;
pub mod control;
pub mod handshake;
pub mod net;
pub mod worker;
