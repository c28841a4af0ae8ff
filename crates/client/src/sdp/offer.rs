//! The offer, written line by line.

use std::fmt::{self, Write};

use protocol::chat::MESSAGE_BYTES_MAX;
use protocol::signal::{Kind, Source};
use rtp::Ssrc;
use rtp::extension::ExtensionKind;

use crate::config::LayerConfig;

/// One m-line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) mid: String,
    pub(crate) kind: Kind,
    pub(crate) role: LineRole,
    pub(crate) vp9: Vp9,
}

/// Where VP9, with its sizes told apart, is among the codecs of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vp9 {
    None,
    First,
    Last,
}

/// What an m-line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineRole {
    Publish {
        source: Source,
        ssrc: Ssrc,
        rtx: Ssrc,
    },
    /// In these layers, which make themselves known by their rids.
    Simulcast {
        source: Source,
        layers: &'static [LayerConfig],
    },
    Receive,
}

/// What all m-lines share.
pub(crate) struct OfferTransport<'a> {
    pub(crate) session_id: u64,
    /// Rises by one with each offer of the session.
    pub(crate) version: u64,
    pub(crate) ufrag: &'a str,
    pub(crate) password: &'a str,
    /// The value of `a=fingerprint`.
    pub(crate) fingerprint: &'a str,
    pub(crate) cname: &'a str,
    /// NACK and RTX for Opus.
    pub(crate) audio_repair: bool,
    /// RED for Opus.
    pub(crate) audio_redundancy: bool,
    /// Data channels, on an m-line of their own.
    pub(crate) data: bool,
}

/// The m-line of data channels, last.
pub(crate) const DATA_MID: &str = "data";

/// Numbers of Chromium's payload types; 112 is free there.
const OPUS: u8 = 111;
const OPUS_RTX: u8 = 112;
const OPUS_RED: u8 = 63;
const VP8: u8 = 96;
const VP8_RTX: u8 = 97;
const VP9: u8 = 98;
const VP9_RTX: u8 = 99;

/// Numbers of Chromium's extensions.
const AUDIO_EXTENSIONS: [(u8, ExtensionKind); 4] = [
    (1, ExtensionKind::AudioLevel),
    (2, ExtensionKind::AbsSendTime),
    (3, ExtensionKind::TransportSequence),
    (4, ExtensionKind::Mid),
];
const VIDEO_EXTENSIONS: [(u8, ExtensionKind); 7] = [
    (2, ExtensionKind::AbsSendTime),
    (13, ExtensionKind::VideoOrientation),
    (3, ExtensionKind::TransportSequence),
    (5, ExtensionKind::PlayoutDelay),
    (4, ExtensionKind::Mid),
    (10, ExtensionKind::Rid),
    (11, ExtensionKind::RepairedRid),
];

/// Of lines that have VP9.
const DEPENDENCY_EXTENSION: (u8, ExtensionKind) = (8, ExtensionKind::DependencyDescriptor);

/// The text.
pub(crate) fn write(transport: &OfferTransport<'_>, lines: &[Line]) -> String {
    let mut text = String::with_capacity(1024 * (1 + lines.len()));
    // Writing to a string cannot fail.
    let _ = write_session(&mut text, transport, lines);
    for line in lines {
        let _ = write_line(&mut text, transport, line);
    }
    if transport.data {
        let _ = write_data(&mut text, transport);
    }
    text
}

fn write_session(text: &mut String, transport: &OfferTransport<'_>, lines: &[Line]) -> fmt::Result {
    let OfferTransport { session_id, version, .. } = transport;
    write!(text, "v=0\r\no=- {session_id} {version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE")?;
    for line in lines {
        write!(text, " {}", line.mid)?;
    }
    if transport.data {
        write!(text, " {DATA_MID}")?;
    }
    text.write_str("\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS local\r\n")
}

/// RFC 8841.
fn write_data(text: &mut String, transport: &OfferTransport<'_>) -> fmt::Result {
    let OfferTransport { ufrag, password, fingerprint, .. } = transport;
    text.write_str("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n")?;
    write!(text, "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=ice-options:trickle\r\n")?;
    write!(text, "a=fingerprint:{fingerprint}\r\na=setup:actpass\r\na=mid:{DATA_MID}\r\n")?;
    write!(text, "a=sctp-port:5000\r\na=max-message-size:{MESSAGE_BYTES_MAX}\r\n")
}

