//! One SQL text, two databases: SQLite embedded (the default) and PostgreSQL.
//!
//! A store function is a whole transaction's work for one clinic:
//!
//! ```text
//! db.begin(clinic)   writes: SQLite `begin immediate` on the one writer, PostgreSQL read committed
//! db.read(clinic)    reads: SQLite one of several readers, PostgreSQL `read only`
//! db.system()        tables that belong to no clinic: clinic, node, node_command, signing_key (read_system() to read)
//! db.transaction(clinic, async |tx| …)   begin, work, commit; again when the database asks for it
//! ```
//!
//! On PostgreSQL each transaction carries its clinic in `bedside.clinic`, and row-level security shows it that
//! clinic's rows only: the second wall behind the `clinic = $1` that every statement says itself.
//!
//! SQL goes through the macros of [`sql`], which take the text as a constant and count its binds at compile time:
//! in SQLite a missing bind would silently be NULL. What the two databases cannot say alike is in [`dialect`].

pub mod dialect;
pub mod error;
mod postgres;
pub(crate) mod sql;
mod sqlite;
pub(crate) mod text;
mod tx;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use protocol::ClinicId;
use sqlx::migrate::Migrator;
use sqlx::{PgPool, SqlitePool};

pub use error::{DbError, Refusal, Retry};
pub(crate) use tx::Inner;
pub use tx::{SystemTx, Tx};

/// How often work is begun again after a serialization failure or a deadlock. Each try has already waited for
/// its rivals, so a fourth failure means something other than bad luck.
const TRIES_MAX: u32 = 4;
/// How long a request waits for a connection before it is told that the database is busy.
const ACQUIRE_MAX: Duration = Duration::from_secs(5);

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A file of this machine, made when missing.
    Sqlite(PathBuf),
    /// A `postgres://` URL. Holds a password, so it is never printed.
    Postgres(telemetry::Redacted<String>),
}

/// The migrations that this program knows. Those that a newer one has applied already are no reason to refuse:
/// yesterday's program keeps running on today's schema.
fn known(migrations: &Migrator) -> Migrator {
    let mut migrations = Migrator { migrations: migrations.migrations.clone(), ..Migrator::DEFAULT };
    migrations.set_ignore_missing(true);
    migrations
}

/// An open database, migrated. Cheap to clone.
#[derive(Clone)]
pub enum Db {
    /// Embedded.
    Sqlite(SqliteDb),
    /// A server.
    Postgres(PgPool),
}

/// The embedded database: one connection that writes, several that read beside it (WAL).
#[derive(Clone)]
pub struct SqliteDb {
    writer: SqlitePool,
    readers: SqlitePool,
    /// A control plane holds it as long as the database is open: a second one is refused.
    _lock: Option<Arc<std::fs::File>>,
}

impl Db {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be reached, another control plane holds the SQLite file, or a migration fails.
    pub async fn open(address: &Address) -> Result<Self, DbError> {
        match address {
            Address::Sqlite(file) => sqlite::open(file).await.map(Self::Sqlite),
            Address::Postgres(url) => postgres::open(url.expose()).await.map(Self::Postgres),
        }
    }

    /// [`Db::open`] for a command that runs beside a control plane, or before there is one. The schema of the embedded
    /// database is left to the control plane that runs on it.
    ///
    /// # Errors
    /// When it cannot be reached, a migration fails, or the control plane that runs on the SQLite file is of an older
    /// version than this program.
    pub async fn open_beside(address: &Address) -> Result<Self, DbError> {
        match address {
            Address::Sqlite(file) => sqlite::open_beside(file).await.map(Self::Sqlite),
            Address::Postgres(url) => postgres::open(url.expose()).await.map(Self::Postgres),
        }
    }

    /// A transaction that may write, for one clinic.
    ///
    /// # Errors
    /// When the database cannot be reached or is busy for too long.
    pub async fn begin(&self, clinic: ClinicId) -> Result<Tx, DbError> {
        let (inner, now) = match self {
            Self::Sqlite(db) => sqlite::begin(&db.writer).await?,
            Self::Postgres(pool) => postgres::begin(pool, Some(clinic), "begin").await?,
        };
        Ok(Tx::new(inner, clinic, now))
    }

    /// A transaction that only reads, for one clinic. The database refuses writes in it.
    ///
    /// # Errors
    /// When the database cannot be reached or is busy for too long.
    pub async fn read(&self, clinic: ClinicId) -> Result<Tx, DbError> {
        let (inner, now) = match self {
            Self::Sqlite(db) => sqlite::read(&db.readers).await?,
            Self::Postgres(pool) => postgres::begin(pool, Some(clinic), "begin read only").await?,
        };
        Ok(Tx::new(inner, clinic, now))
    }

    /// A transaction for the tables that belong to no clinic. On PostgreSQL it sees no clinic's rows at all.
    ///
    /// # Errors
    /// When the database cannot be reached or is busy for too long.
    pub async fn system(&self) -> Result<SystemTx, DbError> {
        let (inner, now) = match self {
            Self::Sqlite(db) => sqlite::begin(&db.writer).await?,
            Self::Postgres(pool) => postgres::begin(pool, None, "begin").await?,
        };
        Ok(SystemTx::new(inner, now))
    }

    /// [`Db::system`] that only reads, beside the writer.
    ///
    /// # Errors
    /// When the database cannot be reached or is busy for too long.
    pub async fn read_system(&self) -> Result<SystemTx, DbError> {
        let (inner, now) = match self {
            Self::Sqlite(db) => sqlite::read(&db.readers).await?,
            Self::Postgres(pool) => postgres::begin(pool, None, "begin read only").await?,
        };
        Ok(SystemTx::new(inner, now))
    }

    /// Begins, does `work`, commits. When the database rolled it back to let another through (PostgreSQL 40001,
    /// 40P01), does it again, at most [`TRIES_MAX`] times; `work` must therefore have no effect outside `tx`.
    ///
    /// # Errors
    /// What `work` returns, which is rolled back, or that the database failed.
    pub async fn transaction<T, E>(
        &self,
        clinic: ClinicId,
        mut work: impl AsyncFnMut(&mut Tx) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<DbError> + Retry,
    {
        let mut tries = 1;
        loop {
            let outcome = async {
                let mut tx = self.begin(clinic).await?;
                let value = work(&mut tx).await?;
                tx.commit().await?;
                Ok(value)
            };
            match outcome.await {
                Err(error) if E::is_transient(&error) && tries < TRIES_MAX => tries += 1,
                outcome => return outcome,
            }
        }
    }

    /// Asks the database for its time: readiness.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.read_system().await?.rollback().await
    }

    /// Closes all connections; SQLite folds its write-ahead log into the file.
    pub fn close(&self) -> impl Future<Output = ()> {
        let pools = self.clone();
        async move {
            match pools {
                Self::Sqlite(db) => {
                    db.readers.close().await;
                    db.writer.close().await;
                }
                Self::Postgres(pool) => pool.close().await,
            }
        }
    }
}
