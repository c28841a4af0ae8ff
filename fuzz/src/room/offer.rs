//! Offers as browsers write them, as short as the node accepts them, in a few shapes.

use std::fmt::{self, Write};

use protocol::signal::{PublishTrack, Source};
use rtp::extension::ExtensionKind;

/// Numbers of the header extensions of every offer here.
pub(crate) const LEVEL_ID: u8 = 1;
pub(crate) const TRANSPORT_ID: u8 = 3;
pub(crate) const MID_ID: u8 = 4;
pub(crate) const DEPENDENCY_ID: u8 = 8;
pub(crate) const RID_ID: u8 = 10;
pub(crate) const REPAIRED_RID_ID: u8 = 11;
pub(crate) const ORIENTATION_ID: u8 = 13;

/// What an offer is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a line of the description")]
pub(crate) struct Shape {
    /// Whose: the SSRCs are `number * 100 + 1` (microphone), 2 (camera) and 3 (screen), RTX 50 above.
    pub(crate) number: u32,
    /// Lanes of each kind.
    pub(crate) lanes: usize,
    pub(crate) h264: bool,
    /// Whether streams are announced, or have to make themselves known.
    pub(crate) announces: bool,
    pub(crate) camera: bool,
    pub(crate) screen: bool,
    /// The camera comes in three layers, which are not announced.
    pub(crate) layers: bool,
    /// The camera comes in VP9, whose one stream holds several sizes; everybody can show that.
    pub(crate) sizes: bool,
    /// Another one restarts ICE.
    pub(crate) fragment: u8,
}

/// Who may share a screen, by number: two. A shared screen goes before cameras, so three would take, rightly, every picture
/// lane of a witness.
const SHARES_UP_TO: u32 = 4;

impl Shape {
    /// Microphone, camera, and lanes for three others: in a full room somebody is not shown. Who came first is.
    pub(crate) const fn visitor(number: u32) -> Self {
        Self {
            number,
            lanes: 3,
            h264: true,
            announces: true,
            camera: true,
            screen: false,
            layers: false,
            sizes: false,
            fragment: 0,
        }
    }

    /// Another shape of the same person, from a byte.
    pub(crate) const fn bent(self, by: u8) -> Self {
        Self {
            lanes: (by & 3) as usize * 3,
            h264: by & 4 == 0,
            announces: by & 8 == 0,
            camera: by & 16 == 0,
            screen: by & 32 != 0 && self.number <= SHARES_UP_TO,
            layers: by >> 6 == 3,
            sizes: by >> 6 == 2,
            fragment: by >> 6,
            ..self
        }
    }

    /// The own user fragment.
    pub(crate) fn ufrag(&self) -> String {
        format!("peer{}", self.fragment)
    }

    /// What the publishing m-lines carry.
    pub(crate) fn tracks(&self) -> Vec<PublishTrack> {
        let track = |mid: &str, source| PublishTrack { mid: mid.to_owned(), source, active: true };
        let mut tracks = vec![track("m", Source::Microphone)];
        if self.camera {
            tracks.push(track("c", Source::Camera));
        }
        if self.screen {
            tracks.push(track("s", Source::Screen));
        }
        tracks
    }

    /// SDP.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        let ssrc = |at| self.announces.then_some(self.number * 100 + at);
        let mut lines = vec![("m".to_owned(), false, "sendonly", ssrc(1))];
        if self.camera {
            let announced = if self.layers { None } else { ssrc(2) };
            lines.push(("c".to_owned(), true, "sendonly", announced));
        }
        if self.screen {
            lines.push(("s".to_owned(), true, "sendonly", ssrc(3)));
        }
        for at in 0..self.lanes {
            lines.push((format!("a{at}"), false, "recvonly", None));
            lines.push((format!("v{at}"), true, "recvonly", None));
        }
        text.write_str("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE")?;
        for (mid, ..) in &lines {
            write!(text, " {mid}")?;
        }
        text.write_str("\r\na=extmap-allow-mixed\r\n")?;
        lines.iter().try_for_each(|(mid, is_video, direction, ssrc)| {
            self.write_head(text, mid, *is_video, direction)?;
            let codecs = if *is_video { self.write_video(text) } else { write_audio(text) };
            codecs?;
            if *is_video && (*direction == "recvonly" || self.sizes) {
                write_sizes(text)?;
            }
            if self.layers && mid == "c" {
                write_layers(text)?;
            }
            ssrc.map_or(Ok(()), |ssrc| write_streams(text, *is_video, ssrc))
        })
    }

    fn write_head(&self, text: &mut String, mid: &str, is_video: bool, direction: &str) -> fmt::Result {
        let (first, last) = match (direction, self.sizes) {
            ("recvonly", _) => ("", " 98 99"),
            (_, true) => (" 98 99", ""),
            (_, false) => ("", ""),
        };
        let h264 = if self.h264 { " 109 114" } else { "" };
        if is_video {
            write!(text, "m=video 9 UDP/TLS/RTP/SAVPF{first} 96 97{h264}{last}\r\n")?;
        } else {
            text.write_str("m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n")?;
        }
        write!(text, "c=IN IP4 0.0.0.0\r\na=ice-ufrag:{}\r\n", self.ufrag())?;
        write!(
            text,
            "a=ice-pwd:0123456789abcdefghijklmn\r\na=fingerprint:sha-256 5A{}\r\n",
            ":5A".repeat(31)
        )?;
        write!(text, "a=setup:actpass\r\na=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n")?;
        write!(
            text,
            "a=extmap:{TRANSPORT_ID} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
             a=extmap:{MID_ID} urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
        )
    }

    fn write_video(&self, text: &mut String) -> fmt::Result {
        write!(text, "a=extmap:{ORIENTATION_ID} urn:3gpp:video-orientation\r\n")?;
        text.write_str(
            "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 ccm fir\r\n\
             a=rtcp-fb:96 transport-cc\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n",
        )?;
        if !self.h264 {
            return Ok(());
        }
        text.write_str(
            "a=rtpmap:109 H264/90000\r\na=rtcp-fb:109 nack\r\na=rtcp-fb:109 nack pli\r\n\
             a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
             a=rtpmap:114 rtx/90000\r\na=fmtp:114 apt=109\r\n",
        )
    }
}

fn write_audio(text: &mut String) -> fmt::Result {
    write!(text, "a=extmap:{LEVEL_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n")?;
    text.write_str(
        "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n",
    )
}

fn write_sizes(text: &mut String) -> fmt::Result {
    write!(text, "a=extmap:{DEPENDENCY_ID} {}\r\n", ExtensionKind::DependencyDescriptor.uri())?;
    text.write_str(
        "a=rtpmap:98 VP9/90000\r\na=rtcp-fb:98 nack\r\na=rtcp-fb:98 nack pli\r\na=rtcp-fb:98 transport-cc\r\n\
         a=fmtp:98 profile-id=0\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n",
    )
}

fn write_layers(text: &mut String) -> fmt::Result {
    write!(
        text,
        "a=extmap:{RID_ID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
         a=extmap:{REPAIRED_RID_ID} urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n\
         a=rid:l send\r\na=rid:m send pt=96\r\na=rid:h send max-width=1280\r\na=simulcast:send l;m;h\r\n"
    )
}

fn write_streams(text: &mut String, is_video: bool, ssrc: u32) -> fmt::Result {
    if is_video {
        write!(text, "a=ssrc-group:FID {ssrc} {}\r\n", ssrc + 50)?;
    }
    write!(text, "a=ssrc:{ssrc} cname:x\r\n")
}
