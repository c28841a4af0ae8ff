//! A lane's RTP header: what never changes is written once, when the lane is made.
//!
//! ```text
//!  V P X CC │ M PT │ sequence │ timestamp │ SSRC │ 0xBEDE, length │ mid │ transport sequence │ level or orientation
//!             ▲▲▲▲   ▲▲▲▲▲▲▲▲   ▲▲▲▲▲▲▲▲▲                                 ▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲   ▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲▲
//!             set for each packet
//! ```
//!
//! All headers of a lane have the same length, so that packets of equal payload form one GSO run. That is why audio
//! level and orientation are always there once agreed on, as "silence" and "upright" where the source sends none.

use protocol::signal::Kind;
use rtp::extension::{AudioLevel, ExtensionForm, ExtensionId, Mid};
use rtp::{HeaderFields, HeaderWriter, PayloadType, RtpTimestamp, SeqNo, Ssrc};

use super::rewrite::Rewritten;
use crate::packet::PacketFacts;

const MARKER_BIT: u8 = 0x80;

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
    bytes: [u8; Self::LEN_MAX],
    len: usize,
    transport_sequence_at: Option<usize>,
    audio_level_at: Option<usize>,
    orientation_at: Option<usize>,
}

impl LaneHeader {
    /// Room for every element: 12 bytes fixed, 4 of the block's header, a mid of 16, the others, and up to 64 so that
    /// copying is a few whole vectors.
    pub const LEN_MAX: usize = 64;

    /// `None` when an element does not fit the one-byte form.
    #[must_use]
    pub fn new(ssrc: Ssrc, kind: Kind, extensions: &LaneExtensions) -> Option<Self> {
        let fields = HeaderFields {
            marker: false,
            payload_type: PayloadType::from_low_bits(0),
            sequence: SeqNo(0),
            timestamp: RtpTimestamp(0),
            ssrc,
        };
        let mut bytes = [0; Self::LEN_MAX];
        let mut writer = HeaderWriter::new(&mut bytes, &fields, ExtensionForm::OneByte).ok()?;
        if let Some((id, mid)) = extensions.mid {
            writer.element(id, mid.as_bytes()).ok()?;
        }
        let mut place = |id: Option<ExtensionId>, data: &[u8]| match id {
            Some(id) => writer.element(id, data).map(Some),
            None => Ok(None),
        };
        let transport_sequence_at = place(extensions.transport_sequence, &[0; 2]).ok()?;
        let audio_level = extensions.audio_level.filter(|_| kind == Kind::Audio);
        let audio_level_at = place(audio_level, &[AudioLevel::SILENCE]).ok()?;
        let orientation = extensions.orientation.filter(|_| kind == Kind::Video);
        let orientation_at = place(orientation, &[0]).ok()?;
        let len = writer.finish().ok()?;
        Some(Self { bytes, len, transport_sequence_at, audio_level_at, orientation_at })
    }

    /// Writes a packet's header to the front of `out` and returns its length. `None`, with no transport sequence
    /// taken, when `out` has less than [`Self::LEN_MAX`] bytes.
    #[inline]
    pub(super) fn write(
        &self,
        facts: &PacketFacts,
        rewritten: &Rewritten,
        payload_type: PayloadType,
        transport: &mut TransportSequence,
        out: &mut [u8],
    ) -> Option<usize> {
        let header = out.first_chunk_mut::<{ Self::LEN_MAX }>()?;
        *header = self.bytes;
        header[1] = payload_type.get() | if facts.marker { MARKER_BIT } else { 0 };
        header[2..4].copy_from_slice(&rewritten.sequence.seq().0.to_be_bytes());
        header[4..8].copy_from_slice(&rewritten.timestamp.0.to_be_bytes());
        if let Some(at) = self.transport_sequence_at {
            header.get_mut(at..at + 2)?.copy_from_slice(&transport.take().0.to_be_bytes());
        }
        if let (Some(at), Some(level)) = (self.audio_level_at, facts.audio_level) {
            header.get_mut(at..=at)?.copy_from_slice(&level.to_bytes());
        }
        if let (Some(at), Some(orientation)) = (self.orientation_at, facts.orientation) {
            header.get_mut(at..=at)?.copy_from_slice(&orientation.to_bytes());
        }
        Some(self.len)
    }

    /// Writes the header of a packet without media.
    pub(super) fn write_empty(
        &self,
        (sequence, timestamp): (SeqNo, RtpTimestamp),
        payload_type: PayloadType,
        transport: &mut TransportSequence,
        out: &mut [u8],
    ) -> Option<usize> {
        let header = out.first_chunk_mut::<{ Self::LEN_MAX }>()?;
        *header = self.bytes;
        header[1] = payload_type.get();
        header[2..4].copy_from_slice(&sequence.0.to_be_bytes());
        header[4..8].copy_from_slice(&timestamp.0.to_be_bytes());
        if let Some(at) = self.transport_sequence_at {
            header.get_mut(at..at + 2)?.copy_from_slice(&transport.take().0.to_be_bytes());
        }
        Some(self.len)
    }
}
