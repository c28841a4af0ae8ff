//! A seat: somebody's place in a room. It outlives a connection.
//!
//! ```text
//!  join ──▶ active ──lost──▶ held 120 s ──▶ free
//!              │  ▲             │ resume
//!              │  └─────────────┘
//!              └─ resume or join while active: a second peer is pending until its media is up, then takes over
//! ```

use std::time::{Duration, Instant};

use protocol::signal::Source;
use protocol::{Permissions, Role};

use super::moderation::Moderated;
use crate::api::PeerId;
use crate::keys::PeerKey;
use crate::quality::timeline::Timeline;
use crate::rate::Bucket;
use crate::secret::SecretHash;

/// How long a seat waits for somebody who lost the connection.
pub(crate) const HELD_FOR: Duration = protocol::limits::SEAT_HELD;

/// A secret that was used. It stays good until the peer that it opened has media, because the answer with the next one
/// may get lost: a client that never got it must come back without the control plane. The first use of the next one
/// ends it too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UsedSecret {
    pub(crate) hash: SecretHash,
    /// The peer that was told it, which may be gone.
    pub(crate) given_to: Option<PeerId>,
    /// The peer that came with it.
    pub(crate) opened: PeerKey,
}

pub(crate) struct Seat {
    pub(crate) role: Role,
    /// Of its token. What a moderator leaves of it: [`Seat::may`].
    pub(crate) permissions: Permissions,
    pub(crate) moderated: Moderated,
    /// Rises with each seat of the room.
    pub(crate) order: u64,
    /// The peer that the seat speaks through.
    pub(crate) active: Option<PeerKey>,
    /// The peer that will take over when its media is up (make before break). Never without an active one.
    pub(crate) pending: Option<PeerKey>,
    /// Of the secret that opens the seat again.
    pub(crate) secret: SecretHash,
    /// The peer that was told it, which may be gone; nobody at first.
    pub(crate) given_to: Option<PeerId>,
    /// Of the one before it, while it is open whether the client has the newest.
    pub(crate) used: Option<UsedSecret>,
    /// Until when it waits, while nobody is connected.
    pub(crate) held_until: Option<Instant>,
    /// The control plane was told that the seat's media connected.
    pub(crate) is_reported: bool,
    /// How its connection was, as far as the control plane was not told.
    pub(crate) timeline: Timeline,
    /// How fast it speaks in writing.
    pub(crate) says: Bucket,
}

impl Seat {
    /// What it may do now.
    pub(crate) const fn may(&self) -> Permissions {
        self.permissions.within(self.moderated.allowed)
    }

    /// Whether somebody has yet to let it in.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.moderated.is_waiting
    }

    /// Whether it moderates: who waits does not.
    pub(crate) const fn is_moderator(&self) -> bool {
        self.permissions.moderate && !self.is_waiting()
    }

    /// Whether others are told of it.
    pub(crate) const fn is_listed(&self) -> bool {
        !self.is_waiting() && !self.permissions.hidden
    }

    /// Whether an offer may switch a track of this source on: a moderator has not switched it off.
    pub(crate) fn lets_on(&self, source: Source) -> bool {
        source.allowed_by(self.may()) && !self.moderated.is_muted(source)
    }

    /// Every secret that is good.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = SecretHash> + use<> {
        self.used.map(|used| used.hash).into_iter().chain([self.secret])
    }

    /// The peer that was told this secret.
    pub(crate) fn given_to(&self, secret: SecretHash) -> Option<PeerId> {
        if secret == self.secret {
            return self.given_to;
        }
        self.used.filter(|used| used.hash == secret)?.given_to
    }

    /// Both peers, the active one first.
    pub(crate) fn peers(&self) -> impl Iterator<Item = PeerKey> + use<> {
        self.active.into_iter().chain(self.pending)
    }
}
