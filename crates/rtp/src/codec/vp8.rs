//! The VP8 payload descriptor (RFC 7741 §4.2).
//!
//! ```text
//!       0 1 2 3 4 5 6 7
//!      +-+-+-+-+-+-+-+-+
//!      |X|R|N|S|R| PID |   S: a partition starts;  PID: which, 0 the first;  N: nothing refers to this frame
//!      +-+-+-+-+-+-+-+-+
//! X:   |I|L|T|K| RSV   |
//!      +-+-+-+-+-+-+-+-+
//! I:   |M| PictureID   |   7 bits, or 15 with M
//!      +-+-+-+-+-+-+-+-+
//! M:   |   PictureID   |
//!      +-+-+-+-+-+-+-+-+
//! L:   |   TL0PICIDX   |   counts frames of temporal layer 0
//!      +-+-+-+-+-+-+-+-+
//! T/K: |TID|Y| KEYIDX  |   temporal layer;  Y: refers to layer 0 only
//!      +-+-+-+-+-+-+-+-+
//!      |Size0|H| VER |P|   the payload itself, in the first packet of a frame: P is 0 in a key frame (§4.3)
//!      +-+-+-+-+-+-+-+-+
//! ```
//!
//! A forwarder that drops layers or switches sources must keep PictureID and TL0PICIDX running without gaps that the
//! decoder could take for loss, so both can be overwritten in place.

use super::FrameFacts;
use crate::error::{ParseError, WriteError};

/// The longest descriptor: two required bytes, four optional ones.
pub const DESCRIPTOR_LEN_MAX: usize = 6;

const CUT: ParseError = ParseError::Truncated("VP8 payload descriptor");

/// A frame counter of 7 or 15 bits. The width belongs to the stream: a forwarder cannot widen it in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureId {
    /// Wraps after 127.
    Short(u8),
    /// Wraps after 32767.
    Long(u16),
}

impl PictureId {
    /// The count.
    #[must_use]
    pub const fn value(self) -> u16 {
        match self {
            Self::Short(value) => value as u16,
            Self::Long(value) => value,
        }
    }

    /// The largest value of this width.
    #[must_use]
    pub const fn mask(self) -> u16 {
        match self {
            Self::Short(_) => 0x7f,
            Self::Long(_) => 0x7fff,
        }
    }

    /// Another count of the same width; upper bits are cut off.
    #[must_use]
    pub const fn with_value(self, value: u16) -> Self {
        match self {
            Self::Short(_) => Self::Short((value & 0x7f) as u8),
            Self::Long(_) => Self::Long(value & 0x7fff),
        }
    }
}

/// Where a frame stands among the temporal layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemporalLayer {
    /// 0 the lowest, to 3.
    pub id: u8,
    /// The frame refers to layer 0 only, so a receiver may go up to this layer here.
    pub sync: bool,
}

/// The descriptor, decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Descriptor {
    /// No frame refers to this one: it may be dropped.
    pub non_reference: bool,
    /// A partition starts with this payload.
    pub partition_start: bool,
    /// Which partition, 0 to 7.
    pub partition: u8,
    /// Counts frames.
    pub picture_id: Option<PictureId>,
    /// Counts frames of temporal layer 0.
    pub tl0_pic_idx: Option<u8>,
    /// The temporal layer.
    pub temporal: Option<TemporalLayer>,
    /// Counts key frames, 0 to 31.
    pub key_index: Option<u8>,
}

impl Descriptor {
    /// Reads it, and gives its length: there the VP8 bitstream begins.
    ///
    /// # Errors
    /// [`ParseError::Truncated`].
    pub fn parse(payload: &[u8]) -> Result<(Self, usize), ParseError> {
        let mut bytes = payload.iter().copied();
        let mut next = || bytes.next().ok_or(CUT);

        let first = next()?;
        let mut descriptor = Self {
            non_reference: first & 0x20 != 0,
            partition_start: first & 0x10 != 0,
            partition: first & 0x07,
            ..Self::default()
        };
        if first & 0x80 != 0 {
            let present = next()?;
            if present & 0x80 != 0 {
                let high = next()?;
                descriptor.picture_id = Some(if high & 0x80 == 0 {
                    PictureId::Short(high)
                } else {
                    PictureId::Long(u16::from_be_bytes([high & 0x7f, next()?]))
                });
            }
            if present & 0x40 != 0 {
                descriptor.tl0_pic_idx = Some(next()?);
            }
            if present & 0x30 != 0 {
                let byte = next()?;
                let temporal = TemporalLayer { id: byte >> 6, sync: byte & 0x20 != 0 };
                descriptor.temporal = (present & 0x20 != 0).then_some(temporal);
                descriptor.key_index = (present & 0x10 != 0).then_some(byte & 0x1f);
            }
        }
        Ok((descriptor, payload.len() - bytes.len()))
    }

