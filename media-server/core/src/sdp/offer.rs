//! An offer, read and checked.

use std::io::Cursor;

use arrayvec::ArrayVec;
use protocol::chat::MESSAGE_BYTES_MAX;
use protocol::signal::Kind;
use rtc_sdp::description::common::Attribute;
use rtc_sdp::description::media::MediaDescription;
use rtc_sdp::description::session::SessionDescription;
use rtp::Ssrc;
use rtp::extension::{ExtensionId, ExtensionKind, ExtensionMap};

use super::codecs::{self, OfferedCodec};
use super::simulcast::{self, OfferedLayer};
use super::{OfferError, limits};
use crate::api::{FingerprintHash, PeerFingerprint};
use crate::packet::LAYERS_MAX;

/// Fingerprints of a peer: one certificate in each hash, and spare. More are refused.
const FINGERPRINTS_MAX: usize = 8;
/// A user fragment is 4 to 256 characters (RFC 8839 §5.4).
const UFRAG_BYTES_MAX: usize = 256;

/// What a client wants.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) ufrag: String,
    /// Every strong one; a certificate may match any.
    pub(crate) fingerprints: Vec<PeerFingerprint>,
    pub(crate) allows_mixed_extensions: bool,
    /// How the client numbers header extensions, the same on all m-lines of the one transport (RFC 8285 §5).
    pub(crate) extensions: ExtensionMap,
    /// Every m-line, in order.
    pub(crate) media: Vec<OfferedMedia>,
}

/// One m-line.
#[derive(Clone, Debug)]
pub(crate) struct OfferedMedia {
    pub(crate) mid: String,
    /// The first word of the m-line, to be repeated in the answer.
    pub(crate) media: MediaWord,
    pub(crate) protocol: String,
    /// All payload types as they were written, for an m-line that is rejected.
    pub(crate) formats: String,
    /// `None` for what the node does not carry as media: it is rejected, unless it is the data channels'.
    pub(crate) usable: Option<UsableMedia>,
    /// Data channels over the transport of the media (RFC 8841): one m-line, the first.
    pub(crate) is_data: bool,
}

/// The words of `m=` that Bedside meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaWord {
    Audio,
    Video,
    Application,
}

impl MediaWord {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Application => "application",
        }
    }
}

/// An m-line of audio or video that the node can carry.
#[derive(Clone, Debug)]
pub(crate) struct UsableMedia {
    pub(crate) kind: Kind,
    /// The client wants to send on it.
    pub(crate) client_sends: bool,
    /// The client wants to receive on it.
    pub(crate) client_receives: bool,
    /// Never empty; preferred ones first.
    pub(crate) codecs: Vec<OfferedCodec>,
    /// The extensions of this m-line among [`Offer::extensions`].
    pub(crate) extensions: Vec<ExtensionKind>,
    pub(crate) reduced_size: bool,
    /// What it says it will send, if it says so.
    pub(crate) ssrc: Option<Ssrc>,
    /// The retransmissions of that.
    pub(crate) rtx_ssrc: Option<Ssrc>,
    /// The layers that it would send, lowest first; empty without simulcast.
    pub(crate) layers: ArrayVec<OfferedLayer, LAYERS_MAX>,
}

impl Offer {
    /// Reads an offer.
    pub(crate) fn parse(text: &str) -> Result<Self, OfferError> {
        limits::check(text)?;
        let session =
            SessionDescription::unmarshal(&mut Cursor::new(text)).map_err(|_| OfferError::Syntax)?;
        if session.media_descriptions.is_empty() {
            return Err(OfferError::Missing("m-line"));
        }
        let bundled = bundled(&session);
        let mut transport = Transport::of(&session.attributes)?;
        let mut media = Vec::with_capacity(session.media_descriptions.len());
        let mut extensions = ExtensionMap::new();
        for description in &session.media_descriptions {
            let mid = value(&description.attributes, "mid").ok_or(OfferError::Missing("mid"))?;
            let is_bundled = bundled.contains(&mid);
            let mut offered = read_media(description, mid, is_bundled, &mut extensions)?;
            offered.is_data &= !media.iter().any(|before: &OfferedMedia| before.is_data);
            if offered.usable.is_some() {
                transport.read(&description.attributes)?;
            }
            media.push(offered);
        }
        transport.into_offer(value_exists(&session.attributes, "extmap-allow-mixed"), extensions, media)
    }

    pub(crate) fn media_of(&self, mid: &str) -> Option<&OfferedMedia> {
        self.media.iter().find(|media| media.mid == mid)
    }
}

/// The names in the first `a=group:BUNDLE` (RFC 9143 §7.2).
fn bundled(session: &SessionDescription) -> Vec<&str> {
    let groups = session.attributes.iter().filter(|attribute| attribute.key == "group");
    groups
        .filter_map(|attribute| attribute.value.as_deref()?.strip_prefix("BUNDLE"))
        .next()
        .map(|names| names.split_ascii_whitespace().collect())
        .unwrap_or_default()
}

