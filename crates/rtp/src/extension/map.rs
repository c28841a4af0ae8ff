//! Which extension has which number on one transport, and reading all known elements of a packet in one walk.

use super::value::{
    AbsCaptureTime, AbsSendTime, AudioLevel, Mid, PlayoutDelay, Rid, VideoOrientation,
    parse_transport_sequence,
};
use super::{Element, ExtensionForm, ExtensionId, Extensions};
use crate::sequence::SeqNo;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $uri:literal,)+) => {
        /// The header extensions that Bedside reads or writes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum ExtensionKind { $($(#[$doc])* $kind,)+ }

        impl ExtensionKind {
            /// All of them, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// The name in `a=extmap` (RFC 8285 §5).
            #[must_use]
            pub const fn uri(self) -> &'static str {
                match self { $(Self::$kind => $uri,)+ }
            }

            /// By the name in `a=extmap`; `None` for extensions that Bedside does not speak.
            #[must_use]
            pub fn from_uri(uri: &str) -> Option<Self> {
                match uri { $($uri => Some(Self::$kind),)+ _ => None }
            }
        }
    };
}

kinds! {
    /// RFC 6464: how loud it is, and whether it is speech.
    AudioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    /// RFC 9143 (obsoletes 8843): the m-line.
    Mid = "urn:ietf:params:rtp-hdrext:sdes:mid",
    /// RFC 8852: the simulcast layer.
    Rid = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    /// RFC 8852: the simulcast layer that a retransmission repairs.
    RepairedRid = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    /// The count over all streams that congestion feedback refers to.
    TransportSequence = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    /// When the packet left.
    AbsSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    /// When the media was captured.
    AbsCaptureTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    /// How long frames may be held back.
    PlayoutDelay = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    /// How the camera was held.
    VideoOrientation = "urn:3gpp:video-orientation",
    /// AV1 RTP payload specification, appendix A: layers, and what needs what.
    DependencyDescriptor = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
}

/// The number is taken by another extension (RFC 8285 §5: one number, one meaning, within a transport).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("extension number {} is taken by {}", id.get(), by.uri())]
pub struct IdTaken {
    /// The number.
    pub id: ExtensionId,
    /// Who has it.
    pub by: ExtensionKind,
}

/// The numbering of one transport. A few bytes; looked up per element without hashing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExtensionMap {
    ids: [Option<ExtensionId>; ExtensionKind::ALL.len()],
}

impl ExtensionMap {
    /// No extension agreed on.
    #[must_use]
    pub const fn new() -> Self {
        Self { ids: [None; ExtensionKind::ALL.len()] }
    }

    /// Gives a kind its number; a number it had before is free again.
    ///
    /// # Errors
    /// [`IdTaken`], with nothing changed.
    pub fn insert(&mut self, kind: ExtensionKind, id: ExtensionId) -> Result<(), IdTaken> {
        match self.kind(id) {
            Some(by) if by != kind => Err(IdTaken { id, by }),
            _ => {
                if let Some(slot) = self.ids.get_mut(kind as usize) {
                    *slot = Some(id);
                }
                Ok(())
            }
        }
    }

    /// The number of a kind, if agreed on.
    #[inline]
    #[must_use]
    pub fn id(&self, kind: ExtensionKind) -> Option<ExtensionId> {
        self.ids.get(kind as usize).copied().flatten()
    }

    /// What a number stands for.
    #[inline]
    #[must_use]
    pub fn kind(&self, id: ExtensionId) -> Option<ExtensionKind> {
        let index = self.ids.iter().position(|&slot| slot == Some(id))?;
        ExtensionKind::ALL.get(index).copied()
    }

    /// All that are agreed on.
    pub fn iter(&self) -> impl Iterator<Item = (ExtensionKind, ExtensionId)> + '_ {
        ExtensionKind::ALL.iter().zip(self.ids).filter_map(|(&kind, id)| Some((kind, id?)))
    }

    /// The form that can write every agreed number. Values longer than 16 bytes need two bytes all the same.
    #[must_use]
    pub fn form(&self) -> ExtensionForm {
        if self.iter().all(|(_, id)| id.fits_one_byte()) {
            ExtensionForm::OneByte
        } else {
            ExtensionForm::TwoByte
        }
    }

    /// Reads the known elements in one walk. The first of a kind counts; one of a wrong length is as if absent.
    #[must_use]
    pub fn read(&self, extensions: Extensions<'_>) -> ExtensionValues {
        let mut values = ExtensionValues::default();
        for element in extensions {
            let data = element.data;
            match self.kind(element.id) {
                None => {}
                Some(ExtensionKind::AudioLevel) => set(&mut values.audio_level, AudioLevel::parse(data)),
                Some(ExtensionKind::Mid) => set(&mut values.mid, Mid::parse(data)),
                Some(ExtensionKind::Rid) => set(&mut values.rid, Rid::parse(data)),
                Some(ExtensionKind::RepairedRid) => set(&mut values.repaired_rid, Rid::parse(data)),
                Some(ExtensionKind::TransportSequence) => {
                    set(&mut values.transport_sequence, parse_transport_sequence(data));
                }
                Some(ExtensionKind::AbsSendTime) => {
                    set(&mut values.abs_send_time, AbsSendTime::parse(data));
                }
                Some(ExtensionKind::AbsCaptureTime) => {
                    set(&mut values.abs_capture_time, AbsCaptureTime::parse(data));
                }
                Some(ExtensionKind::PlayoutDelay) => {
                    set(&mut values.playout_delay, PlayoutDelay::parse(data));
                }
                Some(ExtensionKind::VideoOrientation) => {
                    set(&mut values.video_orientation, VideoOrientation::parse(data));
                }
                Some(ExtensionKind::DependencyDescriptor) => {
                    set(&mut values.dependency_descriptor, Place::of(&element));
                }
            }
        }
        values
    }
}

fn set<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

/// What the known elements of one packet say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExtensionValues {
    /// Loudness.
    pub audio_level: Option<AudioLevel>,
    /// The m-line.
    pub mid: Option<Mid>,
    /// The simulcast layer.
    pub rid: Option<Rid>,
    /// The simulcast layer repaired.
    pub repaired_rid: Option<Rid>,
    /// The count over all streams of the transport.
    pub transport_sequence: Option<SeqNo>,
    /// When it left.
    pub abs_send_time: Option<AbsSendTime>,
    /// When it was captured.
    pub abs_capture_time: Option<AbsCaptureTime>,
    /// How long it may be held back.
    pub playout_delay: Option<PlayoutDelay>,
    /// How to turn it.
    pub video_orientation: Option<VideoOrientation>,
    /// Where its dependency descriptor lies.
    pub dependency_descriptor: Option<Place>,
}

/// Where an element's data lies in its packet, for data that is not copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    start: u16,
    len: u8,
}

impl Place {
    /// `None` for what no packet can hold.
    fn of(element: &Element<'_>) -> Option<Self> {
        let start = u16::try_from(element.offset).ok()?;
        Some(Self { start, len: u8::try_from(element.data.len()).ok()? })
    }

    /// The data, in the packet that the values were read from.
    #[must_use]
    pub fn data(self, packet: &[u8]) -> Option<&[u8]> {
        let start = usize::from(self.start);
        packet.get(start..start + usize::from(self.len))
    }
}
