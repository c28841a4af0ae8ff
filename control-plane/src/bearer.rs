//! A secret that opens something for whoever holds it: a sign-in's cookie, a guest's link.
//!
//! 48 bytes, base64url: the clinic (16), so that a transaction can be opened for it before anything is looked up,
//! and 256 random bits. The database holds the SHA-256 only: a stolen dump opens nothing.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::ClinicId;
use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::seal::SealError;

const CLINIC_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
/// What a token for requests of the same session is derived for (see [`Bearer::csrf_token`]).
const CSRF: &[u8] = b"bedside csrf";

/// The secret. Prints as dots.
#[derive(Clone)]
pub struct Bearer(Zeroizing<[u8; CLINIC_BYTES + SECRET_BYTES]>);

/// The text has another shape.
#[derive(Debug, thiserror::Error)]
#[error("not a secret of Bedside")]
pub struct NotABearer;

impl Bearer {
    /// A new secret of a clinic.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn new(clinic: ClinicId) -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0; CLINIC_BYTES + SECRET_BYTES]);
        bytes[..CLINIC_BYTES].copy_from_slice(clinic.0.as_bytes());
        SystemRandom::new().fill(&mut bytes[CLINIC_BYTES..]).map_err(|_| SealError::Random)?;
        Ok(Self(bytes))
    }

    /// The clinic it claims to be of. Proven only by finding its hash there.
    #[must_use]
    pub fn clinic(&self) -> ClinicId {
        ClinicId(Uuid::from_slice(&self.0[..CLINIC_BYTES]).expect("sixteen bytes"))
    }

    /// What the database keeps.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, self.0.as_slice()).as_ref());
        hash
    }

    /// The text for the holder: a cookie, the fragment of a link.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_slice()))
    }

    /// What a page sends back with each change, to show that it could read an answer of ours: another site's page
    /// makes the browser send the cookie, but never sees this. Derived, so nothing is stored for it.
    #[must_use]
    pub fn csrf_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.csrf_key(), CSRF))
    }

    /// Checks a token in constant time.
    #[must_use]
    pub fn csrf_token_is(&self, token: &str) -> bool {
        URL_SAFE_NO_PAD.decode(token).is_ok_and(|token| hmac::verify(&self.csrf_key(), CSRF, &token).is_ok())
    }

    fn csrf_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice())
    }
}

impl FromStr for Bearer {
    type Err = NotABearer;

    fn from_str(text: &str) -> Result<Self, NotABearer> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).map_err(|_| NotABearer)?);
        let bytes = bytes.as_slice().try_into().map_err(|_| NotABearer)?;
        Ok(Self(Zeroizing::new(bytes)))
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(•••)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_back_from_its_text_with_its_clinic() {
        let clinic = ClinicId::new_v7();
        let secret = Bearer::new(clinic).unwrap();

        let read: Bearer = secret.reveal().parse().unwrap();

        assert_eq!((read.clinic(), read.sha256()), (clinic, secret.sha256()));
        assert_eq!(format!("{secret:?}"), "Bearer(•••)");
        assert_ne!(Bearer::new(clinic).unwrap().sha256(), secret.sha256());
    }

    #[test]
    fn other_text_is_not_a_secret() {
        for text in ["", "AAAA", "not base64 at all!", &"A".repeat(65), &"A".repeat(63)] {
            assert!(text.parse::<Bearer>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_page_token_belongs_to_one_secret() {
        let (ours, theirs) =
            (Bearer::new(ClinicId::new_v7()).unwrap(), Bearer::new(ClinicId::new_v7()).unwrap());

        assert!(ours.csrf_token_is(&ours.csrf_token()));
        assert!(!ours.csrf_token_is(&theirs.csrf_token()));
        assert!(!ours.csrf_token_is(""));
        assert!(!ours.csrf_token_is(&ours.reveal()), "the secret itself is no page token");
    }
}
