//! Resume secrets of seats: which are good, and when one ends.
//!
//! ```text
//!  joined brings 1 ──resume with 1──▶ joined brings 2 ──media is up──▶ 2 alone is good
//!                                          │    └────────resume with 2──▶ joined brings 3; 1 is dead
//!                                          └ got lost ──resume with 1──▶ joined brings 3; 2 is dead
//! ```
//!
//! A reattach uses and renews it in the same way; there, what confirms that the client has the next one is a number that
//! it has seen.

use std::time::Instant;

use protocol::{Problem, SeatId};

use super::Core;
use crate::keys::{PeerKey, RoomKey};
use crate::peer::negotiation::Refusal;
use crate::room::seat::UsedSecret;
use crate::secret::{self, SecretHash};

/// What everybody hears who shows a secret that opens nothing.
pub(super) fn bad_secret() -> Refusal {
    Refusal::new(Problem::BadResume, "the secret is unknown, used or too old")
}

impl Core {
    /// The seat that a secret opens.
    pub(super) fn seat_of_secret(
        &self,
        now: Instant,
        hash: SecretHash,
    ) -> Result<(RoomKey, SeatId), Refusal> {
        match self.index.seat_of_secret(hash) {
            Some(seat) => Ok(seat),
            None if self.ended.has_secret(hash, now) => {
                Err(Refusal::new(Problem::RoomEnded, "the consultation is over"))
            }
            None => Err(bad_secret()),
        }
    }

    /// Makes the seat's next secret. The one that `opened` came with (with a token: the newest) is good for a while yet
    /// (see [`UsedSecret`]); any other is dead.
    pub(super) fn renew_secret(
        &mut self,
        room: RoomKey,
        seat: SeatId,
        used: Option<SecretHash>,
        opened: PeerKey,
    ) -> String {
        let (secret, hash) = secret::new(self.config.worker, &mut self.random);
        let given_to = self.peers.get(opened.0).map(|peer| peer.id);
        if let Some(seat) = self.rooms.get_mut(room.0).and_then(|room| room.seats.get_mut(&seat)) {
            let used = used.unwrap_or(seat.secret);
            for before in seat.secrets().filter(|before| *before != used) {
                self.index.remove_secret(before);
            }
            seat.used = Some(UsedSecret { hash: used, given_to: seat.given_to(used), opened });
            (seat.secret, seat.given_to) = (hash, given_to);
        }
        self.index.add_secret(hash, room, seat);
        secret
    }

    /// The peer has media, so its client has the answer, and in it the next secret.
    pub(super) fn end_used_secret(&mut self, room: RoomKey, seat: SeatId, key: PeerKey) {
        let seat = self.rooms.get_mut(room.0).and_then(|room| room.seats.get_mut(&seat));
        if let Some(used) = seat.and_then(|seat| seat.used.take_if(|used| used.opened == key)) {
            self.index.remove_secret(used.hash);
        }
    }
}
