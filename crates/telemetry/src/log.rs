//! Starting the log: text for a terminal, one JSON object a line for a collector. Always to standard error, so
//! that a subcommand's own output stays clean.

use std::io::IsTerminal;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For a person at a terminal.
    #[default]
    Text,
    /// For a log collector: one object a line.
    Json,
}

/// The `[log]` table that every part's configuration has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// Text or JSON.
    pub format: LogFormat,
    /// What is shown, in the words of `tracing_subscriber::EnvFilter`: `info`, `debug`, `info,control_plane=debug`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

/// Why the log could not start.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// `log.filter` is not a filter.
    #[error("log.filter {filter:?} is not understood: {source}")]
    Filter {
        /// What was configured.
        filter: String,
        /// Why not.
        source: tracing_subscriber::filter::ParseError,
    },
    /// A second start in one process.
    #[error("the log was started before")]
    Started,
}

/// Checks `filter` without starting anything, so that a configuration is checked whole before a port opens.
///
/// # Errors
/// [`LogError::Filter`].
pub fn check(config: &LogConfig) -> Result<(), LogError> {
    filter(config).map(drop)
}

/// Starts the process's log. Panics are logged too: a supervisor sees why a part died.
///
/// # Errors
/// When the filter is not understood, or a log was started before.
pub fn start(config: &LogConfig) -> Result<(), LogError> {
    let filter = filter(config)?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match config.format {
        LogFormat::Text => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_ansi(std::io::stderr().is_terminal()),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr))
            .try_init(),
    };
    started.map_err(|_| LogError::Started)?;
    std::panic::set_hook(Box::new(|panic| {
        // The place only: a panic's message may quote what it choked on.
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "a thread panicked");
    }));
    Ok(())
}

fn filter(config: &LogConfig) -> Result<EnvFilter, LogError> {
    EnvFilter::try_new(&config.filter)
        .map_err(|source| LogError::Filter { filter: config.filter.clone(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_not_understood_is_named() {
        let config = LogConfig { filter: "info,=loud".to_owned(), ..LogConfig::default() };

        let error = check(&config).unwrap_err();

        assert!(error.to_string().contains("log.filter \"info,=loud\""), "{error}");
    }
}
