//! Which codec a room's video may run on: one that everybody in it can show.

use std::collections::BTreeSet;
use std::time::Instant;

use protocol::SeatId;

use super::Core;
use crate::keys::{PeerKey, RoomKey};
use crate::packet::{Codec, Codecs};
use crate::room::track::Track;

impl Core {
    /// What all others in the room can show. While nobody is there nobody knows who comes: H264 is left out then, which some
    /// browsers put first by themselves. The codecs of several sizes are sent by who has asked to.
    pub(super) fn others_decode(&self, room: RoomKey, seat: SeatId) -> Codecs {
        let Some(room) = self.rooms.get(room.0) else { return Codecs::UNASKED };
        let others = room.peers_inside().filter_map(|key| self.peers.get(key.0));
        let mut others = others.filter(|peer| peer.seat != seat).peekable();
        if others.peek().is_none() {
            return Codecs::UNASKED;
        }
        others.fold(Codecs::ALL, |all, peer| all.and(peer.decodes))
    }

    /// Somebody is there who cannot show everything: who sends what they cannot show is to come back at once, and then sends
    /// VP8. The node cannot ask for another offer, and somebody who is not seen is worse than a second's gap.
    pub(super) fn end_undecoded(&mut self, now: Instant, room_key: RoomKey, seat: SeatId, decodes: Codecs) {
        let Some(room) = self.rooms.get(room_key.0) else { return };
        let is_undecoded = |track: &Track| {
            track.codecs.iter().any(|codec| codec.codec != Codec::Vp8 && !decodes.contains(codec.codec))
        };
        let senders: BTreeSet<PeerKey> = room
            .tracks
            .iter()
            .filter(|(_, track)| track.seat != seat && is_undecoded(track))
            .map(|(_, track)| track.peer)
            .collect();
        for sender in senders {
            self.lose_peer(now, sender);
        }
    }
}
