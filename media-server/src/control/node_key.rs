//! The node's own key: Ed25519, made at first start, never leaving the machine. Its public half is what the control plane enrols.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{Ed25519KeyPair, KeyPair};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// A key file is about 170 bytes; what is longer is something else.
const FILE_BYTES_MAX: u64 = 4096;

/// The node's key pair.
pub struct NodeKey(Ed25519KeyPair);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum NodeKeyError {
    /// The file cannot be read or written.
    #[error("{}: {source}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others can read it: somebody else could be this node.
    #[error("{}: mode {mode:04o} lets others read the node's key; make it 0600", file.display())]
    Exposed {
        /// Which.
        file: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Not an Ed25519 key in PKCS #8 PEM.
    #[error("{}: not an Ed25519 private key in PKCS #8 PEM", file.display())]
    Shape {
        /// Which.
        file: PathBuf,
    },
    /// The system has no randomness.
    #[error("no randomness for a new key")]
    Randomness,
}

impl NodeKey {
    /// The public key: 32 bytes in base64url without padding, as the control plane stores it.
    #[must_use]
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key().as_ref())
    }

    /// A signature in base64url without padding.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.0.sign(message).as_ref())
    }
}

impl std::fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NodeKey({})", self.public())
    }
}

/// Loads the key, or makes one with mode 0600. A half-written file cannot be left behind: it is written beside and linked into
/// place, and of two starters one wins and both use its key.
///
/// # Errors
/// [`NodeKeyError`]; each names the file.
pub fn load_or_create(file: &Path) -> Result<NodeKey, NodeKeyError> {
    match load(file) {
        Err(NodeKeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            create(file)?;
            load(file)
        }
        loaded => loaded,
    }
}

fn load(file: &Path) -> Result<NodeKey, NodeKeyError> {
    let failed = |source| NodeKeyError::File { file: file.to_owned(), source };
    let shape = || NodeKeyError::Shape { file: file.to_owned() };
    let facts = fs::metadata(file).map_err(failed)?;
    let mode = facts.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(NodeKeyError::Exposed { file: file.to_owned(), mode });
    }
    if facts.len() > FILE_BYTES_MAX {
        return Err(shape());
    }
    let text = fs::read_to_string(file).map_err(failed)?;
    let body = text.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)).ok_or_else(shape)?;
    let compact: String = body.split_whitespace().collect();
    let der = STANDARD.decode(compact).map_err(|_| shape())?;
    // Version 1 (without the public key, as openssl writes it) and version 2 (RFC 8410 §7) are both good.
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map(NodeKey).map_err(|_| shape())
}

fn create(file: &Path) -> Result<(), NodeKeyError> {
    let failed = |source| NodeKeyError::File { file: file.to_owned(), source };
    let random = ring::rand::SystemRandom::new();
    let der = Ed25519KeyPair::generate_pkcs8(&random).map_err(|_| NodeKeyError::Randomness)?;
    let mut text = format!("{BEGIN}\n");
    // RFC 7468 §2: lines of 64 characters.
    for line in STANDARD.encode(der.as_ref()).as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str(END);
    text.push('\n');

    let beside = file.with_extension(format!("new-{}", uuid::Uuid::now_v7()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut new| new.write_all(text.as_bytes()).and_then(|()| new.sync_all()))
        .and_then(|()| match fs::hard_link(&beside, file) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
    let _ = fs::remove_file(&beside);
    written.map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use ring::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_for_the_owner() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.key");

        let made = load_or_create(&file).unwrap();
        let loaded = load_or_create(&file).unwrap();

        assert_eq!(made.public(), loaded.public());
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_it_signs_its_public_key_verifies() {
        let folder = tempfile::tempdir().unwrap();
        let key = load_or_create(&folder.path().join("k")).unwrap();

        let signature = URL_SAFE_NO_PAD.decode(key.sign(b"nonce")).unwrap();

        let public = URL_SAFE_NO_PAD.decode(key.public()).unwrap();
        assert!(UnparsedPublicKey::new(&ED25519, &public).verify(b"nonce", &signature).is_ok());
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.key");
        load_or_create(&file).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();

        let error = load_or_create(&file).unwrap_err();

        assert!(matches!(error, NodeKeyError::Exposed { mode: 0o640, .. }), "{error}");
    }

    #[test]
    fn something_else_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.key");
        fs::write(&file, "hello").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();

        let error = load_or_create(&file).unwrap_err();

        assert!(error.to_string().contains("node.key"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "hello");
    }
}
