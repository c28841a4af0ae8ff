//! What comes of a peer above its limit: dropped before it is opened. That counts against the peer only where it is its own, which
//! a few of those that are dropped are opened to see.
//!
//! Which ones is told by their last bytes, where the tag is, and by a secret of the core: a datagram that is sent again is chosen
//! again, and then refused as a repetition. So neither forging nor replaying makes more of it than the peer sent itself, and
//! nobody can make datagrams that are never looked at.

use std::hash::BuildHasher;
use std::time::Instant;

use rtp::demux::Protocol;

use super::Core;
use crate::keys::PeerKey;
use crate::random::{Hasher, Random};
use crate::receive::allowance::REFUSED_PER_LOOK;

/// The bytes at the end that choose: of RTP the tag (RFC 7714 §5), of RTCP most of it and the index (§9). None of them can be
/// another without the packet being refused.
const CHOOSING_LEN: usize = 16;

/// Chooses which of the refused datagrams are looked at.
pub(super) struct Choice(Hasher);

impl Choice {
    pub(super) fn new(random: &mut Random) -> Self {
        Self(random.hasher())
    }

    fn takes(&self, datagram: &[u8]) -> bool {
        let end = &datagram[datagram.len().saturating_sub(CHOOSING_LEN)..];
        self.0.hash_one(end).is_multiple_of(u64::from(REFUSED_PER_LOOK))
    }
}

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

    /// Drops what has no room, and counts it against the peer where it is the peer's.
    pub(super) fn drop_over_limit(&mut self, key: PeerKey, kind: Protocol, datagram: &mut [u8]) {
        self.counters.dropped_over_limit += 1;
        if !self.clamping.takes(datagram) {
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
