//! PostgreSQL 15 or newer. Any number of control planes share one database.

use std::str::FromStr;

use protocol::ClinicId;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgPool, Postgres};

use super::{ACQUIRE_MAX, DbError, Inner, dialect};
use crate::time::Timestamp;

/// Per control plane. PostgreSQL allows 100 in all by default: three control planes and a shell fit.
const CONNECTIONS_MAX: u32 = 24;

/// Migrations of this database.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

pub(super) async fn open(url: &str) -> Result<PgPool, DbError> {
    let options = PgConnectOptions::from_str(url)?.application_name("bedside");
    migrate(&options).await?;
    let options = options.options([
        // A statement that takes longer than a request may is lost work.
        ("statement_timeout", "10s"),
        ("lock_timeout", "5s"),
        // A control plane that hangs in a transaction must not hold its rows.
        ("idle_in_transaction_session_timeout", "15s"),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_MAX)
        .connect_with(options)
        .await?;
    warn_if_unwalled(&pool).await?;
    Ok(pool)
}

/// On a connection of its own, without the time limits of requests: a large table takes its minutes. The migrator takes
/// an advisory lock: of two control planes that start together one migrates, one waits, however long it takes.
async fn migrate(options: &PgConnectOptions) -> Result<(), DbError> {
    let unlimited = options.clone().options([("statement_timeout", "0"), ("lock_timeout", "0")]);
    let mut connection = unlimited.connect().await?;
    super::known(&MIGRATIONS).run(&mut connection).await?;
    Ok(connection.close().await?)
}

pub(super) async fn begin(
    pool: &PgPool,
    clinic: Option<ClinicId>,
    begin: &'static str,
) -> Result<(Inner, Timestamp), DbError> {
    let mut tx = pool.begin_with(begin).await?;
    let clinic = clinic.map(|clinic| clinic.to_string()).unwrap_or_default();
    let (_, now) = sqlx::query_as::<Postgres, (String, i64)>(dialect::POSTGRES_NOW)
        .bind(clinic)
        .fetch_one(&mut *tx)
        .await?;
    Ok((Inner::Postgres(tx), Timestamp::from_us(now)))
}

/// A superuser and a role with BYPASSRLS walk through row-level security.
async fn warn_if_unwalled(pool: &PgPool) -> Result<(), DbError> {
    let (unwalled,): (bool,) =
        sqlx::query_as("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
            .fetch_one(pool)
            .await?;
    if unwalled {
        tracing::warn!(
            "the database role bypasses row-level security; give the control plane a role of its own"
        );
    }
    Ok(())
}
