//! An open transaction. Dropped without [`Tx::commit`], it is rolled back.

use protocol::ClinicId;
use sqlx::{Postgres, Sqlite, Transaction};
use uuid::Uuid;

use super::DbError;
use super::sql::execute;
use crate::time::Timestamp;

/// Which database a transaction runs on. Only the macros of [`super::sql`] look inside.
pub(crate) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Inner {
    async fn commit(self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
        .map_err(DbError::from)
    }

    async fn rollback(self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await,
            Self::Postgres(tx) => tx.rollback().await,
        }
        .map_err(DbError::from)
    }
}

/// Work for one clinic.
pub struct Tx {
    pub(crate) inner: Inner,
    clinic: ClinicId,
    now: Timestamp,
}

impl Tx {
    pub(super) fn new(inner: Inner, clinic: ClinicId, now: Timestamp) -> Self {
        Self { inner, clinic, now }
    }

    /// Whose transaction this is, ready to bind.
    #[must_use]
    pub fn clinic(&self) -> Uuid {
        self.clinic.0
    }

    /// Whose transaction this is.
    #[must_use]
    pub fn clinic_id(&self) -> ClinicId {
        self.clinic
    }

    /// The database's clock when the transaction began: the one clock that decides leases, windows and expiry.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Marks a point to return to; a later call moves the mark.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn savepoint(&mut self) -> Result<(), DbError> {
        execute!(self, "savepoint mark").map(drop)
    }

    /// Undoes everything since the mark, also after a statement that the database refused (PostgreSQL would refuse
    /// every later one).
    ///
    /// # Errors
    /// When there is no mark.
    pub async fn rollback_to_savepoint(&mut self) -> Result<(), DbError> {
        execute!(self, "rollback to savepoint mark").map(drop)
    }

    /// Makes it last.
    ///
    /// # Errors
    /// When the database did not confirm it.
    pub async fn commit(self) -> Result<(), DbError> {
        self.inner.commit().await
    }
}

/// Work on the tables that belong to no clinic.
pub struct SystemTx {
    pub(crate) inner: Inner,
    now: Timestamp,
}

impl SystemTx {
    pub(super) fn new(inner: Inner, now: Timestamp) -> Self {
        Self { inner, now }
    }

    /// The database's clock when the transaction began.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Makes it last.
    ///
    /// # Errors
    /// When the database did not confirm it.
    pub async fn commit(self) -> Result<(), DbError> {
        self.inner.commit().await
    }

    /// Ends it without effect.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn rollback(self) -> Result<(), DbError> {
        self.inner.rollback().await
    }
}
