//! The first message: whether it opens a seat, and on which worker.

use std::time::Instant;

use media_core::{Command, PeerId, SeatGrant, resume_worker};
use protocol::node::RoomEventKind;
use protocol::signal::{ClientMessage, PublishTrack};
use protocol::token::JoinClaims;
use protocol::{Problem, limits};
use uuid::Uuid;

use super::Signal;
use super::tokens::{Shown, Use};
use crate::clock::since_1970;
use crate::rooms::Wanted;
use crate::worker::{Inbox, Report};

/// A seat to be opened: what the worker is to be told.
pub(super) struct Opening<'a> {
    pub peer: PeerId,
    pub worker: &'a Inbox,
    pub command: Command,
    /// Id and expiry of the join token that was used for it.
    pub token: Option<(Uuid, u64)>,
}

impl Signal {
    /// Judges a first message.
    pub(super) fn admit(&self, message: ClientMessage) -> Result<Opening<'_>, Problem> {
        match message {
            ClientMessage::Join { token, offer, tracks } => {
                check_session(&offer, &tracks)?;
                self.admit_token(&token, offer, tracks)
            }
            ClientMessage::Resume { resume, offer, tracks } => {
                check_session(&offer, &tracks)?;
                let worker = self.worker_of(&resume)?;
                let peer = self.new_peer();
                let command = Command::Resume { peer, secret: resume, offer, tracks };
                Ok(Opening { peer, worker, command, token: None })
            }
            ClientMessage::Reattach { resume, seen } => {
                let worker = self.worker_of(&resume)?;
                let peer = self.new_peer();
                let command = Command::Reattach { peer, secret: resume, seen };
                Ok(Opening { peer, worker, command, token: None })
            }
            ClientMessage::Offer { .. }
            | ClientMessage::Track { .. }
            | ClientMessage::View { .. }
            | ClientMessage::Moderate { .. }
            | ClientMessage::Decline { .. }
            | ClientMessage::Device { .. }
            | ClientMessage::Ping { .. }
            | ClientMessage::Leave
            | ClientMessage::End => Err(Problem::BadMessage),
        }
    }

    /// The worker that a secret names. Whether it is good, the worker knows.
    fn worker_of(&self, secret: &str) -> Result<&Inbox, Problem> {
        let worker = resume_worker(secret).and_then(|worker| self.workers.get(usize::from(worker)));
        worker.ok_or(Problem::BadResume)
    }

    fn admit_token(
        &self,
        token: &str,
        offer: String,
        tracks: Vec<PublishTrack>,
    ) -> Result<Opening<'_>, Problem> {
        let now = unix_secs();
        let claims = self.keys.verify(token, now)?;
        let wanted = Wanted {
            room: claims.room,
            generation: claims.generation,
            seat: claims.seat,
            valid_from: claims.nbf,
        };
        // The room first: a token for another place stays unused, whatever node it was shown to.
        let worker = self.rooms.admit(wanted, Instant::now())?;
        let shown = Shown { id: claims.jti, valid_from: claims.nbf, expires: claims.exp };
        if let Use::Again { report } = self.tokens.note(shown, now)? {
            if report {
                self.report_reuse(&claims);
            }
            return Err(Problem::TokenUsed);
        }
        let worker = self.workers.get(usize::from(worker)).ok_or(Problem::NodeFull)?;
        let peer = self.new_peer();
        let grant = SeatGrant {
            clinic: claims.clinic,
            room: claims.room,
            generation: claims.generation,
            seat: claims.seat,
            role: claims.role,
            permissions: claims.permissions,
        };
        let command = Command::Join { peer, grant, offer, tracks };
        Ok(Opening { peer, worker, command, token: Some((claims.jti, claims.exp)) })
    }

    /// The worker did not take it: a token that opened nothing can be shown again.
    pub(super) fn take_back(&self, token: Option<(Uuid, u64)>) {
        if let Some((token, expires)) = token {
            self.tokens.give_back(token, expires);
        }
    }

    fn report_reuse(&self, claims: &JoinClaims) {
        let event = Report::Event {
            clinic: claims.clinic,
            room: claims.room,
            generation: claims.generation,
            kind: RoomEventKind::TokenReused { seat: claims.seat },
        };
        tracing::warn!(room.id = %claims.room, seat.id = %claims.seat, "a join token was shown again");
        if self.reports.try_send(event).is_err() {
            tracing::error!(room.id = %claims.room, "the reuse of a token could not be reported");
        }
    }
}

/// What tokens count their time by.
pub(super) fn unix_secs() -> u64 {
    since_1970().as_secs()
}

/// Bounds that hold for every message with a session description.
pub(super) fn check_session(offer: &str, tracks: &[PublishTrack]) -> Result<(), Problem> {
    if offer.len() > limits::SDP_BYTES_MAX {
        return Err(Problem::BadSdp);
    }
    if tracks.len() > limits::SDP_MEDIA_MAX {
        return Err(Problem::BadMessage);
    }
    Ok(())
}
