//! Which codec a room's video may run on: one that everybody in it can show.

use std::collections::BTreeSet;
use std::time::Instant;

use protocol::SeatId;

use super::Core;
use crate::keys::{PeerKey, RoomKey};
use crate::packet::Codec;
use crate::room::track::Track;

impl Core {
    /// Whether others are in the room and all of them can show H264. While nobody is, nobody knows who comes.
    pub(super) fn others_decode_h264(&self, room: RoomKey, seat: SeatId) -> bool {
        let Some(room) = self.rooms.get(room.0) else { return false };
        let mut others = room
            .peers_inside()
            .filter_map(|key| self.peers.get(key.0))
            .filter(|peer| peer.seat != seat)
            .peekable();
        others.peek().is_some() && others.all(|peer| peer.decodes_h264)
    }

    /// Somebody is there who cannot show H264: who sends it is to come back at once, and then sends VP8. The node
    /// cannot ask for another offer, and somebody who is not seen is worse than a second's gap.
    pub(super) fn end_h264(&mut self, now: Instant, room_key: RoomKey, seat: SeatId) {
        let Some(room) = self.rooms.get(room_key.0) else { return };
        let is_h264 = |track: &Track| track.codecs.iter().any(|codec| codec.codec == Codec::H264);
        let senders: BTreeSet<PeerKey> = room
            .tracks
            .iter()
            .filter(|(_, track)| track.seat != seat && is_h264(track))
            .map(|(_, track)| track.peer)
            .collect();
        for sender in senders {
            self.lose_peer(now, sender);
        }
    }
}
