//! One packet under one session key: encrypt and authenticate in place, or verify and decrypt in place.
//!
//! No state: which index a packet has, and whether it may be sealed or opened at all, is decided above
//! (`seal.rs`, `open.rs`). The trait is narrow so that another implementation of AES-GCM can stand beside `ring`.

mod cm;
mod gcm;

use crate::kdf::{KeyDerivation, Label};
use crate::profile::{INDEX_WORD_LEN, SrtpProfile};

pub(crate) use cm::CmCipher;
pub(crate) use gcm::GcmCipher;

/// Bytes in front of an RTCP packet that stay readable: the common header and the sender's SSRC.
pub(crate) const RTCP_CLEAR_LEN: usize = 8;

/// What makes a packet's nonce: never the same twice under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PacketId {
    pub(crate) ssrc: u32,
    /// 48 bits for RTP (rollover counter and sequence number), 31 for RTCP.
    pub(crate) index: u64,
}

impl PacketId {
    /// Both in the 112 bits that are combined with the salt, for RTP and RTCP alike:
    ///
    /// ```text
    ///  111    80 79        48 47                      0
    /// +---------+------------+------------------------+
    /// |    0    |    SSRC    |         index          |   RFC 7714 §8.1, §9.1 (without the upper 16 bits)
    /// +---------+------------+------------------------+   RFC 3711 §4.1.1
    /// ```
    const fn bits(self) -> u128 {
        (self.ssrc as u128) << 48 | self.index as u128
    }
}

/// What a tag covers besides the encrypted part.
#[derive(Clone, Copy)]
pub(crate) enum Clear<'a> {
    /// The whole RTP header, extensions included.
    Rtp { header: &'a [u8] },
    /// The first words of an RTCP packet, and the E bit with the index behind it.
    Rtcp { header: &'a [u8; RTCP_CLEAR_LEN], index_word: [u8; INDEX_WORD_LEN] },
}

/// The tag does not verify. What was to be decrypted is garbage now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadTag;

/// The body is longer than the cipher takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BodyTooLong;

/// A session key of RTP or of RTCP, one direction.
pub(crate) trait PacketCipher: Send + Sync {
    /// Encrypts `body` and writes `tag`, which has the profile's tag length.
    fn seal(
        &self,
        id: PacketId,
        clear: Clear<'_>,
        body: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), BodyTooLong>;

    /// Verifies `tag` in constant time and decrypts `body`.
    fn open(&self, id: PacketId, clear: Clear<'_>, body: &mut [u8], tag: &[u8]) -> Result<(), BadTag>;
}

/// The cipher of a master key's RTP packets.
pub(crate) fn for_rtp(profile: SrtpProfile, kdf: &KeyDerivation) -> Box<dyn PacketCipher> {
    derived(profile, kdf, Label::RtpEncryption, Label::RtpAuthentication, Label::RtpSalt)
}

/// The cipher of a master key's RTCP packets.
pub(crate) fn for_rtcp(profile: SrtpProfile, kdf: &KeyDerivation) -> Box<dyn PacketCipher> {
    derived(profile, kdf, Label::RtcpEncryption, Label::RtcpAuthentication, Label::RtcpSalt)
}

fn derived(
    profile: SrtpProfile,
    kdf: &KeyDerivation,
    encryption: Label,
    authentication: Label,
    salt: Label,
) -> Box<dyn PacketCipher> {
    match profile {
        SrtpProfile::AeadAes128Gcm => Box::new(GcmCipher::aes_128(
            &session_key(kdf, encryption), //
            &session_key(kdf, salt),
        )),
        SrtpProfile::AeadAes256Gcm => Box::new(GcmCipher::aes_256(
            &session_key(kdf, encryption), //
            &session_key(kdf, salt),
        )),
        SrtpProfile::AesCm128HmacSha1_80 => Box::new(CmCipher::new(
            &session_key(kdf, encryption),
            &session_key(kdf, authentication),
            &session_key(kdf, salt),
        )),
    }
}

fn session_key<const N: usize>(kdf: &KeyDerivation, label: Label) -> zeroize::Zeroizing<[u8; N]> {
    let mut key = zeroize::Zeroizing::new([0; N]);
    kdf.derive(label, key.as_mut_slice());
    key
}
