//! The contract as an OpenAPI document, built from the handlers' own types. `web/` generates its client from it.

use actix_web::HttpResponse;
use utoipa::OpenApi;

use crate::accounts;
use crate::appointments;
use crate::availability;
use crate::guests;
use crate::practitioners;
use crate::quality;
use crate::rooms;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bedside",
        description = "HTTP API of the control plane. Errors are RFC 9457 problem documents. Changes carry X-CSRF-Token; \
                       commands may carry Idempotency-Key."
    ),
    paths(
        accounts::handlers::sign_in,
        accounts::handlers::session,
        accounts::handlers::sign_out,
        accounts::handlers::change_profile,
        practitioners::handlers::list,
        availability::handlers::slots,
        availability::handlers::read,
        availability::handlers::replace,
        appointments::handlers::book,
        appointments::handlers::list,
        appointments::handlers::read,
        appointments::handlers::cancel,
        rooms::handlers::join,
        rooms::handlers::people,
        quality::handlers::visit,
        quality::handlers::summary,
        guests::handlers::invite,
        guests::handlers::list,
        guests::handlers::revoke,
        guests::handlers::open,
        guests::handlers::join,
        guests::handlers::people,
    )
)]
struct Contract;

/// The document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    Contract::openapi()
}

/// The document as JSON, for `bedside openapi` and for generators.
///
/// # Errors
/// When it cannot be written as JSON, which is a fault of ours.
pub fn json() -> Result<String, serde_json::Error> {
    document().to_pretty_json()
}

/// `GET /api/openapi.json`
pub async fn serve() -> HttpResponse {
    HttpResponse::Ok().json(document())
}
