//! Configuration: one TOML file, every key with a default, secrets overridden by the environment.
//!
//! `config/control-plane.toml` shows every key with its default and reason. The whole is checked before a port opens; a
//! bad value names its file and key, and the process exits with [`ConfigError::EXIT_CODE`].

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use telemetry::Redacted;
use telemetry::log::LogConfig;
use url::Url;

use crate::app::HttpSettings;
use crate::db::Address;
use crate::http::assets::Assets;
use crate::http::origin::Network;
use crate::rooms::turn::Turn;

mod tls;
mod turn;

#[cfg(test)]
mod tests;

/// What is wrong, where.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {key}: {detail}")]
pub struct ConfigError {
    /// The file, or `environment`.
    pub file: String,
    /// The key, `table.key`.
    pub key: String,
    /// What is wrong with it.
    pub detail: String,
}

impl ConfigError {
    /// `EX_CONFIG` of `sysexits.h`: a supervisor does not try again.
    pub const EXIT_CODE: u8 = 78;
}

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    http: HttpTable,
    metrics: MetricsTable,
    database: DatabaseTable,
    keys: KeysTable,
    web: WebTable,
    turn: turn::TurnTable,
    log: LogConfig,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HttpTable {
    listen: String,
    public_origin: String,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    trusted_proxies: Vec<String>,
}

