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

/// Modules that write an error at each malformed request and cut connection: a stranger could fill the log, and an alert on
/// errors would mean nothing. Whoever names one in the filter sees it.
const TALKATIVE: &str = "actix_http";

fn filter(config: &LogConfig) -> Result<EnvFilter, LogError> {
    let wrong = |source| LogError::Filter { filter: config.filter.clone(), source };
    let filter = EnvFilter::try_new(&config.filter).map_err(wrong)?;
    if config.filter.contains(TALKATIVE) {
        return Ok(filter);
    }
    Ok(filter.add_directive(format!("{TALKATIVE}=off").parse().map_err(wrong)?))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_filter_that_is_not_understood_is_named() {
        let config = LogConfig { filter: "info,=loud".to_owned(), ..LogConfig::default() };

        let error = check(&config).unwrap_err();

        assert!(error.to_string().contains("log.filter \"info,=loud\""), "{error}");
    }

    /// What is written of three errors: ours, the HTTP library's, and one of the library below it.
    fn written(filter: &str) -> String {
        #[derive(Clone, Default)]
        struct Lines(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let writer = lines.clone();
        let config = LogConfig { filter: filter.to_owned(), ..LogConfig::default() };
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let log = tracing_subscriber::registry().with(super::filter(&config).unwrap()).with(layer);
        tracing::subscriber::with_default(log, || {
            tracing::error!(target: "control_plane", "ours");
            tracing::error!(target: "actix_http::h1::dispatcher", "malformed");
            tracing::error!(target: "actix_server::accept", "accepting");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_strangers_malformed_requests_are_no_errors_unless_asked_for() {
        for filter in ["info", "warn,control_plane=debug"] {
            let lines = written(filter);
            assert!(lines.contains("ours") && lines.contains("accepting"), "{filter}: {lines}");
            assert!(!lines.contains("malformed"), "{filter}: {lines}");
        }
        assert!(written("info,actix_http=error").contains("malformed"));
    }
}
