//! Identifiers that cross a program's border. Each is a type of its own, so that a seat is never taken for a room.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Makes types of UUIDs, here and in programs that have ids of their own. `with […]` adds attributes to each, such as
/// derives of crates that are not needed here.
#[macro_export]
macro_rules! uuid_ids {
    (with $attributes:tt; $($(#[$doc:meta])* $name:ident;)*) => {
        $($crate::uuid_ids! { @one $attributes $(#[$doc])* $name })*
    };
    (@one [$($attribute:meta),*] $(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        $(#[$attribute])*
        #[serde(transparent)]
        pub struct $name(pub ::uuid::Uuid);

        impl $name {
            /// A new id in time order (UUIDv7, RFC 9562 §5.7).
            #[must_use]
            pub fn new_v7() -> Self {
                Self(::uuid::Uuid::now_v7())
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                ::uuid::Uuid::parse_str(text).map(Self)
            }
        }

        impl From<::uuid::Uuid> for $name {
            fn from(id: ::uuid::Uuid) -> Self {
                Self(id)
            }
        }
    };
}

uuid_ids! { with [];
    /// The tenant. Everything belongs to one.
    ClinicId;
    /// A consultation on the media plane.
    RoomId;
    /// Somebody's place in a room. It outlives a connection.
    SeatId;
    /// One media-server process, known by its enrolled key across restarts.
    NodeId;
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

counters! {
    /// Which life of a node: raised by the control plane at each start of the process.
    Epoch;
    /// Which placement of a room: raised each time the room is given to a node.
    Generation;
}

macro_rules! random_ids {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:016x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                if text.len() != 16 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err(serde::de::Error::custom(concat!($what, " is sixteen hex digits")));
                }
                u64::from_str_radix(&text, 16).map(Self).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

// 64 random bits each. On the wire sixteen hex digits, because a JSON number of a browser holds only 53 bits.
random_ids! {
    /// What a participant publishes, unique among all nodes.
    TrackId, "a track id";
    /// What was said in one life of a room: its numbers begin anew with each.
    LogId, "a log id";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_id_survives_json_with_all_its_bits() {
        let id = TrackId(0xfedc_ba98_7654_3210);

        let json = serde_json::to_string(&id).unwrap();

        assert_eq!(json, "\"fedcba9876543210\"");
        assert_eq!(serde_json::from_str::<TrackId>(&json).unwrap(), id);
    }

    #[test]
    fn a_track_id_of_another_shape_is_refused() {
        for text in ["\"\"", "\"+edcba9876543210\"", "\"fedcba98765432101\"", "7"] {
            assert!(serde_json::from_str::<TrackId>(text).is_err(), "{text}");
        }
    }
}
