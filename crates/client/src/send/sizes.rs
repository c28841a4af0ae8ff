//! A camera whose one stream holds several sizes (SVC, W3C webrtc-svc `L3T1_KEY`): an encoder each, of which only key frames
//! need the size below. Which packet is of which size is told by dependency descriptors alone (AV1 RTP payload
//! specification, appendix A); the payload is that of the VP8 encoder, since nobody between the ends reads it.
//!
//! ```text
//!  size 2   [K2]    d2          frames of a moment go out lowest first; the last one bears the marker
//!  size 1   [K1]    d1
//!  size 0   [K0]    d0          other sizes begin with a key frame, and a structure that has them alone
//! ```

use std::time::Instant;

use protocol::signal::Source;
use rtp::Bitrate;
use rtp::extension::dependency::{
    ChainDiffs, DESCRIPTOR_LEN_MAX, Descriptor, FrameDiffs, Indication, Indications, Structure, Template,
    write,
};

use super::camera::{Camera, KEY_FRAME_EVERY_MIN, VideoFrame};
use super::encoding::SentLayer;
use super::stream::OutgoingStream;
use crate::config::{SIMULCAST, VideoConfig};
use crate::random::Random;

/// As many as there are simulcast layers, each as large.
const SIZES: usize = SIMULCAST.len();

/// A packet of a moment.
pub(super) struct SizedPacket {
    pub(super) descriptor: Vec<u8>,
    pub(super) payload: Vec<u8>,
    /// It is the moment's last.
    pub(super) marker: bool,
}

/// The encoders, lowest first, and their stream.
pub(super) struct Sizes {
    cameras: Vec<Camera>,
    /// `None` until the node has agreed to receive it.
    pub(super) stream: Option<OutgoingStream>,
    pub(super) sent: [SentLayer; SIZES],
    /// How many the node wants.
    wanted: usize,
    /// How many were sent of the moment before.
    count: usize,
    structure: Structure,
    frame: u16,
    moment: u32,
    wants_key: bool,
    last_key: Option<Instant>,
    /// The last frame of each size, and of each size's chain.
    last: [u16; SIZES],
    chains: [Option<u16>; SIZES],
}

impl Sizes {
    pub(super) fn new(config: VideoConfig, source: Source, random: &mut Random) -> Self {
        let cameras = (0..).zip(&SIMULCAST).map(|layer| Camera::of_layer(config, layer, source, random));
        Self {
            cameras: cameras.collect(),
            stream: None,
            sent: [SentLayer { is_wanted: true, ..SentLayer::default() }; SIZES],
            wanted: SIZES,
            count: 0,
            structure: structure(SIZES),
            frame: (random.next_u32() & 0xffff) as u16,
            moment: 0,
            wants_key: true,
            last_key: None,
            last: [0; SIZES],
            chains: [None; SIZES],
        }
    }

    pub(super) fn frame_every(&self) -> std::time::Duration {
        self.cameras.first().map(Camera::frame_every).unwrap_or_default()
    }

    /// How many sizes the node wants; all where it says nothing.
    pub(super) fn set_wanted(&mut self, sizes: Option<u8>) {
        self.wanted = sizes.map_or(SIZES, usize::from).min(SIZES);
        for (at, sent) in self.sent.iter_mut().enumerate() {
            sent.is_wanted = at < self.wanted;
        }
    }

    pub(super) const fn request_key_frame(&mut self) {
        self.wants_key = true;
    }

    /// The packets of the next moment, in as many sizes as are wanted and the bit rate allows.
    pub(super) fn next(
        &mut self,
        bitrate: Bitrate,
        now: Instant,
        mut encode: impl FnMut(&mut Camera, Bitrate) -> VideoFrame,
    ) -> Vec<SizedPacket> {
        let moment = self.moment;
        self.moment += 1;
        let (count, rates) = self.share(bitrate);
        if count == 0 {
            self.count = 0;
            return Vec::new();
        }
        self.wants_key |= count != self.count || self.structure.targets() != self.wanted;
        let is_allowed =
            self.last_key.is_none_or(|last| now.saturating_duration_since(last) >= KEY_FRAME_EVERY_MIN);
        let is_key = self.wants_key && is_allowed;
        if is_key {
            self.begin(count, now);
        }
        let mut packets = Vec::new();
        for (spatial, rate) in (0..self.count).zip(rates) {
            let Some(camera) = self.cameras.get_mut(spatial) else { break };
            camera.set_frame(moment);
            let frame = encode(camera, rate);
            self.sent[spatial].frames += 1;
            self.sent[spatial].key_frames += u64::from(frame.is_key);
            let is_highest = spatial + 1 == self.count;
            packets.extend(self.packets(is_key, (spatial, is_highest), frame));
        }
        packets
    }

