//! Guests: family, interpreters, colleagues who join one visit by a link.
//!
//! The link's secret has 256 random bits; its SHA-256 is stored. The link itself is kept, sealed, in one case: an invitation
//! told with an `Idempotency-Key` keeps its answer for three days, so that it can be given again. It stands in the fragment of the link, which
//! browsers send to no server, so that it is in no log of a proxy. It ends with the visit's join window, or when it is
//! taken back; then the guest's seat goes too.

pub mod handlers;
pub mod invite;
pub mod open;
pub mod store;
pub mod visitor;

use serde::{Deserialize, Serialize};

use crate::ids::{AppointmentId, GuestId};
use crate::seal::Place;

/// What the URL of an invitation names.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct GuestPath {
    /// The appointment.
    pub id: AppointmentId,
    /// The invitation.
    pub guest_id: GuestId,
}

/// Where a guest's name stands.
#[must_use]
pub(crate) const fn name_place(guest: GuestId) -> Place {
    Place::new("guest", "name", guest.0)
}

/// Where it stands what a guest is to the patient.
#[must_use]
pub(crate) const fn relation_place(guest: GuestId) -> Place {
    Place::new("guest", "relation", guest.0)
}
