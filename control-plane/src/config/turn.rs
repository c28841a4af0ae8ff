//! `[turn]`: the relay for browsers behind firewalls, and the secret that is shared with it.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::rooms::turn::Turn;

/// Abuse sentence 57: a credential that leaked is of no use ten minutes later. Below a minute a slow browser comes too late.
const LIFE_SECS: RangeInclusive<u64> = 60..=600;
/// Of the secret: it is guessed offline from one credential.
const SECRET_LEN_MIN: usize = 32;
/// UDP, TCP and TLS of two relays. A browser tries each from each of its addresses.
const URLS_MAX: usize = 6;
/// Overrides `turn.secret_file`.
pub(super) const ENVIRONMENT: &str = "BEDSIDE_TURN_SECRET";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TurnTable {
    urls: Vec<String>,
    secret_file: Option<PathBuf>,
    credential_life_secs: u64,
}

impl Default for TurnTable {
    fn default() -> Self {
        Self { urls: Vec::new(), secret_file: None, credential_life_secs: *LIFE_SECS.end() }
    }
}

/// Checks the table; `None` without URLs.
///
/// # Errors
/// The key and what is wrong with it.
pub(super) fn check(
    table: TurnTable,
    secret: Option<String>,
) -> Result<Option<Turn>, (&'static str, String)> {
    for url in &table.urls {
        check_url(url).map_err(|detail| ("turn.urls", detail))?;
    }
    if table.urls.len() > URLS_MAX {
        return Err(("turn.urls", format!("more than {URLS_MAX}: a browser tries each of them")));
    }
    if !LIFE_SECS.contains(&table.credential_life_secs) {
        let detail = format!(
            "{} is not from {} to {}",
            table.credential_life_secs,
            LIFE_SECS.start(),
            LIFE_SECS.end()
        );
        return Err(("turn.credential_life_secs", detail));
    }
    if table.urls.is_empty() {
        return Ok(None);
    }
    const FILE: &str = "turn.secret_file";
    let (from, secret) = match (secret, &table.secret_file) {
        (Some(secret), _) => (ENVIRONMENT, Zeroizing::new(secret)),
        (None, Some(file)) => (FILE, read(file).map_err(|detail| (FILE, detail))?),
        (None, None) => {
            return Err((FILE, format!("missing beside turn.urls (or give {ENVIRONMENT})")));
        }
    };
    let secret = secret.trim();
    if secret.len() < SECRET_LEN_MIN {
        let detail = format!(
            "the secret is shorter than {SECRET_LEN_MIN} characters: openssl rand -hex 32 makes a good one"
        );
        return Err((from, detail));
    }
    let life = Duration::from_secs(table.credential_life_secs);
    Ok(Some(Turn::new(table.urls, secret.as_bytes(), life)))
}

fn read(file: &Path) -> Result<Zeroizing<String>, String> {
    std::fs::read_to_string(file).map(Zeroizing::new).map_err(|error| format!("{}: {error}", file.display()))
}

/// `turn:host[:port][?transport=udp|tcp]`, `turns:` likewise (RFC 7065 §3.1).
fn check_url(url: &str) -> Result<(), String> {
    let wrong = || format!("{url:?} is not a URL like turn:turn.clinic.example:3478?transport=udp");
    let rest = url.strip_prefix("turns:").or_else(|| url.strip_prefix("turn:")).ok_or_else(wrong)?;
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    if query.is_some_and(|query| !matches!(query, "transport=udp" | "transport=tcp")) || place.contains('/') {
        return Err(wrong());
    }
    // Host and port as any URL has them.
    let parsed = url::Url::parse(&format!("http://{place}/")).map_err(|_| wrong())?;
    let is_place = parsed.username().is_empty() && parsed.password().is_none() && parsed.has_host();
    if is_place { Ok(()) } else { Err(wrong()) }
}
