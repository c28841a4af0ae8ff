//! Key derivation: one master key gives six session keys (RFC 3711 §4.3).
//!
//! ```text
//!              112 bits                    16 bits
//!  +---------------------------------+-----------------+
//!  | master salt XOR (label << 48)   |  block counter  |  ── AES(master key) ──▶ 16 bytes of the session key
//!  +---------------------------------+-----------------+
//! ```
//!
//! The rate of derivation is 0, as WebRTC has it: keys are derived once, so the `index / rate` that the RFC puts
//! below the label is 0. A 256-bit master key runs the same function under AES-256 (RFC 6188 §3, RFC 7714 §11).

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};
use zeroize::Zeroize;

use crate::keying::{MasterKey, SALT_LEN};

/// AES works on 16 bytes.
const BLOCK_LEN: usize = 16;
/// Where the label lands in the salt: key_id is `label || index/rate`, 56 bits, right-aligned in 112.
const LABEL_AT: usize = 7;

/// What a session key is for (RFC 3711 §4.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    RtpEncryption = 0,
    RtpAuthentication = 1,
    RtpSalt = 2,
    RtcpEncryption = 3,
    RtcpAuthentication = 4,
    RtcpSalt = 5,
}

/// The pseudo-random function AES-CM under one master key.
pub(crate) struct KeyDerivation {
    prf: Prf,
    salt: [u8; SALT_LEN],
}

enum Prf {
    Aes128(Aes128),
    Aes256(Aes256),
}

impl KeyDerivation {
    pub(crate) fn new(master: &MasterKey) -> Self {
        Self { prf: Prf::new(master.key()), salt: master.padded_salt() }
    }

    /// Fills `out` with the session key of that label. Its length is the key's length.
    pub(crate) fn derive(&self, label: Label, out: &mut [u8]) {
        let mut input = [0; BLOCK_LEN];
        input[..SALT_LEN].copy_from_slice(&self.salt);
        input[LABEL_AT] ^= label as u8;
        for (counter, part) in (0u16..).zip(out.chunks_mut(BLOCK_LEN)) {
            input[SALT_LEN..].copy_from_slice(&counter.to_be_bytes());
            let mut block = self.prf.encrypt(input);
            part.copy_from_slice(&block[..part.len()]);
            block.zeroize();
        }
        input.zeroize();
    }
}

impl Drop for KeyDerivation {
    fn drop(&mut self) {
        // The AES key schedules zero themselves.
        self.salt.zeroize();
    }
}

impl Prf {
    fn new(key: &[u8]) -> Self {
        match key.try_into() {
            Ok(key) => Self::Aes128(Aes128::new(key)),
            Err(_) => Self::Aes256(
                Aes256::new_from_slice(key)
                    .expect("a master key has 16 or 32 bytes: MasterKey::new checked it"),
            ),
        }
    }

    fn encrypt(&self, input: [u8; BLOCK_LEN]) -> [u8; BLOCK_LEN] {
        let mut block = input.into();
        match self {
            Self::Aes128(aes) => aes.encrypt_block(&mut block),
            Self::Aes256(aes) => aes.encrypt_block(&mut block),
        }
        block.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::bytes;

    fn derived(key: &str, salt: &str, label: Label, len: usize) -> Vec<u8> {
        let kdf = KeyDerivation {
            prf: Prf::new(&bytes(key)),
            salt: bytes(salt).try_into().expect("a salt of the RFC has 14 bytes"),
        };
        let mut out = vec![0; len];
        kdf.derive(label, &mut out);
        out
    }

    /// RFC 3711 §B.3. The authentication key there runs over 94 bytes, so that the block counter is seen to count.
    #[test]
    fn rfc_3711_b3_aes_128_key_derivation() {
        const KEY: &str = "E1F97A0D3E018BE0D64FA32C06DE4139";
        const SALT: &str = "0EC675AD498AFEEBB6960B3AABE6";

        assert_eq!(derived(KEY, SALT, Label::RtpEncryption, 16), bytes("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(derived(KEY, SALT, Label::RtpSalt, 14), bytes("30CBBC08863D8C85D49DB34A9AE1"));
        assert_eq!(
            derived(KEY, SALT, Label::RtpAuthentication, 94),
            bytes(
                "CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE
                 E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25
                 6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2"
            )
        );
    }

    /// RFC 6188 §7.2.
    #[test]
    fn rfc_6188_aes_256_key_derivation() {
        const KEY: &str = "f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6";
        const SALT: &str = "3b04803de51ee7c96423ab5b78d2";

        assert_eq!(
            derived(KEY, SALT, Label::RtpEncryption, 32),
            bytes("5ba1064e30ec51613cad926c5a28ef73 1ec7fb397f70a960653caf06554cd8c4")
        );
        assert_eq!(derived(KEY, SALT, Label::RtpSalt, 14), bytes("fa31791685ca444a9e07c6c64e93"));
        assert_eq!(
            derived(KEY, SALT, Label::RtpAuthentication, 20),
            bytes("fd9c32d39ed5fbb5a9dc96b30818454d1313dc05")
        );
    }

    #[test]
    fn each_label_gives_another_key() {
        let labels = [
            Label::RtpEncryption,
            Label::RtpAuthentication,
            Label::RtpSalt,
            Label::RtcpEncryption,
            Label::RtcpAuthentication,
            Label::RtcpSalt,
        ];
        let key = "00000000000000000000000000000000";
        let salt = "0000000000000000000000000000";

        let mut keys = labels.map(|label| derived(key, salt, label, 16)).to_vec();
        keys.sort();
        keys.dedup();

        assert_eq!(keys.len(), labels.len());
    }
}
