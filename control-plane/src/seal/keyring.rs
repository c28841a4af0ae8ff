//! Clinic keys and data keys: made when first needed, kept open in memory for a minute, and wiped when another is opened
//! after that.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use protocol::ClinicId;
use uuid::Uuid;

use super::blind::BlindIndex;
use super::column::{Place, Sealable, Sealed};
use super::envelope::{self, Key};
use super::open_keys::{OPEN_KEYS_MAX, Open};
use super::{MasterKey, SealError};
use crate::db::Tx;
use crate::db::sql::{execute, fetch_all_of, fetch_optional};
use crate::ids::{AccountId, DataKeyId, GuestId, PatientId};
use crate::time::Timestamp;

/// Whose data a field is. Destroying the owner's key erases it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the words of docs/ARCHITECTURE.md")]
pub enum Owner {
    Patient(PatientId),
    Account(AccountId),
    Guest(GuestId),
    Clinic,
}

impl Owner {
    fn row(self, clinic: ClinicId) -> (&'static str, Uuid) {
        match self {
            Self::Patient(id) => ("patient", id.0),
            Self::Account(id) => ("account", id.0),
            Self::Guest(id) => ("guest", id.0),
            Self::Clinic => ("clinic", clinic.0),
        }
    }
}

/// The current data key of an owner, open.
#[derive(Clone)]
pub struct OwnerKey(Arc<DataKey>);

struct DataKey {
    id: DataKeyId,
    clinic: ClinicId,
    version: i64,
    key: Key,
}

impl OwnerKey {
    /// Seals `value` for its place.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn seal<T: Sealable>(&self, place: Place, value: &T) -> Result<Sealed<T>, SealError> {
        let associated = place.associated(self.0.clinic, self.0.version);
        self.0.key.seal(self.0.id.0, &associated, &value.to_plain()).map(Sealed::from_stored)
    }
}

/// Opens and makes keys. One per control plane, shared.
pub struct Keyring {
    master: MasterKey,
    clinics: Open<ClinicId, Key>,
    data_keys: Open<DataKeyId, Arc<DataKey>>,
}

#[derive(sqlx::FromRow)]
struct DataKeyRow {
    id: DataKeyId,
    owner_kind: String,
    owner: Uuid,
    version: i64,
    wrapped: Option<Vec<u8>>,
}

impl Keyring {
    /// A keyring under this master key.
    #[must_use]
    pub fn new(master: MasterKey) -> Self {
        Self { master, clinics: Open::default(), data_keys: Open::default() }
    }

