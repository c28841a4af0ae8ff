//! Is the process alive, is it ready, and what does it count.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::app::State;

use super::problem::{ApiError, Problem};

/// `GET /livez`: this process answers. Stays true while the database is away: a restart would not help.
pub async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("alive\n")
}

/// `GET /readyz`: the database answers.
///
/// # Errors
/// 503 while it does not.
pub async fn readyz(state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    if state.db.ping().await.is_err() {
        let problem =
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "The database does not answer");
        return Err(problem.into());
    }
    Ok(HttpResponse::Ok().content_type("text/plain").body("ready\n"))
}

/// `GET /metrics`, on its own listener only.
pub async fn metrics(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().content_type(telemetry::metrics::CONTENT_TYPE).body(state.metrics.text())
}
