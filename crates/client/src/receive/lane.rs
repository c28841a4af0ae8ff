//! One receiving m-line: its stream and its retransmissions, what is missing, what was received.

use std::time::{Duration, Instant};

use protocol::signal::{Kind, ViewSize};
use protocol::{SeatId, TrackId};
use rtp::codec::{opus, rtx};
use rtp::extension::ExtensionId;
use rtp::rtcp::{ReportBlock, SenderInfo};
use rtp::{ClockRate, ExtSeqNo, PayloadType, RtpHeader, RtpPacket, RtpTimestamp, SeqNo, SeqUnwrapper, Ssrc};

use super::frames::{Frames, WholeFrame};
use super::missing::Missing;
use super::playout::Playout;
use super::reception::Reception;
use super::redundant;
use super::sizes::Sizes;
use super::statistics::{LaneStatistics, SenderStatistics};
use super::window::{Seen, SeenWindow};
use crate::clock::WallClock;
use crate::sdp::AnsweredMedia;
use crate::stamp::Stamp;

/// Between two requests for a key frame, until it comes.
const KEY_FRAME_REQUEST_EVERY: Duration = Duration::from_millis(300);
/// A picture that stands still for longer is frozen: six frames of 30 a second.
const FREEZE_AFTER: Duration = Duration::from_millis(200);
/// So much a timestamp may lie beside the time at which its frame was made: one frame, which may have been begun and not
/// finished before a change of layer, and the millisecond that another layer begins after it.
const TIMESTAMP_OFF_MAX: Duration = Duration::from_millis(35);
/// Senders told apart on one lane: everybody of a large room with each of their tracks.
const SENDERS_MAX: usize = 64;

/// The streams of a lane, as the node's answer names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LaneStreams {
    pub(crate) ssrc: Ssrc,
    pub(crate) rtx: Option<Ssrc>,
    pub(crate) repairs: bool,
    pub(crate) red: Option<PayloadType>,
    /// Where packets tell which size of a stream they are of.
    pub(crate) dependency: Option<ExtensionId>,
}

impl LaneStreams {
    pub(crate) fn of(media: &AnsweredMedia) -> Option<Self> {
        let ssrc = media.ssrc.filter(|_| media.is_accepted && media.node_sends)?;
        let rtx = media.rtx_ssrc.filter(|_| media.rtx_payload_type.is_some());
        let red = media.red_payload_type;
        Some(Self { ssrc, rtx, repairs: media.nack && rtx.is_some(), red, dependency: media.dependency })
    }
}

/// A packet whose tag has verified.
pub(crate) struct Opened<'a> {
    pub(crate) packet: RtpPacket<'a>,
    pub(crate) sequence: ExtSeqNo,
}

/// What belongs to one transport; a resume begins it anew.
struct Receiving {
    streams: LaneStreams,
    numbers: SeqUnwrapper,
    seen: SeenWindow,
    missing: Missing,
    reception: Reception,
    frames: Frames,
    sizes: Sizes,
    /// What came last was of a stream in several sizes.
    has_sizes: bool,
    next_key_frame_request: Option<Instant>,
}

impl Receiving {
    fn needs_key_frame(&self) -> bool {
        if self.has_sizes { self.sizes.needs_key_frame() } else { self.frames.needs_key_frame() }
    }

    fn handle_lost(&mut self, number: u64) -> Vec<WholeFrame> {
        if self.has_sizes { self.sizes.handle_lost(number) } else { self.frames.handle_lost(number) }
    }

    /// A packet without anything fills the place of one of another size.
    fn handle_picture(&mut self, number: u64, header: &RtpHeader<'_>, payload: &[u8]) -> Vec<WholeFrame> {
        let timing = (header.timestamp(), header.marker());
        let element = self.streams.dependency.and_then(|id| header.extensions().lookup(id));
        let descriptor = element.map(|element| element.data);
        let had_sizes = std::mem::replace(&mut self.has_sizes, descriptor.is_some() || payload.is_empty());
        if !self.has_sizes {
            return self.frames.handle_packet(number, timing, payload);
        }
        if !had_sizes {
            self.sizes = Sizes::default();
        }
        self.sizes.handle_packet(number, timing, (descriptor.unwrap_or_default(), payload))
    }
}

