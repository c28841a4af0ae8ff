//! `/api/appointments`.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use protocol::Role;
use serde::Deserialize;
use utoipa::IntoParams;

use super::book::{self, Booking};
use super::store::Whose;
use super::view::{self, Appointment};
use super::{AppointmentPath, cancel, find, list, store};
use crate::app::{Answer, Seen, State};
use crate::authorize::{Action, Object};
use crate::http::caller::Caller;
use crate::http::command::{Command, IDEMPOTENCY_KEY, NoBody};
use crate::http::problem::{ApiError, Problem};
use crate::time::{Span, Timestamp};

/// A patient's years; a list has its own bound too.
const LIST_WINDOW_MAX: Duration = Duration::from_secs(3 * 366 * 24 * 3600);

/// A stretch of time; appointments that begin in it are listed. When it holds this moment, so are those in whose room
/// somebody is.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AppointmentsAsked {
    /// First instant; without it, a day ago.
    from: Option<Timestamp>,
    /// First instant after it; without it, 31 days after `from`.
    until: Option<Timestamp>,
}

impl AppointmentsAsked {
    fn span(self, now: Timestamp) -> Result<Span, ApiError> {
        let from = self.from.unwrap_or(now - Duration::from_secs(24 * 3600));
        let until = self.until.unwrap_or(from + Duration::from_secs(31 * 24 * 3600));
        if from >= until || until.since(from) > LIST_WINDOW_MAX {
            return Err(Problem::bad_request("the window is empty or longer than three years").into());
        }
        Ok(Span { from, until })
    }
}

/// Books a visit for oneself.
///
/// # Errors
/// 409 with other free times when the time is not free.
#[utoipa::path(post, path = "/api/appointments", tag = "appointments", request_body = Booking, params(
    ("Idempotency-Key" = String, Header, format = Uuid, description = "Chosen by the page, the same for each repeat"),
), responses(
    (status = 201, body = Appointment),
    (status = 400, description = "/problems/bad-request"),
    (status = 404, description = "/problems/not-found"),
    (status = 409, description = "/problems/slot-taken with `alternatives`, /problems/too-many-appointments with `limit`, /problems/idempotency-key-reused"),
))]
pub async fn book(
    state: web::Data<State>,
    caller: Caller,
    command: Command<Booking>,
) -> Result<HttpResponse, ApiError> {
    if command.key.is_none() {
        return Err(Problem::bad_request(format!("{IDEMPOTENCY_KEY} is missing")).into());
    }
    command.body.check()?;
    state
        .once(&caller, &command, async |tx| {
            let appointment = book::book(tx, &state.keyring, &caller, &command.body).await?;
            Answer::new(StatusCode::CREATED, &appointment)
        })
        .await
}

/// Appointments: a patient's own, a practitioner's own, all of the clinic for staff and admins (without `reason`).
///
/// # Errors
/// 400 when the window is empty or too long.
#[utoipa::path(get, path = "/api/appointments", tag = "appointments", params(AppointmentsAsked), responses(
    (status = 200, body = [Appointment]),
    (status = 400, description = "/problems/bad-request"),
))]
pub async fn list(
    state: web::Data<State>,
    caller: Caller,
    asked: web::Query<AppointmentsAsked>,
) -> Result<HttpResponse, ApiError> {
    let clinic = Object::Clinic(caller.actor.clinic);
    let whose = match caller.actor.role {
        Role::Patient => Whose::Patient(caller.session.patient.ok_or_else(Problem::forbidden)?),
        Role::Practitioner => {
            Whose::Practitioner(caller.session.practitioner.ok_or_else(Problem::forbidden)?)
        }
        Role::Staff | Role::Admin => Whose::Everybody,
        Role::Guest => return Err(Problem::forbidden().into()),
    };
    let appointments = state
        .read(&caller, async |tx| {
            caller.may(Action::AppointmentList, &clinic)?;
            let listed = list::list(tx, &state.keyring, whose, asked.span(tx.now())?).await?;
            let mut seen = Seen { view: Vec::new(), of: vec![(Action::AppointmentList, clinic)] };
            for (row, presence) in listed {
                let object = row.object(caller.actor.clinic);
                caller.may(Action::AppointmentRead, &object)?;
                let appointment = view::open(tx, &state.keyring, &caller.actor, row, presence).await?;
                seen.of.push((view::read_action(&appointment), object));
                seen.view.push(appointment);
            }
            Ok(seen)
        })
        .await?;
    Ok(HttpResponse::Ok().json(appointments))
}

/// One appointment.
///
/// # Errors
/// 404 for everybody whom it does not concern.
#[utoipa::path(get, path = "/api/appointments/{id}", tag = "appointments", params(
    ("id" = String, Path, format = Uuid),
), responses(
    (status = 200, body = Appointment),
    (status = 404, description = "/problems/not-found"),
))]
pub async fn read(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<AppointmentPath>,
) -> Result<HttpResponse, ApiError> {
    let appointment = state
        .read(&caller, async |tx| {
            let (row, object) = find(tx, (&caller).into(), Action::AppointmentRead, path.id).await?;
            let view = view::open_one(tx, &state.keyring, &caller.actor, row).await?;
            Ok(Seen { of: vec![(view::read_action(&view), object)], view })
        })
        .await?;
    Ok(HttpResponse::Ok().json(appointment))
}

/// Calls a visit off.
///
/// # Errors
/// 404 for everybody whom it does not concern, 409 when it began or is over.
#[utoipa::path(post, path = "/api/appointments/{id}/cancel", tag = "appointments", params(
    ("id" = String, Path, format = Uuid),
), responses(
    (status = 200, body = Appointment),
    (status = 404, description = "/problems/not-found"),
    (status = 409, description = "/problems/appointment-not-cancellable"),
))]
pub async fn cancel(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<AppointmentPath>,
    command: Command<NoBody>,
) -> Result<HttpResponse, ApiError> {
    let answer = state
        .once(&caller, &command, async |tx| {
            store::lock(tx, path.id).await?;
            let (row, object) = find(tx, (&caller).into(), Action::AppointmentCancel, path.id).await?;
            cancel::cancel(tx, &row).await?;
            caller.record(tx, Action::AppointmentCancel, object).await?;
            let row = store::find(tx, path.id).await?.ok_or_else(Problem::not_found)?;
            Answer::new(StatusCode::OK, &view::open_one(tx, &state.keyring, &caller.actor, row).await?)
        })
        .await?;
    state.nodes.tell();
    Ok(answer)
}
