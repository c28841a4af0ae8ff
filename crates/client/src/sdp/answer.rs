//! The node's answer, read as far as a client needs it.
//!
//! The node is trusted more than a stranger, but its text still comes from outside: it is bounded, and never panics.

use std::net::SocketAddr;

use dtls::Fingerprints;
use protocol::limits::{SDP_BYTES_MAX, SDP_MEDIA_MAX};
use rtp::extension::{ExtensionId, ExtensionKind, ExtensionMap};
use rtp::{PayloadType, Ssrc};

use super::AnswerError;
use crate::ice::Candidate;

/// Candidates that are read: four addresses of each family, by UDP and by TCP.
const CANDIDATES_MAX: usize = 16;

/// Layers that are read: as many as are offered.
const RIDS_MAX: usize = 3;

/// What the node says.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) ufrag: String,
    pub(crate) password: String,
    pub(crate) fingerprints: Fingerprints,
    /// In the node's order of preference.
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) extensions: ExtensionMap,
    pub(crate) media: Vec<AnsweredMedia>,
}

/// One m-line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AnsweredMedia {
    pub(crate) mid: String,
    pub(crate) is_accepted: bool,
    pub(crate) node_sends: bool,
    pub(crate) node_receives: bool,
    pub(crate) payload_type: Option<PayloadType>,
    /// That is of VP9.
    pub(crate) is_vp9: bool,
    /// Where packets tell which size they are of.
    pub(crate) dependency: Option<ExtensionId>,
    pub(crate) rtx_payload_type: Option<PayloadType>,
    pub(crate) red_payload_type: Option<PayloadType>,
    /// Lost packets may be asked for again.
    pub(crate) nack: bool,
    pub(crate) reduced_size: bool,
    pub(crate) ssrc: Option<Ssrc>,
    pub(crate) rtx_ssrc: Option<Ssrc>,
    /// The simulcast layers that the node takes.
    pub(crate) rids: Vec<String>,
}

impl Answer {
    pub(crate) fn parse(text: &str) -> Result<Self, AnswerError> {
        if text.len() > SDP_BYTES_MAX {
            return Err(AnswerError::Malformed("length"));
        }
        let mut reading = Reading::default();
        for line in text.lines() {
            reading.line(line.trim_end())?;
        }
        reading.finish()
    }

    pub(crate) fn media_of(&self, mid: &str) -> Option<&AnsweredMedia> {
        self.media.iter().find(|media| media.mid == mid)
    }
}

/// What was read so far. Transport lines may stand in any m-line: there is one transport.
#[derive(Default)]
struct Reading<'a> {
    ufrag: Option<&'a str>,
    password: Option<&'a str>,
    fingerprints: Vec<&'a str>,
    candidates: Vec<(u32, Candidate)>,
    extensions: ExtensionMap,
    media: Vec<AnsweredMedia>,
}

