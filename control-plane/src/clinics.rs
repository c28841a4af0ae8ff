//! The tenants.

pub mod store;

use protocol::ClinicId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::ZoneName;

/// A clinic as its people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Clinic {
    /// Id.
    #[schema(value_type = String, format = "uuid")]
    pub id: ClinicId,
    /// Name.
    pub name: String,
    /// The word in addresses: letters, digits and hyphens.
    pub slug: String,
    /// Where it stands.
    pub time_zone: ZoneName,
}

/// A word for addresses: a DNS label (RFC 1035 §2.3.1), so that it may become a host name.
#[must_use]
pub fn is_slug(slug: &str) -> bool {
    let plain = slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    plain && (1..=63).contains(&slug.len()) && !slug.starts_with('-') && !slug.ends_with('-')
}
