//! What can go wrong at the database, in the words of its callers.

use super::dialect::{self, Condition};

/// A rule of the schema that refused a statement. Most are expected outcomes: a taken slot, a known e-mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The time is taken (table `reservation`).
    Overlap,
    /// There is such a row already.
    Unique,
    /// It names a row that is not there, or of another clinic.
    Reference,
    /// A value outside its range.
    Check,
    /// The record only grows (table `audit`).
    AppendOnly,
}

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A rule of the schema says no.
    #[error("the database refuses it: {0:?}")]
    Refused(Refusal),
    /// It rolled back to let another transaction through.
    #[error("the database was busy with the same rows")]
    Transient(#[source] sqlx::Error),
    /// It waited too long for a lock or ran too long, shuts down, or has no connection or descriptor to give.
    #[error("the database is too busy, goes down, or cannot open its files")]
    Busy(#[source] sqlx::Error),
    /// It cannot be reached, or had no connection free in time.
    #[error("the database cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    /// It cannot write.
    #[error("the database cannot write: its disk is full, failing or read-only")]
    Storage(#[source] sqlx::Error),
    /// The file, folder or lock of the embedded database.
    #[error("{path}: {detail}")]
    File {
        /// Which.
        path: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The schema could not be brought up to date.
    #[error("the database's schema could not be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A fault of ours.
    #[error("the database does not understand us")]
    Other(#[source] sqlx::Error),
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                if let Some(refusal) = dialect::refusal(database.as_ref()) {
                    return Self::Refused(refusal);
                }
                match dialect::condition(&database.code().unwrap_or_default()) {
                    Condition::Transient => Self::Transient(error),
                    Condition::Busy => Self::Busy(error),
                    Condition::Storage => Self::Storage(error),
                    Condition::Other => Self::Other(error),
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unreachable(error),
            _ => Self::Other(error),
        }
    }
}

impl DbError {
    /// Whether a rule of the schema refused it, and which.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused(refusal) => Some(*refusal),
            _ => None,
        }
    }
}

/// Whether the same work may succeed when it is begun again ([`super::Db::transaction`]).
pub trait Retry {
    /// True for a serialization failure or a deadlock.
    fn is_transient(&self) -> bool;
}

impl Retry for DbError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_))
    }
}
