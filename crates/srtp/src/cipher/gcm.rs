//! AES-GCM by `ring` (RFC 7714), 128 and 256 bit.
//!
//! The key schedule and the hash key are made once; a packet costs an XOR for its nonce and one call.

use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, NONCE_LEN, Nonce, Tag, UnboundKey};

use super::{BadTag, BodyTooLong, Clear, PacketCipher, PacketId, RTCP_CLEAR_LEN};
use crate::profile::INDEX_WORD_LEN;

/// One session key of AES-GCM.
pub(crate) struct GcmCipher {
    key: LessSafeKey,
    /// The session salt, 96 bits.
    salt: u128,
}

impl GcmCipher {
    pub(crate) fn aes_128(key: &[u8; 16], salt: &[u8; NONCE_LEN]) -> Self {
        Self::new(&AES_128_GCM, key, salt)
    }

    pub(crate) fn aes_256(key: &[u8; 32], salt: &[u8; NONCE_LEN]) -> Self {
        Self::new(&AES_256_GCM, key, salt)
    }

    fn new(algorithm: &'static Algorithm, key: &[u8], salt: &[u8; NONCE_LEN]) -> Self {
        let key =
            UnboundKey::new(algorithm, key).expect("the callers' arrays have the algorithm's key length");
        let mut wide = [0; 16];
        wide[16 - NONCE_LEN..].copy_from_slice(salt);
        Self { key: LessSafeKey::new(key), salt: u128::from_be_bytes(wide) }
    }

    /// RFC 7714 §8.1 for RTP, §9.1 for RTCP.
    fn nonce(&self, id: PacketId) -> Nonce {
        let [_, _, _, _, nonce @ ..] = (self.salt ^ id.bits()).to_be_bytes();
        Nonce::assume_unique_for_key(nonce)
    }
}

/// The associated data of an RTCP packet lies in two places on the wire (RFC 7714 §9.2), so it is put together.
fn rtcp_aad(
    header: &[u8; RTCP_CLEAR_LEN],
    index_word: [u8; INDEX_WORD_LEN],
) -> [u8; RTCP_CLEAR_LEN + INDEX_WORD_LEN] {
    let mut aad = [0; RTCP_CLEAR_LEN + INDEX_WORD_LEN];
    aad[..RTCP_CLEAR_LEN].copy_from_slice(header);
    aad[RTCP_CLEAR_LEN..].copy_from_slice(&index_word);
    aad
}

impl PacketCipher for GcmCipher {
    fn seal(
        &self,
        id: PacketId,
        clear: Clear<'_>,
        body: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), BodyTooLong> {
        let nonce = self.nonce(id);
        let made = match clear {
            Clear::Rtp { header } => self.key.seal_in_place_separate_tag(nonce, Aad::from(header), body),
            Clear::Rtcp { header, index_word } => {
                self.key.seal_in_place_separate_tag(nonce, Aad::from(rtcp_aad(header, index_word)), body)
            }
        };
        tag.copy_from_slice(made.map_err(|_| BodyTooLong)?.as_ref());
        Ok(())
    }

    fn open(&self, id: PacketId, clear: Clear<'_>, body: &mut [u8], tag: &[u8]) -> Result<(), BadTag> {
        let nonce = self.nonce(id);
        let tag = Tag::try_from(tag).map_err(|_| BadTag)?;
        let opened = match clear {
            Clear::Rtp { header } => {
                self.key.open_in_place_separate_tag(nonce, Aad::from(header), tag, body, 0..)
            }
            Clear::Rtcp { header, index_word } => {
                let aad = Aad::from(rtcp_aad(header, index_word));
                self.key.open_in_place_separate_tag(nonce, aad, tag, body, 0..)
            }
        };
        opened.map(|_| ()).map_err(|_| BadTag)
    }
}