    /// The master key, for what belongs to no clinic.
    #[must_use]
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    /// A new clinic's key, wrapped for `clinic.wrapped_key`.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn new_clinic_key(&self, clinic: ClinicId) -> Result<Vec<u8>, SealError> {
        self.master.wrap_clinic_key(clinic, &Key::random()?)
    }

    /// Checks that this master key is the one that a clinic's key was wrapped with.
    ///
    /// # Errors
    /// [`SealError::WrongMasterKey`].
    pub fn check(&self, clinic: ClinicId, wrapped: &[u8]) -> Result<(), SealError> {
        self.master.unwrap_clinic_key(clinic, wrapped).map(drop)
    }

    /// The owner's current data key, made when there is none.
    ///
    /// # Errors
    /// When the owner was erased, or the database fails.
    pub async fn owner(&self, tx: &mut Tx, owner: Owner) -> Result<OwnerKey, SealError> {
        let (kind, id) = owner.row(tx.clinic_id());
        self.current(tx, kind, id).await.map(OwnerKey)
    }

    /// Opens a value that stands in `place`.
    ///
    /// # Errors
    /// When it was moved, changed or sealed under a destroyed key, or the database fails.
    pub async fn open<T: Sealable>(
        &self,
        tx: &mut Tx,
        place: Place,
        sealed: &Sealed<T>,
    ) -> Result<T, SealError> {
        let broken = SealError::Broken { table: place.table, column: place.column };
        let Some(id) = envelope::key_id(&sealed.stored) else { return Err(broken) };
        let key = self.data_key(tx, DataKeyId(id)).await?;
        let associated = place.associated(tx.clinic_id(), key.version);
        key.key.open(&associated, &sealed.stored).and_then(|plain| T::from_plain(&plain)).ok_or(broken)
    }

    /// Opens the keys of many values at once: one question for a whole list instead of one for each of its names. What
    /// cannot be opened is left for [`Keyring::open`] to say.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prepare<'a, T: 'a>(
        &self,
        tx: &mut Tx,
        sealed: impl IntoIterator<Item = &'a Sealed<T>>,
    ) -> Result<(), SealError> {
        let now = Instant::now();
        let ids = sealed.into_iter().filter_map(|sealed| envelope::key_id(&sealed.stored));
        let unknown: BTreeSet<Uuid> =
            ids.filter(|id| self.data_keys.find(DataKeyId(*id), now).is_none()).collect();
        let unknown: Vec<Uuid> = unknown.into_iter().take(OPEN_KEYS_MAX / 2).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let clinic = tx.clinic();
        let rows = fetch_all_of!(
            tx,
            DataKeyRow,
            "select id, owner_kind, owner, version, wrapped from data_key where clinic = $1 and id in ",
            clinic,
            &unknown
        )?;
        for row in rows.into_iter().filter(|row| row.wrapped.is_some()) {
            self.unwrap(tx, row).await?;
        }
        Ok(())
    }

    /// The blind index of a normalised value of `field` in the transaction's clinic.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn blind_index(
        &self,
        tx: &mut Tx,
        field: &'static str,
        normalised: &str,
    ) -> Result<BlindIndex, SealError> {
        let clinic = tx.clinic();
        let key = self.current(tx, "blind_index", clinic).await?;
        Ok(BlindIndex::new(&key.key, field, normalised))
    }

    async fn current(&self, tx: &mut Tx, kind: &'static str, owner: Uuid) -> Result<Arc<DataKey>, SealError> {
        if let Some(row) = newest(tx, kind, owner).await? {
            return self.unwrap(tx, row).await;
        }
        let (id, clinic, now) = (DataKeyId::new_v7(), tx.clinic(), tx.now());
        let wrapped = {
            let key = Key::random()?;
            let wrap = self.clinic_key(tx).await?;
            wrap.seal(clinic, &key_place(id, kind, owner, 1), key.bytes())?
        };
        // Of two that make the first key together one waits for the other and then reads that one's.
        execute!(
            tx,
            "insert into data_key (id, clinic, owner_kind, owner, version, wrapped, created_us)
             values ($1, $2, $3, $4, 1, $5, $6) on conflict do nothing",
            id,
            clinic,
            kind,
            owner,
            wrapped.as_slice(),
            now
        )?;
        let row = newest(tx, kind, owner).await?.ok_or(SealError::UnknownKey)?;
        self.unwrap(tx, row).await
    }

    async fn data_key(&self, tx: &mut Tx, id: DataKeyId) -> Result<Arc<DataKey>, SealError> {
        if let Some(key) = self.data_keys.find(id, Instant::now()).filter(|key| key.clinic == tx.clinic_id())
        {
            return Ok(key);
        }
        let clinic = tx.clinic();
        let row = fetch_optional!(
            tx,
            DataKeyRow,
            "select id, owner_kind, owner, version, wrapped from data_key where clinic = $1 and id = $2",
            clinic,
            id
        )?;
        self.unwrap(tx, row.ok_or(SealError::UnknownKey)?).await
    }

    async fn unwrap(&self, tx: &mut Tx, row: DataKeyRow) -> Result<Arc<DataKey>, SealError> {
        let wrapped = row.wrapped.ok_or(SealError::Destroyed)?;
        if let Some(key) =
            self.data_keys.find(row.id, Instant::now()).filter(|key| key.clinic == tx.clinic_id())
        {
            return Ok(key);
        }
        let place = key_place(row.id, &row.owner_kind, row.owner, row.version);
        let key = self
            .clinic_key(tx)
            .await?
            .open(&place, &wrapped)
            .and_then(|bytes| Key::from_slice(&bytes))
            .ok_or(SealError::Broken { table: "data_key", column: "wrapped" })?;
        let key = Arc::new(DataKey { id: row.id, clinic: tx.clinic_id(), version: row.version, key });
        self.data_keys.keep(row.id, Arc::clone(&key), Instant::now());
        Ok(key)
    }

    async fn clinic_key(&self, tx: &mut Tx) -> Result<Key, SealError> {
        let clinic = tx.clinic_id();
        if let Some(key) = self.clinics.find(clinic, Instant::now()) {
            return Ok(key);
        }
        let row = fetch_optional!(tx, (Vec<u8>,), "select wrapped_key from clinic where id = $1", clinic.0)?;
        let (wrapped,) = row.ok_or(SealError::UnknownKey)?;
        let key = self.master.unwrap_clinic_key(clinic, &wrapped)?;
        self.clinics.keep(clinic, key.clone(), Instant::now());
        Ok(key)
    }

    /// Destroys all of an owner's data keys: what they sealed can never be opened again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn destroy(&self, tx: &mut Tx, owner: Owner) -> Result<(), SealError> {
        let (kind, id) = owner.row(tx.clinic_id());
        let (clinic, now): (Uuid, Timestamp) = (tx.clinic(), tx.now());
        execute!(
            tx,
            "update data_key set wrapped = null, destroyed_us = $1
             where clinic = $2 and owner_kind = $3 and owner = $4 and destroyed_us is null",
            now,
            clinic,
            kind,
            id
        )?;
        self.data_keys.forget_all();
        Ok(())
    }
}

async fn newest(tx: &mut Tx, kind: &str, owner: Uuid) -> Result<Option<DataKeyRow>, SealError> {
    let clinic = tx.clinic();
    Ok(fetch_optional!(
        tx,
        DataKeyRow,
        "select id, owner_kind, owner, version, wrapped from data_key
         where clinic = $1 and owner_kind = $2 and owner = $3 order by version desc limit 1",
        clinic,
        kind,
        owner
    )?)
}

/// What a wrapped data key is tied to: its row, its owner and its version. The clinic is tied by the clinic key.
fn key_place(id: DataKeyId, kind: &str, owner: Uuid, version: i64) -> Vec<u8> {
    let mut place = b"data_key.wrapped\0".to_vec();
    place.extend_from_slice(id.0.as_bytes());
    place.extend_from_slice(owner.as_bytes());
    place.extend_from_slice(&version.to_be_bytes());
    place.extend_from_slice(kind.as_bytes());
    place
}
