//! Who gives care here: what everybody of the clinic sees before they book.

pub mod handlers;
pub mod store;

use serde::Serialize;
use utoipa::ToSchema;

use crate::ids::PractitionerId;
use crate::time::ZoneName;

/// A practitioner as patients see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Practitioner {
    /// Id.
    pub id: PractitionerId,
    /// Name.
    pub name: String,
    /// `Dr.`
    pub title: String,
    /// `General practice`
    pub specialty: String,
    /// Where they work.
    #[schema(value_type = String)]
    pub time_zone: ZoneName,
}
