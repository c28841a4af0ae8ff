//! Test vectors as they are printed in the RFCs.

use crate::cipher::{GcmCipher, PacketCipher};
use crate::profile::SrtpProfile;

/// The bytes of hexadecimal text; white space is for the eye.
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| u8::try_from(c.to_digit(16).expect("a hexadecimal digit")).expect("below 16"))
        .collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    assert!(rest.is_empty(), "an odd number of digits");
    pairs.iter().map(|[high, low]| high << 4 | low).collect()
}

/// A packet before and after sealing, RFC 7714 §16 (SRTP) and §17 (SRTCP). The keys there are session keys: no
/// derivation comes before them. They count up from 00, to 0f or to 1f.
pub(crate) struct Rfc7714 {
    pub(crate) profile: SrtpProfile,
    pub(crate) plain: Vec<u8>,
    pub(crate) sealed: Vec<u8>,
}

impl Rfc7714 {
    /// §17: the index of the SRTCP packet.
    pub(crate) const SRTCP_INDEX: u32 = 0x5d4;
    const SALT: [u8; 12] = *b"Quid pro quo";

    /// §16.1.1 and §16.2.1. The rollover counter is 0.
    pub(crate) fn srtp() -> [Self; 2] {
        let plain = bytes(
            "8040f17b 8041f8d3 5501a0b2
             47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573",
        );
        let aes_128 = bytes(
            "8040f17b 8041f8d3 5501a0b2
             f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833
             899d7f27 beb16a91 52cf765e e4390cce",
        );
        let aes_256 = bytes(
            "8040f17b 8041f8d3 5501a0b2
             32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b
             7aa3db36 dfffd6b0 f9bb7878 d7a76c13",
        );
        Self::both(&plain, aes_128, aes_256)
    }

    /// §17.1 and §17.3: encrypted and authenticated.
    pub(crate) fn srtcp() -> [Self; 2] {
        let plain = bytes(
            "81c8000d 4d617273
             4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
             deadbeef deadbeef deadbeef deadbeef deadbeef",
        );
        let aes_128 = bytes(
            "81c8000d 4d617273
             63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d
             c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b
             c84aa458 96cf4d2f c5abf872 45d9eade 800005d4",
        );
        let aes_256 = bytes(
            "81c8000d 4d617273
             d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50
             a2eaa5c1 110555be 8415f658 c61de047 6f1b6fad
             1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4",
        );
        Self::both(&plain, aes_128, aes_256)
    }

    fn both(plain: &[u8], aes_128: Vec<u8>, aes_256: Vec<u8>) -> [Self; 2] {
        [(SrtpProfile::AeadAes128Gcm, aes_128), (SrtpProfile::AeadAes256Gcm, aes_256)]
            .map(|(profile, sealed)| Self { profile, plain: plain.to_vec(), sealed })
    }

    /// The session key of the vector.
    pub(crate) fn cipher(&self) -> Box<dyn PacketCipher> {
        let key: [u8; 32] = core::array::from_fn(|at| at as u8);
        match self.profile {
            SrtpProfile::AeadAes256Gcm => Box::new(GcmCipher::aes_256(&key, &Self::SALT)),
            _ => Box::new(GcmCipher::aes_128(key.first_chunk().expect("16 of 32 bytes"), &Self::SALT)),
        }
    }
}

#[test]
fn hexadecimal_text_is_read_as_printed() {
    assert_eq!(bytes("00 fF\n 10"), [0, 255, 16]);
}
