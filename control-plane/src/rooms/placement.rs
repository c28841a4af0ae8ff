//! Which node hosts an appointment's room.
//!
//! The truth is one row, changed only by its generation: of two that move a room at once one changes nothing and reads
//! again. A room is placed anew, one generation later, when it ended, when its node's lease or epoch is gone, or when
//! its node takes no new rooms, another does, and nobody is in it or on their way; join tokens carry the generation, and nodes refuse
//! any other.

use actix_web::http::StatusCode;
use protocol::node::RoomCommand;

use super::choose::{ROOM_SEATS_EXPECTED, choose};
use super::store::{self, Placement};
use crate::db::{DbError, Tx};
use crate::http::problem::{ApiError, Problem};
use crate::ids::AppointmentId;
use crate::nodes::commands;

/// Somebody else placed the room meanwhile: rare, and then the row is theirs.
const TRIES_MAX: u32 = 3;

/// The living placement of the appointment's room, made if there is none.
///
/// # Errors
/// 503 when no node takes rooms.
pub(crate) async fn place(tx: &mut Tx, appointment: AppointmentId) -> Result<Placement, ApiError> {
    for _ in 0..TRIES_MAX {
        let old = store::placement(tx, appointment).await?;
        let living = old.as_ref().filter(|placement| placement.is_alive(tx.now()));
        let stays = match living {
            Some(placement) => !placement.draining || !store::is_left(tx, placement).await?,
            None => false,
        };
        let candidates = if stays { Vec::new() } else { store::candidates(tx).await? };
        let node = match (choose(&candidates, &mut rand::rng()), living) {
            (Some(node), _) => node,
            // Where no other node is ready, this one takes whom it can.
            (None, Some(placement)) => {
                if store::note_token(tx, placement).await? {
                    return Ok(placement.clone());
                }
                continue;
            }
            (None, None) => return Err(no_node().into()),
        };
        let placed = match &old {
            None => store::place_first(tx, appointment, &node).await?,
            Some(old) => store::place_again(tx, old, &node).await?,
        };
        if placed {
            store::expect_seats(tx, node.id, ROOM_SEATS_EXPECTED).await?;
            tracing::info!(appointment.id = %appointment, node.id = %node.id, again = old.is_some(), "room placed");
        }
    }
    Err(ApiError::Internal("a room that is moved each time it is placed"))
}

fn no_node() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "no-media-node",
        "No media server can take the visit right now",
    )
    .retry_after_secs(2)
}

/// Tells the node of the appointment's room, if it has one that has not ended, to do something. Also a node that is
/// away: it is told when it is back.
///
/// # Errors
/// When the database fails.
pub(crate) async fn command(
    tx: &mut Tx,
    appointment: AppointmentId,
    command: RoomCommand,
) -> Result<(), DbError> {
    match store::placement(tx, appointment).await? {
        Some(placement) if placement.ended_us.is_none() => commands::order(tx, &placement, &command).await,
        _ => Ok(()),
    }
}
