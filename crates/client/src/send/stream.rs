//! One outgoing stream: numbering, headers, what a sender report says, and packets kept for retransmission.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rtp::codec::rtx;
use rtp::extension::{AudioLevel, ExtensionForm, ExtensionKind, ExtensionMap};
use rtp::rtcp::SenderInfo;
use rtp::{
    ClockRate, HeaderFields, HeaderWriter, NtpTime, PayloadType, RtpPacket, RtpTimestamp, SeqNo, Ssrc,
    WriteError,
};

use crate::random::Random;

/// Packets kept for retransmission: a second of 5 Mbit/s.
const HISTORY_MAX: usize = 512;
/// The same packet is not sent again sooner: two NACKs for it are then one wish.
const RESEND_AFTER: Duration = Duration::from_millis(15);
/// The m-line is named in the first packets only, until the node must have learnt the stream, as browsers do.
const MID_PACKETS: u64 = 100;
/// Header with all elements that are written here: 12, 4, and at most 40.
const HEADER_LEN_MAX: usize = 64;
/// What an element of the one-byte form holds (RFC 8285 §4.2).
const SHORT_ELEMENT_LEN_MAX: usize = 16;

/// The random start of a stream (RFC 3550 §5.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamNumbers {
    pub(crate) ssrc: Ssrc,
    pub(crate) rtx: Ssrc,
    sequence: SeqNo,
    rtx_sequence: SeqNo,
    timestamp: RtpTimestamp,
}

impl StreamNumbers {
    pub(crate) fn new(random: &mut Random) -> Self {
        // Below 2^15, so that loss at the start cannot make the two ends disagree about the rollover (RFC 3711 §3.3.1).
        let mut sequence = || SeqNo((random.next_u32() & 0x7fff) as u16);
        let (first, rtx_first) = (sequence(), sequence());
        Self {
            ssrc: Ssrc(random.next_u32()),
            rtx: Ssrc(random.next_u32()),
            sequence: first,
            rtx_sequence: rtx_first,
            timestamp: RtpTimestamp(random.next_u32()),
        }
    }
}

struct Kept {
    sequence: SeqNo,
    packet: Vec<u8>,
    last_sent: Instant,
}

/// One outgoing stream.
pub(crate) struct OutgoingStream {
    numbers: StreamNumbers,
    mid: String,
    rid: Option<&'static str>,
    clock: ClockRate,
    payload_type: PayloadType,
    rtx_payload_type: Option<PayloadType>,
    packets: u64,
    bytes: u64,
    retransmitted: u64,
    /// In the order of their numbers, without gaps.
    history: VecDeque<Kept>,
}

