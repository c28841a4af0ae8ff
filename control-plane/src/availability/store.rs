//! SQL of weekly hours and of reserved times.

use std::time::Duration;

use uuid::Uuid;

use super::Schedule;
use super::free::Taken;
use super::hours::{Availability, AvailabilityRule, WallClock, Weekday};
use crate::db::sql::{execute, fetch_all, fetch_optional};
use crate::db::{DbError, Tx};
use crate::ids::{AppointmentId, PatientId, PractitionerId, ReservationId};
use crate::time::{Span, ZoneName};

/// Reserved times of one resource in one request's window: 31 days of five-minute visits around the clock.
const RESERVATIONS_MAX: i64 = 10_000;

#[derive(sqlx::FromRow)]
struct Week {
    #[sqlx(try_from = "String")]
    time_zone: ZoneName,
    visit_minutes: i64,
    buffer_minutes: i64,
}

/// A practitioner's week; `None` when there is no such practitioner in this clinic.
pub(crate) async fn week(tx: &mut Tx, practitioner: PractitionerId) -> Result<Option<Availability>, DbError> {
    let clinic = tx.clinic();
    let week = fetch_optional!(
        tx,
        Week,
        "select time_zone, visit_minutes, buffer_minutes from practitioner where clinic = $1 and id = $2",
        clinic,
        practitioner
    )?;
    let Some(week) = week else { return Ok(None) };
    let rows = fetch_all!(
        tx,
        (i64, i64, i64),
        "select weekday, from_minute, until_minute from availability where clinic = $1 and practitioner = $2
         order by weekday, from_minute limit 1000",
        clinic,
        practitioner
    )?;
    let rules = rows.into_iter().filter_map(|(weekday, from, until)| {
        Some(AvailabilityRule {
            weekday: Weekday::from_iso(i8::try_from(weekday).ok()?)?,
            from: WallClock { minute: u16::try_from(from).ok()? },
            until: WallClock { minute: u16::try_from(until).ok()? },
        })
    });
    Ok(Some(Availability {
        time_zone: week.time_zone,
        visit_minutes: u16::try_from(week.visit_minutes).unwrap_or(u16::MAX),
        buffer_minutes: u16::try_from(week.buffer_minutes).unwrap_or(u16::MAX),
        rules: rules.collect(),
    }))
}

/// Puts a new week in the place of the old one. What is booked stays booked.
pub(crate) async fn replace_week(
    tx: &mut Tx,
    practitioner: PractitionerId,
    week: &Availability,
) -> Result<(), DbError> {
    let clinic = tx.clinic();
    execute!(
        tx,
        "update practitioner set time_zone = $1, visit_minutes = $2, buffer_minutes = $3
         where clinic = $4 and id = $5",
        week.time_zone.as_str(),
        i64::from(week.visit_minutes),
        i64::from(week.buffer_minutes),
        clinic,
        practitioner
    )?;
    execute!(tx, "delete from availability where clinic = $1 and practitioner = $2", clinic, practitioner)?;
    for rule in &week.rules {
        execute!(
            tx,
            "insert into availability (id, clinic, practitioner, weekday, from_minute, until_minute)
             values ($1, $2, $3, $4, $5, $6)",
            Uuid::now_v7(),
            clinic,
            practitioner,
            i64::from(rule.weekday.iso()),
            i64::from(rule.from.minute),
            i64::from(rule.until.minute)
        )?;
    }
    Ok(())
}

/// The times that are taken from a resource within `span`, in order; a hold that has run out is none.
async fn taken(tx: &mut Tx, resource: Uuid, span: Span) -> Result<Vec<Span>, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let rows = fetch_all!(
        tx,
        (i64, i64),
        "select from_us, until_us from reservation
         where clinic = $1 and resource = $2 and from_us < $3 and until_us > $4
           and (held_until_us is null or held_until_us > $5)
         order by from_us limit $6",
        clinic,
        resource,
        span.until,
        span.from,
        now,
        RESERVATIONS_MAX
    )?;
    let at = crate::time::Timestamp::from_us;
    Ok(rows.into_iter().map(|(from, until)| Span { from: at(from), until: at(until) }).collect())
}

