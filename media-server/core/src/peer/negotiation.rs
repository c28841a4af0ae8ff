//! What an offer comes to: which tracks it publishes, which lanes it opens, and what becomes of each m-line.

use arrayvec::ArrayVec;
use protocol::signal::{Kind, PublishTrack, Source};
use protocol::{Permissions, Problem, limits};
use rtp::Ssrc;
use rtp::extension::{ExtensionKind, ExtensionMap, Mid, Rid};

use crate::forward::{LaneExtensions, PayloadTypes};
use crate::packet::{Codec, Codecs, LAYERS_MAX};
use crate::sdp::{Offer, OfferError, OfferedCodec, OfferedMedia, UsableMedia};

/// Why an offer is refused, for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) problem: Problem,
    pub(crate) detail: String,
}

impl Refusal {
    pub(crate) fn new(problem: Problem, detail: impl Into<String>) -> Self {
        Self { problem, detail: detail.into() }
    }
}

impl From<OfferError> for Refusal {
    fn from(error: OfferError) -> Self {
        Self::new(error.problem(), error.to_string())
    }
}

/// What an offer comes to.
#[derive(Clone, Debug)]
pub(crate) struct Negotiated {
    pub(crate) tracks: Vec<TrackOffer>,
    pub(crate) lanes: Vec<LaneOffer>,
    /// For each m-line the codecs it runs on; `None` when it is rejected.
    pub(crate) media: Vec<Option<Vec<OfferedCodec>>>,
    /// What the client can show, wherever it can show video.
    pub(crate) decodes: Codecs,
    pub(crate) reduced_size: bool,
}

/// A track to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrackOffer {
    pub(crate) mid: String,
    pub(crate) source: Source,
    pub(crate) is_active: bool,
    pub(crate) codecs: Vec<OfferedCodec>,
    /// Lowest first; never empty.
    pub(crate) layers: ArrayVec<LayerOffer, LAYERS_MAX>,
}

/// One layer of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayerOffer {
    /// Its name in packets; `None` for a track that is published once.
    pub(crate) rid: Option<Rid>,
    /// It is not sent until it is asked for.
    pub(crate) is_paused: bool,
    /// Its stream, and that of its retransmissions, where they are announced.
    pub(crate) ssrc: Option<Ssrc>,
    pub(crate) rtx_ssrc: Option<Ssrc>,
}

/// A lane to receive on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LaneOffer {
    pub(crate) mid: String,
    pub(crate) kind: Kind,
    pub(crate) payload_types: PayloadTypes,
    pub(crate) rtx_payload_types: PayloadTypes,
    pub(crate) has_rtx: bool,
    pub(crate) extensions: LaneExtensions,
}

/// Reads what an offer comes to for a seat. `others_decode`: what all others in the room can show.
pub(crate) fn negotiate(
    offer: &Offer,
    publish: &[PublishTrack],
    permissions: Permissions,
    others_decode: Codecs,
) -> Result<Negotiated, Refusal> {
    check_tracks(offer, publish, permissions)?;
    let mut negotiated = Negotiated {
        tracks: Vec::new(),
        lanes: Vec::new(),
        media: Vec::with_capacity(offer.media.len()),
        decodes: Codecs::ALL,
        reduced_size: offer.media.iter().filter_map(|m| m.usable.as_ref()).all(|m| m.reduced_size),
    };
    for media in &offer.media {
        let Some(usable) = &media.usable else {
            negotiated.media.push(None);
            continue;
        };
        let published = publish.iter().find(|track| track.mid == media.mid);
        let codecs = match published {
            Some(_) => sent_codecs(usable, offer.allows_mixed_extensions, others_decode)?,
            None => shown_codecs(usable, offer.allows_mixed_extensions),
        };
        if let Some(track) = published {
            negotiated.tracks.push(TrackOffer {
                mid: media.mid.clone(),
                source: track.source,
                is_active: track.active,
                codecs: codecs.clone(),
                layers: layers(usable, &codecs),
            });
        }
        if usable.client_receives && permissions.subscribe {
            if usable.kind == Kind::Video {
                let shown = codecs.iter().fold(Codecs::AUDIO, |all, codec| all.with(codec.codec));
                negotiated.decodes = negotiated.decodes.and(shown);
            }
            negotiated.lanes.push(lane(media, usable, &codecs, &offer.extensions));
        }
        negotiated.media.push(Some(codecs));
    }
    Ok(negotiated)
}

/// Every track names a sending m-line of its kind, none twice, and the seat may publish it.
fn check_tracks(offer: &Offer, publish: &[PublishTrack], permissions: Permissions) -> Result<(), Refusal> {
    if publish.len() > limits::SEAT_TRACKS_MAX {
        return Err(Refusal::new(Problem::BadMessage, "more tracks than a seat may publish"));
    }
    for (at, track) in publish.iter().enumerate() {
        if publish[..at].iter().any(|other| other.mid == track.mid) {
            return Err(Refusal::new(Problem::BadMessage, "two tracks on one m-line"));
        }
        if !track.source.allowed_by(permissions) {
            return Err(Refusal::new(Problem::NotAllowed, format!("may not publish a {:?}", track.source)));
        }
        let usable = offer.media_of(&track.mid).and_then(|media| media.usable.as_ref());
        if !usable.is_some_and(|media| media.client_sends && media.kind == track.source.kind()) {
            return Err(Refusal::new(
                Problem::UnsupportedSdp,
                "a track without an m-line that sends its kind",
            ));
        }
    }
    Ok(())
}

