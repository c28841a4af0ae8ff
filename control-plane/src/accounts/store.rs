//! SQL of accounts.

use uuid::Uuid;

use super::AccountRole;
use crate::db::sql::{execute, fetch_optional};
use crate::db::{DbError, Tx};
use crate::ids::AccountId;
use crate::seal::{BlindIndex, Place, Sealed};
use crate::time::ZoneName;

/// Where an account's sealed fields stand.
pub(crate) const fn place(account: AccountId, column: &'static str) -> Place {
    Place::new("account", column, account.0)
}

/// What sign-in needs.
#[derive(sqlx::FromRow)]
pub(crate) struct Credentials {
    pub(crate) id: AccountId,
    #[sqlx(try_from = "String")]
    pub(crate) role: AccountRole,
    pub(crate) password_hash: String,
    pub(crate) disabled_us: Option<i64>,
}

pub(crate) async fn credentials(tx: &mut Tx, email: &BlindIndex) -> Result<Option<Credentials>, DbError> {
    let clinic = tx.clinic();
    fetch_optional!(
        tx,
        Credentials,
        "select id, role, password_hash, disabled_us from account where clinic = $1 and email_index = $2",
        clinic,
        email.as_bytes()
    )
}

/// What the account's own holder sees.
#[derive(sqlx::FromRow)]
pub(crate) struct Profile {
    pub(crate) clinic: Uuid,
    pub(crate) clinic_name: String,
    pub(crate) clinic_slug: String,
    #[sqlx(try_from = "String")]
    pub(crate) clinic_time_zone: ZoneName,
    #[sqlx(try_from = "String")]
    pub(crate) role: AccountRole,
    pub(crate) name: Sealed<String>,
    pub(crate) email: Sealed<String>,
    #[sqlx(try_from = "String")]
    pub(crate) time_zone: ZoneName,
    pub(crate) language: String,
}

pub(crate) async fn profile(tx: &mut Tx, id: AccountId) -> Result<Option<Profile>, DbError> {
    let clinic = tx.clinic();
    fetch_optional!(
        tx,
        Profile,
        "select a.clinic, c.name as clinic_name, c.slug as clinic_slug, c.time_zone as clinic_time_zone, a.role, a.name,
             a.email, a.time_zone, a.language
         from account a join clinic c on c.id = a.clinic where a.clinic = $1 and a.id = $2",
        clinic,
        id
    )
}

/// A row to be.
pub(crate) struct NewAccount<'a> {
    pub(crate) id: AccountId,
    pub(crate) role: AccountRole,
    pub(crate) email: &'a Sealed<String>,
    pub(crate) email_index: BlindIndex,
    pub(crate) name: &'a Sealed<String>,
    pub(crate) time_zone: &'a ZoneName,
    pub(crate) language: &'a str,
    pub(crate) password_hash: &'a str,
}

pub(crate) async fn insert(tx: &mut Tx, new: &NewAccount<'_>) -> Result<(), DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    execute!(
        tx,
        "insert into account (id, clinic, role, email, email_index, name, time_zone, language, password_hash, created_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new.id,
        clinic,
        new.role.as_str(),
        new.email,
        new.email_index.as_bytes(),
        new.name,
        new.time_zone.as_str(),
        new.language,
        new.password_hash,
        now
    )?;
    Ok(())
}

/// Changes what is given, keeps the rest.
pub(crate) async fn set_profile(
    tx: &mut Tx,
    id: AccountId,
    time_zone: Option<&ZoneName>,
    language: Option<&str>,
) -> Result<(), DbError> {
    let clinic = tx.clinic();
    execute!(
        tx,
        "update account set time_zone = coalesce($1, time_zone), language = coalesce($2, language)
         where clinic = $3 and id = $4",
        time_zone.map(ZoneName::as_str),
        language,
        clinic,
        id
    )?;
    Ok(())
}
