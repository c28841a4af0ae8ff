//! Cancelling: the time is free again, and a room that lives is ended.

use actix_web::http::StatusCode;
use protocol::node::RoomCommand;

use super::store::Row;
use super::{AppointmentState, store};
use crate::availability::store as availability;
use crate::db::Tx;
use crate::http::problem::{ApiError, Problem};
use crate::rooms::placement;

/// Cancels a booked visit that is not over.
///
/// # Errors
/// 409 when it began, is over, or was cancelled.
pub(crate) async fn cancel(tx: &mut Tx, row: &Row) -> Result<(), ApiError> {
    let is_over = row.end_us <= tx.now();
    if is_over || !store::advance(tx, row.id, AppointmentState::Booked, AppointmentState::Cancelled).await? {
        let title = "This visit cannot be cancelled any more";
        return Err(Problem::new(StatusCode::CONFLICT, "appointment-not-cancellable", title).into());
    }
    availability::free(tx, row.id).await?;
    // Somebody may be waiting in the room (abuse sentence 17).
    placement::command(tx, row.id, RoomCommand::End).await?;
    Ok(())
}
