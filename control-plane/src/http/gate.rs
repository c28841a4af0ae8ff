//! The gate before every door of `routes.rs`: who is this, is the change their own, may their role do this at all.
//!
//! ```text
//! permission Public        an Origin, when there is one, is ours
//! permission To(action)    + a living session, + for a change its CSRF token, + role_may(role, action)
//! ```
//!
//! It also bounds the handler's time: here the request is routed, and its answer can still be given.

use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use crate::accounts::session::{self, Activity, COOKIE};
use crate::app::State;
use crate::audit::Outcome;
use crate::authorize::{Object, role_may};
use crate::bearer::Bearer;
use crate::routes::Permission;

use super::caller::{self, Caller};
use super::origin::Origin;
use super::problem::{ApiError, Problem};

/// The header that carries [`Bearer::csrf_token`].
pub const CSRF_HEADER: &str = "X-CSRF-Token";
/// `1` on what a page asks by itself: it does not count as somebody being there.
pub const BACKGROUND_HEADER: &str = "X-Background";

/// A booking under load takes 0.1 s; what takes this long is lost, and its connection is needed.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);

/// Lets a request through to its handler, or answers it.
///
/// # Errors
/// None of its own: a refusal is an answer.
pub async fn pass(
    permission: Permission,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Err(error) = check(permission, &request).await {
        return Ok(request.error_response(error));
    }
    let http = request.request().clone();
    match tokio::time::timeout(REQUEST_TIME_MAX, next.call(request)).await {
        Ok(Ok(response)) => Ok(response.map_into_boxed_body()),
        Ok(Err(error)) => Ok(ServiceResponse::from_err(error, http)),
        Err(_) => Ok(ServiceResponse::from_err(ApiError::from(Problem::unavailable()), http)),
    }
}

async fn check(permission: Permission, request: &ServiceRequest) -> Result<(), ApiError> {
    let state: &web::Data<State> =
        request.app_data().ok_or(ApiError::Internal("the application has no state"))?;
    check_origin(state, request)?;
    if let Permission::To(action) = permission {
        let origin = request.extensions().get::<Origin>().copied().unwrap_or_else(Origin::local);
        let bearer = bearer(request).ok_or_else(Problem::not_signed_in)?;
        if is_change(request.method()) {
            check_csrf(request, &bearer)?;
        }
        let session = session::find(&state.db, &bearer, activity(request)).await?;
        let caller = Caller::new(session.ok_or_else(Problem::not_signed_in)?, origin);
        if !role_may(caller.actor.role, action) {
            let object = Object::Clinic(caller.actor.clinic);
            let entry = caller::entry(&caller.actor, origin, action, object, Outcome::Refused);
            return Err(state.audit_refusal(Problem::forbidden(), &entry).await);
        }
        request.extensions_mut().insert(caller);
        request.extensions_mut().insert(bearer);
    }
    Ok(())
}

/// A page that refreshes what it shows says so: otherwise an unattended screen would never sign out.
fn activity(request: &ServiceRequest) -> Activity {
    let is_background =
        request.headers().get(BACKGROUND_HEADER).is_some_and(|value| value.as_bytes() == b"1");
    if is_background { Activity::Background } else { Activity::Person }
}

/// The session's secret, if the request carries one of the right shape.
fn bearer(request: &ServiceRequest) -> Option<Bearer> {
    request.cookie(COOKIE)?.value().parse().ok()
}

fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// A browser names the page's origin on every request that changes something; a page of another site is refused
/// whatever it sends (abuse sentence 9), and so is a WebSocket of one (8).
fn check_origin(state: &State, request: &ServiceRequest) -> Result<(), ApiError> {
    match request.headers().get(header::ORIGIN) {
        Some(origin) if origin.as_bytes() != state.http.public_origin.as_bytes() => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "foreign-origin",
            "The request comes from another site's page",
        )
        .into()),
        _ => Ok(()),
    }
}

fn check_csrf(request: &ServiceRequest, bearer: &Bearer) -> Result<(), ApiError> {
    let token = request.headers().get(CSRF_HEADER).and_then(|token| token.to_str().ok());
    if token.is_some_and(|token| bearer.csrf_token_is(token)) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "csrf", "The request does not carry this session's CSRF token")
        .into())
}
