//! SQL of rooms: placements, seats, presence, and the keys that sign tokens.

use std::time::Duration;

use protocol::{Generation, NodeId, RoomId, SeatId};
use uuid::Uuid;

use super::choose::Candidate;
use super::join::TOKEN_LIFE;
use super::people::SeatRole;
use crate::appointments::store::Whose;
use crate::db::sql::{execute, fetch_all, fetch_optional};
use crate::db::{DbError, SystemTx, Tx};
use crate::ids::{AccountId, AppointmentId, GuestId};
use crate::seal::Sealed;
use crate::time::Timestamp;

/// Seats of one appointment: its two people and, over time, a few guests.
const SEATS_MAX: i64 = 100;
/// People in a clinic's rooms at one time.
const PRESENT_MAX: i64 = 10_000;
/// Nodes to choose from.
const NODES_MAX: i64 = 1_000;
/// From a token to the node's word that its holder has joined: the life of one, and the longest set-up.
const ON_THE_WAY_MAX: Duration = Duration::from_secs(TOKEN_LIFE.as_secs() + 30);
/// Keys in use: one, and another while they change.
const KEYS_MAX: i64 = 8;

/// Where a room is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Placement {
    pub(crate) room: Uuid,
    pub(crate) appointment: AppointmentId,
    pub(crate) node: Uuid,
    pub(crate) node_epoch: i64,
    pub(crate) generation: i64,
    pub(crate) ended_us: Option<Timestamp>,
    pub(crate) url: String,
    pub(crate) epoch: i64,
    pub(crate) lease_until_us: Timestamp,
    pub(crate) revoked_us: Option<Timestamp>,
    /// The node takes no new rooms: it goes away, or is overloaded.
    pub(crate) draining: bool,
    /// When a token for it was given out last.
    pub(crate) token_us: Timestamp,
}

impl Placement {
    /// Whether people can join there: the room has not ended, and its node is the process it was given to, and alive.
    pub(crate) fn is_alive(&self, now: Timestamp) -> bool {
        let same_node = self.epoch == self.node_epoch && self.revoked_us.is_none();
        self.ended_us.is_none() && same_node && self.lease_until_us > now
    }

    pub(crate) fn room(&self) -> RoomId {
        RoomId(self.room)
    }

    pub(crate) fn node(&self) -> NodeId {
        NodeId(self.node)
    }

    pub(crate) fn generation(&self) -> Generation {
        Generation(u64::try_from(self.generation).unwrap_or(0))
    }
}

macro_rules! select_placement {
    ($condition:literal) => {
        concat!(
            "select p.room, p.appointment, p.node, p.node_epoch, p.generation, p.ended_us, n.url, n.epoch,
                 n.lease_until_us, n.revoked_us, n.draining, p.token_us
             from room_placement p join node n on n.id = p.node where p.clinic = $1 and ",
            $condition
        )
    };
}

pub(crate) async fn placement(tx: &mut Tx, appointment: AppointmentId) -> Result<Option<Placement>, DbError> {
    let clinic = tx.clinic();
    fetch_optional!(tx, Placement, select_placement!("p.appointment = $2"), clinic, appointment)
}

pub(crate) async fn placement_of_room(tx: &mut Tx, room: RoomId) -> Result<Option<Placement>, DbError> {
    let clinic = tx.clinic();
    fetch_optional!(tx, Placement, select_placement!("p.room = $2"), clinic, room.0)
}

/// Whether nobody is in a room, or on their way to it.
pub(crate) async fn is_left(tx: &mut Tx, placement: &Placement) -> Result<bool, DbError> {
    let is_awaited = placement.token_us + ON_THE_WAY_MAX > tx.now();
    Ok(!is_awaited && present(tx, placement.appointment).await?.is_empty())
}

/// Somebody is given a token for a room; `false` when it was moved meanwhile.
pub(crate) async fn note_token(tx: &mut Tx, placement: &Placement) -> Result<bool, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let noted = execute!(
        tx,
        "update room_placement set token_us = $1 where clinic = $2 and room = $3 and generation = $4",
        now,
        clinic,
        placement.room,
        placement.generation
    )?;
    Ok(noted == 1)
}

/// Nodes that take new rooms.
pub(crate) async fn candidates(tx: &mut Tx) -> Result<Vec<Candidate>, DbError> {
    let now = tx.now();
    fetch_all!(
        tx,
        Candidate,
        "select id, epoch, seats, seats_max from node
         where lease_until_us > $1 and draining = $2 and revoked_us is null and url <> '' and seats < seats_max
         order by id limit $3",
        now,
        false,
        NODES_MAX
    )
}

