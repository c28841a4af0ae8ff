//! A camera in VP9 whose one stream holds three sizes at three frame rates, as a browser sends it, and a receiver that follows
//! what its frames need.
#![expect(clippy::unwrap_used, reason = "what is not as a test needs it fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use rtp::extension::dependency::{
    ChainDiffs, Descriptor, FrameDiffs, Indication, Indications, Reader, Structure, Template, write,
};
use rtp::extension::{ExtensionForm, ExtensionId};
use rtp::{ExtSeqNo, HeaderFields, HeaderWriter, PayloadType, RtpPacket, RtpTimestamp, SeqNo, Ssrc};

use super::Browser;
use super::offer::{DEPENDENCY_ID, MID_ID};

pub(crate) const VP9: u8 = 98;
pub(crate) const VP9_RTX: u8 = 99;
const SIZES: u8 = 3;
/// Packets of a frame of each size.
const PACKETS: [u8; 3] = [1, 2, 4];
/// Temporal layers of the moments of a group.
const GROUP: [u8; 4] = [0, 2, 1, 2];
/// Ticks between two moments.
pub(crate) const STEP: u32 = 3000;

/// How sizes need each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// L3T3: every frame needs the size below.
    Always,
    /// `L3T3_KEY`: only key frames do.
    KeyFrames,
}

/// Decode targets are numbered by size, then by frame rate.
const fn target(spatial: u8, temporal: u8) -> usize {
    (spatial * 3 + temporal) as usize
}

fn indication(mode: Mode, is_key: bool, (spatial, temporal): (u8, u8), (of, at): (u8, u8)) -> Indication {
    let alone = mode == Mode::KeyFrames && !is_key;
    if spatial > of || temporal > at || (alone && spatial != of) {
        Indication::NotPresent
    } else if spatial == of || is_key {
        if temporal == at && temporal > 0 { Indication::Discardable } else { Indication::Switch }
    } else {
        Indication::Required
    }
}

fn structure(sizes: u8) -> Structure {
    let templates: Vec<_> = (0..sizes)
        .flat_map(|spatial| (0..3).map(move |temporal| (spatial, temporal)))
        .map(|layer| {
            let indications = (0..sizes)
                .flat_map(|of| (0..3).map(move |at| (of, at)))
                .fold(Indications::default(), |all, of| {
                    all.with(target(of.0, of.1), indication(Mode::Always, false, layer, of))
                });
            Template { spatial: layer.0, temporal: layer.1, indications, ..Template::default() }
        })
        .collect();
    let protected = &[0, 0, 0, 1, 1, 1, 2, 2, 2][..usize::from(3 * sizes)];
    Structure::new(7, &templates, (sizes, protected), Some([(320, 180), (640, 360), (1280, 720), (0, 0)]))
        .unwrap()
}

/// A packet before it is sealed.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) sequence: u16,
    timestamp: u32,
    marker: bool,
    descriptor: Vec<u8>,
    payload: Vec<u8>,
}

impl Made {
    /// With anything in its place.
    pub(crate) fn bent(self, sequence: u16, descriptor: Vec<u8>, payload: Vec<u8>) -> Self {
        Self { sequence, descriptor, payload, ..self }
    }
}

/// The sender.
pub(crate) struct Sender {
    mode: Mode,
    structure: Structure,
    ssrc: u32,
    sequence: u16,
    rtx: u16,
    frame: u16,
    moment: u32,
    place: usize,
    /// The last frame of each layer.
    last: BTreeMap<(u8, u8), u16>,
    chains: [Option<u16>; 3],
    /// The sizes that its structure has.
    in_structure: u8,
    /// The sizes that it sends.
    pub(crate) sizes: u8,
}

impl Sender {
    /// `first` is the number of its first frame.
    pub(crate) fn new(mode: Mode, ssrc: u32, first: u16) -> Self {
        Self {
            mode,
            structure: structure(SIZES),
            ssrc,
            sequence: 65_500,
            rtx: 1,
            frame: first,
            moment: 0,
            place: 0,
            last: BTreeMap::new(),
            chains: [None; 3],
            in_structure: SIZES,
            sizes: SIZES,
        }
    }

    /// Goes on in so many sizes, of which alone its structure tells, as a browser does in another `scalabilityMode`. A key frame
    /// is to be next.
    pub(crate) fn go_on_in(&mut self, sizes: u8) {
        self.sizes = sizes;
        if sizes > 0 {
            self.in_structure = sizes;
            self.structure = structure(sizes);
        }
    }

