//! It should agree with `rtc-srtp`, the SRTP of the `webrtc` family, byte for byte and in both directions.

use rtc_crypto::RTCCryptoProvider;
use rtc_crypto::providers::RingProvider;
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;
use srtp::SrtpProfile;

use crate::packets::{SSRC, client_to_node, exported, open_rtcp, open_rtp, pli, rtp, seal_rtcp, seal_rtp};

/// The other implementation with the client's keys; a context serves one direction.
fn theirs(profile: SrtpProfile) -> Context {
    let (key, salt) = (profile.key_len(), profile.salt_len());
    let exported = exported(profile);
    let their_profile = match profile {
        SrtpProfile::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        SrtpProfile::AeadAes256Gcm => ProtectionProfile::AeadAes256Gcm,
        SrtpProfile::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
    };
    let (client_key, client_salt) = (&exported[..key], &exported[2 * key..2 * key + salt]);
    Context::new(client_key, client_salt, their_profile, None, None, RingProvider::new().crypto()).unwrap()
}

/// Headers of every shape: CSRCs, extensions of both forms, padding; payloads of every length mod 16 and more.
fn shapes() -> Vec<Vec<u8>> {
    let mut shapes = Vec::new();
    for payload_len in (0..40).chain([100, 576, 1199, 1200]) {
        let payload: Vec<u8> = (0..payload_len).map(|at| (at * 7) as u8).collect();
        shapes.push(rtp(SSRC, 0, &payload));

        let csrcs = [&[0, 0, 0, 1, 0, 0, 0, 2], payload.as_slice()].concat();
        shapes.push(rtp(SSRC, 0, &csrcs));
        shapes.last_mut().unwrap()[0] = 0x82;

        let one_byte = [&[0xbe, 0xde, 0, 2, 0x10, 0xff, 0x22, 1, 2, 3, 0, 0], payload.as_slice()].concat();
        shapes.push(rtp(SSRC, 0, &one_byte));
        shapes.last_mut().unwrap()[0] = 0x90;

        let two_byte = [&[0x10, 0x00, 0, 1, 1, 1, 0xaa, 0], payload.as_slice(), &[0, 2]].concat();
        shapes.push(rtp(SSRC, 0, &two_byte));
        shapes.last_mut().unwrap()[0] = 0xb0;
    }
    shapes
}

/// Every shape in turn, with the sequence numbers of a stream that runs over the wrap: 65,450 and on.
fn stream_over_the_wrap() -> impl Iterator<Item = Vec<u8>> {
    // Both ends have to see a number below the wrap first, as a stream's first rollover counter is 0.
    shapes().into_iter().zip((20_000..60_000).step_by(20_000).chain(65_450..)).map(|(mut packet, index)| {
        packet[2..4].copy_from_slice(&(index as u16).to_be_bytes());
        packet
    })
}

#[test]
fn what_we_seal_is_what_they_seal() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, _) = client_to_node(profile);
        let mut theirs = theirs(profile);
        for plain in stream_over_the_wrap() {
            let ours = seal_rtp(&mut sealer, &plain).unwrap();

            assert_eq!(ours, theirs.encrypt_rtp(&plain).unwrap(), "{profile:?}");
        }
    }
}

#[test]
fn they_open_what_we_seal() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, _) = client_to_node(profile);
        let mut theirs = theirs(profile);
        for plain in stream_over_the_wrap() {
            let sealed = seal_rtp(&mut sealer, &plain).unwrap();

            assert_eq!(theirs.decrypt_rtp(&sealed).unwrap(), plain, "{profile:?}");
        }
    }
}

#[test]
fn we_open_what_they_seal() {
    for profile in SrtpProfile::ALL {
        let (_, mut opener) = client_to_node(profile);
        let mut theirs = theirs(profile);
        for plain in stream_over_the_wrap() {
            let sealed = theirs.encrypt_rtp(&plain).unwrap();

            assert_eq!(open_rtp(&mut opener, &sealed).unwrap(), plain, "{profile:?}");
        }
    }
}

#[test]
fn over_several_wraps_with_loss_both_keep_the_same_index() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        let mut theirs = theirs(profile);
        for index in (0..400_000u32).step_by(9_973) {
            let plain = rtp(SSRC, index as u16, b"a frame");
            let ours = seal_rtp(&mut sealer, &plain).unwrap();

            assert_eq!(ours, theirs.encrypt_rtp(&plain).unwrap(), "{profile:?} {index}");
            assert_eq!(open_rtp(&mut opener, &ours).unwrap(), plain, "{profile:?} {index}");
        }
    }
}

#[test]
fn reports_go_both_ways() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, mut opener) = client_to_node(profile);
        let (mut their_sealer, mut their_opener) = (theirs(profile), theirs(profile));
        for media in 0..300 {
            let plain = [pli(SSRC, media), pli(SSRC, media + 1)].concat();

            let ours = seal_rtcp(&mut sealer, &plain).unwrap();
            let other = their_sealer.encrypt_rtcp(&plain).unwrap();

            assert_eq!(their_opener.decrypt_rtcp(&ours).unwrap(), plain, "{profile:?}");
            assert_eq!(open_rtcp(&mut opener, &other).unwrap(), plain, "{profile:?}");
        }
    }
}

/// They count SRTCP indexes from 1, we from 0 as RFC 3711 §3.4 says, so that our second is their first.
#[test]
fn reports_of_one_index_are_the_same_bytes() {
    for profile in SrtpProfile::ALL {
        let (mut sealer, _) = client_to_node(profile);
        let mut theirs = theirs(profile);
        seal_rtcp(&mut sealer, &pli(SSRC, 0)).unwrap();
        for media in 1..50 {
            let plain = pli(SSRC, media);

            assert_eq!(
                seal_rtcp(&mut sealer, &plain).unwrap(),
                theirs.encrypt_rtcp(&plain).unwrap(),
                "{profile:?}"
            );
        }
    }
}
