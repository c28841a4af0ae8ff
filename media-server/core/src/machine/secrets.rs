//! Resume secrets of seats: which are good, and when one ends.
//!
//! ```text
//!  joined brings 1 ──resume with 1──▶ joined brings 2 ──media is up──▶ 2 alone is good
//!                                          │    └────────resume with 2──▶ joined brings 3; 1 is dead
//!                                          └ got lost ──resume with 1──▶ joined brings 3; 2 is dead
//! ```

use protocol::SeatId;

use super::Core;
use crate::keys::{PeerKey, RoomKey};
use crate::room::seat::UsedSecret;
use crate::secret::{self, SecretHash};

impl Core {
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
        if let Some(seat) = self.rooms.get_mut(room.0).and_then(|room| room.seats.get_mut(&seat)) {
            let used = used.unwrap_or(seat.secret);
            for before in seat.secrets().filter(|before| *before != used) {
                self.index.remove_secret(before);
            }
            seat.secret = hash;
            seat.used = Some(UsedSecret { hash: used, opened });
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
