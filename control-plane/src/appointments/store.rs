//! SQL of appointments.

use std::time::Duration;

use protocol::ClinicId;

use super::AppointmentState;
use crate::authorize::Object;
use crate::db::sql::{execute, fetch_all, fetch_optional};
use crate::db::{DbError, Tx};
use crate::ids::{AccountId, AppointmentId, PatientId, PractitionerId};
use crate::seal::{Place, Sealed};
use crate::time::{Span, Timestamp, ZoneName};

/// A clinic's day, many times over; a page asks for a few weeks of one person.
const LIST_MAX: i64 = 2_000;

/// An appointment with the names around it.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) id: AppointmentId,
    #[sqlx(try_from = "String")]
    pub(crate) state: AppointmentState,
    pub(crate) start_us: Timestamp,
    pub(crate) end_us: Timestamp,
    #[sqlx(try_from = "String")]
    pub(crate) time_zone: ZoneName,
    pub(crate) wall_time: String,
    pub(crate) reason: Option<Sealed<String>>,
    pub(crate) patient: PatientId,
    pub(crate) patient_name: Sealed<String>,
    pub(crate) practitioner: PractitionerId,
    pub(crate) practitioner_account: AccountId,
    pub(crate) practitioner_name: Sealed<String>,
    pub(crate) title: String,
    pub(crate) specialty: String,
    pub(crate) buffer_minutes: i64,
}

impl Row {
    /// What `authorize` asks about.
    pub(crate) fn object(&self, clinic: ClinicId) -> Object {
        Object::Appointment {
            clinic,
            appointment: self.id,
            patient: self.patient,
            practitioner: self.practitioner,
        }
    }

    /// What the practitioner keeps free after it.
    pub(crate) fn buffer(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.buffer_minutes).unwrap_or(0) * 60)
    }
}

/// Where the reason of an appointment stands.
pub(crate) const fn reason_place(id: AppointmentId) -> Place {
    Place::new("appointment", "reason", id.0)
}

/// Where the name of a patient stands.
pub(crate) const fn patient_name_place(id: PatientId) -> Place {
    Place::new("patient", "name", id.0)
}

/// One text for every way to find appointments: only what follows `where` differs.
macro_rules! select_appointments {
    ($condition:literal) => {
        concat!(
            "select a.id, a.state, a.start_us, a.end_us, a.time_zone, a.wall_time, a.reason, a.patient,
                 p.name as patient_name, a.practitioner, r.account as practitioner_account,
                 c.name as practitioner_name, r.title, r.specialty, r.buffer_minutes
             from appointment a
             join patient p on p.clinic = a.clinic and p.id = a.patient
             join practitioner r on r.clinic = a.clinic and r.id = a.practitioner
             join account c on c.clinic = r.clinic and c.id = r.account
             where a.clinic = $1 and ",
            $condition
        )
    };
}

pub(crate) async fn find(tx: &mut Tx, id: AppointmentId) -> Result<Option<Row>, DbError> {
    let clinic = tx.clinic();
    fetch_optional!(tx, Row, select_appointments!("a.id = $2"), clinic, id)
}

/// How many visits a patient has to come.
pub(crate) async fn open_of(tx: &mut Tx, patient: PatientId) -> Result<i64, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let counted: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "select count(*) from appointment where clinic = $1 and patient = $2 and start_us > $3 and state = $4",
        clinic,
        patient,
        now,
        AppointmentState::Booked.as_str()
    )?;
    Ok(counted.map_or(0, |(open,)| open))
}

/// Whose appointments a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Patient(PatientId),
    Practitioner(PractitionerId),
    Everybody,
}

/// Those that begin within `span`, in order.
pub(crate) async fn list(tx: &mut Tx, whose: Whose, span: Span) -> Result<Vec<Row>, DbError> {
    let clinic = tx.clinic();
    match whose {
        Whose::Patient(id) => fetch_all!(
            tx,
            Row,
            select_appointments!(
                "a.patient = $2 and a.start_us >= $3 and a.start_us < $4 order by a.start_us, a.id limit $5"
            ),
            clinic,
            id,
            span.from,
            span.until,
            LIST_MAX
        ),
        Whose::Practitioner(id) => fetch_all!(
            tx,
            Row,
            select_appointments!(
                "a.practitioner = $2 and a.start_us >= $3 and a.start_us < $4 order by a.start_us, a.id limit $5"
            ),
            clinic,
            id,
            span.from,
            span.until,
            LIST_MAX
        ),
        Whose::Everybody => fetch_all!(
            tx,
            Row,
            select_appointments!("a.start_us >= $2 and a.start_us < $3 order by a.start_us, a.id limit $4"),
            clinic,
            span.from,
            span.until,
            LIST_MAX
        ),
    }
}

/// An appointment to be.
pub(crate) struct NewAppointment<'a> {
    pub(crate) id: AppointmentId,
    pub(crate) patient: PatientId,
    pub(crate) practitioner: PractitionerId,
    pub(crate) span: Span,
    pub(crate) time_zone: &'a ZoneName,
    pub(crate) wall_time: &'a str,
    pub(crate) reason: Option<&'a Sealed<String>>,
    pub(crate) booked_by: AccountId,
}

pub(crate) async fn insert(tx: &mut Tx, new: &NewAppointment<'_>) -> Result<(), DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    execute!(
        tx,
        "insert into appointment (id, clinic, patient, practitioner, state, start_us, end_us, time_zone, wall_time,
             reason, booked_by, created_us, changed_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
        new.id,
        clinic,
        new.patient,
        new.practitioner,
        AppointmentState::Booked.as_str(),
        new.span.from,
        new.span.until,
        new.time_zone.as_str(),
        new.wall_time,
        new.reason,
        new.booked_by,
        now
    )?;
    Ok(())
}

/// Takes the appointment's row: who joins and who cancels at the same time wait here for each other.
pub(crate) async fn lock(tx: &mut Tx, id: AppointmentId) -> Result<(), DbError> {
    let clinic = tx.clinic();
    execute!(tx, "update appointment set version = version where clinic = $1 and id = $2", clinic, id)
        .map(drop)
}

/// Moves an appointment on; `false` when it is not in `from` (any more).
pub(crate) async fn advance(
    tx: &mut Tx,
    id: AppointmentId,
    from: AppointmentState,
    to: AppointmentState,
) -> Result<bool, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let changed = execute!(
        tx,
        "update appointment set state = $1, version = version + 1, changed_us = $2
         where clinic = $3 and id = $4 and state = $5",
        to.as_str(),
        now,
        clinic,
        id,
        from.as_str()
    )?;
    Ok(changed == 1)
}
