//! A command told twice happens once: the key, what was asked, and the sealed answer.

use std::time::Duration;

use actix_web::http::StatusCode;
use uuid::Uuid;

use crate::app::Answer;
use crate::db::Tx;
use crate::db::sql::{execute, fetch_optional};
use crate::http::problem::{ApiError, Problem};
use crate::ids::AccountId;
use crate::seal::{Keyring, Owner, Place, Sealed};

/// How long an answer is kept: a phone that was off over the weekend still gets it.
const KEEP: Duration = Duration::from_secs(3 * 24 * 3600);

/// What is known about a key.
pub enum Claim {
    /// Nothing: it is now this transaction's.
    Fresh(Claimed),
    /// The command was done; this was its answer.
    Known(Answer),
}

/// A key that this transaction holds: a rival waits until it ends.
pub struct Claimed {
    id: Uuid,
    account: AccountId,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    request_sha256: Vec<u8>,
    status: Option<i64>,
    answer: Option<Sealed<String>>,
}

fn place(id: Uuid) -> Place {
    Place::new("idempotency", "answer", id)
}

/// Takes the key for this request, or finds its answer.
///
/// # Errors
/// 409 when the key was used for another request.
pub async fn claim(
    tx: &mut Tx,
    keyring: &Keyring,
    account: AccountId,
    key: Uuid,
    request_sha256: &[u8; 32],
) -> Result<Claim, ApiError> {
    let (id, clinic, now) = (Uuid::now_v7(), tx.clinic(), tx.now());
    execute!(
        tx,
        "delete from idempotency where clinic = $1 and account = $2 and created_us < $3",
        clinic,
        account,
        now - KEEP
    )?;
    let taken = execute!(
        tx,
        "insert into idempotency (clinic, account, key, request_sha256, id, created_us)
         values ($1, $2, $3, $4, $5, $6) on conflict (clinic, account, key) do nothing",
        clinic,
        account,
        key,
        request_sha256.as_slice(),
        id,
        now
    )?;
    if taken == 1 {
        return Ok(Claim::Fresh(Claimed { id, account }));
    }
    let row = fetch_optional!(
        tx,
        Row,
        "select id, request_sha256, status, answer from idempotency
         where clinic = $1 and account = $2 and key = $3",
        clinic,
        account,
        key
    )?;
    let row = row.ok_or(ApiError::Internal("an idempotency key vanished"))?;
    if row.request_sha256 != request_sha256 {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request",
        )
        .into());
    }
    let (Some(status), Some(answer)) = (row.status, row.answer) else {
        return Err(ApiError::Internal("an idempotency key was committed without its answer"));
    };
    let text: String = keyring.open(tx, place(row.id), &answer).await?;
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let body = serde_json::from_str(&text).ok();
    match (status, body) {
        (Some(status), Some(body)) => Ok(Claim::Known(Answer { status, body })),
        _ => Err(ApiError::Internal("a kept answer that is no answer")),
    }
}

/// Keeps the answer, in the transaction of what it answers.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    tx: &mut Tx,
    keyring: &Keyring,
    claimed: &Claimed,
    answer: &Answer,
) -> Result<(), ApiError> {
    let clinic = tx.clinic();
    let key = keyring.owner(tx, Owner::Account(claimed.account)).await?;
    let sealed = key.seal(place(claimed.id), &answer.body.to_string())?;
    execute!(
        tx,
        "update idempotency set status = $1, answer = $2 where clinic = $3 and id = $4",
        i64::from(answer.status.as_u16()),
        &sealed,
        clinic,
        claimed.id
    )?;
    Ok(())
}