    /// How many sizes there is room for, and what each takes.
    fn share(&self, bitrate: Bitrate) -> (usize, [Bitrate; SIZES]) {
        let (mut left, mut count, mut rates) = (bitrate, 0, SIMULCAST.map(|layer| layer.min));
        for (at, layer) in SIMULCAST.iter().enumerate().take(self.wanted) {
            // One that does not come may take a little more than one that does: each change costs a key frame.
            let least = if at < self.count { layer.min } else { layer.min.scaled(5, 4) };
            if at > 0 && left < least {
                break;
            }
            rates[at] = left.min(layer.max);
            left -= rates[at];
            count += 1;
        }
        (count, rates)
    }

    /// A key frame in so many sizes is next.
    fn begin(&mut self, count: usize, now: Instant) {
        self.wants_key = false;
        self.last_key = Some(now);
        self.count = count;
        self.chains = [None; SIZES];
        if self.structure.targets() != self.wanted {
            self.structure = structure(self.wanted);
        }
        self.cameras.iter_mut().for_each(Camera::request_key_frame);
    }

    fn packets(
        &mut self,
        is_key: bool,
        (spatial, is_highest): (usize, bool),
        frame: VideoFrame,
    ) -> Vec<SizedPacket> {
        let Some(descriptor) = self.descriptor(is_key, spatial) else { return Vec::new() };
        let last = frame.payloads.len().saturating_sub(1);
        let mut packets = Vec::with_capacity(frame.payloads.len());
        for (at, payload) in frame.payloads.into_iter().enumerate() {
            let mut descriptor = descriptor;
            (descriptor.start, descriptor.end) = (at == 0, at == last);
            descriptor.has_structure = is_key && spatial == 0 && at == 0;
            if descriptor.has_structure && self.count < self.structure.targets() {
                descriptor.active = Some((1 << self.count) - 1);
            }
            let mut bytes = [0; DESCRIPTOR_LEN_MAX];
            let Ok(len) = write(&descriptor, &self.structure, &mut bytes) else { continue };
            let marker = is_highest && at == last;
            packets.push(SizedPacket { descriptor: bytes[..len].to_vec(), payload, marker });
        }
        packets
    }

    /// What the next frame says of itself.
    fn descriptor(&mut self, is_key: bool, spatial: usize) -> Option<Descriptor> {
        let number = self.frame;
        self.frame = number.wrapping_add(1);
        let at = 2 * spatial + usize::from(!is_key);
        let mut descriptor = Descriptor::of_template(&self.structure, at, (true, true), number)?;
        let needs: &[u16] = match (is_key, spatial) {
            (true, 0) => &[],
            (true, _) => &[1],
            (false, _) => &[number.wrapping_sub(self.last[spatial])],
        };
        descriptor.frame_diffs = FrameDiffs::new(needs)?;
        let back = |last: Option<u16>| last.map_or(0, |last| number.wrapping_sub(last) as u8);
        descriptor.chain_diffs = ChainDiffs::new(&self.chains.map(back)[..self.structure.chains()]);
        self.last[spatial] = number;
        let chains = if is_key { spatial..SIZES } else { spatial..spatial + 1 };
        self.chains[chains].fill(Some(number));
        Some(descriptor)
    }
}

/// So many sizes, each a decode target with a chain: two templates, for key frames and for the others.
fn structure(sizes: usize) -> Structure {
    let template = |spatial: usize, is_key: bool| {
        let is_in = |target: &usize| if is_key { *target >= spatial } else { *target == spatial };
        let indications = (0..sizes)
            .filter(is_in)
            .fold(Indications::default(), |all, target| all.with(target, Indication::Switch));
        Template { spatial: spatial as u8, indications, ..Template::default() }
    };
    let templates: Vec<_> =
        (0..sizes).flat_map(|spatial| [template(spatial, true), template(spatial, false)]).collect();
    let chains: Vec<u8> = (0..sizes as u8).collect();
    // With at least one size the wire can say it.
    Structure::new(0, &templates, (sizes as u8, &chains), None).unwrap_or_default()
}
