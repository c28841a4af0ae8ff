//! A ticket: the way into a room in which nobody meets, as one word that can be carried to another machine.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use control_plane::Config;
use control_plane::rooms::rehearsal::rehearse;
use control_plane::store::Store;
use serde::{Deserialize, Serialize};
use url::Url;

/// Longer than any of ours.
const BYTES_MAX: usize = 16 * 1024;

/// It opens a seat and the relay: not printed but on demand, and of no use after five minutes.
#[derive(Serialize, Deserialize)]
pub(super) struct Ticket {
    pub(super) origin: Url,
    pub(super) signal: String,
    pub(super) token: String,
    pub(super) relays: Vec<Relay>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Relay {
    pub(super) urls: Vec<String>,
    pub(super) username: String,
    pub(super) credential: String,
}

impl Ticket {
    /// From the database and its keys.
    pub(super) async fn make(config: &Config) -> anyhow::Result<Self> {
        let store = Store::open_beside(config).await?;
        let rehearsal = rehearse(&store, config).await;
        store.db.close().await;
        let rehearsal = rehearsal
            .map_err(|error| anyhow::anyhow!("the database: {error}"))?
            .context("no media node is connected to the control plane: is it running?")?;
        let relays = rehearsal.ice_servers.into_iter().map(|server| Relay {
            urls: server.urls,
            username: server.username.unwrap_or_default(),
            credential: server.credential.unwrap_or_default(),
        });
        Ok(Self {
            origin: config.http.public_origin.parse().context("http.public_origin")?,
            signal: rehearsal.url,
            token: rehearsal.token,
            relays: relays.collect(),
        })
    }

    pub(super) fn to_text(&self) -> anyhow::Result<String> {
        Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(self)?))
    }

    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        anyhow::ensure!(text.len() <= BYTES_MAX, "too long");
        Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text.trim())?)?)
    }
}
