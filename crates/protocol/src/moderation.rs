//! What a moderator does to others and to the room, and what moderators alone are told.
//!
//! ```text
//!  moderator                    node                          somebody
//!    │ mute {seat, source}        │ switched off, whatever comes   │
//!    │ ──────────────────────────▶│ ─── muted {source, by} ───────▶│ switches off for real; on again is theirs
//!    │ ask {seat, source}         │ ─── asked {source, by} ───────▶│ `track` or `decline`: nobody else switches on
//!    │ permit · remove · lock · admit · turn_away                  │
//! ```

use serde::{Deserialize, Serialize};

use crate::ids::SeatId;
use crate::role::{MediaPermissions, Role};
use crate::signal::Source;

/// An order. Neither `permit` nor `remove` concerns somebody who moderates too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Moderation {
    /// Switches a track off. Its owner may switch it on again.
    Mute {
        /// Whose.
        seat: SeatId,
        /// Which.
        source: Source,
    },
    /// Asks its owner to switch a microphone or a camera on.
    Ask {
        /// Whom.
        seat: SeatId,
        /// What for.
        source: Source,
    },
    /// What somebody may do from now on, within their token. What is no longer allowed is switched off; what is allowed
    /// again stays off until its owner switches it on.
    Permit {
        /// Who.
        seat: SeatId,
        /// Everything, not only what changes.
        permissions: MediaPermissions,
    },
    /// Takes somebody out: their secrets die, and with a new token they wait to be let in.
    Remove {
        /// Whom.
        seat: SeatId,
    },
    /// Nobody new gets in but moderators; who has a seat keeps it. Or opens the room again.
    Lock {
        /// Whether it is locked.
        locked: bool,
    },
    /// Lets somebody in who waits.
    Admit {
        /// Whom.
        seat: SeatId,
    },
    /// Sends somebody away who waits.
    TurnAway {
        /// Whom.
        seat: SeatId,
    },
}

/// Somebody who waits to be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The seat they would have.
    pub seat: SeatId,
    /// Their role.
    pub role: Role,
}

/// What somebody in the room may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatPermissions {
    /// Who.
    pub seat: SeatId,
    /// Now.
    pub permissions: MediaPermissions,
    /// Whether a moderator can change that, and remove them.
    pub moderated: bool,
}
