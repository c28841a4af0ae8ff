//! An appointment as the people it concerns see it.

use std::collections::BTreeMap;

use protocol::SeatId;
use serde::Serialize;
use utoipa::ToSchema;

use super::AppointmentState;
use super::store::{self, Row};
use super::window::{JoinWindow, join_window, shown_state};
use crate::accounts;
use crate::authorize::{Action, Actor, Decision, Object, authorize};
use crate::db::Tx;
use crate::ids::{AppointmentId, PatientId, PractitionerId};
use crate::rooms::people::{self, SeatRole};
use crate::seal::{Keyring, SealError};
use crate::time::{Timestamp, ZoneName};

/// Who gives the visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AppointmentPractitioner {
    /// Id.
    pub id: PractitionerId,
    /// Name.
    pub name: String,
    /// `Dr.`
    pub title: String,
    /// `General practice`
    pub specialty: String,
}

/// Whom the visit is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AppointmentPatient {
    /// Id.
    pub id: PatientId,
    /// Name.
    pub name: String,
}

/// Somebody who is in the room now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Presence {
    /// Their seat.
    #[schema(value_type = String, format = "uuid")]
    pub seat: SeatId,
    /// Their role.
    pub role: SeatRole,
    /// Their name.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
}

/// An appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Appointment {
    /// Id.
    pub id: AppointmentId,
    /// Where it is in its life.
    pub state: AppointmentState,
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// The zone it was agreed in.
    #[schema(value_type = String)]
    pub time_zone: ZoneName,
    /// The wall time it was agreed for: `2026-11-22T10:00`.
    pub wall_time: String,
    /// Who gives it.
    pub practitioner: AppointmentPractitioner,
    /// Whom it is for.
    pub patient: AppointmentPatient,
    /// Why the patient comes; only for the two of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When one may join.
    pub join: JoinWindow,
    /// Who is in the room now. A patient there and no practitioner is waiting.
    pub presence: Vec<Presence>,
}

/// Who is in which room, by appointment.
pub(crate) type PresenceByAppointment = BTreeMap<AppointmentId, Vec<Presence>>;

/// Makes ready to open a whole list.
///
/// # Errors
/// When the database fails.
pub(crate) async fn prepare(tx: &mut Tx, keyring: &Keyring, rows: &[Row]) -> Result<(), SealError> {
    // The reason is sealed under the patient's key, as the name is.
    keyring.prepare(tx, rows.iter().flat_map(|row| [&row.patient_name, &row.practitioner_name])).await
}

/// Opens an appointment for somebody who may read it.
///
/// # Errors
/// When a name does not open in its place, or the database fails.
pub(crate) async fn open(
    tx: &mut Tx,
    keyring: &Keyring,
    actor: &Actor,
    row: Row,
    presence: Vec<Presence>,
) -> Result<Appointment, SealError> {
    let now = tx.now();
    let reason = match &row.reason {
        Some(sealed) if may_read_reason(actor, &row.object(tx.clinic_id())) => {
            Some(keyring.open(tx, store::reason_place(row.id), sealed).await?)
        }
        _ => None,
    };
    let patient_place = store::patient_name_place(row.patient);
    Ok(Appointment {
        id: row.id,
        state: shown_state(row.state, row.start_us, now),
        start: row.start_us,
        end: row.end_us,
        practitioner: AppointmentPractitioner {
            id: row.practitioner,
            name: accounts::open_name(tx, keyring, row.practitioner_account, &row.practitioner_name).await?,
            title: row.title,
            specialty: row.specialty,
        },
        patient: AppointmentPatient {
            id: row.patient,
            name: keyring.open(tx, patient_place, &row.patient_name).await?,
        },
        reason,
        join: join_window(row.state, row.start_us, now),
        time_zone: row.time_zone,
        wall_time: row.wall_time,
        presence,
    })
}

fn may_read_reason(actor: &Actor, object: &Object) -> bool {
    authorize(actor, Action::AppointmentReadReason, object) == Decision::Allowed
}

/// What reading this appointment is called in the audit record.
#[must_use]
pub(crate) fn read_action(appointment: &Appointment) -> Action {
    if appointment.reason.is_some() { Action::AppointmentReadReason } else { Action::AppointmentRead }
}

/// [`open`] with who is in its room now.
///
/// # Errors
/// When a name does not open in its place, or the database fails.
pub(crate) async fn open_one(
    tx: &mut Tx,
    keyring: &Keyring,
    actor: &Actor,
    row: Row,
) -> Result<Appointment, SealError> {
    let presence = people::present(tx, keyring, row.id).await?;
    open(tx, keyring, actor, row, presence).await
}
