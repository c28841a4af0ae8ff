//! What header extension elements say. Each type reads exactly the lengths its specification allows and gives back
//! the bytes to write; any other length is `None`, as if the element were not there.

mod token;
mod video;

pub use token::{Mid, Rid, TOKEN_LEN_MAX};
pub use video::{PlayoutDelay, Rotation, VideoOrientation};

use core::time::Duration;

use crate::sequence::SeqNo;
use crate::units::NtpTime;

/// How loud the audio in this packet is (RFC 6464 §3).
///
/// ```text
///  0 1 2 3 4 5 6 7
/// +-+-+-+-+-+-+-+-+
/// |V|    level    |
/// +-+-+-+-+-+-+-+-+
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioLevel {
    /// Whether the sender takes it for speech.
    pub voice: bool,
    /// 0 is the loudest, 127 is silence: the level in -dBov.
    pub attenuation: u8,
}

impl AudioLevel {
    /// Digital silence.
    pub const SILENCE: u8 = 127;

    /// Reads one byte.
    #[must_use]
    pub const fn parse(data: &[u8]) -> Option<Self> {
        match data {
            &[byte] => Some(Self { voice: byte & 0x80 != 0, attenuation: byte & 0x7f }),
            _ => None,
        }
    }

    /// The wire form; the attenuation is cut to 127.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 1] {
        let attenuation = if self.attenuation > Self::SILENCE { Self::SILENCE } else { self.attenuation };
        [attenuation | if self.voice { 0x80 } else { 0 }]
    }
}

/// Reads a transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2): one count over all
/// streams of a transport. It is written as `to_be_bytes` of the number.
#[must_use]
pub const fn parse_transport_sequence(data: &[u8]) -> Option<SeqNo> {
    match data {
        &[high, low] => Some(SeqNo(u16::from_be_bytes([high, low]))),
        _ => None,
    }
}

/// When the packet left, in units of 2^-18 s, modulo 64 s: 24 bits taken from the middle of an NTP time
/// (webrtc.org, abs-send-time).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsSendTime(u32);

impl AbsSendTime {
    const MASK: u32 = 0xff_ffff;

    /// Reads three bytes.
    #[must_use]
    pub const fn parse(data: &[u8]) -> Option<Self> {
        match data {
            &[a, b, c] => Some(Self(u32::from_be_bytes([0, a, b, c]))),
            _ => None,
        }
    }

    /// Of a wall-clock time.
    #[must_use]
    pub const fn from_ntp(time: NtpTime) -> Self {
        Self((time.0 >> 14) as u32 & Self::MASK)
    }

    /// The wire form.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 3] {
        let [_, a, b, c] = self.0.to_be_bytes();
        [a, b, c]
    }

    /// How long after `earlier` this is, when the two are less than 64 s apart.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        let units = self.0.wrapping_sub(earlier.0) & Self::MASK;
        Duration::from_nanos((units as u64 * 1_000_000_000) >> 18)
    }
}

/// When the media was captured, by the clock of who captured it (webrtc.org, abs-capture-time).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsCaptureTime {
    /// By the capturer's clock.
    pub capture: NtpTime,
    /// What the sender would have to add to its own clock to get the capturer's, in units of 2^-32 s.
    /// `None` in the short form: the receiver goes on with the last one it has heard.
    pub clock_offset: Option<i64>,
}

impl AbsCaptureTime {
    /// Length with the clock offset.
    pub const LEN: usize = 16;
    /// Length without.
    pub const SHORT_LEN: usize = 8;

    /// Reads 8 or 16 bytes.
    #[must_use]
    pub fn parse(data: &[u8]) -> Option<Self> {
        let (capture, offset) = data.split_first_chunk::<{ Self::SHORT_LEN }>()?;
        let clock_offset = match offset {
            [] => None,
            offset => Some(i64::from_be_bytes(offset.try_into().ok()?)),
        };
        Some(Self { capture: NtpTime(u64::from_be_bytes(*capture)), clock_offset })
    }

    /// The wire form and how much of it counts: [`Self::LEN`] or [`Self::SHORT_LEN`].
    #[must_use]
    pub fn to_bytes(self) -> ([u8; Self::LEN], usize) {
        let mut bytes = [0; Self::LEN];
        bytes[..8].copy_from_slice(&self.capture.0.to_be_bytes());
        match self.clock_offset {
            None => (bytes, Self::SHORT_LEN),
            Some(offset) => {
                bytes[8..].copy_from_slice(&offset.to_be_bytes());
                (bytes, Self::LEN)
            }
        }
    }
}

#[cfg(test)]
mod tests;
