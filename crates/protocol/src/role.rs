//! Who somebody is in a clinic, and what a token lets them do in a room.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The roles of a clinic. FHIR names where FHIR has one; a guest joins one consultation by link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the words of docs/ARCHITECTURE.md")]
pub enum Role {
    Patient,
    Practitioner,
    Staff,
    Admin,
    Guest,
}

impl Role {
    /// The word used in JSON, SQL and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Practitioner => "practitioner",
            Self::Staff => "staff",
            Self::Admin => "admin",
            Self::Guest => "guest",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a seat may do in its room. Absent means no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a permission of its own, and JSON shows them so")]
pub struct Permissions {
    /// Publish a microphone.
    pub audio: bool,
    /// Publish a camera.
    pub video: bool,
    /// Publish a screen.
    pub screen: bool,
    /// Receive others.
    pub subscribe: bool,
    /// End the consultation for all.
    pub end: bool,
}

impl Permissions {
    /// What each role may do unless a clinic says otherwise: everybody is seen, heard and may show a screen;
    /// the practitioner may also end the visit.
    #[must_use]
    pub fn of(role: Role) -> Self {
        let everybody = Self { audio: true, video: true, screen: true, subscribe: true, end: false };
        match role {
            Role::Practitioner => Self { end: true, ..everybody },
            Role::Patient | Role::Guest => everybody,
            Role::Staff | Role::Admin => Self::default(),
        }
    }
}
