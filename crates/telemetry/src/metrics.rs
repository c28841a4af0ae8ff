//! One registry per program, shown at `/metrics` in the Prometheus text format.
//!
//! Names are `bedside_thing_unit` in base units (seconds, bytes), counters end in `_total`. Labels are words
//! from a closed set, never an id: a series per room would grow without bound and tell who met whom. What the process takes has
//! the names that every Prometheus client gives it.

use prometheus::{
    Encoder, Gauge, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, TextEncoder,
};

use crate::process::ProcessCollector;

pub use prometheus::{Histogram, HistogramTimer};

/// Content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Why a metric could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MetricError {
    /// The name breaks the rule of this module.
    #[error("metric {0:?} is not named bedside_thing_unit")]
    Name(String),
    /// The library refused it: made twice, or a bad label.
    #[error("metric {name:?}: {source}")]
    Refused {
        /// Which.
        name: String,
        /// Why.
        source: prometheus::Error,
    },
}

/// The metrics of one program.
#[derive(Clone)]
pub struct Metrics {
    registry: prometheus::Registry,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// A registry with nothing but what the process takes: `process_cpu_seconds_total`, `process_resident_memory_bytes`,
    /// `process_open_fds`.
    #[must_use]
    pub fn new() -> Self {
        let registry = prometheus::Registry::new();
        let process = ProcessCollector::new().and_then(|process| registry.register(Box::new(process)));
        process.expect("its names are well formed, and the first of their registry");
        Self { registry }
    }

    /// A counter; `name` ends in `_total`.
    ///
    /// # Errors
    /// When the name is wrong or taken.
    pub fn counter(&self, name: &str, help: &str) -> Result<IntCounter, MetricError> {
        ends_in_total(name)?;
        self.add(name, IntCounter::new(name, help))
    }

    /// A counter per value of `labels`, each from a closed set.
    ///
    /// # Errors
    /// When the name is wrong or taken.
    pub fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, MetricError> {
        ends_in_total(name)?;
        self.add(name, IntCounterVec::new(Opts::new(name, help), labels))
    }

    /// A level that rises and falls.
    ///
    /// # Errors
    /// When the name is wrong or taken.
    pub fn gauge(&self, name: &str, help: &str) -> Result<IntGauge, MetricError> {
        self.add(name, IntGauge::new(name, help))
    }

    /// A share between 0 and 1; `name` ends in `_ratio`.
    ///
    /// # Errors
    /// When the name is wrong or taken.
    pub fn ratio(&self, name: &str, help: &str) -> Result<Gauge, MetricError> {
        if !name.ends_with("_ratio") {
            return Err(MetricError::Name(name.to_owned()));
        }
        self.add(name, Gauge::new(name, help))
    }

    /// A distribution per value of `labels`; `buckets` are upper bounds in the base unit of the name.
    ///
    /// # Errors
    /// When the name is wrong or taken.
    pub fn histograms(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        buckets: &[f64],
    ) -> Result<HistogramVec, MetricError> {
        let opts = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.add(name, HistogramVec::new(opts, labels))
    }

    /// Everything, in the text format ([`CONTENT_TYPE`]).
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = Vec::new();
        // Writing to memory fails only for a family without samples, which is simply left out.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    fn add<M: prometheus::core::Collector + Clone + 'static>(
        &self,
        name: &str,
        metric: prometheus::Result<M>,
    ) -> Result<M, MetricError> {
        if !well_named(name) {
            return Err(MetricError::Name(name.to_owned()));
        }
        let refused = |source| MetricError::Refused { name: name.to_owned(), source };
        let metric = metric.map_err(refused)?;
        self.registry.register(Box::new(metric.clone())).map_err(refused)?;
        Ok(metric)
    }
}

fn well_named(name: &str) -> bool {
    const NOT_BASE: [&str; 6] = ["_ms", "_us", "_ns", "_kb", "_mb", "_percent"];
    name.strip_prefix("bedside_").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    }) && !NOT_BASE.iter().any(|unit| name.ends_with(unit))
}

fn ends_in_total(name: &str) -> Result<(), MetricError> {
    if name.ends_with("_total") { Ok(()) } else { Err(MetricError::Name(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_shows_in_the_text_under_its_name() {
        let metrics = Metrics::new();
        let counter = metrics.counter("bedside_sign_ins_total", "Sign-ins").unwrap();

        counter.inc_by(3);

        assert!(metrics.text().contains("\nbedside_sign_ins_total 3\n"), "{}", metrics.text());
    }

    #[test]
    fn names_outside_the_rule_are_refused() {
        let metrics = Metrics::new();

        for name in ["sign_ins_total", "bedside_Sign_total", "bedside_"] {
            assert!(metrics.counter(name, "x").is_err(), "{name}");
        }
        assert!(metrics.counter("bedside_sign_ins", "x").is_err(), "a counter without _total");
        assert!(metrics.histograms("bedside_request_ms", "x", &[], &[1.0]).is_err(), "not a base unit");
    }

    #[test]
    fn a_name_is_taken_once() {
        let metrics = Metrics::new();
        let _first = metrics.gauge("bedside_rooms", "Rooms").unwrap();

        assert!(metrics.gauge("bedside_rooms", "Rooms").is_err());
    }
}
