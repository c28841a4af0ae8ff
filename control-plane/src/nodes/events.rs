//! What nodes report: who came, who left, what ended. Stored before it is acknowledged; a second arrival has no second
//! effect; what an old generation reports is recorded and changes nothing, but for the end of the visit itself. How connections
//! were is neither logged nor audited: it is kept as it is told (`quality`), of old generations too.

use protocol::NodeId;
use protocol::node::{RoomCommand, RoomEvent, RoomEventKind};
use protocol::signal::{EndReason, LeaveReason};
use protocol::{Role, SeatId};
use uuid::Uuid;

use crate::appointments::AppointmentState as State;
use crate::appointments::store as appointments;
use crate::audit::{self, Agent, Entry, Outcome};
use crate::authorize::{Action, Object};
use crate::availability::store as availability;
use crate::db::sql::{execute, fetch_all, fetch_optional};
use crate::db::{Db, DbError, Tx};
use crate::http::origin::Origin;
use crate::quality::store::{self as quality, Minute};
use crate::rooms::placement;
use crate::rooms::store::{self as rooms, Placement};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Recorded, and what it says is so now.
    Applied,
    /// Recorded only: the room has been placed elsewhere since.
    Old,
    /// Recorded, and it ended the visit although the room has been placed elsewhere since: that node is to be told.
    Late,
    /// Known already.
    Repeated,
    /// Of no room that this node was ever given. Dropped.
    Unknown,
    /// How connections were in an earlier place of a room, of a node that never reported anybody there. Dropped.
    NeverThere,
}

/// What is logged and audited: all but how connections were.
#[derive(Clone, Copy)]
enum Happening {
    Joined { seat: SeatId },
    Left { seat: SeatId, reason: LeaveReason },
    Ended { reason: EndReason, by: Option<SeatId> },
    TokenReused { seat: SeatId },
}

/// What an event tells.
enum Told<'a> {
    Happening(Happening),
    Connection(Minute<'a>),
}

impl<'a> From<&'a RoomEventKind> for Told<'a> {
    fn from(kind: &'a RoomEventKind) -> Self {
        Self::Happening(match kind {
            RoomEventKind::Quality { seat, span_ms, stretches } => {
                return Self::Connection(Minute { seat: *seat, span_ms: *span_ms, stretches });
            }
            RoomEventKind::Joined { seat, .. } => Happening::Joined { seat: *seat },
            RoomEventKind::Left { seat, reason } => Happening::Left { seat: *seat, reason: *reason },
            RoomEventKind::Ended { reason, by } => Happening::Ended { reason: *reason, by: *by },
            RoomEventKind::TokenReused { seat } => Happening::TokenReused { seat: *seat },
        })
    }
}

impl Happening {
    /// Kind, seat and reason, in the words of the log.
    fn columns(self) -> (&'static str, Option<SeatId>, Option<&'static str>) {
        match self {
            Self::Joined { seat } => ("joined", Some(seat), None),
            Self::Left { seat, reason } => {
                let reason = match reason {
                    LeaveReason::Left => "left",
                    LeaveReason::Lost => "lost",
                    LeaveReason::Removed => "removed",
                };
                ("left", Some(seat), Some(reason))
            }
            Self::Ended { reason, by } => {
                let reason = match reason {
                    EndReason::EndedByParticipant => "ended_by_participant",
                    EndReason::EndedByClinic => "ended_by_clinic",
                    EndReason::Empty => "empty",
                };
                ("ended", by, Some(reason))
            }
            Self::TokenReused { seat } => ("token_reused", Some(seat), None),
        }
    }
}

/// Stores one event of a node.
///
/// # Errors
/// When the database fails: then nothing is stored, and the node sends it again.
pub async fn store(db: &Db, node: NodeId, event: &RoomEvent) -> Result<Stored, DbError> {
    db.transaction(event.clinic, async |tx| apply(tx, node, event).await).await
}

