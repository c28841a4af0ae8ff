//! The end of a receive batch: for each subscriber, each packet, so that one subscriber's packets lie in one run.
//!
//! Audio leaves at once. So does video while the subscriber's budget allows it; what it does not allow waits (`pacing`).
//!
//! Nothing here allocates once its buffers have grown, and everything that is due is counted: what goes in comes out,
//! waits, or has a cause (facts of [`crate::Counters`]: `forward_due` is the sum of those that follow it).

use std::time::Instant;

use protocol::TrackId;

use super::Core;
use super::containment::Work;
use super::observing::Looked;
use super::trap::Point;
use crate::api::Path;
use crate::cache::Cache;
use crate::counters::Counters;
use crate::forward::{Lane, Skip};
use crate::keys::{PeerKey, RoomKey, TrackKey};
use crate::packet::{Layer, Packet};
use crate::peer::Peer;
use crate::peer::lane::PeerLane;
use crate::peer::media::Media;
use crate::room::layer::Receiving;
use crate::room::{Batched, Room};
use crate::send::bandwidth::Purpose;
use crate::send::waiting::Waiting;
use crate::send::{Runs, equalise};

/// Buffers that keep their memory from batch to batch.
#[derive(Default)]
pub(super) struct Scratch {
    lens: Vec<usize>,
    padding: Vec<u8>,
    peers: Vec<PeerKey>,
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
        let Scratch { lens, padding, peers, .. } = &mut self.scratch;
        prepare(room, lens, padding);
        peers.clear();
        peers.extend(room.peers());
        let mut out = Out { now, runs: &mut self.runs, counters: &mut self.counters };
        for key in peers {
            let Some(peer) = self.peers.get_mut(key.0) else { continue };
            if forward_to(peer, room, padding, &mut out) == Budget::Exceeded {
                let due = peer.media.as_ref().and_then(|media| media.downlink.poll_timeout());
                self.peer_timers.schedule(key.0, due.unwrap_or(now));
            }
            self.trap.spring(room.id, Point::Forward);
        }
        end_batch(room);
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

/// Whether two packets are neighbours of one layer.
fn is_same_layer(one: &Batched, other: &Batched) -> bool {
    (one.track, one.layer) == (other.track, other.layer)
}

/// Finds how much padding makes neighbours of one layer equal, once for all subscribers.
fn prepare(room: &Room, lens: &mut Vec<usize>, padding: &mut Vec<u8>) {
    lens.clear();
    padding.clear();
    padding.resize(room.batch.len(), 0);
    let mut from = 0;
    for group in room.batch.chunk_by(is_same_layer) {
        lens.clear();
        lens.extend(group.iter().map(|batched| packet(room, batched).map_or(0, |found| found.payload.len())));
        if group[0].is_video {
            equalise(lens, &mut padding[from..from + group.len()]);
        }
        from += group.len();
    }
}

#[inline]
fn packet<'a>(room: &'a Room, batched: &Batched) -> Option<Packet<'a>> {
    receiving(room, batched.track, batched.layer)?.cache.packet(batched.sequence)
}

#[inline]
pub(super) fn receiving(room: &Room, track: TrackKey, layer: Layer) -> Option<&Receiving> {
    room.track(track)?.receiving_of(layer)
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
fn forward_to(peer: &mut Peer, room: &Room, padding: &[u8], out: &mut Out<'_>) -> Budget {
    let path = peer.ice.selected();
    if let Some(path) = path {
        out.runs.turn_to(path);
    }
    let mut budget = Budget::Kept;
    let mut from = 0;
    for group in room.batch.chunk_by(is_same_layer) {
        let padding = &padding[from..from + group.len()];
        from += group.len();
        let Batched { track, layer, is_video, .. } = group[0];
        let Some(at) = peer.lane_of(track) else { continue };
        let (Some(receiving), Some(lane)) = (receiving(room, track, layer), peer.lanes.get_mut(at)) else {
            continue;
        };
        if !begin(lane, room, track, layer, receiving) {
            // Another layer's packets are nothing that the lane misses.
            continue;
        }
        out.counters.forward_due += group.len() as u64;
        let (Some(_), Some(media)) = (path, &mut peer.media) else {
            out.counters.forward_failed += group.len() as u64;
            continue;
        };
        for (batched, padding) in group.iter().zip(padding) {
            let Some(packet) = receiving.cache.packet(batched.sequence) else {
                // Run over by the rest of a batch that is larger than the cache.
                out.counters.forward_overflowed += 1;
                continue;
            };
            if is_video && !media.downlink.is_ready(out.now) {
                if lane.lane.pass_over(&packet) {
                    out.counters.forward_held_back += 1;
                    continue;
                }
                let len = (packet.descriptor.len() + packet.payload.len()) as u16;
                let sequence = batched.sequence;
                let waits = media.downlink.wait(Waiting { track, layer, sequence, padding: *padding, len });
                out.counters.forward_late += u64::from(!waits);
                budget = Budget::Exceeded;
                continue;
            }
            forward(media, &mut lane.lane, &packet, (&receiving.cache, *padding), out);
        }
    }
    budget
}

/// Whether a lane looks at a layer; it is told what is known of the layer's clock.
#[inline]
pub(super) fn begin(
    lane: &mut PeerLane,
    room: &Room,
    track: TrackKey,
    layer: Layer,
    receiving: &Receiving,
) -> bool {
    let track = room.track(track);
    lane.lane.set_targets(track.and_then(|track| track.scalable.as_ref()).map(|sizes| sizes.targets()));
    let id = track.map_or(TrackId(0), |track| track.id);
    lane.lane.begin(id, layer, receiving.media.reported_anchor())
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
    let Ok(len) = media.sealer.seal_rtp(space, forwarded.len) else {
        out.counters.forward_failed += 1;
        return;
    };
    media.downlink.handle_sent(out.now, media.transport.taken_since(number), len, Purpose::Media);
    media.heartbeat.handle_media(out.now);
    out.commit(len);
    out.counters.forwarded += 1;
    out.counters.forwarded_redundant += u64::from(forwarded.is_redundant);
}