/// One receiving m-line.
pub(crate) struct Lane {
    mid: String,
    kind: Kind,
    receiving: Option<Receiving>,
    /// What the node says is on it.
    pub(crate) track: Option<TrackId>,
    pub(crate) seat: Option<SeatId>,
    pub(crate) view: ViewSize,
    /// Whose frames came last, and the highest of them.
    latest: Option<Stamp>,
    latest_timestamp: RtpTimestamp,
    /// Frames of the audio sender that came.
    audio_frames: SeenWindow,
    playout: Playout,
    last_frame_at: Option<Instant>,
    /// Packets are counted, and pictures not put together.
    is_sink: bool,
    statistics: LaneStatistics,
}

impl Lane {
    pub(crate) fn new(mid: &str, kind: Kind, is_sink: bool) -> Self {
        Self {
            mid: mid.to_owned(),
            kind,
            receiving: None,
            track: None,
            seat: None,
            view: ViewSize::Full,
            latest: None,
            latest_timestamp: RtpTimestamp(0),
            audio_frames: SeenWindow::new(),
            playout: Playout::default(),
            last_frame_at: None,
            is_sink,
            statistics: LaneStatistics::default(),
        }
    }

    pub(crate) fn mid(&self) -> &str {
        &self.mid
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) const fn statistics(&self) -> &LaneStatistics {
        &self.statistics
    }

    pub(crate) fn streams(&self) -> Option<LaneStreams> {
        self.receiving.as_ref().map(|receiving| receiving.streams)
    }

    /// The node's answer for its m-line. The same streams go on; others begin anew.
    pub(crate) fn set_streams(&mut self, streams: Option<LaneStreams>, is_new_transport: bool) {
        if self.streams() == streams && !is_new_transport {
            return;
        }
        let clock = match self.kind {
            Kind::Audio => ClockRate::OPUS,
            Kind::Video => ClockRate::VIDEO,
        };
        self.receiving = streams.map(|streams| Receiving {
            streams,
            numbers: SeqUnwrapper::new(),
            seen: SeenWindow::new(),
            missing: Missing::new(streams.repairs),
            reception: Reception::new(clock),
            frames: Frames::default(),
            sizes: Sizes::default(),
            has_sizes: false,
            next_key_frame_request: None,
        });
        self.last_frame_at = None;
    }

    /// What the node says is on it now.
    pub(crate) fn set_track(&mut self, track: Option<TrackId>, seat: Option<SeatId>) {
        if (self.track, self.seat) != (track, seat) {
            (self.track, self.seat) = (track, seat);
            self.pause();
        }
    }

    /// At what size it is shown from now on.
    pub(crate) const fn set_view(&mut self, size: ViewSize) {
        self.view = size;
        if matches!(size, ViewSize::Hidden) {
            self.pause();
        }
    }

    /// Nothing is expected for now: what does not come is no freeze.
    pub(crate) const fn pause(&mut self) {
        self.last_frame_at = None;
    }

    /// Whether a packet of this stream is this lane's; `true` in it for its retransmissions.
    pub(crate) fn takes(&self, ssrc: Ssrc) -> Option<bool> {
        let streams = self.streams()?;
        if streams.ssrc == ssrc { Some(false) } else { (streams.rtx == Some(ssrc)).then_some(true) }
    }

    /// Takes a packet of its own stream.
    pub(crate) fn handle_media(&mut self, opened: &Opened<'_>, clock: &WallClock, now: Instant) {
        let Some(receiving) = &mut self.receiving else { return };
        let header = opened.packet.header();
        receiving.numbers.commit(opened.sequence);
        let number = opened.sequence.index();
        let mut payload = opened.packet.payload();
        if receiving.streams.red == Some(header.payload_type()) {
            let Some((earlier, primary)) = redundant::split(payload, number) else {
                self.statistics.corrupt += 1;
                return;
            };
            payload = primary;
            self.statistics.redundant += 1;
            for (number, data) in earlier {
                self.take_earlier(number, (header, data), clock, now);
            }
        }
        let Some(receiving) = &mut self.receiving else { return };
        match receiving.seen.mark(number) {
            Seen::Again => {
                self.statistics.needless_repairs += 1;
                return;
            }
            Seen::First { late } => self.statistics.reordered += u64::from(late),
        }
        receiving.reception.handle_packet(number, header.timestamp(), now);
        receiving.missing.handle_packet(number, now);
        self.take(number, header, payload, clock, now);
    }

