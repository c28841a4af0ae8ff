//! Scenarios: what a load test does, as a TOML file. Unknown keys are refused, and each wrong value is named.
//!
//! The files in `loadtest/scenarios/` show every key; `docs/LOADTEST.md` says what they mean.

mod check;
mod network;
mod threshold;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

pub use self::threshold::{Bound, Verdict};

/// One load test.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// In a sentence.
    pub description: String,
    /// All that is left to chance comes from it: the same seed gives the same schedule.
    #[serde(default = "one")]
    pub seed: u64,
    /// The node that is started when no target is named.
    #[serde(default)]
    pub server: ServerConfig,
    /// Who comes when.
    pub load: Load,
    /// What they send.
    #[serde(default)]
    pub media: MediaConfig,
    /// Networks that some of them are behind; who is not behind one has none between.
    #[serde(default, rename = "network")]
    pub networks: Vec<NetworkConfig>,
    /// Bounds of figures, by their names in the JSON report.
    #[serde(default)]
    pub thresholds: BTreeMap<String, Bound>,
}

/// The node that is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Its media threads; 0 for one a core.
    pub workers: u8,
    /// Whether it leaves things out under overload, as it does in a clinic.
    pub sheds_load: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { workers: 1, sheds_load: true }
    }
}

/// Who comes when.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Load {
    /// Many small consultations at once.
    Consultations {
        /// How many.
        consultations: u32,
        /// How many people are in one, at least and at most.
        participants: [u32; 2],
        /// Seconds over which they begin, evenly.
        ramp_s: u32,
        /// Seconds that all of them go on afterwards.
        hold_s: u32,
        /// Seconds of a visit, after which everybody leaves and others come into a new one; 0 for visits that last until the end.
        #[serde(default)]
        visit_s: u32,
    },
    /// One round: some are seen and heard by everybody.
    Round {
        /// Who send.
        publishers: u32,
        /// Who only receive.
        subscribers: u32,
        /// Seconds over which the subscribers come.
        ramp_s: u32,
        /// Seconds that all of them stay afterwards.
        hold_s: u32,
    },
    /// A day of a clinic, compressed: visits begin by chance.
    ClinicDay {
        /// Seconds in which visits begin.
        day_s: u32,
        /// Visits that begin in a minute, on average (a Poisson process).
        visits_per_minute: f64,
        /// Seconds of a visit, on average (exponential).
        visit_s: f64,
        /// The share of patients who do not come: their practitioner waits for half of the time.
        #[serde(default)]
        no_show_share: f64,
        /// The share of people who lose everything once, and come back to their seat.
        #[serde(default)]
        reconnect_share: f64,
    },
}

/// What those who send do.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MediaConfig {
    /// The camera's bit rate, all layers together, in kbit/s; 0 for no camera.
    pub camera_kbps: u32,
    /// The camera sends three layers (simulcast).
    pub simulcast: bool,
    /// Whether there is a microphone.
    pub microphone: bool,
    /// The share of those who only receive that are sinks: they open one packet in 16 and count the others by their headers,
    /// so that one core of tester can fill one of a node.
    pub sinks_share: f64,
}

impl Default for MediaConfig {
    /// A browser's camera.
    fn default() -> Self {
        Self { camera_kbps: 2150, simulcast: true, microphone: true, sinks_share: 0.0 }
    }
}

/// A network between bots and node, the same in both directions.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkConfig {
    /// In a word.
    pub name: String,
    /// The share of bots behind it, of 1.
    pub share: f64,
    /// From one end to the other, in milliseconds.
    #[serde(default)]
    pub delay_ms: u32,
    /// Up to this much more, in milliseconds.
    #[serde(default)]
    pub jitter_ms: u32,
    /// Of a hundred packets so many are lost.
    #[serde(default)]
    pub loss_pct: f64,
    /// How many in a row are lost, on average.
    #[serde(default = "one_packet")]
    pub loss_burst: f64,
    /// The narrowest link, in kbit/s; none if absent.
    pub rate_kbps: Option<u32>,
    /// How long a packet may wait before it, in milliseconds.
    #[serde(default = "default_queue_ms")]
    pub queue_ms: u32,
}

const fn one() -> u64 {
    1
}

const fn one_packet() -> f64 {
    1.0
}

const fn default_queue_ms() -> u32 {
    200
}

/// Why a file is no scenario.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// It cannot be read.
    #[error("{}: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is not TOML, or a key is missing or unknown; the text names the line.
    #[error("{}: {error}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What.
        error: Box<toml::de::Error>,
    },
    /// A value cannot work.
    #[error("{}: {key}: {problem}", file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// Which.
        key: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

impl Scenario {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ScenarioError`].
    pub fn load(file: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| ScenarioError::Unreadable { file: file.to_owned(), error })?;
        Self::parse(&text, file)
    }

    /// Reads and checks a text; `file` is its name in errors.
    ///
    /// # Errors
    /// [`ScenarioError`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text)
            .map_err(|error| ScenarioError::Malformed { file: file.to_owned(), error: Box::new(error) })?;
        scenario.check().map_err(|(key, problem)| ScenarioError::Wrong {
            file: file.to_owned(),
            key,
            problem,
        })?;
        Ok(scenario)
    }

    /// When everybody is there, and when the first leave: what is measured between is the load that is meant.
    #[must_use]
    pub fn steady(&self) -> std::ops::Range<Duration> {
        let secs = |from: u32, len: u32| {
            let from = Duration::from_secs(from.into());
            from..from + Duration::from_secs(len.into())
        };
        match self.load {
            Load::Consultations { ramp_s, hold_s, .. } | Load::Round { ramp_s, hold_s, .. } => {
                secs(ramp_s, hold_s)
            }
            Load::ClinicDay { day_s, .. } => secs(0, day_s),
        }
    }
}
