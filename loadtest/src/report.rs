//! What a run came to: figures, failures by cause, thresholds, series and distributions. As JSON it is what is kept and compared.

mod html;
mod plot;
mod summary;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::html::page;
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

/// A file is no report.
#[derive(Debug, Error)]
pub enum BadReport {
    /// It cannot be read.
    #[error("{}: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is something else, or of another version.
    #[error("{}: not a report of this version: {error}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What.
        error: serde_json::Error,
    },
}

impl Report {
    /// Reads what was written as JSON.
    ///
    /// # Errors
    /// [`BadReport`].
    pub fn load(file: &Path) -> Result<Self, BadReport> {
        let text =
            std::fs::read(file).map_err(|error| BadReport::Unreadable { file: file.to_owned(), error })?;
        serde_json::from_slice(&text).map_err(|error| BadReport::Malformed { file: file.to_owned(), error })
    }

    /// Both runs' figures beside each other, and by how much they changed, for a terminal.
    #[must_use]
    pub fn compared_to(&self, earlier: &Self) -> String {
        let mut out = format!("{:<34} {:>14} {:>14} {:>10}\n", "", "earlier", "now", "change");
        for (name, _) in html::names(self, Some(earlier)) {
            let (before, now) = (earlier.figures.get(name), self.figures.get(name));
            if before.is_none() && now.is_none() {
                continue;
            }
            let shown =
                |value: Option<&f64>| value.map_or_else(|| "–".to_owned(), |value| summary::number(*value));
            let change = html::change(before, now);
            // Writing to a string does not fail.
            let _ = writeln!(out, "{name:<34} {:>14} {:>14} {change:>10}", shown(before), shown(now));
        }
        out
    }
}
