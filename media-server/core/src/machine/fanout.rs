//! The end of a receive batch: for each subscriber, each packet, so that one subscriber's packets lie in one run.
//!
//! Nothing here allocates once its buffers have grown, and everything that is due is counted: what goes in comes out
//! or has a cause (facts of [`crate::Counters`]: `forward_due` is the sum of the four that follow it).

use std::time::Instant;

use protocol::TrackId;
use protocol::signal::SeatQuality;
use rtp::DataSize;

use super::Core;
use super::containment::Work;
use super::trap::Point;
use crate::api::Path;
use crate::counters::Counters;
use crate::forward::{Lane, Skip};
use crate::keys::{PeerKey, RoomKey, TrackKey};
use crate::packet::{Layer, Packet};
use crate::peer::Peer;
use crate::peer::media::Media;
use crate::room::layer::Receiving;
use crate::room::{Batched, Room};
use crate::send::{Runs, equalise};

/// Buffers that keep their memory from batch to batch.
#[derive(Default)]
pub(super) struct Scratch {
    lens: Vec<usize>,
    padding: Vec<u8>,
    peers: Vec<PeerKey>,
    pub(super) due: Vec<usize>,
    pub(super) quality: Vec<SeatQuality>,
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
        for peer in peers {
            let Some(peer) = self.peers.get_mut(peer.0) else { continue };
            forward_to(peer, room, padding, now, &mut self.runs, &mut self.counters);
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
fn receiving(room: &Room, track: TrackKey, layer: Layer) -> Option<&Receiving> {
    room.track(track)?.receiving_of(layer)
}

/// All packets of the batch that one subscriber shows.
fn forward_to(
    peer: &mut Peer,
    room: &Room,
    padding: &[u8],
    now: Instant,
    runs: &mut Runs<Path>,
    counters: &mut Counters,
) {
    let path = peer.ice.selected();
    let mut from = 0;
    for group in room.batch.chunk_by(is_same_layer) {
        let padding = &padding[from..from + group.len()];
        from += group.len();
        let Batched { track, layer, .. } = group[0];
        let Some(at) = peer.lane_of(track) else { continue };
        let (Some(receiving), Some(lane)) = (receiving(room, track, layer), peer.lanes.get_mut(at)) else {
            continue;
        };
        let id = room.track(track).map_or(TrackId(0), |track| track.id);
        if !lane.lane.begin(id, layer, receiving.media.reported_anchor()) {
            // Another layer's packets are nothing that the lane misses.
            continue;
        }
        counters.forward_due += group.len() as u64;
        let (Some(path), Some(media)) = (path, &mut peer.media) else {
            counters.forward_failed += group.len() as u64;
            continue;
        };
        for (batched, padding) in group.iter().zip(padding) {
            let Some(packet) = receiving.cache.packet(batched.sequence) else {
                // Run over by the rest of a batch that is larger than the cache.
                counters.forward_overflowed += 1;
                continue;
            };
            match forward(media, &mut lane.lane, &packet, *padding, now, runs) {
                Outcome::Written(len) => {
                    runs.commit(path, len);
                    counters.forwarded += 1;
                    counters.datagrams_sent += 1;
                    counters.bytes_sent += len as u64;
                }
                Outcome::HeldBack => counters.forward_held_back += 1,
                Outcome::Failed => counters.forward_failed += 1,
                Outcome::Overflowed => counters.forward_overflowed += 1,
            }
        }
    }
}

enum Outcome {
    /// A datagram of this length lies in the arena's free space.
    Written(usize),
    /// The lane does not send it.
    HeldBack,
    Failed,
    Overflowed,
}

/// One packet to one lane: selected, rewritten, sealed in place.
#[inline]
fn forward(
    media: &mut Media,
    lane: &mut Lane,
    packet: &Packet<'_>,
    padding: u8,
    now: Instant,
    runs: &mut Runs<Path>,
) -> Outcome {
    // Padding of the publisher carries nothing. Its number is closed up, unless later ones are on their way.
    if packet.payload.is_empty() && lane.skip(packet) == Skip::Closed {
        return Outcome::HeldBack;
    }
    let Some(space) = runs.space() else { return Outcome::Overflowed };
    let Some(forwarded) = lane.forward(packet, padding, &mut media.transport, now, space) else {
        return Outcome::HeldBack;
    };
    match media.sealer.seal_rtp(space, forwarded.len) {
        Ok(len) => {
            media.pacer.handle_sent(DataSize::from_bytes(len as u64));
            media.heartbeat.handle_media(now);
            Outcome::Written(len)
        }
        Err(_) => Outcome::Failed,
    }
}
