//! Joining: the answer that takes a browser to its node.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use protocol::token::{ISSUER, JoinClaims, audience};
use protocol::{ClinicId, Permissions, Role, SeatId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::people::{self, Person, SeatRole};
use super::store::{self, Holder, Placement};
use super::{placement, signing};
use crate::app::State;
use crate::appointments::store::Row;
use crate::appointments::window::{JoinProblem, JoinWindow, join_window};
use crate::authorize::{Action, Object};
use crate::db::Tx;
use crate::http::caller::Party;
use crate::http::problem::{ApiError, Problem};
use crate::ids::AppointmentId;
use crate::time::Timestamp;

/// A browser connects within seconds; two minutes are for a slow one. The bound of the protocol is five.
pub const TOKEN_LIFE: Duration = Duration::from_secs(120);

/// A server that helps to find a way through a network (W3C `RTCIceServer`).
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct IceServer {
    /// `turn:` and `turns:` addresses.
    pub urls: Vec<String>,
    /// When it ends, and the seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Opens the relay until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// Without the credential.
impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

/// When the visit is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JoinAppointment {
    /// Id.
    pub id: AppointmentId,
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
}

/// Where to go, and what opens the door there.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Join {
    /// Signalling address of the node.
    pub url: String,
    /// The join token: works once, for [`TOKEN_LIFE`].
    pub token: String,
    /// One's own seat.
    #[schema(value_type = String, format = "uuid")]
    pub seat: SeatId,
    /// One's own role.
    pub role: SeatRole,
    /// The relay for browsers that do not reach the node, if the clinic has one.
    pub ice_servers: Vec<IceServer>,
    /// Names for the seats so far, of which a guest who waits is told two; others come by `…/people`.
    pub people: Vec<Person>,
    /// When the visit is.
    pub appointment: JoinAppointment,
}

/// Without the token, and without names.
impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join").field("seat", &self.seat).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Who joins which appointment. The caller has locked the appointment's row and asked `authorize`.
pub(crate) struct Joining<'a> {
    pub(crate) party: Party,
    pub(crate) holder: Holder,
    pub(crate) row: &'a Row,
    pub(crate) object: Object,
}

/// Takes the seat, finds the node, signs the token.
///
/// # Errors
/// 403 outside the window, 409 when the visit is over or called off, 503 when no node takes rooms.
pub(crate) async fn join(tx: &mut Tx, state: &State, joining: &Joining<'_>) -> Result<Join, ApiError> {
    let Joining { party, holder, row, object } = *joining;
    let window = join_window(row.state, row.start_us, tx.now());
    if let Some(problem) = window.problem {
        return Err(party.refuse(
            refusal(problem, &window),
            Action::AppointmentJoin,
            object,
            problem.as_str(),
        ));
    }
    let role = party.actor.role;
    let seat = store::seat(tx, row.id, holder, role.into()).await?;
    let seat = seat.ok_or(ApiError::Internal("a seat vanished"))?;
    let placement = placement::place(tx, row.id).await?;
    let claims = claims(tx.clinic_id(), tx.now(), &placement, seat, role);
    let signer = signing::signer(tx, state.keyring.master()).await?;
    let token = signer.sign(&claims).map_err(|_| ApiError::Internal("a join token could not be signed"))?;
    party.record(tx, Action::AppointmentJoin, object).await?;
    let people = match holder {
        Holder::Account(_) => people::seated(tx, &state.keyring, row.id).await?,
        Holder::Guest(_) => people::seated_for_guest(tx, &state.keyring, row.id, seat).await?,
    };
    Ok(Join {
        url: placement.url,
        token,
        seat,
        role: role.into(),
        ice_servers: state.turn.iter().map(|turn| turn.server(seat, tx.now())).collect(),
        people,
        appointment: JoinAppointment { id: row.id, start: row.start_us, end: row.end_us },
    })
}

fn refusal(problem: JoinProblem, window: &JoinWindow) -> Problem {
    match problem {
        JoinProblem::TooEarly => {
            Problem::new(StatusCode::FORBIDDEN, "join-too-early", "It is too early to join this visit")
                .with("opens_at", window.opens_at.to_string())
        }
        JoinProblem::TooLate => {
            Problem::new(StatusCode::FORBIDDEN, "join-too-late", "It is too late to join this visit")
        }
        JoinProblem::Cancelled | JoinProblem::Ended => {
            Problem::new(StatusCode::CONFLICT, "appointment-ended", "This visit is over or was called off")
        }
    }
}

fn claims(clinic: ClinicId, now: Timestamp, placement: &Placement, seat: SeatId, role: Role) -> JoinClaims {
    JoinClaims {
        iss: ISSUER.to_owned(),
        aud: audience(placement.node()),
        nbf: now.unix_secs(),
        exp: (now + TOKEN_LIFE).unix_secs(),
        jti: Uuid::new_v4(),
        clinic,
        room: placement.room(),
        generation: placement.generation(),
        seat,
        role,
        permissions: Permissions::of(role),
    }
}
