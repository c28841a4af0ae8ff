//! One sender and its receiver.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use media_core::receive::TwccRecorder;
use media_core::send::bandwidth::{BandwidthEstimator, Probe, Purpose};
use netsim::{Link, LinkConfig};
use rtp::rtcp::{Compound, Packet, TransportFeedback, Writer};
use rtp::{Bitrate, DataSize, SeqNo, Ssrc};

use super::Tag;
use super::record::Record;
use super::source::{AUDIO_BPS, AUDIO_LEN, Media, Source, Video};

const TICK: Duration = Duration::from_millis(5);
/// The pacer sends this much faster than the estimate.
const PACING: f64 = 1.5;
/// Frames are dropped while the pacer holds more than this.
const PACER_MAX: Duration = Duration::from_millis(250);
/// A padding packet: 255 bytes and headers.
const PADDING_LEN: usize = 300;

/// What is measured.
pub(crate) trait Estimator {
    fn handle_sent(&mut self, now: Instant, sequence: SeqNo, size: DataSize, purpose: Purpose);
    fn handle_feedback(&mut self, now: Instant, feedback: &TransportFeedback<'_>);
    fn handle_round_trip(&mut self, _rtt: Duration) {}
    fn set_wanted(&mut self, _now: Instant, _wanted: Bitrate) {}
    fn estimate(&self) -> Bitrate;
    fn poll_probe(&mut self, _now: Instant) -> Option<Probe> {
        None
    }
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
    fn handle_timeout(&mut self, _now: Instant) {}
}

impl Estimator for BandwidthEstimator {
    fn handle_sent(&mut self, now: Instant, sequence: SeqNo, size: DataSize, purpose: Purpose) {
        self.handle_sent(now, sequence, size, purpose);
    }
    fn handle_feedback(&mut self, now: Instant, feedback: &TransportFeedback<'_>) {
        self.handle_feedback(now, feedback);
    }
    fn handle_round_trip(&mut self, rtt: Duration) {
        self.handle_round_trip(rtt);
    }
    fn set_wanted(&mut self, now: Instant, wanted: Bitrate) {
        self.set_wanted(now, wanted);
    }
    fn estimate(&self) -> Bitrate {
        self.estimate()
    }
    fn poll_probe(&mut self, now: Instant) -> Option<Probe> {
        self.poll_probe(now)
    }
    fn poll_timeout(&self) -> Option<Instant> {
        self.poll_timeout()
    }
    fn handle_timeout(&mut self, now: Instant) {
        self.handle_timeout(now);
    }
}

/// One whose probes nobody sends.
pub(super) struct Unprobed(pub(super) BandwidthEstimator);

impl Estimator for Unprobed {
    fn handle_sent(&mut self, now: Instant, sequence: SeqNo, size: DataSize, purpose: Purpose) {
        self.0.handle_sent(now, sequence, size, purpose);
    }
    fn handle_feedback(&mut self, now: Instant, feedback: &TransportFeedback<'_>) {
        self.0.handle_feedback(now, feedback);
    }
    fn estimate(&self) -> Bitrate {
        self.0.estimate()
    }
    fn poll_timeout(&self) -> Option<Instant> {
        self.0.poll_timeout()
    }
    fn handle_timeout(&mut self, now: Instant) {
        self.0.handle_timeout(now);
    }
}

/// A sender and its receiver.
pub(crate) struct Flow {
    number: usize,
    estimator: Box<dyn Estimator>,
    media: Media,
    source: Source,
    queue: VecDeque<usize>,
    queued: usize,
    credit: f64,
    next_tick: Instant,
    probe: Option<(Probe, u64)>,
    sequence: u16,
    recorder: TwccRecorder,
    link_back: Link<()>,
    next_report: Duration,
    pub(super) record: Record,
}

impl Flow {
    pub(super) fn new(
        number: usize,
        now: Instant,
        elapsed: Duration,
        seed: u64,
        media: Media,
        estimator: Box<dyn Estimator>,
    ) -> Self {
        let back = LinkConfig { latency: Duration::from_millis(25), ..LinkConfig::default() };
        let mut flow = Self {
            number,
            estimator,
            media,
            source: Source::new(elapsed, seed),
            queue: VecDeque::new(),
            queued: 0,
            credit: 0.0,
            next_tick: now,
            probe: None,
            sequence: 65_000,
            recorder: TwccRecorder::new(now),
            link_back: Link::new(back, seed ^ 0xbac),
            next_report: elapsed,
            record: Record::default(),
        };
        flow.set_media(now, media);
        flow
    }

