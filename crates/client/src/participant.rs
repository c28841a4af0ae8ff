//! [`Participant`]: everything that a headless participant decides.

mod dialogue;
mod feedback;
mod media;
mod moderation;
mod signalling;
mod sink;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use dtls::Identity;
use protocol::SeatId;
use protocol::chat::Text;
use protocol::signal::{ClientMessage, Kind, LaneView, Numbered, Source, ViewSize};
use rtp::{Bitrate, Ssrc};

use self::dialogue::Dialogue;
pub use self::moderation::Moderation;
use crate::chat::Chat;
use crate::clock::WallClock;
use crate::config::{LayerConfig, ParticipantConfig, Voice};
use crate::event::Event;
use crate::ice::Path;
use crate::random::Random;
use crate::receive::Lane;
use crate::sdp::{Line, LineRole, Vp9};
use crate::send::{Publisher, RateController, StreamNumbers, TrackTargets};
use crate::stamp::SeatTag;
use crate::statistics::{LaneReport, Statistics, TrackReport, TransportStatistics};
use crate::transport::Transport;

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where from and where to.
    pub path: Path,
    /// What.
    pub bytes: Vec<u8>,
}

/// A participant as a state machine: no socket, clock or thread.
///
/// After each `handle_*` and each command the owner takes what came of it, each until `None`:
/// [`poll_datagram`](Self::poll_datagram), [`poll_signal`](Self::poll_signal), [`poll_event`](Self::poll_event);
/// and asks [`poll_timeout`](Self::poll_timeout) when to call [`handle_timeout`](Self::handle_timeout) next.
/// `now` never goes back.
///
/// One participant is one seat. When its signalling breaks, [`reattach`](Self::reattach) goes on over another connection;
/// when its network changes, [`restart_ice`](Self::restart_ice) finds the transport another path;
/// [`resume`](Self::resume) gives it a new transport, as a page that comes back does.
pub struct Participant {
    config: ParticipantConfig,
    identity: Arc<Identity>,
    wall: SystemTime,
    clock: WallClock,
    random: Random,
    locals: Vec<SocketAddr>,
    session_id: u64,
    version: u64,
    cname: String,
    /// Sends feedback while nothing is published.
    feedback_ssrc: Ssrc,
    seat: Option<SeatId>,
    tag: SeatTag,
    resume_secret: Option<String>,
    room: BTreeMap<SeatId, protocol::signal::Participant>,
    speakers: Vec<SeatId>,
    moderation: Moderation,
    lines: Vec<Line>,
    /// Of each layer of each publishing line, in their order; for the transport that is being offered.
    numbers: Vec<Vec<StreamNumbers>>,
    publishers: Vec<Publisher>,
    lanes: Vec<Lane>,
    transport: Transport,
    /// The answer that is awaited is for a transport that has none yet.
    is_new_transport: bool,
    reduced_size: bool,
    reported_round_trip: Option<Duration>,
    rate: RateController,
    counted: TransportStatistics,
    next_report: Instant,
    next_ping: Option<Instant>,
    pings: u32,
    is_over: bool,
    dialogue: Dialogue,
    chat: Chat,
    last_heard: Option<Instant>,
    /// Packets that were counted, whether opened or not.
    sunk: u32,
    events: VecDeque<Event>,
}

impl Participant {
    /// A participant at these own addresses, preferred ones first. `wall_clock` is the time of day now: participants
    /// that measure each other's latency get it from one clock.
    #[must_use]
    pub fn new(
        config: ParticipantConfig,
        identity: Arc<Identity>,
        locals: &[SocketAddr],
        now: Instant,
        wall_clock: SystemTime,
    ) -> Self {
        let mut random = Random::new(config.seed);
        let (start, max) = video_rates(&config);
        let mut participant = Self {
            identity,
            wall: wall_clock,
            clock: WallClock::new(now, wall_clock),
            locals: locals.to_vec(),
            session_id: random.next_u64() >> 2,
            version: 0,
            cname: random.ice_chars(16),
            feedback_ssrc: Ssrc(random.next_u32()),
            seat: None,
            tag: SeatTag(0),
            resume_secret: None,
            room: BTreeMap::new(),
            speakers: Vec::new(),
            moderation: Moderation::default(),
            lines: Vec::new(),
            numbers: Vec::new(),
            publishers: Vec::new(),
            lanes: Vec::new(),
            transport: Transport::new(Random::new(random.bytes()), locals, now),
            is_new_transport: true,
            reduced_size: false,
            reported_round_trip: None,
            rate: RateController::new(start, max, now),
            counted: TransportStatistics::default(),
            next_report: now,
            next_ping: None,
            pings: 0,
            is_over: false,
            dialogue: Dialogue::default(),
            chat: Chat::default(),
            last_heard: None,
            sunk: 0,
            events: VecDeque::new(),
            random,
            config,
        };
        participant.lay_out(now);
        participant
    }

