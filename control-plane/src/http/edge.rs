//! The outermost layer: every answer passes it, also those of the framework's own.
//!
//! Gives the request its id, turns errors into problem documents, writes the security headers, the
//! log line and the metrics. The log line names the route's pattern, never the path or the address.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};

use crate::accounts::session;
use crate::app::State;

use super::origin::Origin;
use super::problem::{ApiError, Problem};

/// Wraps the whole application.
///
/// # Errors
/// Only what the framework refuses before any of our code sees it.
pub async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let state = web::Data::<State>::clone(
        request.app_data().ok_or(ApiError::Internal("the application has no state"))?,
    );
    let origin = Origin::of(&request, &state.http.trusted_proxies);
    request.extensions_mut().insert(origin);
    let method = request.method().clone();
    let signs_out = method == Method::DELETE && request.path() == session::PATH;

    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Some(problem) = response.response().error().map(|error| problem(error, origin)) {
        response = response.into_response(problem);
    }

    let route = response.request().match_pattern().unwrap_or_else(|| "other".to_owned());
    let (status, seconds) = (response.status(), started.elapsed().as_secs_f64());
    state.metrics.answered(&route, status, seconds);
    tracing::debug!(request.id = %origin.request, %method, route, status = status.as_u16(), seconds, "answered");
    if signs_out && status.is_server_error() {
        // Who signs out is signed out of this browser, also when the database cannot end the session.
        let cookie = session::no_cookie(state.http.is_https());
        if let Err(error) = response.response_mut().add_cookie(&cookie) {
            tracing::error!(request.id = %origin.request, %error, "a cookie that cannot be taken away");
        }
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&origin.request.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    secure(headers, state.http.is_https());
    Ok(response)
}

/// An error as a problem document with the request's id; a fault of ours is logged here, once.
fn problem(error: &Error, origin: Origin) -> HttpResponse<BoxBody> {
    if let Some(error) = error.as_error::<ApiError>() {
        error.log(origin.request);
        return error.problem().response(Some(origin.request));
    }
    // The framework's own: a bad path or query. Its text may quote the request.
    let status = error.as_response_error().status_code();
    let problem = if status.is_client_error() {
        Problem::new(status, "bad-request", "The request is not understood")
    } else {
        tracing::error!(request.id = %origin.request, status = status.as_u16(), "a request failed in the framework");
        Problem::new(status, "internal", "Something went wrong at our side")
    };
    problem.response(Some(origin.request))
}

/// Headers of every answer. What only a page needs (its content security policy) comes with the page.
fn secure(headers: &mut HeaderMap, https: bool) {
    let mut set =
        |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()",
    );
    if https {
        // One year: the shortest that browsers' preload lists accept.
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    // Answers of the API are about one person, unless the asset or document says otherwise.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
    }
}
