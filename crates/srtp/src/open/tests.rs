//! The RFC's vectors, and where the opener's state stands after packets that must not move it.

use super::*;
use crate::test_vectors::Rfc7714;

fn opener_of(vector: &Rfc7714) -> SrtpOpener {
    SrtpOpener::with_ciphers(vector.profile, vector.cipher(), vector.cipher())
}

#[test]
fn rfc_7714_16_srtp_vectors() {
    for vector in Rfc7714::srtp() {
        let mut packet = vector.sealed.clone();

        let opened = opener_of(&vector).open_rtp(&mut packet).unwrap();

        assert_eq!(packet[..opened.len], vector.plain, "{:?}", vector.profile);
        assert_eq!((opened.header_len, opened.ssrc), (12, Ssrc(0x5501_a0b2)));
        assert_eq!(opened.sequence.index(), 0xf17b);
    }
}

#[test]
fn rfc_7714_17_srtcp_vectors() {
    for vector in Rfc7714::srtcp() {
        let mut packet = vector.sealed.clone();

        let len = opener_of(&vector).open_rtcp(&mut packet).unwrap();

        assert_eq!(packet[..len], vector.plain, "{:?}", vector.profile);
    }
}

/// Any one bit changed is one packet refused, and the genuine one is opened after all of them.
#[test]
fn every_bit_of_a_packet_is_authenticated() {
    for vector in Rfc7714::srtp() {
        let mut opener = opener_of(&vector);
        for bit in 0..vector.sealed.len() * 8 {
            let mut packet = vector.sealed.clone();
            packet[bit / 8] ^= 1 << (bit % 8);

            assert!(opener.open_rtp(&mut packet).is_err(), "bit {bit}");
        }

        assert_eq!(opener.ssrcs(), 0);
        assert!(opener.open_rtp(&mut vector.sealed.clone()).is_ok());
    }
}

#[test]
fn every_bit_of_a_report_is_authenticated() {
    for vector in Rfc7714::srtcp() {
        let mut opener = opener_of(&vector);
        for bit in 0..vector.sealed.len() * 8 {
            let mut packet = vector.sealed.clone();
            packet[bit / 8] ^= 1 << (bit % 8);

            assert!(opener.open_rtcp(&mut packet).is_err(), "bit {bit}");
        }

        assert_eq!(opener.ssrcs(), 0);
        assert!(opener.open_rtcp(&mut vector.sealed.clone()).is_ok());
    }
}
