//! Connectivity checks: the only datagrams of strangers that are looked at, and what validates a path.

use std::time::{Duration, Instant};

use super::Core;
use super::containment::Work;
use crate::api::Path;
use crate::ice::stun::{BindingRequest, RESPONSE_LEN_MAX, StunError};
use crate::keys::PeerKey;

/// A path belongs to its peer for this long after the peer was heard. A browser that closes one connection and opens
/// another may get the same port; somebody who forges a neighbour's address does not get the neighbour's path.
const PATH_HELD: Duration = Duration::from_secs(5);

/// What nobody answers, by cause.
enum Unanswered {
    Malformed,
    UnknownFragment,
    TooMany,
    Unauthentic,
    Taken,
}

impl Core {
    pub(super) fn handle_stun(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        match self.answer_check(now, path, datagram) {
            Ok(()) => self.counters.stun_answered += 1,
            Err(Unanswered::TooMany) => self.counters.dropped_stun_rate += 1,
            Err(Unanswered::Malformed) => self.counters.dropped_stun_malformed += 1,
            Err(Unanswered::UnknownFragment) => self.counters.dropped_stun_unknown += 1,
            Err(Unanswered::Unauthentic) => self.counters.dropped_stun_unauthentic += 1,
            Err(Unanswered::Taken) => self.counters.dropped_stun_taken += 1,
        }
    }

    /// Nothing before the answer changes more than a rate.
    fn answer_check(&mut self, now: Instant, path: Path, datagram: &[u8]) -> Result<(), Unanswered> {
        let holder = self.index.peer_of_path(path);
        let request = BindingRequest::parse(datagram).map_err(|error| match error {
            StunError::Malformed => Unanswered::Malformed,
            StunError::Unauthentic => Unanswered::Unauthentic,
        })?;
        let (ufrag, remote_ufrag) = request.fragments().ok_or(Unanswered::Malformed)?;
        let key = self.index.peer_of_ufrag(ufrag).ok_or(Unanswered::UnknownFragment)?;
        if holder.is_some_and(|holder| holder != key && self.holds_path(now, holder, key)) {
            return Err(Unanswered::Taken);
        }
        let peer = self.peers.get_mut(key.0).ok_or(Unanswered::UnknownFragment)?;
        self.work = Work::Room(peer.room);
        // Only now, so that nobody else's junk uses up the rate; before the HMAC, which is what costs.
        let allowed = peer.ice.allow(path, now);
        if !allowed.unwrap_or_else(|| self.rates.allow(path.remote.ip(), now)) {
            return Err(Unanswered::TooMany);
        }
        let integrity = peer.ice.key_of(ufrag, remote_ufrag).ok_or(Unanswered::UnknownFragment)?;
        if !request.is_authentic(integrity) {
            return Err(Unanswered::Unauthentic);
        }
        let mut answer = [0; RESPONSE_LEN_MAX];
        let len = request.answer(integrity, path.remote, &mut answer);
        let ends_restart = request.nominates && peer.ice.credentials().ufrag == ufrag;
        peer.handle_heard(now);
        let forgotten = peer.ice.handle_check(path, request.nominates, now);
        if ends_restart && let Some(old) = peer.ice.end_restart() {
            self.index.remove_ufrag(&old);
        }
        if let Some(forgotten) = forgotten {
            self.index.remove_path(forgotten, key);
        }
        if holder != Some(key) {
            self.index.add_path(path, key);
        }
        self.transmit(path, &answer[..len]);
        Ok(())
    }

    /// Whether a path stays with its holder although `other` proves its own credentials on it.
    fn holds_path(&self, now: Instant, holder: PeerKey, other: PeerKey) -> bool {
        let (Some(holder), Some(other)) = (self.peers.get(holder.0), self.peers.get(other.0)) else {
            return false;
        };
        holder.seat != other.seat && now.saturating_duration_since(holder.heard) < PATH_HELD
    }
}
