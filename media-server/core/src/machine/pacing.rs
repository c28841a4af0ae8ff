//! When what waits for a subscriber's pacer leaves, and the padding of probes.
//!
//! ```text
//!  batch ──fits──▶ at once, as one run                         audio: always
//!        └─waits─▶ ticks of 5 ms: as much as the pacer allows, in the order of arrival
//!                  └ too much waits: all of it is dropped, and goes on with key frames
//! ```

use std::time::Instant;

use super::Core;
use super::fanout::{Out, Source, forward};
use crate::forward::Lane;
use crate::keys::PeerKey;
use crate::peer::Peer;
use crate::peer::media::Media;
use crate::room::Room;
use crate::send::RtxResponder;
use crate::send::bandwidth::Purpose;

/// Padding datagrams of one step: 64 of them are what a probe of 30 Mbit/s sends in a tick.
const PADDING_PER_TICK_MAX: usize = 64;

impl Core {
    /// A step of a subscriber's way: what waits and may leave, what a probe lacks, and which layers fit now.
    pub(super) fn look_at_downlink(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let (Some(path), Some(media)) = (peer.ice.selected(), &mut peer.media) else { return };
        media.downlink.tick(now);
        let Some(room) = self.rooms.get(peer.room.0) else { return };
        let mut out = Out { now, runs: &mut self.runs, counters: &mut self.counters };
        let is_late = peer.media.as_ref().is_some_and(|media| media.downlink.is_late());
        if is_late {
            drop_waiting(peer, &mut out);
            self.request_shown_key_frames(now, key);
        } else {
            out.runs.turn_to(path);
            send_waiting(peer, room, &mut out);
            send_padding(peer, &mut out);
        }
        self.allocate_if_due(now, key);
    }

    /// Comes back when the next step is due.
    pub(super) fn schedule_downlink(&mut self, key: PeerKey) {
        let media = self.peers.get(key.0).and_then(|peer| peer.media.as_ref());
        if let Some(due) = media.and_then(|media| media.downlink.poll_timeout()) {
            self.peer_timers.schedule(key.0, due);
        }
    }
}

fn send_waiting(peer: &mut Peer, room: &Room, out: &mut Out<'_>) {
    let Some(media) = &mut peer.media else { return };
    while let Some(waiting) = media.downlink.poll_waiting(out.now) {
        let lane = peer.lane_of.get(waiting.track.0).copied().flatten();
        let lane = lane.and_then(|at| peer.lanes.get_mut(usize::from(at)));
        let source = Source::of(room, waiting.track, waiting.layer);
        let (Some(lane), Some(source)) = (lane, source) else {
            // The track has gone, or went to another lane.
            out.counters.forward_held_back += 1;
            continue;
        };
        let cache = &source.receiving.cache;
        let Some(packet) = cache.packet(waiting.sequence) else {
            out.counters.forward_overflowed += 1;
            continue;
        };
        if source.begin(&mut lane.lane) {
            forward(media, &mut lane.lane, &packet, (cache, waiting.padding), out);
        } else {
            out.counters.forward_held_back += 1;
        }
    }
}

/// What waits is of no use any more: it is dropped, and the pictures that it belongs to go on with key frames.
fn drop_waiting(peer: &mut Peer, out: &mut Out<'_>) {
    let Some(media) = &mut peer.media else { return };
    for waiting in media.downlink.drop_waiting() {
        out.counters.forward_late += 1;
        let lane = peer.lane_of.get(waiting.track.0).copied().flatten();
        if let Some(lane) = lane.and_then(|at| peer.lanes.get_mut(usize::from(at))) {
            lane.lane.interrupt();
        }
    }
}

/// Fills a probe with packets of the first lane's RTX stream. A subscriber without RTX is probed by what it shows alone.
fn send_padding(peer: &mut Peer, out: &mut Out<'_>) {
    let Some(media) = &mut peer.media else { return };
    let Some(lane) = peer.lanes.iter_mut().find(|lane| lane.rtx.is_some()) else { return };
    let Some(rtx) = &mut lane.rtx else { return };
    for _ in 0..PADDING_PER_TICK_MAX {
        let Some(padding) = media.downlink.poll_padding(out.now) else { return };
        if pad(media, (&lane.lane, rtx), padding, out).is_none() {
            return;
        }
    }
}

fn pad(
    media: &mut Media,
    (lane, rtx): (&Lane, &mut RtxResponder),
    padding: u8,
    out: &mut Out<'_>,
) -> Option<()> {
    let space = out.runs.space()?;
    let number = media.transport.next();
    let len = rtx.pad(lane, padding, &mut media.transport, space)?;
    let sealed = media.sealer.seal_rtp(space, len).ok()?;
    media.downlink.handle_sent(out.now, media.transport.taken_since(number), sealed, Purpose::Padding);
    out.commit(sealed);
    out.counters.padding_sent += 1;
    Some(())
}
