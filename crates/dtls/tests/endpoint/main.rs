//! Behaviours of the DTLS endpoint, each file one: over a simulated network with virtual time and seeds, against
//! the other implementation of the family, and against hostile bytes.
//!
//! `cfg(test)` always holds here; it tells the linter that all of this is test code.
#![cfg(test)]

mod abuse;
mod bytes;
mod handshake;
mod hello;
mod hostile;
mod interop;
mod loss;
mod network;
mod renegotiation;