    /// Changes what there is to send.
    pub(super) fn set_media(&mut self, now: Instant, media: Media) {
        self.media = media;
        let wanted = match media.video {
            Video::Off => 0,
            Video::UpTo(kbps) | Video::Steady(kbps) => kbps + AUDIO_BPS as u64 / 1000,
        };
        self.want(now, wanted);
    }

    pub(super) fn want(&mut self, now: Instant, kbps: u64) {
        self.estimator.set_wanted(now, Bitrate::from_kbps(kbps));
    }

    /// Changes the way of the feedback.
    pub(crate) fn back(&mut self, config: LinkConfig) {
        self.link_back.set_config(config);
    }

    fn estimate(&self) -> f64 {
        self.estimator.estimate().bps() as f64
    }

    pub(super) fn send(&mut self, now: Instant, elapsed: Duration, link: &mut Link<Tag>) {
        if self.estimator.poll_timeout().is_some_and(|due| now >= due) {
            self.estimator.handle_timeout(now);
        }
        if self.source.audio(elapsed) {
            self.put(now, elapsed, AUDIO_LEN, Purpose::Media, link);
        }
        let estimate = self.estimate();
        let frame = self.source.frame(elapsed, self.media.video, estimate);
        if (self.queued as f64) < estimate / 8.0 * PACER_MAX.as_secs_f64() {
            self.queued += frame.iter().sum::<usize>();
            self.queue.extend(frame);
        }
        if now >= self.next_tick {
            self.next_tick += TICK;
            self.tick(now, elapsed, link);
        }
    }

    fn tick(&mut self, now: Instant, elapsed: Duration, link: &mut Link<Tag>) {
        if let Some(probe) = self.estimator.poll_probe(now) {
            self.probe = Some((probe, 0));
        }
        if self.probe.is_some_and(|(probe, sent)| sent >= probe.size.bytes() || now > probe.until) {
            self.probe = None;
        }
        let rate = self.probe.map_or(self.estimate() * PACING, |(probe, _)| probe.rate.bps() as f64);
        let earned = rate / 8.0 * TICK.as_secs_f64();
        self.credit = (self.credit + earned).min(earned);
        while self.credit > 0.0 {
            if let Some(size) = self.queue.pop_front() {
                self.queued -= size;
                self.put(now, elapsed, size, Purpose::Media, link);
            } else if self.probe.is_some_and(|(probe, sent)| sent < probe.size.bytes()) {
                self.record.padded(elapsed, PADDING_LEN);
                self.put(now, elapsed, PADDING_LEN, Purpose::Padding, link);
            } else {
                break;
            }
        }
    }

    fn put(&mut self, now: Instant, elapsed: Duration, size: usize, purpose: Purpose, link: &mut Link<Tag>) {
        self.record.sent(elapsed);
        self.credit -= size as f64;
        if let Some((_, sent)) = &mut self.probe {
            *sent += size as u64;
        }
        let tag = Tag { flow: self.number, sequence: self.sequence, sent: now };
        self.sequence = self.sequence.wrapping_add(1);
        link.send(now, tag, &vec![0; size]);
        self.estimator.handle_sent(now, SeqNo(tag.sequence), DataSize::from_bytes(size as u64), purpose);
    }

    pub(super) fn receive(
        &mut self,
        at: Instant,
        elapsed: Duration,
        sequence: u16,
        size: usize,
        waited: Duration,
    ) {
        self.recorder.handle_packet(SeqNo(sequence), at);
        self.record.arrived(elapsed, size, waited);
    }

    pub(super) fn feed_back(&mut self, now: Instant, elapsed: Duration) {
        let mut bytes = [0; 1200];
        loop {
            let mut writer = Writer::new(&mut bytes);
            if !self.recorder.poll(now, Ssrc(1), Ssrc(2), &mut writer).expect("1200 bytes are enough") {
                break;
            }
            let len = writer.finish();
            self.link_back.send(now, (), &bytes[..len]);
        }
        while let Some(((), bytes)) = self.link_back.poll(now) {
            for packet in Compound::parse(&bytes).expect("our own bytes").flatten() {
                if let Packet::TransportFeedback(feedback) = packet {
                    self.estimator.handle_feedback(now, &feedback);
                }
            }
        }
        if elapsed >= self.next_report {
            self.next_report = elapsed + Duration::from_secs(1);
            self.estimator.handle_round_trip(Duration::from_millis(50));
        }
        if elapsed.as_millis().is_multiple_of(10) {
            let estimate = self.estimate();
            self.record.estimate(elapsed, estimate);
        }
    }
}
