//! The wire formats of real-time media, and the units they are counted in.
//!
//! Everything here looks at bytes that somebody else owns: a parser is a checked view over a `&[u8]`, a writer fills
//! a caller's `&mut [u8]`. There is no socket, clock, thread or allocator (the crate is `no_std`, so the compiler
//! proves the last), no `unsafe`, and no input on which a function panics.
//!
//! What a newcomer reads, in the order in which a datagram meets it:
//!
//! | module | what | specification |
//! |---|---|---|
//! | [`demux`] | STUN, DTLS, RTP or RTCP | RFC 7983, RFC 5761 |
//! | [`framing`] | datagrams in a stream | RFC 4571, RFC 6544 |
//! | [`header`] | the RTP header: view, rewriting in place, writing | RFC 3550 §5.1 |
//! | [`extension`] | header extension elements, their values and numbering | RFC 8285 |
//! | [`rtcp`] | reports and feedback | RFC 3550 §6, RFC 4585, RFC 5104 |
//! | [`codec`] | what a payload shows in the clear | RFC 7741, 6184, 6716, 2198, 4588 |
//! | [`sequence`] | sequence numbers and their extension to 48 bits | RFC 3550 §A.1, RFC 3711 §3.3.1 |
//! | [`units`] | timestamps, media time, NTP time, bit rates, sizes | RFC 3550 §4 |
//!
//! Left out on purpose: encryption (`srtp`), what a packet means to a room (`media-core`), signalling (SDP).
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod codec;
pub mod demux;
pub mod error;
pub mod extension;
pub mod framing;
pub mod header;
pub mod rtcp;
#[cfg(test)]
mod seeded;
pub mod sequence;
pub mod units;

pub use error::{ParseError, WriteError};
pub use header::{HeaderFields, HeaderMut, HeaderWriter, RtpHeader, RtpPacket, header_len};
pub use sequence::{ExtSeqNo, SeqNo, SeqUnwrapper};
pub use units::{
    Bitrate, ClockRate, DataSize, MediaTime, MediaTimeUnwrapper, NtpShort, NtpTime, PayloadType,
    RtpTimestamp, Ssrc,
};