/// What a publisher is to send: one codec that everybody in the room can show. VP8 is what every browser has
/// (RFC 7742 §5); another one only for a client that puts it first, among others that can show it, and not where it receives
/// too: there the one codec of the answer is also the only one that it can be sent.
fn sent_codecs(
    usable: &UsableMedia,
    allows_mixed: bool,
    others_decode: Codecs,
) -> Result<Vec<OfferedCodec>, Refusal> {
    let find = |codec| usable.codecs.iter().find(|offered| offered.codec == codec);
    let is_shown = |codec: Codec| others_decode.contains(codec) && !usable.client_receives;
    // Those of several sizes count only where they can be told apart. One stream is to hold them all (`layers`).
    let tells = tells_sizes(usable, allows_mixed);
    let preferred = usable.codecs.iter().find(|codec| !codec.codec.is_scalable() || tells);
    let chosen = match usable.kind {
        Kind::Audio => find(Codec::Opus),
        Kind::Video => preferred.filter(|first| is_shown(first.codec)).or_else(|| find(Codec::Vp8)),
    };
    let missing = || Refusal::new(Problem::UnsupportedSdp, "no codec that everybody in the room can show");
    chosen.map(|chosen| vec![*chosen]).ok_or_else(missing)
}

/// What a client can be shown, in its order, but those of several sizes last, and only where they can be told apart.
fn shown_codecs(usable: &UsableMedia, allows_mixed: bool) -> Vec<OfferedCodec> {
    let (scalable, mut codecs): (Vec<_>, Vec<_>) =
        usable.codecs.iter().partition(|codec| codec.codec.is_scalable());
    if tells_sizes(usable, allows_mixed) || codecs.is_empty() {
        codecs.extend(scalable);
    }
    codecs
}

/// Whether packets of an m-line may bear dependency descriptors: those of key frames are longer than the short form of
/// header extensions holds (RFC 8285 §4.1.2).
fn tells_sizes(usable: &UsableMedia, allows_mixed: bool) -> bool {
    allows_mixed && usable.extensions.contains(&ExtensionKind::DependencyDescriptor)
}

/// The layers of a track: those that its codec may be sent in; of one that holds several sizes in one stream the lowest alone,
/// which then holds them all. A description that names simulcast streams by `a=ssrc` does not say which is which, so each
/// makes itself known by its rid.
fn layers(usable: &UsableMedia, codecs: &[OfferedCodec]) -> ArrayVec<LayerOffer, LAYERS_MAX> {
    let offered =
        usable.layers.iter().filter(|layer| codecs.iter().any(|codec| layer.allows(codec.payload_type)));
    let is_scalable = codecs.iter().any(|codec| codec.codec.is_scalable());
    let mut layers: ArrayVec<_, LAYERS_MAX> = offered
        .take(if is_scalable { 1 } else { LAYERS_MAX })
        .map(|layer| LayerOffer {
            rid: Some(layer.rid),
            is_paused: layer.is_paused,
            ssrc: None,
            rtx_ssrc: None,
        })
        .collect();
    if layers.is_empty() {
        let (ssrc, rtx_ssrc) = (usable.ssrc, usable.rtx_ssrc);
        layers.push(LayerOffer { rid: None, is_paused: false, ssrc, rtx_ssrc });
    }
    layers
}

/// A lane on an m-line, with the codecs of its answer.
fn lane(
    media: &OfferedMedia,
    usable: &UsableMedia,
    codecs: &[OfferedCodec],
    map: &ExtensionMap,
) -> LaneOffer {
    let mut payload_types = PayloadTypes::default();
    let mut rtx_payload_types = PayloadTypes::default();
    for codec in codecs {
        payload_types = payload_types.with(codec.codec, codec.payload_type);
        if let Some(red) = codec.red {
            payload_types = payload_types.with_red(red);
        }
        if let Some(rtx) = codec.rtx.filter(|_| codec.feedback.nack) {
            rtx_payload_types = rtx_payload_types.with(codec.codec, rtx);
        }
    }
    let id = |kind| map.id(kind).filter(|_| usable.extensions.contains(&kind));
    let is_scalable = codecs.iter().any(|codec| codec.codec.is_scalable());
    let mid = id(ExtensionKind::Mid).zip(Mid::parse(media.mid.as_bytes()));
    LaneOffer {
        mid: media.mid.clone(),
        kind: usable.kind,
        payload_types,
        rtx_payload_types,
        has_rtx: codecs.iter().any(|codec| codec.rtx.is_some() && codec.feedback.nack),
        extensions: LaneExtensions {
            mid,
            transport_sequence: id(ExtensionKind::TransportSequence),
            audio_level: id(ExtensionKind::AudioLevel),
            orientation: id(ExtensionKind::VideoOrientation),
            dependency: id(ExtensionKind::DependencyDescriptor).filter(|_| is_scalable),
        },
    }
}
