//! The two ways to ask for a key frame.
//!
//! Picture loss indication (RFC 4585 §6.3.1): the decoder lost its way. No content; may be sent again and again.
//! Full intra request (RFC 5104 §4.3.1): a command with a number per stream; the same number is the same command.
//!
//! ```text
//! FIR entry: | SSRC: 32 | command: 8 | reserved: 24 |        the header's media SSRC is 0
//! ```

use super::feedback;
use crate::error::ParseError;
use crate::units::Ssrc;

pub(super) const FIR_ENTRY_LEN: usize = 8;

/// A decoder needs a key frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureLossIndication {
    /// Who asks.
    pub sender: Ssrc,
    /// Of which stream.
    pub media: Ssrc,
}

impl PictureLossIndication {
    pub(super) fn parse(body: &[u8]) -> Result<Self, ParseError> {
        let (sender, media, _) = feedback(body, "RTCP PLI")?;
        Ok(Self { sender, media })
    }
}

/// Commands to several streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FullIntraRequest<'a> {
    /// Who asks.
    pub sender: Ssrc,
    entries: &'a [[u8; FIR_ENTRY_LEN]],
}

/// A command to one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FullIntraRequestEntry {
    /// The stream.
    pub media: Ssrc,
    /// Counts commands from this sender to this stream; a repetition is to be ignored.
    pub command: u8,
}

impl<'a> FullIntraRequest<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, ParseError> {
        let (sender, _, control) = feedback(body, "RTCP FIR")?;
        Ok(Self { sender, entries: control.as_chunks().0 })
    }

    /// The commands: one for each eight bytes.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = FullIntraRequestEntry> + use<'a> {
        self.entries.iter().map(|&[a, b, c, d, command, ..]| FullIntraRequestEntry {
            media: Ssrc(u32::from_be_bytes([a, b, c, d])),
            command,
        })
    }
}
