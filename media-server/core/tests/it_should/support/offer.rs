//! Offers as browsers write them, as short as the node accepts them.
#![expect(clippy::unwrap_used, reason = "what is not as a test needs it fails the test")]

use std::fmt::Write;

use rtp::extension::ExtensionKind;

/// An m-line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) mid: String,
    pub(crate) is_video: bool,
    pub(crate) direction: &'static str,
    pub(crate) ssrc: Option<u32>,
    /// More of its lines.
    pub(crate) extra: String,
}

/// An offer.
#[derive(Clone, Debug)]
pub(crate) struct OfferText {
    pub(crate) ufrag: String,
    pub(crate) fingerprint: String,
    pub(crate) lines: Vec<Line>,
    /// Tells which packets arrive on its lanes, by transport-wide feedback.
    pub(crate) tells_arrivals: bool,
    /// Without `a=rtpmap` of H264.
    pub(crate) has_h264: bool,
    /// With RED for Opus.
    pub(crate) has_red: bool,
    pub(crate) vp9: Vp9,
    /// The m-line of data channels, last.
    pub(crate) data_mid: Option<String>,
    pub(crate) extra: String,
}

/// Where VP9 is among the codecs of its video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vp9 {
    None,
    First,
    Last,
    /// Last, and without dependency descriptors.
    Untold,
}

/// The header extensions of every offer here.
pub(crate) const LEVEL_ID: u8 = 1;
pub(crate) const TRANSPORT_ID: u8 = 3;
pub(crate) const MID_ID: u8 = 4;
pub(crate) const DEPENDENCY_ID: u8 = 8;
pub(crate) const RID_ID: u8 = 10;
pub(crate) const REPAIRED_RID_ID: u8 = 11;

impl OfferText {
    pub(crate) fn new() -> Self {
        Self {
            ufrag: "peer".to_owned(),
            fingerprint: ["5a"; 32].join(":"),
            lines: Vec::new(),
            tells_arrivals: true,
            has_h264: true,
            has_red: false,
            vp9: Vp9::None,
            data_mid: None,
            extra: String::new(),
        }
    }

    /// Microphone `m`, camera `c`, and audio lanes `a0…` and video lanes `v0…`.
    pub(crate) fn visitor(number: u32, lanes: usize) -> Self {
        let mut offer =
            Self::new().sends("m", false, Some(number * 100 + 1)).sends("c", true, Some(number * 100 + 2));
        for at in 0..lanes {
            offer = offer.receives(&format!("a{at}"), false).receives(&format!("v{at}"), true);
        }
        offer
    }

    pub(crate) fn sends(mut self, mid: &str, is_video: bool, ssrc: Option<u32>) -> Self {
        self.lines.push(Line {
            mid: mid.to_owned(),
            is_video,
            direction: "sendonly",
            ssrc,
            extra: String::new(),
        });
        self
    }

    /// A camera in these layers, lowest first; `simulcast` is what the line of that name says.
    pub(crate) fn sends_layers(mut self, mid: &str, rids: &[&str], simulcast: &str) -> Self {
        self = self.sends(mid, true, None);
        let extra = &mut self.lines.last_mut().unwrap().extra;
        write!(
            extra,
            "a=extmap:{RID_ID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
             a=extmap:{REPAIRED_RID_ID} urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"
        )
        .unwrap();
        for rid in rids {
            write!(extra, "a=rid:{rid} send\r\n").unwrap();
        }
        write!(extra, "a=simulcast:{simulcast}\r\n").unwrap();
        self
    }

    pub(crate) fn receives(mut self, mid: &str, is_video: bool) -> Self {
        self.lines.push(Line {
            mid: mid.to_owned(),
            is_video,
            direction: "recvonly",
            ssrc: None,
            extra: String::new(),
        });
        self
    }

    pub(crate) fn without_feedback(mut self) -> Self {
        self.tells_arrivals = false;
        self
    }

    pub(crate) fn without_h264(mut self) -> Self {
        self.has_h264 = false;
        self
    }

