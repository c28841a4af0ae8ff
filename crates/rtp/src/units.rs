//! Units as types: a number that is counted in something says in what.
//!
//! No arithmetic here can overflow: it saturates where a quantity ends (rates, sizes, durations) and wraps where the
//! wire wraps (timestamps).

mod clock;
mod rate;

pub use clock::{ClockRate, MediaTime, MediaTimeUnwrapper, NtpShort, NtpTime, RtpTimestamp};
pub use rate::{Bitrate, DataSize};

use core::fmt;

/// Which stream: the synchronisation source of RFC 3550 §3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ssrc(pub u32);

impl fmt::Display for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// Which codec, by the numbering of the session description: 7 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayloadType(u8);

impl PayloadType {
    /// `None` above 127.
    #[must_use]
    pub const fn new(payload_type: u8) -> Option<Self> {
        if payload_type < 128 { Some(Self(payload_type)) } else { None }
    }

    /// The low seven bits, as in the second byte of a packet beside the marker.
    #[must_use]
    pub const fn from_low_bits(byte: u8) -> Self {
        Self(byte & 0x7f)
    }

    /// 0 to 127.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether packets of this type can share a port with RTCP: 64 to 95 would be taken for it (RFC 5761 §4).
    #[must_use]
    pub const fn is_muxable(self) -> bool {
        !(self.0 >= 64 && self.0 <= 95)
    }
}

impl fmt::Display for PayloadType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