async fn apply(tx: &mut Tx, node: NodeId, event: &RoomEvent) -> Result<Stored, DbError> {
    let Some(placement) = rooms::placement_of_room(tx, event.room).await? else { return Ok(Stored::Unknown) };
    let is_current = event.generation == placement.generation() && node == placement.node();
    if event.generation > placement.generation()
        || (event.generation == placement.generation() && !is_current)
    {
        return Ok(Stored::Unknown);
    }
    let happening = match Told::from(&event.kind) {
        Told::Happening(happening) => happening,
        Told::Connection(minute) => return keep(tx, node, &placement, event, &minute, is_current).await,
    };
    if !log(tx, node, &placement, event, happening).await? {
        return Ok(Stored::Repeated);
    }
    let Some(row) = appointments::find(tx, placement.appointment).await? else { return Ok(Stored::Unknown) };
    let object = row.object(event.clinic);
    record(tx, node, happening, object).await?;
    if !is_current {
        return late(tx, node, &placement, &row, event, happening).await;
    }
    appointments::lock(tx, row.id).await?;
    match happening {
        Happening::Joined { seat } => {
            if enter(tx, &placement, seat).await? && they_meet(tx, &placement).await? {
                appointments::advance(tx, row.id, State::Booked, State::InProgress).await?;
            }
        }
        Happening::Left { seat, .. } => leave(tx, &placement, seat).await?,
        Happening::Ended { reason, .. } => {
            clear(tx, &placement).await?;
            rooms::end_placement(tx, event.room).await?;
            if complete(tx, &row, reason).await? {
                availability::release(tx, row.id, row.buffer()).await?;
            }
        }
        Happening::TokenReused { .. } => {}
    }
    Ok(Stored::Applied)
}

/// A part of the visit's timeline. Of an old generation it is taken from the node that had it.
async fn keep(
    tx: &mut Tx,
    node: NodeId,
    placement: &Placement,
    event: &RoomEvent,
    minute: &Minute<'_>,
    is_current: bool,
) -> Result<Stored, DbError> {
    if !is_current && !was_there(tx, node, event).await? {
        return Ok(Stored::NeverThere);
    }
    let is_new = quality::keep(tx, placement.appointment, event, minute).await?;
    Ok(if is_new { Stored::Applied } else { Stored::Repeated })
}

/// What is reported of a generation before the present one. Somebody who ended the visit there ended it, though the room
/// has a new place by now: unless people are in it, who have come back and go on.
async fn late(
    tx: &mut Tx,
    node: NodeId,
    placement: &Placement,
    row: &appointments::Row,
    event: &RoomEvent,
    happening: Happening,
) -> Result<Stored, DbError> {
    let Happening::Ended { reason: reason @ EndReason::EndedByParticipant, .. } = happening else {
        return Ok(Stored::Old);
    };
    appointments::lock(tx, row.id).await?;
    if !was_there(tx, node, event).await? || !present(tx, placement).await?.is_empty() {
        return Ok(Stored::Old);
    }
    if !complete(tx, row, reason).await? {
        return Ok(Stored::Old);
    }
    availability::release(tx, row.id, row.buffer()).await?;
    // Tokens for the new place may be on their way.
    placement::command(tx, row.id, RoomCommand::End).await?;
    rooms::end_placement(tx, event.room).await?;
    Ok(Stored::Late)
}

/// Whether this node reported that somebody came in that generation: the generations before are written nowhere else.
async fn was_there(tx: &mut Tx, node: NodeId, event: &RoomEvent) -> Result<bool, DbError> {
    let clinic = tx.clinic();
    let joined = fetch_optional!(
        tx,
        (Uuid,),
        "select l.id from consultation_log l
         join room_placement p on p.clinic = l.clinic and p.appointment = l.appointment
         where l.clinic = $1 and p.room = $2 and l.generation = $3 and l.node = $4 and l.kind = 'joined' limit 1",
        clinic,
        event.room.0,
        i64::try_from(event.generation.0).unwrap_or(i64::MAX),
        node.0
    )?;
    Ok(joined.is_some())
}

