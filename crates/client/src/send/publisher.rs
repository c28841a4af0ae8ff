//! One published track: an encoder, its stream, and whether it is on.

use std::time::{Duration, Instant};

use protocol::signal::Source;
use rtp::rtcp::SenderInfo;
use rtp::{Bitrate, ClockRate, SeqNo, Ssrc};

use super::earlier::Earlier;
use super::encoding::{Encodings, SentLayer};
use super::microphone::{Microphone, PACKET_EVERY};
use super::sizes::Sizes;
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
    Microphone(Microphone, Earlier, Option<OutgoingStream>),
    Video(Encodings),
    Sizes(Box<Sizes>),
}

/// One published track.
pub(crate) struct Publisher {
    mid: String,
    source: Source,
    encoder: Encoder,
    is_active: bool,
    began: Instant,
    due: Instant,
    frame_every: Duration,
    last_full_intra: Option<u8>,
    statistics: SentStatistics,
}

impl Publisher {
    pub(crate) fn microphone(config: MicrophoneConfig, mid: &str, now: Instant) -> Self {
        let encoder = Encoder::Microphone(Microphone::new(config), Earlier::new(config.redundancy), None);
        Self::new(Source::Microphone, encoder, mid, PACKET_EVERY, now)
    }

    pub(crate) fn video(
        config: VideoConfig,
        source: Source,
        mid: &str,
        random: &mut Random,
        now: Instant,
    ) -> Self {
        if config.scalable {
            let sizes = Sizes::new(config, source, random);
            let every = sizes.frame_every();
            return Self::new(source, Encoder::Sizes(Box::new(sizes)), mid, every, now);
        }
        let encodings = Encodings::new(config, source, random);
        let every = encodings.layers.first().map_or(PACKET_EVERY, |layer| layer.camera.frame_every());
        Self::new(source, Encoder::Video(encodings), mid, every, now)
    }