    pub(crate) fn with_red(mut self) -> Self {
        self.has_red = true;
        self
    }

    pub(crate) fn with_data(mut self, mid: &str) -> Self {
        self.data_mid = Some(mid.to_owned());
        self
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::from("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE");
        for line in &self.lines {
            write!(text, " {}", line.mid).unwrap();
        }
        if let Some(mid) = &self.data_mid {
            write!(text, " {mid}").unwrap();
        }
        write!(text, "\r\na=extmap-allow-mixed\r\n{}", self.extra).unwrap();
        for line in &self.lines {
            self.write_line(&mut text, line);
        }
        if let Some(mid) = &self.data_mid {
            write!(
                text,
                "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:{}\r\n\
                 a=ice-pwd:0123456789abcdefghijklmn\r\na=fingerprint:sha-256 {}\r\na=setup:actpass\r\na=mid:{mid}\r\n\
                 a=sctp-port:5000\r\na=max-message-size:262144\r\n",
                self.ufrag, self.fingerprint
            )
            .unwrap();
        }
        text
    }

    fn write_line(&self, text: &mut String, line: &Line) {
        let formats = match (line.is_video, self.has_h264) {
            (false, _) if self.has_red => "audio 9 UDP/TLS/RTP/SAVPF 111 63",
            (false, _) => "audio 9 UDP/TLS/RTP/SAVPF 111",
            (true, _) if self.vp9 == Vp9::First => "video 9 UDP/TLS/RTP/SAVPF 98 99 96 97 109 114",
            (true, _) if self.vp9 != Vp9::None => "video 9 UDP/TLS/RTP/SAVPF 96 97 109 114 98 99",
            (true, true) => "video 9 UDP/TLS/RTP/SAVPF 96 97 109 114",
            (true, false) => "video 9 UDP/TLS/RTP/SAVPF 96 97",
        };
        write!(
            text,
            "m={formats}\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:{}\r\na=ice-pwd:0123456789abcdefghijklmn\r\n\
             a=fingerprint:sha-256 {}\r\na=setup:actpass\r\na=mid:{}\r\na={}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
             a=extmap:{MID_ID} urn:ietf:params:rtp-hdrext:sdes:mid\r\n",
            self.ufrag, self.fingerprint, line.mid, line.direction
        )
        .unwrap();
        if self.tells_arrivals || line.direction == "sendonly" {
            write!(
                text,
                "a=extmap:{TRANSPORT_ID} \
                 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
            )
            .unwrap();
        }
        if line.is_video {
            text.push_str(
                "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 transport-cc\r\n\
                 a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n",
            );
            if self.vp9 != Vp9::None {
                text.push_str(
                    "a=rtpmap:98 VP9/90000\r\na=rtcp-fb:98 nack\r\na=rtcp-fb:98 nack pli\r\na=fmtp:98 profile-id=0\r\n\
                     a=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n",
                );
            }
            if matches!(self.vp9, Vp9::First | Vp9::Last) {
                write!(text, "a=extmap:{DEPENDENCY_ID} {}\r\n", ExtensionKind::DependencyDescriptor.uri())
                    .unwrap();
            }
            if self.has_h264 {
                text.push_str(
                    "a=rtpmap:109 H264/90000\r\na=rtcp-fb:109 nack\r\na=rtcp-fb:109 nack pli\r\n\
                     a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
                     a=rtpmap:114 rtx/90000\r\na=fmtp:114 apt=109\r\n",
                );
            }
        } else {
            write!(text, "a=extmap:{LEVEL_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n").unwrap();
            text.push_str("a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n");
            if self.has_red {
                text.push_str("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n");
            }
        }
        text.push_str(&line.extra);
        if let Some(ssrc) = line.ssrc {
            if line.is_video {
                write!(text, "a=ssrc-group:FID {ssrc} {}\r\n", ssrc + 50).unwrap();
            }
            write!(text, "a=ssrc:{ssrc} cname:x\r\n").unwrap();
        }
    }
}
