//! It should drop what an attacker on the path, or a hostile peer with keys, can make of SRTP. The number in a name is
//! the sentence of the abuse list in `docs/SECURITY.md`.

use srtp::{MAX_OPENED_SSRCS, OpenError, RTCP_WINDOW, RTP_WINDOW, SrtpOpener, SrtpProfile};

use crate::packets::{
    SSRC, client_to_node, open_rtcp, open_rtp, pli, rtp, seal_rtcp, seal_rtp, with_last_bit_changed,
};

#[test]
fn abuse_50_wrong_tag_on_the_right_ssrc_is_dropped_and_the_stream_goes_on() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        for sequence in 1..200 {
            let genuine = seal_rtp(&mut sealer, &rtp(SSRC, sequence, b"genuine")).unwrap();
            let mut jump = genuine.clone();
            jump[2..4].copy_from_slice(&sequence.wrapping_add(30_000).to_be_bytes());

            assert_eq!(open_rtp(&mut opener, &with_last_bit_changed(&genuine)), Err(OpenError::BadTag));
            assert_eq!(open_rtp(&mut opener, &jump), Err(OpenError::BadTag));

            assert_eq!(open_rtp(&mut opener, &genuine).unwrap(), rtp(SSRC, sequence, b"genuine"));
        }
        assert_eq!(opener.ssrcs(), 1);
    }
}

#[test]
fn abuse_50_the_keys_of_the_other_direction_and_of_another_profile_open_nothing() {
    let (mut sealer, _) = client_to_node(SrtpProfile::AeadAes128Gcm);
    let packet = seal_rtp(&mut sealer, &rtp(SSRC, 1, b"x")).unwrap();
    let material = srtp::KeyingMaterial::from_exporter(
        SrtpProfile::AeadAes128Gcm,
        &crate::packets::exported(SrtpProfile::AeadAes128Gcm),
    )
    .unwrap();
    let (_, mut own) = material.contexts(srtp::DtlsRole::Client);
    let (_, mut other) = client_to_node(SrtpProfile::AeadAes256Gcm);

    assert_eq!(open_rtp(&mut own, &packet), Err(OpenError::BadTag), "a packet reflected to its sender");
    assert_eq!(open_rtp(&mut other, &packet), Err(OpenError::BadTag));
}

#[test]
fn abuse_51_replay_inside_and_outside_the_window_is_dropped() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        let packets: Vec<_> = (0..3 * RTP_WINDOW)
            .map(|index| seal_rtp(&mut sealer, &rtp(SSRC, index as u16, b"x")).unwrap())
            .collect();
        for packet in &packets {
            open_rtp(&mut opener, packet).unwrap();
        }

        let in_window = packets.len() - RTP_WINDOW as usize;
        for (at, packet) in packets.iter().enumerate() {
            let expected = if at < in_window { OpenError::TooOld } else { OpenError::Replayed };
            assert_eq!(open_rtp(&mut opener, packet), Err(expected), "{profile:?} {at}");
        }
    }
}

#[test]
fn abuse_51_srtcp_replay_inside_and_outside_the_window_is_dropped() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        let reports: Vec<_> = (0..3 * RTCP_WINDOW as u32)
            .map(|media| seal_rtcp(&mut sealer, &pli(SSRC, media)).unwrap())
            .collect();
        for report in &reports {
            open_rtcp(&mut opener, report).unwrap();
        }

        let in_window = reports.len() - RTCP_WINDOW as usize;
        for (at, report) in reports.iter().enumerate() {
            let expected = if at < in_window { OpenError::TooOld } else { OpenError::Replayed };
            assert_eq!(open_rtcp(&mut opener, report), Err(expected), "{profile:?} {at}");
        }
    }
}

/// Of a genuine report, with its own tag: E is cleared, or the index is raised.
#[test]
fn abuse_51_srtcp_without_e_bit_or_with_a_forged_index_does_not_move_the_window() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        for media in 0..100 {
            let genuine = seal_rtcp(&mut sealer, &pli(SSRC, media)).unwrap();
            let word_at = match profile {
                SrtpProfile::AesCm128HmacSha1_80 => genuine.len() - 14,
                _ => genuine.len() - 4,
            };
            let mut without_e = genuine.clone();
            without_e[word_at] &= 0x7f;
            let mut raised = genuine.clone();
            raised[word_at] = 0xff;

            assert_eq!(open_rtcp(&mut opener, &without_e), Err(OpenError::Unencrypted), "{profile:?}");
            assert_eq!(open_rtcp(&mut opener, &raised), Err(OpenError::BadTag), "{profile:?}");
            assert_eq!(open_rtcp(&mut opener, &genuine).unwrap(), pli(SSRC, media), "{profile:?}");
        }
    }
}

