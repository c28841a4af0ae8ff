//! SQL of clinics, the one table that is read before a clinic is known.

use protocol::ClinicId;
use uuid::Uuid;

use super::Clinic;
use crate::db::sql::{execute, fetch_all, fetch_optional};
use crate::db::{DbError, SystemTx, Tx};
use crate::time::ZoneName;

/// Whether there is exactly one; enough rows to tell.
pub(crate) async fn first_two(tx: &mut SystemTx) -> Result<Vec<(ClinicId, Vec<u8>)>, DbError> {
    let rows = fetch_all!(
        tx,
        (Uuid, Vec<u8>),
        "select id, wrapped_key from clinic order by created_us, id limit 2"
    )?;
    Ok(rows.into_iter().map(|(id, key)| (ClinicId(id), key)).collect())
}

pub(crate) async fn by_slug(tx: &mut SystemTx, slug: &str) -> Result<Option<ClinicId>, DbError> {
    let row = fetch_optional!(tx, (Uuid,), "select id from clinic where slug = $1", slug)?;
    Ok(row.map(|(id,)| ClinicId(id)))
}

/// The name of the transaction's own clinic.
pub(crate) async fn name(tx: &mut Tx) -> Result<Option<String>, DbError> {
    let clinic = tx.clinic();
    let row = fetch_optional!(tx, (String,), "select name from clinic where id = $1", clinic)?;
    Ok(row.map(|(name,)| name))
}

/// The zone of the transaction's own clinic.
pub(crate) async fn zone(tx: &mut Tx) -> Result<Option<ZoneName>, DbError> {
    let clinic = tx.clinic();
    let row = fetch_optional!(tx, (String,), "select time_zone from clinic where id = $1", clinic)?;
    Ok(row.map(|(zone,)| ZoneName::from(zone)))
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    slug: String,
    #[sqlx(try_from = "String")]
    time_zone: ZoneName,
}

/// All of them, for work that goes from clinic to clinic. A deployment has few; the bound is against a mistake.
pub(crate) async fn all(tx: &mut SystemTx) -> Result<Vec<Clinic>, DbError> {
    let rows = fetch_all!(
        tx,
        Row,
        "select id, name, slug, time_zone from clinic order by created_us, id limit 10000"
    )?;
    Ok(rows
        .into_iter()
        .map(|row| Clinic { id: ClinicId(row.id), name: row.name, slug: row.slug, time_zone: row.time_zone })
        .collect())
}

pub(crate) async fn insert(tx: &mut SystemTx, clinic: &Clinic, wrapped_key: &[u8]) -> Result<(), DbError> {
    let now = tx.now();
    execute!(
        tx,
        "insert into clinic (id, slug, name, time_zone, wrapped_key, created_us) values ($1, $2, $3, $4, $5, $6)",
        clinic.id.0,
        clinic.slug.as_str(),
        clinic.name.as_str(),
        clinic.time_zone.as_str(),
        wrapped_key,
        now
    )?;
    Ok(())
}
