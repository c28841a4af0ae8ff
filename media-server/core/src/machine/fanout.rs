//! The end of a receive batch: for each subscriber, each packet, so that one subscriber's packets lie in one run.
//!
//! Audio leaves at once. So does video while the subscriber's budget allows it; what it does not allow waits (`pacing`).
//!
//! Nothing here allocates once its buffers have grown, and everything that is due is counted: what goes in comes out,
//! waits, or has a cause (facts of [`crate::Counters`]: `forward_due` is the sum of those that follow it).

use std::time::Instant;

use arrayvec::ArrayVec;
use protocol::TrackId;

use super::Core;
use super::containment::Work;
use super::observing::Looked;
use super::trap::Point;
use crate::api::Path;
use crate::cache::Cache;
use crate::counters::Counters;
use crate::forward::{Lane, Skip, Targets};
use crate::keys::{PeerKey, RoomKey, TrackKey};
use crate::packet::{Layer, Packet};
use crate::peer::Peer;
use crate::peer::media::Media;
use crate::room::layer::Receiving;
use crate::room::{BATCH_MAX, Batched, Room};
use crate::send::bandwidth::Purpose;
use crate::send::waiting::Waiting;
use crate::send::{Runs, equalise};

/// Buffers that keep their memory from batch to batch.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) due: Vec<usize>,
    pub(super) looked: Looked,
    /// Peers whose DTLS datagrams were counted in this batch.
    pub(super) dtls_peers: Vec<PeerKey>,
}

impl Core {
    /// Ends a receive batch: forwards its packets, subscriber by subscriber.
    pub fn flush(&mut self, now: Instant) {
        self.work = Work::Tables;
        self.dtls_in_flush = 0;
        while let Some(key) = self.scratch.dtls_peers.pop() {
            if let Some(peer) = self.peers.get_mut(key.0) {
                peer.dtls_in_flush = 0;
            }
        }
        for at in 0..self.dirty.len() {
            if let Some(room) = self.dirty.get(at).copied() {
                self.flush_room(now, room);
            }
        }
        self.work = Work::Tables;
        self.dirty.clear();
    }

    /// Forwards what a room's batch holds so far.
    pub(super) fn flush_room(&mut self, now: Instant, key: RoomKey) {
        let Some(room) = self.rooms.get_mut(key.0) else { return };
        self.work = Work::Room(key);
        room.batch.sort_unstable();
        self.forward_batch(now, key);
        if let Some(room) = self.rooms.get_mut(key.0) {
            end_batch(room);
        }
    }

    fn forward_batch(&mut self, now: Instant, key: RoomKey) {
        let Some(room) = self.rooms.get(key.0) else { return };
        let (mut packets, mut groups) = (ArrayVec::new(), ArrayVec::new());
        find_packets(room, &mut packets);
        find_groups(room, &packets, &mut groups);
        let mut out = Out { now, runs: &mut self.runs, counters: &mut self.counters };
        for key in room.peers() {
            let Some(peer) = self.peers.get_mut(key.0) else { continue };
            if forward_to(peer, &groups, &mut out) == Budget::Exceeded {
                let due = peer.media.as_ref().and_then(|media| media.downlink.poll_timeout());
                self.peer_timers.schedule(key.0, due.unwrap_or(now));
            }
            self.trap.spring(room.id, Point::Forward);
        }
    }
}

/// What the batch holds is forwarded: its places in the caches may be run over.
fn end_batch(room: &mut Room) {
    for batched in &room.batch {
        let layer = room.tracks.get_mut(batched.track.0).and_then(|track| track.layer_mut(batched.layer));
        if let Some(receiving) = layer.and_then(|layer| layer.receiving.as_mut()) {
            receiving.end_batch();
        }
    }
    room.batch.clear();
}

/// A packet of the batch, found once for all subscribers.
struct Prepared<'a> {
    batched: Batched,
    /// `None` when the rest of a batch that is larger than the cache has run over it.
    packet: Option<Packet<'a>>,
    /// What makes neighbours of one layer equal.
    padding: u8,
}

/// Neighbours of one layer, and what is the same of them for all subscribers.
struct Group<'a> {
    track: TrackKey,
    is_video: bool,
    source: Source<'a>,
    packets: &'a [Prepared<'a>],
}

/// A layer that packets come from.
pub(super) struct Source<'a> {
    pub(super) receiving: &'a Receiving,
    track: TrackId,
    layer: Layer,
    targets: Option<Targets>,
}

/// The packets of the batch, in its order.
fn find_packets<'a>(room: &'a Room, packets: &mut ArrayVec<Prepared<'a>, BATCH_MAX>) {
    for group in room.batch.chunk_by(is_same_layer) {
        let receiving = receiving(room, group[0].track, group[0].layer);
        let from = packets.len();
        for batched in group.iter().take(packets.remaining_capacity()) {
            let packet = receiving.and_then(|receiving| receiving.cache.packet(batched.sequence));
            packets.push(Prepared { batched: *batched, packet, padding: 0 });
        }
        if group[0].is_video {
            pad(&mut packets[from..]);
        }
    }
}

