//! The signalling messages between a participant and the node: JSON text frames, one message each.
//!
//! ```text
//! client                                   node
//!   │ join {token, offer, tracks}            │   the first message; nothing else is read before it
//!   │ ──────────────────────────────────────▶│   token verified offline, answer made
//!   │            joined {answer, resume, …}  │   one round trip, then ICE and DTLS on the media path
//!   │ ◀──────────────────────────────────────│
//!   │ track · view · offer · moderate · …    │   each numbered by `seq`, rising by one, either way
//!   │      participant · lanes · layers · …  │
//!   │ ping {id, seen}                        │   confirms what came; the pong does the same
//!   │                                        │
//!   ╳   the connection breaks, media goes on │
//!   │ reattach {resume, seen}                │   the first message of another connection to the same peer
//!   │ ──────────────────────────────────────▶│
//!   │             reattached {resume, heard} │   then, from both, what the other has not seen
//!   │ ◀──────────────────────────────────────│
//! ```
//!
//! Direction is seen from the server. A *lane* is one receiving m-line of the client's offer; which track is on
//! it changes by message, never by SDP.
//!
//! Longer than 400 lines, because both directions are read side by side.

use serde::{Deserialize, Serialize};

use crate::ids::{SeatId, TrackId};
use crate::moderation::{Moderation, SeatPermissions, Waiting};
use crate::problem::Problem;
pub use crate::quality::{Cause, DeviceLimit, Grade, Mos, SeatQuality};
use crate::role::{Permissions, Role};

/// What a participant sends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Opens a seat with a join token of the control plane.
    Join {
        /// Ed25519 JWT, see [`crate::token`].
        token: String,
        /// SDP offer: the tracks to publish and the lanes to receive on.
        offer: String,
        /// What each publishing m-line of the offer carries.
        tracks: Vec<PublishTrack>,
    },
    /// Comes back to a seat with the secret of the last `joined`. The old peer, if any, is replaced.
    Resume {
        /// The secret of the last `joined`.
        resume: String,
        /// As in `join`: a resume brings a new peer.
        offer: String,
        /// As in `join`.
        tracks: Vec<PublishTrack>,
    },
    /// Attaches another connection to the peer that the last `joined` or `reattached` was about, whose media goes on.
    Reattach {
        /// The secret of the last `joined` or `reattached`.
        resume: String,
        /// The highest number taken of the node's messages.
        seen: u64,
    },
    /// Changes the session on the same peer: more lanes, other tracks, or an ICE restart.
    Offer {
        /// The new offer.
        offer: String,
        /// As in `join`, complete.
        tracks: Vec<PublishTrack>,
    },
    /// Says that a published track is on or off (muted). Media may stop by itself; this tells the others why.
    Track {
        /// The m-line.
        mid: String,
        /// Whether somebody should see or hear something.
        active: bool,
    },
    /// At what size lanes are shown, so that nothing larger is sent. Lanes that it does not name stay as they are; a
    /// new lane begins at [`ViewSize::Full`].
    View {
        /// Each lane at most once.
        lanes: Vec<LaneView>,
    },
    /// Acts on others or on the room. Needs the permission `moderate`.
    Moderate {
        /// What.
        order: Moderation,
    },
    /// Says no to `asked`.
    Decline {
        /// What was asked for.
        source: Source,
    },
    /// What holds the own device up, when it changes: others are told that it is not the connection.
    Device {
        /// What.
        limited: DeviceLimit,
    },
    /// Keeps the connection; answered by `pong`.
    Ping {
        /// Comes back in the pong.
        id: u32,
        /// The highest number taken of the node's messages: what it need not say again.
        #[serde(default)]
        seen: u64,
    },
    /// Leaves the seat for good.
    Leave,
    /// Ends the consultation for all. Needs the permission `end`.
    End,
}

impl std::fmt::Debug for ClientMessage {
    /// The kind only: tokens, secrets and SDP stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Join { .. } => "Join",
            Self::Resume { .. } => "Resume",
            Self::Reattach { .. } => "Reattach",
            Self::Offer { .. } => "Offer",
            Self::Track { .. } => "Track",
            Self::View { .. } => "View",
            Self::Moderate { .. } => "Moderate",
            Self::Decline { .. } => "Decline",
            Self::Device { .. } => "Device",
            Self::Ping { .. } => "Ping",
            Self::Leave => "Leave",
            Self::End => "End",
        })
    }
}

impl ClientMessage {
    /// Whether it carries a number: it changes something, so it is done once, whatever connection brings it how often.
    /// First messages and pings belong to their connection.
    #[must_use]
    pub const fn is_numbered(&self) -> bool {
        !matches!(self, Self::Join { .. } | Self::Resume { .. } | Self::Reattach { .. } | Self::Ping { .. })
    }
}

