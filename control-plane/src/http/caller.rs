//! Somebody signed in, as a handler meets them. The gate made it; without the gate there is none, and the handler
//! does not run.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::accounts::session::Session;
use crate::audit::{self, Agent, Entry, Outcome};
use crate::authorize::{Action, Actor, Decision, Object, Who, authorize};
use crate::db::{DbError, Tx};
use crate::ids::AccountId;

use super::origin::Origin;
use super::problem::{ApiError, Problem};

/// Who calls, by which sign-in, over which request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who, for [`authorize`].
    pub actor: Actor,
    /// The account behind the actor.
    pub account: AccountId,
    /// The sign-in.
    pub session: Session,
    /// The request.
    pub origin: Origin,
}

/// Whoever acts, and over which request: somebody signed in, or a guest.
#[derive(Clone, Copy, Debug)]
pub struct Party {
    /// Who, for [`authorize`].
    pub actor: Actor,
    /// The request.
    pub origin: Origin,
}

impl From<&Caller> for Party {
    fn from(caller: &Caller) -> Self {
        Self { actor: caller.actor, origin: caller.origin }
    }
}

impl Party {
    /// Asks [`authorize`]; a refusal is an error that becomes a row of the audit record on its way out.
    ///
    /// # Errors
    /// 403, or 404 where the actor must not learn that the object is there.
    pub fn may(&self, action: Action, object: &Object) -> Result<(), ApiError> {
        may(&self.actor, self.origin, action, object)
    }

    /// A refusal for another reason than who asks, in a word for the audit record.
    #[must_use]
    pub fn refuse(&self, problem: Problem, action: Action, object: Object, reason: &'static str) -> ApiError {
        let entry = entry(&self.actor, self.origin, action, object, Outcome::Refused);
        ApiError::Refused(Box::new((problem, Entry { reason: Some(reason), ..entry })))
    }

    /// Records that it was done, in the transaction that does it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record(&self, tx: &mut Tx, action: Action, object: Object) -> Result<(), DbError> {
        audit::record(tx, &entry(&self.actor, self.origin, action, object, Outcome::Allowed)).await
    }
}

impl Caller {
    /// [`Party::may`].
    ///
    /// # Errors
    /// 403, or 404 where the caller must not learn that the object is there.
    pub fn may(&self, action: Action, object: &Object) -> Result<(), ApiError> {
        Party::from(self).may(action, object)
    }

    /// [`Party::record`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record(&self, tx: &mut Tx, action: Action, object: Object) -> Result<(), DbError> {
        Party::from(self).record(tx, action, object).await
    }
}

/// [`Party::may`].
///
/// # Errors
/// 403, or 404 where the actor must not learn that the object is there.
pub fn may(actor: &Actor, origin: Origin, action: Action, object: &Object) -> Result<(), ApiError> {
    let problem = match authorize(actor, action, object) {
        Decision::Allowed => return Ok(()),
        Decision::Forbidden => Problem::forbidden(),
        Decision::Hidden => Problem::not_found(),
    };
    Err(ApiError::Refused(Box::new((problem, entry(actor, origin, action, *object, Outcome::Refused)))))
}

/// An audit row of an actor.
#[must_use]
pub fn entry(actor: &Actor, origin: Origin, action: Action, object: Object, outcome: Outcome) -> Entry {
    Entry { agent: Agent::Actor(*actor), action, object, outcome, reason: None, origin }
}

impl Caller {
    pub(super) fn new(session: Session, origin: Origin) -> Self {
        let who = Who::Account {
            account: session.account,
            patient: session.patient,
            practitioner: session.practitioner,
        };
        let actor = Actor { clinic: session.clinic, role: session.role, who };
        Self { actor, account: session.account, session, origin }
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or_else(|| Problem::not_signed_in().into()))
    }
}
