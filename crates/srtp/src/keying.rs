//! What the DTLS handshake leaves: one master key and salt per direction, zeroed when dropped.

use core::fmt;

use zeroize::ZeroizeOnDrop;

use crate::error::KeyingError;
use crate::open::SrtpOpener;
use crate::profile::SrtpProfile;
use crate::seal::SrtpSealer;

/// The longest master key: AES-256.
const KEY_CAPACITY: usize = 32;
/// The key derivation's salt: 112 bits. The 96-bit salt of AES-GCM gets 16 zero bits behind it (RFC 7714 §11).
pub(crate) const SALT_LEN: usize = 14;

/// Which end of the DTLS handshake this program was. It seals with its own keys and opens with the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DtlsRole {
    /// Sent the ClientHello: `a=setup:active`.
    Client,
    /// Answered it: `a=setup:passive`, as a node does.
    Server,
}

/// The exporter's output, cut up. `Debug` shows the profile only.
pub struct KeyingMaterial {
    client_write: MasterKey,
    server_write: MasterKey,
}

impl KeyingMaterial {
    /// The label to give to the DTLS exporter (RFC 5764 §4.2), with no context.
    pub const EXPORTER_LABEL: &'static str = "EXTRACTOR-dtls_srtp";

    /// Cuts the exporter's output (RFC 5764 §4.2):
    ///
    /// ```text
    /// | client write key | server write key | client write salt | server write salt |
    /// ```
    ///
    /// # Errors
    /// [`KeyingError::Length`] when it is not [`SrtpProfile::keying_material_len`] bytes long.
    pub fn from_exporter(profile: SrtpProfile, exported: &[u8]) -> Result<Self, KeyingError> {
        let expected = profile.keying_material_len();
        if exported.len() != expected {
            return Err(KeyingError::Length { expected, got: exported.len() });
        }
        let (keys, salts) = exported.split_at(2 * profile.key_len());
        let (client_key, server_key) = keys.split_at(profile.key_len());
        let (client_salt, server_salt) = salts.split_at(profile.salt_len());
        Ok(Self {
            client_write: MasterKey::new(profile, client_key, client_salt)?,
            server_write: MasterKey::new(profile, server_key, server_salt)?,
        })
    }

    /// The key of what the DTLS client sends.
    #[must_use]
    pub const fn client_write(&self) -> &MasterKey {
        &self.client_write
    }

    /// The key of what the DTLS server sends.
    #[must_use]
    pub const fn server_write(&self) -> &MasterKey {
        &self.server_write
    }

    /// Both directions of an association, seen from `role`.
    #[must_use]
    pub fn contexts(&self, role: DtlsRole) -> (SrtpSealer, SrtpOpener) {
        let (own, other) = match role {
            DtlsRole::Client => (&self.client_write, &self.server_write),
            DtlsRole::Server => (&self.server_write, &self.client_write),
        };
        (SrtpSealer::new(own), SrtpOpener::new(other))
    }
}

impl fmt::Debug for KeyingMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyingMaterial").field("profile", &self.client_write.profile).finish_non_exhaustive()
    }
}

/// A master key and salt of one direction. `Debug` shows the profile only.
///
/// At most one [`SrtpSealer`] may ever be made of one: a second would seal the same indexes again.
#[derive(ZeroizeOnDrop)]
pub struct MasterKey {
    #[zeroize(skip)]
    profile: SrtpProfile,
    key: [u8; KEY_CAPACITY],
    salt: [u8; SALT_LEN],
}

impl MasterKey {
    /// A copy of the given key and salt.
    ///
    /// # Errors
    /// [`KeyingError::Length`] when key and salt are not as long as the profile says.
    pub fn new(profile: SrtpProfile, key: &[u8], salt: &[u8]) -> Result<Self, KeyingError> {
        if key.len() != profile.key_len() || salt.len() != profile.salt_len() {
            let expected = profile.key_len() + profile.salt_len();
            return Err(KeyingError::Length { expected, got: key.len() + salt.len() });
        }
        let mut master = Self { profile, key: [0; KEY_CAPACITY], salt: [0; SALT_LEN] };
        master.key[..key.len()].copy_from_slice(key);
        master.salt[..salt.len()].copy_from_slice(salt);
        Ok(master)
    }

    /// The profile that the key belongs to.
    #[must_use]
    pub const fn profile(&self) -> SrtpProfile {
        self.profile
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key[..self.profile.key_len()]
    }

    /// Padded to the key derivation's 112 bits.
    pub(crate) const fn padded_salt(&self) -> [u8; SALT_LEN] {
        self.salt
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("profile", &self.profile).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exporter_output_is_cut_in_the_order_of_rfc_5764() {
        let exported: Vec<u8> = (0..60).collect();

        let material = KeyingMaterial::from_exporter(SrtpProfile::AesCm128HmacSha1_80, &exported).unwrap();

        assert_eq!(material.client_write().key(), &exported[..16]);
        assert_eq!(material.server_write().key(), &exported[16..32]);
        assert_eq!(material.client_write().padded_salt(), exported[32..46]);
        assert_eq!(material.server_write().padded_salt(), exported[46..60]);
    }

    #[test]
    fn a_96_bit_salt_is_padded_behind() {
        let master = MasterKey::new(SrtpProfile::AeadAes256Gcm, &[7; 32], &[9; 12]).unwrap();

        assert_eq!(master.padded_salt(), [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0]);
    }

    #[test]
    fn any_other_length_is_refused() {
        for profile in SrtpProfile::ALL {
            for len in (0..200).filter(|len| *len != profile.keying_material_len()) {
                let expected = profile.keying_material_len();

                let refused = KeyingMaterial::from_exporter(profile, &vec![0; len]).unwrap_err();

                assert_eq!(refused, KeyingError::Length { expected, got: len });
            }
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let material = KeyingMaterial::from_exporter(SrtpProfile::AeadAes128Gcm, &[0xab; 56]).unwrap();

        let shown = format!("{material:?} {:?}", material.client_write());

        assert!(!shown.contains("171") && !shown.to_lowercase().contains("ab,"), "{shown}");
        assert!(shown.contains("AeadAes128Gcm"), "{shown}");
    }
}
