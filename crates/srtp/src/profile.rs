//! The protection profiles: which cipher, and how long its parts are.

/// Bytes that sealing adds to an RTP packet at most, whatever the profile: an AES-GCM tag.
pub const MAX_RTP_OVERHEAD: usize = 16;
/// Bytes that sealing adds to an RTCP packet at most: an AES-GCM tag and the index word.
pub const MAX_RTCP_OVERHEAD: usize = MAX_RTP_OVERHEAD + INDEX_WORD_LEN;

/// The word behind an SRTCP packet: E bit and 31-bit index (RFC 3711 §3.4).
pub(crate) const INDEX_WORD_LEN: usize = 4;

/// An SRTP protection profile. The order is the order of preference: AES-128-GCM costs least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SrtpProfile {
    /// AES-128 in Galois counter mode, 16-byte tag (RFC 7714).
    AeadAes128Gcm,
    /// AES-256 in Galois counter mode, 16-byte tag (RFC 7714).
    AeadAes256Gcm,
    /// AES-128 counter mode with a 10-byte HMAC-SHA1 tag (RFC 3711): the fallback that every peer has. Four times
    /// the cost of AES-128-GCM.
    AesCm128HmacSha1_80,
}

impl SrtpProfile {
    /// All of them, preferred ones first.
    pub const ALL: [Self; 3] = [Self::AeadAes128Gcm, Self::AeadAes256Gcm, Self::AesCm128HmacSha1_80];

    /// The number in the DTLS `use_srtp` extension (RFC 5764 §4.1.2, RFC 7714 §14.2).
    #[must_use]
    pub const fn dtls_id(self) -> u16 {
        match self {
            Self::AesCm128HmacSha1_80 => 0x0001,
            Self::AeadAes128Gcm => 0x0007,
            Self::AeadAes256Gcm => 0x0008,
        }
    }

    /// The profile of a number in `use_srtp`; `None` for those that Bedside does not speak.
    #[must_use]
    pub const fn from_dtls_id(id: u16) -> Option<Self> {
        match id {
            0x0001 => Some(Self::AesCm128HmacSha1_80),
            0x0007 => Some(Self::AeadAes128Gcm),
            0x0008 => Some(Self::AeadAes256Gcm),
            _ => None,
        }
    }

    /// Bytes of a master key, and of the session encryption key.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AesCm128HmacSha1_80 => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    /// Bytes of a master salt, and of the session salt.
    #[must_use]
    pub const fn salt_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
            Self::AesCm128HmacSha1_80 => 14,
        }
    }

    /// Bytes of the authentication tag, the same for SRTP and SRTCP in all three profiles.
    #[must_use]
    pub const fn tag_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 16,
            Self::AesCm128HmacSha1_80 => 10,
        }
    }

    /// Bytes that sealing adds to an RTP packet.
    #[must_use]
    pub const fn rtp_overhead(self) -> usize {
        self.tag_len()
    }

    /// Bytes that sealing adds to an RTCP packet.
    #[must_use]
    pub const fn rtcp_overhead(self) -> usize {
        self.tag_len() + INDEX_WORD_LEN
    }

    /// Bytes to ask the DTLS exporter for: key and salt of both directions (RFC 5764 §4.2).
    #[must_use]
    pub const fn keying_material_len(self) -> usize {
        2 * (self.key_len() + self.salt_len())
    }

    /// Whether the cipher makes the tag itself, so that an SRTCP packet ends in the index word and not in the tag.
    pub(crate) const fn is_aead(self) -> bool {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => true,
            Self::AesCm128HmacSha1_80 => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dtls_ids_are_those_of_the_registry_and_come_back() {
        let ids = SrtpProfile::ALL.map(SrtpProfile::dtls_id);

        assert_eq!(ids, [0x0007, 0x0008, 0x0001]);
        assert_eq!(ids.map(SrtpProfile::from_dtls_id), SrtpProfile::ALL.map(Some));
        assert_eq!(SrtpProfile::from_dtls_id(0x0002), None);
    }

    #[test]
    fn lengths_are_those_of_the_rfcs() {
        let lengths =
            SrtpProfile::ALL.map(|p| (p.keying_material_len(), p.rtp_overhead(), p.rtcp_overhead()));

        assert_eq!(lengths, [(56, 16, 20), (88, 16, 20), (60, 10, 14)]);
    }

    #[test]
    fn no_profile_adds_more_than_the_named_most() {
        assert_eq!(SrtpProfile::ALL.map(SrtpProfile::rtp_overhead).into_iter().max(), Some(MAX_RTP_OVERHEAD));
        assert_eq!(
            SrtpProfile::ALL.map(SrtpProfile::rtcp_overhead).into_iter().max(),
            Some(MAX_RTCP_OVERHEAD)
        );
    }
}
