//! The master key: a file beside the database, made at first start, readable by its owner only.
//!
//! One line, `bedside-master-key-1 <base64url>`, so that a person who finds the file knows what it is. Lost, all
//! personal data is lost: docs/OPERATIONS.md says how to keep a copy apart from the database's backups.

use std::fs::{DirBuilder, File, hard_link, remove_file};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::ClinicId;
use ring::digest::{SHA256, digest};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::SealError;
use super::envelope::{self, Key};

const PREFIX: &str = "bedside-master-key-1 ";
/// The line is 64 bytes; more is another file.
const FILE_BYTES_MAX: u64 = 256;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Others can read it.
    #[error("{path}: mode {mode:04o} lets others read the master key; run: chmod 600 {path}")]
    Mode {
        /// Which file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// It is no master key.
    #[error("{path}: this is not a master key of Bedside")]
    Format {
        /// Which file.
        path: String,
    },
    /// It was made before and is gone.
    #[error(
        "{path}: the master key is missing, and the database already holds data sealed under it; restore the file"
    )]
    Missing {
        /// Which file.
        path: String,
    },
    /// It cannot be read or made.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// No random bytes.
    #[error("no random bytes for a master key")]
    Random,
}

/// The root of all keys. Wraps clinic keys and the keys that sign join tokens, nothing else.
#[derive(Clone)]
pub struct MasterKey {
    id: Uuid,
    key: Key,
}

impl MasterKey {
    /// Reads the key; when there is none yet and `first_start` says that nothing is sealed yet, makes it.
    ///
    /// # Errors
    /// [`MasterKeyError`], each naming the file.
    pub fn load(path: &Path, first_start: bool) -> Result<Self, MasterKeyError> {
        match Self::read(path) {
            Err(MasterKeyError::File { source, .. }) if source.kind() == ErrorKind::NotFound => {
                if !first_start {
                    return Err(MasterKeyError::Missing { path: path.display().to_string() });
                }
                Self::make(path)
            }
            outcome => outcome,
        }
    }

    fn read(path: &Path) -> Result<Self, MasterKeyError> {
        let named = || path.display().to_string();
        let failed = |source| MasterKeyError::File { path: named(), source };
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(MasterKeyError::Mode { path: named(), mode });
        }
        let mut text = Zeroizing::new(String::new());
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
        text.trim_end()
            .strip_prefix(PREFIX)
            .and_then(|encoded| URL_SAFE_NO_PAD.decode(encoded).map(Zeroizing::new).ok())
            .and_then(|bytes| Key::from_slice(&bytes))
            .map(Self::new)
            .ok_or_else(|| MasterKeyError::Format { path: named() })
    }

    /// Written whole under another name, then linked to its own: a start that is cut off leaves no half of a key in the
    /// way of the next. Of two processes that start together one makes it, the other reads it.
    fn make(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::File { path: path.display().to_string(), source };
        let key = Key::random().map_err(|_| MasterKeyError::Random)?;
        let line =
            Zeroizing::new(format!("{PREFIX}{}\n", *Zeroizing::new(URL_SAFE_NO_PAD.encode(key.bytes()))));
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        }
        let unfinished = PathBuf::from(format!("{}.{}", path.display(), Uuid::new_v4().simple()));
        let linked = write_new(&unfinished, line.as_bytes()).and_then(|()| hard_link(&unfinished, path));
        // Whatever happened: nothing was sealed under what stands there.
        let _ = remove_file(&unfinished);
        match linked {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Self::read(path),
            Err(error) => return Err(failed(error)),
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        Ok(Self::new(key))
    }

    fn new(key: Key) -> Self {
        // A fingerprint as key id: a foreign master key is named as such, not as broken data.
        let print = digest(&SHA256, &[b"bedside master key id", key.bytes()].concat());
        let id = Uuid::from_slice(&print.as_ref()[..16]).expect("sixteen bytes of thirty-two");
        Self { id, key }
    }

    /// A key of its own for tests, in memory only.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn ephemeral() -> Result<Self, SealError> {
        Ok(Self::new(Key::random()?))
    }

    pub(super) fn wrap_clinic_key(&self, clinic: ClinicId, key: &Key) -> Result<Vec<u8>, SealError> {
        self.key.seal(self.id, &clinic_place(clinic), key.bytes())
    }

    pub(super) fn unwrap_clinic_key(&self, clinic: ClinicId, wrapped: &[u8]) -> Result<Key, SealError> {
        self.open(&clinic_place(clinic), wrapped).and_then(|bytes| {
            Key::from_slice(&bytes).ok_or(SealError::Broken { table: "clinic", column: "wrapped_key" })
        })
    }

    /// Wraps a private key that signs join tokens, for `signing_key.private_key`.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn wrap_signing_key(&self, id: &str, private_key: &[u8]) -> Result<Vec<u8>, SealError> {
        self.key.seal(self.id, &signing_place(id), private_key)
    }

    /// Opens what [`MasterKey::wrap_signing_key`] wrapped for the same id.
    ///
    /// # Errors
    /// When it was wrapped by another master key, for another id, or changed.
    pub fn unwrap_signing_key(&self, id: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.open(&signing_place(id), wrapped)
    }

    fn open(&self, place: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        if envelope::key_id(wrapped) != Some(self.id) {
            return Err(SealError::WrongMasterKey);
        }
        self.key.open(place, wrapped).ok_or(SealError::WrongMasterKey)
    }
}

/// A file that was not there before, whole on the disk when this returns: data must never be sealed under a key that a
/// power cut takes away.
fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn clinic_place(clinic: ClinicId) -> Vec<u8> {
    [b"clinic.wrapped_key\0".as_slice(), clinic.0.as_bytes()].concat()
}

fn signing_place(id: &str) -> Vec<u8> {
    [b"signing_key.private_key\0", id.as_bytes()].concat()
}
