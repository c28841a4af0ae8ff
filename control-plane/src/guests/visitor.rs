//! Somebody with a link, found by its secret.

use actix_web::http::StatusCode;
use protocol::{Role, SeatId};
use telemetry::Redacted;

use super::store::{self, Row};
use crate::appointments;
use crate::appointments::window::join_window;
use crate::audit;
use crate::authorize::{Action, Actor, Object, Who};
use crate::bearer::Bearer;
use crate::db::{DbError, Tx};
use crate::http::caller::Party;
use crate::http::origin::Origin;
use crate::http::problem::{ApiError, Problem};
use crate::rooms;

/// A guest, their visit, and what `authorize` is asked about.
pub(crate) struct Visitor {
    pub(crate) party: Party,
    pub(crate) guest: Row,
    pub(crate) row: appointments::store::Row,
    pub(crate) object: Object,
}

impl Visitor {
    /// Records what the guest reads; a page that polls is recorded once for a while.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn record_read(&self, tx: &mut Tx, action: Action) -> Result<(), DbError> {
        let read = vec![(action, self.object)];
        if !audit::not_recorded_lately(tx, &self.party.actor, read).await?.is_empty() {
            self.party.record(tx, action, self.object).await?;
        }
        Ok(())
    }
}

impl Visitor {
    /// A link alone shows nobody's name but the practitioner's: it may be in wrong hands, or opened days before. The seat of
    /// whoever has joined.
    ///
    /// # Errors
    /// 403 without a seat of one's own, and when nobody can join any more.
    pub(crate) async fn has_joined(&self, tx: &mut Tx, action: Action) -> Result<SeatId, ApiError> {
        let window = join_window(self.row.state, self.row.start_us, tx.now());
        let reason = match window.problem {
            Some(problem) => problem.as_str(),
            None => match rooms::store::seat_of_guest(tx, self.guest.id).await? {
                Some(seat) => return Ok(seat),
                None => "no_seat",
            },
        };
        Err(self.party.refuse(Problem::forbidden(), action, self.object, reason))
    }
}

/// The secret as sent. Anything that is none is refused like one that nobody has.
///
/// # Errors
/// 404.
pub(crate) fn read_secret(secret: &Redacted<String>) -> Result<Bearer, ApiError> {
    secret.expose().parse().map_err(|_| unknown().into())
}

/// Who holds this secret, when they may do this now. Unknown, ended and taken back are refused alike.
///
/// # Errors
/// 404.
pub(crate) async fn find(
    tx: &mut Tx,
    secret: &Bearer,
    origin: Origin,
    action: Action,
) -> Result<Visitor, ApiError> {
    let guest = store::by_secret(tx, &secret.sha256()).await?.ok_or_else(unknown)?;
    let row = appointments::store::find(tx, guest.appointment).await?;
    let row = row.ok_or(ApiError::Internal("an invitation without its appointment"))?;
    let object = row.object(tx.clinic_id());
    let who = Who::Guest { guest: guest.id, appointment: guest.appointment };
    let party = Party { actor: Actor { clinic: tx.clinic_id(), role: Role::Guest, who }, origin };
    let reason = match guest.revoked_us {
        Some(_) => Some("revoked"),
        None if tx.now() >= guest.expires_us + appointments::window::TOLERANCE => Some("expired"),
        None => None,
    };
    if let Some(reason) = reason {
        return Err(party.refuse(unknown(), action, object, reason));
    }
    party.may(action, &object)?;
    Ok(Visitor { party, guest, row, object })
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "link-not-valid", "This link does not open a visit")
}
