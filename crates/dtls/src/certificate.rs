//! What a peer's certificate must be besides being the promised one.
//!
//! WebRTC certificates are self-signed: the fingerprint alone says who the peer is, and nothing else is looked at
//! before it matched. Two properties are checked all the same, so that a careless peer fails closed:
//!
//! - **Strength.** An ECDSA key on P-256 or P-384, signed with SHA-256 or better.
//! - **Expiry.** A browser's certificate lives 30 days and a page may hold on to one (`RTCCertificate.expires`).
//!   One day is granted for clocks that disagree. The *start* of validity is not checked: a patient's clock that is
//!   ahead would shut the patient out and protect nobody.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use thiserror::Error;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::oid::ObjectIdentifier;

/// How long past its end a certificate is still taken: a wrong time zone is at most that far off.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(24 * 3600);

/// `id-ecPublicKey` (RFC 5480 §2.1.1).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `secp256r1` and `secp384r1` (RFC 5480 §2.1.1.1).
const CURVES: [ObjectIdentifier; 2] =
    [ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), ObjectIdentifier::new_unwrap("1.3.132.0.34")];
/// `ecdsa-with-SHA256`, `-SHA384`, `-SHA512` (RFC 5758 §3.2).
const SIGNATURES: [ObjectIdentifier; 3] = [
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"),
];

/// Why the certificate of a peer is refused though its fingerprint matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum CertificateProblem {
    /// Not an X.509 certificate in DER.
    #[error("certificate is unreadable")]
    Unreadable,
    /// Its validity ended more than a day ago.
    #[error("certificate has expired")]
    Expired,
    /// Signed with SHA-1, MD5 or something unknown.
    #[error("certificate is signed with a weak or unknown algorithm")]
    WeakSignature,
    /// Its key is not ECDSA on P-256 or P-384.
    #[error("certificate has a weak or unknown key")]
    WeakKey,
}

/// Checks a certificate (DER) whose fingerprint has matched.
pub(crate) fn check(der: &[u8], wall_clock: SystemTime) -> Result<(), CertificateProblem> {
    let certificate = Certificate::from_der(der).map_err(|_| CertificateProblem::Unreadable)?;
    let tbs = certificate.tbs_certificate();

    let key = &tbs.subject_public_key_info().algorithm;
    let curve = key.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    if key.oid != EC_PUBLIC_KEY || !curve.is_some_and(|curve| CURVES.contains(&curve)) {
        return Err(CertificateProblem::WeakKey);
    }
    if !SIGNATURES.contains(&certificate.signature_algorithm().oid) {
        return Err(CertificateProblem::WeakSignature);
    }
    let ended = tbs.validity().not_after.to_unix_duration();
    let today = wall_clock.duration_since(UNIX_EPOCH).unwrap_or_default();
    if today > ended + CLOCK_TOLERANCE {
        return Err(CertificateProblem::Expired);
    }
    Ok(())
}
