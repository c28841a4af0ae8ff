//! Weekly hours as their practitioner reads and writes them.

use std::fmt;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use super::Schedule;
use super::calendar::{Calendar, DAY_MINUTES, Rule};
use crate::time::ZoneName;

/// Visits between five minutes and a working day; the database checks the same.
const VISIT_MINUTES: std::ops::RangeInclusive<u16> = 5..=480;
/// Up to half a working day between visits.
const BUFFER_MINUTES_MAX: u16 = 240;
/// Seven days of two dozen hours: more is no week that somebody typed.
const RULES_MAX: usize = 168;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// ISO 8601: Monday is 1, Sunday 7.
    #[must_use]
    pub const fn iso(self) -> i8 {
        self as i8 + 1
    }

    /// From ISO 8601.
    #[must_use]
    pub fn from_iso(number: i8) -> Option<Self> {
        Self::ALL.into_iter().find(|weekday| weekday.iso() == number)
    }
}

/// A time on the wall, `HH:MM`, `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallClock {
    /// Minutes since midnight.
    pub minute: u16,
}

impl WallClock {
    fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let is_plain = [hours, minutes].iter().all(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_digit()));
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        let minute = hours * 60 + minutes;
        (is_plain && minutes < 60 && minute <= DAY_MINUTES).then_some(Self { minute })
    }
}

impl fmt::Display for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minute / 60, self.minute % 60)
    }
}

impl Serialize for WallClock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WallClock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a time of day"))
    }
}

/// One stretch of a weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityRule {
    /// Which day.
    pub weekday: Weekday,
    /// Opens.
    #[schema(value_type = String, example = "09:00")]
    pub from: WallClock,
    /// Closes; `24:00` is the end of the day.
    #[schema(value_type = String, example = "17:00")]
    pub until: WallClock,
}

/// A practitioner's week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Availability {
    /// The zone whose wall the rules are read from.
    #[schema(value_type = String)]
    pub time_zone: ZoneName,
    /// Length of a visit.
    pub visit_minutes: u16,
    /// Kept free after each visit.
    pub buffer_minutes: u16,
    /// When there are visits.
    pub rules: Vec<AvailabilityRule>,
}

impl Availability {
    /// What is wrong with it, in words for whoever wrote the request.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), &'static str> {
        if !VISIT_MINUTES.contains(&self.visit_minutes) {
            return Err("visit_minutes is not between 5 and 480");
        }
        if self.buffer_minutes > BUFFER_MINUTES_MAX {
            return Err("buffer_minutes is above 240");
        }
        if self.rules.len() > RULES_MAX {
            return Err("there are more than 168 rules");
        }
        for (i, rule) in self.rules.iter().enumerate() {
            if rule.from >= rule.until {
                return Err("a rule ends before it begins");
            }
            let overlaps = |other: &AvailabilityRule| {
                other.weekday == rule.weekday && other.from < rule.until && rule.from < other.until
            };
            if self.rules[i + 1..].iter().any(overlaps) {
                return Err("two rules overlap");
            }
        }
        Ok(())
    }

    /// The same, for computing.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        let minutes = |minutes: u16| Duration::from_secs(u64::from(minutes) * 60);
        let rules = self.rules.iter().map(|rule| Rule {
            weekday: rule.weekday.iso(),
            from_minute: rule.from.minute,
            until_minute: rule.until.minute,
        });
        let zone: TimeZone = self.time_zone.zone();
        Schedule {
            calendar: Calendar::new(zone, rules.collect()),
            visit: minutes(self.visit_minutes),
            buffer: minutes(self.buffer_minutes),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn week(rules: &serde_json::Value) -> Result<Availability, serde_json::Error> {
        serde_json::from_value(json!({
            "time_zone": "Europe/Berlin", "visit_minutes": 20, "buffer_minutes": 5, "rules": rules
        }))
    }

    #[test]
    fn times_of_day_are_read_and_written_alike() {
        for text in ["00:00", "09:05", "23:59", "24:00"] {
            assert_eq!(WallClock::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "9:00", "24:01", "12:60", "-1:00", "12:00:00", "+1:00", "1２:00", "99:99"] {
            assert_eq!(WallClock::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_week_that_makes_no_sense_is_refused() {
        let rule = |from: &str, until: &str| json!({"weekday": "friday", "from": from, "until": until});
        let checked = |rules| week(&json!(rules)).unwrap().check();

        assert_eq!(checked(vec![rule("09:00", "12:00"), rule("12:00", "24:00")]), Ok(()));
        assert_eq!(checked(vec![rule("09:00", "09:00")]), Err("a rule ends before it begins"));
        assert_eq!(checked(vec![rule("09:00", "12:00"), rule("11:59", "13:00")]), Err("two rules overlap"));
        assert!(week(&json!([{"weekday": "someday", "from": "09:00", "until": "10:00"}])).is_err());
        let mut long = week(&json!([])).unwrap();
        long.visit_minutes = 481;
        assert!(long.check().is_err());
    }

    #[test]
    fn weekdays_are_numbered_from_monday() {
        assert_eq!(Weekday::ALL.map(Weekday::iso), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(Weekday::from_iso(7), Some(Weekday::Sunday));
        assert_eq!((Weekday::from_iso(0), Weekday::from_iso(8)), (None, None));
    }
}
