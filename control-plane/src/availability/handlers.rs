//! `/api/practitioners/{id}/slots` and `/api/me/availability`.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::free::{bookable, free_now, free_times};
use super::hours::Availability;
use super::{Slot, store};
use crate::app::{Answer, Seen, State};
use crate::authorize::{Action, Object};
use crate::http::caller::Caller;
use crate::http::command::Command;
use crate::http::problem::{ApiError, Problem};
use crate::ids::PractitionerId;
use crate::time::{Span, Timestamp, ZoneName};

/// A calendar page and the days around it.
const WINDOW_MAX: Duration = Duration::from_secs(31 * 24 * 3600);

/// A stretch of time that is asked about.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SlotsAsked {
    /// First instant.
    from: Timestamp,
    /// First instant after it.
    until: Timestamp,
}

/// Free times of a practitioner.
#[derive(Debug, Serialize, ToSchema)]
pub struct Slots {
    /// In order.
    slots: Vec<Slot>,
    /// Where the practitioner stands: pages name it when it is not the reader's own.
    #[schema(value_type = String)]
    practitioner_time_zone: ZoneName,
    /// The visit that could begin at this minute.
    #[schema(required = true)]
    available_now: Option<Slot>,
}

/// Free times of a practitioner.
///
/// # Errors
/// 400 when the window is empty or too long, 404 when there is no such practitioner here.
#[utoipa::path(get, path = "/api/practitioners/{id}/slots", tag = "availability", params(
    ("id" = String, Path, format = Uuid, description = "The practitioner"),
    SlotsAsked,
), responses(
    (status = 200, body = Slots),
    (status = 400, description = "/problems/bad-request"),
    (status = 404, description = "/problems/not-found"),
))]
pub async fn slots(
    state: web::Data<State>,
    caller: Caller,
    practitioner: web::Path<PractitionerId>,
    asked: web::Query<SlotsAsked>,
) -> Result<HttpResponse, ApiError> {
    let (practitioner, asked) = (*practitioner, Span { from: asked.from, until: asked.until });
    if asked.from >= asked.until || asked.until.since(asked.from) > WINDOW_MAX {
        return Err(Problem::bad_request("the window is empty or longer than 31 days").into());
    }
    let object = Object::Practitioner { clinic: caller.actor.clinic, practitioner };
    let slots = state
        .read(&caller, async |tx| {
            caller.may(Action::SlotRead, &object)?;
            let week = store::week(tx, practitioner).await?.ok_or_else(Problem::not_found)?;
            let (now, schedule) = (tx.now(), week.schedule());
            let patient = caller.session.patient;
            let mut taken =
                async |span| store::taken_around(tx, &schedule, practitioner, patient, span).await;
            let at_once = taken(Span { from: now, until: now }).await?;
            let slots = match bookable(now, asked) {
                Some(span) => free_times(&schedule, &taken(span).await?, now, span).collect(),
                None => Vec::new(),
            };
            Ok(Seen::public(Slots {
                slots,
                practitioner_time_zone: week.time_zone,
                available_now: free_now(&schedule, &at_once, now),
            }))
        })
        .await?;
    Ok(HttpResponse::Ok().json(slots))
}

fn own(caller: &Caller) -> Result<(PractitionerId, Object), ApiError> {
    let practitioner = caller.session.practitioner.ok_or_else(Problem::forbidden)?;
    Ok((practitioner, Object::Practitioner { clinic: caller.actor.clinic, practitioner }))
}

/// One's own weekly hours.
///
/// # Errors
/// 403 for everybody but practitioners.
#[utoipa::path(get, path = "/api/me/availability", tag = "availability", responses(
    (status = 200, body = Availability),
    (status = 403, description = "/problems/forbidden"),
))]
pub async fn read(state: web::Data<State>, caller: Caller) -> Result<HttpResponse, ApiError> {
    let (practitioner, object) = own(&caller)?;
    let week = state
        .read(&caller, async |tx| {
            caller.may(Action::AvailabilityRead, &object)?;
            Ok(Seen::public(store::week(tx, practitioner).await?.ok_or_else(Problem::not_found)?))
        })
        .await?;
    Ok(HttpResponse::Ok().json(week))
}

/// Changes one's own weekly hours. What is booked stays booked.
///
/// # Errors
/// 400 when the week makes no sense, 403 for everybody but practitioners.
#[utoipa::path(put, path = "/api/me/availability", tag = "availability", request_body = Availability, responses(
    (status = 200, body = Availability),
    (status = 400, description = "/problems/bad-request"),
    (status = 403, description = "/problems/forbidden"),
    (status = 409, description = "/problems/idempotency-key-reused"),
))]
pub async fn replace(
    state: web::Data<State>,
    caller: Caller,
    command: Command<Availability>,
) -> Result<HttpResponse, ApiError> {
    let (practitioner, object) = own(&caller)?;
    command.body.check().map_err(Problem::bad_request)?;
    state
        .once(&caller, &command, async |tx| {
            caller.may(Action::AvailabilityEdit, &object)?;
            store::replace_week(tx, practitioner, &command.body).await?;
            caller.record(tx, Action::AvailabilityEdit, object).await?;
            let week = store::week(tx, practitioner).await?.ok_or_else(Problem::not_found)?;
            Answer::new(StatusCode::OK, &week)
        })
        .await
}
