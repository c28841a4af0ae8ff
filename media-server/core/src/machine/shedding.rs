//! Overload: what the worker leaves out goes to its rooms, at once when it is more, one room after the other when it is less.
//!
//! ```text
//!  level    ───┐▔▔▔▔▔▔▔▔▔▔▔┐______________
//!  room 1   ───┐▔▔▔▔▔▔▔▔▔▔▔┐______________      more: at once
//!  room 2   ───┐▔▔▔▔▔▔▔▔▔▔▔▔▔▔┐___________      less: spread over EASED_WITHIN, because each room asks for
//!  room n   ───┐▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔┐________      layers and key frames, and all at once would be the next overload
//! ```

use std::time::{Duration, Instant};

use protocol::{Problem, RoomId};

use super::Core;
use super::containment::Work;
use super::trap::Point;
use crate::keys::RoomKey;
use crate::peer::negotiation::Refusal;
use crate::shed::Shed;

/// All rooms ease within this. Less than the calm that comes before the next step, so that it shows what the one before did.
const EASED_WITHIN: Duration = Duration::from_secs(2);

impl Core {
    /// Sets what is left out. The same again changes nothing.
    pub fn set_shed(&mut self, now: Instant, shed: Shed) {
        self.flush(now);
        self.shed = shed;
        let rooms: Vec<RoomKey> = self.rooms.iter().map(|(place, _)| RoomKey(place)).collect();
        let count = u32::try_from(rooms.len()).unwrap_or(u32::MAX);
        for (at, key) in (0..).zip(rooms) {
            let Some(room) = self.rooms.get_mut(key.0) else { continue };
            self.work = Work::Room(key);
            room.shedding.ease(None);
            if shed > room.shedding.applied() {
                self.apply_shed(now, key);
            } else if shed < room.shedding.applied() {
                let due = now + EASED_WITHIN * at / count;
                room.shedding.ease(Some(due));
                self.room_timers.schedule(key.0, due);
            }
        }
        self.work = Work::Tables;
    }

    /// What is left out.
    #[must_use]
    pub const fn shed(&self) -> Shed {
        self.shed
    }

    /// Less is left out of a room, if that is due.
    pub(super) fn ease(&mut self, now: Instant, key: RoomKey) {
        let due = self.rooms.get(key.0).and_then(|room| room.shedding.eases_at());
        if due.is_some_and(|due| due <= now) {
            self.apply_shed(now, key);
        }
    }

    fn apply_shed(&mut self, now: Instant, key: RoomKey) {
        let Some(room) = self.rooms.get_mut(key.0) else { return };
        room.shedding.apply(self.shed);
        self.spring(key, Point::Shed);
        self.refresh_lanes(key, now);
    }

    /// Others speak now: whose pictures are left out changes with it.
    pub(super) fn hand_over_floor(&mut self, now: Instant, key: RoomKey) {
        let Some(room) = self.rooms.get_mut(key.0) else { return };
        let is_other = room.shedding.note_speakers(now, room.speakers.told());
        self.follow_floor(now, key, is_other);
    }

    /// Takes the floor from those who spoke a while ago.
    pub(super) fn take_floor(&mut self, now: Instant, key: RoomKey) {
        let is_other = self.rooms.get_mut(key.0).is_some_and(|room| room.shedding.take_floor(now));
        self.follow_floor(now, key, is_other);
    }

    fn follow_floor(&mut self, now: Instant, key: RoomKey, is_other: bool) {
        let applied = self.rooms.get(key.0).map(|room| room.shedding.applied());
        if is_other && applied > Some(Shed::Nothing) {
            self.refresh_lanes(key, now);
        }
    }

    /// Brings the tracks of a room to what is left out of it.
    pub(super) fn limit_tracks(&mut self, key: RoomKey) {
        let Some(room) = self.rooms.get_mut(key.0) else { return };
        let allowed: Vec<_> = room.tracks.iter().map(|(place, track)| (place, room.allowed(track))).collect();
        for (place, allowed) in allowed {
            if let Some(track) = room.tracks.get_mut(place) {
                track.allowed = allowed;
            }
        }
    }

    /// New rooms are taken elsewhere, or later.
    pub(super) fn check_pressure(&self, room: RoomId) -> Result<(), Refusal> {
        if self.shed == Shed::Full && !self.index.rooms.contains_key(&room) {
            return Err(Refusal::new(Problem::NodeBusy, "the worker is overloaded and takes no new rooms"));
        }
        Ok(())
    }
}
