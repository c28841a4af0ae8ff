//! A run: the node, the bots, the looks, and what they come to.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dtls::Identity;
use protocol::RoomId;
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::bot::{Bot, Shared};
use crate::figures::Figures;
use crate::live::Live;
use crate::outcome::{Failure, Histogram, Outcome, by_cause};
use crate::plan::Plan;
use crate::process;
use crate::report::{Report, Series};
use crate::sampler::{self, Sample};
use crate::scenario::Scenario;
use crate::server::{OwnNode, ServerError};
use crate::tally::{self, Tally, millis};
use crate::target::Target;
use crate::token::{BadKey, Minter};
use crate::view::View;

/// After the last bot meant to leave, so long is waited for those that have not: every step of theirs ends before.
const GRACE: Duration = Duration::from_secs(60);
/// Above these the tester measures itself.
const LATE_MAX: Duration = Duration::from_millis(5);
const CPU_SHARE_MAX: f64 = 0.9;
/// Rates over less are of a moment, not of a second: the last look comes when everybody has gone.
const SAMPLE_SECS_MIN: f64 = 0.5;

/// What to run, and against what.
pub struct Settings {
    /// The scenario's file name, for the report.
    pub name: String,
    /// What happens.
    pub scenario: Scenario,
    /// A node that runs; without one, one is started.
    pub target: Option<Target>,
    /// `bedside`, to start a node with.
    pub program: PathBuf,
}

