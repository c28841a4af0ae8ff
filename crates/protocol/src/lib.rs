//! What two programs of Bedside say to each other: ids, tokens, signalling, moderation, chat, and the node's
//! control connection.
//!
//! Plain data and its checks only: no sockets, no clock, no storage. The prose of the same contract is
//! `docs/PROTOCOL.md`; a change here changes it there.

#![forbid(unsafe_code)]

pub mod chat;
pub mod close;
pub mod ids;
pub mod limits;
pub mod moderation;
pub mod node;
pub mod problem;
pub mod quality;
pub mod role;
pub mod signal;
pub mod timeline;
pub mod token;

pub use ids::{ClinicId, Epoch, Generation, LogId, NodeId, RoomId, SeatId, TrackId};
pub use problem::Problem;
pub use role::{MediaPermissions, Permissions, Role};
