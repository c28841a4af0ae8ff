//! One browser.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what is not as a test needs it fails the test")]

use media_core::{Path, PeerId};
use protocol::SeatId;
use protocol::signal::LaneState;
use rtc_stun::attributes::{ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter, TransactionId};
use rtp::extension::{ExtensionForm, ExtensionId};
use rtp::rtcp::{Compound, Writer};
use rtp::{HeaderFields, HeaderWriter, PayloadType, RtpPacket, RtpTimestamp, SeqNo, Ssrc};
use srtp::{DtlsRole, KeyingMaterial, SrtpOpener, SrtpSealer};

use super::offer::{LEVEL_ID, MID_ID, OfferText, TRANSPORT_ID};
use super::path;

pub(crate) struct Browser {
    pub(crate) peer: PeerId,
    pub(crate) seat: SeatId,
    pub(crate) offer: OfferText,
    pub(crate) answer: String,
    pub(crate) resume: String,
    /// As `joined` said.
    pub(crate) lanes: Vec<LaneState>,
    pub(crate) path: Path,
    pub(crate) media: Option<Media>,
}

/// Both directions of SRTP, as the DTLS client.
pub(crate) struct Media {
    pub(crate) sealer: SrtpSealer,
    pub(crate) opener: SrtpOpener,
    next_transport: u16,
}

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) ssrc: u32,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) level: Option<u8>,
    pub(crate) mid: Option<&'a str>,
    pub(crate) payload: &'a [u8],
}

/// What came, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) ssrc: u32,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) payload: Vec<u8>,
}

/// The first packet of a VP8 key frame, and of another frame: picture id 1, no other fields.
pub(crate) const KEY_FRAME: &[u8] = &[0x90, 0x80, 1, 0x00, 0x9d, 0x01, 0x2a, 7, 7];
pub(crate) const DELTA_FRAME: &[u8] = &[0x90, 0x80, 2, 0x01, 1, 2, 3];

impl Browser {
    pub(crate) fn new(peer: PeerId, seat: SeatId, offer: OfferText) -> Self {
        Self {
            peer,
            seat,
            offer,
            answer: String::new(),
            resume: String::new(),
            lanes: Vec::new(),
            path: path(&format!("198.51.100.7:{}", 40_000 + peer.0)),
            media: None,
        }
    }

    pub(crate) fn handle_joined(&mut self, answer: &str, resume: String, lanes: Vec<LaneState>) {
        answer.clone_into(&mut self.answer);
        self.resume = resume;
        self.lanes = lanes;
    }

    pub(crate) fn attribute(&self, key: &str) -> String {
        let line = self.answer.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_else(|| panic!("{key} in {}", self.answer)).to_owned()
    }

    /// The part of the answer for an m-line.
    pub(crate) fn section(&self, mid: &str) -> &str {
        let mut sections = self.answer.split("\r\nm=").skip(1);
        let mid = format!("a=mid:{mid}\r\n");
        sections.find(|section| section.contains(&mid)).unwrap_or_else(|| panic!("{mid} in {}", self.answer))
    }

    /// The SSRCs that a lane announces.
    pub(crate) fn lane_ssrcs(&self, mid: &str) -> Vec<u32> {
        let mut ssrcs: Vec<u32> = self
            .section(mid)
            .lines()
            .filter_map(|line| line.strip_prefix("a=ssrc:")?.split(' ').next()?.parse().ok())
            .collect();
        ssrcs.dedup();
        ssrcs
    }

    /// A connectivity check with the credentials of the answer.
    pub(crate) fn check(&self, nominates: bool) -> Vec<u8> {
        let name = format!("{}:{}", self.attribute("a=ice-ufrag:"), self.offer.ufrag);
        check(&name, &self.attribute("a=ice-pwd:"), nominates)
    }

    fn media(&mut self) -> &mut Media {
        self.media.as_mut().expect("connected")
    }

    pub(crate) fn microphone_ssrc(&self) -> u32 {
        self.offer.lines.iter().find(|line| line.mid == "m").and_then(|line| line.ssrc).unwrap()
    }

    pub(crate) fn camera_ssrc(&self) -> u32 {
        self.offer.lines.iter().find(|line| line.mid == "c").and_then(|line| line.ssrc).unwrap()
    }

    /// A 20 ms packet of the microphone.
    pub(crate) fn audio(&mut self, number: u16) -> Vec<u8> {
        self.audio_at(number, 30)
    }

    pub(crate) fn audio_at(&mut self, number: u16, level: u8) -> Vec<u8> {
        let ssrc = self.microphone_ssrc();
        self.packet(&Outgoing {
            ssrc,
            payload_type: 111,
            sequence: number,
            timestamp: u32::from(number) * 960,
            marker: false,
            level: Some(level),
            mid: None,
            payload: &[number as u8; 80],
        })
    }

    /// A frame of the camera in one packet.
    pub(crate) fn video(&mut self, number: u16, payload: &[u8]) -> Vec<u8> {
        let ssrc = self.camera_ssrc();
        self.packet(&Outgoing {
            ssrc,
            payload_type: 96,
            sequence: number,
            timestamp: u32::from(number) * 3000,
            marker: true,
            level: None,
            mid: None,
            payload,
        })
    }

    /// An RTX packet for a packet of the camera.
    pub(crate) fn video_again(&mut self, rtx_sequence: u16, number: u16, payload: &[u8]) -> Vec<u8> {
        let ssrc = self.camera_ssrc() + 50;
        let mut body = number.to_be_bytes().to_vec();
        body.extend_from_slice(payload);
        self.packet(&Outgoing {
            ssrc,
            payload_type: 97,
            sequence: rtx_sequence,
            timestamp: u32::from(number) * 3000,
            marker: true,
            level: None,
            mid: None,
            payload: &body,
        })
    }

