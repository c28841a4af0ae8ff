//! What one bot saw.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

pub(crate) use client::Histogram;
use client::{ConnectError, LaneReport, Snapshot};
use protocol::signal::{Kind, Mos};

/// A part of what a bot does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Ticket,
    Signal,
    Media,
    Call,
    Reconnect,
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Ticket => "ticket",
            Self::Signal => "signal",
            Self::Media => "media",
            Self::Call => "call",
            Self::Reconnect => "reconnect",
        })
    }
}

/// Something that was not to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Failure {
    pub(crate) step: Step,
    /// The same for all of one kind.
    pub(crate) cause: String,
}

impl Failure {
    pub(crate) fn of(step: Step, error: &ConnectError) -> Self {
        let cause = match error {
            ConnectError::Refused { problem, .. } => format!("refused: {problem}"),
            // The text of an error of the system names what went wrong, not whom it concerned.
            ConnectError::Io(error) => format!("cannot reach the node: {}", error.kind()),
            other => other.to_string(),
        };
        Self { step, cause }
    }

    pub(crate) fn ended(why: &str) -> Self {
        Self { step: Step::Call, cause: why.to_owned() }
    }

    pub(crate) fn is_of_call(&self) -> bool {
        self.step == Step::Call
    }

    pub(crate) fn is_of_reconnect(&self) -> bool {
        self.step == Step::Reconnect
    }
}

/// How long each part of a join took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Steps {
    pub(crate) began: Option<Instant>,
    /// Somebody in the room sent pictures already.
    pub(crate) had_pictures: bool,
    pub(crate) ticket: Duration,
    pub(crate) signal: Duration,
    pub(crate) media: Duration,
    pub(crate) total: Duration,
}

/// Sums over the lanes of one kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    pub(crate) packets: u64,
    pub(crate) lost: u64,
    pub(crate) recovered: u64,
    pub(crate) played: u64,
    pub(crate) concealed: u64,
    pub(crate) corrupt: u64,
    pub(crate) freezes: u64,
    pub(crate) frozen_max: Duration,
    pub(crate) layer_switches: u64,
    pub(crate) transit: Histogram,
}

/// Everything of one bot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) has_joined: bool,
    /// It was told to stop before its time.
    pub(crate) is_cut: bool,
    pub(crate) failures: Vec<Failure>,
    pub(crate) steps: Steps,
    /// How late it began.
    pub(crate) late: Duration,
    pub(crate) first_frame: Option<Duration>,
    pub(crate) reconnected: Option<Duration>,
    pub(crate) audio: Received,
    pub(crate) video: Received,
    pub(crate) round_trip: Option<Duration>,
    pub(crate) bytes_received: u64,
    pub(crate) stayed: Duration,
    /// How long there were pictures, over all of them.
    pub(crate) watched: Duration,
    /// What the node said of how speech sounds.
    pub(crate) mos: Vec<Mos>,
    told: (u64, u64),
}

/// What came since the last time that the bot told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    pub(crate) received: u64,
    pub(crate) lost: u64,
}

impl Received {
    fn add(&mut self, lane: &LaneReport) {
        let from = &lane.received;
        self.packets += from.packets;
        self.lost += from.lost;
        self.recovered += from.recovered + from.recovered_redundant;
        self.played += from.played;
        self.concealed += from.concealed;
        self.corrupt += from.corrupt;
        self.freezes += from.freezes;
        self.frozen_max = self.frozen_max.max(from.frozen_max);
        self.layer_switches += from.layer_switches;
        self.transit.merge(&from.latency);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.packets += other.packets;
        self.lost += other.lost;
        self.recovered += other.recovered;
        self.played += other.played;
        self.concealed += other.concealed;
        self.corrupt += other.corrupt;
        self.freezes += other.freezes;
        self.frozen_max = self.frozen_max.max(other.frozen_max);
        self.layer_switches += other.layer_switches;
        self.transit.merge(&other.transit);
    }
}

impl Outcome {
    /// Notes all that was received, at the end.
    pub(crate) fn note(&mut self, snapshot: &Snapshot, stayed: Duration) {
        let statistics = &snapshot.statistics;
        for lane in &statistics.lanes {
            if lane.kind == Kind::Audio { &mut self.audio } else { &mut self.video }.add(lane);
        }
        let pictures = || {
            let lanes = statistics.lanes.iter().filter(|lane| lane.kind == Kind::Video);
            lanes.flat_map(|lane| lane.received.senders.values())
        };
        let first = pictures().filter_map(|sender| sender.first_frame_at).min();
        self.watched =
            pictures().map(|sender| sender.last_at.saturating_duration_since(sender.first_at)).sum();
        if let (Some(first), Some(began), true) = (first, self.steps.began, self.steps.had_pictures) {
            self.first_frame = Some(first.saturating_duration_since(began));
        }
        self.round_trip = statistics.round_trip;
        self.bytes_received = statistics.transport.bytes_received;
        self.stayed = stayed;
    }

    pub(crate) fn progress(&mut self, snapshot: &Snapshot) -> Progress {
        let lanes = || snapshot.statistics.lanes.iter().map(|lane| &lane.received);
        let (received, lost) = (lanes().map(|lane| lane.packets).sum(), lanes().map(|lane| lane.lost).sum());
        let (had, missed) = std::mem::replace(&mut self.told, (received, lost));
        Progress { received: received.saturating_sub(had), lost: lost.saturating_sub(missed) }
    }
}

/// How often each failure happened, by its step and cause.
pub(crate) fn by_cause<'a>(failures: impl Iterator<Item = &'a Failure>) -> BTreeMap<String, u64> {
    let mut causes = BTreeMap::new();
    for failure in failures {
        *causes.entry(format!("{}: {}", failure.step, failure.cause)).or_default() += 1;
    }
    causes
}
