//! `/api/appointments/{id}/quality` and `/api/quality`.

use actix_web::{HttpResponse, web};

use super::store;
use super::summary::{self, QualitySummary};
use super::view::{self, VisitQuality};
use crate::app::{Seen, State};
use crate::appointments::{self, AppointmentPath};
use crate::authorize::{Action, Object};
use crate::http::caller::Caller;
use crate::http::problem::ApiError;

/// How the connections of a visit were, in stretches of ten seconds. Kept for 90 days.
///
/// # Errors
/// 403 for patients, guests and staff, 404 for everybody else whom it does not concern.
#[utoipa::path(get, path = "/api/appointments/{id}/quality", tag = "quality", params(
    ("id" = String, Path, format = Uuid),
), responses(
    (status = 200, body = VisitQuality),
    (status = 403, description = "/problems/forbidden"),
    (status = 404, description = "/problems/not-found"),
))]
pub async fn visit(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<AppointmentPath>,
) -> Result<HttpResponse, ApiError> {
    let quality = state
        .read(&caller, async |tx| {
            let (row, object) =
                appointments::find(tx, (&caller).into(), Action::QualityRead, path.id).await?;
            let view = view::visit(store::minutes(tx, row.id).await?);
            Ok(Seen { view, of: vec![(Action::QualityRead, object)] })
        })
        .await?;
    Ok(HttpResponse::Ok().json(quality))
}

/// How connections were over all visits of the last 14 days, for the clinic's admins. Sums over fewer than eleven visits are left out.
///
/// # Errors
/// 403 for everybody but admins.
#[utoipa::path(get, path = "/api/quality", tag = "quality", responses(
    (status = 200, body = QualitySummary),
    (status = 403, description = "/problems/forbidden"),
))]
pub async fn summary(state: web::Data<State>, caller: Caller) -> Result<HttpResponse, ApiError> {
    let summary = state
        .read(&caller, async |tx| {
            caller.may(Action::QualitySummary, &Object::Clinic(caller.actor.clinic))?;
            Ok(Seen::public(summary::read(tx).await?))
        })
        .await?;
    Ok(HttpResponse::Ok().json(summary))
}
