//! Which layer goes on which lane, and which layers publishers are asked to send.
//!
//! ```text
//!  a view changes, a track comes on a lane ─┐   allocating   ┌─▶ each lane its target     (PeerLane::target)
//!  a layer begins or stops to come ─────────┼─ settle_layers ┼─▶ key frames asked for
//!  somebody comes or goes ──────────────────┘                └─▶ `layers` to publishers   (Asked)
//! ```

use std::time::Instant;

use protocol::Problem;
use protocol::limits::SDP_MEDIA_MAX;
use protocol::signal::{LaneView, Pause, ServerMessage};

use super::Core;
use crate::api::PeerId;
use crate::keys::{PeerKey, RoomKey, TrackKey};
use crate::packet::Layers;
use crate::peer::negotiation::Refusal;
use crate::room::track::Track;

impl Core {
    pub(super) fn handle_view(&mut self, now: Instant, id: PeerId, views: &[LaneView]) {
        let Some((key, room)) = self.peer_and_room(id) else { return };
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        if let Err(detail) = check_views(views, |mid| peer.lanes.iter().any(|lane| lane.mid == mid)) {
            return self.refuse(key, &Refusal::new(Problem::BadMessage, detail));
        }
        for view in views {
            if let Some(lane) = peer.lanes.iter_mut().find(|lane| lane.mid == view.mid) {
                lane.view = view.size;
            }
        }
        // What the others get does not depend on it, but which layers publishers are asked for does.
        self.allocate(now, room, key);
        self.tell_lanes(room, key);
        self.settle_targets(now, room);
    }

    /// Settles the layers of a whole room. It is small, and this is rare beside its packets.
    pub(super) fn settle_layers(&mut self, now: Instant, room_key: RoomKey) {
        let Some(room) = self.rooms.get(room_key.0) else { return };
        let peers: Vec<PeerKey> = room.peers().collect();
        for peer in peers {
            self.allocate(now, room_key, peer);
            self.tell_lanes(room_key, peer);
        }
        self.settle_targets(now, room_key);
    }

    /// Settles which layer goes on which lane, by what each has been granted, and which are asked for.
    pub(super) fn settle_targets(&mut self, now: Instant, room_key: RoomKey) {
        let Some(room) = self.rooms.get_mut(room_key.0) else { return };
        for peer in room.peers() {
            let Some(peer) = self.peers.get_mut(peer.0) else { continue };
            for lane in &mut peer.lanes {
                if let Some(track) = lane.track.and_then(|track| room.track(track)) {
                    let target = lane.target(track);
                    lane.lane.set_target(target, lane.change(track));
                }
            }
        }
        let tracks: Vec<TrackKey> = room.tracks.iter().map(|(at, _)| TrackKey(at)).collect();
        for track in tracks {
            self.ask_for_layers(now, room_key, track);
        }
        self.request_key_frames(now, room_key);
    }

    /// Tells a track's publisher which of its layers are wanted, when it is to start one, and settles when to stop one.
    fn ask_for_layers(&mut self, now: Instant, room_key: RoomKey, key: TrackKey) {
        let Some(room) = self.rooms.get_mut(room_key.0) else { return };
        // A muted one sends nothing by itself, and goes on with what it sent without waiting for a message.
        let may_send = |track: &&Track| track.can_stop() && track.is_active && !track.is_held_up();
        let Some(track) = room.track(key).filter(may_send) else {
            return;
        };
        let mut cap = None;
        // Who is still connecting can show nothing, and a key frame that comes too early puts the next one off.
        let connected = |peer: PeerKey| self.peers.get(peer.0).filter(|peer| peer.media.is_some());
        for peer in room.peers() {
            let lane = connected(peer).and_then(|peer| peer.lanes.get(peer.lane_of(key)?));
            cap = cap.max(lane.and_then(|lane| lane.cap(track)));
        }
        let publisher = track.peer;
        let Some(track) = room.track_mut(key) else { return };
        let wanted = Layers::up_to(cap.map(|cap| track.to_ask_for(cap)));
        if let Some(told) = track.asked.set_wanted(wanted, now) {
            let message = describe(track, told);
            self.signal(publisher, message);
        } else if let Some(due) = track.asked.poll_timeout() {
            self.peer_timers.schedule(publisher.0, due);
        }
    }

    /// What is due of a publisher's layers: some have stopped by themselves, others are wanted no more.
    pub(super) fn look_at_layers(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get(key.0) else { return };
        let Some(room) = self.rooms.get_mut(peer.room.0) else { return };
        let room_key = peer.room;
        let (mut has_stopped, mut messages) = (false, Vec::new());
        for track in peer.ingest.tracks() {
            let Some(track) = room.track_mut(track) else { continue };
            has_stopped |= track.note_stopped_layers();
            if let Some(told) = track.asked.poll(now) {
                messages.push(describe(track, told));
            }
        }
        for message in messages {
            self.signal(key, message);
        }
        if has_stopped {
            self.settle_layers(now, room_key);
        }
    }

    /// Tells a publisher of those of its tracks of which nothing is asked for, and why.
    pub(super) fn tell_nothing_asked(&mut self, key: PeerKey) {
        let Some(peer) = self.peers.get(key.0) else { return };
        let Some(room) = self.rooms.get(peer.room.0) else { return };
        let tracks = peer.ingest.tracks().filter_map(|track| room.track(track));
        let tracks = tracks.filter(|track| track.can_stop() && track.asked.told().is_empty());
        for message in tracks.map(|track| describe(track, Layers::NONE)).collect::<Vec<_>>() {
            self.signal(key, message);
        }
    }

    /// Asks for key frames of what lanes wait for, of those who can receive.
    pub(super) fn request_key_frames(&mut self, now: Instant, room_key: RoomKey) {
        let Some(room) = self.rooms.get(room_key.0) else { return };
        let peers: Vec<PeerKey> = room.peers().collect();
        for peer in peers {
            self.request_shown_key_frames(now, peer);
        }
    }
}

/// Each names a lane, none twice.
fn check_views(views: &[LaneView], is_lane: impl Fn(&str) -> bool) -> Result<(), &'static str> {
    if views.len() > SDP_MEDIA_MAX {
        return Err("more lanes than an offer can have");
    }
    for (at, view) in views.iter().enumerate() {
        if !is_lane(&view.mid) {
            return Err("no lane on this m-line");
        }
        if views[..at].iter().any(|other| other.mid == view.mid) {
            return Err("a lane is named twice");
        }
    }
    Ok(())
}

fn describe(track: &Track, told: Layers) -> ServerMessage {
    let named = track.layers().zip(&track.layers).filter(|(at, _)| told.contains(*at));
    let rids = named.filter_map(|(_, layer)| layer.rid).map(|rid| rid.as_str().to_owned());
    let sizes = track.is_one_stream().then(|| told.highest().map_or(0, |highest| highest.0 + 1));
    let paused = track.is_held_up().then_some(Pause::Uplink);
    ServerMessage::Layers { mid: track.mid.clone(), rids: rids.collect(), sizes, paused }
}
