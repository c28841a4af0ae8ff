//! The greeting of a node: challenge, proof of the enrolled key, version, welcome.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::node::{ControlMessage, NodeMessage, VERSION, proof};
use protocol::{Epoch, NodeId, limits};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ED25519, UnparsedPublicKey};
use url::Url;

use super::store::{self, Process};
use crate::app::State;
use crate::db::DbError;
use crate::rooms::signing;
use crate::seal::SealError;

/// Longest address and region of a node: they stand in a row and in every join answer.
const WORD_BYTES_MAX: usize = 512;
/// Why a node that proves nothing is sent away: the same for an unknown node and for a wrong key.
const NOT_ENROLLED: &str = "this node is not enrolled with this key";

/// Why a node is not welcomed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwelcome {
    /// It is told why.
    #[error("{0}")]
    Refused(String),
    /// It may try again.
    #[error(transparent)]
    Failed(#[from] SealError),
}

impl From<DbError> for Unwelcome {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

fn refused(detail: impl Into<String>) -> Unwelcome {
    Unwelcome::Refused(detail.into())
}

/// A nonce of 256 random bits.
pub(super) fn nonce() -> Result<String, SealError> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SealError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A node that is who it says, and its epoch.
pub(super) struct Welcomed {
    pub(super) node: NodeId,
    pub(super) epoch: Epoch,
    pub(super) message: ControlMessage,
}

/// Reads the answer to the challenge.
pub(super) async fn welcome(state: &State, nonce: &str, hello: NodeMessage) -> Result<Welcomed, Unwelcome> {
    let NodeMessage::Hello { version, node, process, signature, region, url, seats_max } = hello else {
        return Err(refused("the first message is not hello"));
    };
    if version != VERSION {
        let detail =
            format!("this control plane speaks version {VERSION} of the protocol, the node {version}");
        return Err(refused(detail));
    }
    let mut tx = state.db.read_system().await?;
    let enrolled = store::enrolled(&mut tx, node).await?.ok_or_else(|| refused(NOT_ENROLLED))?;
    drop(tx);
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| refused(NOT_ENROLLED))?;
    UnparsedPublicKey::new(&ED25519, &enrolled.public_key)
        .verify(&proof(nonce, node), &signature)
        .map_err(|_| refused(NOT_ENROLLED))?;
    check_address(&url, &region)?;
    let mut tx = state.db.system().await?;
    let process = Process { node, process, region: &region, url: &url, seats_max };
    let epoch = store::welcome(&mut tx, &process).await?.ok_or_else(|| refused("this node was revoked"))?;
    let keys = signing::verify_keys(&mut tx, state.keyring.master()).await?;
    tx.commit().await?;
    let lease_ms = u64::try_from(limits::NODE_LEASE.as_millis()).unwrap_or(u64::MAX);
    Ok(Welcomed { node, epoch, message: ControlMessage::Welcome { epoch, lease_ms, keys } })
}

/// Browsers are sent to this address.
fn check_address(url: &str, region: &str) -> Result<(), Unwelcome> {
    if url.len() > WORD_BYTES_MAX || region.len() > WORD_BYTES_MAX {
        return Err(refused("url or region is too long"));
    }
    match Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "ws" | "wss") && parsed.has_host() => Ok(()),
        _ => Err(refused("url is not a ws:// or wss:// address")),
    }
}
