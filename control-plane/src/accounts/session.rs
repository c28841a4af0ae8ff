//! Sign-ins that last: a random secret in a cookie, its hash in the database, ended on the server.
//!
//! ```text
//! created ──── seen ──────────────────── idle end ······················ absolute end
//!    └────────────── at most 12 h, whatever happens ──────────────────────────┘
//! ```

use std::time::Duration;

use actix_web::cookie::{Cookie, SameSite};
use protocol::{ClinicId, Role};

use super::AccountRole;
use crate::bearer::Bearer;
use crate::db::sql::{execute, fetch_optional};
use crate::db::{Db, DbError, Tx};
use crate::ids::{AccountId, PatientId, PractitionerId, SessionId};
use crate::time::Timestamp;

/// Where one signs in and out.
pub const PATH: &str = "/api/session";
/// The cookie's name.
pub const COOKIE: &str = "bedside_session";
/// NIST SP 800-63B: signing in again at least this often.
const LIFE_MAX: Duration = Duration::from_secs(12 * 3600);
/// An unattended screen of somebody who sees other people's data.
const IDLE_MAX_STAFF: Duration = Duration::from_secs(15 * 60);
/// A patient's own screen.
const IDLE_MAX_PATIENT: Duration = Duration::from_secs(30 * 60);
/// `seen_us` is written at most this often: a page that polls must not make a write of every read.
const SEEN_STEP: Duration = Duration::from_secs(60);
/// Sign-ins of one account at a time: a few devices and browsers. The oldest ends.
const SESSIONS_MAX: i64 = 16;

/// A living sign-in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Id.
    pub id: SessionId,
    /// Where.
    pub clinic: ClinicId,
    /// Whose.
    pub account: AccountId,
    /// As what.
    pub role: Role,
    /// Their patient record, if they are a patient.
    pub patient: Option<PatientId>,
    /// Their practitioner record, if they give care.
    pub practitioner: Option<PractitionerId>,
    /// When it ends if nothing more happens.
    pub ends: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: SessionId,
    account: AccountId,
    seen_us: Timestamp,
    expires_us: Timestamp,
    #[sqlx(try_from = "String")]
    role: AccountRole,
    disabled_us: Option<i64>,
    patient: Option<PatientId>,
    practitioner: Option<PractitionerId>,
}

fn idle_max(role: AccountRole) -> Duration {
    match role {
        AccountRole::Patient => IDLE_MAX_PATIENT,
        AccountRole::Practitioner | AccountRole::Staff | AccountRole::Admin => IDLE_MAX_STAFF,
    }
}

/// What a request says of the person before the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// They did something.
    Person,
    /// The page asks by itself; somebody may be there or not.
    Background,
}

/// The living session that this secret opens, and notes that somebody was there.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &Db, bearer: &Bearer, activity: Activity) -> Result<Option<Session>, DbError> {
    let mut tx = db.read(bearer.clinic()).await?;
    let now = tx.now();
    let Some(row) = row(&mut tx, bearer).await? else { return Ok(None) };
    drop(tx);
    let idle_end = row.seen_us + idle_max(row.role);
    if row.disabled_us.is_some() || now >= row.expires_us || now >= idle_end {
        return Ok(None);
    }
    let mut ends = idle_end.min(row.expires_us);
    if activity == Activity::Person && now.since(row.seen_us) >= SEEN_STEP {
        let mut tx = db.begin(bearer.clinic()).await?;
        touch(&mut tx, row.id).await?;
        tx.commit().await?;
        ends = (now + idle_max(row.role)).min(row.expires_us);
    }
    Ok(Some(Session {
        id: row.id,
        clinic: bearer.clinic(),
        account: row.account,
        role: row.role.into(),
        patient: row.patient,
        practitioner: row.practitioner,
        ends,
    }))
}

async fn row(tx: &mut Tx, bearer: &Bearer) -> Result<Option<Row>, DbError> {
    let clinic = tx.clinic();
    fetch_optional!(
        tx,
        Row,
        "select s.id, s.account, s.seen_us, s.expires_us, a.role, a.disabled_us, p.id as patient, r.id as practitioner
         from session s
         join account a on a.clinic = s.clinic and a.id = s.account
         left join patient p on p.clinic = a.clinic and p.account = a.id
         left join practitioner r on r.clinic = a.clinic and r.account = a.id
         where s.clinic = $1 and s.token_sha256 = $2",
        clinic,
        bearer.sha256().as_slice()
    )
}

async fn touch(tx: &mut Tx, id: SessionId) -> Result<(), DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    execute!(tx, "update session set seen_us = $1 where clinic = $2 and id = $3", now, clinic, id).map(drop)
}

/// Begins a session; the account's expired ones, and its oldest beyond [`SESSIONS_MAX`], go.
///
/// # Errors
/// When the database fails.
pub async fn start(
    tx: &mut Tx,
    account: AccountId,
    role: AccountRole,
    bearer: &Bearer,
) -> Result<Timestamp, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    execute!(
        tx,
        "delete from session where clinic = $1 and account = $2 and (expires_us <= $3 or id not in (
             select id from session where clinic = $1 and account = $2 order by seen_us desc, id desc limit $4))",
        clinic,
        account,
        now,
        SESSIONS_MAX - 1
    )?;
    let expires = now + LIFE_MAX;
    execute!(
        tx,
        "insert into session (id, clinic, account, token_sha256, created_us, seen_us, expires_us)
         values ($1, $2, $3, $4, $5, $6, $7)",
        SessionId::new_v7(),
        clinic,
        account,
        bearer.sha256().as_slice(),
        now,
        now,
        expires
    )?;
    Ok((now + idle_max(role)).min(expires))
}

/// Ends the session that this secret opens, if there is one.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut Tx, bearer: &Bearer) -> Result<(), DbError> {
    let clinic = tx.clinic();
    let hash = bearer.sha256();
    execute!(tx, "delete from session where clinic = $1 and token_sha256 = $2", clinic, hash.as_slice())
        .map(drop)
}

/// The cookie that carries the secret. Without `Max-Age`: it goes with the browser, the server ends it in any case.
#[must_use]
pub fn cookie(bearer: &Bearer, https: bool) -> Cookie<'static> {
    Cookie::build(COOKIE, bearer.reveal().to_string())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(https)
        .finish()
}

/// The cookie that takes it away.
#[must_use]
pub fn no_cookie(https: bool) -> Cookie<'static> {
    let mut cookie = Cookie::build(COOKIE, "")
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(https)
        .finish();
    cookie.make_removal();
    cookie
}
