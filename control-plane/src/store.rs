//! What a command line and a server both need: the open database with its keys, and the password hasher.

use std::path::PathBuf;

use crate::accounts::password::Passwords;
use crate::clinics;
use crate::config::Config;
use crate::db::{Db, DbError};
use crate::http::problem::ApiError;
use crate::rooms;
use crate::seal::{Keyring, MasterKey, MasterKeyError, SealError};

/// An open database, its keyring, and the password hasher.
pub struct Store {
    /// The database.
    pub db: Db,
    /// Keys of sealed columns.
    pub keyring: Keyring,
    /// Hashing of passwords.
    pub passwords: Passwords,
}

/// Why the store did not open.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The master key's file.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The master key is another one.
    #[error("{}: {source}", path.display())]
    Seal {
        /// The master key's file.
        path: PathBuf,
        /// What does not open.
        source: SealError,
    },
    /// The password hasher.
    #[error("the password hasher did not start")]
    Passwords,
}

impl Store {
    /// Opens the database, brings its schema up to date, reads or makes the master key, and checks that it is the
    /// one this database was made with.
    ///
    /// # Errors
    /// [`StoreError`], each naming what is wrong.
    pub async fn open(config: &Config) -> Result<Self, StoreError> {
        Self::on(config, Db::open(&config.database).await?).await
    }

    /// [`Store::open`] for a command that runs beside a control plane ([`Db::open_beside`]).
    ///
    /// # Errors
    /// [`StoreError`], each naming what is wrong.
    pub async fn open_beside(config: &Config) -> Result<Self, StoreError> {
        Self::on(config, Db::open_beside(&config.database).await?).await
    }

    async fn on(config: &Config, db: Db) -> Result<Self, StoreError> {
        let mut tx = db.read_system().await?;
        let clinics = clinics::store::first_two(&mut tx).await?;
        let signing = rooms::store::newest_signing_key(&mut tx).await?;
        drop(tx);
        let nothing_is_sealed = clinics.is_empty() && signing.is_none();
        let keyring = Keyring::new(MasterKey::load(&config.master_key, nothing_is_sealed)?);
        let other_key = |source| StoreError::Seal { path: config.master_key.clone(), source };
        for (clinic, wrapped) in clinics {
            keyring.check(clinic, &wrapped).map_err(other_key)?;
        }
        if let Some((id, wrapped)) = signing {
            keyring.master().unwrap_signing_key(&id, &wrapped).map_err(other_key)?;
        }
        let passwords = Passwords::new().map_err(|_: ApiError| StoreError::Passwords)?;
        Ok(Self { db, keyring, passwords })
    }
}
