//! A microphone and a camera whose encoder does as it is told.

use std::time::Duration;

use netsim::Random;

/// What a sender has to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Media {
    pub(crate) video: Video,
}

/// The camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Video {
    /// Off.
    Off,
    /// As much as the estimate allows, up to so many kbit/s.
    UpTo(u64),
    /// This much whatever the estimate, in kbit/s.
    Steady(u64),
}

/// An Opus packet with all headers.
pub(crate) const AUDIO_LEN: usize = 120;
const AUDIO_EVERY: Duration = Duration::from_millis(20);
/// What audio takes, in bits per second.
pub(crate) const AUDIO_BPS: f64 = AUDIO_LEN as f64 * 8.0 * 50.0;
const FRAMES_PER_SECOND: u32 = 30;
const PACKET_MAX: usize = 1200;
/// Every 300th frame is a key frame of four frames' size, which the next ones make up for.
const KEY_EVERY: u32 = 300;
const KEY_SIZE: f64 = 4.0;
const MAKING_UP: u32 = 30;
/// No encoder makes less of a picture, in bits per second.
const VIDEO_LEAST: f64 = 40_000.0;

/// The state of both.
#[derive(Debug)]
pub(crate) struct Source {
    random: Random,
    begun: Duration,
    audio_packets: u32,
    frames: u32,
}

impl Source {
    pub(crate) fn new(begun: Duration, seed: u64) -> Self {
        Self { random: Random::new(seed), begun, audio_packets: 0, frames: 0 }
    }

    /// Whether an audio packet is due.
    pub(crate) fn audio(&mut self, elapsed: Duration) -> bool {
        let is_due = elapsed >= self.begun + AUDIO_EVERY * self.audio_packets;
        self.audio_packets += u32::from(is_due);
        is_due
    }

    /// The packets of a frame that is due.
    pub(crate) fn frame(&mut self, elapsed: Duration, video: Video, estimate: f64) -> Vec<usize> {
        if elapsed < self.begun + Duration::from_secs(1) / FRAMES_PER_SECOND * self.frames {
            return Vec::new();
        }
        self.frames += 1;
        let rate = match video {
            Video::Off => return Vec::new(),
            Video::UpTo(kbps) => (estimate - AUDIO_BPS).clamp(VIDEO_LEAST, kbps as f64 * 1000.0),
            Video::Steady(kbps) => kbps as f64 * 1000.0,
        };
        let since_key = (self.frames - 1) % KEY_EVERY;
        let part = match since_key {
            0 => KEY_SIZE,
            1..=MAKING_UP => 1.0 - (KEY_SIZE - 1.0) / f64::from(MAKING_UP),
            _ => 1.0,
        };
        let noise = 0.85 + 0.3 * self.random.unit();
        let size = (rate / f64::from(FRAMES_PER_SECOND) / 8.0 * part * noise) as usize;
        let count = size.div_ceil(PACKET_MAX).max(1);
        vec![(size / count).max(60); count]
    }
}
