//! A lane's RTP header: what never changes is written once, when the lane is made.
//!
//! ```text
//!  V P X CC │ M PT │ sequence │ timestamp │ SSRC │ 0xBEDE, length │ mid │ transport sequence │ level or orientation
//!             ▲▲▲▲   ▲▲▲▲▲▲▲▲   ▲▲▲▲▲▲▲▲▲                                 ▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲   ▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲
//!             set for each packet
//! ```
//!
//! A dependency descriptor, which has no fixed length, comes last; where it is long, all elements take their long form.
//! All other headers of a lane have the same length, so that packets of equal payload form one GSO run. That is why audio
//! level and orientation are always there once agreed on, as "silence" and "upright" where the source sends none.

use protocol::signal::Kind;
use rtp::extension::{AudioLevel, ExtensionForm, ExtensionId, Mid};
use rtp::{HeaderFields, HeaderWriter, PayloadType, RtpTimestamp, SeqNo, Ssrc};

use super::rewrite::Rewritten;
use crate::packet::PacketFacts;

const MARKER_BIT: u8 = 0x80;
const EXTENSION_BIT: u8 = 0x10;
/// RFC 3550 §5.1, without CSRCs.
const FIXED_LEN: usize = 12;
/// Profile and length (RFC 3550 §5.3.1).
const BLOCK_HEADER_LEN: usize = 4;

/// How a subscriber numbers header extensions, and the name of the lane's m-line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LaneExtensions {
    /// `urn:ietf:params:rtp-hdrext:sdes:mid` and the m-line's name.
    pub mid: Option<(ExtensionId, Mid)>,
    /// The transport-wide sequence number.
    pub transport_sequence: Option<ExtensionId>,
    /// `urn:ietf:params:rtp-hdrext:ssrc-audio-level`. Audio lanes only.
    pub audio_level: Option<ExtensionId>,
    /// `urn:3gpp:video-orientation`. Video lanes only.
    pub orientation: Option<ExtensionId>,
    /// The dependency descriptor, of any length, for who has agreed to mix the forms of elements. Video lanes only.
    pub dependency: Option<ExtensionId>,
}

/// The count over all packets of one transport, RTX included
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransportSequence(SeqNo);

impl TransportSequence {
    /// The number of the next packet.
    #[inline]
    pub(crate) const fn next(&self) -> SeqNo {
        self.0
    }

    /// The number of the packet that was written since [`Self::next`] was `before`, if it bears one.
    #[inline]
    pub(crate) fn taken_since(&self, before: SeqNo) -> Option<SeqNo> {
        (self.0 != before).then_some(before)
    }

    /// Takes the number of the next packet.
    #[inline]
    const fn take(&mut self) -> SeqNo {
        let next = self.0;
        self.0 = next.wrapping_add(1);
        next
    }
}

/// The header that all packets of a lane share.
#[derive(Debug, Clone)]
pub struct LaneHeader {
    usual: Template,
    /// The number of dependency descriptors, and the same header in the form that holds long ones.
    described: Option<(ExtensionId, Box<Template>)>,
}

/// A header in one form of its elements.
#[derive(Debug, Clone)]
struct Template {
    bytes: [u8; LaneHeader::LEN_MAX],
    form: ExtensionForm,
    len: usize,
    /// Where another element would begin.
    end: usize,
    transport_sequence_at: Option<usize>,
    audio_level_at: Option<usize>,
    orientation_at: Option<usize>,
}

/// What differs from packet to packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) sequence: SeqNo,
    pub(super) timestamp: RtpTimestamp,
    pub(super) marker: bool,
    pub(super) payload_type: PayloadType,
    /// The dependency descriptor; empty for none.
    pub(super) descriptor: &'a [u8],
}

impl<'a> Written<'a> {
    pub(super) const fn of(rewritten: &Rewritten, facts: &PacketFacts, payload_type: PayloadType) -> Self {
        let (sequence, timestamp) = (rewritten.sequence.seq(), rewritten.timestamp);
        Self { sequence, timestamp, marker: facts.marker, payload_type, descriptor: &[] }
    }

    pub(super) const fn described(self, descriptor: &'a [u8], marker: bool) -> Self {
        Self { descriptor, marker, ..self }
    }
}

impl LaneHeader {
    /// Room for every element but a dependency descriptor: 12 bytes fixed, 4 of the block's header, a mid of 16, the
    /// others, and up to 64 so that copying is a few whole vectors.
    pub const LEN_MAX: usize = 64;

    /// `None` when an element does not fit the one-byte form.
    #[must_use]
    pub fn new(ssrc: Ssrc, kind: Kind, extensions: &LaneExtensions) -> Option<Self> {
        let usual = Template::new(ssrc, kind, extensions, ExtensionForm::OneByte)?;
        let described = match extensions.dependency.filter(|_| kind == Kind::Video) {
            Some(id) => Some((id, Box::new(Template::new(ssrc, kind, extensions, ExtensionForm::TwoByte)?))),
            None => None,
        };
        Some(Self { usual, described })
    }

    /// Writes a packet's header to the front of `out` and returns its length. `None`, with no transport sequence
    /// taken, when `out` has less than [`Self::LEN_MAX`] bytes; and when it has no room for a descriptor.
    #[inline]
    pub(super) fn write(
        &self,
        facts: &PacketFacts,
        written: &Written<'_>,
        transport: &mut TransportSequence,
        out: &mut [u8],
    ) -> Option<usize> {
        if !written.descriptor.is_empty() {
            return self.write_described(facts, written, transport, out);
        }
        self.usual.write(Some(facts), written, transport, out)
    }