/// Where browsers find a node.
pub(crate) async fn node_url(tx: &mut Tx, node: Uuid) -> Result<Option<String>, DbError> {
    let found = fetch_optional!(tx, (String,), "select url from node where id = $1", node)?;
    Ok(found.map(|(url,)| url))
}

/// The first placement; `false` when somebody else made it.
pub(crate) async fn place_first(
    tx: &mut Tx,
    appointment: AppointmentId,
    node: &Candidate,
) -> Result<bool, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let made = execute!(
        tx,
        "insert into room_placement (room, clinic, appointment, node, node_epoch, generation, placed_us)
         values ($1, $2, $3, $4, $5, 1, $6) on conflict (clinic, appointment) do nothing",
        RoomId::new_v7().0,
        clinic,
        appointment,
        node.id,
        node.epoch,
        now
    )?;
    Ok(made == 1)
}

/// The next placement; `false` when somebody else moved the room meanwhile.
pub(crate) async fn place_again(tx: &mut Tx, old: &Placement, node: &Candidate) -> Result<bool, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let moved = execute!(
        tx,
        "update room_placement
         set node = $1, node_epoch = $2, generation = generation + 1, placed_us = $3, ended_us = null
         where clinic = $4 and room = $5 and generation = $6",
        node.id,
        node.epoch,
        now,
        clinic,
        old.room,
        old.generation
    )?;
    // A node that was killed never said that they left.
    execute!(
        tx,
        "delete from presence where clinic = $1 and room = $2 and generation <= $3",
        clinic,
        old.room,
        old.generation
    )?;
    Ok(moved == 1)
}

/// Counts the seats of a room to come: until the node's next beat they would be unseen, and everybody who books on the
/// hour would be sent to the same node.
pub(crate) async fn expect_seats(tx: &mut Tx, node: Uuid, seats: i64) -> Result<(), DbError> {
    execute!(tx, "update node set seats = seats + $1 where id = $2", seats, node).map(drop)
}

/// The room is over: the next join places it anew.
pub(crate) async fn end_placement(tx: &mut Tx, room: RoomId) -> Result<(), DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    execute!(
        tx,
        "update room_placement set ended_us = $1 where clinic = $2 and room = $3",
        now,
        clinic,
        room.0
    )
    .map(drop)
}

/// Whose seat it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Account(AccountId),
    Guest(GuestId),
}

/// The holder's seat, made at their first join and the same ever after.
pub(crate) async fn seat(
    tx: &mut Tx,
    appointment: AppointmentId,
    holder: Holder,
    role: SeatRole,
) -> Result<Option<SeatId>, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let (account, guest) = match holder {
        Holder::Account(account) => (Some(account), None),
        Holder::Guest(guest) => (None, Some(guest)),
    };
    execute!(
        tx,
        "insert into seat (id, clinic, appointment, role, account, guest, created_us)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        SeatId::new_v7().0,
        clinic,
        appointment,
        role.as_str(),
        account,
        guest,
        now
    )?;
    let found = match holder {
        Holder::Account(account) => fetch_optional!(
            tx,
            (Uuid,),
            "select id from seat where clinic = $1 and appointment = $2 and account = $3",
            clinic,
            appointment,
            account
        )?,
        Holder::Guest(guest) => seat_of_guest(tx, guest).await?.map(|seat| (seat.0,)),
    };
    Ok(found.map(|(id,)| SeatId(id)))
}

pub(crate) async fn seat_of_guest(tx: &mut Tx, guest: GuestId) -> Result<Option<SeatId>, DbError> {
    let clinic = tx.clinic();
    let row =
        fetch_optional!(tx, (Uuid,), "select id from seat where clinic = $1 and guest = $2", clinic, guest)?;
    Ok(row.map(|(id,)| SeatId(id)))
}

/// A seat and the sealed name of who holds it.
#[derive(sqlx::FromRow)]
pub(crate) struct SeatRow {
    pub(crate) seat: Uuid,
    #[sqlx(try_from = "String")]
    pub(crate) role: SeatRole,
    pub(crate) account: Option<AccountId>,
    pub(crate) account_name: Option<Sealed<String>>,
    pub(crate) guest: Option<GuestId>,
    pub(crate) guest_name: Option<Sealed<String>>,
}

