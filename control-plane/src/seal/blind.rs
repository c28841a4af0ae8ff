//! Blind index: finds a row by an exact value without the database knowing the value.
//!
//! HMAC-SHA256 (RFC 2104) of the normalised value under the clinic's own key: the same address has another index in
//! another clinic, and without the key a list of likely addresses cannot be tried.

use ring::hmac;

use super::envelope::Key;

/// The index of one value. Bind [`BlindIndex::as_bytes`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlindIndex([u8; 32]);

impl BlindIndex {
    /// `field` keeps equal values of different fields apart.
    pub(super) fn new(key: &Key, field: &'static str, normalised: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.bytes());
        let mut context = hmac::Context::with_key(&key);
        context.update(field.as_bytes());
        context.update(b"\0");
        context.update(normalised.as_bytes());
        let mut index = [0; 32];
        index.copy_from_slice(context.sign().as_ref());
        Self(index)
    }

    /// Some index, for tests that need no key.
    #[cfg(test)]
    pub(crate) const fn of_test(byte: u8) -> Self {
        Self([byte; 32])
    }

    /// As stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BlindIndex(…)")
    }
}
