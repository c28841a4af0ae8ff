//! RTP header extension elements (RFC 8285): walking, looking up, overwriting in place.
//!
//! ```text
//! one-byte form, profile 0xBEDE          two-byte form, profile 0x1000..=0x100F
//!  0 1 2 3 4 5 6 7                        0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//! +-+-+-+-+-+-+-+-+--- - -               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+--- - -
//! |  ID   |  L    | L+1 bytes            |      ID       |      L        | L bytes
//! +-+-+-+-+-+-+-+-+--- - -               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+--- - -
//!  ID 1..=14, 1 to 16 bytes               ID 1..=255, 0 to 255 bytes
//!  0 is padding, 15 ends the block        0 is padding
//! ```
//!
//! A block that lies about its lengths yields the elements before the lie and then ends: a receiver must be able to
//! go on without an extension anyway (RFC 8285 §4.1.2).

pub mod dependency;
mod map;
mod value;

use core::num::NonZeroU8;
use core::ops::Range;

pub use map::{ExtensionKind, ExtensionMap, ExtensionValues, IdTaken, Place};
pub use value::{
    AbsCaptureTime, AbsSendTime, AudioLevel, Mid, PlayoutDelay, Rid, Rotation, TOKEN_LEN_MAX,
    VideoOrientation, parse_transport_sequence,
};

/// The number of an extension within one transport, 1 to 255, agreed on in the session description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtensionId(NonZeroU8);

impl ExtensionId {
    /// `None` for 0, which is padding on the wire.
    #[must_use]
    pub const fn new(id: u8) -> Option<Self> {
        match NonZeroU8::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0.get()
    }

    /// Whether the one-byte form can carry it: 15 is reserved there (RFC 8285 §4.2).
    #[must_use]
    pub const fn fits_one_byte(self) -> bool {
        self.get() <= ONE_BYTE_ID_MAX
    }
}

/// Profile of the one-byte form.
pub const ONE_BYTE_PROFILE: u16 = 0xbede;
/// Profile of the two-byte form; the low four bits are the application's and ignored.
pub const TWO_BYTE_PROFILE: u16 = 0x1000;
const TWO_BYTE_PROFILE_MASK: u16 = 0xfff0;
/// Largest id of the one-byte form.
pub const ONE_BYTE_ID_MAX: u8 = 14;
/// Longest element of the one-byte form.
pub const ONE_BYTE_DATA_MAX: usize = 16;
/// Longest element of the two-byte form.
pub const TWO_BYTE_DATA_MAX: usize = 255;

/// How the elements of one block are laid out. A block never mixes the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExtensionForm {
    /// A header of four bits id, four bits length.
    #[default]
    OneByte,
    /// A header of eight bits id, eight bits length. Only for peers that agreed to `a=extmap-allow-mixed`, or that
    /// were offered nothing else.
    TwoByte,
}

impl ExtensionForm {
    /// The form of a block of this profile; `None` for a profile that is not of RFC 8285.
    #[must_use]
    pub const fn of_profile(profile: u16) -> Option<Self> {
        if profile == ONE_BYTE_PROFILE {
            Some(Self::OneByte)
        } else if profile & TWO_BYTE_PROFILE_MASK == TWO_BYTE_PROFILE {
            Some(Self::TwoByte)
        } else {
            None
        }
    }

    /// What the block's header says.
    #[must_use]
    pub const fn profile(self) -> u16 {
        match self {
            Self::OneByte => ONE_BYTE_PROFILE,
            Self::TwoByte => TWO_BYTE_PROFILE,
        }
    }

    /// Whether an element of `len` bytes can be written.
    #[must_use]
    pub const fn fits(self, id: ExtensionId, len: usize) -> bool {
        match self {
            Self::OneByte => id.fits_one_byte() && len >= 1 && len <= ONE_BYTE_DATA_MAX,
            Self::TwoByte => len <= TWO_BYTE_DATA_MAX,
        }
    }

