//! How good a participant's connection is: a grade from loss and round trip of the last seconds, in both directions.
//!
//! | file | what |
//! |---|---|
//! | [`mos`] | how speech sounds over it (E-model) |
//! | [`sample`] | a second of one direction |
//! | `freeze` | how long a picture stood |
//! | [`cause`] | what it is due to that something is amiss |
//! | `verdict` | what of that is told, and when |
//! | `timeline` | what is kept of it for the consultation |
//! | [`watch`] | what is kept from second to second, and counted |
//!
//! Who reads the counters, once a second, is `machine/observing.rs`. The grade itself is here.
//!
//! It falls at once when two looks in a row are worse, and rises only after [`RISE_AFTER`] of better ones: a page that
//! flickers between two grades tells nobody anything.

pub mod cause;
pub(crate) mod freeze;
pub mod mos;
pub mod sample;
pub(crate) mod timeline;
pub(crate) mod verdict;
pub mod watch;

use std::time::{Duration, Instant};

use protocol::signal::Grade;

/// How often the grade is looked at. Participants are told at most this often.
pub const INTERVAL: Duration = Duration::from_secs(2);
/// How often the counters are read.
pub const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// How long a better grade must hold.
pub const RISE_AFTER: Duration = Duration::from_secs(6);
/// Silence after which the connection counts as lost: two RTCP intervals and an ICE consent check are missing.
pub const LOST_AFTER: Duration = Duration::from_secs(5);
/// A report counts for this long; the next one comes within a second or two.
const REPORT_VALID: Duration = Duration::from_secs(5);

/// Up to this loss, in 1/256, retransmissions hide it: 3 %.
const GOOD_LOSS_MAX: u32 = 8;
/// Up to this loss speech stays whole, and video freezes now and then: 10 %.
const FAIR_LOSS_MAX: u32 = 26;
/// Up to this round trip people do not fall into each other's words (ITU-T G.114: 150 ms one way).
const GOOD_RTT_MAX: Duration = Duration::from_millis(300);
/// Up to this one they learn to wait.
const FAIR_RTT_MAX: Duration = Duration::from_millis(600);

/// Which way packets went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the participant: what the node itself counts.
    Receive,
    /// To the participant: what they report.
    Send,
}

impl Direction {
    /// Both, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Receive, Self::Send];
}

/// Loss of one direction, smoothed.
#[derive(Debug, Clone, Copy, Default)]
struct Loss {
    /// In 1/256 of 1/256.
    smoothed: u32,
    at: Option<Instant>,
}

impl Loss {
    /// A new report counts half, so that a single bad one is half gone with the next.
    fn handle_report(&mut self, fraction_lost: u8, now: Instant) {
        let fresh = u32::from(fraction_lost) * 256;
        self.smoothed = if self.is_valid(now) { u32::midpoint(self.smoothed, fresh) } else { fresh };
        self.at = Some(now);
    }

    fn is_valid(&self, now: Instant) -> bool {
        self.at.is_some_and(|at| now.saturating_duration_since(at) < REPORT_VALID)
    }

    fn fraction(&self, now: Instant) -> u32 {
        if self.is_valid(now) { self.smoothed / 256 } else { 0 }
    }
}

/// The grade of one connection.
#[derive(Debug, Clone, Copy)]
pub struct Quality {
    receive: Loss,
    send: Loss,
    rtt: Duration,
    heard: Instant,
    grade: Grade,
    /// Since when every look was better than the grade, and the worst of them.
    better: Option<(Instant, Grade)>,
    /// Whether the last look was worse.
    worse: bool,
    next: Instant,
}

impl Quality {
    /// A connection that has just come up: good until shown otherwise.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            receive: Loss::default(),
            send: Loss::default(),
            rtt: Duration::ZERO,
            heard: now,
            grade: Grade::Good,
            better: None,
            worse: false,
            next: now + INTERVAL,
        }
    }

    /// The grade as last told.
    #[must_use]
    pub const fn grade(&self) -> Grade {
        self.grade
    }

    /// Something authentic came from the participant.
    #[inline]
    pub const fn handle_heard(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Takes the loss of one report interval, in 1/256; of several streams the worst.
    pub fn handle_loss(&mut self, direction: Direction, fraction_lost: u8, now: Instant) {
        match direction {
            Direction::Receive => self.receive.handle_report(fraction_lost, now),
            Direction::Send => self.send.handle_report(fraction_lost, now),
        }
    }

    /// What one direction loses on the way, before any recovery, in thousandths.
    #[must_use]
    pub fn lost_permille(&self, direction: Direction, now: Instant) -> u16 {
        let fraction = match direction {
            Direction::Receive => self.receive.fraction(now),
            Direction::Send => self.send.fraction(now),
        };
        (fraction * 1000 / 256) as u16
    }

    /// Whether nothing has come for so long that the connection counts as lost.
    #[must_use]
    pub fn is_lost(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.heard) >= LOST_AFTER
    }

    /// Takes a measured round trip.
    pub const fn handle_round_trip(&mut self, rtt: Duration) {
        self.rtt = rtt;
    }

    /// The grade, if it has changed.
    pub fn poll(&mut self, now: Instant) -> Option<Grade> {
        if now < self.next {
            return None;
        }
        self.next = now + INTERVAL;
        let seen = self.look(now);
        let was_worse = std::mem::replace(&mut self.worse, seen < self.grade);
        if seen <= self.grade {
            self.better = None;
        }
        if seen < self.grade && (was_worse || seen == Grade::Lost) {
            return self.change(seen);
        }
        if seen > self.grade {
            let (since, worst) = self.better.map_or((now, seen), |(since, worst)| (since, worst.min(seen)));
            self.better = Some((since, worst));
            if now.saturating_duration_since(since) >= RISE_AFTER {
                return self.change(worst);
            }
        }
        None
    }

    fn change(&mut self, grade: Grade) -> Option<Grade> {
        self.better = None;
        self.worse = false;
        self.grade = grade;
        Some(grade)
    }

    fn look(&self, now: Instant) -> Grade {
        if self.is_lost(now) {
            return Grade::Lost;
        }
        let loss = self.receive.fraction(now).max(self.send.fraction(now));
        if loss <= GOOD_LOSS_MAX && self.rtt <= GOOD_RTT_MAX {
            Grade::Good
        } else if loss <= FAIR_LOSS_MAX && self.rtt <= FAIR_RTT_MAX {
            Grade::Fair
        } else {
            Grade::Poor
        }
    }
}

#[cfg(test)]
mod tests;
