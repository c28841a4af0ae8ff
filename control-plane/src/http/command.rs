//! How a request's body is read: JSON of a known shape, bounded in bytes and in time.
//!
//! Limits, in the order in which they bite: 64 KiB, 10 s for the whole body, `application/json`, 128 levels
//! (serde_json's own), no unknown member (every request type says `deny_unknown_fields`), no member twice.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use ring::digest::{Context, SHA256};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::problem::{ApiError, Problem};

/// The largest body of the API is a practitioner's week, below 4 KiB; a reason for a visit may be a long text.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// A phone on a bad network sends a few KiB well within this; a byte a second is cut (abuse sentence 6).
pub const BODY_TIME_MAX: Duration = Duration::from_secs(10);
/// Repeats of a command are told by this header, a UUID chosen by the client.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// A request to change something, read whole.
#[derive(Debug)]
pub struct Command<T> {
    /// What it says.
    pub body: T,
    /// The client's key for repeats.
    pub key: Option<Uuid>,
    /// Method, path and body in one hash: what "the same request" means.
    pub sha256: [u8; 32],
}

/// The body of a command that says nothing: empty, or `{}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoBody {}

impl<T: DeserializeOwned + 'static> FromRequest for Command<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let key = idempotency_key(&request)?;
            let read = read(&request, &mut payload);
            let bytes = tokio::time::timeout(BODY_TIME_MAX, read).await.map_err(|_| too_slow())??;
            let mut hash = Context::new(&SHA256);
            for part in [request.method().as_str().as_bytes(), request.path().as_bytes(), &bytes] {
                hash.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                hash.update(part);
            }
            let mut sha256 = [0; 32];
            sha256.copy_from_slice(hash.finish().as_ref());
            Ok(Self { body: parse(&request, &bytes)?, key, sha256 })
        })
    }
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<Uuid>, ApiError> {
    let Some(key) = request.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    key.to_str()
        .ok()
        .and_then(|key| Uuid::parse_str(key).ok())
        .map(Some)
        .ok_or_else(|| Problem::bad_request("Idempotency-Key is not a UUID").into())
}

async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<BytesMut, ApiError> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES_MAX) {
        return Err(too_large());
    }
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::bad_request("the body ended early"))?;
        if bytes.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn parse<T: DeserializeOwned>(request: &HttpRequest, bytes: &[u8]) -> Result<T, ApiError> {
    if bytes.is_empty() {
        return serde_json::from_str("{}").map_err(|_| Problem::bad_request("the body is missing").into());
    }
    // A page of another site can send a form or plain text without asking first, but not this (Fetch, "CORS-safelisted
    // request-header").
    let media = request.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    let media = media.and_then(|media| media.split(';').next()).map(str::trim);
    if !media.is_some_and(|media| media.eq_ignore_ascii_case("application/json")) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not-json",
            "The body must be application/json",
        )
        .into());
    }
    serde_json::from_slice(bytes).map_err(|error| Problem::bad_request(explain(&error)).into())
}

/// Says where, and which member is unknown; never what the text was, which may be personal.
fn explain(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let about = ["unknown field", "missing field", "duplicate field"]
        .iter()
        .find(|about| text.starts_with(*about))
        .map_or("the JSON is not of the expected shape", |about| about);
    // serde quotes the member's name in back-ticks. A known name is ours; an unknown one is the sender's: leave it out.
    let named = (about == "missing field" || about == "duplicate field")
        .then(|| text.split('`').nth(1))
        .flatten()
        .map_or_else(String::new, |name| format!(" {name}"));
    format!("{about}{named} at line {line} column {column}")
}

fn too_large() -> ApiError {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "The body is larger than 64 KiB").into()
}

fn too_slow() -> ApiError {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", "The body did not arrive in time").into()
}
