//! `/api/appointments/{id}/guests` for those who invite, `/api/guest` for those who are invited.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use telemetry::Redacted;
use utoipa::ToSchema;

use super::invite::{self, Guest, GuestInvitation, GuestLink};
use super::open::{self, GuestVisit};
use super::{GuestPath, visitor};
use crate::accounts::attempts::too_many;
use crate::app::{Answer, Seen, State};
use crate::appointments::{self, AppointmentPath};
use crate::authorize::Action;
use crate::bearer::Bearer;
use crate::db::Tx;
use crate::http::caller::Caller;
use crate::http::command::{Command, NoBody};
use crate::http::origin::Origin;
use crate::http::problem::ApiError;
use crate::rooms::join::{self, Join, Joining};
use crate::rooms::people::{self, Person};
use crate::rooms::store::Holder;

/// Invites somebody to a visit.
///
/// # Errors
/// 404 for everybody whom the visit does not concern, 409 when it is over or its room would be full.
#[utoipa::path(post, path = "/api/appointments/{id}/guests", tag = "guests", request_body = GuestInvitation, params(
    ("id" = String, Path, format = Uuid),
), responses(
    (status = 201, body = GuestLink),
    (status = 400, description = "/problems/bad-request"),
    (status = 404, description = "/problems/not-found"),
    (status = 409, description = "/problems/appointment-ended, /problems/too-many-guests"),
))]
pub async fn invite(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<AppointmentPath>,
    command: Command<GuestInvitation>,
) -> Result<HttpResponse, ApiError> {
    let named = command.body.check()?;
    let origin = &state.http.public_origin;
    state
        .once(&caller, &command, async |tx| {
            appointments::store::lock(tx, path.id).await?;
            let (row, object) =
                appointments::find(tx, (&caller).into(), Action::GuestInvite, path.id).await?;
            let link =
                invite::invite(tx, &state.keyring, &row, caller.account, origin, named.clone()).await?;
            caller.record(tx, Action::GuestInvite, object).await?;
            Answer::new(StatusCode::CREATED, &link)
        })
        .await
}

/// Who is invited to a visit.
///
/// # Errors
/// 404 for everybody whom the visit does not concern.
#[utoipa::path(get, path = "/api/appointments/{id}/guests", tag = "guests", params(
    ("id" = String, Path, format = Uuid),
), responses(
    (status = 200, body = [Guest]),
    (status = 404, description = "/problems/not-found"),
))]
pub async fn list(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<AppointmentPath>,
) -> Result<HttpResponse, ApiError> {
    let guests = state
        .read(&caller, async |tx| {
            let (row, object) = appointments::find(tx, (&caller).into(), Action::GuestList, path.id).await?;
            let view = invite::list(tx, &state.keyring, &row).await?;
            Ok(Seen { view, of: vec![(Action::GuestList, object)] })
        })
        .await?;
    Ok(HttpResponse::Ok().json(guests))
}

/// Takes an invitation back; the guest leaves the room.
///
/// # Errors
/// 404 when there is none, or the visit does not concern the caller.
#[utoipa::path(delete, path = "/api/appointments/{id}/guests/{guest_id}", tag = "guests", params(
    ("id" = String, Path, format = Uuid),
    ("guest_id" = String, Path, format = Uuid),
), responses(
    (status = 204, description = "Taken back"),
    (status = 404, description = "/problems/not-found"),
))]
pub async fn revoke(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<GuestPath>,
    command: Command<NoBody>,
) -> Result<HttpResponse, ApiError> {
    let answer = state
        .once(&caller, &command, async |tx| {
            appointments::store::lock(tx, path.id).await?;
            let (row, object) =
                appointments::find(tx, (&caller).into(), Action::GuestRevoke, path.id).await?;
            invite::revoke(tx, &row, path.guest_id).await?;
            caller.record(tx, Action::GuestRevoke, object).await?;
            Ok(Answer::nothing())
        })
        .await?;
    state.nodes.tell();
    Ok(answer)
}

/// The secret of a link, in the body: what stands in a URL ends in logs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuestSecret {
    /// What follows `#` in the link.
    #[schema(value_type = String)]
    secret: Redacted<String>,
}