/// What all m-lines say together about their one transport.
struct Transport<'a> {
    /// What the session says for the m-lines that do not say it themselves. Read once, because a stranger chooses how
    /// much it is.
    session_ufrag: Option<&'a str>,
    session_setup: Option<&'a str>,
    ufrag: Option<&'a str>,
    fingerprints: Vec<PeerFingerprint>,
}

impl<'a> Transport<'a> {
    fn of(session: &'a [Attribute]) -> Result<Self, OfferError> {
        let mut transport = Self {
            session_ufrag: value(session, "ice-ufrag"),
            session_setup: value(session, "setup"),
            ufrag: None,
            fingerprints: Vec::new(),
        };
        transport.read_fingerprints(session)?;
        Ok(transport)
    }

    /// Reads an m-line.
    fn read(&mut self, media: &'a [Attribute]) -> Result<(), OfferError> {
        let ufrag = value(media, "ice-ufrag").or(self.session_ufrag);
        let ufrag = ufrag.ok_or(OfferError::Missing("ICE user fragment"))?;
        if !(4..=UFRAG_BYTES_MAX).contains(&ufrag.len()) {
            return Err(OfferError::Invalid("the ICE user fragment"));
        }
        self.ufrag.get_or_insert(ufrag);
        if value(media, "setup").or(self.session_setup) == Some("passive") {
            // The node is the DTLS server, so that it decides on the SRTP profile.
            return Err(OfferError::Missing("active DTLS role"));
        }
        self.read_fingerprints(media)
    }

    fn read_fingerprints(&mut self, attributes: &[Attribute]) -> Result<(), OfferError> {
        for attribute in attributes.iter().filter(|attribute| attribute.key == "fingerprint") {
            let fingerprint = parse_fingerprint(attribute.value.as_deref().unwrap_or_default())?;
            let Some(fingerprint) = fingerprint.filter(|one| !self.fingerprints.contains(one)) else {
                continue;
            };
            if self.fingerprints.len() == FINGERPRINTS_MAX {
                return Err(OfferError::TooMany("fingerprints"));
            }
            self.fingerprints.push(fingerprint);
        }
        Ok(())
    }

    fn into_offer(
        self,
        allows_mixed_extensions: bool,
        extensions: ExtensionMap,
        media: Vec<OfferedMedia>,
    ) -> Result<Offer, OfferError> {
        let ufrag = self.ufrag.ok_or(OfferError::Missing("bundled m-line of audio or video"))?.to_owned();
        if self.fingerprints.is_empty() {
            return Err(OfferError::Missing("strong fingerprint"));
        }
        Ok(Offer { ufrag, fingerprints: self.fingerprints, allows_mixed_extensions, extensions, media })
    }
}

/// `None` for a hash that is too weak to count (RFC 8122 §5 lets us ignore it).
fn parse_fingerprint(text: &str) -> Result<Option<PeerFingerprint>, OfferError> {
    let bad = OfferError::Invalid("a fingerprint");
    let (name, digits) = text.split_once(' ').ok_or(bad)?;
    let hash = match name.to_ascii_lowercase().as_str() {
        "sha-256" => FingerprintHash::Sha256,
        "sha-384" => FingerprintHash::Sha384,
        "sha-512" => FingerprintHash::Sha512,
        _ => return Ok(None),
    };
    let is_plain = |pair: &str| pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
    let byte = |pair: &str| if is_plain(pair) { u8::from_str_radix(pair, 16).ok() } else { None };
    let digest: Vec<u8> = digits.trim().split(':').map(byte).collect::<Option<_>>().ok_or(bad)?;
    if digest.len() == hash.digest_len() { Ok(Some(PeerFingerprint { hash, digest })) } else { Err(bad) }
}

fn read_media(
    description: &MediaDescription,
    mid: &str,
    is_bundled: bool,
    extensions: &mut ExtensionMap,
) -> Result<OfferedMedia, OfferError> {
    let name = &description.media_name;
    let media = match name.media.as_str() {
        "audio" => MediaWord::Audio,
        "video" => MediaWord::Video,
        "application" => MediaWord::Application,
        _ => return Err(OfferError::Invalid("the kind of an m-line")),
    };
    let protocol = name.protos.join("/");
    let kind = match media {
        MediaWord::Audio => Some(Kind::Audio),
        MediaWord::Video => Some(Kind::Video),
        MediaWord::Application => None,
    };
    let is_rtp = matches!(protocol.as_str(), "UDP/TLS/RTP/SAVPF" | "UDP/TLS/RTP/SAVP");
    let usable = match kind {
        Some(kind) if is_rtp && is_bundled => read_usable(description, kind, extensions)?,
        _ => None,
    };
    let formats = name.formats.join(" ");
    let is_data =
        media == MediaWord::Application && is_bundled && carries_data(description, &protocol, &formats);
    Ok(OfferedMedia { mid: mid.to_owned(), media, protocol, formats, usable, is_data })
}