    pub(crate) fn packet(&mut self, outgoing: &Outgoing<'_>) -> Vec<u8> {
        self.packet_of(outgoing, None)
    }

    /// A packet that names its layer: the number of `rid` or of `repaired-rid`, and the name.
    pub(crate) fn packet_of(&mut self, outgoing: &Outgoing<'_>, rid: Option<(u8, &str)>) -> Vec<u8> {
        let media = self.media();
        let mut buffer = vec![0; 1600];
        let fields = HeaderFields {
            marker: outgoing.marker,
            payload_type: PayloadType::new(outgoing.payload_type).unwrap(),
            sequence: SeqNo(outgoing.sequence),
            timestamp: RtpTimestamp(outgoing.timestamp),
            ssrc: Ssrc(outgoing.ssrc),
        };
        let mut writer = HeaderWriter::new(&mut buffer, &fields, ExtensionForm::OneByte).unwrap();
        let id = |id| ExtensionId::new(id).unwrap();
        writer.element(id(TRANSPORT_ID), &media.next_transport.to_be_bytes()).unwrap();
        media.next_transport = media.next_transport.wrapping_add(1);
        if let Some(level) = outgoing.level {
            writer.element(id(LEVEL_ID), &[0x80 | level]).unwrap();
        }
        if let Some(mid) = outgoing.mid {
            writer.element(id(MID_ID), mid.as_bytes()).unwrap();
        }
        if let Some((number, rid)) = rid {
            writer.element(id(number), rid.as_bytes()).unwrap();
        }
        let header = writer.finish().unwrap();
        let len = header + outgoing.payload.len();
        buffer[header..len].copy_from_slice(outgoing.payload);
        let sealed = media.sealer.seal_rtp(&mut buffer, len).unwrap();
        buffer.truncate(sealed);
        buffer
    }

    pub(crate) fn rtcp(&mut self, write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut buffer = vec![0; 1400];
        let mut writer = Writer::new(&mut buffer);
        write(&mut writer);
        let len = writer.finish();
        let sealed = self.media().sealer.seal_rtcp(&mut buffer, len).unwrap();
        buffer.truncate(sealed);
        buffer
    }

    /// Any bytes, sealed as if they were RTCP; `None` for what is too short to be sealed.
    pub(crate) fn rtcp_of(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = bytes.to_vec();
        let [first, second, ..] = buffer.as_mut_slice() else { return None };
        *first = 0x80 | (*first & 0x3f);
        *second = 200 + *second % 8;
        buffer.resize(bytes.len() + 32, 0);
        let sealed = self.media().sealer.seal_rtcp(&mut buffer, bytes.len()).ok()?;
        buffer.truncate(sealed);
        Some(buffer)
    }

    /// Opens what was sent to this browser: RTP packets, in order. Everything else is put aside.
    pub(crate) fn open(&mut self, datagrams: Vec<Vec<u8>>) -> Vec<Incoming> {
        let media = self.media();
        let mut opened = Vec::new();
        for mut datagram in datagrams {
            if rtp::demux::classify(&datagram) != Some(rtp::demux::Protocol::Rtp) {
                continue;
            }
            let len = media.opener.open_rtp(&mut datagram).expect("sealed for this browser, once").len;
            let packet = RtpPacket::parse(&datagram[..len]).unwrap();
            let header = packet.header();
            opened.push(Incoming {
                ssrc: header.ssrc().0,
                payload_type: header.payload_type().get(),
                sequence: header.sequence().0,
                timestamp: header.timestamp().0,
                payload: packet.payload().to_vec(),
            });
        }
        opened
    }

    /// Opens the RTCP that was sent to this browser, as debug text of each packet.
    pub(crate) fn open_rtcp(&mut self, datagrams: Vec<Vec<u8>>) -> Vec<String> {
        let media = self.media();
        let mut opened = Vec::new();
        for mut datagram in datagrams {
            if rtp::demux::classify(&datagram) != Some(rtp::demux::Protocol::Rtcp) {
                continue;
            }
            let len = media.opener.open_rtcp(&mut datagram).expect("sealed for this browser, once");
            let compound = Compound::parse(&datagram[..len]).unwrap();
            opened.extend(compound.map(|packet| format!("{:?}", packet.unwrap())));
        }
        opened
    }
}

impl Media {
    pub(crate) fn new(keys: &KeyingMaterial) -> Self {
        let (sealer, opener) = keys.contexts(DtlsRole::Client);
        Self { sealer, opener, next_transport: 0 }
    }
}

/// A connectivity check.
pub(crate) fn check(name: &str, password: &str, nominates: bool) -> Vec<u8> {
    let provider = rtc_stun::crypto::default_provider().unwrap();
    let mut message = Message::new();
    TransactionId::new().add_to(&mut message).unwrap();
    BINDING_REQUEST.add_to(&mut message).unwrap();
    message.write_header();
    message.add(ATTR_USERNAME, name.as_bytes());
    message.add(ATTR_PRIORITY, &[0x6e, 0, 0x1e, 0xff]);
    if nominates {
        message.add(ATTR_USE_CANDIDATE, &[]);
    }
    MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), provider.crypto())
        .add_to(&mut message)
        .unwrap();
    FINGERPRINT.add_to(&mut message).unwrap();
    message.raw
}
