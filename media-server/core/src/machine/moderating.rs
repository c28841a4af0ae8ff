//! Moderation: what those who may do it order, and what is told of it.
//!
//! | order | what becomes of it |
//! |---|---|
//! | mute | the track is off, whatever comes or is offered, until its owner says that it is on |
//! | ask | told to its owner, who answers by `track` or `decline`; asked again, it is said once |
//! | permit | what is taken away is off; given back, it stays off until its owner says that it is on |
//! | remove | the seat is free, its secrets are dead; with a new token it waits |
//! | lock | nobody new but moderators |
//! | admit, turn_away | of somebody who waits: the media that is up already begins to flow, or the seat is free |
//!
//! An order about somebody who has left meanwhile does nothing: that is no error.

use std::time::Instant;

use protocol::moderation::Moderation;
use protocol::signal::{LeaveReason, ServerMessage, Source};
use protocol::{MediaPermissions, Problem, SeatId, close};

use super::Core;
use crate::api::PeerId;
use crate::keys::{PeerKey, RoomKey, TrackKey};
use crate::packet::Codecs;
use crate::peer::negotiation::Refusal;
use crate::room::moderation::{By, Told};
use crate::room::seat::Seat;

impl Core {
    pub(super) fn handle_moderate(&mut self, now: Instant, id: PeerId, order: Moderation) {
        let Some((key, room)) = self.peer_and_room(id) else { return };
        if let Err(refusal) = self.moderate(now, (room, key), order) {
            self.refuse(key, &refusal);
        }
    }

    fn moderate(
        &mut self,
        now: Instant,
        (room, key): (RoomKey, PeerKey),
        order: Moderation,
    ) -> Result<(), Refusal> {
        let own = self.peers.get(key.0).map(|peer| peer.seat);
        let moderator = own.and_then(|own| Some((own, self.seat(room, own)?)));
        let Some((own, place)) = moderator.filter(|(_, seat)| seat.is_moderator()) else {
            return Err(Refusal::new(Problem::NotAllowed, "may not moderate"));
        };
        let by = By { seat: own, role: place.role };
        match order {
            Moderation::Mute { seat, source } => self.mute(now, room, (seat, source), by),
            Moderation::Ask { seat, source } => return self.ask(room, (seat, source), by),
            Moderation::Permit { seat, permissions } => return self.permit(now, room, seat, permissions),
            Moderation::Remove { seat } => return self.remove(now, room, seat),
            Moderation::Lock { locked } => {
                if let Some(room) = self.rooms.get_mut(room.0) {
                    room.moderation.is_locked = locked;
                }
                self.tell_moderation(room, None);
            }
            Moderation::Admit { seat } => return self.admit(now, room, seat),
            Moderation::TurnAway { seat } => self.turn_seat_away(now, room, seat),
        }
        Ok(())
    }

    fn mute(&mut self, now: Instant, room_key: RoomKey, (seat, source): (SeatId, Source), by: By) {
        // Also who is just coming back, and may come with it on.
        let is_on = self.has_active(room_key, seat, source);
        let Some(place) = self.seat_mut(room_key, seat).filter(|seat| !seat.is_waiting()) else { return };
        if !is_on && place.active.is_some() {
            return;
        }
        place.moderated.mute(source, by);
        self.switch_off(room_key, seat, |of| of == source);
        let muted = ServerMessage::Muted { source, by: by.seat, role: by.role };
        self.signal_seat(room_key, seat, &muted);
        self.refresh_lanes(room_key, now);
        self.announce(room_key, seat);
    }

    fn ask(&mut self, room_key: RoomKey, (seat, source): (SeatId, Source), by: By) -> Result<(), Refusal> {
        if !matches!(source, Source::Microphone | Source::Camera) {
            return Err(Refusal::new(Problem::BadMessage, "only a microphone or a camera is asked for"));
        }
        let is_on = self.has_active(room_key, seat, source);
        let Some(place) = self.seat_mut(room_key, seat).filter(|seat| !seat.is_waiting()) else {
            return Ok(());
        };
        if !source.allowed_by(place.may()) {
            return Err(Refusal::new(Problem::NotAllowed, "may not publish what is asked for"));
        }
        if !is_on && place.moderated.ask(source, by) {
            let asked = ServerMessage::Asked { source, by: by.seat, role: by.role };
            self.signal_seat(room_key, seat, &asked);
        }
        Ok(())
    }

