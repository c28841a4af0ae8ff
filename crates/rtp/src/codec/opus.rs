//! The table-of-contents byte of an Opus packet (RFC 6716 §3.1): how long it plays, and whether it is silence.
//!
//! ```text
//!  0 1 2 3 4 5 6 7      config  0..=11  SILK    10, 20, 40, 60 ms
//! +-+-+-+-+-+-+-+-+            12..=15  hybrid  10, 20 ms
//! | config  |s| c |            16..=31  CELT    2.5, 5, 10, 20 ms
//! +-+-+-+-+-+-+-+-+      s: stereo      c: 1, 2, 2 frames, or a count in the next byte
//! ```

use core::time::Duration;

use crate::error::ParseError;

/// The longest packet there is (RFC 6716 §3.2.5, R5).
pub const PACKET_DURATION_MAX: Duration = Duration::from_millis(120);

/// The longest packet that an encoder sends for silence. With discontinuous transmission it is one byte every 400 ms,
/// or two (RFC 6716 §2.1.9; libopus: "2 bytes or less").
pub const SILENCE_LEN_MAX: usize = 2;

/// What a packet says of itself without being decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketFacts {
    /// How long one frame plays.
    pub frame: Duration,
    /// How many frames.
    pub frames: u8,
    /// Two channels.
    pub stereo: bool,
    /// So short that it holds no sound.
    pub silence: bool,
}

impl PacketFacts {
    /// Reads the first byte, or two.
    ///
    /// # Errors
    /// [`ParseError::Truncated`], or [`ParseError::Invalid`] when it counts no frames or plays longer than
    /// [`PACKET_DURATION_MAX`].
    pub fn parse(payload: &[u8]) -> Result<Self, ParseError> {
        let (&toc, rest) = payload.split_first().ok_or(ParseError::Truncated("Opus packet"))?;
        let frame = frame_duration(toc >> 3);
        let frames = match toc & 3 {
            0 => 1,
            1 | 2 => 2,
            _ => rest.first().ok_or(ParseError::Truncated("Opus frame count"))? & 0x3f,
        };
        if frames == 0 || frame.saturating_mul(u32::from(frames)) > PACKET_DURATION_MAX {
            return Err(ParseError::Invalid("Opus frame count"));
        }
        Ok(Self { frame, frames, stereo: toc & 4 != 0, silence: payload.len() <= SILENCE_LEN_MAX })
    }

    /// How long the whole packet plays.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.frame * u32::from(self.frames)
    }
}

const fn frame_duration(config: u8) -> Duration {
    let micros = match (config, config & 3) {
        (0..=11, 0) => 10_000,
        (0..=11, 1) => 20_000,
        (0..=11, 2) => 40_000,
        (0..=11, _) => 60_000,
        (12..=15, 0 | 2) => 10_000,
        (12..=15, _) => 20_000,
        (_, 0) => 2_500,
        (_, 1) => 5_000,
        (_, 2) => 10_000,
        (_, _) => 20_000,
    };
    Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(payload: &[u8]) -> PacketFacts {
        PacketFacts::parse(payload).unwrap()
    }

    #[test]
    fn each_config_has_the_duration_of_the_table() {
        let silk = [10_000, 20_000, 40_000, 60_000];
        let hybrid = [10_000, 20_000];
        let celt = [2_500, 5_000, 10_000, 20_000];
        let table = silk.repeat(3).into_iter().chain(hybrid.repeat(2)).chain(celt.repeat(4));

        for (config, micros) in (0u8..).zip(table) {
            assert_eq!(parse(&[config << 3]).frame, Duration::from_micros(micros), "{config}");
        }
    }

    #[test]
    fn what_browsers_send_is_one_frame_of_20_ms() {
        let packet = parse(&[0x78, 0x01, 0x02, 0x03]);

        assert_eq!((packet.frames, packet.duration()), (1, Duration::from_millis(20)));
        assert!(!packet.stereo && !packet.silence);
        assert!(parse(&[0x7c, 0, 0]).stereo);
    }

    #[test]
    fn silence_is_two_bytes_or_less() {
        assert!(parse(&[0x78]).silence);
        assert!(parse(&[0x78, 0]).silence);
        assert!(!parse(&[0x78, 0, 0]).silence);
    }

    #[test]
    fn frames_are_counted_up_to_120_ms() {
        assert_eq!(parse(&[0x79, 0]).frames, 2);
        assert_eq!(parse(&[0x7b, 6]).duration(), PACKET_DURATION_MAX);
        assert_eq!(PacketFacts::parse(&[0x7b, 7]), Err(ParseError::Invalid("Opus frame count")));
        assert_eq!(PacketFacts::parse(&[0x7b, 0x80]), Err(ParseError::Invalid("Opus frame count")));
        assert_eq!(PacketFacts::parse(&[0x7b]), Err(ParseError::Truncated("Opus frame count")));
        assert_eq!(PacketFacts::parse(&[]), Err(ParseError::Truncated("Opus packet")));
    }
}
