//! Figures that are too old go by themselves, whether or not their clinic has new ones. Another control plane on the same database
//! may do the same meanwhile: what is gone is gone.

use std::convert::Infallible;
use std::time::Duration;

use protocol::ClinicId;
use tokio::time::{MissedTickBehavior, interval};

use super::store;
use crate::clinics;
use crate::db::{Db, DbError};
use crate::http::problem::causes;

/// How often. It is nothing beside what they are kept for, and finds an hour's figures at most where it ran before.
pub const EVERY: Duration = Duration::from_secs(3600);
/// Rows of one transaction: the embedded database has one that writes, and a visit that is booked waits for it.
const ROWS_MAX: i64 = 1_000;

/// Sweeps at once and then each time, for as long as it is polled. A failure is said and tried again the next time.
pub async fn each(db: &Db, every: Duration) -> Infallible {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match all(db).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "figures of connections that were too old are deleted"),
            Err(error) => tracing::warn!(
                error = causes(&error),
                "figures of connections that are too old stay until the next time"
            ),
        }
    }
}

async fn all(db: &Db) -> Result<u64, DbError> {
    let mut tx = db.read_system().await?;
    let clinics = clinics::store::all(&mut tx).await?;
    drop(tx);
    let mut rows = 0;
    for clinic in clinics {
        rows += of(db, clinic.id).await?;
    }
    Ok(rows)
}

async fn of(db: &Db, clinic: ClinicId) -> Result<u64, DbError> {
    let mut rows = 0;
    loop {
        let deleted = db.transaction(clinic, async |tx| store::delete_old(tx, ROWS_MAX).await).await?;
        rows += deleted;
        if deleted < ROWS_MAX.unsigned_abs() {
            return Ok(rows);
        }
    }
}
