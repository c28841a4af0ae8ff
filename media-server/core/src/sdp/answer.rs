//! The answer, written line by line (RFC 9429 §5.3).
//!
//! A lane announces its SSRC, and its RTX's, for good (`a=ssrc`, `a=ssrc-group:FID`): a browser binds its m-line to
//! exactly that stream, so that tracks can be switched into it without another description.

use std::fmt::{self, Write};
use std::net::SocketAddr;

use protocol::chat::MESSAGE_BYTES_MAX;
use rtp::Ssrc;
use rtp::extension::{ExtensionKind, ExtensionMap, Rid};

use super::codecs::OfferedCodec;
use super::offer::{OfferedMedia, UsableMedia};
use crate::api::Fingerprint;
use crate::ice::Credentials;
use crate::packet::Codec;

/// All that an answer says.
pub(crate) struct Answer<'a> {
    pub(crate) session_id: u64,
    /// Rises by one with each answer of the peer.
    pub(crate) version: u64,
    pub(crate) credentials: &'a Credentials,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) candidates: &'a [SocketAddr],
    pub(crate) tcp_candidates: &'a [SocketAddr],
    pub(crate) allows_mixed_extensions: bool,
    pub(crate) extensions: &'a ExtensionMap,
    /// Every m-line of the offer, in its order.
    pub(crate) media: Vec<(&'a OfferedMedia, Option<Accepted>)>,
}

/// What becomes of an m-line that is not rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// The client may send on it.
    pub(crate) node_receives: bool,
    /// The lane on it, if the client receives.
    pub(crate) lane: Option<LaneStreams>,
    /// Preferred ones first; never empty.
    pub(crate) codecs: Vec<OfferedCodec>,
    /// The simulcast layers that the client may send, lowest first; empty without simulcast.
    pub(crate) layers: Vec<Rid>,
}

/// The streams of a lane, for its whole life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LaneStreams {
    pub(crate) ssrc: Ssrc,
    pub(crate) rtx: Option<Ssrc>,
}

/// The text.
pub(crate) fn write(answer: &Answer<'_>) -> String {
    let mut text = String::with_capacity(1024 + 1024 * answer.media.len());
    // Writing to a string cannot fail.
    let _ = write_session(&mut text, answer);
    let mut transport_written = false;
    for (offered, accepted) in &answer.media {
        let _ = match (accepted, &offered.usable) {
            (Some(accepted), Some(usable)) => {
                let first = !std::mem::replace(&mut transport_written, true);
                write_accepted(&mut text, answer, offered, usable, accepted, first)
            }
            _ if offered.is_data => {
                let first = !std::mem::replace(&mut transport_written, true);
                write_data(&mut text, answer, offered, first)
            }
            _ => write_rejected(&mut text, offered),
        };
    }
    text
}

fn write_session(text: &mut String, answer: &Answer<'_>) -> fmt::Result {
    write!(text, "v=0\r\no=- {} {} IN IP4 0.0.0.0\r\n", answer.session_id, answer.version)?;
    text.write_str("s=-\r\nt=0 0\r\na=group:BUNDLE")?;
    for (offered, accepted) in &answer.media {
        if accepted.is_some() || offered.is_data {
            write!(text, " {}", offered.mid)?;
        }
    }
    text.write_str("\r\na=ice-lite\r\n")?;
    if answer.allows_mixed_extensions {
        text.write_str("a=extmap-allow-mixed\r\n")?;
    }
    text.write_str("a=msid-semantic: WMS *\r\n")
}

/// Port 0 says no (RFC 3264 §6).
fn write_rejected(text: &mut String, offered: &OfferedMedia) -> fmt::Result {
    let OfferedMedia { media, protocol, formats, mid, .. } = offered;
    write!(
        text,
        "m={} 0 {protocol} {formats}\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:{mid}\r\n",
        media.as_str()
    )
}

