//! Personal data is encrypted before it reaches the database: a stolen disk, dump or backup tells nothing.
//!
//! ```text
//! master key     a file, mode 0600, never in the database            master.rs
//!   └ clinic key   `clinic.wrapped_key`                              keyring.rs
//!       ├ data key of each owner   `data_key.wrapped`                keyring.rs
//!       │   └ Sealed<T> columns: AES-256-GCM, tied to their row      column.rs, envelope.rs
//!       └ blind-index key: HMAC-SHA256 for exact look-up             blind.rs
//! ```
//!
//! Each sealed field names its owner in the migration (`-- sealed: patient`). Destroying the owner's data keys
//! erases the owner, in every backup that does not hold the keys too.

mod blind;
mod column;
mod envelope;
mod keyring;
mod master;
mod open_keys;

#[cfg(test)]
mod tests;

use crate::db::{DbError, Retry};

pub use blind::BlindIndex;
pub use column::{Place, Sealable, Sealed};
pub use keyring::{Keyring, Owner, OwnerKey};
pub use master::{MasterKey, MasterKeyError};

/// Why a value could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Changed, moved from another row or column, or sealed under another key.
    #[error("a sealed value in {table}.{column} does not open in its place")]
    Broken {
        /// Where it stands.
        table: &'static str,
        /// Where it stands.
        column: &'static str,
    },
    /// The owner was erased.
    #[error("the data key was destroyed")]
    Destroyed,
    /// The key is not this clinic's, or not there.
    #[error("the data key is not known")]
    UnknownKey,
    /// The master key is not the one the clinic's key was wrapped with.
    #[error("the master key is not the one this database was made with")]
    WrongMasterKey,
    /// The operating system gave no random bytes.
    #[error("no random bytes")]
    Random,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Retry for SealError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Db(error) if error.is_transient())
    }
}
