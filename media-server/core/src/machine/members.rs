//! Who sees what: a seat's peers, takeover, lanes, and what everybody is told.

use std::time::Instant;

use protocol::node::RoomEventKind;
use protocol::signal::{Kind, ServerMessage};
use protocol::{SeatId, close};
use srtp::KeyingMaterial;

use super::Core;
use crate::api::Output;
use crate::keys::{PeerKey, RoomKey, TrackKey};
use crate::peer::Handshake;
use crate::peer::lane::PeerLane;
use crate::peer::media::Media;
use crate::quality::Quality;
use crate::room::lanes::assign;
use crate::room::seat::Seat;

impl Core {
    /// Puts a new peer on its seat: it speaks for the seat at once when nobody does, else when its media is up.
    pub(super) fn seat_peer(&mut self, now: Instant, room: RoomKey, seat: SeatId, key: PeerKey) {
        let Some(place) = self.rooms.get_mut(room.0).and_then(|room| room.seats.get_mut(&seat)) else {
            return;
        };
        place.held_until = None;
        if place.active.is_none() {
            place.active = Some(key);
        } else if let Some(before) = place.pending.replace(key) {
            self.close_peer(now, before, close::REPLACED);
        }
    }

    /// The handshake is through: media flows, and the peer takes over its seat.
    pub(super) fn start_media(&mut self, now: Instant, key: PeerKey, keys: &KeyingMaterial) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        if peer.media.is_some() {
            // The same keys again would seal the same indexes again.
            return;
        }
        let tells = peer.lanes.iter().any(PeerLane::tells_arrivals);
        peer.media = Some(Media::new(keys, tells, &self.config.limits, now));
        peer.handshake = Handshake::Done;
        peer.quality = Quality::new(now);
        let (room, seat) = (peer.room, peer.seat);
        self.peer_timers.schedule(key.0, now);
        self.room_timers.schedule(room.0, now);
        self.end_used_secret(room, seat, key);
        self.take_over(now, room, seat, key);
        self.report_joined(room, seat);
        self.settle_layers(now, room);
    }

    fn take_over(&mut self, now: Instant, room_key: RoomKey, seat_id: SeatId, key: PeerKey) {
        let Some(room) = self.rooms.get_mut(room_key.0) else { return };
        let Some(seat) = room.seats.get_mut(&seat_id) else { return };
        if seat.pending != Some(key) {
            return;
        }
        seat.pending = None;
        let Some(before) = seat.active.replace(key) else { return };
        self.inherit_lanes(room_key, before, key);
        self.close_peer(now, before, close::REPLACED);
        self.refresh_lanes(room_key, now);
        self.announce(room_key, seat_id);
    }

    /// Every lane that shows a track of `before` goes on with the track of `after` that shows the same, so that
    /// nobody's picture moves to another place.
    pub(super) fn inherit_lanes(&mut self, room_key: RoomKey, before: PeerKey, after: PeerKey) {
        let Some(room) = self.rooms.get(room_key.0) else { return };
        let mut pairs: Vec<(TrackKey, TrackKey)> = Vec::new();
        for (old, track) in room.tracks_of(before) {
            let heir = room.tracks_of(after).into_iter().find(|(new, other)| {
                other.source == track.source && !pairs.iter().any(|(_, taken)| taken == new)
            });
            if let Some((new, _)) = heir {
                pairs.push((old, new));
            }
        }
        for key in room.peers() {
            let Some(peer) = self.peers.get_mut(key.0) else { continue };
            for lane in &mut peer.lanes {
                if let Some((_, new)) = pairs.iter().find(|(old, _)| lane.track == Some(*old)) {
                    lane.go_on_with(*new);
                }
            }
            peer.index_lanes();
        }
    }

    pub(super) fn report_joined(&mut self, room_key: RoomKey, seat_id: SeatId) {
        let Some(room) = self.rooms.get_mut(room_key.0) else { return };
        let Some(seat) = room.seats.get_mut(&seat_id) else { return };
        if seat.is_waiting() || std::mem::replace(&mut seat.is_reported, true) {
            return;
        }
        let kind = RoomEventKind::Joined { seat: seat_id, role: seat.role };
        self.event(room_key, kind);
    }

    /// Settles the lanes of everybody in the room, and tells those whose lanes changed.
    pub(super) fn refresh_lanes(&mut self, room_key: RoomKey, now: Instant) {
        self.limit_tracks(room_key);
        let Some(room) = self.rooms.get(room_key.0) else { return };
        let peers: Vec<PeerKey> = room.peers().collect();
        for key in peers {
            self.fill_lanes(room_key, key);
        }
        self.settle_layers(now, room_key);
    }

    /// Settles which tracks are on the lanes of one peer.
    pub(super) fn fill_lanes(&mut self, room_key: RoomKey, key: PeerKey) {
        let (Some(room), Some(peer)) = (self.rooms.get(room_key.0), self.peers.get_mut(key.0)) else {
            return;
        };
        for kind in [Kind::Audio, Kind::Video] {
            let mut wanted = room.wanted(peer.seat, kind);
            wanted.retain(|track| {
                let codecs = room.track(*track).map(|track| track.codecs.as_slice()).unwrap_or_default();
                let mut lanes = peer.lanes.iter().filter(|lane| lane.kind == kind);
                lanes.all(|lane| codecs.iter().any(|codec| lane.decodes(codec.codec)))
            });
            let after = assign(&peer.shown(kind), &wanted);
            let lanes = peer.lanes.iter_mut().filter(|lane| lane.kind == kind);
            for (lane, track) in lanes.zip(after) {
                lane.show(track);
            }
        }
        for lane in &mut peer.lanes {
            // A muted track leaves its lane's name, and nothing of it passes.
            let track = lane.track.and_then(|key| room.track(key)).filter(|track| track.is_active);
            lane.lane.set_track(track.map(|track| track.id));
        }
        peer.index_lanes();
    }

    /// Asks for key frames of what waits on this peer's lanes, if it can receive.
    pub(super) fn request_shown_key_frames(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get(key.0).filter(|peer| peer.media.is_some()) else { return };
        let Some(room) = self.rooms.get_mut(peer.room.0) else { return };
        for lane in &peer.lanes {
            let Some(layer) = lane.lane.wanted_key_frame() else { continue };
            let Some(track) = lane.track.and_then(|track| room.track_mut(track)) else { continue };
            track.request_key_frame(layer);
            self.peer_timers.schedule(track.peer.0, now);
        }
    }

    /// Takes a track out of the room, and off every lane, before its place is used again.
    pub(super) fn remove_track(&mut self, room_key: RoomKey, track: TrackKey) {
        let Some(room) = self.rooms.get_mut(room_key.0) else { return };
        let Some(removed) = room.tracks.try_remove(track.0) else { return };
        if let Some(peer) = self.peers.get_mut(removed.peer.0) {
            peer.ingest.remove(track);
        }
        for key in room.peers() {
            let Some(peer) = self.peers.get_mut(key.0) else { continue };
            for lane in peer.lanes.iter_mut().filter(|lane| lane.track == Some(track)) {
                lane.show(None);
                lane.lane.set_track(None);
            }
            peer.index_lanes();
        }
    }

    /// Tells everybody in the room, the seat itself included, how the seat is now. Of who waits or is hidden only they
    /// themselves are told.
    pub(super) fn announce(&mut self, room_key: RoomKey, seat: SeatId) {
        let Some(room) = self.rooms.get(room_key.0) else { return };
        let (Some(participant), Some(place)) = (room.participant(seat), room.seats.get(&seat)) else {
            return;
        };
        let message = ServerMessage::Participant { participant };
        if place.is_listed() {
            self.broadcast(room_key, &message);
        } else {
            self.signal_seat(room_key, seat, &message);
        }
    }

    /// Tells one seat.
    pub(super) fn signal_seat(&mut self, room_key: RoomKey, seat: SeatId, message: &ServerMessage) {
        let seat = self.rooms.get(room_key.0).and_then(|room| room.seats.get(&seat));
        for key in seat.into_iter().flat_map(Seat::peers).collect::<Vec<_>>() {
            self.signal(key, message.clone());
        }
    }

    /// Tells everybody who does not wait.
    pub(super) fn broadcast(&mut self, room_key: RoomKey, message: &ServerMessage) {
        let Some(room) = self.rooms.get(room_key.0) else { return };
        let peers: Vec<PeerKey> = room.peers_inside().collect();
        for key in peers {
            self.signal(key, message.clone());
        }
    }

    pub(super) fn signal(&mut self, key: PeerKey, message: ServerMessage) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        if let Some((connection, number)) = peer.signalling.say(&message) {
            self.output(Output::Signal { peer: connection, seq: Some(number), message });
        }
    }

    pub(super) fn event(&mut self, room_key: RoomKey, kind: RoomEventKind) {
        if let Some(room) = self.rooms.get(room_key.0) {
            let (clinic, id, generation) = (room.clinic, room.id, room.generation);
            self.output(Output::Event { clinic, room: id, generation, kind });
        }
    }
}
