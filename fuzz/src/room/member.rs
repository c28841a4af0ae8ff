//! One member of a live room: their offer and answer, their keys, and what they can send.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use media_core::{Path, PeerId, SeatGrant};
use protocol::signal::LaneState;
use protocol::{ClinicId, Generation, Permissions, Role, RoomId, SeatId};
use rtp::RtpPacket;
use rtp::demux::Protocol;
use rtp::extension::{ExtensionForm, ExtensionId};
use rtp::{HeaderFields, HeaderWriter, PayloadType, RtpTimestamp, SeqNo, Ssrc};
use srtp::{DtlsRole, KeyingMaterial, SrtpOpener, SrtpProfile, SrtpSealer};
use uuid::Uuid;

use super::offer::{DEPENDENCY_ID, LEVEL_ID, MID_ID, ORIENTATION_ID, Shape, TRANSPORT_ID};
use super::{NODE, stun};

/// Room for a datagram of a program with its header and tag.
const PACKET_LEN: usize = 2048;

/// The one room, and its placement.
pub(crate) const ROOM: RoomId = RoomId(Uuid::from_u128(2));
pub(crate) const GENERATION: Generation = Generation(5);

pub(crate) struct Member {
    pub(crate) shape: Shape,
    pub(crate) peer: PeerId,
    /// The signalling connection that is attached: its first has the peer's id.
    pub(crate) connection: PeerId,
    pub(crate) path: Path,
    pub(crate) is_here: bool,
    ufrag: String,
    password: String,
    pub(crate) resume: String,
    pub(crate) keys: Option<Keys>,
    pub(crate) lanes: Vec<LaneStreams>,
    /// What the lanes show, as it was told last.
    pub(crate) told: Vec<LaneState>,
    /// The next sequence number of each own stream.
    next: BTreeMap<u32, u16>,
    /// The highest sequence number that came of each stream.
    pub(crate) came: BTreeMap<u32, u16>,
    next_transport: u16,
}

/// Both directions of SRTP, as the DTLS client.
pub(crate) struct Keys {
    pub(crate) sealer: SrtpSealer,
    pub(crate) opener: SrtpOpener,
}

/// The streams of a lane, as the answer gives them.
#[derive(Clone, Debug)]
pub(crate) struct LaneStreams {
    pub(crate) mid: String,
    pub(crate) ssrcs: Vec<u32>,
}

/// An RTP packet as a program wants it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) ssrc: u32,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) is_two_byte: bool,
    pub(crate) level: Option<u8>,
    pub(crate) orientation: Option<u8>,
    pub(crate) mid: Option<&'a str>,
    /// The number of the extension, and the name in it.
    pub(crate) rid: Option<(u8, &'a str)>,
    /// Which size it is of, and what that needs.
    pub(crate) dependency: Option<&'a [u8]>,
    pub(crate) payload: &'a [u8],
}

/// An RTP packet that came, opened.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) ssrc: u32,
    pub(crate) payload: Vec<u8>,
}

pub(crate) fn grant(number: u32) -> SeatGrant {
    SeatGrant {
        clinic: ClinicId(Uuid::from_u128(1)),
        room: ROOM,
        generation: GENERATION,
        seat: SeatId(Uuid::from_u128(u128::from(number))),
        role: Role::Patient,
        permissions: Permissions::of(Role::Patient),
    }
}

/// The same keys at both ends. Every peer has its own.
pub(crate) fn keying(peer: PeerId) -> KeyingMaterial {
    let mut exported = [0; 56];
    netsim::Random::new(peer.0).fill(&mut exported);
    KeyingMaterial::from_exporter(SrtpProfile::AeadAes128Gcm, &exported).expect("as long as the profile says")
}

pub(crate) fn path(remote: SocketAddr) -> Path {
    Path::udp(NODE, remote)
}

impl Member {
    pub(crate) fn new(shape: Shape, peer: PeerId) -> Self {
        Self {
            shape,
            peer,
            connection: peer,
            path: path(SocketAddr::from(([198, 51, 100, shape.number as u8], 40_000 + peer.0 as u16))),
            is_here: false,
            ufrag: String::new(),
            password: String::new(),
            resume: String::new(),
            keys: None,
            lanes: Vec::new(),
            told: Vec::new(),
            next: BTreeMap::new(),
            came: BTreeMap::new(),
            next_transport: 0,
        }
    }

    pub(crate) fn seat(&self) -> SeatId {
        grant(self.shape.number).seat
    }

    /// Reads an answer as far as a member needs it.
    pub(crate) fn handle_answer(&mut self, answer: &str) {
        let find = |key| answer.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
        find("a=ice-ufrag:").clone_into(&mut self.ufrag);
        find("a=ice-pwd:").clone_into(&mut self.password);
        self.lanes = answer.split("m=").skip(1).map(LaneStreams::read).collect();
    }

    pub(crate) fn start_media(&mut self) -> Option<Keys> {
        let (sealer, opener) = keying(self.peer).contexts(DtlsRole::Client);
        self.keys.replace(Keys { sealer, opener })
    }

    /// A connectivity check with the newest credentials.
    pub(crate) fn check(&self, nominates: bool, extra: &[u8]) -> Vec<u8> {
        let username = format!("{}:{}", self.ufrag, self.shape.ufrag());
        stun::check(&username, &self.password, nominates, extra)
    }

