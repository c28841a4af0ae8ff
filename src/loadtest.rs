//! `bedside loadtest`: brings a clinic full of people who are not there.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::loadtest::{Key, Report, Scenario, Settings, Target};
use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

/// The run was done, and a threshold is broken or it was cut short.
const NOT_GOOD: u8 = 1;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Run a scenario and say what it came to. Ends with 1 when a threshold is broken.
    Run(RunArguments),
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArguments {
    /// The scenario, TOML; see `loadtest/scenarios/`.
    scenario: PathBuf,
    /// The WebSocket of a node that runs: wss://node-1.clinic.example/signal. Without it a node is started for the run.
    #[arg(long, requires = "key")]
    target: Option<Url>,
    /// A key that the node of --target trusts, JSON: {"node", "id", "private"}.
    #[arg(long, requires = "target")]
    key: Option<PathBuf>,
    /// Host and port of that node's /metrics, plain HTTP. Without it there are no figures of the server.
    #[arg(long, requires = "target")]
    metrics: Option<String>,
    /// Where the report goes as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    let Command::Run(arguments) = command;
    let settings = Settings {
        name: arguments.scenario.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        scenario: Scenario::load(&arguments.scenario)?,
        target: target(&arguments)?,
        program: std::env::current_exe().context("where this program is")?,
    };
    // What cannot be written is said before a run of an hour, not after it.
    let json = arguments.json.as_deref().map(|file| create(file).map(|out| (file, out))).transpose()?;
    let report = super::parts::runtime()?.block_on(async {
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let asked = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        anyhow::Ok(::loadtest::run(settings, asked).await?)
    })?;
    if let Some((file, mut out)) = json {
        write_json(&mut out, &report).with_context(|| file.display().to_string())?;
    }
    write!(std::io::stdout().lock(), "{report}")?;
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::from(NOT_GOOD) })
}

fn target(arguments: &RunArguments) -> anyhow::Result<Option<Target>> {
    let (Some(signal), Some(file)) = (&arguments.target, &arguments.key) else { return Ok(None) };
    let named = || format!("--key {}", file.display());
    let key: Key = serde_json::from_slice(&fs::read(file).with_context(named)?).with_context(named)?;
    Ok(Some(Target { signal: signal.clone(), metrics: arguments.metrics.clone(), key }))
}

fn create(file: &Path) -> anyhow::Result<fs::File> {
    fs::File::create(file).with_context(|| format!("{}: cannot be written", file.display()))
}

fn write_json(out: &mut fs::File, report: &Report) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")?;
    out.sync_all()?;
    Ok(())
}
