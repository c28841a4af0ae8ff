//! Booking: the free time is found again inside the transaction that takes it, and the database guards it once more.

use actix_web::http::StatusCode;
use serde::Deserialize;
use telemetry::Redacted;
use utoipa::ToSchema;

use super::store::{self, NewAppointment};
use super::view::{self, Appointment};
use crate::authorize::{Action, Object};
use crate::availability::free::{HORIZON, Taken, free_now, free_times, reserved};
use crate::availability::store::{self as availability, Resource};
use crate::availability::{Schedule, Slot};
use crate::db::{Refusal, Tx};
use crate::http::caller::Caller;
use crate::http::problem::{ApiError, Problem};
use crate::ids::{AppointmentId, PatientId, PractitionerId};
use crate::seal::{Keyring, Owner};
use crate::time::{Span, Timestamp, ZoneName};

/// A page of text; more belongs into the visit.
const REASON_CHARS_MAX: usize = 2_000;
/// Visits to come of one patient: a course of weekly sessions for a quarter of a year fits; all of a clinic's free times
/// do not, so that nobody takes them away from the others.
const OPEN_MAX: i64 = 12;
/// Free times offered with a refusal.
const ALTERNATIVES: usize = 5;
/// How far ahead of the refused time they are looked for.
const ALTERNATIVES_WITHIN: std::time::Duration = std::time::Duration::from_secs(31 * 24 * 3600);

/// What is booked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Booking {
    /// With whom.
    pub practitioner_id: PractitionerId,
    /// A free time, unless `now`.
    pub start: Option<Timestamp>,
    /// The visit that begins at this minute.
    #[serde(default)]
    pub now: bool,
    /// The zone that the patient reads the time in: it is agreed in this one.
    #[schema(value_type = String)]
    pub time_zone: ZoneName,
    /// Why the patient comes.
    #[schema(value_type = Option<String>)]
    pub reason: Option<Redacted<String>>,
}

/// When the visit is to be.
#[derive(Clone, Copy, Debug)]
enum When {
    Now,
    At(Timestamp),
}

impl Booking {
    /// Checks what needs no database.
    ///
    /// # Errors
    /// 400.
    pub fn check(&self) -> Result<(), ApiError> {
        self.when()?;
        let chars = self.reason.as_ref().map_or(0, |reason| reason.expose().chars().count());
        if chars > REASON_CHARS_MAX {
            return Err(Problem::bad_request("reason is longer than 2000 characters").into());
        }
        Ok(())
    }

    fn when(&self) -> Result<When, ApiError> {
        match (self.start, self.now) {
            (Some(start), false) => Ok(When::At(start)),
            (None, true) => Ok(When::Now),
            _ => Err(Problem::bad_request("either start or now is given").into()),
        }
    }

    fn reason(&self) -> Option<String> {
        let reason = self.reason.as_ref()?.expose().trim();
        (!reason.is_empty()).then(|| reason.to_owned())
    }
}

/// Books for the patient who calls.
///
/// # Errors
/// 404 when there is no such practitioner here, 409 with other free times when this one is not free, or when the patient
/// has as many visits to come as one may have.
pub(crate) async fn book(
    tx: &mut Tx,
    keyring: &Keyring,
    caller: &Caller,
    booking: &Booking,
) -> Result<Appointment, ApiError> {
    let when = booking.when()?;
    let practitioner = booking.practitioner_id;
    let week = availability::week(tx, practitioner).await?.ok_or_else(Problem::not_found)?;
    let clinic = caller.actor.clinic;
    caller.may(Action::AppointmentBook, &Object::Practitioner { clinic, practitioner })?;
    let patient = caller.session.patient.ok_or_else(Problem::forbidden)?;
    availability::lock(tx, Resource::Practitioner(practitioner)).await?;
    availability::lock(tx, Resource::Patient(patient)).await?;

    // Under the patient's lock: bookings at the same moment are counted one after the other.
    if store::open_of(tx, patient).await? >= OPEN_MAX {
        let title = "The patient has as many visits to come as one may book";
        return Err(Problem::new(StatusCode::CONFLICT, "too-many-appointments", title)
            .with("limit", OPEN_MAX)
            .into());
    }

    let desk = Desk { schedule: week.schedule(), practitioner, patient };
    let Some(slot) = desk.find(tx, when).await? else { return Err(desk.conflict(tx, when).await?) };
    let id = AppointmentId::new_v7();
    tx.savepoint().await?;
    match desk.take(tx, keyring, caller, booking, id, slot).await {
        Err(ApiError::Db(error)) if error.refusal() == Some(Refusal::Overlap) => {
            tx.rollback_to_savepoint().await?;
            return Err(desk.conflict(tx, when).await?);
        }
        outcome => outcome?,
    }
    let row = store::find(tx, id).await?.ok_or(ApiError::Internal("an appointment vanished"))?;
    caller.record(tx, Action::AppointmentBook, row.object(clinic)).await?;
    Ok(view::open_one(tx, keyring, &caller.actor, row).await?)
}

