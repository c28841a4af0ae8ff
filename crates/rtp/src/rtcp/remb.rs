//! REMB: a receiver's own estimate of the bandwidth (draft-alvestrand-rmcat-remb-03 §2.2). Read, because older
//! browsers send it; Bedside sends transport-wide feedback instead.
//!
//! ```text
//! | 'R' 'E' 'M' 'B' | count: 8 | exponent: 6 | mantissa: 18 | SSRC, count times |
//! ```

use super::feedback;
use crate::error::ParseError;
use crate::units::{Bitrate, Ssrc};

const IDENTIFIER: &[u8; 4] = b"REMB";

/// An estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiverEstimate<'a> {
    /// Who estimates.
    pub sender: Ssrc,
    /// What it thinks that the streams together may use. Saturates: exponent 63 does not fit any number.
    pub bitrate: Bitrate,
    sources: &'a [[u8; 4]],
}

impl<'a> ReceiverEstimate<'a> {
    /// `None` for application feedback of somebody else.
    pub(super) fn parse(body: &'a [u8]) -> Result<Option<Self>, ParseError> {
        const CUT: ParseError = ParseError::Truncated("RTCP REMB");
        let (sender, _, control) = feedback(body, "RTCP application feedback")?;
        let Some(estimate) = control.strip_prefix(IDENTIFIER) else {
            return Ok(None);
        };
        let (&[count, high, middle, low], sources) = estimate.split_first_chunk::<4>().ok_or(CUT)?;
        let mantissa = u64::from(u32::from_be_bytes([0, high & 0x03, middle, low]));
        let bitrate = mantissa.saturating_mul(1 << (high >> 2));
        let sources = sources.as_chunks().0.get(..usize::from(count)).ok_or(CUT)?;
        Ok(Some(Self { sender, bitrate: Bitrate::from_bps(bitrate), sources }))
    }

    /// The streams that the estimate is for, at most 255.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = Ssrc> + use<'a> {
        self.sources.iter().map(|ssrc| Ssrc(u32::from_be_bytes(*ssrc)))
    }
}
