//! A synthetic VP8 encoder: frames of realistic sizes, a key frame first and whenever one is asked for, each packet
//! with a right payload descriptor, a frame header where one belongs, and a stamp.
//!
//! ```text
//!  first packet   | descriptor | VP8 frame header | stamp, filler |      3 bytes of header, 10 in a key frame
//!  others         | descriptor | stamp, filler                    |
//! ```

use std::time::{Duration, Instant};

use protocol::signal::Source;
use rtp::Bitrate;
use rtp::codec::vp8::{DESCRIPTOR_LEN_MAX, Descriptor, PictureId, TemporalLayer};

use crate::config::{LayerConfig, VideoConfig};
use crate::random::Random;
use crate::stamp::{STAMP_LEN, SeatTag, Stamp};

/// Payload of a packet at most: with headers, extensions, tag and IPv6 below an MTU of 1280 (RFC 8835 §3.6).
const PAYLOAD_MAX: usize = 1100;
/// A key frame is about so many times a delta frame.
const KEY_FRAME_FACTOR: f64 = 6.0;
/// Delta frames vary by a third either way, as a moving picture's do.
const VARIATION: (f64, f64) = (0.67, 1.33);
/// What a key frame costs too much is saved over the frames that follow: so much of each.
const REPAYMENT: f64 = 0.2;
/// Two requests for a key frame within this are one, as in browsers.
pub(super) const KEY_FRAME_EVERY_MIN: Duration = Duration::from_millis(300);
/// The uncompressed part of a key frame: tag, start code, width and height (RFC 6386 §9.1).
const KEY_HEADER_LEN: usize = 10;
/// The tag alone.
const DELTA_HEADER_LEN: usize = 3;
/// Of a camera without layers.
const SIZE: (u16, u16) = (1280, 720);

/// One frame, cut into payloads.
pub(crate) struct VideoFrame {
    pub(crate) is_key: bool,
    pub(crate) payloads: Vec<Vec<u8>>,
}

/// The encoder, of one layer.
pub(crate) struct Camera {
    config: VideoConfig,
    source: Source,
    layer: u8,
    size: (u16, u16),
    frame: u32,
    picture_id: u16,
    tl0_pic_idx: u8,
    wants_key: bool,
    last_key: Option<Instant>,
    /// Bytes sent beyond the bit rate, to be saved again.
    debt: f64,
}

impl Camera {
    pub(crate) fn new(config: VideoConfig, source: Source, random: &mut Random) -> Self {
        Self {
            config,
            source,
            layer: 0,
            size: SIZE,
            frame: 0,
            picture_id: (random.next_u32() & 0x7fff) as u16,
            tl0_pic_idx: random.next_u32() as u8,
            wants_key: true,
            last_key: None,
            debt: 0.0,
        }
    }

    /// The encoder of a simulcast layer.
    pub(crate) fn of_layer(
        config: VideoConfig,
        (at, layer): (u8, &LayerConfig),
        source: Source,
        random: &mut Random,
    ) -> Self {
        let config = VideoConfig { max: layer.max, ..config };
        Self { layer: at, size: layer.size, ..Self::new(config, source, random) }
    }

    /// The number of the next frame: frames of one moment have the same in all layers.
    pub(crate) const fn set_frame(&mut self, frame: u32) {
        self.frame = frame;
    }

    pub(crate) fn frame_every(&self) -> Duration {
        Duration::from_secs(1) / self.config.frames_per_second.max(1)
    }

    pub(crate) const fn request_key_frame(&mut self) {
        self.wants_key = true;
    }

    /// The next frame, at this bit rate.
    pub(crate) fn next(
        &mut self,
        bitrate: Bitrate,
        seat: SeatTag,
        (now, sent_micros): (Instant, u64),
        random: &mut Random,
    ) -> VideoFrame {
        let is_allowed =
            self.last_key.is_none_or(|last| now.saturating_duration_since(last) >= KEY_FRAME_EVERY_MIN);
        let is_key = self.wants_key && is_allowed;
        if is_key {
            self.wants_key = false;
            self.last_key = Some(now);
        }
        let len = self.frame_len(bitrate.min(self.config.max), is_key, random);
        let header_len = if is_key { KEY_HEADER_LEN } else { DELTA_HEADER_LEN };
        let count = (header_len + len).div_ceil(PAYLOAD_MAX - DESCRIPTOR_LEN_MAX).max(1);
        // All of one length, as senders that hand them to the kernel in one run have it.
        let share = (header_len + len).div_ceil(count).max(header_len + STAMP_LEN);
        let payloads = (0..count)
            .map(|index| {
                let stamp = Stamp {
                    seat,
                    source: self.source,
                    layer: self.layer,
                    frame: self.frame,
                    index: index as u16,
                    count: count as u16,
                    sent_micros,
                };
                self.payload(is_key, share, &stamp)
            })
            .collect();
        self.frame += 1;
        self.picture_id = (self.picture_id + 1) & 0x7fff;
        self.tl0_pic_idx = self.tl0_pic_idx.wrapping_add(1);
        VideoFrame { is_key, payloads }
    }

    fn frame_len(&mut self, bitrate: Bitrate, is_key: bool, random: &mut Random) -> usize {
        let even = bitrate.size_in(self.frame_every()).bytes() as f64;
        let saved = (self.debt * REPAYMENT).min(even / 2.0);
        let factor = random.between(VARIATION.0, VARIATION.1) * if is_key { KEY_FRAME_FACTOR } else { 1.0 };
        let len = (even * factor - saved).max(STAMP_LEN as f64);
        self.debt = (self.debt + len - even).max(0.0);
        len as usize
    }

