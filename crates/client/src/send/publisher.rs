//! One published track: an encoder, its stream, and whether it is on.

use std::time::{Duration, Instant};

use protocol::signal::{Kind, Source};
use rtp::rtcp::SenderInfo;
use rtp::{Bitrate, ClockRate, SeqNo, Ssrc};

use super::camera::Camera;
use super::microphone::{Microphone, PACKET_EVERY};
use super::stream::{OutgoingStream, StreamNumbers};
use super::{SentStatistics, Wire};
use crate::clock::WallClock;
use crate::config::{MicrophoneConfig, VideoConfig, Voice};
use crate::random::Random;
use crate::sdp::AnsweredMedia;
use crate::stamp::SeatTag;

/// An owner that comes later than this has stood still: what it missed is left out, as a stalled encoder would.
const CATCH_UP_MAX: Duration = Duration::from_millis(200);

/// How the bit rate is shared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrackTargets {
    /// Of each video track that is on.
    pub(crate) video: Bitrate,
}

enum Encoder {
    Microphone(Microphone),
    Video(Camera),
}

/// One published track.
pub(crate) struct Publisher {
    mid: String,
    source: Source,
    encoder: Encoder,
    is_active: bool,
    /// `None` until the node has agreed to receive it.
    stream: Option<OutgoingStream>,
    began: Instant,
    due: Instant,
    last_full_intra: Option<u8>,
    statistics: SentStatistics,
}

impl Publisher {
    pub(crate) fn microphone(config: MicrophoneConfig, mid: &str, now: Instant) -> Self {
        let encoder = Encoder::Microphone(Microphone::new(config));
        Self::new(Source::Microphone, encoder, mid, true, now)
    }

    pub(crate) fn video(
        config: VideoConfig,
        source: Source,
        mid: &str,
        random: &mut Random,
        now: Instant,
    ) -> Self {
        let encoder = Encoder::Video(Camera::new(config, source, random));
        Self::new(source, encoder, mid, source == Source::Camera, now)
    }

    fn new(source: Source, encoder: Encoder, mid: &str, is_active: bool, now: Instant) -> Self {
        Self {
            mid: mid.to_owned(),
            source,
            encoder,
            is_active,
            stream: None,
            began: now,
            due: now,
            last_full_intra: None,
            statistics: SentStatistics::default(),
        }
    }

    pub(crate) fn mid(&self) -> &str {
        &self.mid
    }

    pub(crate) const fn source(&self) -> Source {
        self.source
    }

    pub(crate) const fn is_active(&self) -> bool {
        self.is_active
    }

    pub(crate) const fn statistics(&self) -> SentStatistics {
        self.statistics
    }

    pub(crate) fn ssrc(&self) -> Option<Ssrc> {
        self.stream.as_ref().map(OutgoingStream::ssrc)
    }

    /// The node's answer for its m-line: the track can be sent, or not.
    pub(crate) fn set_answer(
        &mut self,
        answer: Option<&AnsweredMedia>,
        numbers: StreamNumbers,
        is_new_transport: bool,
    ) {
        if self.stream.is_some() && !is_new_transport {
            return;
        }
        let agreed = answer.filter(|media| media.is_accepted && media.node_receives);
        let clock = match self.source.kind() {
            Kind::Audio => ClockRate::OPUS,
            Kind::Video => ClockRate::VIDEO,
        };
        self.stream = agreed.and_then(|media| {
            let rtx = media.rtx_payload_type.filter(|_| media.nack);
            Some(OutgoingStream::new(numbers, &self.mid, clock, media.payload_type?, rtx))
        });
        self.request_key_frame();
    }

    /// Switches it on or off; whether that changed anything.
    pub(crate) fn set_active(&mut self, is_active: bool, now: Instant) -> bool {
        if is_active && !self.is_active {
            // What was missed while it was off is not sent.
            self.due = self.due.max(now);
            self.request_key_frame();
        }
        std::mem::replace(&mut self.is_active, is_active) != is_active
    }

    pub(crate) const fn set_voice(&mut self, voice: Voice) {
        if let Encoder::Microphone(microphone) = &mut self.encoder {
            microphone.set_voice(voice);
        }
    }

    /// FIR of the node: the same number is the same command (RFC 5104 §4.3.1).
    pub(crate) fn handle_full_intra(&mut self, command: u8) {
        if self.last_full_intra.replace(command) != Some(command) {
            self.handle_key_frame_request();
        }
    }