    /// The m-lines: what is published, then the lanes.
    fn lay_out(&mut self, now: Instant) {
        let config = self.config.clone();
        if let Some(microphone) = config.microphone {
            let mid = self.publish(Source::Microphone, &[], Vp9::None);
            self.publishers.push(Publisher::microphone(microphone, &mid, now));
        }
        for (source, video) in [(Source::Camera, config.camera), (Source::Screen, config.screen)] {
            let Some(video) = video else { continue };
            let vp9 = if video.scalable { Vp9::First } else { Vp9::None };
            let mid = self.publish(source, video.layers(), vp9);
            self.publishers.push(Publisher::video(video, source, &mid, &mut self.random, now));
        }
        for _ in 0..config.audio_lanes {
            self.lay_lane(Kind::Audio);
        }
        for _ in 0..config.video_lanes {
            self.lay_lane(Kind::Video);
        }
    }

    fn publish(&mut self, source: Source, layers: &'static [LayerConfig], vp9: Vp9) -> String {
        let (role, numbers) = fresh_streams(source, layers, &mut self.random);
        let mid = self.lines.len().to_string();
        self.lines.push(Line { mid: mid.clone(), kind: source.kind(), role, vp9 });
        self.numbers.push(numbers);
        mid
    }

    fn lay_lane(&mut self, kind: Kind) {
        let mid = self.lines.len().to_string();
        self.lanes.push(Lane::new(&mid, kind, self.is_sink()));
        let vp9 = if kind == Kind::Video && self.config.shows_sizes { Vp9::Last } else { Vp9::None };
        self.lines.push(Line { mid, kind, role: LineRole::Receive, vp9 });
    }

