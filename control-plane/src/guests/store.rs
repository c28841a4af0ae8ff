//! SQL of guests.

use crate::db::sql::{execute, fetch_all, fetch_optional};
use crate::db::{DbError, Tx};
use crate::ids::{AccountId, AppointmentId, GuestId};
use crate::seal::Sealed;
use crate::time::Timestamp;

/// Invitations of one visit that a list shows, those taken back included.
const LIST_MAX: i64 = 200;

/// An invitation.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) id: GuestId,
    pub(crate) appointment: AppointmentId,
    pub(crate) name: Sealed<String>,
    pub(crate) relation: Option<Sealed<String>>,
    pub(crate) expires_us: Timestamp,
    pub(crate) revoked_us: Option<Timestamp>,
}

/// An invitation to be.
pub(crate) struct NewGuest<'a> {
    pub(crate) id: GuestId,
    pub(crate) appointment: AppointmentId,
    pub(crate) name: &'a Sealed<String>,
    pub(crate) relation: Option<&'a Sealed<String>>,
    pub(crate) secret_sha256: [u8; 32],
    pub(crate) invited_by: AccountId,
    pub(crate) expires: Timestamp,
}

pub(crate) async fn insert(tx: &mut Tx, new: &NewGuest<'_>) -> Result<(), DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    execute!(
        tx,
        "insert into guest (id, clinic, appointment, name, relation, secret_sha256, invited_by, expires_us, created_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        clinic,
        new.appointment,
        new.name,
        new.relation,
        new.secret_sha256.as_slice(),
        new.invited_by,
        new.expires,
        now
    )
    .map(drop)
}

/// How many invitations of a visit were not taken back.
pub(crate) async fn living(tx: &mut Tx, appointment: AppointmentId) -> Result<usize, DbError> {
    let clinic = tx.clinic();
    let row = fetch_optional!(
        tx,
        (i64,),
        "select count(*) from guest where clinic = $1 and appointment = $2 and revoked_us is null",
        clinic,
        appointment
    )?;
    Ok(row.and_then(|(count,)| usize::try_from(count).ok()).unwrap_or(0))
}

/// Those that live in the order in which they were made, then those taken back, the newest first: whatever the list has
/// no room for was taken back.
pub(crate) async fn list(tx: &mut Tx, appointment: AppointmentId) -> Result<Vec<Row>, DbError> {
    let clinic = tx.clinic();
    fetch_all!(
        tx,
        Row,
        "select id, appointment, name, relation, expires_us, revoked_us from guest
         where clinic = $1 and appointment = $2
         order by case when revoked_us is null then 0 else 1 end,
             case when revoked_us is null then created_us else -created_us end, id limit $3",
        clinic,
        appointment,
        LIST_MAX
    )
}

pub(crate) async fn by_secret(tx: &mut Tx, sha256: &[u8; 32]) -> Result<Option<Row>, DbError> {
    let clinic = tx.clinic();
    fetch_optional!(
        tx,
        Row,
        "select id, appointment, name, relation, expires_us, revoked_us from guest
         where clinic = $1 and secret_sha256 = $2",
        clinic,
        sha256.as_slice()
    )
}

/// Takes an invitation back; `false` when there is none in this appointment. Once taken back it stays so.
pub(crate) async fn revoke(tx: &mut Tx, appointment: AppointmentId, id: GuestId) -> Result<bool, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let found = execute!(
        tx,
        "update guest set revoked_us = coalesce(revoked_us, $1) where clinic = $2 and appointment = $3 and id = $4",
        now,
        clinic,
        appointment,
        id
    )?;
    Ok(found == 1)
}