/// Work for whoever holds a link, in one transaction of its clinic.
async fn by_link<T: Serialize>(
    state: &State,
    origin: Origin,
    shown: &GuestSecret,
    mut work: impl AsyncFnMut(&mut Tx, &Bearer) -> Result<T, ApiError>,
) -> Result<HttpResponse, ApiError> {
    state.attempts.at_link(&origin).map_err(too_many)?;
    let secret = visitor::read_secret(&shown.secret)?;
    let answer = state.for_clinic(secret.clinic(), async |tx| work(tx, &secret).await).await?;
    Ok(HttpResponse::Ok().json(answer))
}

/// What a link opens.
///
/// # Errors
/// 404 for a link that is unknown, ended or taken back, 429 when tried too often.
#[utoipa::path(post, path = "/api/guest", tag = "guests", request_body = GuestSecret, responses(
    (status = 200, body = GuestVisit),
    (status = 404, description = "/problems/link-not-valid"),
    (status = 429, description = "/problems/too-many-attempts"),
))]
pub async fn open(
    state: web::Data<State>,
    origin: Origin,
    command: Command<GuestSecret>,
) -> Result<HttpResponse, ApiError> {
    by_link(&state, origin, &command.body, async |tx, secret| {
        let visitor = visitor::find(tx, secret, origin, Action::GuestOpen).await?;
        visitor.record_read(tx, Action::GuestOpen).await?;
        open::open(tx, &state.keyring, visitor).await
    })
    .await
}

/// Where the visit meets, and a token that opens the guest's seat there.
///
/// # Errors
/// As for everybody who joins; 404 for a link that is unknown, ended or taken back.
#[utoipa::path(post, path = "/api/guest/join", tag = "guests", request_body = GuestSecret, responses(
    (status = 200, body = Join),
    (status = 403, description = "/problems/join-too-early with `opens_at`, /problems/join-too-late"),
    (status = 404, description = "/problems/link-not-valid"),
    (status = 409, description = "/problems/appointment-ended"),
    (status = 429, description = "/problems/too-many-attempts"),
    (status = 503, description = "/problems/no-media-node"),
))]
pub async fn join(
    state: web::Data<State>,
    origin: Origin,
    command: Command<GuestSecret>,
) -> Result<HttpResponse, ApiError> {
    by_link(&state, origin, &command.body, async |tx, secret| {
        let found = visitor::find(tx, secret, origin, Action::AppointmentJoin).await?;
        appointments::store::lock(tx, found.row.id).await?;
        // Read again behind the lock: it may have been cancelled, or the link taken back, meanwhile.
        let found = visitor::find(tx, secret, origin, Action::AppointmentJoin).await?;
        let visitor::Visitor { party, ref row, object, .. } = found;
        let holder = Holder::Guest(found.guest.id);
        join::join(tx, &state, &Joining { party, holder, row, object }).await
    })
    .await
}

/// Names for the seats of the visit's room, for a guest who is in it; before, their own and the practitioner's.
///
/// # Errors
/// 403 before the guest has joined and when nobody can join any more, 404 for a link that is unknown, ended or taken back,
/// 429 when tried too often.
#[utoipa::path(post, path = "/api/guest/people", tag = "guests", request_body = GuestSecret, responses(
    (status = 200, body = [Person]),
    (status = 403, description = "/problems/forbidden"),
    (status = 404, description = "/problems/link-not-valid"),
    (status = 429, description = "/problems/too-many-attempts"),
))]
pub async fn people(
    state: web::Data<State>,
    origin: Origin,
    command: Command<GuestSecret>,
) -> Result<HttpResponse, ApiError> {
    by_link(&state, origin, &command.body, async |tx, secret| {
        let visitor = visitor::find(tx, secret, origin, Action::PeopleRead).await?;
        let seat = visitor.has_joined(tx, Action::PeopleRead).await?;
        visitor.record_read(tx, Action::PeopleRead).await?;
        Ok(people::seated_for_guest(tx, &state.keyring, visitor.row.id, seat).await?)
    })
    .await
}