    /// Takes a packet that came inside a later one, unless it is there.
    fn take_earlier(
        &mut self,
        number: u64,
        (header, payload): (&RtpHeader<'_>, &[u8]),
        clock: &WallClock,
        now: Instant,
    ) {
        let Some(receiving) = &mut self.receiving else { return };
        // Nothing is missed from before the first packet.
        if !receiving.missing.expects(number) || receiving.seen.mark(number) == Seen::Again {
            return;
        }
        receiving.missing.handle_packet(number, now);
        self.statistics.recovered_redundant += 1;
        self.take(number, header, payload, clock, now);
    }

    /// Takes a packet of its retransmissions (RFC 4588 §4).
    pub(crate) fn handle_retransmission(&mut self, opened: &Opened<'_>, clock: &WallClock, now: Instant) {
        let Some(receiving) = &mut self.receiving else { return };
        // Empty: a bandwidth probe.
        let Ok((original, payload)) = rtx::parse(opened.packet.payload()) else { return };
        let Some(number) = receiving.numbers.highest().and_then(|_| receiving.numbers.estimate(original))
        else {
            return;
        };
        let number = number.index();
        if receiving.seen.mark(number) == Seen::Again {
            self.statistics.needless_repairs += 1;
            return;
        }
        receiving.missing.handle_packet(number, now);
        self.statistics.recovered += 1;
        if self.is_sink {
            self.statistics.packets += 1;
            return;
        }
        self.take(number, opened.packet.header(), payload, clock, now);
    }

    pub(crate) fn handle_sender_report(&mut self, info: &SenderInfo, now: Instant) {
        if let Some(receiving) = &mut self.receiving {
            receiving.reception.handle_sender_report(info, now);
        }
    }

    pub(crate) fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        let receiving = self.receiving.as_mut()?;
        receiving.reception.report(receiving.streams.ssrc, now)
    }

