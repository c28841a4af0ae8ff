//! What a guest sees before they join.

use serde::Serialize;
use utoipa::ToSchema;

use super::name_place;
use super::visitor::Visitor;
use crate::accounts;
use crate::appointments::window::{JoinWindow, join_window};
use crate::clinics;
use crate::db::Tx;
use crate::http::problem::ApiError;
use crate::seal::Keyring;
use crate::time::{Timestamp, ZoneName};

/// The visit, as far as a guest needs to know it: nothing about the patient.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuestAppointment {
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// The zone it was agreed in.
    #[schema(value_type = String)]
    pub time_zone: ZoneName,
    /// Who gives it.
    pub practitioner_name: String,
    /// Where.
    pub clinic_name: String,
    /// When one may join.
    pub join: JoinWindow,
}

/// What a link opens.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuestVisit {
    /// The visit.
    pub appointment: GuestAppointment,
    /// The guest's own name.
    pub name: String,
}

/// Opens the visit for its guest.
///
/// # Errors
/// When a name does not open in its place, or the database fails.
pub(crate) async fn open(tx: &mut Tx, keyring: &Keyring, visitor: Visitor) -> Result<GuestVisit, ApiError> {
    let Visitor { guest, row, .. } = visitor;
    let clinic_name = clinics::store::name(tx).await?.ok_or(ApiError::Internal("a clinic vanished"))?;
    let practitioner_name =
        accounts::open_name(tx, keyring, row.practitioner_account, &row.practitioner_name).await?;
    let name = keyring.open(tx, name_place(guest.id), &guest.name).await?;
    let join = join_window(row.state, row.start_us, tx.now());
    let appointment = GuestAppointment {
        start: row.start_us,
        end: row.end_us,
        time_zone: row.time_zone,
        practitioner_name,
        clinic_name,
        join,
    };
    Ok(GuestVisit { appointment, name })
}
