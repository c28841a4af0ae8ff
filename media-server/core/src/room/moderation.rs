//! What moderators have decided: about a room, about a seat, and about those who may come back to one.

use protocol::moderation::{SeatPermissions, Waiting};
use protocol::signal::Source;
use protocol::{MediaPermissions, Problem, Role, SeatId, limits};

use super::Room;
use super::seat::Seat;
use crate::api::SeatGrant;
use crate::peer::negotiation::Refusal;

/// Seats whose standing a room remembers after they are free: more than a visit has links. Beyond, the oldest is forgotten,
/// and a guest waits again.
const STANDINGS_MAX: usize = 64;

/// Who switched something off or asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct By {
    pub(crate) seat: SeatId,
    pub(crate) role: Role,
}

/// What moderators have decided about somebody with a seat.
#[derive(Clone, Debug)]
pub(crate) struct Moderated {
    /// What they leave of the token's permissions.
    pub(crate) allowed: MediaPermissions,
    pub(crate) is_waiting: bool,
    /// Switched off, until the owner switches it on. At most one a source.
    muted: Vec<(Source, By)>,
    /// Asked for and not answered. At most one a source.
    asked: Vec<(Source, By)>,
}

impl Moderated {
    pub(crate) const fn new(standing: Standing, is_waiting: bool) -> Self {
        Self { allowed: standing.allowed, is_waiting, muted: Vec::new(), asked: Vec::new() }
    }

    pub(crate) fn is_muted(&self, source: Source) -> bool {
        self.muted.iter().any(|(muted, _)| *muted == source)
    }

    pub(crate) fn mute(&mut self, source: Source, by: By) {
        self.answer(source);
        self.muted.retain(|(muted, _)| *muted != source);
        self.muted.push((source, by));
    }

    /// Its owner has switched it on.
    pub(crate) fn unmute(&mut self, source: Source) {
        self.muted.retain(|(muted, _)| *muted != source);
        self.answer(source);
    }

    /// `false` when it is asked for already: who asks again says nothing new.
    pub(crate) fn ask(&mut self, source: Source, by: By) -> bool {
        let is_new = !self.asked.iter().any(|(asked, _)| *asked == source);
        if is_new {
            self.asked.push((source, by));
        }
        is_new
    }

    /// What was asked for is answered. Returns who asked.
    pub(crate) fn answer(&mut self, source: Source) -> Option<By> {
        let at = self.asked.iter().position(|(asked, _)| *asked == source)?;
        Some(self.asked.swap_remove(at).1)
    }

    pub(crate) fn muted(&self) -> impl Iterator<Item = (Source, By)> {
        self.muted.iter().copied()
    }

    pub(crate) fn asked(&self) -> impl Iterator<Item = (Source, By)> {
        self.asked.iter().copied()
    }
}

/// What a room remembers of a seat, so that a page that is opened again changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Let in once: does not wait again.
    is_admitted: bool,
    /// Taken out: waits, whatever the token says.
    is_removed: bool,
    allowed: MediaPermissions,
}

impl Default for Standing {
    fn default() -> Self {
        Self { is_admitted: false, is_removed: false, allowed: MediaPermissions::ALL }
    }
}

/// What moderators have decided about a room, and what was told of it.
#[derive(Debug, Default)]
pub(crate) struct RoomModeration {
    pub(crate) is_locked: bool,
    standings: Vec<(SeatId, Standing)>,
    /// Who was inside when a fault ended the room: its lock does not keep them out, once. Bounded by the seats of a room.
    expected: Vec<SeatId>,
    pub(crate) told: Told,
}

/// What everybody in the room, and what moderators were told last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) is_locked: bool,
    pub(crate) is_recorded: bool,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) seats: Vec<SeatPermissions>,
}

impl RoomModeration {
    pub(crate) fn standing(&self, seat: SeatId) -> Standing {
        let known = self.standings.iter().find(|(known, _)| *known == seat);
        known.map(|(_, standing)| *standing).unwrap_or_default()
    }

    pub(crate) fn admitted(&mut self, seat: SeatId) {
        self.change(seat, |standing| (standing.is_admitted, standing.is_removed) = (true, false));
    }

    pub(crate) fn removed(&mut self, seat: SeatId) {
        self.change(seat, |standing| (standing.is_admitted, standing.is_removed) = (false, true));
    }

