//! What comes of a peer above its limit: dropped before it is opened. That counts against the peer only where it is its own, which
//! a few of those that are dropped are opened to see.

use std::time::Instant;

use rtp::demux::Protocol;

use super::Core;
use crate::keys::PeerKey;
use crate::receive::allowance::REFUSED_PER_LOOK;

impl Core {
    /// Whether a peer may send more; without keys there is nothing that it could be charged for.
    pub(super) fn has_room(&mut self, now: Instant, key: PeerKey) -> bool {
        let Some(media) = self.peers.get_mut(key.0).and_then(|peer| peer.media.as_mut()) else { return true };
        let has_room = media.allowance.has_room(now);
        if media.allowance.is_overdrawn() {
            self.peer_timers.schedule(key.0, now);
        }
        has_room
    }

    /// Drops what has no room. Anybody can write the peer's address on datagrams: some are opened, to see whose they are.
    pub(super) fn drop_over_limit(&mut self, key: PeerKey, kind: Protocol, datagram: &mut [u8]) {
        self.counters.dropped_over_limit += 1;
        if !self.random.is_one_in(REFUSED_PER_LOOK) {
            return;
        }
        let Some(media) = self.peers.get_mut(key.0).and_then(|peer| peer.media.as_mut()) else { return };
        let is_authentic = match kind {
            Protocol::Rtcp => media.opener.open_rtcp(datagram).is_ok(),
            _ => media.opener.open_rtp(datagram).is_ok(),
        };
        if is_authentic {
            media.allowance.count_refused();
        }
    }
}
