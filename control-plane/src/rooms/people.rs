//! Names for the seats of a room. A node knows seats only; pages learn here who sits there.

use protocol::{Role, SeatId};
use serde::Serialize;
use utoipa::ToSchema;

use super::store;
use crate::accounts;
use crate::appointments::store::Whose;
use crate::appointments::view::{Presence, PresenceByAppointment};
use crate::db::Tx;
use crate::db::text::text_enum;
use crate::guests;
use crate::ids::AppointmentId;
use crate::seal::{Keyring, SealError};

text_enum! {
    /// What somebody is in a room.
    pub enum SeatRole {
        /// Is cared for.
        Patient = "patient",
        /// Gives care.
        Practitioner = "practitioner",
        /// Runs the day.
        Staff = "staff",
        /// Runs the clinic's accounts.
        Admin = "admin",
        /// Came by a link.
        Guest = "guest",
    }
}

impl From<Role> for SeatRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Patient => Self::Patient,
            Role::Practitioner => Self::Practitioner,
            Role::Staff => Self::Staff,
            Role::Admin => Self::Admin,
            Role::Guest => Self::Guest,
        }
    }
}

/// Somebody with a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Person {
    /// Their seat.
    #[schema(value_type = String, format = "uuid")]
    pub seat: SeatId,
    /// Their role.
    pub role: SeatRole,
    /// Their name.
    pub name: String,
}

/// Everybody who has had a seat in the appointment's room, the first first.
///
/// # Errors
/// When a name does not open in its place, or the database fails.
pub(crate) async fn seated(
    tx: &mut Tx,
    keyring: &Keyring,
    appointment: AppointmentId,
) -> Result<Vec<Person>, SealError> {
    let mut people = Vec::new();
    for row in store::seats(tx, appointment).await? {
        people.push(open(tx, keyring, row).await?);
    }
    Ok(people)
}

/// As [`seated`], for a guest: until they are in the room themselves, let in by somebody, they learn their own name and the
/// practitioner's, which their link tells them.
///
/// # Errors
/// When a name does not open in its place, or the database fails.
pub(crate) async fn seated_for_guest(
    tx: &mut Tx,
    keyring: &Keyring,
    appointment: AppointmentId,
    own: SeatId,
) -> Result<Vec<Person>, SealError> {
    let is_in = store::present(tx, appointment).await?.iter().any(|row| row.seat.seat == own.0);
    let mut people = seated(tx, keyring, appointment).await?;
    people.retain(|person| is_in || person.seat == own || person.role == SeatRole::Practitioner);
    Ok(people)
}

/// Who is in the appointment's room now.
///
/// # Errors
/// When a name does not open in its place, or the database fails.
pub(crate) async fn present(
    tx: &mut Tx,
    keyring: &Keyring,
    appointment: AppointmentId,
) -> Result<Vec<Presence>, SealError> {
    let rows = store::present(tx, appointment).await?;
    Ok(by_appointment(tx, keyring, rows).await?.remove(&appointment).unwrap_or_default())
}

/// Who is in which room now, of all appointments that a list may hold.
///
/// # Errors
/// When a name does not open in its place, or the database fails.
pub(crate) async fn present_of(
    tx: &mut Tx,
    keyring: &Keyring,
    whose: Whose,
) -> Result<PresenceByAppointment, SealError> {
    let rows = store::present_of(tx, whose).await?;
    by_appointment(tx, keyring, rows).await
}

async fn by_appointment(
    tx: &mut Tx,
    keyring: &Keyring,
    rows: Vec<store::PresentRow>,
) -> Result<PresenceByAppointment, SealError> {
    let names = rows.iter().flat_map(|row| [&row.seat.account_name, &row.seat.guest_name]);
    keyring.prepare(tx, names.flatten()).await?;
    let mut present = PresenceByAppointment::new();
    for row in rows {
        let Person { seat, role, name } = open(tx, keyring, row.seat).await?;
        let here = Presence { seat, role, name, since: row.since_us };
        present.entry(row.appointment).or_default().push(here);
    }
    Ok(present)
}

async fn open(tx: &mut Tx, keyring: &Keyring, row: store::SeatRow) -> Result<Person, SealError> {
    let name = match (row.account, row.account_name, row.guest, row.guest_name) {
        (Some(account), Some(name), ..) => accounts::open_name(tx, keyring, account, &name).await?,
        (.., Some(guest), Some(name)) => keyring.open(tx, guests::name_place(guest), &name).await?,
        _ => String::new(),
    };
    Ok(Person { seat: SeatId(row.seat), role: row.role, name })
}