    /// When [`Lane::poll_nack`] or [`Lane::poll_key_frame_request`] has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let receiving = self.receiving.as_ref()?;
        let request = receiving.next_key_frame_request.filter(|_| receiving.needs_key_frame());
        receiving.missing.poll_timeout().into_iter().chain(request).min()
    }

    /// What to ask for again now: the stream and its numbers.
    pub(crate) fn poll_nack(
        &mut self,
        round_trip: Option<Duration>,
        clock: &WallClock,
        now: Instant,
    ) -> Option<(Ssrc, Vec<SeqNo>)> {
        let receiving = self.receiving.as_mut()?;
        let due = receiving.missing.poll(round_trip, now);
        self.statistics.lost += due.lost.len() as u64;
        self.statistics.nacks += due.nack.len() as u64;
        let ssrc = receiving.streams.ssrc;
        if self.kind == Kind::Video && !self.is_sink {
            for lost in due.lost {
                let whole = self.receiving.as_mut()?.handle_lost(lost);
                self.note_frames(&whole, clock, now);
            }
            self.wish_key_frame(now);
        }
        (!due.nack.is_empty()).then_some((ssrc, due.nack))
    }

    /// The stream to ask for a key frame now.
    pub(crate) fn poll_key_frame_request(&mut self, now: Instant) -> Option<Ssrc> {
        let receiving = self.receiving.as_mut()?;
        if !receiving.needs_key_frame() || receiving.next_key_frame_request.is_none_or(|at| at > now) {
            return None;
        }
        receiving.next_key_frame_request = Some(now + KEY_FRAME_REQUEST_EVERY);
        self.statistics.key_frame_requests += 1;
        Some(receiving.streams.ssrc)
    }

    /// A request is due at once where a key frame is needed and none was asked for lately.
    fn wish_key_frame(&mut self, now: Instant) {
        if let Some(receiving) = &mut self.receiving
            && receiving.needs_key_frame()
        {
            receiving.next_key_frame_request.get_or_insert(now);
        }
    }

    /// Counts a packet that is not opened.
    pub(crate) fn count(&mut self, sequence: SeqNo, timestamp: RtpTimestamp, now: Instant) {
        let Some(receiving) = &mut self.receiving else { return };
        let Some(number) = receiving.numbers.extend(sequence).map(ExtSeqNo::index) else { return };
        match receiving.seen.mark(number) {
            Seen::Again => self.statistics.needless_repairs += 1,
            Seen::First { late } => {
                self.statistics.reordered += u64::from(late);
                self.statistics.packets += 1;
                receiving.reception.handle_packet(number, timestamp, now);
                receiving.missing.handle_packet(number, now);
            }
        }
    }

    /// Looks into a packet that is counted besides.
    pub(crate) fn sample(&mut self, packet: &RtpPacket<'_>, clock: &WallClock, now: Instant) {
        let payload = packet.payload();
        let stamp = match self.kind {
            Kind::Audio if opus::PacketFacts::parse(payload).is_ok_and(|facts| facts.silence) => return,
            Kind::Audio => payload.get(1..).and_then(Stamp::read),
            Kind::Video => crate::send::camera::read_stamp(payload),
        };
        let Some(stamp) = stamp else {
            // Earlier packets inside it (RED) hide its stamp.
            let has_earlier =
                self.streams().is_some_and(|streams| streams.red == Some(packet.header().payload_type()));
            self.statistics.corrupt += u64::from(!payload.is_empty() && !has_earlier);
            return;
        };
        note_sender(&mut self.statistics, &stamp, now, |sender| {
            sender.packets += 1;
            sender.first_frame_at.get_or_insert(now);
        });
        self.note_latency(&stamp, clock, now);
    }

    fn take(&mut self, number: u64, header: &RtpHeader<'_>, payload: &[u8], clock: &WallClock, now: Instant) {
        self.statistics.packets += 1;
        match self.kind {
            Kind::Audio => self.take_audio(payload, clock, now),
            Kind::Video => {
                let Some(receiving) = &mut self.receiving else { return };
                match crate::send::camera::read_stamp(payload) {
                    Some(stamp) => {
                        note_sender(&mut self.statistics, &stamp, now, |sender| sender.packets += 1);
                    }
                    None => self.statistics.corrupt += u64::from(!payload.is_empty()),
                }
                let whole = receiving.handle_picture(number, header, payload);
                self.note_frames(&whole, clock, now);
                self.wish_key_frame(now);
            }
        }
    }

    fn take_audio(&mut self, payload: &[u8], clock: &WallClock, now: Instant) {
        if opus::PacketFacts::parse(payload).is_ok_and(|facts| facts.silence) {
            self.statistics.silent += 1;
            return;
        }
        let Some(stamp) = payload.get(1..).and_then(Stamp::read) else {
            self.statistics.corrupt += 1;
            return;
        };
        if self.latest.is_none_or(|latest| (latest.seat, latest.source) != (stamp.seat, stamp.source)) {
            self.audio_frames = SeenWindow::new();
            self.playout = Playout::default();
        }
        self.latest = Some(stamp);
        if self.audio_frames.mark(u64::from(stamp.frame)) == Seen::Again {
            self.statistics.order_breaks += 1;
            return;
        }
        note_sender(&mut self.statistics, &stamp, now, |sender| {
            sender.packets += 1;
            sender.frames += 1;
            sender.first_frame_at.get_or_insert(now);
        });
        self.statistics.frames += 1;
        let took = clock.unix_micros(now).saturating_sub(stamp.sent_micros);
        let heard = self.playout.handle_frame(stamp.frame, Duration::from_micros(took));
        self.statistics.played += heard.played;
        self.statistics.concealed += heard.concealed;
        self.note_latency(&stamp, clock, now);
    }

    fn note_frames(&mut self, whole: &[WholeFrame], clock: &WallClock, now: Instant) {
        for frame in whole {
            if frame.is_key
                && let Some(receiving) = &mut self.receiving
            {
                receiving.next_key_frame_request = None;
            }
            self.statistics.picture_id_breaks += u64::from(!frame.follows);
            if self.view != ViewSize::Hidden {
                self.note_freeze(now);
            }
            let Some(stamp) = frame.stamp else {
                self.statistics.corrupt += 1;
                continue;
            };
            self.note_order(frame, &stamp);
            self.latest_timestamp = frame.timestamp;
            self.statistics.layer = Some(stamp.layer);
            if let Some(frames) = self.statistics.layer_frames.get_mut(usize::from(stamp.layer)) {
                *frames += 1;
            }
            self.statistics.frames += 1;
            self.statistics.key_frames += u64::from(frame.is_key);
            note_sender(&mut self.statistics, &stamp, now, |sender| {
                sender.frames += 1;
                sender.key_frames += u64::from(frame.is_key);
                sender.first_frame_at.get_or_insert(now);
            });
            self.note_latency(&stamp, clock, now);
        }
    }

    /// Frames of one layer of one sender follow on each other without a gap, or from a key frame on; another sender
    /// or layer begins with one, and another layer may show the same moment once more. Of the sizes of one stream a smaller one
    /// may follow at once.
    fn note_order(&mut self, frame: &WholeFrame, stamp: &Stamp) {
        if let Some(latest) = self.latest.replace(*stamp) {
            let is_same = (latest.seat, latest.source) == (stamp.seat, stamp.source);
            let is_other_layer = is_same && stamp.layer != latest.layer;
            let is_in_order = if frame.is_key {
                // From 0 again: the sender has joined anew.
                !is_same || stamp.frame == 0 || stamp.frame > latest.frame || is_other_layer
            } else {
                is_same && (!is_other_layer || frame.may_switch) && stamp.frame == latest.frame + 1
            };
            self.statistics.layer_switches += u64::from(is_other_layer);
            if is_same {
                self.note_timestamp(frame.timestamp, &latest, stamp);
            }
            self.statistics.order_breaks += u64::from(!is_in_order);
            if is_same && is_in_order {
                self.statistics.skipped_frames += u64::from(stamp.frame.saturating_sub(latest.frame + 1));
            }
        }
    }

    /// Timestamps go on by the time between the frames.
    fn note_timestamp(&mut self, timestamp: RtpTimestamp, latest: &Stamp, stamp: &Stamp) {
        let step = i64::from(timestamp.offset_from(self.latest_timestamp));
        let made = stamp.sent_micros.saturating_sub(latest.sent_micros);
        let made = ClockRate::VIDEO.ticks_in(Duration::from_micros(made)).cast_signed();
        let within = ClockRate::VIDEO.ticks_in(TIMESTAMP_OFF_MAX).cast_signed();
        self.statistics.timestamp_breaks += u64::from(step <= 0 || (step - made).abs() > within);
    }

    fn note_freeze(&mut self, now: Instant) {
        if let Some(last) = self.last_frame_at.replace(now) {
            let gap = now.saturating_duration_since(last);
            if gap > FREEZE_AFTER {
                self.statistics.freezes += 1;
                self.statistics.frozen += gap;
                self.statistics.frozen_max = self.statistics.frozen_max.max(gap);
            }
        }
    }

    fn note_latency(&mut self, stamp: &Stamp, clock: &WallClock, now: Instant) {
        let took = clock.unix_micros(now).saturating_sub(stamp.sent_micros);
        self.statistics.latency.note(Duration::from_micros(took));
    }
}

/// Notes something of the sender that a stamp names.
fn note_sender(
    statistics: &mut LaneStatistics,
    stamp: &Stamp,
    now: Instant,
    note: impl FnOnce(&mut SenderStatistics),
) {
    let key = (stamp.seat, stamp.source);
    if statistics.senders.len() >= SENDERS_MAX && !statistics.senders.contains_key(&key) {
        return;
    }
    let sender = statistics.senders.entry(key).or_insert_with(|| SenderStatistics::new(now));
    sender.last_at = now;
    note(sender);
}
