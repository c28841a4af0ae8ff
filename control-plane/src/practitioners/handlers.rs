//! `/api/practitioners`.

use actix_web::{HttpResponse, web};

use super::{Practitioner, store};
use crate::accounts;
use crate::app::{Seen, State};
use crate::authorize::{Action, Object};
use crate::http::caller::Caller;
use crate::http::problem::ApiError;

/// Everybody who gives care here.
///
/// # Errors
/// When the database fails.
#[utoipa::path(get, path = "/api/practitioners", tag = "practitioners", responses(
    (status = 200, body = [Practitioner]),
    (status = 401, description = "/problems/not-signed-in"),
))]
pub async fn list(state: web::Data<State>, caller: Caller) -> Result<HttpResponse, ApiError> {
    let practitioners = state
        .read(&caller, async |tx| {
            caller.may(Action::PractitionerList, &Object::Clinic(caller.actor.clinic))?;
            let mut practitioners = Vec::new();
            for row in store::all(tx).await? {
                practitioners.push(Practitioner {
                    id: row.id,
                    name: accounts::open_name(tx, &state.keyring, row.account, &row.name).await?,
                    title: row.title,
                    specialty: row.specialty,
                    time_zone: row.time_zone,
                });
            }
            Ok(Seen::public(practitioners))
        })
        .await?;
    Ok(HttpResponse::Ok().json(practitioners))
}
