//! The node's control connection: a WebSocket that the node opens to `/nodes/connect` of the control plane.
//!
//! ```text
//! node                                        control plane
//!   │            challenge {nonce}              │
//!   │ ◀──────────────────────────────────────── │
//!   │ hello {node, signature, url, …}           │   proves the enrolled Ed25519 key
//!   │ ────────────────────────────────────────▶ │
//!   │            welcome {epoch, keys, …}       │   a new epoch at each connect of a new process
//!   │ ◀──────────────────────────────────────── │
//!   │ beat {…}              every 2 s           │   renews the lease
//!   │ event {number, …} ──▶   ◀── ack {number}  │   at least once; numbered by the node's spool
//!   │            command {…} ──▶                │   names room and generation; older ones are ignored
//! ```
//!
//! Ids only: no patient data crosses it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{ClinicId, Epoch, Generation, NodeId, RoomId, SeatId};
use crate::role::Role;
use crate::signal::{EndReason, LeaveReason};
use crate::timeline::Stretch;
use crate::token::VerifyKey;

/// Major version of this protocol. A node and a control plane of different majors do not talk.
pub const VERSION: u32 = 1;

/// The bytes a node signs to prove its key: context, nonce and id, so that a signature serves nothing else.
#[must_use]
pub fn proof(nonce: &str, node: NodeId) -> Vec<u8> {
    format!("bedside node {VERSION}\n{nonce}\n{node}").into_bytes()
}

/// What a node says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum NodeMessage {
    /// The first message, after the challenge.
    Hello {
        /// [`VERSION`] of the node.
        version: u32,
        /// Who.
        node: NodeId,
        /// This process: a new one each start, so that a reconnect keeps its epoch and a restart does not.
        process: Uuid,
        /// Ed25519 over [`proof`], base64url without padding.
        signature: String,
        /// Where it stands, the operator's word.
        region: String,
        /// Signalling address for browsers, `wss://…/signal`.
        url: String,
        /// Seats it can hold.
        seats_max: u32,
    },
    /// Renews the lease and reports load.
    Beat {
        /// Rooms with a seat taken.
        rooms: u32,
        /// Seats taken.
        seats: u32,
        /// Takes no new rooms.
        draining: bool,
    },
    /// Something happened in a room. Kept in the spool until acknowledged.
    Event {
        /// The event's place in the node's spool, rising over restarts.
        number: u64,
        /// What.
        event: RoomEvent,
    },
}

/// What happened in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomEvent {
    /// The event's own id: a second arrival has no second effect.
    pub id: Uuid,
    /// The tenant.
    pub clinic: ClinicId,
    /// The room.
    pub room: RoomId,
    /// The room's placement.
    pub generation: Generation,
    /// When, Unix microseconds of the node's clock (for people; order comes from `number`).
    pub at_us: i64,
    /// What.
    pub kind: RoomEventKind,
}

/// The kinds of room event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RoomEventKind {
    /// Media of a seat is connected.
    Joined {
        /// Who.
        seat: SeatId,
        /// Their role.
        role: Role,
    },
    /// A seat is free again.
    Left {
        /// Who.
        seat: SeatId,
        /// Why.
        reason: LeaveReason,
    },
    /// The consultation is over.
    Ended {
        /// Why.
        reason: EndReason,
        /// Who ended it, if a participant did.
        by: Option<SeatId>,
    },
    /// A join token was shown again (abuse sentence 14).
    TokenReused {
        /// Whose.
        seat: SeatId,
    },
    /// How somebody's connection was, up to the time of the event.
    Quality {
        /// Whose.
        seat: SeatId,
        /// How long before the event the first stretch began.
        span_ms: u32,
        /// One after the other, [`crate::timeline::STRETCHES_MAX`] at most.
        stretches: Vec<Stretch>,
    },
}

/// What the control plane says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ControlMessage {
    /// The first message.
    Challenge {
        /// 256 random bits, base64url.
        nonce: String,
    },
    /// The node is who it says.
    Welcome {
        /// Its epoch.
        epoch: Epoch,
        /// How long a beat lasts.
        lease_ms: u64,
        /// All keys that verify join tokens now, to be cached on disk.
        keys: Vec<VerifyKey>,
    },
    /// The event is stored; the spool may forget it and all before it.
    Ack {
        /// The highest number stored.
        number: u64,
    },
    /// Do something to a room.
    Command {
        /// The command's own id.
        id: Uuid,
        /// The room.
        room: RoomId,
        /// The placement it is meant for.
        generation: Generation,
        /// What.
        command: RoomCommand,
    },
    /// Keys changed.
    Keys {
        /// All keys, whole.
        keys: Vec<VerifyKey>,
    },
    /// Not accepted; the connection closes.
    Refused {
        /// Why, for the operator.
        detail: String,
    },
}

/// Commands to a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RoomCommand {
    /// End it for all.
    End,
    /// Take somebody out; their resume secret dies.
    Remove {
        /// Who.
        seat: SeatId,
    },
}
