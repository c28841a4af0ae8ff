//! The parts as subcommands: read the configuration, start the log, run until asked to stop.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::supervised;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Configuration file; see `config/` for every key.
    #[arg(long, env = "BEDSIDE_CONFIG")]
    config: Option<PathBuf>,
}

pub(crate) fn control_plane(arguments: &Arguments) -> anyhow::Result<()> {
    let config = control_plane_config(arguments.config.as_deref())?;
    telemetry::log::start(&config.log)?;
    supervised::stop_with_supervisor();
    runtime()?.block_on(async {
        let control_plane = control_plane::start(&config).await?;
        let stop = control_plane.stop_handle();
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            stop.stop().await;
        });
        control_plane.run().await.context("the control plane's listener failed")
    })
}

pub(crate) fn media_server(arguments: &Arguments) -> anyhow::Result<()> {
    let file = arguments.config.as_deref().context("the media server needs --config FILE")?;
    supervised::stop_with_supervisor();
    media_server::run(file).map_err(Into::into)
}

pub(crate) fn openapi() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", control_plane::openapi::json()?)?;
    Ok(())
}

/// The control plane's configuration, secrets from the environment included.
pub(crate) fn control_plane_config(
    file: Option<&std::path::Path>,
) -> Result<control_plane::Config, control_plane::ConfigError> {
    control_plane::Config::load(file, &|name| std::env::var(name).ok())
}

pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Says what went wrong, once, and picks the exit code: 78 when the configuration is at fault.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    // The reader may be gone; there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "error: {error:#}");
    if let Some(error) = error.downcast_ref::<media_server::StartError>() {
        return media_server::exit_code(error);
    }
    if error.is::<control_plane::ConfigError>() {
        return ExitCode::from(control_plane::ConfigError::EXIT_CODE);
    }
    ExitCode::FAILURE
}
