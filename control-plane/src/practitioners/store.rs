//! SQL of practitioners.

use crate::db::sql::fetch_all;
use crate::db::{DbError, Tx};
use crate::ids::{AccountId, PractitionerId};
use crate::seal::Sealed;
use crate::time::ZoneName;

/// A clinic that lists more than this needs a search, not a list.
const PRACTITIONERS_MAX: i64 = 1_000;

/// A row of the directory.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) id: PractitionerId,
    pub(crate) account: AccountId,
    pub(crate) name: Sealed<String>,
    pub(crate) title: String,
    pub(crate) specialty: String,
    #[sqlx(try_from = "String")]
    pub(crate) time_zone: ZoneName,
}

/// Everybody who gives care and can sign in, the longest there first.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Row>, DbError> {
    let clinic = tx.clinic();
    fetch_all!(
        tx,
        Row,
        "select r.id, r.account, a.name, r.title, r.specialty, r.time_zone
         from practitioner r join account a on a.clinic = r.clinic and a.id = r.account
         where r.clinic = $1 and a.disabled_us is null order by r.created_us, r.id limit $2",
        clinic,
        PRACTITIONERS_MAX
    )
}