/// One practitioner's time, asked for by one patient.
struct Desk {
    schedule: Schedule,
    practitioner: PractitionerId,
    patient: PatientId,
}

impl Desk {
    /// The slot that is meant, if it is free.
    async fn find(&self, tx: &mut Tx, when: When) -> Result<Option<Slot>, ApiError> {
        let now = tx.now();
        match when {
            When::Now => {
                let taken = self.taken(tx, Span { from: now, until: now }).await?;
                Ok(free_now(&self.schedule, &taken, now))
            }
            When::At(start) => {
                let wanted = Span { from: start, until: Timestamp::from_us(start.as_us().saturating_add(1)) };
                let taken = self.taken(tx, wanted).await?;
                let found = free_times(&self.schedule, &taken, now, wanted).next();
                Ok(found)
            }
        }
    }

    /// What is taken from both around `span`, as far as a visit that begins within it reaches.
    async fn taken(&self, tx: &mut Tx, span: Span) -> Result<Taken, ApiError> {
        let (practitioner, patient) = (self.practitioner, Some(self.patient));
        Ok(availability::taken_around(tx, &self.schedule, practitioner, patient, span).await?)
    }

    /// 409 with the next free times of the same practitioner.
    async fn conflict(&self, tx: &mut Tx, when: When) -> Result<ApiError, ApiError> {
        let now = tx.now();
        let from = match when {
            When::Now => now,
            When::At(start) => start.max(now).min(now + HORIZON),
        };
        let ahead = Span { from, until: from + ALTERNATIVES_WITHIN };
        let taken = self.taken(tx, ahead).await?;
        let alternatives: Vec<Slot> =
            free_times(&self.schedule, &taken, now, ahead).take(ALTERNATIVES).collect();
        let alternatives = serde_json::to_value(alternatives)
            .map_err(|_| ApiError::Internal("free times that are no JSON"))?;
        Ok(Problem::new(StatusCode::CONFLICT, "slot-taken", "This time is not free")
            .with("alternatives", alternatives)
            .into())
    }

    async fn take(
        &self,
        tx: &mut Tx,
        keyring: &Keyring,
        caller: &Caller,
        booking: &Booking,
        id: AppointmentId,
        slot: Slot,
    ) -> Result<(), ApiError> {
        let reason = match booking.reason() {
            Some(reason) => {
                let key = keyring.owner(tx, Owner::Patient(self.patient)).await?;
                Some(key.seal(store::reason_place(id), &reason)?)
            }
            None => None,
        };
        let visit = Span { from: slot.start, until: slot.end };
        let new = NewAppointment {
            id,
            patient: self.patient,
            practitioner: self.practitioner,
            span: visit,
            time_zone: &booking.time_zone,
            wall_time: &wall_time(&booking.time_zone, slot.start),
            reason: reason.as_ref(),
            booked_by: caller.account,
        };
        store::insert(tx, &new).await?;
        let span = reserved(&self.schedule, slot);
        availability::reserve(tx, Resource::Practitioner(self.practitioner), span, id).await?;
        availability::reserve(tx, Resource::Patient(self.patient), visit, id).await?;
        Ok(())
    }
}

/// What the clock on the wall shows: `2026-11-22T10:00`.
fn wall_time(zone: &ZoneName, at: Timestamp) -> String {
    zone.zone().to_datetime(at.to_jiff()).strftime("%Y-%m-%dT%H:%M").to_string()
}
