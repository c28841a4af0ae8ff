//! `bedside loadtest`: brings a clinic full of people who are not there.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::loadtest::{Key, Report, Scenario, Settings, Target};
use anyhow::Context as _;
use tempfile::NamedTempFile;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

/// The run was done, and a threshold is broken or it was cut short.
const NOT_GOOD: u8 = 1;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Run a scenario and say what it came to. Ends with 1 when a threshold is broken.
    Run(RunArguments),
    /// Put the reports of two runs beside each other.
    Compare(CompareArguments),
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
    /// Where the report goes as a page with plots.
    #[arg(long)]
    html: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CompareArguments {
    /// The JSON of the earlier run.
    earlier: PathBuf,
    /// The JSON of the later run.
    later: PathBuf,
    /// Where both go as a page with plots.
    #[arg(long)]
    html: Option<PathBuf>,
}

pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(arguments) => run_scenario(&arguments),
        Command::Compare(arguments) => compare(&arguments).map(|()| ExitCode::SUCCESS),
    }
}

fn run_scenario(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let settings = Settings {
        name: arguments.scenario.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        scenario: Scenario::load(&arguments.scenario)?,
        target: target(arguments)?,
        program: std::env::current_exe().context("where this program is")?,
    };
    // What cannot be written is said before a run of an hour, not after it.
    let json = arguments.json.as_deref().map(create).transpose()?;
    let html = arguments.html.as_deref().map(create).transpose()?;
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
    if let Some(out) = json {
        out.write(&(serde_json::to_string_pretty(&report)? + "\n"))?;
    }
    if let Some(out) = html {
        out.write(&page(&report, None)?)?;
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

fn compare(arguments: &CompareArguments) -> anyhow::Result<()> {
    let (earlier, later) = (Report::load(&arguments.earlier)?, Report::load(&arguments.later)?);
    if let Some(file) = &arguments.html {
        create(file)?.write(&page(&later, Some(&earlier))?)?;
    }
    write!(std::io::stdout().lock(), "{}", later.compared_to(&earlier))?;
    Ok(())
}

fn page(report: &Report, earlier: Option<&Report>) -> anyhow::Result<String> {
    ::loadtest::report::page(report, earlier).map_err(|error| anyhow::anyhow!("the page: {error}"))
}

/// A file that will be there, whole, when there is something to write into it: until then the one of an earlier run stays.
struct Out<'a> {
    name: &'a Path,
    file: NamedTempFile,
}

fn create(name: &Path) -> anyhow::Result<Out<'_>> {
    let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any file of the user's: their umask decides who reads it.
    let readable = fs::Permissions::from_mode(0o666);
    let made = tempfile::Builder::new().permissions(readable).tempfile_in(folder);
    let file = made.with_context(|| format!("{}: cannot be written", name.display()))?;
    Ok(Out { name, file })
}

impl Out<'_> {
    fn write(mut self, text: &str) -> anyhow::Result<()> {
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.as_file().sync_all());
        written.with_context(|| self.name.display().to_string())?;
        self.file.persist(self.name).with_context(|| self.name.display().to_string())?;
        Ok(())
    }
}
