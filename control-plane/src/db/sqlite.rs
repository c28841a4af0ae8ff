//! The embedded database: one file, one control plane, one writer at a time.

use std::fs::{DirBuilder, File, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::{ACQUIRE_MAX, DbError, Inner, SqliteDb, dialect};
use crate::time::Timestamp;

/// Reads run beside the writer. More than a machine has cores gains nothing; small clinics have a few.
const READERS_MAX: u32 = 4;
/// Only a checkpoint or a backup holds the file for long: our own writes queue for the one connection.
const BUSY_MAX: Duration = Duration::from_secs(5);

/// Migrations of this database.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// What a second control plane is told.
const IN_USE: &str = "another control plane uses this database, and the embedded database has one at a time: stop \
                      `bedside serve` (or that control plane) first";
/// What whoever comes beside a control plane of an older version is told.
const OLDER: &str = "the control plane that uses this database is of an older version than this program: start it anew \
                     with this version first";

/// For the one control plane: brings the schema up to date, and keeps others away as long as it is open.
pub(super) async fn open(file: &Path) -> Result<SqliteDb, DbError> {
    let Some(lock) = lock(file)? else {
        return Err(DbError::File { path: lock_path(file).display().to_string(), detail: IN_USE.to_owned() });
    };
    let writer = writer(file, true).await?;
    super::known(&MIGRATIONS).run(&writer).await?;
    with_readers(file, writer, Some(lock)).await
}

/// For a command beside a control plane that may be running. Both write under `begin immediate`, one after the other. The
/// schema is the control plane's to change; where none runs, it is brought up to date as at a start.
pub(super) async fn open_beside(file: &Path) -> Result<SqliteDb, DbError> {
    let lock = lock(file)?;
    let writer = writer(file, lock.is_some()).await?;
    if lock.is_some() {
        super::known(&MIGRATIONS).run(&writer).await?;
    } else {
        refuse_when_older(file, &writer).await?;
    }
    with_readers(file, writer, None).await
}

async fn refuse_when_older(file: &Path, writer: &SqlitePool) -> Result<(), DbError> {
    let applied: Vec<(i64,)> = sqlx::query_as("select version from _sqlx_migrations where success")
        .fetch_all(writer)
        .await
        .map_err(|error| name_file(file, &error))?;
    let is_applied = |version| applied.iter().any(|(applied,)| *applied == version);
    if MIGRATIONS.iter().all(|migration| is_applied(migration.version)) {
        return Ok(());
    }
    Err(DbError::File { path: file.display().to_string(), detail: OLDER.to_owned() })
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        // What was acknowledged is on the disk, also after a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_MAX)
        // Deleted content is overwritten: a freed page tells nothing either.
        .pragma("secure_delete", "on")
}

/// Files that SQLite makes beside the database; it gives them the database's mode.
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];
/// Password hashes are nobody else's, whatever the umask and the folder's mode are.
const PRIVATE: u32 = 0o600;

/// Makes the database's file for its owner alone, and takes files of an older version away from others.
fn keep_private(file: &Path, may_create: bool) -> std::io::Result<()> {
    if may_create {
        File::options().create(true).truncate(false).write(true).mode(PRIVATE).open(file)?;
    }
    for suffix in BESIDE {
        let path = PathBuf::from(format!("{}{suffix}", file.display()));
        match std::fs::metadata(&path) {
            Ok(found) if found.permissions().mode() & 0o077 != 0 => {
                std::fs::set_permissions(&path, Permissions::from_mode(PRIVATE))?;
            }
            _ => {}
        }
    }
    Ok(())
}

async fn writer(file: &Path, may_create: bool) -> Result<SqlitePool, DbError> {
    keep_private(file, may_create)
        .map_err(|error| DbError::File { path: file.display().to_string(), detail: error.to_string() })?;
    SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_MAX)
        .before_acquire(|connection, _| Box::pin(async { Ok(is_usable(connection)) }))
        .connect_with(options(file).create_if_missing(may_create))
        .await
        .map_err(|error| name_file(file, &error))
}

async fn with_readers(file: &Path, writer: SqlitePool, lock: Option<File>) -> Result<SqliteDb, DbError> {
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        .acquire_timeout(ACQUIRE_MAX)
        .before_acquire(|connection, _| Box::pin(async { Ok(is_usable(connection)) }))
        .connect_with(options(file).read_only(true))
        .await
        .map_err(|error| name_file(file, &error))?;
    Ok(SqliteDb { writer, readers, _lock: lock.map(Arc::new) })
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

fn lock_path(file: &Path) -> PathBuf {
    PathBuf::from(format!("{}.lock", file.display()))
}

/// The lock that says who may change the schema; `None` when another process holds it. A second process on the same file
/// does not break SQLite; a second control plane would tell nodes late, and migrate under the first.
fn lock(file: &Path) -> Result<Option<File>, DbError> {
    let path = lock_path(file);
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
        .mode(PRIVATE)
        .open(&path)
        .map_err(|error| problem(format!("cannot open: {error}")))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(problem(format!("cannot lock: {error}"))),
    }
}

fn name_file(file: &Path, error: &sqlx::Error) -> DbError {
    DbError::File { path: file.display().to_string(), detail: error.to_string() }
}