    pub(crate) fn permitted(&mut self, seat: SeatId, allowed: MediaPermissions) {
        self.change(seat, |standing| standing.allowed = allowed);
    }

    /// For the room that is opened anew: nobody has been told anything.
    pub(crate) fn after_a_fault(self, inside: Vec<SeatId>) -> Self {
        Self { expected: inside, told: Told::default(), ..self }
    }

    /// Somebody has a seat.
    pub(crate) fn seated(&mut self, seat: SeatId) {
        self.expected.retain(|expected| *expected != seat);
    }

    /// Whether a token opens a seat though the room may be locked.
    pub(crate) fn check_lock(&self, grant: &SeatGrant) -> Result<(), Refusal> {
        let may_enter = grant.permissions.moderate || self.expected.contains(&grant.seat);
        if self.is_locked && !may_enter {
            return Err(Refusal::new(Problem::RoomLocked, "the room is locked"));
        }
        Ok(())
    }

    fn change(&mut self, seat: SeatId, change: impl FnOnce(&mut Standing)) {
        let mut standing = self.standing(seat);
        change(&mut standing);
        self.standings.retain(|(known, _)| *known != seat);
        if self.standings.len() >= STANDINGS_MAX {
            self.standings.remove(0);
        }
        self.standings.push((seat, standing));
    }
}

impl Room {
    /// Whether a new seat waits to be let in.
    pub(crate) fn makes_wait(&self, grant: &SeatGrant) -> bool {
        let standing = self.moderation.standing(grant.seat);
        standing.is_removed || !(standing.is_admitted || grant.permissions.enter)
    }

    /// Whether a token may open a seat here now. Who waits takes no place from those who do not have to.
    pub(crate) fn check_newcomer(&self, grant: &SeatGrant, seats_max: usize) -> Result<(), Refusal> {
        if self.seats.contains_key(&grant.seat) {
            return Ok(());
        }
        self.moderation.check_lock(grant)?;
        if self.makes_wait(grant) {
            let waiting = self.seats.values().filter(|seat| seat.is_waiting()).count();
            if waiting >= limits::ROOM_WAITING_MAX {
                return Err(Refusal::new(Problem::RoomFull, "too many people wait"));
            }
        } else if !self.has_free_seat(seats_max) {
            return Err(Refusal::new(Problem::RoomFull, "all seats are taken"));
        }
        Ok(())
    }

    pub(crate) fn has_free_seat(&self, seats_max: usize) -> bool {
        self.seats.values().filter(|seat| !seat.is_waiting()).count() < seats_max
    }

    /// What is to be told now.
    pub(crate) fn moderation_now(&self) -> Told {
        let mut seats: Vec<(SeatId, &Seat)> = self.seats.iter().map(|(id, seat)| (*id, seat)).collect();
        seats.sort_unstable_by_key(|(_, seat)| seat.order);
        let waiting = seats.iter().filter(|(_, seat)| seat.is_waiting());
        let inside = seats.iter().filter(|(_, seat)| seat.is_listed());
        Told {
            is_locked: self.moderation.is_locked,
            is_recorded: seats.iter().any(|(_, seat)| seat.permissions.recorder && !seat.is_waiting()),
            waiting: waiting.map(|(id, seat)| Waiting { seat: *id, role: seat.role }).collect(),
            seats: inside
                .map(|(id, seat)| SeatPermissions {
                    seat: *id,
                    permissions: seat.may().media(),
                    moderated: !seat.permissions.moderate,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_memory_of_standings_is_bounded_and_forgets_the_oldest() {
        let seat = |number: usize| SeatId(Uuid::from_u128(number as u128));
        let mut room = RoomModeration::default();

        for number in 0..=STANDINGS_MAX {
            room.admitted(seat(number));
        }

        assert_eq!(room.standings.len(), STANDINGS_MAX);
        assert!(!room.standing(seat(0)).is_admitted);
        assert!(room.standing(seat(STANDINGS_MAX)).is_admitted);
    }

    #[test]
    fn who_asks_again_says_nothing_new() {
        let by = By { seat: SeatId(Uuid::from_u128(1)), role: Role::Practitioner };
        let mut seat = Moderated::new(Standing::default(), false);

        assert!(seat.ask(Source::Microphone, by));
        assert!(!seat.ask(Source::Microphone, by));
        assert_eq!(seat.answer(Source::Microphone), Some(by));
        assert!(seat.ask(Source::Microphone, by));
    }
}
