//! The stored form of everything sealed or wrapped, and the one place that calls the cipher.
//!
//! ```text
//!  0         1           2            18          30                      n-16      n
//! +---------+-----------+------------+-----------+-----------------------+---------+
//! | version | algorithm | key id     | nonce     | ciphertext            | tag     |
//! +---------+-----------+------------+-----------+-----------------------+---------+
//! ```
//!
//! AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. A data key seals one owner's few thousand fields and a
//! clinic key wraps one key per owner: both stay far below the 2^32 uses that §8.3 allows a random nonce.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::SealError;

/// Version 1 of the stored form.
const VERSION: u8 = 1;
/// AES-256-GCM.
const ALGORITHM: u8 = 1;
const NONCE_AT: usize = 2 + 16;
const CIPHERTEXT_AT: usize = NONCE_AT + NONCE_LEN;
const TAG_LEN: usize = 16;

/// Thirty-two secret bytes, wiped when dropped.
#[derive(Clone)]
pub(super) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub(super) fn random() -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(bytes.as_mut_slice()).map_err(|_| SealError::Random)?;
        Ok(Self(bytes))
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    fn cipher(&self) -> LessSafeKey {
        let key = UnboundKey::new(&AES_256_GCM, self.bytes()).expect("AES-256 takes thirty-two bytes");
        LessSafeKey::new(key)
    }

    /// Seals `plain`, tied to `place`, under this key, which is known as `id`.
    pub(super) fn seal(&self, id: Uuid, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| SealError::Random)?;
        Ok(self.seal_with(nonce, id, place, plain))
    }

    fn seal_with(&self, nonce: [u8; NONCE_LEN], id: Uuid, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut stored = Vec::with_capacity(CIPHERTEXT_AT + plain.len() + TAG_LEN);
        stored.extend_from_slice(&[VERSION, ALGORITHM]);
        stored.extend_from_slice(id.as_bytes());
        stored.extend_from_slice(&nonce);
        stored.extend_from_slice(plain);
        let tag = self
            .cipher()
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place),
                &mut stored[CIPHERTEXT_AT..],
            )
            .expect("a field is shorter than the 64 GiB that GCM seals at once");
        stored.extend_from_slice(tag.as_ref());
        stored
    }

    /// Opens what [`Key::seal`] made for the same `place`; `None` when anything differs.
    pub(super) fn open(&self, place: &[u8], stored: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        key_id(stored)?;
        let nonce = Nonce::try_assume_unique_for_key(stored.get(NONCE_AT..CIPHERTEXT_AT)?).ok()?;
        let mut sealed = Zeroizing::new(stored.get(CIPHERTEXT_AT..)?.to_vec());
        let length = self.cipher().open_in_place(nonce, Aad::from(place), &mut sealed).ok()?.len();
        sealed.truncate(length);
        Some(sealed)
    }
}

/// The id of the key that a stored value was sealed under; `None` when it has no such form.
pub(super) fn key_id(stored: &[u8]) -> Option<Uuid> {
    let known = stored.first() == Some(&VERSION) && stored.get(1) == Some(&ALGORITHM);
    if !known || stored.len() < CIPHERTEXT_AT + TAG_LEN {
        return None;
    }
    Uuid::from_slice(&stored[2..NONCE_AT]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test case 16 of the GCM specification (McGrew and Viega), which has associated data: nobody's own round
    /// trip can be wrong on both sides.
    #[test]
    fn the_stored_form_holds_the_published_ciphertext_and_tag() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
        };
        let key = Key::from_slice(&hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"))
            .unwrap();
        let nonce: [u8; 12] = hex("cafebabefacedbaddecaf888").try_into().unwrap();
        let plain = hex(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
             b16aedf5aa0de657ba637b39",
        );
        let place = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let id = Uuid::from_u128(7);

        let stored = key.seal_with(nonce, id, &place, &plain);

        assert_eq!(stored[..2], [1, 1]);
        assert_eq!(stored[2..18], *id.as_bytes());
        assert_eq!(stored[18..30], nonce);
        assert_eq!(
            stored[30..],
            hex(
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838\
                 c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
            )
        );
        assert_eq!(key.open(&place, &stored).unwrap().as_slice(), plain);
    }

    #[test]
    fn no_bit_of_a_stored_value_can_change() {
        let key = Key::random().unwrap();
        let stored = key.seal(Uuid::from_u128(7), b"here", b"Anna Nowak").unwrap();

        for bit in 0..stored.len() * 8 {
            let mut changed = stored.clone();
            changed[bit / 8] ^= 1 << (bit % 8);

            // The key id is not authenticated by itself: it only chooses a key, and another key does not open.
            if !(2..18).contains(&(bit / 8)) {
                assert!(key.open(b"here", &changed).is_none(), "bit {bit}");
            }
        }
        assert!(key.open(b"there", &stored).is_none());
        assert!(Key::random().unwrap().open(b"here", &stored).is_none());
    }

    #[test]
    fn no_length_of_stored_value_panics() {
        let key = Key::random().unwrap();
        let stored = key.seal(Uuid::from_u128(7), b"here", b"").unwrap();

        for length in 0..stored.len() {
            assert!(key.open(b"here", &stored[..length]).is_none(), "{length}");
        }
        assert_eq!(key.open(b"here", &stored).unwrap().len(), 0);
    }
}
