//! What is tested: a node that trusts a key of ours.

use url::Url;

use crate::token::Key;

/// Where bots go.
#[derive(Clone)]
pub struct Target {
    /// The node's WebSocket, `ws:` or `wss:`.
    pub signal: Url,
    /// Host and port of its `/metrics`, plain HTTP; without it there are no figures of the server.
    pub metrics: Option<String>,
    /// What it trusts.
    pub key: Key,
}
