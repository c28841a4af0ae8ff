//! A list of appointments with who is there: what begins in a stretch of time, and whoever waits now.

use super::store::{self, Row, Whose};
use super::view::{self, Presence};
use crate::db::Tx;
use crate::rooms::people;
use crate::seal::{Keyring, SealError};
use crate::time::Span;

/// Those that begin within `span`, in order of their begin. When `span` holds this moment, also those in whose room
/// somebody is: who began to wait before midnight is not gone from the practitioner's day after it.
///
/// # Errors
/// When a name does not open in its place, or the database fails.
pub(crate) async fn list(
    tx: &mut Tx,
    keyring: &Keyring,
    whose: Whose,
    span: Span,
) -> Result<Vec<(Row, Vec<Presence>)>, SealError> {
    let rows = store::list(tx, whose, span).await?;
    view::prepare(tx, keyring, &rows).await?;
    let mut present = people::present_of(tx, keyring, whose).await?;
    let mut listed = Vec::with_capacity(rows.len());
    for row in rows {
        let presence = present.remove(&row.id).unwrap_or_default();
        listed.push((row, presence));
    }
    if span.contains(tx.now()) {
        for (id, presence) in present {
            if let Some(row) = store::find(tx, id).await? {
                listed.push((row, presence));
            }
        }
        listed.sort_by_key(|(row, _)| (row.start_us, row.id));
    }
    Ok(listed)
}
