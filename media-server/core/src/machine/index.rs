//! Who is meant: from what arrives (a path, a user fragment, an id, a secret) to a place in the core's tables.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use protocol::{RoomId, SeatId};
use slab::Slab;

use crate::api::{Path, PeerId};
use crate::keys::{PeerKey, RoomKey};
use crate::peer::Peer;
use crate::random::{Hasher, Random};
use crate::secret::SecretHash;

/// The look-ups. Each is bounded by the peers, rooms and seats that exist.
pub(super) struct Index {
    pub(super) peers: BTreeMap<PeerId, PeerKey>,
    /// Attached signalling connections: a peer's first has its id, later ones have their own.
    pub(super) connections: BTreeMap<PeerId, PeerKey>,
    pub(super) rooms: BTreeMap<RoomId, RoomKey>,
    /// Validated paths. Nothing of a stranger is ever in it.
    paths: HashMap<Path, PeerKey, Hasher>,
    ufrags: HashMap<String, PeerKey, Hasher>,
    secrets: HashMap<SecretHash, (RoomKey, SeatId), Hasher>,
    /// The path of the last datagram: the next one often comes from there too.
    last: Option<(Path, PeerKey)>,
}

impl Index {
    pub(super) fn new(random: &mut Random) -> Self {
        Self {
            peers: BTreeMap::new(),
            connections: BTreeMap::new(),
            rooms: BTreeMap::new(),
            paths: HashMap::with_hasher(random.hasher()),
            ufrags: HashMap::with_hasher(random.hasher()),
            secrets: HashMap::with_hasher(random.hasher()),
            last: None,
        }
    }

    #[inline]
    pub(super) fn peer_of_path(&mut self, path: Path) -> Option<PeerKey> {
        if let Some((last, peer)) = self.last
            && last == path
        {
            return Some(peer);
        }
        let peer = *self.paths.get(&path)?;
        self.last = Some((path, peer));
        Some(peer)
    }

    /// A path is its newest peer's: a browser may use one address for two peers, one after the other.
    pub(super) fn add_path(&mut self, path: Path, peer: PeerKey) {
        self.paths.insert(path, peer);
        self.last = None;
    }

    pub(super) fn remove_path(&mut self, path: Path, peer: PeerKey) {
        if self.paths.get(&path) == Some(&peer) {
            self.paths.remove(&path);
        }
        self.last = None;
    }

    pub(super) fn peer_of_ufrag(&self, ufrag: &str) -> Option<PeerKey> {
        self.ufrags.get(ufrag).copied()
    }

    pub(super) fn add_ufrag(&mut self, ufrag: &str, peer: PeerKey) {
        self.ufrags.insert(ufrag.to_owned(), peer);
    }

    pub(super) fn remove_ufrag(&mut self, ufrag: &str) {
        self.ufrags.remove(ufrag);
    }

    pub(super) fn seat_of_secret(&self, secret: SecretHash) -> Option<(RoomKey, SeatId)> {
        self.secrets.get(&secret).copied()
    }

    pub(super) fn add_secret(&mut self, secret: SecretHash, room: RoomKey, seat: SeatId) {
        self.secrets.insert(secret, (room, seat));
    }

    pub(super) fn remove_secret(&mut self, secret: SecretHash) {
        self.secrets.remove(&secret);
    }

    /// Forgets a room and everything that leads to peers that are gone, whether or not they are known to have had it.
    pub(super) fn forget(&mut self, room: RoomKey, living: &Slab<Peer>) {
        self.last = None;
        self.rooms.retain(|_, key| *key != room);
        self.secrets.retain(|_, (key, _)| *key != room);
        self.peers.retain(|_, key| living.contains(key.0));
        self.connections.retain(|_, key| living.contains(key.0));
        self.paths.retain(|_, key| living.contains(key.0));
        self.ufrags.retain(|_, key| living.contains(key.0));
    }
}