/// The very first report of an SSRC is where a window begins; a forgery must not be that one.
#[test]
fn abuse_51_a_forged_first_report_does_not_seed_the_window() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        let genuine: Vec<_> =
            (0..3).map(|media| seal_rtcp(&mut sealer, &pli(SSRC, media)).unwrap()).collect();
        let mut forged = with_last_bit_changed(&genuine[2]);
        forged[9] ^= 1;

        assert_eq!(open_rtcp(&mut opener, &forged), Err(OpenError::BadTag));

        assert_eq!(opener.ssrcs(), 0);
        for report in &genuine {
            assert!(open_rtcp(&mut opener, report).is_ok(), "{profile:?}");
        }
    }
}

#[test]
fn abuse_52_more_than_64_ssrcs_of_a_peer_are_refused() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        for ssrc in 0..200u32 {
            let packet = seal_rtp(&mut sealer, &rtp(ssrc, 1, b"x")).unwrap();
            let report = seal_rtcp(&mut sealer, &pli(ssrc, 1)).unwrap();

            let opened = [open_rtp(&mut opener, &packet).err(), open_rtcp(&mut opener, &report).err()];

            let expected = (ssrc >= MAX_OPENED_SSRCS as u32).then_some(OpenError::TooManySsrcs);
            assert_eq!(opened, [expected; 2], "{profile:?} {ssrc}");
        }

        assert_eq!(opener.ssrcs(), MAX_OPENED_SSRCS);
        let known = seal_rtp(&mut sealer, &rtp(63, 2, b"x")).unwrap();
        assert!(open_rtp(&mut opener, &known).is_ok(), "those that are in stay in");
    }
}

const LEN_MAX: usize = 1500;

/// Every length with every first byte, once as zeros and once as ones, with the SSRC of an established stream or not.
fn sweep(profile: SrtpProfile, opener: &mut SrtpOpener) {
    for fill in [0x00, 0xff] {
        let mut datagram = [fill; LEN_MAX];
        for len in 0..=LEN_MAX {
            for first in 0..=u8::MAX {
                // A refused packet may be garbage; what decides about the next is written anew.
                datagram[..16].fill(fill);
                datagram[8..12].copy_from_slice(&SSRC.to_be_bytes());
                datagram[0] = first;
                assert!(opener.open_rtp(&mut datagram[..len]).is_err(), "{profile:?} {len} {first}");

                datagram[..16].fill(fill);
                datagram[4..8].copy_from_slice(&SSRC.to_be_bytes());
                datagram[0] = first;
                assert!(opener.open_rtcp(&mut datagram[..len]).is_err(), "{profile:?} {len} {first}");
            }
        }
    }
}

fn abuse_53(profile: SrtpProfile) {
    let (mut sealer, mut opener) = client_to_node(profile);

    sweep(profile, &mut opener);
    assert_eq!(opener.ssrcs(), 0, "on a fresh peer");

    open_rtp(&mut opener, &seal_rtp(&mut sealer, &rtp(SSRC, 1, b"x")).unwrap()).unwrap();
    open_rtcp(&mut opener, &seal_rtcp(&mut sealer, &pli(SSRC, 1)).unwrap()).unwrap();
    sweep(profile, &mut opener);
    assert_eq!(opener.ssrcs(), 1, "on an established peer");
    assert!(open_rtp(&mut opener, &seal_rtp(&mut sealer, &rtp(SSRC, 2, b"x")).unwrap()).is_ok());
    assert!(open_rtcp(&mut opener, &seal_rtcp(&mut sealer, &pli(SSRC, 2)).unwrap()).is_ok());
}

#[test]
fn abuse_53_every_length_and_first_byte_with_aes_128_gcm() {
    abuse_53(SrtpProfile::AeadAes128Gcm);
}

#[test]
fn abuse_53_every_length_and_first_byte_with_aes_256_gcm() {
    abuse_53(SrtpProfile::AeadAes256Gcm);
}

#[test]
fn abuse_53_every_length_and_first_byte_with_aes_cm() {
    abuse_53(SrtpProfile::AesCm128HmacSha1_80);
}

/// A hostile peer has keys: whatever it seals is opened as it was, or refused, at every length and first byte.
#[test]
fn abuse_53_every_length_and_first_byte_under_a_valid_tag() {
    let profile = SrtpProfile::AeadAes128Gcm;
    let (mut sealer, mut opener) = client_to_node(profile);
    let mut sequence = 0u16;
    for len in 0..=LEN_MAX {
        for first in 0..=u8::MAX {
            sequence = sequence.wrapping_add(1);
            let mut plain = rtp(SSRC, sequence, &[0; LEN_MAX]);
            plain.truncate(len);
            if let Some(byte) = plain.first_mut() {
                *byte = first;
            }
            match seal_rtp(&mut sealer, &plain) {
                Ok(sealed) => assert_eq!(open_rtp(&mut opener, &sealed).as_ref(), Ok(&plain)),
                // No header; the sequence number is not used up.
                Err(_) => sequence = sequence.wrapping_sub(1),
            }
            if let Ok(sealed) = seal_rtcp(&mut sealer, &plain) {
                assert_eq!(open_rtcp(&mut opener, &sealed).as_ref(), Ok(&plain));
            }
        }
    }
}