/// One m-line that publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishTrack {
    /// `a=mid` of the m-line.
    pub mid: String,
    /// What it shows.
    pub source: Source,
    /// Whether it starts on. A screen's m-line is offered at once and starts off.
    pub active: bool,
}

/// At what size a lane is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneView {
    /// `a=mid` of the client's receiving m-line.
    pub mid: String,
    /// Its size.
    pub size: ViewSize,
}

/// How large a picture is on somebody's page. A track that is published once has one size, whatever is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewSize {
    /// Not at all: nothing is sent.
    Hidden,
    /// Among many: the lowest layer.
    Thumbnail,
    /// A part of the page: up to the middle layer.
    Medium,
    /// The page: every layer.
    #[default]
    Full,
}

/// Where a track comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Source {
    Microphone,
    Camera,
    Screen,
    ScreenAudio,
}

impl Source {
    /// Audio or video.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Microphone | Self::ScreenAudio => Kind::Audio,
            Self::Camera | Self::Screen => Kind::Video,
        }
    }

    /// Whether `permissions` allow it to be published.
    #[must_use]
    pub fn allowed_by(self, permissions: Permissions) -> bool {
        match self {
            Self::Microphone => permissions.audio,
            Self::Camera => permissions.video,
            Self::Screen | Self::ScreenAudio => permissions.screen,
        }
    }
}

/// The media kind of an m-line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Audio,
    Video,
}

/// A frame: a message and its number among those of its sender to or from one peer, whatever connection carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered<M> {
    /// From 1, rising by one. None for what belongs to one connection alone and is never said again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The message.
    #[serde(flatten)]
    pub message: M,
}

impl<M> Numbered<M> {
    /// A message of one connection alone.
    pub const fn without(message: M) -> Self {
        Self { seq: None, message }
    }

    /// The message with this number.
    pub const fn new(seq: u64, message: M) -> Self {
        Self { seq: Some(seq), message }
    }
}

/// What the node says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The answer to `join` and `resume`.
    Joined {
        /// The own seat.
        seat: SeatId,
        /// The own role.
        role: Role,
        /// What the seat may do.
        permissions: Permissions,
        /// SDP answer.
        answer: String,
        /// Secret for the next `reattach` or `resume`. Used, it works until the client is known to have the next one.
        resume: String,
        /// Everybody in the room, oneself included.
        participants: Vec<Participant>,
        /// What is on each lane now.
        lanes: Vec<LaneState>,
        /// Whether somebody has to let them in: until `admitted` nobody else is told of, and nothing flows either way.
        #[serde(default)]
        waiting: bool,
    },
    /// Let in: media flows on the transport that is there. What else there is to know follows.
    Admitted {
        /// Everybody in the room, oneself included.
        participants: Vec<Participant>,
    },
    /// How the room is, when it changes. A room is open and not recorded unless it is said.
    Room {
        /// Nobody new gets in.
        locked: bool,
        /// A recorder is there.
        recorded: bool,
    },
    /// What concerns moderators, whole, when it changes.
    Moderation {
        /// Who waits, the first first.
        waiting: Vec<Waiting>,
        /// What each of the others in the room may do.
        seats: Vec<SeatPermissions>,
    },
    /// A moderator has switched an own track off. It stays off until its owner switches it on.
    Muted {
        /// Which.
        source: Source,
        /// Who did.
        by: SeatId,
        /// Their role.
        role: Role,
    },
    /// A moderator asks to switch something on: by `track`, or `decline`.
    Asked {
        /// What.
        source: Source,
        /// Who asks.
        by: SeatId,
        /// Their role.
        role: Role,
    },
    /// Somebody does not switch on what one has asked for.
    Declined {
        /// Who.
        seat: SeatId,
        /// What.
        source: Source,
    },
    /// What the own seat may do has changed.
    Permissions {
        /// Now.
        permissions: Permissions,
    },
    /// The answer to `reattach`. Without a number; what the client has not seen follows, with numbers.
    Reattached {
        /// Secret for the next `reattach` or `resume`.
        resume: String,
        /// The highest number taken of the client's messages: what is beyond it is to be said again.
        heard: u64,
    },
    /// The answer to `offer`.
    Answer {
        /// SDP answer.
        answer: String,
    },
    /// Somebody came, or came back, or changed their tracks: their whole state.
    Participant {
        /// The state now.
        participant: Participant,
    },
    /// Somebody is gone for good.
    ParticipantLeft {
        /// Who.
        seat: SeatId,
        /// Why.
        reason: LeaveReason,
    },
    /// Which track is on which lane, whole.
    Lanes {
        /// Every lane of the peer.
        lanes: Vec<LaneState>,
    },
    /// Which of a track's simulcast layers, or of the sizes of its one stream, somebody watches: to its publisher, who sends
    /// no others. Until the first one comes, all that the offer does not pause are wanted. Sent when it changes: at once for
    /// a layer that is to start, after a while for one that can stop.
    Layers {
        /// The publishing m-line.
        mid: String,
        /// The wanted layers by their `a=rid`, lowest first.
        rids: Vec<String>,
        /// Of a codec that holds several sizes in one stream: how many of them are wanted, the lowest first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sizes: Option<u8>,
        /// Why none is wanted though somebody would watch: the publisher's way to the node is too slow for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paused: Option<Pause>,
    },
    /// Who speaks, loudest first; empty when nobody does. Sent when it changes.
    Speakers {
        /// The speaking seats.
        speakers: Vec<SeatId>,
    },
    /// Each participant's connection as the node sees it. Sent when it changes, at most every two seconds.
    Quality {
        /// One entry a connected seat.
        quality: Vec<SeatQuality>,
    },
    /// The answer to `ping`. Without a number.
    Pong {
        /// The ping's id.
        id: u32,
        /// The highest number taken of the client's messages on this connection; 0 for none.
        #[serde(default)]
        heard: u64,
    },
    /// The consultation is over; the connection closes with [`crate::close::ENDED`].
    Ended {
        /// Why.
        reason: EndReason,
    },
    /// Something was refused. Unless it says otherwise the connection goes on.
    Refused {
        /// The word to act on.
        problem: Problem,
        /// The sentence for a log or a developer; never shown to a patient, never with their data.
        detail: String,
    },
}