impl OutgoingStream {
    pub(crate) fn new(
        numbers: StreamNumbers,
        (mid, rid): (&str, Option<&'static str>),
        clock: ClockRate,
        payload_type: PayloadType,
        rtx_payload_type: Option<PayloadType>,
    ) -> Self {
        Self {
            numbers,
            mid: mid.to_owned(),
            rid,
            clock,
            payload_type,
            rtx_payload_type,
            packets: 0,
            bytes: 0,
            retransmitted: 0,
            history: VecDeque::new(),
        }
    }

    pub(crate) const fn ssrc(&self) -> Ssrc {
        self.numbers.ssrc
    }

    pub(crate) const fn packets(&self) -> u64 {
        self.packets
    }

    /// The timestamp of an instant this long after the stream's start.
    pub(crate) fn timestamp(&self, since_start: Duration) -> RtpTimestamp {
        self.numbers.timestamp.wrapping_add(self.clock.ticks_in(since_start) as u32)
    }

    /// The next packet, in the clear.
    pub(crate) fn packet(
        &mut self,
        extensions: &ExtensionMap,
        (timestamp, marker): (RtpTimestamp, bool),
        level: Option<AudioLevel>,
        payload: &[u8],
        now: Instant,
    ) -> Result<Vec<u8>, WriteError> {
        self.packet_with_earlier(extensions, (timestamp, marker), level, (payload, None), now)
    }

    /// The same of a picture in several sizes, with what tells which it is of.
    pub(crate) fn packet_of_size(
        &mut self,
        extensions: &ExtensionMap,
        timing: (RtpTimestamp, bool),
        (dependency, payload): (&[u8], &[u8]),
        now: Instant,
    ) -> Result<Vec<u8>, WriteError> {
        let told = Told { dependency: Some(dependency), level: None };
        self.next_packet(extensions, timing, told, (payload, None), now)
    }

    /// The same with a RED payload to be sent in its place (RFC 2198). What is sent again is the packet alone.
    pub(crate) fn packet_with_earlier(
        &mut self,
        extensions: &ExtensionMap,
        timing: (RtpTimestamp, bool),
        level: Option<AudioLevel>,
        payloads: (&[u8], Option<(PayloadType, &[u8])>),
        now: Instant,
    ) -> Result<Vec<u8>, WriteError> {
        self.next_packet(extensions, timing, Told { level, dependency: None }, payloads, now)
    }

    fn next_packet(
        &mut self,
        extensions: &ExtensionMap,
        (timestamp, marker): (RtpTimestamp, bool),
        told: Told<'_>,
        (payload, redundant): (&[u8], Option<(PayloadType, &[u8])>),
        now: Instant,
    ) -> Result<Vec<u8>, WriteError> {
        let sequence = self.numbers.sequence;
        let fields = HeaderFields {
            marker,
            payload_type: self.payload_type,
            sequence,
            timestamp,
            ssrc: self.numbers.ssrc,
        };
        let name = Name::of(&self.mid, self.rid.map(|id| (ExtensionKind::Rid, id)), self.packets);
        let packet = write_packet(&fields, extensions, name, told, &[payload])?;
        let sent = match redundant {
            Some((payload_type, payload)) => {
                let fields = HeaderFields { payload_type, ..fields };
                write_packet(&fields, extensions, name, told, &[payload])?
            }
            None => packet.clone(),
        };
        self.numbers.sequence = sequence.wrapping_add(1);
        self.packets += 1;
        self.bytes += redundant.map_or(payload, |(_, payload)| payload).len() as u64;
        if self.rtx_payload_type.is_some() {
            if self.history.len() == HISTORY_MAX {
                self.history.pop_front();
            }
            self.history.push_back(Kept { sequence, packet, last_sent: now });
        }
        Ok(sent)
    }

    /// The retransmission of a packet (RFC 4588 §4); `None` when it is gone, was sent a moment ago, or RTX was not
    /// agreed on.
    pub(crate) fn retransmission(
        &mut self,
        extensions: &ExtensionMap,
        lost: SeqNo,
        now: Instant,
    ) -> Option<Vec<u8>> {
        let payload_type = self.rtx_payload_type?;
        let first = self.history.front()?.sequence;
        let at = usize::try_from(lost.offset_from(first)).ok()?;
        let kept = self.history.get_mut(at)?;
        if now.saturating_duration_since(kept.last_sent) < RESEND_AFTER {
            return None;
        }
        kept.last_sent = now;
        let original = RtpPacket::parse(&kept.packet).ok()?;
        let mut field = [0; rtx::ORIGINAL_SEQUENCE_LEN];
        rtx::write(&mut field, lost).ok()?;
        let fields = HeaderFields {
            marker: original.header().marker(),
            payload_type,
            sequence: self.numbers.rtx_sequence,
            timestamp: original.header().timestamp(),
            ssrc: self.numbers.rtx,
        };
        let rid = self.rid.map(|id| (ExtensionKind::RepairedRid, id));
        let name = Name::of(&self.mid, rid, self.retransmitted);
        let dependency = extensions.id(ExtensionKind::DependencyDescriptor);
        let dependency = dependency.and_then(|id| original.header().extensions().lookup(id));
        let told = Told { level: None, dependency: dependency.map(|element| element.data) };
        let packet = write_packet(&fields, extensions, name, told, &[&field, original.payload()]).ok()?;
        self.numbers.rtx_sequence = fields.sequence.wrapping_add(1);
        self.retransmitted += 1;
        Some(packet)
    }

    /// What a sender report says of it (RFC 3550 §6.4.1).
    pub(crate) fn sender_info(&self, ntp: NtpTime, since_start: Duration) -> SenderInfo {
        SenderInfo {
            ntp,
            timestamp: self.timestamp(since_start),
            packets: self.packets as u32,
            bytes: self.bytes as u32,
        }
    }
}

/// How a packet names its stream.
#[derive(Clone, Copy)]
struct Name<'a> {
    mid: Option<&'a str>,
    rid: Option<(ExtensionKind, &'a str)>,
}

impl<'a> Name<'a> {
    /// m-line and layer, as the first packets of a stream have to name them.
    fn of(mid: &'a str, rid: Option<(ExtensionKind, &'a str)>, sent: u64) -> Self {
        let is_named = sent < MID_PACKETS;
        Self { mid: is_named.then_some(mid), rid: rid.filter(|_| is_named) }
    }
}

/// What a packet tells of what is in it.
#[derive(Clone, Copy)]
struct Told<'a> {
    level: Option<AudioLevel>,
    dependency: Option<&'a [u8]>,
}

/// Header, extension elements, payload. What the moment of sending fills in has its place.
fn write_packet(
    fields: &HeaderFields,
    extensions: &ExtensionMap,
    name: Name<'_>,
    told: Told<'_>,
    payload: &[&[u8]],
) -> Result<Vec<u8>, WriteError> {
    let payload_len: usize = payload.iter().map(|part| part.len()).sum();
    let dependency_len = told.dependency.map_or(0, <[u8]>::len);
    let mut packet = vec![0; HEADER_LEN_MAX + dependency_len];
    let is_long = dependency_len > SHORT_ELEMENT_LEN_MAX;
    let form = if is_long { ExtensionForm::TwoByte } else { ExtensionForm::OneByte };
    let mut writer = HeaderWriter::new(&mut packet, fields, form)?;
    let level = told.level.map(AudioLevel::to_bytes);
    let rid = name.rid.unwrap_or((ExtensionKind::Rid, ""));
    let elements: [(ExtensionKind, Option<&[u8]>); 6] = [
        (ExtensionKind::TransportSequence, Some(&[0; 2])),
        (ExtensionKind::AbsSendTime, Some(&[0; 3])),
        (ExtensionKind::Mid, name.mid.map(str::as_bytes)),
        (rid.0, name.rid.map(|(_, id)| id.as_bytes())),
        (ExtensionKind::AudioLevel, level.as_ref().map(<[u8; 1]>::as_slice)),
        (ExtensionKind::DependencyDescriptor, told.dependency),
    ];
    for (kind, data) in elements {
        if let (Some(id), Some(data)) = (extensions.id(kind), data) {
            writer.element(id, data)?;
        }
    }
    let header_len = writer.finish()?;
    packet.truncate(header_len);
    packet.reserve(payload_len + srtp::MAX_RTP_OVERHEAD);
    for part in payload {
        packet.extend_from_slice(part);
    }
    Ok(packet)
}
