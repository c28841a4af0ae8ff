//! Time: what each peer and each room is due.

use std::time::Instant;

use protocol::signal::{LeaveReason, ServerMessage};
use protocol::{SeatId, close};

use super::Core;
use super::containment::Work;
use super::trap::Point;
use crate::ice::CONSENT_FOR;
use crate::keys::{PeerKey, RoomKey};
use crate::peer::{Peer, SETUP_MAX, SILENT_WITHOUT_SIGNAL_MAX};
use crate::room::EMPTY_ROOM_KEPT;

impl Core {
    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.work = Work::Tables;
        let mut due = std::mem::take(&mut self.scratch.due);
        self.peer_timers.take_due(now, &mut due);
        for place in &due {
            self.look_at_peer(now, PeerKey(*place));
        }
        self.work = Work::Tables;
        self.room_timers.take_due(now, &mut due);
        for place in &due {
            self.look_at_room(now, RoomKey(*place));
        }
        self.scratch.due = due;
    }

    fn look_at_peer(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let room = peer.room;
        self.work = Work::Room(room);
        while let Some(path) = peer.ice.expire(now) {
            self.index.remove_path(path, key);
        }
        if is_lost(peer, now) {
            return self.lose_peer(now, key);
        }
        if peer.media.as_ref().is_some_and(|media| media.allowance.is_overdrawn()) {
            return self.remove_overdrawn(now, key);
        }
        self.look_at_layers(now, key);
        self.look_at_downlink(now, key);
        self.spring(room, Point::PeerTimer);
        self.send_feedback(now, key);
        self.send_reports(now, key);
        self.look_at_try(now, key);
        self.send_heartbeat(now, key);
        if let Some(at) = self.peer_due(now, key) {
            self.peer_timers.schedule(key.0, at);
        }
    }

    /// When to look at a peer again.
    fn peer_due(&self, now: Instant, key: PeerKey) -> Option<Instant> {
        let peer = self.peers.get(key.0)?;
        let silence = if peer.has_signal() { CONSENT_FOR } else { SILENT_WITHOUT_SIGNAL_MAX };
        let Some(media) = &peer.media else {
            return Some((peer.began + SETUP_MAX).min(peer.heard + silence));
        };
        let room = self.rooms.get(peer.room.0)?;
        let tracks = peer.ingest.tracks().filter_map(|track| room.track(track)?.poll_timeout(now));
        let fixed = [
            Some(media.report_due),
            Some(media.heartbeat.due()),
            media.twcc.poll_timeout(),
            media.downlink.poll_timeout(),
            media.decided.due,
            Some(peer.heard + silence),
        ];
        // What was due now has been done; what could not be is tried again with the next report.
        let is_ahead = |at: &Instant| *at > now;
        let fixed = fixed.iter().copied().flatten().filter(is_ahead).min();
        tracks.filter(is_ahead).min().into_iter().chain(fixed).min()
    }

    fn look_at_room(&mut self, now: Instant, key: RoomKey) {
        let Some(room) = self.rooms.get_mut(key.0) else { return };
        self.work = Work::Room(key);
        if let Some(speakers) = room.speakers.poll(now) {
            let speakers = speakers.to_vec();
            self.broadcast(key, &ServerMessage::Speakers { speakers });
            self.hand_over_floor(now, key);
        }
        self.take_floor(now, key);
        self.spring(key, Point::RoomTimer);
        self.ease(now, key);
        self.look_at_quality(now, key);
        self.free_unclaimed_seats(now, key);
        let Some(room) = self.rooms.get(key.0) else { return };
        if room.is_over(now) {
            return self.close_empty_room(now, key);
        }
        let held = room.seats.values().filter_map(|seat| seat.held_until).min();
        let empty = room.empty_since.map(|since| since + EMPTY_ROOM_KEPT);
        let quality = (!room.seats.is_empty()).then_some(room.quality_due);
        let speakers = room.speakers.poll_timeout();
        let shedding = [room.shedding.eases_at(), room.shedding.floor_due()];
        let next = [held, empty, quality, speakers].into_iter().chain(shedding).flatten().min();
        if let Some(next) = next {
            self.room_timers.schedule(key.0, next);
        }
    }

    fn free_unclaimed_seats(&mut self, now: Instant, key: RoomKey) {
        let Some(room) = self.rooms.get(key.0) else { return };
        let is_over = |at: Option<Instant>| at.is_some_and(|until| until <= now);
        let over: Vec<SeatId> =
            room.seats.iter().filter(|(_, seat)| is_over(seat.held_until)).map(|(id, _)| *id).collect();
        for seat in over {
            self.free_seat(now, key, seat, LeaveReason::Lost, close::IDLE);
        }
    }
}

/// Whether a peer is gone: never connected, without consent, or silent and without signalling.
fn is_lost(peer: &Peer, now: Instant) -> bool {
    let silent = now.saturating_duration_since(peer.heard);
    let never_came = peer.media.is_none() && now.saturating_duration_since(peer.began) >= SETUP_MAX;
    let has_no_path = peer.media.is_some() && peer.ice.selected().is_none();
    never_came || has_no_path || (!peer.has_signal() && silent >= SILENT_WITHOUT_SIGNAL_MAX)
}