/// The end of a room is not always the end of the visit. `true` when this one was.
async fn complete(tx: &mut Tx, row: &appointments::Row, reason: EndReason) -> Result<bool, DbError> {
    let from: &[State] = match reason {
        // Over, whether they met or one of them waited in vain.
        EndReason::EndedByParticipant => &[State::InProgress, State::Booked],
        // They met, and the agreed time is over. Before that somebody may have lost the network, and comes back.
        EndReason::Empty if row.end_us <= tx.now() => &[State::InProgress],
        // Cancelled: that is its state already. (Nobody sends `end` to a room that is moved: its people go on where they
        // are, as long as they can.)
        EndReason::Empty | EndReason::EndedByClinic => &[],
    };
    for from in from {
        if appointments::advance(tx, row.id, *from, State::Completed).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Writes the event into the consultation's log; `false` when it is there.
async fn log(
    tx: &mut Tx,
    node: NodeId,
    placement: &Placement,
    event: &RoomEvent,
    happening: Happening,
) -> Result<bool, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let (kind, seat, reason) = happening.columns();
    let written = execute!(
        tx,
        "insert into consultation_log (id, clinic, appointment, room, generation, node, node_epoch, kind, seat, reason,
             at_us, recorded_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (id) do nothing",
        event.id,
        clinic,
        placement.appointment,
        event.room.0,
        i64::try_from(event.generation.0).unwrap_or(i64::MAX),
        node.0,
        placement.node_epoch,
        kind,
        seat.map(|seat| seat.0),
        reason,
        event.at_us,
        now
    )?;
    Ok(written == 1)
}

/// The audit row of an event. A token that was shown twice is a refused entry (abuse sentence 14).
async fn record(tx: &mut Tx, node: NodeId, happening: Happening, object: Object) -> Result<(), DbError> {
    let (_, _, reason) = happening.columns();
    let (action, outcome, reason) = match happening {
        Happening::Joined { .. } => (Action::SeatTake, Outcome::Allowed, reason),
        Happening::Left { .. } => (Action::SeatLeave, Outcome::Allowed, reason),
        Happening::Ended { .. } => (Action::ConsultationEnd, Outcome::Allowed, reason),
        Happening::TokenReused { .. } => (Action::AppointmentJoin, Outcome::Refused, Some("token_reused")),
    };
    let entry = Entry { agent: Agent::Node(node), action, object, outcome, reason, origin: Origin::local() };
    audit::record(tx, &entry).await
}

/// Notes that somebody is there; `false` when the seat is none of this appointment.
async fn enter(tx: &mut Tx, placement: &Placement, seat: SeatId) -> Result<bool, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let known = fetch_optional!(
        tx,
        (Uuid,),
        "select id from seat where clinic = $1 and appointment = $2 and id = $3",
        clinic,
        placement.appointment,
        seat.0
    )?;
    if known.is_none() {
        tracing::warn!(seat.id = %seat, room.id = %placement.room(), "a seat that was never given is taken");
        return Ok(false);
    }
    execute!(
        tx,
        "insert into presence (seat, clinic, appointment, room, generation, since_us)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (seat) do update set generation = excluded.generation, since_us = excluded.since_us",
        seat.0,
        clinic,
        placement.appointment,
        placement.room,
        placement.generation,
        now
    )?;
    Ok(true)
}

/// Whether the practitioner and the patient are there. Guests may come before either does.
async fn they_meet(tx: &mut Tx, placement: &Placement) -> Result<bool, DbError> {
    let roles = present(tx, placement).await?;
    let is_there = |who: Role| roles.iter().any(|role| role == who.as_str());
    Ok(is_there(Role::Practitioner) && is_there(Role::Patient))
}

/// The roles of who is in the room as it is placed now.
async fn present(tx: &mut Tx, placement: &Placement) -> Result<Vec<String>, DbError> {
    let clinic = tx.clinic();
    let roles = fetch_all!(
        tx,
        (String,),
        "select s.role from presence h join seat s on s.clinic = h.clinic and s.id = h.seat
         where h.clinic = $1 and h.room = $2 and h.generation = $3 limit 100",
        clinic,
        placement.room,
        placement.generation
    )?;
    Ok(roles.into_iter().map(|(role,)| role).collect())
}

async fn leave(tx: &mut Tx, placement: &Placement, seat: SeatId) -> Result<(), DbError> {
    let clinic = tx.clinic();
    execute!(
        tx,
        "delete from presence where clinic = $1 and seat = $2 and room = $3",
        clinic,
        seat.0,
        placement.room
    )
    .map(drop)
}

async fn clear(tx: &mut Tx, placement: &Placement) -> Result<(), DbError> {
    let clinic = tx.clinic();
    execute!(tx, "delete from presence where clinic = $1 and room = $2", clinic, placement.room).map(drop)
}