    /// Writes it and gives its length, at most [`DESCRIPTOR_LEN_MAX`]. Values wider than their field are cut.
    ///
    /// # Errors
    /// [`WriteError::BufferFull`].
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, WriteError> {
        let mut bytes = [0; DESCRIPTOR_LEN_MAX];
        let mut len = 1;
        bytes[0] =
            flag(self.non_reference, 0x20) | flag(self.partition_start, 0x10) | (self.partition & 0x07);
        let present = flag(self.picture_id.is_some(), 0x80)
            | flag(self.tl0_pic_idx.is_some(), 0x40)
            | flag(self.temporal.is_some(), 0x20)
            | flag(self.key_index.is_some(), 0x10);
        if present != 0 {
            bytes[0] |= 0x80;
            bytes[1] = present;
            len = 2;
        }
        match self.picture_id {
            None => {}
            Some(PictureId::Short(value)) => {
                bytes[len] = value & 0x7f;
                len += 1;
            }
            Some(PictureId::Long(value)) => {
                bytes[len..len + 2].copy_from_slice(&(value | 0x8000).to_be_bytes());
                len += 2;
            }
        }
        if let Some(index) = self.tl0_pic_idx {
            bytes[len] = index;
            len += 1;
        }
        if present & 0x30 != 0 {
            let temporal = self.temporal.map_or(0, |layer| (layer.id << 6) | flag(layer.sync, 0x20));
            bytes[len] = temporal | (self.key_index.unwrap_or(0) & 0x1f);
            len += 1;
        }
        let target = buffer.get_mut(..len).ok_or(WriteError::BufferFull("VP8 payload descriptor"))?;
        target.copy_from_slice(&bytes[..len]);
        Ok(len)
    }

    /// Where PictureID lies in the payload, if it is there.
    #[must_use]
    pub const fn picture_id_offset(&self) -> Option<usize> {
        if self.picture_id.is_some() { Some(2) } else { None }
    }

    /// Where TL0PICIDX lies in the payload, if it is there.
    #[must_use]
    pub const fn tl0_pic_idx_offset(&self) -> Option<usize> {
        match (self.tl0_pic_idx, self.picture_id) {
            (None, _) => None,
            (Some(_), None) => Some(2),
            (Some(_), Some(PictureId::Short(_))) => Some(3),
            (Some(_), Some(PictureId::Long(_))) => Some(4),
        }
    }

    /// Overwrites PictureID, in its width, in the payload that this descriptor was read from, or a copy of it.
    /// `false`, with nothing changed, when there is none.
    pub fn overwrite_picture_id(&self, payload: &mut [u8], value: u16) -> bool {
        let (Some(id), Some(at)) = (self.picture_id, self.picture_id_offset()) else {
            return false;
        };
        let Some(field) = payload.get_mut(at..) else {
            return false;
        };
        match (id.with_value(value), field) {
            (PictureId::Short(value), [byte, ..]) => *byte = value,
            (PictureId::Long(value), [high, low, ..]) => [*high, *low] = (value | 0x8000).to_be_bytes(),
            _ => return false,
        }
        true
    }

    /// Overwrites TL0PICIDX in the same way.
    pub fn overwrite_tl0_pic_idx(&self, payload: &mut [u8], value: u8) -> bool {
        let Some(byte) = self.tl0_pic_idx_offset().and_then(|at| payload.get_mut(at)) else {
            return false;
        };
        *byte = value;
        true
    }

    /// Whether the first packet of a frame is this one.
    #[must_use]
    pub const fn is_frame_start(&self) -> bool {
        self.partition_start && self.partition == 0
    }
}

/// What a payload says about its frame; `marker` is that of the RTP header, which ends a frame (RFC 7741 §4.1).
///
/// # Errors
/// [`ParseError::Truncated`] when the descriptor is cut short or a frame starts with no byte of it there.
pub fn frame_facts(payload: &[u8], marker: bool) -> Result<FrameFacts, ParseError> {
    let (descriptor, len) = Descriptor::parse(payload)?;
    let start = descriptor.is_frame_start();
    let bitstream = payload.get(len).copied();
    let key = match (start, bitstream) {
        (true, None) => return Err(ParseError::Truncated("VP8 frame")),
        (true, Some(byte)) => byte & 0x01 == 0,
        (false, _) => false,
    };
    let sync = descriptor.temporal.is_some_and(|layer| layer.sync);
    Ok(FrameFacts {
        start,
        end: marker,
        key,
        switch_point: key || (start && sync),
        temporal_layer: descriptor.temporal.map_or(0, |layer| layer.id),
    })
}

const fn flag(set: bool, bit: u8) -> u8 {
    if set { bit } else { 0 }
}

#[cfg(test)]
mod tests;
