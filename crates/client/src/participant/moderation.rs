//! What moderators do to it, and what it does as one.

use std::time::Instant;

use protocol::moderation::{Moderation as Order, SeatPermissions, Waiting};
use protocol::signal::{ClientMessage, ServerMessage, Source};
use protocol::{Permissions, SeatId};

use super::Participant;

/// What the node has said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moderation {
    /// Nobody has let it in yet.
    pub is_waiting: bool,
    /// Nobody new gets in.
    pub is_locked: bool,
    /// A recorder is there.
    pub is_recorded: bool,
    /// What the own seat may do.
    pub permissions: Permissions,
    /// To a moderator: who waits.
    pub waiting: Vec<Waiting>,
    /// To a moderator: what the others may do.
    pub seats: Vec<SeatPermissions>,
    /// What it is asked to switch on, and by whom.
    pub asked: Vec<(Source, SeatId)>,
}

impl Participant {
    /// Acts on others or on the room, where the seat may.
    pub fn moderate(&mut self, order: Order) {
        self.dialogue.say(ClientMessage::Moderate { order });
    }

    /// Says no to what a moderator asks for.
    pub fn decline(&mut self, source: Source) {
        self.moderation.asked.retain(|(asked, _)| *asked != source);
        self.dialogue.say(ClientMessage::Decline { source });
    }

    /// What the node has said of moderation.
    #[must_use]
    pub const fn moderation(&self) -> &Moderation {
        &self.moderation
    }

    /// Keeps what a message says of moderation, and obeys.
    pub(super) fn note_moderation(&mut self, now: Instant, message: &ServerMessage) {
        match message {
            ServerMessage::Joined { permissions, waiting, .. } => {
                self.moderation =
                    Moderation { is_waiting: *waiting, permissions: *permissions, ..Moderation::default() };
            }
            ServerMessage::Admitted { participants } => {
                self.moderation.is_waiting = false;
                self.room = participants.iter().map(|one| (one.seat, one.clone())).collect();
            }
            ServerMessage::Room { locked, recorded } => {
                (self.moderation.is_locked, self.moderation.is_recorded) = (*locked, *recorded);
            }
            ServerMessage::Moderation { waiting, seats } => {
                self.moderation.waiting.clone_from(waiting);
                self.moderation.seats.clone_from(seats);
            }
            ServerMessage::Muted { source, .. } => self.set_active(now, *source, false),
            ServerMessage::Asked { source, by, .. } => self.moderation.asked.push((*source, *by)),
            ServerMessage::Permissions { permissions } => {
                self.moderation.permissions = *permissions;
                for source in [Source::Microphone, Source::Camera, Source::Screen] {
                    if !source.allowed_by(*permissions) {
                        self.set_active(now, source, false);
                    }
                }
            }
            _ => {}
        }
    }
}
