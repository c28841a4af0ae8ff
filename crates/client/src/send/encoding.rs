//! The layers of a video track: each is an encoder with a stream of its own. All show the same moments; which of them are
//! sent is a matter of the bit rate and of what the node says that somebody watches.
//!
//! A track without simulcast is one layer without a name.

use protocol::signal::Source;
use rtp::{Bitrate, Ssrc};

use super::camera::{Camera, VideoFrame};
use super::stream::OutgoingStream;
use crate::config::{LayerConfig, VideoConfig};
use crate::random::Random;

/// What one layer has sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SentLayer {
    /// Its name; none without simulcast.
    pub rid: Option<&'static str>,
    /// Whether the node wants it.
    pub is_wanted: bool,
    /// Frames.
    pub frames: u64,
    /// Of these, key frames.
    pub key_frames: u64,
    /// Packets that the node asked for again and got.
    pub retransmitted: u64,
}

/// One layer.
pub(super) struct Encoding {
    config: Option<&'static LayerConfig>,
    pub(super) camera: Camera,
    /// `None` until the node has agreed to receive it.
    pub(super) stream: Option<OutgoingStream>,
    pub(super) sent: SentLayer,
    /// It was part of the moment before.
    is_on: bool,
}

/// The layers of a track, lowest first.
pub(super) struct Encodings {
    pub(super) layers: Vec<Encoding>,
    frame: u32,
}

impl Encodings {
    pub(super) fn new(config: VideoConfig, source: Source, random: &mut Random) -> Self {
        let encoding = |config: Option<&'static LayerConfig>, camera| Encoding {
            config,
            camera,
            stream: None,
            sent: SentLayer { rid: config.map(|layer| layer.rid), is_wanted: true, ..SentLayer::default() },
            is_on: true,
        };
        let mut layers: Vec<_> = (0..)
            .zip(config.layers())
            .map(|(at, layer)| encoding(Some(layer), Camera::of_layer(config, (at, layer), source, random)))
            .collect();
        if layers.is_empty() {
            layers.push(encoding(None, Camera::new(config, source, random)));
        }
        Self { layers, frame: 0 }
    }

    pub(super) fn of(&mut self, ssrc: Ssrc) -> Option<&mut Encoding> {
        self.layers.iter_mut().find(|layer| layer.stream.as_ref().is_some_and(|stream| stream.ssrc() == ssrc))
    }

    /// What the node wants: of one without a name, a number of sizes.
    pub(super) fn set_wanted(&mut self, is_wanted: impl Fn(&str) -> bool, sizes: Option<u8>) {
        for layer in &mut self.layers {
            layer.sent.is_wanted = layer.sent.rid.map_or(sizes != Some(0), &is_wanted);
        }
    }

    /// Every layer that has a part in the next moment, with its frame.
    pub(super) fn next(
        &mut self,
        bitrate: Bitrate,
        mut encode: impl FnMut(&mut Camera, Bitrate) -> VideoFrame,
    ) -> Vec<(&mut Encoding, VideoFrame)> {
        let frame = self.frame;
        self.frame += 1;
        let (mut left, mut is_lowest) = (bitrate, true);
        let mut frames = Vec::new();
        for layer in &mut self.layers {
            let is_sent = layer.sent.is_wanted && layer.stream.is_some();
            let rate = if is_sent { layer.share(left, is_lowest) } else { None };
            if rate.is_some() && !layer.is_on {
                layer.camera.request_key_frame();
            }
            layer.is_on = rate.is_some();
            let Some(rate) = rate else { continue };
            is_lowest = false;
            left -= rate;
            layer.camera.set_frame(frame);
            let frame = encode(&mut layer.camera, rate);
            frames.push((layer, frame));
        }
        frames
    }
}

impl Encoding {
    /// How much of what is left the layer takes; `None` when it is too little for it.
    fn share(&self, left: Bitrate, is_lowest: bool) -> Option<Bitrate> {
        let Some(config) = self.config else { return Some(left) };
        (is_lowest || left >= config.min).then(|| left.min(config.max))
    }

    pub(super) const fn note_frame(&mut self, is_key: bool) {
        self.sent.frames += 1;
        self.sent.key_frames += is_key as u64;
    }
}
