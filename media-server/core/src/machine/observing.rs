//! How each connection of a room was in the last second, what it is due to, and what the room is told of it.
//!
//! ```text
//!  each second   counters ─▶ a sample of each direction ─▶ signs ─▶ cause ─▶ verdict, timeline      (quality/)
//!  each minute   the timeline ─▶ `quality` to the control plane
//!  each other    what has changed of grades, scores and causes ─▶ `quality` to everybody
//! ```
//!
//! What comes from people is looked at before what goes to them: a picture that stands because it does not come is nobody
//! else's fault.

use std::time::{Duration, Instant};

use protocol::SeatId;
use protocol::signal::{DeviceLimit, Kind, Pause, SeatQuality, ServerMessage, Source};
use rtp::{Bitrate, DataSize};

use super::Core;
use crate::api::PeerId;
use crate::keys::{PeerKey, RoomKey, TrackKey};
use crate::peer::Peer;
use crate::peer::lane::{Grant, PeerLane};
use crate::quality::cause::{Condition, Signs, cause};
use crate::quality::mos::Rating;
use crate::quality::sample::Sample;
use crate::quality::{Direction, SAMPLE_EVERY};
use crate::receive::stream::Missing;
use crate::room::Room;
use crate::room::layer::GAP_MAX;

/// Buffers that keep their memory from second to second.
#[derive(Default)]
pub(super) struct Looked {
    /// Those of whom others are told: who is let in. As many as a room has seats.
    listed: Vec<(SeatId, PeerKey)>,
    /// The tracks of which something is wanted of their publishers; each as often as it is.
    watched: Vec<TrackKey>,
    quality: Vec<SeatQuality>,
}

/// A second of one direction, and what of it is for the cause alone.
#[derive(Clone, Copy, Default)]
struct Seen {
    sample: Sample,
    is_held: bool,
    is_shed: bool,
}

impl Core {
    pub(super) fn handle_device(&mut self, id: PeerId, limited: DeviceLimit) {
        if let Some((key, _)) = self.peer_and_room(id)
            && let Some(peer) = self.peers.get_mut(key.0)
        {
            peer.watch.limited = limited;
        }
    }

    pub(super) fn look_at_quality(&mut self, now: Instant, key: RoomKey) {
        let Some(room) = self.rooms.get_mut(key.0) else { return };
        if now < room.quality_due {
            return;
        }
        room.quality_due = now + SAMPLE_EVERY;
        let since = std::mem::replace(&mut room.looked_at, now).max(now - SAMPLE_EVERY * 2);
        let tells = room.tells_quality;
        room.tells_quality = !tells;
        let mut looked = std::mem::take(&mut self.scratch.looked);
        let active = room.seats.iter().filter(|(_, seat)| seat.is_listed());
        let active = active.filter_map(|(id, seat)| Some((*id, seat.active?)));
        let has_media = |key: PeerKey| self.peers.get(key.0).is_some_and(|peer| peer.media.is_some());
        looked.listed.clear();
        looked.listed.extend(active.filter(|(_, key)| has_media(*key)));

        self.find_watched(key, &mut looked.watched);
        for (_, peer) in &looked.listed {
            self.observe(key, *peer, &looked.watched, (since, now));
        }
        if tells {
            self.tell_quality(now, key, &mut looked);
        }
        self.scratch.looked = looked;
    }

    fn find_watched(&self, key: RoomKey, watched: &mut Vec<TrackKey>) {
        watched.clear();
        let Some(room) = self.rooms.get(key.0) else { return };
        let peers = room.peers().filter_map(|key| self.peers.get(key.0)).filter(|peer| peer.media.is_some());
        let lanes = peers.flat_map(|peer| &peer.lanes).filter(|lane| lane.kind == Kind::Video);
        let shows = |lane: &PeerLane| {
            let key = lane.track?;
            lane.cap(room.track(key)?).map(|_| key)
        };
        watched.extend(lanes.filter_map(shows));
    }

    /// Takes a second of one participant.
    fn observe(&mut self, room_key: RoomKey, key: PeerKey, watched: &[TrackKey], span: (Instant, Instant)) {
        let (Some(room), Some(peer)) = (self.rooms.get_mut(room_key.0), self.peers.get_mut(key.0)) else {
            return;
        };
        let now = span.1;
        let seen = [receive(peer, room, watched, span), send(peer, room, span)];
        let samples = seen.map(|one| one.sample);
        let [receive, send] = Direction::ALL.map(|direction| {
            let Seen { sample, is_held, .. } = seen[direction as usize];
            Condition {
                rating: sample.rating,
                lost_permille: peer.quality.lost_permille(direction, now),
                jitter: sample.jitter,
                is_frozen: !sample.frozen.is_zero(),
                is_held,
            }
        });
        let signs = Signs {
            receive,
            send,
            rtt: peer.rtt,
            is_shed: seen.iter().any(|one| one.is_shed),
            is_common: false,
            is_device: peer.watch.limited == DeviceLimit::Cpu,
        };
        let is_common = self.crowd.handle_second(signs.is_bad() && !signs.is_shed, now);
        let cause = cause(&Signs { is_common, ..signs });
        let rating = Rating::worse(samples[0].rating, samples[1].rating);
        peer.watch.verdict.handle_second(rating, cause);
        peer.watch.last = samples;
        self.quality.count(&samples, peer.watch.verdict.cause());
        let seat = peer.seat;
        let timeline = room.seats.get_mut(&seat).map(|seat| &mut seat.timeline);
        if let Some(told) = timeline.and_then(|line| line.handle_second(seat, &samples, cause, span)) {
            self.event(room_key, told);
        }
    }