    /// One packet's, of `len` bytes behind the descriptor.
    fn payload(&self, is_key: bool, len: usize, stamp: &Stamp) -> Vec<u8> {
        let is_first = stamp.index == 0;
        let body_len = if is_first { len - header_len(is_key) } else { len };
        let descriptor = Descriptor {
            partition_start: is_first,
            picture_id: Some(PictureId::Long(self.picture_id)),
            tl0_pic_idx: Some(self.tl0_pic_idx),
            // RFC 7741 §4.2: TL0PICIDX comes with TID.
            temporal: Some(TemporalLayer { id: 0, sync: false }),
            ..Descriptor::default()
        };
        let mut payload = vec![0; DESCRIPTOR_LEN_MAX];
        let descriptor_len = descriptor.write(&mut payload).unwrap_or_default();
        payload.truncate(descriptor_len);
        if is_first {
            payload.extend_from_slice(&frame_header(is_key, body_len, self.size)[..header_len(is_key)]);
        }
        let at = payload.len();
        payload.resize(at + body_len, 0);
        stamp.write(&mut payload[at..]);
        payload
    }
}

const fn header_len(is_key: bool) -> usize {
    if is_key { KEY_HEADER_LEN } else { DELTA_HEADER_LEN }
}

/// RFC 6386 §9.1: `P` is 0 in a key frame; version 0, shown; the first partition's length in 19 bits.
fn frame_header(
    is_key: bool,
    first_partition_len: usize,
    (width, height): (u16, u16),
) -> [u8; KEY_HEADER_LEN] {
    const SHOW: u32 = 1 << 4;
    let len = (first_partition_len as u32) & 0x7_ffff;
    let [a, b, c, _] = ((len << 5) | SHOW | u32::from(!is_key)).to_le_bytes();
    let ([w0, w1], [h0, h1]) = (width.to_le_bytes(), height.to_le_bytes());
    [a, b, c, 0x9d, 0x01, 0x2a, w0, w1, h0, h1]
}

/// The stamp of a VP8 payload, which the descriptor tells where to look for.
pub(crate) fn read_stamp(payload: &[u8]) -> Option<Stamp> {
    let (descriptor, at) = Descriptor::parse(payload).ok()?;
    let body = payload.get(at..)?;
    if descriptor.is_frame_start() {
        let is_key = body.first()? & 1 == 0;
        Stamp::read(body.get(header_len(is_key)..)?)
    } else {
        Stamp::read(body)
    }
}

#[cfg(test)]
mod tests {
    use rtp::codec::vp8::frame_facts;

    use super::*;

    const SEAT: SeatTag = SeatTag(7);

    struct Studio {
        camera: Camera,
        random: Random,
        now: Instant,
    }

    impl Studio {
        fn new() -> Self {
            let mut random = Random::new([3; 32]);
            let camera = Camera::new(VideoConfig::default(), Source::Camera, &mut random);
            Self { camera, random, now: Instant::now() }
        }

        fn frames(&mut self, count: usize, bitrate: Bitrate) -> Vec<VideoFrame> {
            (0..count)
                .map(|_| {
                    self.now += self.camera.frame_every();
                    self.camera.next(bitrate, SEAT, (self.now, 5), &mut self.random)
                })
                .collect()
        }
    }

    fn bytes(frame: &VideoFrame) -> usize {
        frame.payloads.iter().map(Vec::len).sum()
    }

    #[test]
    fn the_bit_rate_is_met_over_seconds() {
        let mut studio = Studio::new();
        let bitrate = Bitrate::from_kbps(1200);

        let sent: usize = studio.frames(300, bitrate).iter().map(bytes).sum();

        let measured = sent as f64 * 8.0 / 10.0;
        assert!((1_080_000.0..1_380_000.0).contains(&measured), "{measured} bit/s");
    }

    #[test]
    fn the_first_frame_is_a_key_frame_and_larger() {
        let mut studio = Studio::new();

        let frames = studio.frames(30, Bitrate::from_kbps(600));

        assert_eq!(frames.iter().filter(|frame| frame.is_key).count(), 1);
        assert!(frames[0].is_key && bytes(&frames[0]) > 3 * bytes(&frames[10]));
    }

    #[test]
    fn requests_within_300_ms_are_one_key_frame() {
        let mut studio = Studio::new();
        studio.frames(30, Bitrate::from_kbps(600));

        let mut keys = 0;
        for _ in 0..30 {
            studio.camera.request_key_frame();
            keys += studio.frames(1, Bitrate::from_kbps(600)).iter().filter(|frame| frame.is_key).count();
        }

        assert_eq!(keys, 3, "within a second: every tenth frame");
    }

    #[test]
    fn every_packet_has_a_descriptor_and_a_stamp_and_fits() {
        let mut studio = Studio::new();

        let frames = studio.frames(20, Bitrate::from_kbps(1500));

        for (number, frame) in frames.iter().enumerate() {
            let count = frame.payloads.len();
            for (index, payload) in frame.payloads.iter().enumerate() {
                assert!(payload.len() <= PAYLOAD_MAX + STAMP_LEN, "{}", payload.len());
                let facts = frame_facts(payload, index + 1 == count).unwrap();
                assert_eq!((facts.start, facts.key), (index == 0, frame.is_key && index == 0));
                let stamp = read_stamp(payload).unwrap();
                assert_eq!(
                    (stamp.frame as usize, usize::from(stamp.index), usize::from(stamp.count)),
                    (number, index, count)
                );
            }
            let ids: Vec<_> =
                frame.payloads.iter().map(|one| Descriptor::parse(one).unwrap().0.picture_id).collect();
            assert!(ids.iter().all(|id| *id == ids[0]), "one picture id a frame");
        }
    }
}