    pub(super) fn handle_decline(&mut self, id: PeerId, source: Source) {
        let Some((key, room)) = self.peer_and_room(id) else { return };
        let Some(seat) = self.peers.get(key.0).map(|peer| peer.seat) else { return };
        let asked = self.seat_mut(room, seat).and_then(|seat| seat.moderated.answer(source));
        if let Some(by) = asked {
            self.signal_seat(room, by.seat, &ServerMessage::Declined { seat, source });
        }
    }

    /// The owner says that it is on; `false` when it may not be.
    pub(super) fn switch_on(&mut self, room: RoomKey, seat: SeatId, source: Source) -> bool {
        let Some(place) = self.seat_mut(room, seat) else { return false };
        let may = source.allowed_by(place.may());
        if may {
            place.moderated.unmute(source);
        }
        may
    }

    fn permit(
        &mut self,
        now: Instant,
        room_key: RoomKey,
        seat: SeatId,
        allowed: MediaPermissions,
    ) -> Result<(), Refusal> {
        let Some(place) = self.seat_mut(room_key, seat) else { return Ok(()) };
        if place.permissions.moderate {
            return Err(Refusal::new(Problem::NotAllowed, "moderates too"));
        }
        let before = place.may();
        place.moderated.allowed = allowed;
        let permissions = place.may();
        for source in [Source::Microphone, Source::Camera] {
            if !source.allowed_by(permissions) {
                place.moderated.answer(source);
            }
        }
        if let Some(room) = self.rooms.get_mut(room_key.0) {
            room.moderation.permitted(seat, allowed);
        }
        if before == permissions {
            return Ok(());
        }
        self.switch_off(room_key, seat, |source| !source.allowed_by(permissions));
        self.signal_seat(room_key, seat, &ServerMessage::Permissions { permissions });
        self.refresh_lanes(room_key, now);
        self.announce(room_key, seat);
        self.tell_moderation(room_key, None);
        Ok(())
    }

    fn remove(&mut self, now: Instant, room_key: RoomKey, seat: SeatId) -> Result<(), Refusal> {
        let Some(place) = self.seat(room_key, seat) else { return Ok(()) };
        if place.permissions.moderate {
            return Err(Refusal::new(Problem::NotAllowed, "moderates too"));
        }
        if let Some(room) = self.rooms.get_mut(room_key.0) {
            room.moderation.removed(seat);
        }
        self.free_seat(now, room_key, seat, LeaveReason::Removed, close::REMOVED);
        Ok(())
    }

    fn admit(&mut self, now: Instant, room_key: RoomKey, seat: SeatId) -> Result<(), Refusal> {
        let seats_max = self.config.limits.room_seats_max;
        let Some(room) = self.rooms.get_mut(room_key.0) else { return Ok(()) };
        if !room.seats.get(&seat).is_some_and(Seat::is_waiting) {
            return Ok(());
        }
        if !room.has_free_seat(seats_max) {
            return Err(Refusal::new(Problem::RoomFull, "all seats are taken"));
        }
        room.moderation.admitted(seat);
        for (_, track) in room.tracks.iter_mut().filter(|(_, track)| track.seat == seat) {
            track.is_waiting = false;
        }
        let Some(place) = room.seats.get_mut(&seat) else { return Ok(()) };
        place.moderated.is_waiting = false;
        let peers: Vec<PeerKey> = place.peers().collect();
        let active = place.active.and_then(|key| self.peers.get(key.0));
        let has_media = active.is_some_and(|peer| peer.media.is_some());
        let decodes = active.map_or(Codecs::ALL, |peer| peer.decodes);
        let participants = room.participants(seat);
        for key in &peers {
            self.signal(*key, ServerMessage::Admitted { participants: participants.clone() });
            self.send_told(*key);
            self.tell_moderation(room_key, Some(*key));
            self.hear_after_waiting(*key);
        }
        self.tell_moderation(room_key, None);
        if has_media {
            self.report_joined(room_key, seat);
        }
        self.refresh_lanes(room_key, now);
        self.announce(room_key, seat);
        self.end_undecoded(now, room_key, seat, decodes);
        Ok(())
    }

