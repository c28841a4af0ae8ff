//! Identifiers that stay inside the control plane. Those that cross to a node or a browser's call are in `protocol`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id in time order (UUIDv7, RFC 9562 §5.7).
            #[must_use]
            pub fn new_v7() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

uuid_ids! {
    /// Somebody who can sign in.
    AccountId;
    /// A person who is cared for. An account is not needed to be one.
    PatientId;
    /// Somebody who gives care.
    PractitionerId;
    /// A booked time.
    AppointmentId;
    /// Somebody invited to one consultation by link.
    GuestId;
    /// A sign-in that lasts.
    SessionId;
    /// A data key of an owner.
    DataKeyId;
    /// A row of the audit record.
    AuditId;
    /// A piece of booked time.
    ReservationId;
    /// One HTTP request, in answers and logs.
    RequestId;
}
