//! `/api/appointments/{id}/join` and `/api/appointments/{id}/people`.

use actix_web::{HttpResponse, web};

use super::join::{self, Join, Joining};
use super::people::{self, Person};
use super::store::Holder;
use crate::app::{Seen, State};
use crate::appointments::{self, AppointmentPath};
use crate::authorize::Action;
use crate::http::caller::{Caller, Party};
use crate::http::command::{Command, NoBody};
use crate::http::problem::ApiError;

/// Where the visit meets, and a token that opens one's seat there. Each call gives a new token: it works once.
///
/// # Errors
/// 403 outside the window, 404 for everybody whom it does not concern, 409 when it is over, 503 without a node.
#[utoipa::path(post, path = "/api/appointments/{id}/join", tag = "rooms", params(
    ("id" = String, Path, format = Uuid),
), responses(
    (status = 200, body = Join),
    (status = 403, description = "/problems/join-too-early with `opens_at`, /problems/join-too-late"),
    (status = 404, description = "/problems/not-found"),
    (status = 409, description = "/problems/appointment-ended"),
    (status = 503, description = "/problems/no-media-node"),
))]
pub async fn join(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<AppointmentPath>,
    _: Command<NoBody>,
) -> Result<HttpResponse, ApiError> {
    let party = Party::from(&caller);
    let join = state
        .transaction(party, async |tx| {
            appointments::store::lock(tx, path.id).await?;
            let (row, object) = appointments::find(tx, party, Action::AppointmentJoin, path.id).await?;
            let holder = Holder::Account(caller.account);
            join::join(tx, &state, &Joining { party, holder, row: &row, object }).await
        })
        .await?;
    Ok(HttpResponse::Ok().json(join))
}

/// Names for the seats of the visit's room.
///
/// # Errors
/// 404 for everybody whom it does not concern.
#[utoipa::path(get, path = "/api/appointments/{id}/people", tag = "rooms", params(
    ("id" = String, Path, format = Uuid),
), responses(
    (status = 200, body = [Person]),
    (status = 404, description = "/problems/not-found"),
))]
pub async fn people(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<AppointmentPath>,
) -> Result<HttpResponse, ApiError> {
    let people = state
        .read(&caller, async |tx| {
            let (row, object) = appointments::find(tx, (&caller).into(), Action::PeopleRead, path.id).await?;
            let view = people::seated(tx, &state.keyring, row.id).await?;
            Ok(Seen { view, of: vec![(Action::PeopleRead, object)] })
        })
        .await?;
    Ok(HttpResponse::Ok().json(people))
}