    fn turn_seat_away(&mut self, now: Instant, room_key: RoomKey, seat: SeatId) {
        if self.is_waiting(room_key, seat) {
            let detail = "nobody lets this seat in".to_owned();
            self.signal_seat(
                room_key,
                seat,
                &ServerMessage::Refused { problem: Problem::TurnedAway, detail },
            );
            self.free_seat(now, room_key, seat, LeaveReason::Removed, close::REMOVED);
        }
    }

    /// What a new connection of a seat has to know behind `joined`.
    pub(super) fn tell_newcomer(&mut self, room_key: RoomKey, seat: SeatId, key: PeerKey) {
        self.tell_moderation(room_key, Some(key));
        let Some(place) = self.seat(room_key, seat).filter(|seat| !seat.is_waiting()) else { return };
        let muted = place.moderated.muted().map(|(source, By { seat: by, role })| ServerMessage::Muted {
            source,
            by,
            role,
        });
        let asked = place.moderated.asked().map(|(source, By { seat: by, role })| ServerMessage::Asked {
            source,
            by,
            role,
        });
        for message in muted.chain(asked).collect::<Vec<_>>() {
            self.signal(key, message);
        }
    }

    /// Tells everybody how the room is, and moderators what concerns them, where that has changed; a newcomer in any
    /// case.
    pub(super) fn tell_moderation(&mut self, room_key: RoomKey, newcomer: Option<PeerKey>) {
        let Some(room) = self.rooms.get_mut(room_key.0) else { return };
        let now = room.moderation_now();
        let before = std::mem::replace(&mut room.moderation.told, now.clone());
        let Told { is_locked: locked, is_recorded: recorded, waiting, seats } = now;
        let has_room_changed = (before.is_locked, before.is_recorded) != (locked, recorded);
        let have_seats_changed = (before.waiting, before.seats) != (waiting.clone(), seats.clone());
        let mut messages = Vec::new();
        for (_, seat) in room.seats.iter().filter(|(_, seat)| !seat.is_waiting()) {
            for key in seat.peers() {
                let is_new = newcomer == Some(key);
                if has_room_changed || (is_new && (locked || recorded)) {
                    messages.push((key, ServerMessage::Room { locked, recorded }));
                }
                if seat.permissions.moderate && (have_seats_changed || is_new) {
                    let (waiting, seats) = (waiting.clone(), seats.clone());
                    messages.push((key, ServerMessage::Moderation { waiting, seats }));
                }
            }
        }
        for (key, message) in messages {
            self.signal(key, message);
        }
    }

    pub(super) fn is_waiting(&self, room: RoomKey, seat: SeatId) -> bool {
        self.seat(room, seat).is_some_and(Seat::is_waiting)
    }

    /// Whether somebody's track of this source is on, on whichever of their transports.
    fn has_active(&self, room: RoomKey, seat: SeatId, source: Source) -> bool {
        let room = self.rooms.get(room.0);
        room.is_some_and(|room| {
            let mut tracks = room.tracks.iter();
            tracks.any(|(_, track)| track.seat == seat && track.source == source && track.is_active)
        })
    }

    fn switch_off(&mut self, room: RoomKey, seat: SeatId, is_meant: impl Fn(Source) -> bool) {
        let Some(room) = self.rooms.get_mut(room.0) else { return };
        let own = room.tracks.iter().filter(|(_, track)| track.seat == seat && is_meant(track.source));
        let own: Vec<TrackKey> = own.map(|(key, _)| TrackKey(key)).collect();
        for key in own {
            if let Some(track) = room.track_mut(key) {
                track.is_active = false;
            }
        }
    }

    fn seat(&self, room: RoomKey, seat: SeatId) -> Option<&Seat> {
        self.rooms.get(room.0)?.seats.get(&seat)
    }

    fn seat_mut(&mut self, room: RoomKey, seat: SeatId) -> Option<&mut Seat> {
        self.rooms.get_mut(room.0)?.seats.get_mut(&seat)
    }
}
