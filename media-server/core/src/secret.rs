//! Resume secrets: what brings a browser back to its seat, from whatever address (abuse 14).
//!
//! `<worker, 2 hex digits>.<base64url of 256 random bits>`. Every `joined` brings the next, and the one before is dead
//! once the client is known to have it. The core keeps the SHA-256 only, so a copy of its memory opens no seat.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest;

use crate::random::Random;

/// Longest secret that is hashed; ours have 46 characters.
const SECRET_BYTES_MAX: usize = 128;

/// What is kept of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SecretHash([u8; 32]);

impl SecretHash {
    /// `None` for what is longer than any secret.
    pub(crate) fn of(secret: &str) -> Option<Self> {
        if secret.len() > SECRET_BYTES_MAX {
            return None;
        }
        let hash = digest::digest(&digest::SHA256, secret.as_bytes());
        hash.as_ref().try_into().ok().map(Self)
    }
}

/// A new secret of this worker, and its hash.
pub(crate) fn new(worker: u8, random: &mut Random) -> (String, SecretHash) {
    let secret = format!("{worker:02x}.{}", BASE64_URL_SAFE_NO_PAD.encode(random.bytes::<32>()));
    let hash = SecretHash::of(&secret).expect("46 characters are within the bound");
    (secret, hash)
}

/// The worker that holds the seat of a resume secret: the secret begins with it. `None` for what no core made.
#[must_use]
pub fn resume_worker(secret: &str) -> Option<u8> {
    let (worker, _) = secret.split_once('.')?;
    let is_plain = worker.len() == 2 && worker.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if is_plain { u8::from_str_radix(worker, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_names_its_worker_and_is_never_made_twice() {
        let mut random = Random::new([1; 32]);

        let (first, first_hash) = new(0xa7, &mut random);
        let (second, second_hash) = new(0xa7, &mut random);

        assert_eq!(resume_worker(&first), Some(0xa7));
        assert_eq!(first.len(), 46);
        assert_ne!((first, first_hash), (second, second_hash));
    }

    #[test]
    fn what_no_core_made_has_no_worker() {
        for secret in ["", ".", "a.x", "zz.x", "A7.x", "+7.x", "a7x", "0a7.x"] {
            assert_eq!(resume_worker(secret), None, "{secret}");
        }
        assert_eq!(SecretHash::of(&"a".repeat(1000)), None);
    }
}