/// What is taken from a practitioner, and from the patient who asks, as far as a visit that begins within `span` reaches.
pub(crate) async fn taken_around(
    tx: &mut Tx,
    schedule: &Schedule,
    practitioner: PractitionerId,
    patient: Option<PatientId>,
    span: Span,
) -> Result<Taken, DbError> {
    // A visit that begins now began with this minute.
    let reach = schedule.visit + schedule.buffer + Duration::from_secs(60);
    let around = Span { from: span.from - reach, until: span.until + reach };
    let mut found = Taken { practitioner: taken(tx, practitioner.0, around).await?, ..Taken::default() };
    if let Some(patient) = patient {
        found.patient = taken(tx, patient.0, around).await?;
    }
    Ok(found)
}

/// Whose time a reservation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Practitioner(PractitionerId),
    Patient(PatientId),
}

impl Resource {
    fn columns(self) -> (&'static str, Uuid) {
        match self {
            Self::Practitioner(id) => ("practitioner", id.0),
            Self::Patient(id) => ("patient", id.0),
        }
    }
}

/// Takes the row of whoever's time is about to be reserved: of two that book the same practitioner or patient one
/// waits here, and then sees what the other did. Without it they would meet inside PostgreSQL's exclusion constraint,
/// where each may wait for the other until the deadlock detector ends one. The practitioner always comes first.
pub(crate) async fn lock(tx: &mut Tx, resource: Resource) -> Result<(), DbError> {
    let clinic = tx.clinic();
    match resource {
        Resource::Practitioner(id) => {
            execute!(
                tx,
                "update practitioner set created_us = created_us where clinic = $1 and id = $2",
                clinic,
                id
            )
        }
        Resource::Patient(id) => {
            execute!(
                tx,
                "update patient set created_us = created_us where clinic = $1 and id = $2",
                clinic,
                id
            )
        }
    }
    .map(drop)
}

/// Reserves a time for an appointment. A hold in its way that has run out is deleted first; for everything else the
/// schema refuses an overlap ([`crate::db::Refusal::Overlap`]).
pub(crate) async fn reserve(
    tx: &mut Tx,
    resource: Resource,
    span: Span,
    appointment: AppointmentId,
) -> Result<(), DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let (kind, resource) = resource.columns();
    execute!(
        tx,
        "delete from reservation where clinic = $1 and resource = $2 and from_us < $3 and until_us > $4
           and held_until_us <= $5",
        clinic,
        resource,
        span.until,
        span.from,
        now
    )?;
    execute!(
        tx,
        "insert into reservation (id, clinic, resource_kind, resource, from_us, until_us, appointment, created_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        ReservationId::new_v7(),
        clinic,
        kind,
        resource,
        span.from,
        span.until,
        appointment,
        now
    )?;
    Ok(())
}

/// Gives back what an appointment still holds of the time after now; the practitioner keeps the buffer.
pub(crate) async fn release(
    tx: &mut Tx,
    appointment: AppointmentId,
    buffer: Duration,
) -> Result<(), DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    execute!(
        tx,
        "delete from reservation where clinic = $1 and appointment = $2 and from_us >= $3",
        clinic,
        appointment,
        now
    )?;
    execute!(
        tx,
        "update reservation set until_us = $1
         where clinic = $2 and appointment = $3 and resource_kind = 'patient' and until_us > $1",
        now,
        clinic,
        appointment
    )?;
    execute!(
        tx,
        "update reservation set until_us = $1
         where clinic = $2 and appointment = $3 and resource_kind = 'practitioner' and until_us > $1",
        now + buffer,
        clinic,
        appointment
    )?;
    Ok(())
}

/// Gives back all time that an appointment holds.
pub(crate) async fn free(tx: &mut Tx, appointment: AppointmentId) -> Result<(), DbError> {
    let clinic = tx.clinic();
    execute!(tx, "delete from reservation where clinic = $1 and appointment = $2", clinic, appointment)
        .map(drop)
}