    fn tell_quality(&mut self, now: Instant, key: RoomKey, looked: &mut Looked) {
        let quality = &mut looked.quality;
        quality.clear();
        for (seat, peer) in &looked.listed {
            let Some(peer) = self.peers.get_mut(peer.0) else { continue };
            peer.quality.poll(now);
            quality.push(SeatQuality {
                seat: *seat,
                grade: peer.quality.grade(),
                video_paused: peer.lanes.iter().any(|lane| lane.grant == Grant::Nothing),
                mos: peer.watch.verdict.mos(),
                cause: peer.watch.verdict.cause(),
            });
        }
        if let Some(room) = self.rooms.get_mut(key.0)
            && room.told_quality != *quality
        {
            room.told_quality.clone_from(quality);
            self.broadcast(key, &ServerMessage::Quality { quality: quality.clone() });
        }
    }
}

fn at(kind: Kind) -> usize {
    usize::from(kind == Kind::Video)
}

/// Of two kinds, sound if there was any.
fn sound_first<T: Copy>(all: [T; 2], is_some: impl Fn(&T) -> bool) -> T {
    if is_some(&all[0]) { all[0] } else { all[1] }
}

/// What came from a participant.
fn receive(peer: &Peer, room: &mut Room, watched: &[TrackKey], (since, now): (Instant, Instant)) -> Seen {
    let mut seen = Seen::default();
    let mut streams = [(Missing::default(), Duration::ZERO); 2];
    for key in peer.ingest.tracks() {
        let is_watched = watched.contains(&key);
        let Some(track) = room.track_mut(key) else { continue };
        seen.sample.bitrate += track.rate(now);
        let (missing, jitter) = &mut streams[at(track.kind())];
        for receiving in track.layers.iter_mut().filter_map(|layer| layer.receiving.as_mut()) {
            let part = receiving.media.look();
            *missing = missing.and(part);
            if part.expected > 0 {
                *jitter = receiving.media.jitter().max(*jitter);
            }
        }
        if track.source != Source::Camera {
            continue;
        }
        let is_on = track.is_active && !track.is_waiting;
        let flow = track.flow();
        let may_come = is_on && is_watched && !track.is_held_up();
        let stood = track.freeze.look(may_come, flow, GAP_MAX, (since, now));
        seen.sample.frozen = seen.sample.frozen.max(stood);
        seen.is_held |= is_on && track.is_held_up();
        seen.is_shed |= is_on && track.allowed.is_none();
        let comes =
            is_on && flow.is_some_and(|flow| now.saturating_duration_since(flow.last) <= SAMPLE_EVERY);
        let highest = track.running_layers().highest().filter(|_| comes);
        seen.sample.layer = seen.sample.layer.max(highest);
    }
    if seen.is_held {
        seen.sample.frozen = now - since;
    }
    seen.is_held |= peer.quality.is_lost(now);
    let (missing, jitter) = sound_first(streams, |(missing, _)| missing.expected > 0);
    seen.sample.jitter = jitter;
    seen.sample.rtt = Some(peer.rtt).filter(|rtt| !rtt.is_zero());
    seen.sample = seen.sample.with_loss(missing.speech_loss());
    seen
}

/// What went to a participant.
fn send(peer: &mut Peer, room: &Room, (since, now): (Instant, Instant)) -> Seen {
    let mut seen = Seen::default();
    let mut sent = 0_u32;
    let (mut depth, mut repeats) = (0, false);
    for lane in &mut peer.lanes {
        let lane_sent = lane.lane.sent();
        sent = sent.wrapping_add(lane_sent.octets);
        let track = lane.track.and_then(|key| room.track(key)).filter(|track| track.is_active);
        let Some(track) = track else {
            lane.shown.stood(None, lane_sent.packets);
            continue;
        };
        if lane.kind == Kind::Audio {
            depth = depth.max(lane.lane.depth());
            repeats |= lane.rtx.is_some();
            continue;
        }
        let pause = lane.pause_of(track);
        seen.is_held |= pause == Some(Pause::Downlink);
        seen.is_shed |= pause == Some(Pause::Overload);
        // What does not come cannot be shown.
        let comes = track.flow().is_some_and(|flow| now.saturating_duration_since(flow.last) <= GAP_MAX);
        let is_camera = track.source == Source::Camera;
        let is_due = is_camera && comes && pause.is_none() && lane.view_cap(track).is_some();
        let stood = lane.shown.stood(is_due.then_some(track.id), lane_sent.packets);
        if stood || (is_camera && matches!(pause, Some(Pause::Downlink | Pause::Overload))) {
            seen.sample.frozen = now - since;
        }
        if is_camera {
            seen.sample.layer = seen.sample.layer.max(lane.lane.current_layer().filter(|_| is_due));
        }
    }
    let before = std::mem::replace(&mut peer.watch.sent, sent);
    let size = DataSize::from_bytes(u64::from(sent.wrapping_sub(before)));
    // Lanes that have gone take what they sent with them.
    let rate = size.per(now - since).filter(|rate| *rate <= crate::send::bandwidth::MOST);
    seen.sample.bitrate = rate.unwrap_or(Bitrate::ZERO);
    seen.sample.rtt = Some(peer.rtt).filter(|rtt| !rtt.is_zero());
    if let Some(media) = peer.media.as_ref().filter(|media| media.downlink.is_told()) {
        let told = peer.watch.reported.handle_feedback(media.downlink.losses(), now);
        if let Some(fraction) = (u64::from(told.lost) * 256).checked_div(u64::from(told.told)) {
            peer.quality.handle_loss(Direction::Send, fraction.min(255) as u8, now);
        }
    }
    let known = peer.watch.reported.take(depth, repeats, now);
    seen.sample.jitter = known.map_or(Duration::ZERO, |(_, jitter)| jitter);
    seen.sample = seen.sample.with_loss(known.map(|(loss, _)| loss));
    seen
}
