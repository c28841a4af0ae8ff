//! Tells apart what shares one UDP port, by the first two bytes (RFC 7983 §7, RFC 9443 §3, RFC 5761 §4).
//!
//! ```text
//!   first byte                       second byte, of 128..=191 only
//!     0 ..=   3   STUN
//!    16 ..=  19   (ZRTP)               0 ..= 191   RTP
//!    20 ..=  63   DTLS               192 ..= 223   RTCP
//!    64 ..=  79   TURN channel       224 ..= 255   RTP
//!    80 ..= 127   (QUIC)
//!   128 ..= 191   RTP or RTCP        The second byte is marker and payload type in RTP, the packet type in RTCP.
//!   192 ..= 255   (QUIC)             So payload types 64..=95 cannot be used beside RTCP: with the marker set
//!                                    they would read as 192..=223.
//! ```
//!
//! What stands in brackets, and the gaps, is nothing Bedside speaks: such a datagram is dropped and counted.
//! The class is a direction to a parser and no proof of anything.

/// Whose parser a datagram goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Connectivity checks and consent (RFC 8489).
    Stun,
    /// Handshake and data channels.
    Dtls,
    /// Channel data of a TURN client (RFC 8656 §12.4). Never sent to a host candidate by a peer in order.
    TurnChannel,
    /// Media, sealed by SRTP.
    Rtp,
    /// Reports and feedback, sealed by SRTCP.
    Rtcp,
}

/// The class of a datagram; `None` when it is empty, of a foreign protocol, or media of a single byte.
#[inline]
#[must_use]
pub const fn classify(datagram: &[u8]) -> Option<Protocol> {
    match datagram {
        [0..=3, ..] => Some(Protocol::Stun),
        [20..=63, ..] => Some(Protocol::Dtls),
        [64..=79, ..] => Some(Protocol::TurnChannel),
        [128..=191, 192..=223, ..] => Some(Protocol::Rtcp),
        [128..=191, _, ..] => Some(Protocol::Rtp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_first_byte_has_its_class() {
        for byte in 0..=255u8 {
            let expected = match byte {
                0..4 => Some(Protocol::Stun),
                20..64 => Some(Protocol::Dtls),
                64..80 => Some(Protocol::TurnChannel),
                128..192 => Some(Protocol::Rtp),
                _ => None,
            };
            assert_eq!(classify(&[byte, 0]), expected, "{byte}");
        }
        assert_eq!(classify(&[]), None);
        assert_eq!(classify(&[0x80]), None);
    }

    #[test]
    fn every_muxable_payload_type_reads_as_rtp_and_no_other() {
        for second in 0..=255u8 {
            let payload_type = crate::PayloadType::from_low_bits(second);
            let is_rtp = classify(&[0x80, second]) == Some(Protocol::Rtp);

            assert!(is_rtp || !payload_type.is_muxable(), "{second}");
            assert_eq!(is_rtp, !(192..=223).contains(&second), "{second}");
        }
    }
}
