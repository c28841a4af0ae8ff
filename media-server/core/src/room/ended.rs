//! Rooms that have ended, remembered for as long as somebody may still come with a token or a secret for them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use protocol::limits::{CLOCK_SKEW_MAX, JOIN_TOKEN_LIFE_MAX, SEAT_HELD};
use protocol::{Generation, RoomId};

use crate::secret::SecretHash;

/// Ended rooms remembered: twice as many as a worker's live ones by default. Beyond, the one that would be forgotten next is forgotten.
const ENDED_MAX: usize = 2048;
/// A join token that was signed just before the end, and a resume secret, are good for at most this long.
const REMEMBERED_FOR: Duration = {
    let token = JOIN_TOKEN_LIFE_MAX.as_secs() + 2 * CLOCK_SKEW_MAX.as_secs();
    let secs = if token > SEAT_HELD.as_secs() { token } else { SEAT_HELD.as_secs() };
    Duration::from_secs(secs)
};

struct Ended {
    generation: Generation,
    until: Instant,
    secrets: Vec<SecretHash>,
}

/// The memory.
#[derive(Default)]
pub(crate) struct EndedRooms(BTreeMap<RoomId, Ended>);

impl EndedRooms {
    /// A room has ended, with the secrets of its seats.
    pub(crate) fn insert(
        &mut self,
        room: RoomId,
        generation: Generation,
        secrets: Vec<SecretHash>,
        now: Instant,
    ) {
        self.0.retain(|_, ended| ended.until > now);
        if self.0.len() >= ENDED_MAX
            && let Some(next) = self.0.iter().min_by_key(|(_, ended)| ended.until).map(|(room, _)| *room)
        {
            self.0.remove(&next);
        }
        self.0.insert(room, Ended { generation, until: now + REMEMBERED_FOR, secrets });
    }

    /// The generation in which the room ended.
    pub(crate) fn generation(&self, room: RoomId, now: Instant) -> Option<Generation> {
        self.0.get(&room).filter(|ended| ended.until > now).map(|ended| ended.generation)
    }

    /// Whether a secret opened a seat of a room that has ended.
    pub(crate) fn has_secret(&self, secret: SecretHash, now: Instant) -> bool {
        self.0.values().any(|ended| ended.until > now && ended.secrets.contains(&secret))
    }
}

#[cfg(test)]
mod tests {
    use protocol::RoomId;

    use super::*;
    use crate::packet::fixtures::start;

    fn room(number: u128) -> RoomId {
        RoomId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn an_ended_room_is_remembered_for_as_long_as_a_token_lives() {
        let now = start();
        let mut ended = EndedRooms::default();
        ended.insert(room(1), Generation(4), vec![], now);

        assert_eq!(ended.generation(room(1), now + Duration::from_secs(319)), Some(Generation(4)));
        assert_eq!(ended.generation(room(1), now + Duration::from_secs(320)), None);
        assert_eq!(ended.generation(room(2), now), None);
    }

    #[test]
    fn the_memory_is_bounded_and_forgets_the_oldest() {
        let now = start();
        let mut ended = EndedRooms::default();

        for number in 0..ENDED_MAX as u64 + 10 {
            let at = now + Duration::from_millis(number);
            ended.insert(room(number.into()), Generation(1), vec![], at);
        }

        assert_eq!(ended.0.len(), ENDED_MAX);
        assert_eq!(ended.generation(room(9), now), None);
        assert!(ended.generation(room(10), now).is_some());
    }
}
