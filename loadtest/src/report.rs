//! What a run came to: figures, failures by cause, thresholds, series and distributions. As JSON it is what is kept and compared.

mod summary;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scenario::Verdict;

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The scenario's file, without its folder.
    pub scenario: String,
    /// Its description.
    pub description: String,
    /// Its seed.
    pub seed: u64,
    /// The tester's version.
    pub version: String,
    /// When it began, in seconds since 1970.
    pub started_unix_s: u64,
    /// How long it took, in seconds.
    pub ran_s: f64,
    /// Whether it was cut short: the figures are of what was until then.
    pub interrupted: bool,
    /// By name ([`FIGURES`](crate::FIGURES)); what could not be measured is absent.
    pub figures: BTreeMap<String, f64>,
    /// What went wrong, by step and cause, and how often.
    pub failures: BTreeMap<String, u64>,
    /// The scenario's thresholds.
    pub thresholds: Vec<Verdict>,
    /// What is to be known when the figures are read.
    pub warnings: Vec<String>,
    /// Once a second.
    pub series: Series,
    /// Of durations: `[share of all, milliseconds]`, rising.
    pub distributions: BTreeMap<String, Vec<(f64, f64)>>,
}

/// Values once a second, all of one length; a second in which the node did not answer repeats the one before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it, units included")]
pub struct Series {
    pub t_s: Vec<f64>,
    pub present: Vec<f64>,
    pub joining: Vec<f64>,
    pub failed: Vec<f64>,
    pub packets_out_per_second: Vec<f64>,
    pub mbit_out_per_second: Vec<f64>,
    pub server_cpu_pct: Vec<f64>,
    pub server_rss_mib: Vec<f64>,
    pub tester_cpu_pct: Vec<f64>,
}

impl Report {
    /// Whether every threshold holds, and the run was not cut short.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.interrupted && self.thresholds.iter().all(|verdict| verdict.holds)
    }
}