/// The first first. Of more than [`SEATS_MAX`] those are left out whose invitation was taken back, the oldest of them.
pub(crate) async fn seats(tx: &mut Tx, appointment: AppointmentId) -> Result<Vec<SeatRow>, DbError> {
    let clinic = tx.clinic();
    let mut seats = fetch_all!(
        tx,
        SeatRow,
        "select s.id as seat, s.role, s.account, c.name as account_name, s.guest, g.name as guest_name
         from seat s
         left join account c on c.clinic = s.clinic and c.id = s.account
         left join guest g on g.clinic = s.clinic and g.id = s.guest
         where s.clinic = $1 and s.appointment = $2
         order by case when g.revoked_us is null then 0 else 1 end, s.created_us desc, s.id desc limit $3",
        clinic,
        appointment,
        SEATS_MAX
    )?;
    // Ids are UUIDv7: they have the order in which the seats were taken.
    seats.sort_by_key(|row: &SeatRow| row.seat);
    Ok(seats)
}

/// Somebody in a room.
#[derive(sqlx::FromRow)]
pub(crate) struct PresentRow {
    pub(crate) appointment: AppointmentId,
    pub(crate) since_us: Timestamp,
    #[sqlx(flatten)]
    pub(crate) seat: SeatRow,
}

/// What counts as being there: in the room's present generation, on a node that is alive and is the process that the
/// room was given to. A node that is killed cannot say who left: with its lease, at the latest with its next process,
/// nobody is there any more. One that was only cut off has its people back with its next beat.
macro_rules! select_present {
    ($condition:literal) => {
        concat!(
            "select h.appointment, h.since_us, s.id as seat, s.role, s.account, c.name as account_name, s.guest,
                 g.name as guest_name
             from presence h
             join seat s on s.clinic = h.clinic and s.id = h.seat
             join appointment a on a.clinic = h.clinic and a.id = h.appointment
             join room_placement p on p.clinic = h.clinic and p.room = h.room and p.generation = h.generation
             join node n on n.id = p.node and n.epoch = p.node_epoch
             left join account c on c.clinic = s.clinic and c.id = s.account
             left join guest g on g.clinic = s.clinic and g.id = s.guest
             where h.clinic = $1 and n.lease_until_us > $2 and p.ended_us is null ",
            $condition,
            " order by h.since_us, h.seat limit $3"
        )
    };
}

/// Of one appointment.
pub(crate) async fn present(tx: &mut Tx, appointment: AppointmentId) -> Result<Vec<PresentRow>, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    fetch_all!(
        tx,
        PresentRow,
        select_present!("and h.appointment = $4"),
        clinic,
        now,
        PRESENT_MAX,
        appointment
    )
}

/// Of all appointments that somebody's list may hold.
pub(crate) async fn present_of(tx: &mut Tx, whose: Whose) -> Result<Vec<PresentRow>, DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    match whose {
        Whose::Patient(id) => {
            fetch_all!(tx, PresentRow, select_present!("and a.patient = $4"), clinic, now, PRESENT_MAX, id)
        }
        Whose::Practitioner(id) => {
            fetch_all!(
                tx,
                PresentRow,
                select_present!("and a.practitioner = $4"),
                clinic,
                now,
                PRESENT_MAX,
                id
            )
        }
        Whose::Everybody => fetch_all!(tx, PresentRow, select_present!(""), clinic, now, PRESENT_MAX),
    }
}

/// A key that signs join tokens.
#[derive(sqlx::FromRow)]
pub(crate) struct SigningKey {
    pub(crate) id: String,
    pub(crate) private_key: Vec<u8>,
}

/// The newest key.
pub(crate) async fn signing_key(tx: &mut Tx) -> Result<Option<SigningKey>, DbError> {
    fetch_optional!(
        tx,
        SigningKey,
        "select id, private_key from signing_key where retired_us is null order by created_us desc, id desc limit 1"
    )
}

/// The id and the wrapped private half of the newest key, before a clinic is known: the start checks that it opens.
pub(crate) async fn newest_signing_key(tx: &mut SystemTx) -> Result<Option<(String, Vec<u8>)>, DbError> {
    fetch_optional!(
        tx,
        (String, Vec<u8>),
        "select id, private_key from signing_key where retired_us is null order by created_us desc, id desc limit 1"
    )
}

/// Public halves of all keys in use, by id.
pub(crate) async fn public_keys(tx: &mut SystemTx) -> Result<Vec<(String, Vec<u8>)>, DbError> {
    fetch_all!(
        tx,
        (String, Vec<u8>),
        "select id, public_key from signing_key where retired_us is null order by created_us, id limit $1",
        KEYS_MAX
    )
}

/// Stores a key; without effect when there is one of this id.
pub(crate) async fn insert_signing_key(
    tx: &mut SystemTx,
    id: &str,
    public_key: &[u8],
    private_key: &[u8],
) -> Result<(), DbError> {
    let now = tx.now();
    execute!(
        tx,
        "insert into signing_key (id, public_key, private_key, created_us) values ($1, $2, $3, $4)
         on conflict (id) do nothing",
        id,
        public_key,
        private_key,
        now
    )
    .map(drop)
}
