//! It should not have the faults that were found in other implementations of SRTP.

use srtp::{MAX_OPENED_SSRCS, OpenError, SrtpProfile};

use crate::packets::{
    SSRC, client_to_node, open_rtcp, open_rtp, pli, rtp, seal_rtcp, seal_rtp, with_last_bit_changed,
};

/// Another implementation returned SRTCP with E bit 0 before it looked at the tag, and moved its replay window to the
/// forged index: the next genuine report was refused.
#[test]
fn finding_1_srtcp_with_e_bit_0_is_dropped_and_moves_nothing() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        open_rtcp(&mut opener, &seal_rtcp(&mut sealer, &pli(SSRC, 1)).unwrap()).unwrap();
        let genuine = seal_rtcp(&mut sealer, &pli(SSRC, 2)).unwrap();

        for forged_index in [0u32, 1, 2, 1000, 0x7fff_ffff] {
            let forged = forged_report(profile, forged_index);
            assert_eq!(open_rtcp(&mut opener, &forged), Err(OpenError::Unencrypted), "{profile:?}");
        }

        assert_eq!(open_rtcp(&mut opener, &genuine).unwrap(), pli(SSRC, 2), "{profile:?}");
    }
}

/// A PLI in the clear with E bit 0 and a tag of garbage.
fn forged_report(profile: SrtpProfile, index: u32) -> Vec<u8> {
    let tag = vec![0xa5; profile.tag_len()];
    let word = index.to_be_bytes().to_vec();
    let trailer = match profile {
        SrtpProfile::AesCm128HmacSha1_80 => [word, tag].concat(),
        _ => [tag, word].concat(),
    };
    [pli(SSRC, 7), trailer].concat()
}

/// Another implementation made state for an SSRC before it looked at the tag: 200,000 forged ones grew it by 35 MB.
#[test]
fn finding_2_a_flood_of_forged_ssrcs_makes_no_state() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        let forged_rtp = with_last_bit_changed(&seal_rtp(&mut sealer, &rtp(SSRC, 1, b"x")).unwrap());
        let forged_rtcp = with_last_bit_changed(&seal_rtcp(&mut sealer, &pli(SSRC, 1)).unwrap());

        for ssrc in 0..20_000u32 {
            let (mut packet, mut report) = (forged_rtp.clone(), forged_rtcp.clone());
            packet[8..12].copy_from_slice(&ssrc.to_be_bytes());
            report[4..8].copy_from_slice(&ssrc.to_be_bytes());
            assert_eq!(opener.open_rtp(&mut packet), Err(OpenError::BadTag));
            assert_eq!(opener.open_rtcp(&mut report), Err(OpenError::BadTag));
        }

        assert_eq!(opener.ssrcs(), 0, "{profile:?}");
        for ssrc in 0..MAX_OPENED_SSRCS as u32 {
            let packet = seal_rtp(&mut sealer, &rtp(ssrc, 1, b"genuine")).unwrap();
            assert!(open_rtp(&mut opener, &packet).is_ok(), "{profile:?}: room for {ssrc} is left");
        }
    }
}

/// Another implementation moved its index back on a late packet, and kept 16-bit numbers for replay.
#[test]
fn finding_6_a_late_packet_does_not_move_the_index_back() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        let mut sealed = |index: u64| seal_rtp(&mut sealer, &rtp(SSRC, index as u16, b"x")).unwrap();
        let mut open = |mut packet: Vec<u8>| opener.open_rtp(&mut packet).map(|o| o.sequence.index());
        let (early, late) = (sealed(32_700), sealed(65_300));
        let after_the_wrap = [65_536, 65_537, 98_300, 98_310].map(&mut sealed);

        assert_eq!(open(early.clone()), Ok(32_700));
        let [first, second, far, farther] = after_the_wrap;
        assert_eq!(open(sealed_between(profile)), Ok(65_000));
        assert_eq!(open(first), Ok(65_536));
        assert_eq!(open(late), Ok(65_300), "late, from before the wrap");
        assert_eq!(open(second), Ok(65_537), "the late packet has not moved the rollover counter back");
        assert_eq!(open(far), Ok(98_300), "the same 16 bits as 32764, after the wrap");
        assert_eq!(open(farther), Ok(98_310));
        assert_eq!(
            open(early),
            Err(OpenError::BadTag),
            "a replay is not taken for a packet of the next circle"
        );
    }
}

fn sealed_between(profile: SrtpProfile) -> Vec<u8> {
    let (mut sealer, _) = client_to_node(profile);
    seal_rtp(&mut sealer, &rtp(SSRC, 65_000, b"x")).unwrap()
}

/// The same 16 bits in another circle are another packet: replay is judged by 48 bits.
#[test]
fn finding_6_replay_is_judged_by_the_full_index() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        for index in (0..300_000u64).step_by(16_384) {
            let packet = seal_rtp(&mut sealer, &rtp(SSRC, index as u16, b"x")).unwrap();

            assert!(open_rtp(&mut opener, &packet).is_ok(), "{profile:?}: {index} is new");
            assert_eq!(open_rtp(&mut opener, &packet), Err(OpenError::Replayed), "{profile:?}");
        }
    }
}

/// Another implementation panicked on SRTCP-shaped datagrams of 20 to 27 bytes, which its fuzzer, that had no keys,
/// never reached.
#[test]
fn finding_9_short_reports_do_not_panic_a_keyed_connection() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        open_rtcp(&mut opener, &seal_rtcp(&mut sealer, &pli(SSRC, 1)).unwrap()).unwrap();

        for len in 0..64 {
            for last_word in [[0x80, 0, 0, 9], [0, 0, 0, 9], [0xff; 4]] {
                let mut datagram = [pli(SSRC, 1), vec![0x80; 64]].concat();
                datagram.truncate(len);
                if let Some(end) = datagram.last_chunk_mut::<4>() {
                    *end = last_word;
                }
                assert!(opener.open_rtcp(&mut datagram).is_err(), "{profile:?}: {len}");
            }
        }

        let genuine = seal_rtcp(&mut sealer, &pli(SSRC, 2)).unwrap();
        assert!(open_rtcp(&mut opener, &genuine).is_ok());
    }
}

/// And on the other side of the tag: the shortest reports that a peer with keys can seal.
#[test]
fn finding_9_the_shortest_authentic_reports_are_opened() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        for len in 8..64 {
            let mut plain = [pli(SSRC, 1), vec![0; 64]].concat();
            plain.truncate(len);
            let sealed = seal_rtcp(&mut sealer, &plain).unwrap();

            assert_eq!(open_rtcp(&mut opener, &sealed).unwrap(), plain, "{profile:?}");
        }
    }
}