impl<'a> Reading<'a> {
    fn line(&mut self, line: &'a str) -> Result<(), AnswerError> {
        if let Some(media) = line.strip_prefix("m=") {
            return self.media_line(media);
        }
        let Some(attribute) = line.strip_prefix("a=") else { return Ok(()) };
        let (key, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        match key {
            "ice-ufrag" => self.ufrag = self.ufrag.or(Some(value)),
            "ice-pwd" => self.password = self.password.or(Some(value)),
            "fingerprint" if !self.fingerprints.contains(&value) => self.fingerprints.push(value),
            "candidate" if self.candidates.len() < CANDIDATES_MAX => {
                self.candidates.push(candidate(value).ok_or(AnswerError::Malformed("candidate"))?);
            }
            "extmap" => self.extension(value),
            _ => {}
        }
        if let Some(media) = self.media.last_mut() {
            media_attribute(media, key, value);
        }
        Ok(())
    }

    fn media_line(&mut self, line: &str) -> Result<(), AnswerError> {
        if self.media.len() == SDP_MEDIA_MAX {
            return Err(AnswerError::Malformed("number of m-lines"));
        }
        let port = line.split_ascii_whitespace().nth(1).ok_or(AnswerError::Malformed("m-line"))?;
        self.media.push(AnsweredMedia { is_accepted: port != "0", ..AnsweredMedia::default() });
        Ok(())
    }

    /// `a=extmap:<id> <uri>`
    fn extension(&mut self, value: &str) {
        let Some((id, uri)) = value.split_once(' ') else { return };
        let id = id.split('/').next().and_then(|id| id.parse().ok()).and_then(ExtensionId::new);
        if let (Some(id), Some(kind)) = (id, ExtensionKind::from_uri(uri.trim())) {
            // A number that is taken stays with whom it was given to first.
            let _ = self.extensions.insert(kind, id);
            if let Some(media) = self.media.last_mut().filter(|_| kind == ExtensionKind::DependencyDescriptor)
            {
                media.dependency = Some(id);
            }
        }
    }

    fn finish(mut self) -> Result<Answer, AnswerError> {
        let fingerprints = Fingerprints::from_values(self.fingerprints.iter().copied())
            .map_err(|_| AnswerError::Missing("strong fingerprint"))?;
        if self.candidates.is_empty() {
            return Err(AnswerError::Missing("candidate"));
        }
        self.candidates.sort_by_key(|(priority, _)| std::cmp::Reverse(*priority));
        Ok(Answer {
            ufrag: self.ufrag.ok_or(AnswerError::Missing("ICE user fragment"))?.to_owned(),
            password: self.password.ok_or(AnswerError::Missing("ICE password"))?.to_owned(),
            fingerprints,
            candidates: self.candidates.into_iter().map(|(_, candidate)| candidate).collect(),
            extensions: self.extensions,
            media: self.media,
        })
    }
}

/// `<foundation> <component> <transport> <priority> <address> <port> typ …` (RFC 8839 §5.1).
/// TCP: `… typ host tcptype passive` (RFC 6544 §4.5).
fn candidate(value: &str) -> Option<(u32, Candidate)> {
    let words: Vec<_> = value.split_ascii_whitespace().collect();
    let &[_, "1", transport, priority, ip, port, "typ", _, ref more @ ..] = words.as_slice() else {
        return None;
    };
    let is_tcp = transport.eq_ignore_ascii_case("tcp") && more == ["tcptype", "passive"];
    if !is_tcp && !transport.eq_ignore_ascii_case("udp") {
        return None;
    }
    let address = SocketAddr::new(ip.parse().ok()?, port.parse().ok()?);
    Some((priority.parse().ok()?, Candidate { address, is_tcp }))
}

fn media_attribute(media: &mut AnsweredMedia, key: &str, value: &str) {
    match key {
        "mid" => value.clone_into(&mut media.mid),
        "sendonly" => media.node_sends = true,
        "recvonly" => media.node_receives = true,
        "sendrecv" => (media.node_sends, media.node_receives) = (true, true),
        "rtcp-rsize" => media.reduced_size = true,
        "rtpmap" => {
            let Some((number, codec)) = value.split_once(' ') else { return };
            let payload_type = number.parse().ok().and_then(PayloadType::new);
            if codec.starts_with("rtx/") {
                media.rtx_payload_type = media.rtx_payload_type.or(payload_type);
            } else if codec.starts_with("red/") {
                media.red_payload_type = media.red_payload_type.or(payload_type);
            } else if media.payload_type.is_none() {
                (media.payload_type, media.is_vp9) = (payload_type, codec.starts_with("VP9/"));
            }
        }
        "rtcp-fb" => media.nack |= value.split_once(' ').is_some_and(|(_, kind)| kind == "nack"),
        "ssrc-group" => {
            let mut ssrcs = value.strip_prefix("FID ").unwrap_or_default().split(' ').map(ssrc);
            (media.ssrc, media.rtx_ssrc) = (ssrcs.next().flatten(), ssrcs.next().flatten());
        }
        "simulcast" => {
            let list = value.strip_prefix("recv ").unwrap_or_default();
            media.rids = list.split(';').take(RIDS_MAX).map(str::to_owned).collect();
        }
        "ssrc" if media.ssrc.is_none() => media.ssrc = value.split(' ').next().and_then(ssrc),
        _ => {}
    }
}

fn ssrc(text: &str) -> Option<Ssrc> {
    text.parse().ok().map(Ssrc)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 2\r\na=ice-lite\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=ice-ufrag:00node\r\na=ice-pwd:the-password-of-the-node\r\n\
        a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
        a=setup:passive\r\na=mid:0\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=recvonly\r\na=rtcp-mux\r\n\
        a=rtcp-rsize\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n\
        a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=candidate:1 1 udp 5 192.0.2.1 9000 typ host\r\n\
        a=candidate:2 1 udp 9 2001:db8::1 9000 typ host\r\n\
        a=candidate:3 1 TCP 3 192.0.2.1 9000 typ host tcptype passive\r\n\
        m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=inactive\r\na=mid:1\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:2\r\na=sendonly\r\na=rtpmap:111 opus/48000/2\r\n\
        a=ssrc:77 cname:bedside\r\n";

    #[test]
    fn everything_that_a_call_needs_is_read() {
        let answer = Answer::parse(ANSWER).unwrap();

        assert_eq!((answer.ufrag.as_str(), answer.password.as_str()), ("00node", "the-password-of-the-node"));
        let candidates: Vec<_> =
            answer.candidates.iter().map(|one| (one.address.to_string(), one.is_tcp)).collect();
        let expected = [("[2001:db8::1]:9000", false), ("192.0.2.1:9000", false), ("192.0.2.1:9000", true)];
        assert_eq!(candidates, expected.map(|(address, is_tcp)| (address.to_owned(), is_tcp)), "by priority");
        assert_eq!(answer.extensions.id(ExtensionKind::Mid), ExtensionId::new(4));
        let camera = answer.media_of("0").unwrap();
        assert!(camera.is_accepted && camera.node_receives && !camera.node_sends);
        assert!(camera.nack && camera.reduced_size);
        assert_eq!(
            (camera.payload_type, camera.rtx_payload_type),
            (PayloadType::new(96), PayloadType::new(97))
        );
        assert!(!answer.media_of("1").unwrap().is_accepted);
        let lane = answer.media_of("2").unwrap();
        assert_eq!((lane.ssrc, lane.rtx_ssrc, lane.nack), (Some(Ssrc(77)), None, false));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (line, missing) in [
            ("a=ice-ufrag:00node\r\n", "ICE user fragment"),
            ("a=ice-pwd:the-password-of-the-node\r\n", "ICE password"),
        ] {
            let text = ANSWER.replace(line, "");
            assert_eq!(Answer::parse(&text).unwrap_err(), AnswerError::Missing(missing));
        }
        let weak = ANSWER.replace("sha-256", "sha-1");
        assert_eq!(Answer::parse(&weak).unwrap_err(), AnswerError::Missing("strong fingerprint"));
    }

    #[test]
    fn no_cut_of_an_answer_panics() {
        for len in 0..ANSWER.len() {
            let _ = Answer::parse(&ANSWER[..len]);
        }
    }
}