    fn new(source: Source, encoder: Encoder, mid: &str, frame_every: Duration, now: Instant) -> Self {
        Self {
            mid: mid.to_owned(),
            source,
            encoder,
            is_active: source != Source::Screen,
            began: now,
            due: now,
            frame_every,
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

    /// What each layer of a video track has sent, lowest first.
    pub(crate) fn layers(&self) -> Vec<SentLayer> {
        match &self.encoder {
            Encoder::Microphone(..) => Vec::new(),
            Encoder::Video(encodings) => encodings.layers.iter().map(|layer| layer.sent).collect(),
            Encoder::Sizes(sizes) => sizes.sent.to_vec(),
        }
    }

    fn streams(&self) -> impl Iterator<Item = &OutgoingStream> {
        let (one, many) = match &self.encoder {
            Encoder::Microphone(.., stream) => (stream.as_ref(), &[][..]),
            Encoder::Video(encodings) => (None, encodings.layers.as_slice()),
            Encoder::Sizes(sizes) => (sizes.stream.as_ref(), &[][..]),
        };
        one.into_iter().chain(many.iter().filter_map(|layer| layer.stream.as_ref()))
    }

    fn stream_of(&mut self, ssrc: Ssrc) -> Option<&mut OutgoingStream> {
        match &mut self.encoder {
            Encoder::Microphone(.., stream) => stream.as_mut().filter(|stream| stream.ssrc() == ssrc),
            Encoder::Video(encodings) => encodings.of(ssrc)?.stream.as_mut(),
            Encoder::Sizes(sizes) => sizes.stream.as_mut().filter(|stream| stream.ssrc() == ssrc),
        }
    }

    /// Its stream; of several the lowest layer's.
    pub(crate) fn ssrc(&self) -> Option<Ssrc> {
        self.streams().next().map(OutgoingStream::ssrc)
    }

    /// Whether one of its streams is this one.
    pub(crate) fn sends(&self, ssrc: Ssrc) -> bool {
        self.streams().any(|stream| stream.ssrc() == ssrc)
    }

    /// The node's answer for its m-line: the track can be sent, or not. `numbers` are those of its layers.
    pub(crate) fn set_answer(
        &mut self,
        answer: Option<&AnsweredMedia>,
        numbers: &[StreamNumbers],
        is_new_transport: bool,
    ) {
        if self.ssrc().is_some() && !is_new_transport {
            return;
        }
        let agreed = answer.filter(|media| media.is_accepted && media.node_receives);
        let stream = |rid: Option<&'static str>, numbers: &StreamNumbers, clock| {
            let media =
                agreed.filter(|media| rid.is_none_or(|rid| media.rids.iter().any(|one| one == rid)))?;
            let rtx = media.rtx_payload_type.filter(|_| media.nack);
            Some(OutgoingStream::new(*numbers, (&self.mid, rid), clock, media.payload_type?, rtx))
        };
        match &mut self.encoder {
            Encoder::Microphone(_, earlier, own) => {
                earlier.set_payload_type(
                    agreed.and_then(|media| media.red_payload_type.zip(media.payload_type)),
                );
                *own = numbers.first().and_then(|numbers| stream(None, numbers, ClockRate::OPUS));
            }
            Encoder::Video(encodings) => {
                encodings.set_wanted(|_| true, None);
                for (layer, numbers) in encodings.layers.iter_mut().zip(numbers) {
                    layer.stream = stream(layer.sent.rid, numbers, ClockRate::VIDEO);
                }
            }
            Encoder::Sizes(sizes) => {
                sizes.set_wanted(None);
                let is_taken = agreed.is_some_and(|media| media.is_vp9);
                let numbers = numbers.first().filter(|_| is_taken);
                sizes.stream = numbers.and_then(|numbers| stream(None, numbers, ClockRate::VIDEO));
            }
        }
        self.request_key_frames();
    }

    /// Switches it on or off; whether that changed anything.
    pub(crate) fn set_active(&mut self, is_active: bool, now: Instant) -> bool {
        if is_active && !self.is_active {
            // What was missed while it was off is not sent.
            self.due = self.due.max(now);
            self.request_key_frames();
        }
        std::mem::replace(&mut self.is_active, is_active) != is_active
    }

    pub(crate) const fn set_voice(&mut self, voice: Voice) {
        if let Encoder::Microphone(microphone, ..) = &mut self.encoder {
            microphone.set_voice(voice);
        }
    }

    /// `layers` of the node.
    pub(crate) fn set_wanted(&mut self, rids: &[String], sizes: Option<u8>) {
        match &mut self.encoder {
            Encoder::Microphone(..) => {}
            Encoder::Video(encodings) => {
                encodings.set_wanted(|rid| rids.iter().any(|wanted| wanted == rid), sizes);
            }
            Encoder::Sizes(own) => own.set_wanted(sizes),
        }
    }

    /// FIR of the node: the same number is the same command (RFC 5104 §4.3.1).
    pub(crate) fn handle_full_intra(&mut self, ssrc: Ssrc, command: u8) {
        if self.last_full_intra.replace(command) != Some(command) {
            self.handle_key_frame_request(ssrc);
        }
    }

    /// PLI of the node.
    pub(crate) fn handle_key_frame_request(&mut self, ssrc: Ssrc) {
        self.statistics.key_frame_requests += 1;
        match &mut self.encoder {
            Encoder::Microphone(..) => {}
            Encoder::Video(encodings) => {
                if let Some(layer) = encodings.of(ssrc) {
                    layer.camera.request_key_frame();
                }
            }
            Encoder::Sizes(sizes) => sizes.request_key_frame(),
        }
    }

    fn request_key_frames(&mut self) {
        match &mut self.encoder {
            Encoder::Microphone(..) => {}
            Encoder::Video(encodings) => {
                encodings.layers.iter_mut().for_each(|layer| layer.camera.request_key_frame());
            }
            Encoder::Sizes(sizes) => sizes.request_key_frame(),
        }
    }

    /// Its media clock falls behind by so much: nothing was recorded for as long, and the timestamps do not show it.
    pub(crate) fn fall_behind(&mut self, by: Duration) {
        self.began += by;
        self.due += by;
    }

    /// When the next packet or frame is due; `None` while nothing is sent.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        (self.is_active && self.ssrc().is_some()).then_some(self.due)
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
            self.due = due + self.frame_every;
            match &self.encoder {
                Encoder::Microphone(..) => self.send_audio(due, now, (seat, clock), wire),
                Encoder::Video(_) => self.send_frames(due, now, (seat, clock), targets, wire, random),
                Encoder::Sizes(_) => self.send_sizes(due, now, (seat, clock), targets, wire, random),
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
        let Encoder::Microphone(microphone, earlier, Some(stream)) = &mut self.encoder else { return };
        let Some(audio) = microphone.next(seat, clock.unix_micros(now)) else { return };
        let timestamp = stream.timestamp(due.saturating_duration_since(self.began));
        let timing = (timestamp, audio.marker);
        let redundant = earlier.payload(timestamp, &audio.payload);
        let payload =
            (&audio.payload[..], redundant.as_ref().map(|(number, payload)| (*number, &payload[..])));
        let packet = stream.packet_with_earlier(wire.extensions(), timing, Some(audio.level), payload, now);
        if let Ok(packet) = packet {
            wire.send_rtp(packet, clock.ntp(now), now);
        }
        self.statistics.frames += u64::from(audio.has_sound);
        self.statistics.note_sent(audio.payload.len());
    }

    /// One moment, in every layer that is sent.
    fn send_frames(
        &mut self,
        due: Instant,
        now: Instant,
        (seat, clock): (SeatTag, &WallClock),
        targets: TrackTargets,
        wire: &mut Wire,
        random: &mut Random,
    ) {
        let Encoder::Video(encodings) = &mut self.encoder else { return };
        let since = due.saturating_duration_since(self.began);
        let frames = encodings.next(targets.video, |camera, rate| {
            camera.next(rate, seat, (now, clock.unix_micros(now)), random)
        });
        for (layer, frame) in frames {
            layer.note_frame(frame.is_key);
            let Some(stream) = &mut layer.stream else { continue };
            let timestamp = stream.timestamp(since);
            let last = frame.payloads.len().saturating_sub(1);
            for (index, payload) in frame.payloads.iter().enumerate() {
                let timing = (timestamp, index == last);
                if let Ok(packet) = stream.packet(wire.extensions(), timing, None, payload, now) {
                    wire.send_rtp(packet, clock.ntp(now), now);
                }
                self.statistics.note_sent(payload.len());
            }
            self.statistics.frames += 1;
            self.statistics.key_frames += u64::from(frame.is_key);
        }
    }

    /// One moment, in every size that is sent.
    fn send_sizes(
        &mut self,
        due: Instant,
        now: Instant,
        (seat, clock): (SeatTag, &WallClock),
        targets: TrackTargets,
        wire: &mut Wire,
        random: &mut Random,
    ) {
        let Encoder::Sizes(sizes) = &mut self.encoder else { return };
        let packets = sizes.next(targets.video, now, |camera, rate| {
            camera.next(rate, seat, (now, clock.unix_micros(now)), random)
        });
        let Some(stream) = &mut sizes.stream else { return };
        let timestamp = stream.timestamp(due.saturating_duration_since(self.began));
        for packet in packets {
            let timing = (timestamp, packet.marker);
            let inside = (&packet.descriptor[..], &packet.payload[..]);
            if let Ok(sealed) = stream.packet_of_size(wire.extensions(), timing, inside, now) {
                wire.send_rtp(sealed, clock.ntp(now), now);
            }
            self.statistics.note_sent(packet.payload.len());
            self.statistics.frames += u64::from(packet.marker);
        }
    }

    /// Sends again what the node misses of a stream.
    pub(crate) fn handle_nack(
        &mut self,
        ssrc: Ssrc,
        lost: impl Iterator<Item = SeqNo>,
        now: Instant,
        clock: &WallClock,
        wire: &mut Wire,
    ) {
        let Some(stream) = self.stream_of(ssrc) else { return };
        let (mut sent, mut refused) = (0, 0);
        for sequence in lost {
            if let Some(packet) = stream.retransmission(wire.extensions(), sequence, now) {
                wire.send_rtp(packet, clock.ntp(now), now);
                sent += 1;
            } else {
                refused += 1;
            }
        }
        self.statistics.retransmitted += sent;
        self.statistics.retransmit_refused += refused;
        if let Encoder::Video(encodings) = &mut self.encoder
            && let Some(layer) = encodings.of(ssrc)
        {
            layer.sent.retransmitted += sent;
        }
    }

    /// What to report of each of its streams of which something was sent.
    pub(crate) fn sender_infos(&self, now: Instant, clock: &WallClock) -> Vec<(Ssrc, SenderInfo)> {
        let since = now.saturating_duration_since(self.began);
        let sent = self.streams().filter(|stream| stream.packets() > 0);
        sent.map(|stream| (stream.ssrc(), stream.sender_info(clock.ntp(now), since))).collect()
    }
}