/// There was no run.
#[derive(Debug, Error)]
pub enum RunError {
    /// No node.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// No tokens.
    #[error(transparent)]
    Key(#[from] BadKey),
    /// No certificate for the bots.
    #[error("the bots' certificate: {0}")]
    Identity(#[from] dtls::IdentityError),
}

/// Runs the scenario until its end, or until `interrupt` completes: then everybody leaves, and the report is of what was.
///
/// # Errors
/// [`RunError`], before anybody has joined. What goes wrong later is in the report.
pub async fn run(settings: Settings, interrupt: impl Future<Output = ()>) -> Result<Report, RunError> {
    let plan = Plan::of(&settings.scenario);
    let (own, target) = match &settings.target {
        Some(target) => (None, target.clone()),
        None => {
            let own = OwnNode::start(&settings.program, &settings.scenario.server).await?;
            let target = own.target.clone();
            (Some(own), target)
        }
    };
    let (stop_bots, bots_stop) = watch::channel(false);
    let shared = Arc::new(Shared {
        signal: target.signal.to_string(),
        minter: Minter::new(&target.key)?,
        identity: Arc::new(Identity::generate(SystemTime::now())?),
        media: settings.scenario.media,
        networks: settings.scenario.networks.clone(),
        rooms: (0..plan.rooms).map(|_| RoomId::new_v7()).collect(),
        live: Live::new(plan.rooms),
        started: Instant::now(),
        stop: bots_stop,
    });
    let (stop_looks, looks_stop) = watch::channel(false);
    let view = View::new(plan.ends);
    let looks = tokio::spawn(sampler::sample(Arc::clone(&shared), target.metrics, view, looks_stop.clone()));
    let late = tokio::spawn(process::lateness(looks_stop));

    let mut bots = JoinSet::new();
    let ends = plan.ends;
    for bot in plan.bots {
        bots.spawn(Bot::run(bot, Arc::clone(&shared)));
    }
    let mut gathered = Gathered::default();
    tokio::pin!(interrupt);
    let whole = tokio::select! {
        () = gathered.all(&mut bots, ends + GRACE) => true,
        () = &mut interrupt => false,
    };
    if !whole {
        // Who has stopped listening has gone anyway.
        let _ = stop_bots.send(true);
        gathered.all(&mut bots, GRACE).await;
    }
    let _ = stop_looks.send(true);
    let samples = looks.await.unwrap_or_default();
    let late = late.await.unwrap_or_default();
    if let Some(own) = own {
        own.stop().await;
    }
    Ok(gathered.report(&settings, &samples, &late, !whole))
}

/// What the bots told.
#[derive(Default)]
struct Gathered {
    tally: Tally,
    failures: Vec<Failure>,
}

impl Gathered {
    /// Waits for all of them, but not longer: who hangs is counted, and given up.
    async fn all(&mut self, bots: &mut JoinSet<Outcome>, within: Duration) {
        let deadline = tokio::time::Instant::now() + within;
        while !bots.is_empty() {
            match tokio::time::timeout_at(deadline, bots.join_next()).await {
                Ok(Some(Ok(outcome))) => self.note(&outcome),
                Ok(Some(Err(error))) => {
                    self.failures.push(Failure::ended(&format!("the bot failed: {error}")));
                }
                Ok(None) => break,
                Err(_) => {
                    let hanging = bots.len();
                    bots.abort_all();
                    self.failures.extend(vec![Failure::ended("the bot did not end"); hanging]);
                    break;
                }
            }
        }
    }

    fn note(&mut self, outcome: &Outcome) {
        self.tally.add(outcome);
        self.failures.extend(outcome.failures.iter().cloned());
    }

    fn report(mut self, settings: &Settings, samples: &[Sample], late: &Histogram, is_cut: bool) -> Report {
        let scenario = &settings.scenario;
        let mut figures = self.tally.figures();
        figures.extend(tally::of_samples(samples, &scenario.steady()));
        figures.extend(late.percentile(0.99).map(|late| ("tester_late_ms_p99", millis(late))));
        let judged = scenario.thresholds.iter();
        let ran = samples.last().map_or(Duration::ZERO, |sample| sample.at);
        let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(ran);
        Report {
            scenario: settings.name.clone(),
            description: scenario.description.clone(),
            seed: scenario.seed,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_unix_s: begun.as_secs(),
            ran_s: ran.as_secs_f64(),
            interrupted: is_cut,
            thresholds: judged
                .map(|(name, bound)| bound.judge(name, figures.get(name.as_str()).copied()))
                .collect(),
            warnings: warnings(&figures),
            failures: by_cause(self.failures.iter()),
            series: series(samples),
            distributions: self.tally.distributions().collect(),
            figures: figures.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }
}

fn warnings(figures: &Figures) -> Vec<String> {
    let mut warnings = Vec::new();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as f64;
    let cpu = figures.get("tester_cpu_pct").copied().unwrap_or(0.0);
    if cpu > CPU_SHARE_MAX * cores * 100.0 {
        warnings
            .push(format!("the tester used {cpu:.0} % of {cores} cores: it may be the limit, not the node"));
    }
    if let Some(late) = figures.get("tester_late_ms_p99").filter(|late| **late > millis(LATE_MAX)) {
        warnings.push(format!(
            "the tester's timers were up to {late:.1} ms late (99 %): durations below that are the tester's own"
        ));
    }
    warnings
}

fn series(samples: &[Sample]) -> Series {
    let mut series = Series::default();
    let mut known = None;
    for pair in samples.windows(2) {
        let [before, now] = pair else { continue };
        let secs = (now.at - before.at).as_secs_f64();
        if secs < SAMPLE_SECS_MIN {
            continue;
        }
        if let (Some(before), Some(now)) = (before.node, now.node) {
            known = Some((before, now, secs));
        }
        let rate = |of: fn(&crate::metrics::NodeSample) -> f64| {
            known.map_or(0.0, |(before, now, secs)| (of(&now) - of(&before)) / secs)
        };
        series.t_s.push(now.at.as_secs_f64());
        series.present.push(now.look.present as f64);
        series.joining.push(now.look.joining as f64);
        series.failed.push(now.look.failed as f64);
        series.packets_out_per_second.push(rate(|node| node.packets_out));
        series.mbit_out_per_second.push(rate(|node| node.bytes_out) * 8.0 / 1e6);
        series.server_cpu_pct.push(rate(|node| node.cpu_s) * 100.0);
        series.server_rss_mib.push(known.map_or(0.0, |(_, now, _)| now.rss_bytes / f64::from(1 << 20)));
        series.tester_cpu_pct.push((now.tester_cpu - before.tester_cpu).as_secs_f64() / secs * 100.0);
    }
    series
}