    /// PLI of the node.
    pub(crate) const fn handle_key_frame_request(&mut self) {
        self.statistics.key_frame_requests += 1;
        self.request_key_frame();
    }

    const fn request_key_frame(&mut self) {
        if let Encoder::Video(camera) = &mut self.encoder {
            camera.request_key_frame();
        }
    }

    /// When the next packet or frame is due; `None` while nothing is sent.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        (self.is_active && self.stream.is_some()).then_some(self.due)
    }

    /// Sends what is due.
    pub(crate) fn handle_timeout(
        &mut self,
        now: Instant,
        (seat, clock): (SeatTag, &WallClock),
        targets: TrackTargets,
        wire: &mut Wire,
        random: &mut Random,
    ) {
        if now.saturating_duration_since(self.due) > CATCH_UP_MAX {
            self.due = now;
        }
        while let Some(due) = self.poll_timeout().filter(|due| *due <= now) {
            match &mut self.encoder {
                Encoder::Microphone(_) => {
                    self.due = due + PACKET_EVERY;
                    self.send_audio(due, now, (seat, clock), wire);
                }
                Encoder::Video(camera) => {
                    self.due = due + camera.frame_every();
                    self.send_frame(due, now, (seat, clock), targets, wire, random);
                }
            }
        }
    }

    fn send_audio(
        &mut self,
        due: Instant,
        now: Instant,
        (seat, clock): (SeatTag, &WallClock),
        wire: &mut Wire,
    ) {
        let (Encoder::Microphone(microphone), Some(stream)) = (&mut self.encoder, &mut self.stream) else {
            return;
        };
        let Some(audio) = microphone.next(seat, clock.unix_micros(now)) else { return };
        let timestamp = stream.timestamp(due.saturating_duration_since(self.began));
        let timing = (timestamp, audio.marker);
        if let Ok(packet) = stream.packet(wire.extensions(), timing, Some(audio.level), &audio.payload, now) {
            wire.send_rtp(packet, clock.ntp(now), now);
        }
        self.statistics.frames += u64::from(audio.has_sound);
        self.note_sent(audio.payload.len());
    }

    fn send_frame(
        &mut self,
        due: Instant,
        now: Instant,
        (seat, clock): (SeatTag, &WallClock),
        targets: TrackTargets,
        wire: &mut Wire,
        random: &mut Random,
    ) {
        let (Encoder::Video(camera), Some(stream)) = (&mut self.encoder, &mut self.stream) else { return };
        let frame = camera.next(targets.video, seat, (now, clock.unix_micros(now)), random);
        let timestamp = stream.timestamp(due.saturating_duration_since(self.began));
        let last = frame.payloads.len().saturating_sub(1);
        for (index, payload) in frame.payloads.iter().enumerate() {
            let timing = (timestamp, index == last);
            if let Ok(packet) = stream.packet(wire.extensions(), timing, None, payload, now) {
                wire.send_rtp(packet, clock.ntp(now), now);
            }
        }
        self.statistics.frames += 1;
        self.statistics.key_frames += u64::from(frame.is_key);
        for payload in &frame.payloads {
            self.note_sent(payload.len());
        }
    }

    const fn note_sent(&mut self, payload_len: usize) {
        self.statistics.packets += 1;
        self.statistics.payload_bytes += payload_len as u64;
    }

    /// Sends again what the node misses.
    pub(crate) fn handle_nack(
        &mut self,
        lost: impl Iterator<Item = SeqNo>,
        now: Instant,
        clock: &WallClock,
        wire: &mut Wire,
    ) {
        let Some(stream) = &mut self.stream else { return };
        for sequence in lost {
            if let Some(packet) = stream.retransmission(wire.extensions(), sequence, now) {
                wire.send_rtp(packet, clock.ntp(now), now);
                self.statistics.retransmitted += 1;
            } else {
                self.statistics.retransmit_refused += 1;
            }
        }
    }

    /// What to report of it; `None` while nothing was sent.
    pub(crate) fn sender_info(&self, now: Instant, clock: &WallClock) -> Option<(Ssrc, SenderInfo)> {
        let stream = self.stream.as_ref().filter(|stream| stream.packets() > 0)?;
        let since = now.saturating_duration_since(self.began);
        Some((stream.ssrc(), stream.sender_info(clock.ntp(now), since)))
    }
}
