//! AES-128 counter mode with HMAC-SHA1, tag cut to 80 bits (RFC 3711 §4.1.1, §4.2.1).
//!
//! ```text
//!   RTP:  | header | encrypted body | tag |          tag = HMAC(header, body, rollover counter)
//!  RTCP:  | header | encrypted body | E, index | tag |   HMAC(header, body, E and index)
//! ```
//!
//! The key schedule and HMAC's two padded blocks are made once; a packet clones two SHA-1 states.

use aes::Aes128;
use aes::cipher::{InnerIvInit, KeyInit, StreamCipherCore};
use ctr::{CtrCore, flavors};
use hmac::{Hmac, Mac};
use sha1::Sha1;

use super::{BadTag, BodyTooLong, Clear, PacketCipher, PacketId};

/// The session authentication key of HMAC-SHA1 (RFC 3711 §8.2).
const AUTH_KEY_LEN: usize = 20;
/// The session salt of AES-CM.
const SALT_LEN: usize = 14;
/// The low 16 bits of the counter block count blocks of key stream within a packet.
const BLOCK_COUNTER_BITS: u32 = 16;
/// So many bytes of key stream has one packet; beyond them it would run into the next packet's.
const BODY_LEN_MAX: usize = 16 << BLOCK_COUNTER_BITS;

/// One session key of AES-CM, with its authentication key.
pub(crate) struct CmCipher {
    key: Aes128,
    mac: Hmac<Sha1>,
    /// The session salt, 112 bits.
    salt: u128,
}

impl CmCipher {
    pub(crate) fn new(key: &[u8; 16], auth_key: &[u8; AUTH_KEY_LEN], salt: &[u8; SALT_LEN]) -> Self {
        let mut wide = [0; 16];
        wide[16 - SALT_LEN..].copy_from_slice(salt);
        Self {
            key: Aes128::new(key.into()),
            mac: Hmac::new_from_slice(auth_key).expect("HMAC takes a key of any length"),
            salt: u128::from_be_bytes(wide),
        }
    }

    fn apply_key_stream(&self, id: PacketId, body: &mut [u8]) -> Result<(), BodyTooLong> {
        if body.len() > BODY_LEN_MAX {
            return Err(BodyTooLong);
        }
        let first_block = ((self.salt ^ id.bits()) << BLOCK_COUNTER_BITS).to_be_bytes();
        CtrCore::<&Aes128, flavors::Ctr128BE>::inner_iv_init(&self.key, &first_block.into())
            .apply_keystream_partial(body.into());
        Ok(())
    }

    fn authenticate(&self, id: PacketId, clear: Clear<'_>, body: &[u8]) -> Hmac<Sha1> {
        let mut mac = self.mac.clone();
        match clear {
            Clear::Rtp { header } => {
                let rollover = (id.index >> 16) as u32;
                mac.update(header);
                mac.update(body);
                mac.update(&rollover.to_be_bytes());
            }
            Clear::Rtcp { header, index_word } => {
                mac.update(header);
                mac.update(body);
                mac.update(&index_word);
            }
        }
        mac
    }
}

impl PacketCipher for CmCipher {
    fn seal(
        &self,
        id: PacketId,
        clear: Clear<'_>,
        body: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), BodyTooLong> {
        self.apply_key_stream(id, body)?;
        let made = self.authenticate(id, clear, body).finalize().into_bytes();
        tag.copy_from_slice(&made[..tag.len()]);
        Ok(())
    }

    fn open(&self, id: PacketId, clear: Clear<'_>, body: &mut [u8], tag: &[u8]) -> Result<(), BadTag> {
        self.authenticate(id, clear, body).verify_truncated_left(tag).map_err(|_| BadTag)?;
        self.apply_key_stream(id, body).map_err(|_| BadTag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::bytes;

    /// RFC 3711 §B.2: key stream with SSRC, rollover counter and sequence number 0. Blocks 0 to 2 and the last that
    /// the RFC prints, 0xfeff to 0xff01.
    #[test]
    fn rfc_3711_b2_key_stream() {
        let key = bytes("2B7E151628AED2A6ABF7158809CF4F3C").try_into().unwrap();
        let salt = bytes("F0F1F2F3F4F5F6F7F8F9FAFBFCFD").try_into().unwrap();
        let cipher = CmCipher::new(&key, &[0; AUTH_KEY_LEN], &salt);
        let mut stream = vec![0; 0xff02 * 16];

        cipher.apply_key_stream(PacketId { ssrc: 0, index: 0 }, &mut stream).unwrap();

        assert_eq!(
            stream[..48],
            bytes(
                "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB
                 41E95B3BB0A2E8DD477901E4FCA894C0"
            )
        );
        assert_eq!(
            stream[0xfeff * 16..],
            bytes(
                "EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE
                 6A2CC3787889374FBEB4C81B17BA6C44"
            )
        );
    }

    #[test]
    fn a_body_beyond_the_block_counter_is_refused() {
        let cipher = CmCipher::new(&[1; 16], &[2; AUTH_KEY_LEN], &[3; SALT_LEN]);
        let mut body = vec![0; BODY_LEN_MAX + 1];

        let refused = cipher.apply_key_stream(PacketId { ssrc: 1, index: 1 }, &mut body);

        assert_eq!(refused, Err(BodyTooLong));
    }
}