/// Finds how much padding makes neighbours equal.
fn pad(group: &mut [Prepared<'_>]) {
    let mut lens = ArrayVec::<usize, BATCH_MAX>::new();
    lens.extend(group.iter().map(|one| one.packet.map_or(0, |packet| packet.payload.len())));
    let mut padding = [0; BATCH_MAX];
    equalise(&lens, &mut padding);
    for (one, padding) in group.iter_mut().zip(padding) {
        one.padding = padding;
    }
}

fn find_groups<'a>(room: &'a Room, packets: &'a [Prepared<'a>], groups: &mut ArrayVec<Group<'a>, BATCH_MAX>) {
    for packets in packets.chunk_by(|one, other| is_same_layer(&one.batched, &other.batched)) {
        let Batched { track, layer, is_video, .. } = packets[0].batched;
        // There are no more groups than packets.
        groups.extend(Source::of(room, track, layer).map(|source| Group {
            track,
            is_video,
            source,
            packets,
        }));
    }
}

/// Whether two packets are neighbours of one layer.
fn is_same_layer(one: &Batched, other: &Batched) -> bool {
    (one.track, one.layer) == (other.track, other.layer)
}

fn receiving(room: &Room, track: TrackKey, layer: Layer) -> Option<&Receiving> {
    room.track(track)?.receiving_of(layer)
}

impl<'a> Source<'a> {
    /// `None` where nothing of it has come, or its track has gone.
    pub(super) fn of(room: &'a Room, track: TrackKey, layer: Layer) -> Option<Self> {
        let track = room.track(track)?;
        let targets = track.scalable.as_ref().map(|sizes| sizes.targets());
        Some(Self { receiving: track.receiving_of(layer)?, track: track.id, layer, targets })
    }

    /// Whether a lane looks at it; the lane is told what is known of its clock and its sizes.
    #[inline]
    pub(super) fn begin(&self, lane: &mut Lane) -> bool {
        lane.set_targets(self.targets);
        lane.begin(self.track, self.layer, self.receiving.media.reported_anchor())
    }
}

/// Where datagrams go, and what is counted.
pub(super) struct Out<'a> {
    pub(super) now: Instant,
    pub(super) runs: &'a mut Runs<Path>,
    pub(super) counters: &'a mut Counters,
}

impl Out<'_> {
    /// A datagram of this length lies in the arena's free space; it goes where the runs are turned to.
    #[inline]
    pub(super) fn commit(&mut self, len: usize) {
        self.runs.commit(len);
        self.counters.datagrams_sent += 1;
        self.counters.bytes_sent += len as u64;
    }
}

/// Whether a subscriber's budget allowed all of a batch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Budget {
    Kept,
    /// Something waits, or waited too long.
    Exceeded,
}

/// All packets of the batch that one subscriber shows.
fn forward_to(peer: &mut Peer, groups: &[Group<'_>], out: &mut Out<'_>) -> Budget {
    let path = peer.ice.selected();
    if let Some(path) = path {
        out.runs.turn_to(path);
    }
    let mut budget = Budget::Kept;
    for Group { track, is_video, source, packets } in groups {
        let Some(lane) = peer.lane_of(*track).and_then(|at| peer.lanes.get_mut(at)) else { continue };
        if !source.begin(&mut lane.lane) {
            // Another layer's packets are nothing that the lane misses.
            continue;
        }
        out.counters.forward_due += packets.len() as u64;
        let (Some(_), Some(media)) = (path, &mut peer.media) else {
            out.counters.forward_failed += packets.len() as u64;
            continue;
        };
        for Prepared { batched, packet, padding } in *packets {
            let Some(packet) = packet else {
                out.counters.forward_overflowed += 1;
                continue;
            };
            if *is_video && !media.downlink.is_ready(out.now) {
                if lane.lane.pass_over(packet) {
                    out.counters.forward_held_back += 1;
                    continue;
                }
                let waits = media.downlink.wait(waiting(batched, packet, *padding));
                out.counters.forward_late += u64::from(!waits);
                budget = Budget::Exceeded;
                continue;
            }
            forward(media, &mut lane.lane, packet, (&source.receiving.cache, *padding), out);
        }
    }
    budget
}

fn waiting(batched: &Batched, packet: &Packet<'_>, padding: u8) -> Waiting {
    let len = (packet.descriptor.len() + packet.payload.len()) as u16;
    Waiting { track: batched.track, layer: batched.layer, sequence: batched.sequence, padding, len }
}

/// One packet to one lane, and to where the runs are turned to: selected, rewritten, sealed in place, and counted by what came
/// of it.
#[inline]
pub(super) fn forward(
    media: &mut Media,
    lane: &mut Lane,
    packet: &Packet<'_>,
    (cache, padding): (&Cache, u8),
    out: &mut Out<'_>,
) {
    // Padding of the publisher carries nothing. Its number is closed up, unless later ones are on their way.
    if packet.payload.is_empty() && lane.skip(packet) == Skip::Closed {
        out.counters.forward_held_back += 1;
        return;
    }
    let Some(space) = out.runs.space() else {
        out.counters.forward_overflowed += 1;
        return;
    };
    let number = media.transport.next();
    let Some(forwarded) = lane.forward_from(cache, packet, padding, &mut media.transport, out.now, space)
    else {
        out.counters.forward_held_back += 1;
        return;
    };
    let Ok(len) = media.sealer.seal_rtp_after(forwarded.header_len, space, forwarded.len) else {
        out.counters.forward_failed += 1;
        return;
    };
    media.downlink.handle_sent(out.now, media.transport.taken_since(number), len, Purpose::Media);
    media.heartbeat.handle_media(out.now);
    out.commit(len);
    out.counters.forwarded += 1;
    out.counters.forwarded_redundant += u64::from(forwarded.is_redundant);
}