    /// The next number of a stream, `skip` further (or back).
    pub(crate) fn sequence(&mut self, ssrc: u32, skip: i8) -> u16 {
        let next = self.next.entry(ssrc).or_insert(100);
        let sequence = next.wrapping_add_signed(i16::from(skip));
        if skip >= 0 {
            *next = sequence.wrapping_add(1);
        }
        sequence
    }

    /// Writes and seals a packet; `None` for one that cannot be written, or whose index was used.
    pub(crate) fn seal(&mut self, packet: &Packet<'_>) -> Option<Vec<u8>> {
        let fields = HeaderFields {
            marker: packet.marker,
            payload_type: PayloadType::new(packet.payload_type)?,
            sequence: SeqNo(packet.sequence),
            timestamp: RtpTimestamp(packet.timestamp),
            ssrc: Ssrc(packet.ssrc),
        };
        let form = if packet.is_two_byte { ExtensionForm::TwoByte } else { ExtensionForm::OneByte };
        let mut buffer = vec![0; PACKET_LEN];
        let mut writer = HeaderWriter::new(&mut buffer, &fields, form).ok()?;
        writer.element(ExtensionId::new(TRANSPORT_ID)?, &self.next_transport.to_be_bytes()).ok()?;
        self.next_transport = self.next_transport.wrapping_add(1);
        if let Some(level) = packet.level {
            writer.element(ExtensionId::new(LEVEL_ID)?, &[level]).ok()?;
        }
        if let Some(orientation) = packet.orientation {
            writer.element(ExtensionId::new(ORIENTATION_ID)?, &[orientation]).ok()?;
        }
        if let Some(mid) = packet.mid {
            writer.element(ExtensionId::new(MID_ID)?, mid.as_bytes()).ok()?;
        }
        if let Some((number, rid)) = packet.rid {
            writer.element(ExtensionId::new(number)?, rid.as_bytes()).ok()?;
        }
        if let Some(dependency) = packet.dependency {
            writer.element(ExtensionId::new(DEPENDENCY_ID)?, dependency).ok()?;
        }
        let header = writer.finish().ok()?;
        let len = header + packet.payload.len();
        buffer.get_mut(header..len)?.copy_from_slice(packet.payload);
        let sealed = self.keys.as_mut()?.sealer.seal_rtp(&mut buffer, len).ok()?;
        buffer.truncate(sealed);
        Some(buffer)
    }

    /// Seals any bytes as RTP; `None` for what has no header.
    pub(crate) fn seal_rtp(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = bytes.to_vec();
        buffer.resize(bytes.len() + srtp::MAX_RTP_OVERHEAD, 0);
        let sealed = self.keys.as_mut()?.sealer.seal_rtp(&mut buffer, bytes.len()).ok()?;
        buffer.truncate(sealed);
        Some(buffer)
    }

    /// Seals any bytes as RTCP; `None` for what has no header.
    pub(crate) fn seal_rtcp(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = bytes.to_vec();
        buffer.resize(bytes.len() + srtp::MAX_RTCP_OVERHEAD, 0);
        let sealed = self.keys.as_mut()?.sealer.seal_rtcp(&mut buffer, bytes.len()).ok()?;
        buffer.truncate(sealed);
        Some(buffer)
    }

    /// The lane of a stream.
    pub(crate) fn lane_of(&self, ssrc: u32) -> Option<&LaneStreams> {
        self.lanes.iter().find(|lane| lane.ssrcs.contains(&ssrc))
    }

    /// Any stream of any lane, by number: the lane's own first.
    pub(crate) fn lane_ssrc(&self, at: usize) -> u32 {
        let ssrcs: Vec<u32> = self.lanes.iter().flat_map(|lane| lane.ssrcs.iter().copied()).collect();
        if ssrcs.is_empty() { 0 } else { ssrcs[at % ssrcs.len()] }
    }
}

impl LaneStreams {
    fn read(section: &str) -> Self {
        let mid = section.lines().find_map(|line| line.strip_prefix("a=mid:")).unwrap_or_default().to_owned();
        let ssrc = |line: &str| line.strip_prefix("a=ssrc:")?.split(' ').next()?.parse().ok();
        Self { mid, ssrcs: section.lines().filter_map(ssrc).collect() }
    }
}

/// Opens a datagram if it was sealed for these keys. RTP comes back; `Ok(None)` is RTCP.
pub(crate) fn open(opener: &mut SrtpOpener, datagram: &[u8], kind: Protocol) -> Result<Option<Arrived>, ()> {
    let mut copy = datagram.to_vec();
    if kind == Protocol::Rtcp {
        let len = opener.open_rtcp(&mut copy).map_err(|_| ())?;
        let mut compound = rtp::rtcp::Compound::parse(&copy[..len]).expect("the node writes RTCP");
        assert!(compound.all(|packet| packet.is_ok()), "the node writes RTCP");
        return Ok(None);
    }
    let opened = opener.open_rtp(&mut copy).map_err(|_| ())?;
    let packet = RtpPacket::parse(&copy[..opened.len]).expect("the node writes RTP");
    Ok(Some(Arrived { ssrc: opened.ssrc.0, payload: packet.payload().to_vec() }))
}