/// RFC 8841 §6. The port is a number inside the DTLS connection, and the same for everybody.
fn write_data(text: &mut String, answer: &Answer<'_>, offered: &OfferedMedia, is_first: bool) -> fmt::Result {
    let OfferedMedia { media, protocol, formats, mid, .. } = offered;
    write!(text, "m={} 9 {protocol} {formats}\r\nc=IN IP4 0.0.0.0\r\n", media.as_str())?;
    write_transport(text, answer)?;
    write!(text, "a=mid:{mid}\r\na=sctp-port:{SCTP_PORT}\r\na=max-message-size:{MESSAGE_BYTES_MAX}\r\n")?;
    if is_first { write_candidates(text, answer.candidates, answer.tcp_candidates) } else { Ok(()) }
}

fn write_accepted(
    text: &mut String,
    answer: &Answer<'_>,
    offered: &OfferedMedia,
    usable: &UsableMedia,
    accepted: &Accepted,
    is_first: bool,
) -> fmt::Result {
    write!(text, "m={} 9 {}", offered.media.as_str(), offered.protocol)?;
    for codec in &accepted.codecs {
        // In the client's order: it sends what comes first.
        let (before, after) = if codec.prefers_red { (codec.red, None) } else { (None, codec.red) };
        for payload_type in [before, Some(codec.payload_type), after].into_iter().flatten() {
            write!(text, " {payload_type}")?;
        }
        if let Some(rtx) = codec.rtx {
            write!(text, " {rtx}")?;
        }
    }
    text.write_str("\r\nc=IN IP4 0.0.0.0\r\n")?;
    write_transport(text, answer)?;
    write!(text, "a=mid:{}\r\n", offered.mid)?;
    let is_scalable = accepted.codecs.iter().any(|codec| codec.codec.is_scalable());
    // Where nothing is told apart by it, it would only make packets longer.
    let is_of_use = |kind: &&ExtensionKind| **kind != ExtensionKind::DependencyDescriptor || is_scalable;
    for kind in usable.extensions.iter().filter(is_of_use) {
        if let Some(id) = answer.extensions.id(*kind) {
            write!(text, "a=extmap:{} {}\r\n", id.get(), kind.uri())?;
        }
    }
    let direction = match (accepted.lane.is_some(), accepted.node_receives) {
        (true, true) => "sendrecv",
        (true, false) => "sendonly",
        (false, true) => "recvonly",
        (false, false) => "inactive",
    };
    write!(text, "a={direction}\r\na=rtcp-mux\r\n")?;
    if usable.reduced_size {
        text.write_str("a=rtcp-rsize\r\n")?;
    }
    for codec in &accepted.codecs {
        write_codec(text, codec)?;
    }
    write_layers(text, &accepted.layers)?;
    if let Some(lane) = accepted.lane {
        write_lane(text, &offered.mid, lane)?;
    }
    if is_first {
        write_candidates(text, answer.candidates, answer.tcp_candidates)?;
    }
    Ok(())
}

fn write_transport(text: &mut String, answer: &Answer<'_>) -> fmt::Result {
    let Credentials { ufrag, password, .. } = answer.credentials;
    write!(text, "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n")?;
    write!(text, "a=fingerprint:sha-256 {}\r\na=setup:passive\r\n", answer.fingerprint)
}