fn write_line(text: &mut String, transport: &OfferTransport<'_>, line: &Line) -> fmt::Result {
    let OfferTransport { ufrag, password, fingerprint, .. } = transport;
    match line.kind {
        Kind::Audio => {
            write!(text, "m=audio 9 UDP/TLS/RTP/SAVPF {OPUS}")?;
            for (is_offered, number) in
                [(transport.audio_redundancy, OPUS_RED), (transport.audio_repair, OPUS_RTX)]
            {
                if is_offered {
                    write!(text, " {number}")?;
                }
            }
            text.write_str("\r\n")?;
        }
        Kind::Video => {
            let (vp8, vp9) = (format!(" {VP8} {VP8_RTX}"), format!(" {VP9} {VP9_RTX}"));
            let (first, second) = match line.vp9 {
                Vp9::None => (vp8, String::new()),
                Vp9::First => (vp9, vp8),
                Vp9::Last => (vp8, vp9),
            };
            write!(text, "m=video 9 UDP/TLS/RTP/SAVPF{first}{second}\r\n")?;
        }
    }
    write!(text, "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n")?;
    write!(text, "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=ice-options:trickle\r\n")?;
    write!(text, "a=fingerprint:{fingerprint}\r\na=setup:actpass\r\na=mid:{}\r\n", line.mid)?;
    let extensions: &[_] = match line.kind {
        Kind::Audio => &AUDIO_EXTENSIONS,
        Kind::Video => &VIDEO_EXTENSIONS,
    };
    let of_sizes = (line.vp9 != Vp9::None).then_some(&DEPENDENCY_EXTENSION);
    for (id, kind) in extensions.iter().chain(of_sizes) {
        write!(text, "a=extmap:{id} {}\r\n", kind.uri())?;
    }
    match line.role {
        LineRole::Publish { .. } | LineRole::Simulcast { .. } => {
            write!(text, "a=sendonly\r\na=msid:local track-{}\r\n", line.mid)?;
        }
        LineRole::Receive => text.write_str("a=recvonly\r\n")?,
    }
    text.write_str("a=rtcp-mux\r\na=rtcp-rsize\r\n")?;
    write_codecs(text, transport, line.kind)?;
    if line.vp9 != Vp9::None {
        write_video_codec(text, "VP9", (VP9, VP9_RTX))?;
        write!(text, "a=fmtp:{VP9} profile-id=0\r\n")?;
    }
    write_streams(text, transport, line)
}

fn write_codecs(text: &mut String, transport: &OfferTransport<'_>, kind: Kind) -> fmt::Result {
    match kind {
        Kind::Audio => {
            write!(text, "a=rtpmap:{OPUS} opus/48000/2\r\na=rtcp-fb:{OPUS} transport-cc\r\n")?;
            if transport.audio_repair {
                write!(text, "a=rtcp-fb:{OPUS} nack\r\na=rtpmap:{OPUS_RTX} rtx/48000\r\n")?;
                write!(text, "a=fmtp:{OPUS_RTX} apt={OPUS}\r\n")?;
            }
            if transport.audio_redundancy {
                write!(text, "a=rtpmap:{OPUS_RED} red/48000/2\r\na=fmtp:{OPUS_RED} {OPUS}/{OPUS}\r\n")?;
            }
            write!(text, "a=fmtp:{OPUS} minptime=10;useinbandfec=1\r\n")
        }
        Kind::Video => write_video_codec(text, "VP8", (VP8, VP8_RTX)),
    }
}

fn write_video_codec(text: &mut String, codec: &str, (number, rtx): (u8, u8)) -> fmt::Result {
    write!(text, "a=rtpmap:{number} {codec}/90000\r\n")?;
    for feedback in ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"] {
        write!(text, "a=rtcp-fb:{number} {feedback}\r\n")?;
    }
    write!(text, "a=rtpmap:{rtx} rtx/90000\r\na=fmtp:{rtx} apt={number}\r\n")
}

fn write_streams(text: &mut String, transport: &OfferTransport<'_>, line: &Line) -> fmt::Result {
    let (Ssrc(ssrc), Ssrc(rtx)) = match line.role {
        LineRole::Publish { ssrc, rtx, .. } => (ssrc, rtx),
        LineRole::Simulcast { layers, .. } => return write_layers(text, layers),
        LineRole::Receive => return Ok(()),
    };
    let cname = transport.cname;
    let repairs = line.kind == Kind::Video || transport.audio_repair;
    if repairs {
        write!(text, "a=ssrc-group:FID {ssrc} {rtx}\r\n")?;
    }
    write!(text, "a=ssrc:{ssrc} cname:{cname}\r\na=ssrc:{ssrc} msid:local track-{}\r\n", line.mid)?;
    if repairs {
        write!(text, "a=ssrc:{rtx} cname:{cname}\r\na=ssrc:{rtx} msid:local track-{}\r\n", line.mid)?;
    }
    Ok(())
}

/// RFC 8851, RFC 8853: lowest first.
fn write_layers(text: &mut String, layers: &[LayerConfig]) -> fmt::Result {
    for LayerConfig { rid, .. } in layers {
        write!(text, "a=rid:{rid} send\r\n")?;
    }
    let rids: Vec<_> = layers.iter().map(|layer| layer.rid).collect();
    write!(text, "a=simulcast:send {}\r\n", rids.join(";"))
}
