//! The embedded database: one file, one process, one writer.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::{ACQUIRE_MAX, DbError, Inner, SqliteDb, dialect};
use crate::time::Timestamp;

/// Reads run beside the writer. More than a machine has cores gains nothing; small clinics have a few.
const READERS_MAX: u32 = 4;
/// Only a checkpoint or a backup holds the file for long: our own writes queue for the one connection.
const BUSY_MAX: Duration = Duration::from_secs(5);

/// What whoever comes second is told: mostly somebody at a command line.
const IN_USE: &str = "another process uses this database, and the embedded database has one owner at a time: stop \
                      `bedside serve` (or that control plane) first";

pub(super) async fn open(file: &Path) -> Result<SqliteDb, DbError> {
    let lock = lock(file)?;
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        // What was acknowledged is on the disk, also after a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_MAX)
        // Deleted content is overwritten: a freed page tells nothing either.
        .pragma("secure_delete", "on");
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_MAX)
        .before_acquire(|connection, _| Box::pin(async { Ok(is_usable(connection)) }))
        .connect_with(options.clone().create_if_missing(true))
        .await
        .map_err(|error| name_file(file, &error))?;
    super::known(sqlx::migrate!("migrations/sqlite")).run(&writer).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        .acquire_timeout(ACQUIRE_MAX)
        .before_acquire(|connection, _| Box::pin(async { Ok(is_usable(connection)) }))
        .connect_with(options.read_only(true))
        .await
        .map_err(|error| name_file(file, &error))?;
    Ok(SqliteDb { writer, readers, _lock: Arc::new(lock) })
}

/// SQLite rolls a transaction back by itself when the disk is full or fails. sqlx then rolls back what is not there any
/// more, is refused, and counts the connection as inside a transaction ever after: such a one is replaced.
fn is_usable(connection: &SqliteConnection) -> bool {
    !connection.is_in_transaction()
}

/// `begin immediate` takes the write lock at once: a transaction that reads first can never be refused at its
/// first write because another wrote in between.
pub(super) async fn begin(writer: &SqlitePool) -> Result<(Inner, Timestamp), DbError> {
    with_clock(writer.begin_with("begin immediate").await?).await
}

pub(super) async fn read(readers: &SqlitePool) -> Result<(Inner, Timestamp), DbError> {
    with_clock(readers.begin().await?).await
}

async fn with_clock(mut tx: Transaction<'static, Sqlite>) -> Result<(Inner, Timestamp), DbError> {
    let (now,) = sqlx::query_as::<Sqlite, (i64,)>(dialect::SQLITE_NOW).fetch_one(&mut *tx).await?;
    Ok((Inner::Sqlite(tx), Timestamp::from_us(now)))
}

/// A second process on the same file would not break SQLite, but our single writer and in-memory hints.
fn lock(file: &Path) -> Result<File, DbError> {
    let path = PathBuf::from(format!("{}.lock", file.display()));
    let problem = |detail: String| DbError::File { path: path.display().to_string(), detail };
    if let Some(folder) = file.parent() {
        // Names and addresses are sealed, but password hashes are nobody else's either.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| problem(format!("cannot make the folder: {error}")))?;
    }
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| problem(format!("cannot open: {error}")))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(problem(IN_USE.to_owned())),
        Err(TryLockError::Error(error)) => Err(problem(format!("cannot lock: {error}"))),
    }
}

fn name_file(file: &Path, error: &sqlx::Error) -> DbError {
    DbError::File { path: file.display().to_string(), detail: error.to_string() }
}
