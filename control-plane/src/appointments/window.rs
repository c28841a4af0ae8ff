//! When one may join a visit. The one place that decides it, for the page and for the door.
//!
//! ```text
//!   − 30 min          start                                          + 4 h
//! ─────┤ opens ─────────┼──────────────────────────────────────────────├ closes
//!    2 min early is early enough                          2 min late is not too late
//! ```

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use super::AppointmentState;
use crate::db::text::text_enum;
use crate::time::Timestamp;

/// Somebody who is early can check the camera and wait.
pub const OPENS_BEFORE: Duration = Duration::from_secs(30 * 60);
/// Practices run late, and a long visit may drop out and come back.
pub const CLOSES_AFTER: Duration = Duration::from_secs(4 * 3600);
/// A page computes the moment by its own clock and asks by itself: a small difference is nobody's fault.
pub const TOLERANCE: Duration = Duration::from_secs(2 * 60);

text_enum! {
    /// Why one may not join.
    pub enum JoinProblem {
        /// Not yet.
        TooEarly = "too_early",
        /// No more.
        TooLate = "too_late",
        /// It was called off.
        Cancelled = "cancelled",
        /// It is over.
        Ended = "ended",
    }
}

/// When one may join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JoinWindow {
    /// Now.
    pub open: bool,
    /// From here on.
    pub opens_at: Timestamp,
    /// Until here.
    pub closes_at: Timestamp,
    /// Why not now.
    #[schema(required = true)]
    pub problem: Option<JoinProblem>,
}

/// The window of an appointment that begins at `start`.
#[must_use]
pub fn join_window(state: AppointmentState, start: Timestamp, now: Timestamp) -> JoinWindow {
    let (opens_at, closes_at) = (start - OPENS_BEFORE, start + CLOSES_AFTER);
    let problem = match state {
        AppointmentState::Cancelled => Some(JoinProblem::Cancelled),
        AppointmentState::Completed | AppointmentState::NoShow => Some(JoinProblem::Ended),
        AppointmentState::Booked | AppointmentState::InProgress => {
            if now < opens_at - TOLERANCE {
                Some(JoinProblem::TooEarly)
            } else if now > closes_at + TOLERANCE {
                Some(JoinProblem::TooLate)
            } else {
                None
            }
        }
    };
    JoinWindow { open: problem.is_none(), opens_at, closes_at, problem }
}

/// The state that is shown: a meeting that everybody left before its end, in case somebody comes back, is over when
/// nobody can come back any more.
#[must_use]
pub fn shown_state(state: AppointmentState, start: Timestamp, now: Timestamp) -> AppointmentState {
    match state {
        AppointmentState::InProgress if now > start + CLOSES_AFTER + TOLERANCE => AppointmentState::Completed,
        state => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_us(1_795_338_000_000_000);
    const SECOND: Duration = Duration::from_secs(1);

    fn problem(state: AppointmentState, now: Timestamp) -> Option<JoinProblem> {
        let window = join_window(state, START, now);
        assert_eq!(window.open, window.problem.is_none());
        window.problem
    }

    #[test]
    fn a_booked_visit_opens_half_an_hour_before_and_closes_four_hours_after_its_start() {
        let (opens, closes) = (START - OPENS_BEFORE, START + CLOSES_AFTER);
        let booked = |now| problem(AppointmentState::Booked, now);

        assert_eq!(booked(opens - TOLERANCE - SECOND), Some(JoinProblem::TooEarly));
        assert_eq!(booked(opens - TOLERANCE), None, "two minutes early is early enough");
        assert_eq!(booked(START), None);
        assert_eq!(booked(closes + TOLERANCE), None, "two minutes late is not too late");
        assert_eq!(booked(closes + TOLERANCE + SECOND), Some(JoinProblem::TooLate));
        let window = join_window(AppointmentState::Booked, START, START);
        assert_eq!((window.opens_at, window.closes_at), (opens, closes), "the tolerance is not shown");
    }

    #[test]
    fn a_visit_that_is_over_or_called_off_is_closed_at_any_time() {
        for now in [START - CLOSES_AFTER, START, START + CLOSES_AFTER + CLOSES_AFTER] {
            assert_eq!(problem(AppointmentState::Cancelled, now), Some(JoinProblem::Cancelled));
            assert_eq!(problem(AppointmentState::Completed, now), Some(JoinProblem::Ended));
            assert_eq!(problem(AppointmentState::NoShow, now), Some(JoinProblem::Ended));
        }
        assert_eq!(problem(AppointmentState::InProgress, START), None, "one may come back");
    }

    #[test]
    fn a_meeting_nobody_can_come_back_to_is_shown_as_over() {
        let late = START + CLOSES_AFTER + TOLERANCE + SECOND;

        assert_eq!(shown_state(AppointmentState::InProgress, START, late), AppointmentState::Completed);
        assert_eq!(shown_state(AppointmentState::InProgress, START, START), AppointmentState::InProgress);
        assert_eq!(shown_state(AppointmentState::Booked, START, late), AppointmentState::Booked);
    }
}
