//! Fuzz targets: one function for each parser of bytes from outside, and for the room behind them.
//!
//! A target takes any bytes and panics when something is wrong: a panic inside, or a promise that does not hold. It
//! is run in two ways: by the test `replay` over the committed corpus, and by libFuzzer (`libfuzzer/`, feature
//! `libfuzzer`). The README says how.
//!
//! | target | what reads the bytes |
//! |---|---|
//! | [`datagrams`] | a live room with keys: STUN, SRTP, SRTCP and what is behind them, commands, time |
//! | [`sdp`] | an offer that joins a live room, and those that change it |
//! | [`signalling`] | a participant's JSON messages, and those on their data channel, done in a live room |
//! | [`token`] | join tokens, forged and signed, and resume secrets |
//! | [`control`] | the JSON messages of the node's control connection, both ways |
//! | [`dependency`] | dependency descriptors, one after the other |
//! | [`dtls`] | a DTLS handshake whose datagrams are bent, dropped, repeated and joined by others |
//! | [`red`] | RED payloads of a publisher, and a lane that sends them |
//! | [`sctp`] | a data channel on a bad network, whose other end lies |
//! | [`rtp`], [`rtcp`] | the wire formats, every parser of them |
#![forbid(unsafe_code)]

pub mod control;
pub mod datagrams;
pub mod dependency;
pub mod dtls;
mod input;
pub mod red;
mod room;
pub mod rtcp;
pub mod rtp;
pub mod sctp;
pub mod sdp;
pub mod seeds;
pub mod signalling;
pub mod token;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of its module, and of its folder in `corpus/`.
    pub name: &'static str,
    /// Takes any bytes; panics when something is wrong.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: [Target; 11] = [
    Target { name: "control", run: control::run },
    Target { name: "datagrams", run: datagrams::run },
    Target { name: "dependency", run: dependency::run },
    Target { name: "dtls", run: dtls::run },
    Target { name: "red", run: red::run },
    Target { name: "rtcp", run: rtcp::run },
    Target { name: "rtp", run: rtp::run },
    Target { name: "sctp", run: sctp::run },
    Target { name: "sdp", run: sdp::run },
    Target { name: "signalling", run: signalling::run },
    Target { name: "token", run: token::run },
];
