//! Media nodes: enrolled keys, leases, what nodes report and what they are told. `docs/PROTOCOL.md` has the prose.
//!
//! ```text
//! enroll (operator) ─▶ node row ◀─ lease, epoch ── beats ── node
//!                                                  events ──▶ presence, appointment, log, audit ──▶ ack
//! cancel, revoke ─▶ node_command ─ whichever control plane the node is connected to ─▶ node
//! ```
//!
//! Only the database's clock decides who is alive. A node is connected to one control plane at a time; the others see it
//! in the database. Losing a control plane costs the node a reconnect and its calls nothing.

pub mod commands;
mod connection;
mod door;
pub mod events;
mod greeting;
pub mod handlers;
pub mod store;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::NodeId;
use tokio::sync::watch;

use crate::db::{DbError, Refusal};
use crate::store::Store;

/// Bytes of an Ed25519 public key (RFC 8032 §5.1.5).
const PUBLIC_KEY_BYTES: usize = 32;

/// Why a node was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// The key is none.
    #[error("node {node}: the public key is not 32 bytes of base64url")]
    Key {
        /// Which node.
        node: NodeId,
    },
    /// The node is known by another key.
    #[error(
        "node {node} is enrolled with another public key: restore its key file, or give the new node an id of its own"
    )]
    KeyChanged {
        /// Which node.
        node: NodeId,
    },
    /// The key is another node's.
    #[error("node {node}: its public key is enrolled for another node; each node has a key of its own")]
    KeyTaken {
        /// Which node.
        node: NodeId,
    },
    /// It was shut out.
    #[error("node {node} was revoked")]
    Revoked {
        /// Which node.
        node: NodeId,
    },
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Makes a node known by its public key (base64url without padding). Without effect when it is known by this key.
///
/// # Errors
/// [`EnrollError`], naming the node.
pub async fn enroll(
    store: &Store,
    node: NodeId,
    public_key_base64url: &str,
    region: &str,
) -> Result<(), EnrollError> {
    let key = URL_SAFE_NO_PAD.decode(public_key_base64url).ok().filter(|key| key.len() == PUBLIC_KEY_BYTES);
    let key = key.ok_or(EnrollError::Key { node })?;
    let mut tx = store.db.system().await?;
    match store::insert(&mut tx, node, &key, region).await {
        Err(error) if error.refusal() == Some(Refusal::Unique) => return Err(EnrollError::KeyTaken { node }),
        outcome => outcome?,
    }
    let known = store::enrolled(&mut tx, node).await?;
    match known {
        Some(known) if known.public_key != key => return Err(EnrollError::KeyChanged { node }),
        Some(known) if known.revoked_us.is_some() => return Err(EnrollError::Revoked { node }),
        _ => {}
    }
    Ok(tx.commit().await?)
}

/// The nodes connected to this control plane, as far as the rest of it needs to reach them.
pub struct Connections {
    /// Counts up when there may be a new command.
    news: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
    door: door::Door,
}

impl Default for Connections {
    fn default() -> Self {
        Self { news: watch::Sender::new(0), stopping: watch::Sender::new(false), door: door::Door::default() }
    }
}

impl Connections {
    /// There may be a command: connections look at once instead of with the next beat. Called after the commit.
    pub fn tell(&self) {
        self.news.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Ends all connections, and those to come.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }
}
