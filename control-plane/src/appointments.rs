//! Appointments: booked times, from the booking until the visit is over.
//!
//! ```text
//!           book                both are there            the practitioner ends it
//! (free) ─────────▶ booked ──────────────────▶ in_progress ──────────────────────▶ completed
//!                     │ cancel                      └─ the room empties after the agreed end ─▶ completed
//!                     ▼
//!                 cancelled                (`no_show` is for the practitioner to say; nothing sets it yet)
//! ```
//!
//! Stored with each: the instant, the zone and the wall time it was agreed in. Reserved with each, in the same
//! transaction: the practitioner's time with its buffer, and the patient's.

pub mod book;
pub mod cancel;
pub mod handlers;
pub(crate) mod list;
pub mod store;
pub mod view;
pub mod window;

use serde::{Deserialize, Serialize};

use crate::authorize::{Action, Object};
use crate::db::Tx;
use crate::db::text::text_enum;
use crate::http::caller::Party;
use crate::http::problem::{ApiError, Problem};
use crate::ids::AppointmentId;

text_enum! {
    /// Where an appointment is in its life.
    pub enum AppointmentState {
        /// To come.
        Booked = "booked",
        /// Called off.
        Cancelled = "cancelled",
        /// They are meeting.
        InProgress = "in_progress",
        /// Over.
        Completed = "completed",
        /// The patient did not come.
        NoShow = "no_show",
    }
}

/// What the URL of an appointment names.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct AppointmentPath {
    /// The appointment.
    pub id: AppointmentId,
}

/// The appointment, if there is one and the actor may do this to it.
///
/// # Errors
/// 404 when there is none or it is none of theirs, 403 when their role never may.
pub(crate) async fn find(
    tx: &mut Tx,
    party: Party,
    action: Action,
    id: AppointmentId,
) -> Result<(store::Row, Object), ApiError> {
    let row = store::find(tx, id).await?.ok_or_else(Problem::not_found)?;
    let object = row.object(tx.clinic_id());
    party.may(action, &object)?;
    Ok((row, object))
}