    pub(crate) const fn element_header_len(self) -> usize {
        match self {
            Self::OneByte => 1,
            Self::TwoByte => 2,
        }
    }

    /// Fills a `head` of [`Self::element_header_len`] bytes, for what [`Self::fits`] has allowed.
    pub(crate) const fn write_element_header(self, head: &mut [u8], id: ExtensionId, len: usize) {
        match (self, head) {
            (Self::OneByte, [head]) => *head = (id.get() << 4) | (len as u8).wrapping_sub(1),
            (Self::TwoByte, [first, second]) => {
                *first = id.get();
                *second = len as u8;
            }
            _ => {}
        }
    }
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// Its number.
    pub id: ExtensionId,
    /// Its data: 1 to 16 bytes in the one-byte form, 0 to 255 in the two-byte form.
    pub data: &'a [u8],
    /// Where the data starts in the packet.
    pub offset: usize,
}

impl Element<'_> {
    /// Where the data lies in the packet.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.data.len()
    }
}

/// The elements of a packet, in the order of the wire. At most one per byte of the block.
#[derive(Debug, Clone)]
pub struct Extensions<'a> {
    rest: &'a [u8],
    /// Where `rest` starts in the packet.
    offset: usize,
    form: ExtensionForm,
}

impl<'a> Extensions<'a> {
    /// Over a whole block, header included, that starts at `offset` of its packet.
    #[inline]
    pub(crate) fn of_block(block: &'a [u8], offset: usize) -> Self {
        let Some((&[high, low, _, _], elements)) = block.split_first_chunk::<4>() else {
            return Self { rest: &[], offset, form: ExtensionForm::OneByte };
        };
        match ExtensionForm::of_profile(u16::from_be_bytes([high, low])) {
            Some(form) => Self { rest: elements, offset: offset + 4, form },
            None => Self { rest: &[], offset, form: ExtensionForm::OneByte },
        }
    }

    /// The block's form.
    #[must_use]
    pub const fn form(&self) -> ExtensionForm {
        self.form
    }

    /// The first element of this number.
    #[inline]
    #[must_use]
    pub fn lookup(&self, id: ExtensionId) -> Option<Element<'a>> {
        self.clone().find(|element| element.id == id)
    }

    fn end(&mut self) -> Option<Element<'a>> {
        self.rest = &[];
        None
    }

    fn skip(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or_default();
        self.offset += len;
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        loop {
            let first = *self.rest.first()?;
            let (id, head, len) = match self.form {
                ExtensionForm::OneByte => (first >> 4, 1, usize::from(first & 0x0f) + 1),
                ExtensionForm::TwoByte if first == 0 => (0, 1, 1),
                ExtensionForm::TwoByte => match self.rest.get(1) {
                    Some(&len) => (first, 2, usize::from(len)),
                    None => return self.end(),
                },
            };
            let Some(id) = ExtensionId::new(id) else {
                // Padding is one zero byte; with a length it ends the block (RFC 8285 §4.2).
                if first != 0 {
                    return self.end();
                }
                self.skip(1);
                continue;
            };
            if self.form == ExtensionForm::OneByte && !id.fits_one_byte() {
                return self.end();
            }
            let Some(data) = self.rest.get(head..head + len) else {
                return self.end();
            };
            let element = Element { id, data, offset: self.offset + head };
            self.skip(head + len);
            return Some(element);
        }
    }
}

/// Overwrites an element's data in place; `false`, with nothing changed, when the packet has no such element of
/// exactly this length.
#[inline]
pub fn overwrite(packet: &mut [u8], id: ExtensionId, data: &[u8]) -> bool {
    let Ok(header) = crate::header::RtpHeader::parse(packet) else {
        return false;
    };
    let Some(range) = header.extensions().lookup(id).map(|element| element.range()) else {
        return false;
    };
    match packet.get_mut(range) {
        Some(old) if old.len() == data.len() => {
            old.copy_from_slice(data);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
