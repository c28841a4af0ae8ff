//! The codecs of an m-line, as far as a room can run on them (RFC 7587, RFC 7741, RFC 6184, RFC 9628, AV1 RTP
//! payload specification, RFC 4588, RFC 2198).

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
    /// Opus: the payload type of packets that hold earlier ones too (RED), if offered.
    pub(crate) red: Option<PayloadType>,
    /// It comes before the codec's own: what the client prefers to send.
    pub(crate) prefers_red: bool,
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

/// Payload types have seven bits.
const PAYLOAD_TYPES: usize = 128;

/// The codecs of an m-line, in the client's order of preference, each codec once.
pub(super) fn of(media: &MediaDescription, kind: Kind) -> Result<Vec<OfferedCodec>, OfferError> {
    let formats = &media.media_name.formats;
    if formats.len() > FORMATS_MAX {
        return Err(OfferError::TooMany("payload types"));
    }
    let lines = Lines::of(media);
    let mut codecs: Vec<OfferedCodec> = Vec::new();
    for payload_type in formats.iter().filter_map(|format| payload_type(format)) {
        let Some(found) = one(&lines, kind, payload_type) else { continue };
        match codecs.iter_mut().find(|known| known.codec == found.codec) {
            None => codecs.push(found),
            // Of several H264, the constrained baseline is what everybody decodes (RFC 7742 §6.2).
            Some(known) if !is_constrained(known) && is_constrained(&found) => *known = found,
            Some(_) => {}
        }
    }
    for codec in &mut codecs {
        codec.rtx = rtx_of(formats, &lines, codec.payload_type);
        if codec.codec == Codec::Opus {
            codec.red = red_of(formats, &lines, codec.payload_type);
            codec.prefers_red = codec.red.is_some_and(|red| comes_first(formats, red, codec.payload_type));
        }
        codec.feedback = feedback_of(media, codec.payload_type);
    }
    Ok(codecs)
}

/// The `a=rtpmap` and `a=fmtp` of an m-line, by payload type: found in one pass, because a stranger chooses how many
/// lines there are and how many formats they are looked up for.
struct Lines<'a> {
    maps: [Option<&'a str>; PAYLOAD_TYPES],
    parameters: [Option<&'a str>; PAYLOAD_TYPES],
}

impl<'a> Lines<'a> {
    /// Of several lines for one payload type the first counts.
    fn of(media: &'a MediaDescription) -> Self {
        let mut lines = Self { maps: [None; PAYLOAD_TYPES], parameters: [None; PAYLOAD_TYPES] };
        for attribute in &media.attributes {
            let of_key = match attribute.key.as_str() {
                "rtpmap" => &mut lines.maps,
                "fmtp" => &mut lines.parameters,
                _ => continue,
            };
            let Some((format, rest)) = attribute.value.as_deref().and_then(|value| value.split_once(' '))
            else {
                continue;
            };
            if let Some(payload_type) = payload_type(format) {
                of_key[usize::from(payload_type.get())].get_or_insert(rest.trim());
            }
        }
        lines
    }

    const fn map(&self, of: PayloadType) -> Option<&'a str> {
        self.maps[of.get() as usize]
    }

    const fn parameters(&self, of: PayloadType) -> Option<&'a str> {
        self.parameters[of.get() as usize]
    }

    fn is_profile_0(&self, of: PayloadType, name: &str) -> bool {
        self.parameters(of)
            .and_then(|parameters| parameter(parameters, name))
            .is_none_or(|value| value == "0")
    }
}

fn one(lines: &Lines<'_>, kind: Kind, payload_type: PayloadType) -> Option<OfferedCodec> {
    let map = lines.map(payload_type)?;
    let is = |name| starts_with(map, name);
    let (codec, profile_level) = match kind {
        Kind::Audio if is("opus/48000/2") => (Codec::Opus, None),
        Kind::Video if is("VP8/90000") => (Codec::Vp8, None),
        Kind::Video if is("H264/90000") => {
            let parameters = lines.parameters(payload_type)?;
            let level = parse_profile_level(parameter(parameters, "profile-level-id")?)?;
            let is_ours = parameter(parameters, "packetization-mode") == Some("1") && level[0] == BASELINE;
            (is_ours.then_some(Codec::H264)?, Some(level))
        }
        // Without a word it is the profile that everybody has.
        Kind::Video if is("VP9/90000") && lines.is_profile_0(payload_type, "profile-id") => {
            (Codec::Vp9, None)
        }
        Kind::Video if is("AV1/90000") && lines.is_profile_0(payload_type, "profile") => (Codec::Av1, None),
        _ => return None,
    };
    Some(OfferedCodec {
        codec,
        payload_type,
        rtx: None,
        red: None,
        prefers_red: false,
        feedback: Feedback::default(),
        profile_level,
    })
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
fn rtx_of(formats: &[String], lines: &Lines<'_>, repaired: PayloadType) -> Option<PayloadType> {
    formats.iter().filter_map(|format| payload_type(format)).find(|rtx| {
        let is_rtx = lines.map(*rtx).is_some_and(|map| starts_with(map, "rtx/"));
        let apt = lines.parameters(*rtx).and_then(|parameters| parameter(parameters, "apt"));
        is_rtx && apt.and_then(payload_type) == Some(repaired)
    })
}

/// The payload type of the `red` whose blocks are all of this one (RFC 2198 §5): `a=fmtp:63 111/111`.
fn red_of(formats: &[String], lines: &Lines<'_>, inside: PayloadType) -> Option<PayloadType> {
    formats.iter().filter_map(|format| payload_type(format)).find(|red| {
        let is_red = lines.map(*red).is_some_and(|map| starts_with(map, "red/48000/2"));
        let blocks = lines.parameters(*red).unwrap_or_default();
        is_red && blocks.split('/').all(|block| payload_type(block.trim()) == Some(inside))
    })
}

/// Whether the client lists one before the other, which is its preference (RFC 3264 §5.1).
fn comes_first(formats: &[String], one: PayloadType, other: PayloadType) -> bool {
    formats.iter().filter_map(|format| payload_type(format)).find(|any| [one, other].contains(any))
        == Some(one)
}

fn starts_with(map: &str, name: &str) -> bool {
    map.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
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

/// A parameter of an fmtp: `name=value` between semicolons.
fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    parameters.split(';').find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}
