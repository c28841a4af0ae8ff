//! The certificate and key with which this program answers for itself.
//!
//! Made at start and never written anywhere (RFC 8827 §6.5, ASVS 17.2.1). Peers know it by its fingerprint, which
//! signalling carries; nobody signs it. ECDSA on P-256 is what every browser has.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::fingerprint::{Fingerprint, HashFunction};

/// How far the certificate's validity reaches back: peers' clocks may be a day behind.
const VALID_BEFORE: Duration = Duration::from_secs(24 * 3600);
/// How long the certificate is valid. A process makes a new one at each start; two years outlive any uptime.
const VALID_FOR: Duration = Duration::from_secs(2 * 365 * 24 * 3600);

/// The identity could not be made: no randomness, or a clock out of range.
#[derive(Debug, Error)]
#[error("could not make a DTLS certificate: {0}")]
pub struct IdentityError(String);

/// A self-signed certificate with its key. The key is zeroed when dropped; `Debug` shows the fingerprint only.
pub struct Identity {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    fingerprint: Fingerprint,
}

impl Identity {
    /// Makes a new key pair and certificate. `wall_clock` dates the certificate.
    ///
    /// # Errors
    /// [`IdentityError`] when the operating system gives no randomness or `wall_clock` lies before 1970.
    pub fn generate(wall_clock: SystemTime) -> Result<Self, IdentityError> {
        let failed = |error: &dyn fmt::Display| IdentityError(error.to_string());
        let since_epoch = wall_clock.duration_since(UNIX_EPOCH).map_err(|e| failed(&e))?;
        let mut key_pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|e| failed(&e))?;

        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, "WebRTC");
        params.distinguished_name = name;
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        params.not_before = epoch + since_epoch.saturating_sub(VALID_BEFORE);
        params.not_after = epoch + since_epoch.saturating_add(VALID_FOR);

        let certificate = params.self_signed(&key_pair).map_err(|e| failed(&e))?.der().to_vec();
        let key = Zeroizing::new(key_pair.serialize_der());
        key_pair.zeroize();
        let fingerprint = Fingerprint::of(HashFunction::Sha256, &certificate);
        Ok(Self { certificate, key, fingerprint })
    }

    /// What goes into the own description: the SHA-256 fingerprint.
    #[must_use]
    pub const fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The certificate in DER.
    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The key in PKCS#8 DER.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate;

    #[test]
    fn two_identities_share_nothing() {
        let [one, two] = [0, 1].map(|_| Identity::generate(SystemTime::now()).unwrap());

        assert_ne!(one.fingerprint(), two.fingerprint());
        assert_ne!(one.key(), two.key());
    }

    #[test]
    fn the_own_certificate_passes_the_own_check_until_it_expires() {
        let made = SystemTime::now();
        let identity = Identity::generate(made).unwrap();

        assert_eq!(certificate::check(identity.certificate(), made), Ok(()));
        assert_eq!(certificate::check(identity.certificate(), made + VALID_FOR), Ok(()));
        assert!(certificate::check(identity.certificate(), made + 2 * VALID_FOR).is_err());
    }

    #[test]
    fn debug_shows_no_key() {
        let identity = Identity::generate(SystemTime::now()).unwrap();

        assert_eq!(
            format!("{identity:?}"),
            format!("Identity {{ fingerprint: {}, .. }}", identity.fingerprint())
        );
    }
}