    /// Takes a datagram that came on `path`; opens it in place.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        if self.is_over {
            return;
        }
        if self.is_sink() && self.sink(now, datagram) {
            self.last_heard = Some(now);
            return;
        }
        let inside = self.transport.handle_datagram(now, path, datagram, &mut self.counted);
        if let Some(inside) = inside {
            self.last_heard = Some(now);
            self.handle_media(now, &inside, datagram);
        }
        self.advance(now);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.is_over {
            return;
        }
        self.transport.handle_timeout(now);
        self.ping(now);
        self.send_media(now);
        self.send_feedback(now);
        self.advance(now);
    }

    /// When [`Self::handle_timeout`] is due next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.is_over {
            return None;
        }
        let mut due = self.transport.poll_timeout().into_iter().chain(self.next_ping).min();
        if self.transport.media.is_some() {
            let media = self.publishers.iter().filter_map(Publisher::poll_timeout);
            let lanes = self.lanes.iter().filter_map(Lane::poll_timeout);
            due = due.into_iter().chain(media).chain(lanes).chain([self.next_report]).min();
        }
        due
    }

    /// The next datagram to send.
    pub fn poll_datagram(&mut self) -> Option<Transmit> {
        let transmit = self.transport.poll_datagram()?;
        self.counted.datagrams_sent += 1;
        self.counted.bytes_sent += transmit.bytes.len() as u64;
        Some(transmit)
    }

    /// The next message to the node.
    pub fn poll_signal(&mut self) -> Option<Numbered<ClientMessage>> {
        self.dialogue.poll()
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The own addresses changed; preferred ones first. An address that is gone is not sent from any more, and a
    /// preferred new one takes over as soon as the node answers there.
    pub fn set_local_addresses(&mut self, now: Instant, locals: &[SocketAddr]) {
        self.locals = locals.to_vec();
        self.transport.ice.set_locals(locals, now);
        self.advance(now);
    }

    /// Switches a published track on or off, and tells the node.
    pub fn set_active(&mut self, now: Instant, source: Source, is_active: bool) {
        for publisher in self.publishers.iter_mut().filter(|publisher| publisher.source() == source) {
            if publisher.set_active(is_active, now) && self.seat.is_some() {
                self.moderation.asked.retain(|(asked, _)| *asked != source);
                let mid = publisher.mid().to_owned();
                self.dialogue.say(ClientMessage::Track { mid, active: is_active });
            }
        }
    }

    /// What the microphone hears from now on.
    pub fn set_voice(&mut self, voice: Voice) {
        for publisher in &mut self.publishers {
            publisher.set_voice(voice);
        }
    }

    /// A track's media clock falls behind by so much, as where a machine is too busy to record.
    pub fn fall_behind(&mut self, source: Source, by: Duration) {
        for publisher in self.publishers.iter_mut().filter(|publisher| publisher.source() == source) {
            publisher.fall_behind(by);
        }
    }

    /// Shows somebody's track at this size from now on, on whichever lane it is, and tells the node. `false` when it is on
    /// none.
    pub fn set_view(&mut self, seat: SeatId, source: Source, size: ViewSize) -> bool {
        let Some(one) = self.room.get(&seat) else { return false };
        let track = one.tracks.iter().find(|track| track.source == source).map(|track| track.id);
        let lane = self.lanes.iter_mut().find(|lane| lane.track.is_some() && lane.track == track);
        let Some(lane) = lane else { return false };
        lane.set_view(size);
        let lanes = vec![LaneView { mid: lane.mid().to_owned(), size }];
        self.dialogue.say(ClientMessage::View { lanes });
        true
    }

    /// Writes something to everybody: now, or as soon as the data channel is open.
    pub fn say(&mut self, now: Instant, text: Text) {
        self.chat.say(now, text, &mut self.random, self.transport.channel.as_mut());
        self.transport.advance_channel();
    }

    /// The own seat, once joined.
    #[must_use]
    pub const fn seat(&self) -> Option<SeatId> {
        self.seat
    }

    /// Whether media can flow.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.transport.media.is_some()
    }

    /// Whether it has left, or the consultation has ended.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// When media or feedback came last.
    #[must_use]
    pub const fn last_heard(&self) -> Option<Instant> {
        self.last_heard
    }

    /// Where media goes.
    #[must_use]
    pub fn path(&self) -> Option<Path> {
        self.transport.ice.selected()
    }

    /// Everybody in the room as the node says, oneself included.
    pub fn participants(&self) -> impl Iterator<Item = &protocol::signal::Participant> {
        self.room.values()
    }

    /// Who speaks as the node says, loudest first.
    #[must_use]
    pub fn speakers(&self) -> &[SeatId] {
        &self.speakers
    }

    /// Everything counted so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let tracks = self.publishers.iter().map(|publisher| TrackReport {
            mid: publisher.mid().to_owned(),
            source: publisher.source(),
            is_active: publisher.is_active(),
            ssrc: publisher.ssrc(),
            sent: publisher.statistics(),
            layers: publisher.layers(),
        });
        let lanes = self.lanes.iter().map(|lane| LaneReport {
            mid: lane.mid().to_owned(),
            kind: lane.kind(),
            ssrc: lane.streams().map(|streams| streams.ssrc),
            track: lane.track,
            seat: lane.seat,
            view: lane.view,
            received: lane.statistics().clone(),
        });
        Statistics {
            transport: self.counted,
            target: self.rate.target(),
            round_trip: self.reported_round_trip.or_else(|| self.transport.round_trip()),
            tracks: tracks.collect(),
            lanes: lanes.collect(),
        }
    }

    fn send_media(&mut self, now: Instant) {
        let Some(media) = &mut self.transport.media else { return };
        let is_video = |one: &&Publisher| one.is_active() && one.source().kind() == Kind::Video;
        let videos = self.publishers.iter().filter(is_video).count().max(1);
        let share = self.rate.target().scaled(1, u32::try_from(videos).unwrap_or(1));
        let targets = TrackTargets { video: share };
        for publisher in &mut self.publishers {
            let sender = (self.tag, &self.clock);
            publisher.handle_timeout(now, sender, targets, &mut media.wire, &mut self.random);
        }
    }

    fn ping(&mut self, now: Instant) {
        if self.next_ping.is_some_and(|due| due <= now) {
            self.ping_now(now);
        }
    }

    fn ping_now(&mut self, now: Instant) {
        self.next_ping = Some(now + PING_EVERY);
        self.pings = self.pings.wrapping_add(1);
        self.dialogue.ping(self.pings);
    }

    fn advance(&mut self, now: Instant) {
        self.transport.advance(now, (&self.identity, self.wall), &mut self.events);
        if let Some(channel) = &mut self.transport.channel {
            self.chat.advance(now, channel, &mut self.events);
            self.transport.advance_channel();
        }
    }
}

/// New numbers for a publishing line, and what it offers of them.
fn fresh_streams(
    source: Source,
    layers: &'static [LayerConfig],
    random: &mut Random,
) -> (LineRole, Vec<StreamNumbers>) {
    let first = StreamNumbers::new(random);
    if layers.is_empty() {
        return (LineRole::Publish { source, ssrc: first.ssrc, rtx: first.rtx }, vec![first]);
    }
    let others = layers[1..].iter().map(|_| StreamNumbers::new(random));
    (LineRole::Simulcast { source, layers }, [first].into_iter().chain(others).collect())
}

/// Between two pings: half of what the node asks for, so that one may be late.
const PING_EVERY: Duration = Duration::from_millis(2500);

/// Where all video together starts and ends.
fn video_rates(config: &ParticipantConfig) -> (Bitrate, Bitrate) {
    let videos = || config.camera.iter().chain(&config.screen);
    (videos().map(|video| video.start).max().unwrap_or_default(), videos().map(|video| video.max).sum())
}