    /// The packets of the next moment.
    pub(crate) fn next(&mut self, is_key: bool) -> Vec<Made> {
        if is_key {
            self.place = 0;
            self.last.clear();
            self.chains = [None; 3];
        }
        let temporal = GROUP[self.place % GROUP.len()];
        let mut made = Vec::new();
        let mut below = None;
        for spatial in 0..self.sizes {
            let descriptor = self.descriptor(is_key, (spatial, temporal), below);
            below = Some(self.frame);
            let count = PACKETS[usize::from(spatial)];
            for packet in 0..count {
                let mut descriptor = descriptor;
                (descriptor.start, descriptor.end) = (packet == 0, packet + 1 == count);
                descriptor.has_structure = is_key && spatial == 0 && packet == 0;
                if descriptor.has_structure && self.sizes < self.in_structure {
                    descriptor.active = Some((1 << (3 * self.sizes)) - 1);
                }
                let mut bytes = [0; 255];
                let len = write(&descriptor, &self.structure, &mut bytes).unwrap();
                made.push(Made {
                    sequence: self.sequence,
                    timestamp: self.moment * STEP,
                    marker: spatial + 1 == self.sizes && packet + 1 == count,
                    descriptor: bytes[..len].to_vec(),
                    payload: vec![spatial * 16 + packet; 60 + usize::from(spatial) * 200],
                });
                self.sequence = self.sequence.wrapping_add(1);
            }
            self.frame = self.frame.wrapping_add(1);
        }
        self.moment += 1;
        self.place += 1;
        made
    }

    fn descriptor(&mut self, is_key: bool, (spatial, temporal): (u8, u8), below: Option<u16>) -> Descriptor {
        let at = usize::from(spatial * 3 + temporal);
        let mut descriptor = Descriptor::of_template(&self.structure, at, (true, true), self.frame).unwrap();
        let number = self.frame;
        let back = |frame: u16| number.wrapping_sub(frame);
        let mut needs: Vec<u16> = Vec::new();
        if !is_key {
            // The newest frame of the size that lies on a lower layer in time, or the same base.
            let before =
                (0..=temporal.saturating_sub(1)).filter_map(|lower| self.last.get(&(spatial, lower)));
            needs.extend(before.map(|frame| back(*frame)).min());
        }
        if is_key || self.mode == Mode::Always {
            needs.extend(below.map(back));
        }
        descriptor.frame_diffs = FrameDiffs::new(&needs).unwrap();
        let of_targets = (0..self.in_structure).flat_map(|of| (0..3).map(move |at| (of, at)));
        descriptor.indications = of_targets.fold(Indications::default(), |all, of| {
            all.with(target(of.0, of.1), indication(self.mode, is_key, (spatial, temporal), of))
        });
        let diffs = self.chains.map(|last| last.map_or(0, |last| back(last) as u8));
        descriptor.chain_diffs = ChainDiffs::new(&diffs);
        for (chain, last) in (0..self.in_structure).zip(&mut self.chains) {
            let alone = self.mode == Mode::KeyFrames && !is_key;
            let is_in = if alone { chain == spatial } else { chain >= spatial };
            if temporal == 0 && is_in {
                *last = Some(number);
            }
        }
        self.last.insert((spatial, temporal), number);
        descriptor
    }

    pub(crate) fn seal(&self, browser: &mut Browser, made: &Made) -> Vec<u8> {
        seal(browser, (self.ssrc, VP9, made.sequence), made, &[])
    }

    /// The same packet by RTX.
    pub(crate) fn seal_again(&mut self, browser: &mut Browser, made: &Made) -> Vec<u8> {
        self.rtx += 1;
        seal(browser, (self.ssrc + 50, VP9_RTX, self.rtx), made, &made.sequence.to_be_bytes())
    }
}

fn seal(
    browser: &mut Browser,
    (ssrc, payload_type, sequence): (u32, u8, u16),
    made: &Made,
    before: &[u8],
) -> Vec<u8> {
    let fields = HeaderFields {
        marker: made.marker,
        payload_type: PayloadType::new(payload_type).unwrap(),
        sequence: SeqNo(sequence),
        timestamp: RtpTimestamp(made.timestamp),
        ssrc: Ssrc(ssrc),
    };
    let is_long = made.descriptor.len() > 16;
    let form = if is_long { ExtensionForm::TwoByte } else { ExtensionForm::OneByte };
    let mut buffer = vec![0; 1600];
    let mut writer = HeaderWriter::new(&mut buffer, &fields, form).unwrap();
    writer.element(ExtensionId::new(MID_ID).unwrap(), b"c").unwrap();
    writer.element(ExtensionId::new(DEPENDENCY_ID).unwrap(), &made.descriptor).unwrap();
    let header = writer.finish().unwrap();
    let payload = [before, &made.payload].concat();
    let len = header + payload.len();
    buffer[header..len].copy_from_slice(&payload);
    let sealed = browser.media.as_mut().unwrap().sealer.seal_rtp(&mut buffer, len).unwrap();
    buffer.truncate(sealed);
    buffer
}

/// A packet as it came to a receiver.
#[derive(Clone, Debug)]
struct Came {
    timestamp: u32,
    marker: bool,
    descriptor: Vec<u8>,
    payload: Vec<u8>,
}

