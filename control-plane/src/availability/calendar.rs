//! Weekly rules on the calendar: which instants they mean on a date, in a zone whose clock is changed.
//!
//! A boundary is the first instant at which the wall clock shows its time or a later one:
//!
//! ```text
//! clock goes forward at 02:00   01:59 │ 03:00     02:30 → the instant of the change
//! clock goes back at 03:00      02:30 … 02:59 │ 02:00 … 02:30      02:30 → the earlier of the two
//! ```
//!
//! So boundaries keep the order of their wall times, and rules that do not overlap on the wall do not overlap in time. A
//! rule that lies in a gap as a whole has no window that day.

use std::iter;

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::time::{Span, Timestamp};

#[cfg(test)]
mod tests;

/// Minutes of a day on the wall: a rule may end at 24:00.
pub const DAY_MINUTES: u16 = 24 * 60;
/// Clock changes looked at to find the one that made a gap: it is the first or the second after the gap's begin.
const CHANGES_MAX: usize = 8;

/// Open on one weekday, from one wall time until another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// ISO 8601: Monday is 1, Sunday 7.
    pub weekday: i8,
    /// First minute of the day.
    pub from_minute: u16,
    /// First minute after it; at most [`DAY_MINUTES`].
    pub until_minute: u16,
}

/// Weekly rules and the zone whose wall they are read from.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    rules: Vec<Rule>,
}

impl Calendar {
    /// A week of rules, in any order. Rules that overlap are one: an instant is offered once.
    #[must_use]
    pub fn new(zone: TimeZone, mut rules: Vec<Rule>) -> Self {
        rules.sort_unstable();
        rules.dedup_by(|rule, before| {
            let overlaps = rule.weekday == before.weekday && rule.from_minute < before.until_minute;
            if overlaps {
                before.until_minute = before.until_minute.max(rule.until_minute);
            }
            overlaps
        });
        Self { zone, rules }
    }

    /// The windows that reach into `span`, in order. Computed as they are asked for.
    pub fn windows(&self, span: Span) -> impl Iterator<Item = Span> {
        self.dates(span)
            .flat_map(move |date| self.windows_of(date))
            .filter(move |window| window.overlaps(&span))
    }

    /// The windows of one date on the wall.
    pub fn windows_of(&self, date: Date) -> impl Iterator<Item = Span> {
        let weekday = date.weekday().to_monday_one_offset();
        self.rules.iter().filter(move |rule| rule.weekday == weekday).filter_map(move |rule| {
            let from = first_instant(&self.zone, wall_time(date, rule.from_minute)?)?;
            let until = first_instant(&self.zone, wall_time(date, rule.until_minute)?)?;
            (from < until).then_some(Span { from, until })
        })
    }

    /// The dates on the wall that `span` touches, and one more at each end: where the clock goes back over midnight,
    /// an instant's date and its window's date differ.
    fn dates(&self, span: Span) -> impl Iterator<Item = Date> {
        let date = |at: Timestamp| self.zone.to_datetime(at.to_jiff()).date();
        let first = date(span.from).yesterday().unwrap_or(Date::MIN);
        let last = date(span.until).tomorrow().unwrap_or(Date::MAX);
        iter::successors(Some(first), |date| date.tomorrow().ok()).take_while(move |date| *date <= last)
    }
}

/// A minute of a date; 24:00 is the next date's 00:00.
fn wall_time(date: Date, minute: u16) -> Option<DateTime> {
    if minute >= DAY_MINUTES {
        return Some(date.tomorrow().ok()?.at(0, 0, 0, 0));
    }
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Some(date.at(hour, minute, 0, 0))
}

/// The first instant at which the clock of `zone` shows `wall` or later. `None` outside jiff's years.
fn first_instant(zone: &TimeZone, wall: DateTime) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    let instant = match ambiguous.offset() {
        AmbiguousOffset::Gap { after, .. } => {
            // Read with the offset after the change, a wall time inside the gap lies before the change.
            let before = after.to_timestamp(wall).ok()?;
            let changes = zone.following(before).take(CHANGES_MAX).map(|change| change.timestamp());
            changes.into_iter().find(|change| zone.to_datetime(*change) > wall)?
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok()?,
    };
    Some(instant.into())
}