    /// A subscriber that has not agreed on descriptors gets none.
    fn write_described(
        &self,
        facts: &PacketFacts,
        written: &Written<'_>,
        transport: &mut TransportSequence,
        out: &mut [u8],
    ) -> Option<usize> {
        let Some((id, long)) = &self.described else {
            return self.usual.write(Some(facts), written, transport, out);
        };
        let fits = ExtensionForm::OneByte.fits(*id, written.descriptor.len());
        let template = if fits { &self.usual } else { &**long };
        let room = template.end + 2 + written.descriptor.len().next_multiple_of(4);
        if out.len() < room.max(Self::LEN_MAX) {
            return None;
        }
        template.write(Some(facts), written, transport, out)?;
        template.append(*id, written.descriptor, out)
    }

    /// Writes the header of a packet without media.
    pub(super) fn write_empty(
        &self,
        written: &Written<'_>,
        transport: &mut TransportSequence,
        out: &mut [u8],
    ) -> Option<usize> {
        self.usual.write(None, written, transport, out)
    }
}

impl Template {
    fn new(ssrc: Ssrc, kind: Kind, extensions: &LaneExtensions, form: ExtensionForm) -> Option<Self> {
        let fields = HeaderFields {
            marker: false,
            payload_type: PayloadType::from_low_bits(0),
            sequence: SeqNo(0),
            timestamp: RtpTimestamp(0),
            ssrc,
        };
        let mut bytes = [0; LaneHeader::LEN_MAX];
        let mut writer = HeaderWriter::new(&mut bytes, &fields, form).ok()?;
        let mut end = FIXED_LEN + BLOCK_HEADER_LEN;
        if let Some((id, mid)) = extensions.mid {
            end = writer.element(id, mid.as_bytes()).ok()? + mid.as_bytes().len();
        }
        let mut place = |id: Option<ExtensionId>, data: &[u8]| match id {
            Some(id) => writer.element(id, data).map(|at| {
                end = at + data.len();
                Some(at)
            }),
            None => Ok(None),
        };
        let transport_sequence_at = place(extensions.transport_sequence, &[0; 2]).ok()?;
        let audio_level = extensions.audio_level.filter(|_| kind == Kind::Audio);
        let audio_level_at = place(audio_level, &[AudioLevel::SILENCE]).ok()?;
        let orientation = extensions.orientation.filter(|_| kind == Kind::Video);
        let orientation_at = place(orientation, &[0]).ok()?;
        let len = writer.finish().ok()?;
        Some(Self { bytes, form, len, end, transport_sequence_at, audio_level_at, orientation_at })
    }

    #[inline]
    fn write(
        &self,
        facts: Option<&PacketFacts>,
        written: &Written<'_>,
        transport: &mut TransportSequence,
        out: &mut [u8],
    ) -> Option<usize> {
        let header = out.first_chunk_mut::<{ LaneHeader::LEN_MAX }>()?;
        *header = self.bytes;
        header[1] = written.payload_type.get() | if written.marker { MARKER_BIT } else { 0 };
        header[2..4].copy_from_slice(&written.sequence.0.to_be_bytes());
        header[4..8].copy_from_slice(&written.timestamp.0.to_be_bytes());
        if let Some(at) = self.transport_sequence_at {
            header.get_mut(at..at + 2)?.copy_from_slice(&transport.take().0.to_be_bytes());
        }
        let Some(facts) = facts else { return Some(self.len) };
        if let (Some(at), Some(level)) = (self.audio_level_at, facts.audio_level) {
            header.get_mut(at..=at)?.copy_from_slice(&level.to_bytes());
        }
        if let (Some(at), Some(orientation)) = (self.orientation_at, facts.orientation) {
            header.get_mut(at..=at)?.copy_from_slice(&orientation.to_bytes());
        }
        Some(self.len)
    }

    /// Adds an element to a header that lies in `out`, and returns its length now.
    fn append(&self, id: ExtensionId, data: &[u8], out: &mut [u8]) -> Option<usize> {
        let head = match self.form {
            ExtensionForm::OneByte => 1,
            ExtensionForm::TwoByte => 2,
        };
        let end = (self.end + head + data.len()).next_multiple_of(4);
        let element = out.get_mut(self.end..end)?;
        element.fill(0);
        element.get_mut(head..head + data.len())?.copy_from_slice(data);
        let len = u8::try_from(data.len()).ok()?;
        match self.form {
            ExtensionForm::OneByte => *element.first_mut()? = (id.get() << 4) | len.checked_sub(1)?,
            ExtensionForm::TwoByte => element.get_mut(..2)?.copy_from_slice(&[id.get(), len]),
        }
        let words = u16::try_from((end - FIXED_LEN - BLOCK_HEADER_LEN) / 4).ok()?;
        let fixed = out.get_mut(..FIXED_LEN + BLOCK_HEADER_LEN)?;
        fixed[0] |= EXTENSION_BIT;
        fixed[12..14].copy_from_slice(&self.form.profile().to_be_bytes());
        fixed[14..16].copy_from_slice(&words.to_be_bytes());
        Some(end)
    }
}
