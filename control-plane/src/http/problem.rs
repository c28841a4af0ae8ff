//! Refusals as RFC 9457 problem documents: `type` is stable and what programs compare, `title` and `detail` are for
//! people. A refusal never holds database text, paths, or anything about a patient; the request id leads to the log.

use std::borrow::Cow;
use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Map, Value};

use crate::audit::Entry;
use crate::db::{DbError, Retry};
use crate::ids::RequestId;
use crate::seal::SealError;

/// Media type of a problem document (RFC 9457 §3).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// One refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// The last part of `type`, `/problems/<name>`.
    pub name: &'static str,
    /// A sentence that is the same each time.
    pub title: &'static str,
    /// What it was this time.
    pub detail: Option<Cow<'static, str>>,
    /// Seconds for `Retry-After`.
    pub retry_after_secs: Option<u64>,
    /// Further members.
    pub members: Map<String, Value>,
}

impl Problem {
    /// A refusal without particulars.
    #[must_use]
    pub fn new(status: StatusCode, name: &'static str, title: &'static str) -> Self {
        Self { status, name, title, detail: None, retry_after_secs: None, members: Map::new() }
    }

    /// Says what it was this time. Never a value of a request that may be personal.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// When to try again.
    #[must_use]
    pub fn retry_after_secs(mut self, secs: u64) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    /// A further member, for programs.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    /// 400: the request is not understood.
    #[must_use]
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "The request is not understood").detail(detail)
    }

    /// 404: not there, or not for this caller to know of.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is nothing here")
    }

    /// 403.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "You may not do this")
    }

    /// 401.
    #[must_use]
    pub fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not-signed-in", "You are not signed in")
    }

    /// 503: something of ours is away.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Bedside cannot do this right now")
            .retry_after_secs(2)
    }

    /// The document, with the id of the request it answers.
    #[must_use]
    pub fn body(&self, request: Option<RequestId>) -> Value {
        let mut body = self.members.clone();
        body.insert("type".into(), format!("/problems/{}", self.name).into());
        body.insert("title".into(), self.title.into());
        body.insert("status".into(), self.status.as_u16().into());
        if let Some(detail) = &self.detail {
            body.insert("detail".into(), detail.as_ref().into());
        }
        if let Some(request) = request {
            body.insert("request_id".into(), request.to_string().into());
        }
        Value::Object(body)
    }

    /// The whole answer.
    #[must_use]
    pub fn response(&self, request: Option<RequestId>) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status);
        if let Some(secs) = self.retry_after_secs {
            response.insert_header((header::RETRY_AFTER, secs));
        }
        response.content_type(PROBLEM_JSON).body(self.body(request).to_string())
    }
}

/// Why a handler has no answer.
#[derive(Debug)]
pub enum ApiError {
    /// A refusal that is part of the contract.
    Problem(Box<Problem>),
    /// A refused access: the row goes into the audit record before the answer leaves.
    Refused(Box<(Problem, Entry)>),
    /// The database.
    Db(DbError),
    /// A sealed value.
    Seal(SealError),
    /// A fault of ours, named for the log.
    Internal(&'static str),
}

impl ApiError {
    /// What the client is told.
    #[must_use]
    pub fn problem(&self) -> Cow<'_, Problem> {
        match self {
            Self::Problem(problem) => Cow::Borrowed(problem),
            Self::Refused(refused) => Cow::Borrowed(&refused.0),
            Self::Db(error) | Self::Seal(SealError::Db(error)) => Cow::Owned(match error {
                DbError::Transient(_) | DbError::Busy(_) | DbError::Unreachable(_) => Problem::unavailable(),
                DbError::Storage(_) => Problem::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "storage",
                    "Bedside cannot store anything right now",
                ),
                _ => internal(),
            }),
            Self::Seal(_) | Self::Internal(_) => Cow::Owned(internal()),
        }
    }

    /// Logs what the client is not told, once, with the request's id.
    pub(super) fn log(&self, request: RequestId) {
        let chain = match self {
            Self::Problem(_) | Self::Refused(_) => return,
            Self::Db(error) => causes(error),
            Self::Seal(error) => causes(error),
            Self::Internal(what) => (*what).to_owned(),
        };
        tracing::error!(request.id = %request, error = chain, "a request failed");
    }
}

fn internal() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong at our side")
}

/// An error and its sources, on one line.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        line.push_str(": ");
        line.push_str(&error.to_string());
        source = error.source();
    }
    line
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem().title)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.problem().status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.problem().response(None)
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<SealError> for ApiError {
    fn from(error: SealError) -> Self {
        Self::Seal(error)
    }
}

impl Retry for ApiError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Db(error) => error.is_transient(),
            Self::Seal(error) => error.is_transient(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abuse_44_an_error_of_the_database_shows_none_of_its_text() {
        let error = ApiError::from(DbError::Other(sqlx::Error::ColumnNotFound("secret_column".into())));

        let text = error.problem().body(Some(RequestId::new_v7())).to_string();

        assert!(!text.contains("secret_column") && !text.contains("sql"), "{text}");
        assert!(text.contains("request_id") && text.contains("\"status\":500"), "{text}");
    }

    #[test]
    fn a_full_disk_is_told_apart_from_an_absent_database() {
        let full = ApiError::from(DbError::Storage(sqlx::Error::WorkerCrashed));
        let away = ApiError::from(DbError::from(sqlx::Error::PoolTimedOut));

        assert_eq!(full.problem().status, 507);
        assert_eq!((away.problem().status.as_u16(), away.problem().retry_after_secs), (503, Some(2)));
    }
}
