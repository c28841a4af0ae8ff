//! How connections were over many visits, a day at a time: sums, and none over so few visits that they speak of somebody.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::store;
use crate::clinics;
use crate::db::Tx;
use crate::http::problem::ApiError;
use crate::time::{Span, ZoneName};

/// A sum over fewer visits is not shown (security sentence C29).
pub const VISITS_MIN: i64 = 11;
/// The last days, today among them. Nobody chooses others: sums of two spans would tell of the visits between them.
const DAYS: u32 = 14;

/// How connections were over many visits.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QualitySummary {
    /// The clinic's, in which its days begin.
    #[schema(value_type = String)]
    pub time_zone: ZoneName,
    /// The latest first.
    pub days: Vec<QualityDay>,
    /// Of them together. Days that are not shown are in it when they are enough together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<QualitySums>,
}

/// A day.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QualityDay {
    /// `2026-11-30`
    #[schema(value_type = String, format = "date")]
    pub day: Date,
    /// None where there were too few visits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sums: Option<QualitySums>,
}

/// Seconds of people in visits, and of these with a cause for trouble.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
pub struct QualitySums {
    /// Visits.
    pub visits: i64,
    /// All seconds.
    pub seconds: i64,
    /// Their way to the clinic.
    pub uplink_seconds: i64,
    /// The clinic's way to them.
    pub downlink_seconds: i64,
    /// The clinic's server.
    pub server_seconds: i64,
    /// Their device.
    pub device_seconds: i64,
}

impl QualitySums {
    const fn plus(self, other: Self) -> Self {
        Self {
            visits: self.visits + other.visits,
            seconds: self.seconds + other.seconds,
            uplink_seconds: self.uplink_seconds + other.uplink_seconds,
            downlink_seconds: self.downlink_seconds + other.downlink_seconds,
            server_seconds: self.server_seconds + other.server_seconds,
            device_seconds: self.device_seconds + other.device_seconds,
        }
    }

    fn if_enough(self) -> Option<Self> {
        (self.visits >= VISITS_MIN).then_some(self)
    }
}

/// Sums of the last days of the clinic.
///
/// # Errors
/// When the database fails.
pub(super) async fn read(tx: &mut Tx) -> Result<QualitySummary, ApiError> {
    let time_zone = clinics::store::zone(tx).await?.ok_or(ApiError::Internal("a clinic without a row"))?;
    let zone = time_zone.zone();
    let today = tx.now().to_jiff().to_zoned(zone.clone()).date();
    let begins = |day: Date| day.to_zoned(zone.clone()).map(|at| at.timestamp().into()).ok();
    let mut of_days = Vec::new();
    for back in 0..DAYS {
        let day = today.saturating_sub(i64::from(back).days());
        let (Some(from), Some(until)) = (begins(day), begins(day.saturating_add(1.day()))) else { continue };
        of_days.push((day, store::sums(tx, Span { from, until }).await?));
    }
    let (days, total) = shown(of_days);
    Ok(QualitySummary { time_zone, days, total })
}

/// What may be seen of sums of days. From a total and the days beside it nobody can tell a day that is not shown: such days are
/// in it only when there are enough visits in them together.
fn shown(of_days: Vec<(Date, QualitySums)>) -> (Vec<QualityDay>, Option<QualitySums>) {
    let sum = |enough: bool| {
        let of = of_days.iter().filter(|(_, sums)| sums.if_enough().is_some() == enough);
        of.fold(QualitySums::default(), |sum, (_, day)| sum.plus(*day))
    };
    let hidden = sum(false).if_enough().unwrap_or_default();
    let total = sum(true).plus(hidden).if_enough();
    let days = of_days.into_iter().map(|(day, sums)| QualityDay { day, sums: sums.if_enough() }).collect();
    (days, total)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn days(visits: &[i64]) -> (Vec<Option<i64>>, Option<i64>) {
        let sums = |visits| QualitySums { visits, seconds: visits * 60, ..QualitySums::default() };
        let of_days = visits.iter().map(|visits| (date(2026, 11, 30), sums(*visits))).collect();
        let (days, total) = shown(of_days);
        (days.iter().map(|day| day.sums.map(|sums| sums.visits)).collect(), total.map(|sums| sums.visits))
    }

    #[test]
    fn sums_over_few_visits_are_not_shown_nor_found_out_from_the_total() {
        assert_eq!(days(&[11, 10, 0]), (vec![Some(11), None, None], Some(11)));
        assert_eq!(
            days(&[12, 6, 5]),
            (vec![Some(12), None, None], Some(23)),
            "two days that are enough together"
        );
        assert_eq!(days(&[4, 4, 3]), (vec![None; 3], Some(11)), "a small clinic sees its fortnight");
        assert_eq!(days(&[5, 5]), (vec![None; 2], None));
    }
}
