//! Which times are free. The only place that decides it: pages show what it says, and a booking asks it again inside its
//! transaction.
//!
//! free = weekly hours − reserved times (booked, held, buffers; the practitioner's and the patient's) − notice − horizon

use std::iter;
use std::time::Duration;

use super::{Schedule, Slot};
use crate::time::{Span, Timestamp};

#[cfg(test)]
mod tests;

/// A planned visit begins at least this long after it is booked: somebody has to see it. Who needs one at once books
/// "now", which only a practitioner who is on duty and free offers.
pub const NOTICE: Duration = Duration::from_secs(5 * 60);
/// Half a year: further ahead, hours and time zone rules are guesses.
pub const HORIZON: Duration = Duration::from_secs(182 * 24 * 3600);
const MINUTE_US: i64 = 60_000_000;

/// Times that are taken, each list in order and without overlaps, as the database keeps them.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// The practitioner's, buffers included.
    pub practitioner: Vec<Span>,
    /// Those of the patient who asks, with whomever; empty when nobody in particular asks.
    pub patient: Vec<Span>,
}

/// The free slots that begin within `wanted`, in order, each instant once. Computed as they are asked for.
pub fn free_times<'a>(
    schedule: &'a Schedule,
    taken: &'a Taken,
    now: Timestamp,
    wanted: Span,
) -> impl Iterator<Item = Slot> + 'a {
    bookable(now, wanted).into_iter().flat_map(move |begins| {
        let slots = schedule.calendar.windows(begins).flat_map(move |window| slots_of(schedule, window));
        slots.filter(move |slot| begins.contains(slot.start) && is_free(schedule, taken, *slot))
    })
}

/// The part of `wanted` in which a visit may begin that is planned now; `None` when that is no time at all.
#[must_use]
pub fn bookable(now: Timestamp, wanted: Span) -> Option<Span> {
    let (from, until) = (wanted.from.max(now + NOTICE), wanted.until.min(now + HORIZON));
    (from < until).then_some(Span { from, until })
}

/// The visit that begins at this minute, if the practitioner is on duty until its end and free.
#[must_use]
pub fn free_now(schedule: &Schedule, taken: &Taken, now: Timestamp) -> Option<Slot> {
    let start = Timestamp::from_us(now.as_us() - now.as_us().rem_euclid(MINUTE_US));
    let slot = Slot { start, end: start + schedule.visit };
    (is_on_duty(schedule, slot) && is_free(schedule, taken, slot)).then_some(slot)
}

/// The time that a visit takes from its practitioner.
#[must_use]
pub fn reserved(schedule: &Schedule, slot: Slot) -> Span {
    Span { from: slot.start, until: slot.end + schedule.buffer }
}

/// A window cut into visits, by elapsed time: a change of the clock inside it moves the wall times, not the lengths. The
/// buffer of the last visit may lie outside.
fn slots_of(schedule: &Schedule, window: Span) -> impl Iterator<Item = Slot> + use<> {
    let (visit, step) = (schedule.visit, schedule.visit + schedule.buffer);
    iter::successors(Some(window.from), move |start| Some(*start + step))
        .map(move |start| Slot { start, end: start + visit })
        .take_while(move |slot| slot.end <= window.until)
}

/// Whether windows cover the whole visit, one directly after the other: hours from 00:00 until 24:00 do not end at
/// midnight.
fn is_on_duty(schedule: &Schedule, slot: Slot) -> bool {
    let mut covered = slot.start;
    for window in schedule.calendar.windows(Span { from: slot.start, until: slot.end }) {
        if window.from > covered {
            break;
        }
        covered = covered.max(window.until);
    }
    covered >= slot.end
}

fn is_free(schedule: &Schedule, taken: &Taken, slot: Slot) -> bool {
    !any_overlaps(&taken.practitioner, reserved(schedule, slot))
        && !any_overlaps(&taken.patient, Span { from: slot.start, until: slot.end })
}

/// In ordered spans that do not overlap each other, only the first that ends after `span` begins can overlap it.
fn any_overlaps(taken: &[Span], span: Span) -> bool {
    let next = taken.partition_point(|taken| taken.until <= span.from);
    taken.get(next).is_some_and(|taken| taken.overlaps(&span))
}
