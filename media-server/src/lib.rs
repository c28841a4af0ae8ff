//! The media server's shell: sockets, threads, signalling and the control connection around [`media_core`], which decides.
//!
//! | where | what |
//! |---|---|
//! | `net` | the kernel's UDP in batches and runs, and TCP for networks without UDP; the only `unsafe` |
//! | `worker` | a media thread around one core |
//! | `handshake` | DTLS beside the media |
//! | `signal` | participants' WebSockets |
//! | `capacity` | whether new rooms are taken |
//! | `rooms` | which worker holds which room, at which placement |
//! | `control` | the connection to the control plane, the event spool, keys |
//! | `ops`, `metrics` | probes and numbers |
//! | `descriptors` | the limit of open files |
//! | `server` | start and stop in order |

use std::path::Path;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal as unix_signal};

mod capacity;
mod clock;
pub mod config;
pub mod control;
mod descriptors;
pub mod handshake;
mod metrics;
mod neighbourhood;
pub mod net;
mod ops;
pub mod rooms;
mod server;
pub mod signal;
pub mod tls;
pub mod worker;

pub use config::{Config, ConfigError, EXIT_CONFIG};
pub use server::{Server, StartError};

/// Runs a node until SIGTERM or SIGINT: the subcommand `bedside media-server`.
///
/// # Errors
/// [`StartError`] when it cannot start; [`exit_code`] says with what the process should end.
pub fn run(config_file: &Path) -> Result<(), StartError> {
    let config = Config::load(config_file)?;
    telemetry::log::start(&config.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("signal").build()?;
    runtime.block_on(async {
        // Before the start, so that an early SIGTERM is not lost.
        let mut terminate = unix_signal(SignalKind::terminate())?;
        let mut interrupt = unix_signal(SignalKind::interrupt())?;
        let server = Server::start(config).await?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        server.stop().await;
        Ok(())
    })
}

/// What the process ends with: 78 for a wrong configuration (`EX_CONFIG`), 1 otherwise.
#[must_use]
pub fn exit_code(error: &StartError) -> ExitCode {
    match error {
        StartError::Config(_) => ExitCode::from(EXIT_CONFIG),
        _ => ExitCode::FAILURE,
    }
}