impl std::fmt::Debug for ServerMessage {
    /// SDP and secrets stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Joined { seat, .. } => write!(f, "Joined({seat})"),
            Self::Reattached { heard, .. } => write!(f, "Reattached({heard})"),
            Self::Answer { .. } => f.write_str("Answer"),
            Self::Admitted { participants } => write!(f, "Admitted({participants:?})"),
            Self::Room { locked, recorded } => write!(f, "Room({locked}, {recorded})"),
            Self::Moderation { waiting, seats } => write!(f, "Moderation({waiting:?}, {seats:?})"),
            Self::Muted { source, by, .. } => write!(f, "Muted({source:?}, {by})"),
            Self::Asked { source, by, .. } => write!(f, "Asked({source:?}, {by})"),
            Self::Declined { seat, source } => write!(f, "Declined({seat}, {source:?})"),
            Self::Permissions { permissions } => write!(f, "Permissions({permissions:?})"),
            Self::Participant { participant } => write!(f, "Participant({participant:?})"),
            Self::ParticipantLeft { seat, reason } => write!(f, "ParticipantLeft({seat}, {reason:?})"),
            Self::Lanes { lanes } => write!(f, "Lanes({lanes:?})"),
            Self::Layers { mid, rids, sizes, paused } => {
                write!(f, "Layers({mid}, {rids:?}, {sizes:?}, {paused:?})")
            }
            Self::Speakers { speakers } => write!(f, "Speakers({speakers:?})"),
            Self::Quality { quality } => write!(f, "Quality({quality:?})"),
            Self::Pong { id, .. } => write!(f, "Pong({id})"),
            Self::Ended { reason } => write!(f, "Ended({reason:?})"),
            Self::Refused { problem, detail } => write!(f, "Refused({problem:?}, {detail})"),
        }
    }
}

/// A seat as others see it. Names are not here: the page has them from the control plane, by seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Their seat.
    pub seat: SeatId,
    /// Their role.
    pub role: Role,
    /// False while the seat is held for somebody who lost the connection.
    pub connected: bool,
    /// What they publish.
    pub tracks: Vec<Track>,
}

/// A published track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Its id.
    pub id: TrackId,
    /// Where it comes from.
    pub source: Source,
    /// False while muted or switched off.
    pub active: bool,
}

/// A lane and what is on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneState {
    /// `a=mid` of the client's receiving m-line.
    pub mid: String,
    /// The track on it, if any.
    pub track: Option<TrackId>,
    /// Whose it is.
    pub seat: Option<SeatId>,
    /// Why nothing of it comes though it is on and the lane is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<Pause>,
}

/// Why a lane's picture stands. It comes back by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pause {
    /// The way from the node to this client is too slow for it.
    Downlink,
    /// The way from its publisher to the node is.
    Uplink,
    /// The node has too much to do, and whose picture it is does not speak.
    Overload,
}

/// Why somebody is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// They left.
    Left,
    /// Their connection was lost, and nobody came back to the seat in time.
    Lost,
    /// They were removed.
    Removed,
}

/// Why a consultation is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// A participant with the permission ended it.
    EndedByParticipant,
    /// The control plane ended it: cancelled, moved, or the account disabled.
    EndedByClinic,
    /// Everybody left and nobody came back.
    Empty,
}

#[cfg(test)]
mod tests;
