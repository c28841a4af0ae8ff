//! SQL of timelines.

use std::time::Duration;

use protocol::SeatId;
use protocol::node::RoomEvent;
use protocol::quality::Cause;
use protocol::timeline::{STRETCHES_MAX, Stretch};
use uuid::Uuid;

use super::summary::QualitySums;
use super::{KEEP, packed};
use crate::db::sql::{execute, fetch_all, fetch_optional};
use crate::db::{DbError, Tx};
use crate::ids::AppointmentId;
use crate::rooms::people::SeatRole;
use crate::time::{Span, Timestamp};

/// Nobody is away for longer and keeps their seat; what a node tells beyond is a mistake.
const SPAN_MAX: Duration = Duration::from_secs(600);
/// A stretch has ten seconds, and a little more where the node's looks came late.
const STRETCH_SECONDS_MAX: u8 = 20;
/// Rows of one visit: the 64 seats that a node's room may have, from half an hour before until four hours after its start. That is
/// three megabytes, and a visit of two has 500 rows at most.
const MINUTES_MAX: i64 = 64 * 270;

/// What a node told of one seat.
pub(crate) struct Minute<'a> {
    pub(crate) seat: SeatId,
    pub(crate) span_ms: u32,
    pub(crate) stretches: &'a [Stretch],
}

/// Keeps what a node told; `false` when it is known, too old, or the seat is none of this appointment.
pub(crate) async fn keep(
    tx: &mut Tx,
    appointment: AppointmentId,
    event: &RoomEvent,
    minute: &Minute<'_>,
) -> Result<bool, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let span = Duration::from_millis(u64::from(minute.span_ms)).min(SPAN_MAX);
    // A node's clock may be wrong: nothing is of the future, and what would go at once is not kept at all.
    let from = Timestamp::from_us(event.at_us).min(now) - span;
    if from < now - KEEP {
        return Ok(false);
    }
    let stretches = &minute.stretches[..minute.stretches.len().min(STRETCHES_MAX)];
    let seconds = |of: &dyn Fn(&Stretch) -> bool| -> i64 {
        let counted = stretches.iter().filter(|stretch| of(stretch));
        counted.map(|stretch| i64::from(stretch.seconds.min(STRETCH_SECONDS_MAX))).sum()
    };
    let by = |cause: Cause| seconds(&|stretch| stretch.cause == Some(cause));
    let kept = execute!(
        tx,
        "insert into connection_minute (id, clinic, appointment, seat, from_us, stretches, seconds, uplink_seconds,
             downlink_seconds, server_seconds, device_seconds)
         select $1, s.clinic, s.appointment, s.id, $5, $6, $7, $8, $9, $10, $11 from seat s
         where s.clinic = $2 and s.appointment = $3 and s.id = $4
         on conflict (id) do nothing",
        event.id,
        clinic,
        appointment,
        minute.seat.0,
        from,
        packed::pack(stretches),
        seconds(&|_| true),
        by(Cause::Uplink),
        by(Cause::Downlink),
        by(Cause::Server),
        by(Cause::Device)
    )?;
    Ok(kept == 1)
}

/// Deletes what is too old, so many rows at most; how many they were.
pub(crate) async fn delete_old(tx: &mut Tx, rows_max: i64) -> Result<u64, DbError> {
    let (clinic, since) = (tx.clinic(), tx.now() - KEEP);
    execute!(
        tx,
        "delete from connection_minute where clinic = $1 and id in (
             select id from connection_minute where clinic = $1 and from_us < $2 order by from_us, id limit $3)",
        clinic,
        since,
        rows_max
    )
}

/// A row.
#[derive(sqlx::FromRow)]
pub(crate) struct MinuteRow {
    pub(crate) seat: Uuid,
    #[sqlx(try_from = "String")]
    pub(crate) role: SeatRole,
    pub(crate) from_us: Timestamp,
    pub(crate) stretches: Vec<u8>,
}

/// What is known of a visit, in the order of time.
pub(crate) async fn minutes(tx: &mut Tx, appointment: AppointmentId) -> Result<Vec<MinuteRow>, DbError> {
    let (clinic, since) = (tx.clinic(), tx.now() - KEEP);
    fetch_all!(
        tx,
        MinuteRow,
        "select m.seat, s.role, m.from_us, m.stretches from connection_minute m
         join seat s on s.clinic = m.clinic and s.id = m.seat
         where m.clinic = $1 and m.appointment = $2 and m.from_us >= $3 order by m.from_us, m.id limit $4",
        clinic,
        appointment,
        since,
        MINUTES_MAX
    )
}

/// Sums over all of the clinic's visits in a span of time.
pub(crate) async fn sums(tx: &mut Tx, span: Span) -> Result<QualitySums, DbError> {
    let clinic = tx.clinic();
    let sums = fetch_optional!(
        tx,
        QualitySums,
        "select count(distinct appointment) as visits, cast(coalesce(sum(seconds), 0) as bigint) as seconds,
             cast(coalesce(sum(uplink_seconds), 0) as bigint) as uplink_seconds,
             cast(coalesce(sum(downlink_seconds), 0) as bigint) as downlink_seconds,
             cast(coalesce(sum(server_seconds), 0) as bigint) as server_seconds,
             cast(coalesce(sum(device_seconds), 0) as bigint) as device_seconds
         from connection_minute where clinic = $1 and from_us >= $2 and from_us < $3",
        clinic,
        span.from,
        span.until
    )?;
    Ok(sums.unwrap_or_default())
}
