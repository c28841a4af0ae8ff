//! Inviting, listing and taking back: what the patient and the practitioner do.

use actix_web::http::StatusCode;
use protocol::node::RoomCommand;
use serde::{Deserialize, Serialize};
use telemetry::Redacted;
use utoipa::ToSchema;

use super::store::{self, NewGuest};
use super::{name_place, relation_place};
use crate::appointments::store::Row;
use crate::appointments::window::join_window;
use crate::bearer::Bearer;
use crate::db::Tx;
use crate::http::problem::{ApiError, Problem};
use crate::ids::{AccountId, GuestId};
use crate::rooms::{self, placement};
use crate::seal::{Keyring, Owner};
use crate::time::Timestamp;

/// The room holds eight; two seats are the patient's and the practitioner's.
const GUESTS_MAX: usize = protocol::limits::ROOM_SEATS_MAX - 2;
/// A name as people write it.
const NAME_CHARS_MAX: usize = 100;

/// Who is invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuestInvitation {
    /// Their name, shown in the room.
    #[schema(value_type = String)]
    name: Redacted<String>,
    /// What they are to the patient: `daughter`, `interpreter`.
    #[schema(value_type = Option<String>)]
    relation: Option<Redacted<String>>,
}

/// An invitation with its link. The link is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuestLink {
    /// Id.
    pub id: GuestId,
    /// Their name.
    pub name: String,
    /// What they are to the patient.
    pub relation: Option<String>,
    /// To be sent to them.
    pub link: String,
    /// Until when it opens the visit.
    pub expires_at: Timestamp,
}

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Guest {
    /// Id.
    pub id: GuestId,
    /// Their name.
    pub name: String,
    /// What they are to the patient.
    pub relation: Option<String>,
    /// Until when the link opens the visit.
    pub expires_at: Timestamp,
    /// Whether it was taken back.
    pub revoked: bool,
}

impl GuestInvitation {
    /// The name, and what they are to the patient.
    ///
    /// # Errors
    /// 400 when there is no name, or one is too long.
    pub fn check(&self) -> Result<(String, Option<String>), ApiError> {
        let name = self.name.expose().trim().to_owned();
        let relation = self.relation.as_ref().map(|relation| relation.expose().trim().to_owned());
        let relation = relation.filter(|relation| !relation.is_empty());
        if name.is_empty() {
            return Err(Problem::bad_request("name is empty").into());
        }
        let chars =
            [Some(&name), relation.as_ref()].into_iter().flatten().map(|text| text.chars().count()).max();
        if chars.is_some_and(|chars| chars > NAME_CHARS_MAX) {
            return Err(Problem::bad_request("name or relation is longer than 100 characters").into());
        }
        Ok((name, relation))
    }
}

/// Invites somebody to a visit that can still be joined.
///
/// # Errors
/// 409 when the visit is over or called off, or has as many guests as its room holds.
pub(crate) async fn invite(
    tx: &mut Tx,
    keyring: &Keyring,
    row: &Row,
    invited_by: AccountId,
    origin: &str,
    (name, relation): (String, Option<String>),
) -> Result<GuestLink, ApiError> {
    let window = join_window(row.state, row.start_us, tx.now());
    if window.problem.is_some_and(|problem| problem != crate::appointments::window::JoinProblem::TooEarly) {
        let title = "This visit is over or was called off";
        return Err(Problem::new(StatusCode::CONFLICT, "appointment-ended", title).into());
    }
    if store::living(tx, row.id).await? >= GUESTS_MAX {
        let title = "This visit has as many guests as its room holds";
        return Err(Problem::new(StatusCode::CONFLICT, "too-many-guests", title).into());
    }
    let (id, secret) = (GuestId::new_v7(), Bearer::new(tx.clinic_id())?);
    let key = keyring.owner(tx, Owner::Guest(id)).await?;
    let sealed_relation =
        relation.as_ref().map(|relation| key.seal(relation_place(id), relation)).transpose()?;
    let new = NewGuest {
        id,
        appointment: row.id,
        name: &key.seal(name_place(id), &name)?,
        relation: sealed_relation.as_ref(),
        secret_sha256: secret.sha256(),
        invited_by,
        expires: window.closes_at,
    };
    store::insert(tx, &new).await?;
    let link = format!("{origin}/guest#{}", *secret.reveal());
    Ok(GuestLink { id, name, relation, link, expires_at: window.closes_at })
}

/// The invitations of a visit: those that live, then those taken back, the newest of them first.
///
/// # Errors
/// When a name does not open in its place, or the database fails.
pub(crate) async fn list(tx: &mut Tx, keyring: &Keyring, row: &Row) -> Result<Vec<Guest>, ApiError> {
    let mut guests = Vec::new();
    for guest in store::list(tx, row.id).await? {
        let relation = match &guest.relation {
            Some(sealed) => Some(keyring.open(tx, relation_place(guest.id), sealed).await?),
            None => None,
        };
        guests.push(Guest {
            id: guest.id,
            name: keyring.open(tx, name_place(guest.id), &guest.name).await?,
            relation,
            expires_at: guest.expires_us,
            revoked: guest.revoked_us.is_some(),
        });
    }
    Ok(guests)
}

/// Takes an invitation back, and the guest out of the room.
///
/// # Errors
/// 404 when there is none of this id in this visit.
pub(crate) async fn revoke(tx: &mut Tx, row: &Row, guest: GuestId) -> Result<(), ApiError> {
    if !store::revoke(tx, row.id, guest).await? {
        return Err(Problem::not_found().into());
    }
    if let Some(seat) = rooms::store::seat_of_guest(tx, guest).await? {
        placement::command(tx, row.id, RoomCommand::Remove { seat }).await?;
    }
    Ok(())
}
