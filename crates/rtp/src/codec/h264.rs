//! H.264 payloads (RFC 6184 §5): where frames and key frames start.
//!
//! ```text
//!  0 1 2 3 4 5 6 7      type 1..=23   one NAL unit
//! +-+-+-+-+-+-+-+-+          24       STAP-A: { length: 16 bits, NAL unit } ...
//! |F|NRI|  type   |          28       FU-A: FU header, a fragment of one NAL unit
//! +-+-+-+-+-+-+-+-+
//! |S|E|R|  type   |     FU header: S the first fragment, E the last, type of the unit
//! +-+-+-+-+-+-+-+-+
//! ```
//!
//! STAP-B, MTAP and FU-B belong to the interleaved mode, which no WebRTC peer offers (RFC 7742 §6.2 asks for modes 0
//! and 1): they parse as an error and are forwarded without facts.
//!
//! A frame starts with the unit that cannot continue one (parameter sets, delimiter, SEI), or with a slice whose
//! `first_mb_in_slice` is 0: its Exp-Golomb code is the single bit 1, the first after the NAL unit header.

use super::FrameFacts;
use crate::error::ParseError;

/// NAL units looked at within one STAP-A. A key frame's parameter sets, SEI and first slice come within the first few.
pub const AGGREGATED_UNITS_MAX: usize = 16;

const TYPE_MASK: u8 = 0x1f;
const FU_START: u8 = 0x80;

/// Types of NAL units (ITU-T H.264 table 7-1) and of packets (RFC 6184 table 1) that matter here.
mod unit {
    pub(super) const SLICE: u8 = 1;
    pub(super) const PARTITION_A: u8 = 2;
    pub(super) const IDR_SLICE: u8 = 5;
    pub(super) const SEI: u8 = 6;
    pub(super) const SPS: u8 = 7;
    pub(super) const PPS: u8 = 8;
    pub(super) const DELIMITER: u8 = 9;
    pub(super) const SINGLE_MAX: u8 = 23;
    pub(super) const STAP_A: u8 = 24;
    pub(super) const FU_A: u8 = 28;
}

/// What a payload says about its frame; `marker` is that of the RTP header, which ends a frame (RFC 6184 §5.1).
///
/// Without temporal layers in the clear, only key frames are switch points.
///
/// # Errors
/// [`ParseError::Truncated`], or [`ParseError::Invalid`] for a packet type of the interleaved mode.
pub fn frame_facts(payload: &[u8], marker: bool) -> Result<FrameFacts, ParseError> {
    let (&header, rest) = payload.split_first().ok_or(ParseError::Truncated("NAL unit header"))?;
    let found = match header & TYPE_MASK {
        kind @ 1..=unit::SINGLE_MAX => Unit::starting(kind, rest),
        unit::STAP_A => aggregated(rest)?,
        unit::FU_A => {
            let (&fu, fragment) = rest.split_first().ok_or(ParseError::Truncated("FU header"))?;
            if fu & FU_START != 0 { Unit::starting(fu & TYPE_MASK, fragment) } else { Unit::default() }
        }
        _ => return Err(ParseError::Invalid("H264 packet type")),
    };
    Ok(FrameFacts {
        start: found.starts_frame,
        end: marker,
        key: found.key,
        switch_point: found.key,
        temporal_layer: 0,
    })
}

/// What the start of a NAL unit tells.
#[derive(Debug, Clone, Copy, Default)]
struct Unit {
    starts_frame: bool,
    key: bool,
}

impl Unit {
    /// `body` follows the unit's header.
    fn starting(kind: u8, body: &[u8]) -> Self {
        let first_slice = body.first().is_some_and(|byte| byte & 0x80 != 0);
        match kind {
            unit::SPS => Self { starts_frame: true, key: true },
            unit::IDR_SLICE => Self { starts_frame: first_slice, key: first_slice },
            unit::SLICE | unit::PARTITION_A => Self { starts_frame: first_slice, key: false },
            unit::SEI | unit::PPS | unit::DELIMITER => Self { starts_frame: true, key: false },
            _ => Self::default(),
        }
    }
}

fn aggregated(mut rest: &[u8]) -> Result<Unit, ParseError> {
    const CUT: ParseError = ParseError::Truncated("STAP-A unit");
    let mut found = Unit::default();
    for _ in 0..AGGREGATED_UNITS_MAX {
        let Some((len, units)) = rest.split_first_chunk::<2>() else {
            // A single trailing byte is no length.
            return if rest.is_empty() { Ok(found) } else { Err(CUT) };
        };
        let (unit, after) = units.split_at_checked(usize::from(u16::from_be_bytes(*len))).ok_or(CUT)?;
        let (&header, body) = unit.split_first().ok_or(CUT)?;
        let this = Unit::starting(header & TYPE_MASK, body);
        found.starts_frame |= this.starts_frame;
        found.key |= this.key;
        rest = after;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(payload: &[u8]) -> FrameFacts {
        frame_facts(payload, false).unwrap()
    }

    #[test]
    fn a_single_idr_slice_is_a_key_frame() {
        assert!(facts(&[0x65, 0x88]).key && facts(&[0x65, 0x88]).start && facts(&[0x65, 0x88]).switch_point);
        assert!(!facts(&[0x65, 0x08]).start, "a later slice of the same picture");
        assert!(facts(&[0x41, 0x9a]).start && !facts(&[0x41, 0x9a]).key);
        assert!(!facts(&[0x41, 0x1a]).start);
    }

    #[test]
    fn parameter_sets_start_a_key_frame() {
        assert!(facts(&[0x67, 0x42]).key);
        assert!(facts(&[0x68, 0xce]).start && !facts(&[0x68, 0xce]).key);
    }

    #[test]
    fn an_aggregate_is_what_any_of_its_units_is() {
        let key = [0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce, 0, 2, 0x65, 0x88];
        let delta = [0x78, 0, 2, 0x06, 0x05, 0, 2, 0x41, 0x9a];

        assert!(facts(&key).key && facts(&key).start);
        assert!(!facts(&delta).key && facts(&delta).start);
        for len in [1, 5, 9, 13] {
            assert!(frame_facts(&key[..len], false).is_ok(), "whole units: {len}");
        }
        for len in [2, 3, 4, 6, 7, 8, 10, 11, 12] {
            assert!(frame_facts(&key[..len], false).is_err(), "cut: {len}");
        }
        assert!(frame_facts(&[0x78, 0, 0], false).is_err(), "a unit without header");
    }

    #[test]
    fn only_the_first_fragment_starts_a_frame() {
        assert!(facts(&[0x7c, 0x85, 0x88]).key && facts(&[0x7c, 0x85, 0x88]).start);
        assert!(!facts(&[0x7c, 0x05, 0x88]).start);
        let last = frame_facts(&[0x7c, 0x45, 0x88], true).unwrap();
        assert!(last.end && !last.start && !last.key);
        assert!(frame_facts(&[0x7c], false).is_err());
    }

    #[test]
    fn the_interleaved_mode_is_refused() {
        for kind in [0, 25, 26, 27, 29, 30, 31] {
            assert_eq!(frame_facts(&[kind, 0, 0], false), Err(ParseError::Invalid("H264 packet type")));
        }
        assert!(frame_facts(&[], false).is_err());
    }

    #[test]
    fn units_beyond_the_bound_are_not_looked_at() {
        let mut payload = std::vec![0x78];
        for _ in 0..AGGREGATED_UNITS_MAX {
            payload.extend([0, 1, 12]);
        }
        payload.extend([0, 1, 0x67]);

        assert!(!facts(&payload).key);
    }
}