/// A frame of which all packets came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) timestamp: u32,
    pub(crate) spatial: u8,
    pub(crate) number: u16,
    /// It is the last of its moment.
    pub(crate) is_last: bool,
    pub(crate) active: Option<u32>,
    needs: Vec<u16>,
}

/// A receiver of one lane.
#[derive(Default)]
pub(crate) struct Receiver {
    came: BTreeMap<u64, Came>,
    highest: Option<ExtSeqNo>,
}

impl Receiver {
    /// Takes what came of the lane's stream and of its retransmissions.
    pub(crate) fn take(&mut self, browser: &mut Browser, datagrams: Vec<Vec<u8>>) {
        let ssrcs = browser.lane_ssrcs("v0");
        for mut datagram in datagrams {
            if rtp::demux::classify(&datagram) != Some(rtp::demux::Protocol::Rtp) {
                continue;
            }
            let media = browser.media.as_mut().unwrap();
            let opened = media.opener.open_rtp(&mut datagram).expect("sealed for this browser, once");
            let packet = RtpPacket::parse(&datagram[..opened.len]).unwrap();
            let header = packet.header();
            let (sequence, payload) = if header.ssrc().0 == ssrcs[0] {
                self.highest = self.highest.max(Some(opened.sequence));
                (opened.sequence.index(), packet.payload())
            } else {
                let (number, payload) = packet.payload().split_first_chunk::<2>().unwrap();
                let highest = self.highest.unwrap().index();
                let behind = (highest as u16).wrapping_sub(u16::from_be_bytes(*number));
                (highest - u64::from(behind), payload)
            };
            let descriptor = header.extensions().lookup(ExtensionId::new(DEPENDENCY_ID).unwrap());
            let descriptor = descriptor.map(|element| element.data.to_vec()).unwrap_or_default();
            assert_eq!(descriptor.is_empty(), payload.is_empty(), "a packet says what it is");
            let (timestamp, marker) = (header.timestamp().0, header.marker());
            self.came.insert(sequence, Came { timestamp, marker, descriptor, payload: payload.to_vec() });
        }
    }

    /// The numbers between the first and the last that did not come.
    pub(crate) fn missing(&self) -> Vec<u16> {
        let (Some((first, _)), Some((last, _))) = (self.came.first_key_value(), self.came.last_key_value())
        else {
            return Vec::new();
        };
        (*first..*last).filter(|number| !self.came.contains_key(number)).map(|number| number as u16).collect()
    }

    /// Loses what came under a number, as if the network had.
    pub(crate) fn lose(&mut self, at: usize) -> u16 {
        let number = *self.came.keys().nth(at).unwrap();
        self.came.remove(&number);
        number as u16
    }

    pub(crate) fn count(&self) -> usize {
        self.came.len()
    }

    /// How many packets without anything came.
    pub(crate) fn empty(&self) -> usize {
        self.came.values().filter(|came| came.payload.is_empty()).count()
    }

    /// The frames that are whole, in order.
    pub(crate) fn frames(&self) -> Vec<Whole> {
        let mut reader = Reader::new();
        let mut frames = Vec::new();
        let mut under_way: Option<(u64, Descriptor)> = None;
        for (number, came) in self.came.iter().filter(|(_, came)| !came.payload.is_empty()) {
            let Ok(descriptor) = reader.read(&came.descriptor) else { continue };
            if descriptor.start {
                under_way = Some((*number, descriptor));
            } else if let Some((before, first)) = &mut under_way
                && *before + 1 == *number
                && first.frame_number == descriptor.frame_number
            {
                *before = *number;
            } else {
                under_way = None;
            }
            if let (Some((_, first)), true) = (&under_way, descriptor.end) {
                let back = first.frame_diffs.as_slice().iter();
                frames.push(Whole {
                    timestamp: came.timestamp,
                    spatial: descriptor.spatial,
                    number: descriptor.frame_number,
                    is_last: came.marker,
                    active: first.active,
                    needs: back.map(|back| descriptor.frame_number.wrapping_sub(*back)).collect(),
                });
                under_way = None;
            }
        }
        frames
    }

    /// For each moment the size that a decoder shows: that of the frame with the marker, if all that it needs came. Panics
    /// where a frame has come that cannot be decoded.
    pub(crate) fn shown(&self) -> Vec<u8> {
        let mut decoded = BTreeSet::new();
        let mut shown: Vec<(u32, u8)> = Vec::new();
        for frame in self.frames() {
            let lacks: Vec<_> = frame.needs.iter().filter(|number| !decoded.contains(*number)).collect();
            assert!(lacks.is_empty(), "{frame:?} needs what did not come: {lacks:?}");
            assert!(
                shown.last().is_none_or(|(time, _)| *time != frame.timestamp),
                "a frame behind the last of its moment: {frame:?}"
            );
            decoded.insert(frame.number);
            if frame.is_last {
                shown.push((frame.timestamp, frame.spatial));
            }
        }
        shown.into_iter().map(|(_, spatial)| spatial).collect()
    }
}
