//! The control plane's public keys: in memory to verify join tokens, on disk so that a node that restarts lets people in
//! before it has reached the control plane.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use protocol::token::{JoinClaims, JoinVerifier, VerifyKey};
use protocol::{NodeId, Problem};
use tracing::{info, warn};

/// Keys that are taken. Two during a rotation; more than this is a mistake of the control plane.
const KEYS_MAX: usize = 16;

/// The keys of one node.
pub struct VerifyKeys {
    node: NodeId,
    file: PathBuf,
    state: RwLock<State>,
}

struct State {
    keys: Vec<VerifyKey>,
    verifier: JoinVerifier,
}

/// Keys that are not used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A key is not an Ed25519 key in base64url.
    #[error("a public key is malformed: {0}")]
    Malformed(Box<dyn std::error::Error + Send + Sync>),
    /// None, or too many.
    #[error("{0} public keys; between 1 and {KEYS_MAX} are expected")]
    Count(usize),
}

impl VerifyKeys {
    /// The keys of the last run, if the file has any. A file that cannot be read is a warning: the control
    /// plane sends them again.
    #[must_use]
    pub fn load(node: NodeId, file: &Path) -> Self {
        let keys = match read(file) {
            Ok(keys) => keys,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                warn!(file = %file.display(), %error, "the cached public keys cannot be read");
                Vec::new()
            }
        };
        let (keys, verifier) = match verifier(node, &keys) {
            Ok(verifier) => (keys, verifier),
            Err(_) => (Vec::new(), no_keys(node)),
        };
        Self { node, file: file.to_owned(), state: RwLock::new(State { keys, verifier }) }
    }

    /// Whether any token can be verified.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read().keys.is_empty()
    }

    /// Takes the control plane's keys, whole, and keeps them on disk. A disk that fails costs only the next start.
    ///
    /// # Errors
    /// When they are malformed; the old ones stay.
    pub fn replace(&self, keys: Vec<VerifyKey>) -> Result<(), KeysError> {
        if keys.is_empty() || keys.len() > KEYS_MAX {
            return Err(KeysError::Count(keys.len()));
        }
        if self.read().keys == keys {
            return Ok(());
        }
        let verifier = verifier(self.node, &keys)?;
        if let Err(error) = write(&self.file, &keys) {
            warn!(file = %self.file.display(), %error, "the public keys cannot be kept on disk");
        }
        info!(keys = keys.len(), "public keys of the control plane taken");
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State { keys, verifier };
        Ok(())
    }

    /// Verifies a join token at `now` (Unix seconds).
    ///
    /// # Errors
    /// [`Problem::BadToken`] or [`Problem::TokenExpired`].
    pub fn verify(&self, token: &str, now_unix_secs: u64) -> Result<JoinClaims, Problem> {
        self.read().verifier.verify(token, now_unix_secs)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn verifier(node: NodeId, keys: &[VerifyKey]) -> Result<JoinVerifier, KeysError> {
    JoinVerifier::new(node, keys).map_err(|error| KeysError::Malformed(Box::new(error)))
}

fn no_keys(node: NodeId) -> JoinVerifier {
    JoinVerifier::new(node, &[]).expect("no key is malformed")
}

fn read(file: &Path) -> io::Result<Vec<VerifyKey>> {
    serde_json::from_slice(&fs::read(file)?).map_err(io::Error::other)
}

/// Beside and renamed: a crash leaves the old keys or the new ones.
fn write(file: &Path, keys: &[VerifyKey]) -> io::Result<()> {
    let beside = file.with_extension("new");
    let mut new = File::create(&beside)?;
    new.write_all(&serde_json::to_vec_pretty(keys).map_err(io::Error::other)?)?;
    new.sync_all()?;
    fs::rename(&beside, file)?;
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
