//! Passwords: argon2id (RFC 9106), one hash per attempt whoever is asked for.
//!
//! An unknown address costs the same hash as a known one, against a dummy of the same cost: the time of an answer does
//! not tell who has an account (abuse sentence 18).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use telemetry::Redacted;
use tokio::sync::Semaphore;

use crate::http::problem::{ApiError, Problem};

/// Without a second factor (NIST SP 800-63B-4 §3.1.1.2).
pub const PASSWORD_CHARS_MIN: usize = 15;
/// Longer is refused before it is hashed.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// OWASP's floor for argon2id: 19 MiB, two passes, one lane. About 15 ms on one core.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes at a time: each holds a core and 19 MiB. The rest of the process stays answerable.
const HASHES_AT_A_TIME: usize = 2;

/// Those who wait for a slot. Some 40 hashes a second are done on two cores: who would wait longer than about a second and
/// a half is told so at once, and a burst of strangers is over as fast for everybody else.
const WAITING_MAX: usize = 64;

/// A password that must not be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too short.
    #[error("a password has at least 15 characters")]
    Short,
    /// Too long.
    #[error("a password has at most 1024 bytes")]
    Long,
}

/// Checks length; there are no rules about which characters (NIST SP 800-63B-4 §3.1.1.2).
///
/// # Errors
/// [`WeakPassword`].
pub fn check_strength(password: &str) -> Result<(), WeakPassword> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(WeakPassword::Long);
    }
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(WeakPassword::Short);
    }
    Ok(())
}

/// Hashes and checks, off the request threads.
#[derive(Clone)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    /// Places in the queue and at work.
    places: Arc<Semaphore>,
    dummy: Arc<str>,
    hashes: Arc<AtomicU64>,
}

impl Passwords {
    /// Makes the dummy that stands in for accounts that are not there.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn new() -> Result<Self, ApiError> {
        let dummy = hash_now("nobody has this password")?;
        Ok(Self {
            slots: Arc::new(Semaphore::new(HASHES_AT_A_TIME)),
            places: Arc::new(Semaphore::new(HASHES_AT_A_TIME + WAITING_MAX)),
            dummy: dummy.into(),
            hashes: Arc::default(),
        })
    }

    /// The PHC string of a new password.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub async fn hash(&self, password: Redacted<String>) -> Result<String, ApiError> {
        self.run(move || hash_now(password.expose())).await?
    }

    /// Whether `password` is the one of `stored`; without a stored one it is not, after the same work.
    ///
    /// # Errors
    /// When the work could not be done, or too many wait for theirs (503).
    pub async fn verify(&self, password: Redacted<String>, stored: Option<String>) -> Result<bool, ApiError> {
        let dummy = Arc::clone(&self.dummy);
        self.run(move || {
            let is_known = stored.is_some();
            let stored = stored.as_deref().unwrap_or(&dummy);
            let hash =
                PasswordHash::new(stored).map_err(|_| ApiError::Internal("a password hash of no form"))?;
            let fits = Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok();
            Ok(fits && is_known)
        })
        .await?
    }

    /// How many hashes were computed: what an attempt costs, counted instead of timed.
    #[must_use]
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let Ok(_place) = self.places.try_acquire() else { return Err(Problem::unavailable().into()) };
        let _slot =
            self.slots.acquire().await.map_err(|_| ApiError::Internal("the password hasher is closed"))?;
        self.hashes.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::Internal("the password hasher stopped"))
    }
}

fn hash_now(password: &str) -> Result<String, ApiError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|_| ApiError::Internal("argon2 refuses its parameters"))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|_| ApiError::Internal("no random bytes for a salt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords.hash("correct horse battery".to_owned().into()).await.unwrap();

        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(
            passwords.verify("correct horse battery".to_owned().into(), Some(stored.clone())).await.unwrap()
        );
        assert!(!passwords.verify("correct horse batterY".to_owned().into(), Some(stored)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_signs_in_with_the_dummys_password() {
        let passwords = Passwords::new().unwrap();

        assert!(!passwords.verify("nobody has this password".to_owned().into(), None).await.unwrap());
        assert_eq!(passwords.hashes(), 1, "an absent account costs a hash too");
    }

    #[tokio::test]
    async fn abuse_19_a_burst_is_shed_at_once_and_those_after_it_are_served() {
        let passwords = Passwords::new().unwrap();
        let attempt = || async { passwords.verify("not the password".to_owned().into(), None).await };

        let burst = futures_util::future::join_all((0..500).map(|_| attempt())).await;

        let (served, shed): (Vec<_>, Vec<_>) = burst.into_iter().partition(Result::is_ok);
        assert_eq!(served.len(), HASHES_AT_A_TIME + WAITING_MAX);
        for error in shed.into_iter().map(Result::unwrap_err) {
            let problem = error.problem();
            assert_eq!((problem.status.as_u16(), problem.retry_after_secs), (503, Some(2)));
        }
        assert!(!attempt().await.unwrap(), "the queue is empty again");
    }

    #[test]
    fn strength_is_length_in_characters() {
        assert_eq!(check_strength("ünïcödé ist gut"), Ok(()));
        assert_eq!(check_strength("fourteen chars"), Err(WeakPassword::Short));
        assert_eq!(check_strength(&"x".repeat(1025)), Err(WeakPassword::Long));
    }
}
