//! `Sealed<T>`: a column whose content only the application reads.

use std::fmt;
use std::marker::PhantomData;

use protocol::ClinicId;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Type};
use uuid::Uuid;
use zeroize::Zeroizing;

/// What can be sealed. The bytes are the plain text.
pub trait Sealable: Sized {
    /// As bytes, wiped after sealing.
    fn to_plain(&self) -> Zeroizing<Vec<u8>>;
    /// Back from bytes; `None` when they are no such value.
    fn from_plain(plain: &[u8]) -> Option<Self>;
}

impl Sealable for String {
    fn to_plain(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.as_bytes().to_vec())
    }

    fn from_plain(plain: &[u8]) -> Option<Self> {
        std::str::from_utf8(plain).ok().map(str::to_owned)
    }
}

impl Sealable for Vec<u8> {
    fn to_plain(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.clone())
    }

    fn from_plain(plain: &[u8]) -> Option<Self> {
        Some(plain.to_vec())
    }
}

/// Where a sealed value stands. It is part of what is authenticated, so that a value copied to another row, column
/// or clinic does not open there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Table.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
    /// The row's id.
    pub row: Uuid,
}

impl Place {
    /// `table.column` of the row with this id.
    #[must_use]
    pub const fn new(table: &'static str, column: &'static str, row: Uuid) -> Self {
        Self { table, column, row }
    }

    /// Associated data: schema version, clinic, table, column, row, key version. Lengths stand before the names, so
    /// that no two places read alike.
    pub(super) fn associated(&self, clinic: ClinicId, key_version: i64) -> Vec<u8> {
        /// Raised when what is authenticated changes.
        const SCHEMA: u8 = 1;
        let mut data = Vec::with_capacity(1 + 16 + 2 + self.table.len() + self.column.len() + 16 + 8);
        data.push(SCHEMA);
        data.extend_from_slice(clinic.0.as_bytes());
        for name in [self.table, self.column] {
            data.push(u8::try_from(name.len()).expect("names of tables and columns are short"));
            data.extend_from_slice(name.as_bytes());
        }
        data.extend_from_slice(self.row.as_bytes());
        data.extend_from_slice(&key_version.to_be_bytes());
        data
    }
}

/// The stored form of a `T` (see `envelope.rs`). Comes from [`super::OwnerKey::seal`] and the database only, and is
/// opened by [`super::Keyring::open`].
pub struct Sealed<T> {
    pub(super) stored: Vec<u8>,
    plain: PhantomData<fn() -> T>,
}

impl<T> Sealed<T> {
    pub(super) fn from_stored(stored: Vec<u8>) -> Self {
        Self { stored, plain: PhantomData }
    }
}

impl<T> Clone for Sealed<T> {
    fn clone(&self) -> Self {
        Self::from_stored(self.stored.clone())
    }
}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

impl<T, DB: Database> Type<DB> for Sealed<T>
where
    Vec<u8>: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        Vec::<u8>::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        Vec::<u8>::compatible(ty)
    }
}

impl<'q, T, DB: Database> Encode<'q, DB> for Sealed<T>
where
    Vec<u8>: Encode<'q, DB>,
{
    fn encode_by_ref(&self, buf: &mut <DB as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.stored.encode_by_ref(buf)
    }
}

impl<'r, T, DB: Database> Decode<'r, DB> for Sealed<T>
where
    Vec<u8>: Decode<'r, DB>,
{
    fn decode(value: <DB as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Vec::<u8>::decode(value).map(Self::from_stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_places_are_authenticated_alike() {
        let (row, other_row) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (clinic, other_clinic) = (ClinicId(row), ClinicId(other_row));
        let places = [
            (Place::new("account", "name", row), clinic, 1),
            (Place::new("account", "mail", row), clinic, 1),
            (Place::new("patient", "name", row), clinic, 1),
            (Place::new("accountn", "ame", row), clinic, 1),
            (Place::new("account", "name", other_row), clinic, 1),
            (Place::new("account", "name", row), other_clinic, 1),
            (Place::new("account", "name", row), clinic, 2),
        ];
        let data: std::collections::BTreeSet<Vec<u8>> =
            places.iter().map(|(place, clinic, version)| place.associated(*clinic, *version)).collect();

        assert_eq!(data.len(), places.len());
    }
}