fn write_codec(text: &mut String, codec: &OfferedCodec) -> fmt::Result {
    let pt = codec.payload_type;
    match codec.codec {
        Codec::Opus => {
            // In-band FEC costs little and mends single losses before a retransmission could. With its headers, sound of
            // 24 kbit/s fits on a line of 64 with what goes with it; that of 32, which browsers send by themselves, does not.
            write!(text, "a=rtpmap:{pt} opus/48000/2\r\na=fmtp:{pt} minptime=10;useinbandfec=1;")?;
            write!(text, "maxaveragebitrate=24000\r\n")?;
        }
        Codec::Vp8 => write!(text, "a=rtpmap:{pt} VP8/90000\r\n")?,
        Codec::Vp9 => write!(text, "a=rtpmap:{pt} VP9/90000\r\na=fmtp:{pt} profile-id=0\r\n")?,
        Codec::Av1 => write!(text, "a=rtpmap:{pt} AV1/90000\r\na=fmtp:{pt} profile=0\r\n")?,
        Codec::H264 => {
            let [profile, constraints, level] = codec.profile_level.unwrap_or([0x42, 0xe0, 0x1f]);
            write!(text, "a=rtpmap:{pt} H264/90000\r\na=fmtp:{pt} level-asymmetry-allowed=1;")?;
            write!(
                text,
                "packetization-mode=1;profile-level-id={profile:02x}{constraints:02x}{level:02x}\r\n"
            )?;
        }
    }
    let feedback = codec.feedback;
    let lines = [
        (feedback.transport_cc, "transport-cc"),
        (feedback.nack, "nack"),
        (feedback.pli, "nack pli"),
        (feedback.fir, "ccm fir"),
    ];
    for (_, line) in lines.iter().filter(|(is_offered, _)| *is_offered) {
        write!(text, "a=rtcp-fb:{pt} {line}\r\n")?;
    }
    if let Some(red) = codec.red {
        write!(text, "a=rtpmap:{red} red/48000/2\r\na=fmtp:{red} {pt}/{pt}\r\n")?;
    }
    if let Some(rtx) = codec.rtx {
        let rate = if codec.codec == Codec::Opus { 48_000 } else { 90_000 };
        write!(text, "a=rtpmap:{rtx} rtx/{rate}\r\na=fmtp:{rtx} apt={pt}\r\n")?;
    }
    Ok(())
}

/// RFC 8853 §5.3: the layers that are wanted, in the order of the offer.
fn write_layers(text: &mut String, layers: &[Rid]) -> fmt::Result {
    for rid in layers {
        write!(text, "a=rid:{} recv\r\n", rid.as_str())?;
    }
    for (at, rid) in layers.iter().enumerate() {
        let before = if at == 0 { "a=simulcast:recv " } else { ";" };
        write!(text, "{before}{}", rid.as_str())?;
    }
    if layers.is_empty() { Ok(()) } else { text.write_str("\r\n") }
}

fn write_lane(text: &mut String, mid: &str, lane: LaneStreams) -> fmt::Result {
    // Each lane is a stream of its own: which ones belong to one person changes, and signalling tells it.
    write!(text, "a=msid:lane-{mid} track-{mid}\r\n")?;
    let ssrc = lane.ssrc.0;
    if let Some(Ssrc(rtx)) = lane.rtx {
        write!(
            text,
            "a=ssrc-group:FID {ssrc} {rtx}\r\na=ssrc:{ssrc} cname:{CNAME}\r\na=ssrc:{rtx} cname:{CNAME}\r\n"
        )
    } else {
        write!(text, "a=ssrc:{ssrc} cname:{CNAME}\r\n")
    }
}

/// What every browser uses (RFC 8841 §5.1).
const SCTP_PORT: u16 = 5000;

/// The node's name in descriptions and reports (RFC 3550 §6.5.1). It names no host and no person.
pub(crate) const CNAME: &str = "bedside";

/// RFC 6544 §4.2: a local preference is 2^13 times the direction's preference, 4 for a passive host, and another one
/// below 2^13. All of them lie below those of UDP.
const TCP_PASSIVE_PREFERENCE: u32 = (4 << 13) + (1 << 13) - 1;

/// Host candidates, in the configured order of preference (RFC 8839 §5.1, RFC 8445 §5.1.2); those by TCP after them
/// (RFC 6544 §4.5).
fn write_candidates(text: &mut String, candidates: &[SocketAddr], tcp: &[SocketAddr]) -> fmt::Result {
    for (at, address) in candidates.iter().enumerate() {
        let local_preference = 65_535_u32.saturating_sub(at as u32);
        let priority = (126 << 24) | (local_preference << 8) | 255;
        let (ip, port) = (address.ip(), address.port());
        write!(text, "a=candidate:{} 1 udp {priority} {ip} {port} typ host\r\n", at + 1)?;
    }
    for (at, address) in tcp.iter().enumerate() {
        let priority = (126 << 24) | (TCP_PASSIVE_PREFERENCE.saturating_sub(at as u32) << 8) | 255;
        let (foundation, ip, port) = (candidates.len() + at + 1, address.ip(), address.port());
        write!(text, "a=candidate:{foundation} 1 tcp {priority} {ip} {port} typ host tcptype passive\r\n")?;
    }
    text.write_str("a=end-of-candidates\r\n")
}