impl Default for HttpTable {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_origin: "http://localhost:8080".to_owned(),
            tls_certificate: None,
            tls_key: None,
            trusted_proxies: Vec::new(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MetricsTable {
    listen: String,
}

impl Default for MetricsTable {
    fn default() -> Self {
        Self { listen: "127.0.0.1:9180".to_owned() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DatabaseTable {
    url: Redacted<String>,
}

impl Default for DatabaseTable {
    fn default() -> Self {
        Self { url: "sqlite:data/bedside.sqlite".to_owned().into() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct KeysTable {
    master_key: PathBuf,
}

impl Default for KeysTable {
    fn default() -> Self {
        Self { master_key: "data/master.key".into() }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WebTable {
    assets: Option<PathBuf>,
}

/// A checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the API and the web app listen.
    pub listen: SocketAddr,
    /// Where metrics listen: this machine only.
    pub metrics_listen: SocketAddr,
    /// TLS of [`Config::listen`]; `None` on loopback only.
    pub tls: Option<std::sync::Arc<rustls::ServerConfig>>,
    /// How people reach it.
    pub http: HttpSettings,
    /// The database.
    pub database: Address,
    /// The file of the master key.
    pub master_key: PathBuf,
    /// The relay for browsers behind firewalls, if there is one.
    pub turn: Option<Turn>,
    /// The log.
    pub log: LogConfig,
}

impl Config {
    /// Reads and checks a file; without one, the defaults. `environment` looks a variable up.
    ///
    /// # Errors
    /// [`ConfigError`], naming file and key.
    pub fn load(
        file: Option<&Path>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let name = file.map_or_else(|| "defaults".to_owned(), |file| file.display().to_string());
        let text = match file {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path).map_err(|error| ConfigError {
                file: name.clone(),
                key: "file".to_owned(),
                detail: error.to_string(),
            })?,
        };
        let parsed: File = toml::from_str(&text).map_err(|error| ConfigError {
            file: name.clone(),
            key: key_at(&text, error.span().map_or(0, |span| span.start)),
            detail: error.message().to_owned(),
        })?;
        check(parsed, &name, environment)
    }
}

fn check(
    file: File,
    name: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, ConfigError> {
    let wrong =
        |key: &str, detail: String| ConfigError { file: name.to_owned(), key: key.to_owned(), detail };
    let listen = address(&file.http.listen).map_err(|detail| wrong("http.listen", detail))?;
    let metrics_listen = address(&file.metrics.listen).map_err(|detail| wrong("metrics.listen", detail))?;
    if !metrics_listen.ip().is_loopback() {
        return Err(wrong(
            "metrics.listen",
            "metrics are for this machine: use a loopback address".to_owned(),
        ));
    }
    let tls = match (&file.http.tls_certificate, &file.http.tls_key) {
        (Some(certificate), Some(key)) => Some(tls::load(certificate, key).map_err(|(which, detail)| {
            wrong(
                if which == tls::Which::Certificate { "http.tls_certificate" } else { "http.tls_key" },
                detail,
            )
        })?),
        (None, None) => None,
        (Some(_), None) => {
            return Err(wrong("http.tls_key", "missing beside http.tls_certificate".to_owned()));
        }
        (None, Some(_)) => {
            return Err(wrong("http.tls_certificate", "missing beside http.tls_key".to_owned()));
        }
    };
    if tls.is_none() && !listen.ip().is_loopback() {
        let detail = format!(
            "plain HTTP on {listen} would show patients' data to the network: give http.tls_certificate \
                              and http.tls_key, or listen on 127.0.0.1"
        );
        return Err(wrong("http.listen", detail));
    }
    let public_origin =
        origin(&file.http.public_origin).map_err(|detail| wrong("http.public_origin", detail))?;
    let trusted_proxies = file
        .http
        .trusted_proxies
        .iter()
        .map(|network| network.parse::<Network>())
        .collect::<Result<_, _>>()
        .map_err(|detail| wrong("http.trusted_proxies", detail))?;
    let assets = match file.web.assets {
        None => Assets::Embedded,
        Some(folder) if folder.is_dir() => Assets::Folder(folder),
        Some(folder) => return Err(wrong("web.assets", format!("{} is not a folder", folder.display()))),
    };
    let turn = turn::check(file.turn, environment(turn::ENVIRONMENT)).map_err(|(key, detail)| {
        let file = if key == turn::ENVIRONMENT { "environment" } else { name };
        ConfigError { file: file.to_owned(), key: key.to_owned(), detail }
    })?;
    telemetry::log::check(&file.log).map_err(|error| wrong("log.filter", error.to_string()))?;
    let database = match environment("DATABASE_URL") {
        None => database(file.database.url.expose()).map_err(|detail| wrong("database.url", detail))?,
        Some(url) => database(&url).map_err(|detail| ConfigError {
            file: "environment".to_owned(),
            key: "DATABASE_URL".to_owned(),
            detail,
        })?,
    };
    let master_key = environment("BEDSIDE_MASTER_KEY_FILE").map_or(file.keys.master_key, PathBuf::from);
    Ok(Config {
        listen,
        metrics_listen,
        tls,
        http: HttpSettings { public_origin, trusted_proxies, assets },
        database,
        master_key,
        turn,
        log: file.log,
    })
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("{text:?} is not an address and port like 127.0.0.1:8080"))
}

/// Scheme, host and port as a browser writes an origin; plain HTTP only for this machine.
fn origin(text: &str) -> Result<String, String> {
    let shape = || format!("{text:?} is not an origin like https://clinic.example");
    let url = Url::parse(text).map_err(|_| shape())?;
    let is_origin =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if url.host().is_none() {
        return Err(shape());
    }
    match url.scheme() {
        _ if !is_origin => Err(shape()),
        "https" => Ok(url.origin().ascii_serialization()),
        "http" if is_local(&url) => Ok(url.origin().ascii_serialization()),
        "http" => {
            Err("browsers give camera and microphone to https:// pages only (or to localhost)".to_owned())
        }
        _ => Err(shape()),
    }
}

/// Whether the address names this machine, whatever machine that is.
pub(crate) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(v4)) => v4.is_loopback(),
        Some(url::Host::Ipv6(v6)) => v6.is_loopback(),
        None => false,
    }
}

fn database(url: &str) -> Result<Address, String> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.starts_with(':') || path.contains('?') {
            return Err("sqlite: is followed by the path of a file".to_owned());
        }
        return Ok(Address::Sqlite(path.into()));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Address::Postgres(url.to_owned().into()));
    }
    // The URL may hold a password: it is not shown.
    Err("not a sqlite: or postgres:// URL".to_owned())
}

/// The `table.key` that stands at a byte of the text: the parser only gives the place.
fn key_at(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
    let key = line.split('=').next().unwrap_or_default().trim().trim_matches(['[', ']']);
    let table =
        before[..line_start].lines().rev().find_map(|line| line.trim().strip_prefix('[')?.strip_suffix(']'));
    match table {
        Some(table) if !line.trim_start().starts_with('[') => format!("{table}.{key}"),
        _ => key.to_owned(),
    }
}
