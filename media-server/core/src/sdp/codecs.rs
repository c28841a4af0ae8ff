//! The codecs of an m-line, as far as a room can run on them (RFC 7587, RFC 7741, RFC 6184, RFC 4588).

use protocol::signal::Kind;
use rtc_sdp::description::media::MediaDescription;
use rtp::PayloadType;

use super::OfferError;
use crate::packet::Codec;

/// A codec that the client offers, with its retransmission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OfferedCodec {
    pub(crate) codec: Codec,
    pub(crate) payload_type: PayloadType,
    /// The payload type of its RTX, if offered.
    pub(crate) rtx: Option<PayloadType>,
    pub(crate) feedback: Feedback,
    /// H264: `profile-level-id`.
    pub(crate) profile_level: Option<[u8; 3]>,
}

/// Which `a=rtcp-fb` the client offers for a codec (RFC 4585 §4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a line of its own in the description")]
pub(crate) struct Feedback {
    pub(crate) nack: bool,
    pub(crate) pli: bool,
    pub(crate) fir: bool,
    pub(crate) transport_cc: bool,
}

/// Payload types of one m-line that are looked at; Chromium lists about forty.
const FORMATS_MAX: usize = 128;

/// The codecs of an m-line, in the client's order of preference, each codec once.
pub(super) fn of(media: &MediaDescription, kind: Kind) -> Result<Vec<OfferedCodec>, OfferError> {
    let formats = &media.media_name.formats;
    if formats.len() > FORMATS_MAX {
        return Err(OfferError::TooMany("payload types"));
    }
    let mut codecs: Vec<OfferedCodec> = Vec::new();
    for format in formats {
        let Some(found) = one(media, kind, format) else { continue };
        match codecs.iter_mut().find(|known| known.codec == found.codec) {
            None => codecs.push(found),
            // Of several H264, the constrained baseline is what everybody decodes (RFC 7742 §6.2).
            Some(known) if !is_constrained(known) && is_constrained(&found) => *known = found,
            Some(_) => {}
        }
    }
    for codec in &mut codecs {
        codec.rtx = rtx_of(media, codec.payload_type);
        codec.feedback = feedback_of(media, codec.payload_type);
    }
    Ok(codecs)
}

fn one(media: &MediaDescription, kind: Kind, format: &str) -> Option<OfferedCodec> {
    let payload_type = payload_type(format)?;
    let map = value_of(media, "rtpmap", format)?;
    let is = |name| begins_with(map, name);
    let (codec, profile_level) = match kind {
        Kind::Audio if is("opus/48000/2") => (Codec::Opus, None),
        Kind::Video if is("VP8/90000") => (Codec::Vp8, None),
        Kind::Video if is("H264/90000") => {
            let parameters = value_of(media, "fmtp", format)?;
            let level = parse_profile_level(parameter(parameters, "profile-level-id")?)?;
            let is_ours = parameter(parameters, "packetization-mode") == Some("1") && level[0] == BASELINE;
            (is_ours.then_some(Codec::H264)?, Some(level))
        }
        _ => return None,
    };
    Some(OfferedCodec { codec, payload_type, rtx: None, feedback: Feedback::default(), profile_level })
}

/// `profile_idc` of the baseline profile (H.264 §A.2.1).
const BASELINE: u8 = 66;
/// `constraint_set1_flag`: no flexible macroblock order, no redundant slices.
const CONSTRAINED: u8 = 0x40;

fn is_constrained(codec: &OfferedCodec) -> bool {
    codec.profile_level.is_some_and(|[_, constraints, _]| constraints & CONSTRAINED != 0)
}

fn parse_profile_level(text: &str) -> Option<[u8; 3]> {
    if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let [_, profile, constraints, level] = u32::from_str_radix(text, 16).ok()?.to_be_bytes();
    Some([profile, constraints, level])
}

/// The payload type of the `rtx` whose `apt` this is (RFC 4588 §8.6).
fn rtx_of(media: &MediaDescription, repaired: PayloadType) -> Option<PayloadType> {
    media.media_name.formats.iter().find_map(|format| {
        let map = value_of(media, "rtpmap", format)?;
        let is_rtx = begins_with(map, "rtx/");
        let apt = parameter(value_of(media, "fmtp", format)?, "apt")?;
        if is_rtx && payload_type(apt) == Some(repaired) { payload_type(format) } else { None }
    })
}

fn feedback_of(media: &MediaDescription, of: PayloadType) -> Feedback {
    let mut feedback = Feedback::default();
    for attribute in media.attributes.iter().filter(|attribute| attribute.key == "rtcp-fb") {
        let Some((format, kind)) = attribute.value.as_deref().and_then(|value| value.split_once(' ')) else {
            continue;
        };
        if format != "*" && payload_type(format) != Some(of) {
            continue;
        }
        match kind.trim_end() {
            "nack" => feedback.nack = true,
            "nack pli" => feedback.pli = true,
            "ccm fir" => feedback.fir = true,
            "transport-cc" => feedback.transport_cc = true,
            _ => {}
        }
    }
    feedback
}

/// A number that can share a port with RTCP.
fn payload_type(text: &str) -> Option<PayloadType> {
    PayloadType::new(text.parse().ok()?).filter(|payload_type| payload_type.is_muxable())
}

/// The rest of `a=<key>:<format> …`.
fn value_of<'a>(media: &'a MediaDescription, key: &str, format: &str) -> Option<&'a str> {
    media.attributes.iter().filter(|attribute| attribute.key == key).find_map(|attribute| {
        let (of, rest) = attribute.value.as_deref()?.split_once(' ')?;
        (of == format).then_some(rest.trim())
    })
}

/// Whether a name comes first, in any case. The text may hold letters of more than a byte.
fn begins_with(text: &str, name: &str) -> bool {
    text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// A parameter of an fmtp: `name=value` between semicolons.
fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    parameters.split(';').find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}