/// Data channels as browsers have them: SCTP over DTLS, messages as long as ours (RFC 8841 §6.1: 64 KiB unless it says
/// otherwise, and 0 is any length).
fn carries_data(description: &MediaDescription, protocol: &str, formats: &str) -> bool {
    let attributes = &description.attributes;
    let is_rejected = description.media_name.port.value == 0 && !value_exists(attributes, "bundle-only");
    let takes =
        value(attributes, "max-message-size").map_or(Some(MESSAGE_BYTES_MAX), |size| size.parse().ok());
    let takes_ours = takes.is_some_and(|size| size == 0 || size >= MESSAGE_BYTES_MAX);
    !is_rejected && protocol == "UDP/DTLS/SCTP" && formats == "webrtc-datachannel" && takes_ours
}

fn read_usable(
    description: &MediaDescription,
    kind: Kind,
    extensions: &mut ExtensionMap,
) -> Result<Option<UsableMedia>, OfferError> {
    let attributes = &description.attributes;
    let is_rejected = description.media_name.port.value == 0 && !value_exists(attributes, "bundle-only");
    let codecs = codecs::of(description, kind)?;
    if is_rejected || codecs.is_empty() {
        return Ok(None);
    }
    if !value_exists(attributes, "rtcp-mux") {
        return Err(OfferError::Missing("rtcp-mux"));
    }
    let (client_sends, client_receives) = direction(attributes);
    let (ssrc, rtx_ssrc) = streams(attributes);
    let extensions = read_extensions(attributes, extensions)?;
    let layers = match kind {
        Kind::Video if client_sends => simulcast::of(attributes)?,
        _ => ArrayVec::new(),
    };
    if !layers.is_empty() && !extensions.contains(&ExtensionKind::Rid) {
        return Err(OfferError::Missing("header extension for its simulcast layers"));
    }
    Ok(Some(UsableMedia {
        kind,
        client_sends,
        client_receives,
        codecs,
        extensions,
        reduced_size: value_exists(attributes, "rtcp-rsize"),
        ssrc,
        rtx_ssrc,
        layers,
    }))
}

/// Who wants to send and receive, seen from the client; both unless it says otherwise (RFC 8866 §6.7).
fn direction(attributes: &[Attribute]) -> (bool, bool) {
    let found = attributes.iter().find_map(|attribute| match attribute.key.as_str() {
        "sendrecv" => Some((true, true)),
        "sendonly" => Some((true, false)),
        "recvonly" => Some((false, true)),
        "inactive" => Some((false, false)),
        _ => None,
    });
    found.unwrap_or((true, true))
}

/// `a=extmap:<id>[/<direction>] <uri>` (RFC 8285 §5). Numbers above 14 are not taken: they would cost every packet of
/// the transport the longer form.
fn read_extensions(
    attributes: &[Attribute],
    map: &mut ExtensionMap,
) -> Result<Vec<ExtensionKind>, OfferError> {
    let mut kinds = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.key == "extmap") {
        let text = attribute.value.as_deref().unwrap_or_default();
        let Some((number, rest)) = text.split_once(' ') else { continue };
        let number = number.split('/').next().unwrap_or_default();
        let uri = rest.split_ascii_whitespace().next().unwrap_or_default();
        let id = number.parse().ok().and_then(ExtensionId::new).filter(|id| id.fits_one_byte());
        let (Some(kind), Some(id)) = (ExtensionKind::from_uri(uri), id) else { continue };
        if map.id(kind).is_some_and(|known| known != id) || map.insert(kind, id).is_err() {
            return Err(OfferError::Invalid("the numbering of header extensions"));
        }
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

/// The SSRC that an m-line announces, and the one of its retransmissions: the first flow of `a=ssrc-group:FID`, or the
/// first `a=ssrc` (RFC 5576).
fn streams(attributes: &[Attribute]) -> (Option<Ssrc>, Option<Ssrc>) {
    let ssrc = |text: Option<&str>| text.and_then(|text| text.parse().ok()).map(Ssrc);
    let group = attributes
        .iter()
        .filter(|attribute| attribute.key == "ssrc-group")
        .find_map(|attribute| attribute.value.as_deref()?.strip_prefix("FID "));
    if let Some(group) = group {
        let mut members = group.split_ascii_whitespace();
        return (ssrc(members.next()), ssrc(members.next()));
    }
    let first = value(attributes, "ssrc").and_then(|text| text.split_ascii_whitespace().next());
    (ssrc(first), None)
}

fn value<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.key == key)?.value.as_deref()
}

fn value_exists(attributes: &[Attribute], key: &str) -> bool {
    attributes.iter().any(|attribute| attribute.key == key)
}
