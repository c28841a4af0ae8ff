//! What only the inside shows: the RFC's session keys, the nonces that reach the cipher, and the end of a key.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::cipher::{BadTag, BodyTooLong};
use crate::open::SrtpOpener;
use crate::test_vectors::Rfc7714;
use crate::window::RTP_WINDOW;

/// Room behind a packet, more than any overhead.
const ROOM: usize = 64;

fn sealer_of(vector: &Rfc7714) -> SrtpSealer {
    SrtpSealer::with_ciphers(vector.profile, vector.cipher(), vector.cipher())
}

#[test]
fn rfc_7714_16_srtp_vectors() {
    for vector in Rfc7714::srtp() {
        let mut buf = [vector.plain.clone(), vec![0; ROOM]].concat();

        let len = sealer_of(&vector).seal_rtp(&mut buf, vector.plain.len()).unwrap();

        assert_eq!(buf[..len], vector.sealed, "{:?}", vector.profile);
        assert!(buf[len..].iter().all(|byte| *byte == 0), "nothing behind the packet is touched");
    }
}

#[test]
fn rfc_7714_17_srtcp_vectors() {
    for vector in Rfc7714::srtcp() {
        let mut sealer = sealer_of(&vector);
        sealer.next_rtcp_index = Rfc7714::SRTCP_INDEX;
        let mut buf = [vector.plain.clone(), vec![0; ROOM]].concat();

        let len = sealer.seal_rtcp(&mut buf, vector.plain.len()).unwrap();

        assert_eq!(buf[..len], vector.sealed, "{:?}", vector.profile);
    }
}

/// Notes under which (SSRC, index) it was asked to seal, and encrypts nothing.
#[derive(Clone, Default)]
struct NonceLog(Arc<Mutex<Vec<PacketId>>>);

impl PacketCipher for NonceLog {
    fn seal(&self, id: PacketId, _: Clear<'_>, _: &mut [u8], _: &mut [u8]) -> Result<(), BodyTooLong> {
        self.0.lock().unwrap().push(id);
        Ok(())
    }

    fn open(&self, _: PacketId, _: Clear<'_>, _: &mut [u8], _: &[u8]) -> Result<(), BadTag> {
        Err(BadTag)
    }
}

fn logging_sealer() -> (SrtpSealer, NonceLog, NonceLog) {
    let (rtp, rtcp) = (NonceLog::default(), NonceLog::default());
    let sealer =
        SrtpSealer::with_ciphers(SrtpProfile::AeadAes128Gcm, Box::new(rtp.clone()), Box::new(rtcp.clone()));
    (sealer, rtp, rtcp)
}

fn seal(sealer: &mut SrtpSealer, ssrc: u32, sequence: u16, payload: u8) -> Result<usize, SealError> {
    let mut buf = [0; 13 + ROOM];
    buf[0] = 0x80;
    buf[2..4].copy_from_slice(&sequence.to_be_bytes());
    buf[8..12].copy_from_slice(&ssrc.to_be_bytes());
    buf[12] = payload;
    sealer.seal_rtp(&mut buf, 13)
}

/// What a forwarder may do by mistake: the same packet, a changed packet, a late one, a jump, over several wraps.
#[derive(Debug, Clone)]
struct Attempt {
    ssrc: u32,
    /// From the highest index sealed so far.
    step: i64,
    payload: u8,
}

fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let step = prop_oneof![
        6 => Just(1i64),
        4 => -20i64..20,
        2 => -1200i64..1200,
        2 => 20_000i64..40_000,
        1 => -70_000i64..70_000,
    ];
    let attempt =
        (0u32..3, step, any::<u8>()).prop_map(|(ssrc, step, payload)| Attempt { ssrc, step, payload });
    proptest::collection::vec(attempt, 1..600)
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(0x3711_0002),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Design invariant: a (key, SSRC, index) is sealed once.
    #[test]
    fn no_nonce_reaches_the_cipher_twice(attempts in attempts()) {
        let (mut sealer, log, _) = logging_sealer();
        let mut highest = [None::<u64>; 3];

        for attempt in &attempts {
            let stream = attempt.ssrc as usize;
            let wanted = match highest[stream] {
                Some(highest) => highest.saturating_add_signed(attempt.step),
                None => 30_000,
            };
            if seal(&mut sealer, attempt.ssrc, wanted as u16, attempt.payload).is_ok() {
                let used = log.0.lock().unwrap().last().copied().unwrap();
                prop_assert_eq!(used.ssrc, attempt.ssrc);
                prop_assert_eq!(used.index as u16, wanted as u16);
                highest[stream] = highest[stream].max(Some(used.index));
            }
        }

        let log = log.0.lock().unwrap();
        let unique: HashSet<_> = log.iter().collect();
        prop_assert_eq!(unique.len(), log.len());
    }

    /// Every index within the window that was not sealed can be, in whatever order, across wraps.
    #[test]
    fn late_packets_within_the_window_are_sealed_under_their_own_index(
        first in 64_500u64..65_600,
        order in Just((0..600u64).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let (mut sealer, log, _) = logging_sealer();
        seal(&mut sealer, 1, 30_000, 0).unwrap();
        seal(&mut sealer, 1, 60_000, 0).unwrap();

        for offset in &order {
            prop_assert_eq!(seal(&mut sealer, 1, (first + offset) as u16, 0), Ok(13 + 16));
        }

        let log = log.0.lock().unwrap();
        let expected: Vec<u64> = order.iter().map(|offset| first + offset).collect();
        let used: Vec<u64> = log.iter().skip(2).map(|id| id.index).collect();
        prop_assert_eq!(used, expected);
    }
}

#[test]
fn a_changed_packet_is_not_sealed_again() {
    let (mut sealer, ..) = logging_sealer();
    seal(&mut sealer, 1, 10, 0xaa).unwrap();

    assert_eq!(seal(&mut sealer, 1, 10, 0xbb), Err(SealError::IndexReused));
    assert_eq!(seal(&mut sealer, 1, 10, 0xaa), Err(SealError::IndexReused));
    assert!(seal(&mut sealer, 2, 10, 0xaa).is_ok(), "another SSRC has indexes of its own");
}

#[test]
fn a_packet_below_the_window_is_not_sealed() {
    let (mut sealer, ..) = logging_sealer();
    seal(&mut sealer, 1, 5000, 0).unwrap();
    let oldest = 5000 - (RTP_WINDOW - 1) as u16;

    assert_eq!(seal(&mut sealer, 1, oldest - 1, 0), Err(SealError::TooOld));
    assert!(seal(&mut sealer, 1, oldest, 0).is_ok());
}

#[test]
fn a_packet_from_before_the_first_index_is_not_sealed() {
    let (mut sealer, ..) = logging_sealer();
    seal(&mut sealer, 1, 0, 0).unwrap();

    assert_eq!(seal(&mut sealer, 1, u16::MAX, 0), Err(SealError::TooOld));
}

#[test]
fn a_refused_packet_is_left_as_it_was() {
    let (mut sealer, ..) = logging_sealer();
    seal(&mut sealer, 0, 7, 0).unwrap();
    let mut buf = [0x55; 13 + 16];
    buf[..12].copy_from_slice(&[0x80, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0]);
    let before = buf;

    assert_eq!(sealer.seal_rtp(&mut buf, 13), Err(SealError::IndexReused));
    assert_eq!(buf, before);
}

#[test]
fn the_rtp_key_ends_with_its_last_index() {
    let (mut sealer, log, _) = logging_sealer();
    let place = sealer.sealed.find(Ssrc(1)).unwrap();
    *sealer.sealed.state_or_default(place, Ssrc(1)) =
        Some(IndexWindow::starting_at(ExtSeqNo::MAX.index() - 1));

    assert!(seal(&mut sealer, 1, 0xffff, 0).is_ok());
    assert_eq!(seal(&mut sealer, 1, 0, 0), Err(SealError::KeyExhausted));
    assert_eq!(log.0.lock().unwrap().last().unwrap().index, ExtSeqNo::MAX.index());
}

#[test]
fn the_rtcp_key_ends_with_its_last_index_and_no_index_comes_twice() {
    let (mut sealer, _, log) = logging_sealer();
    sealer.next_rtcp_index = RTCP_INDEX_MAX - 1;
    let mut report = [[0x80, 201, 0, 1, 0, 0, 0, 1].as_slice(), &[0; 20]].concat();

    let results = [(); 4].map(|()| sealer.seal_rtcp(&mut report, 8));

    let ended = Err(SealError::KeyExhausted);
    assert_eq!(results, [Ok(28), Ok(28), ended, ended]);
    let used: Vec<u64> = log.0.lock().unwrap().iter().map(|id| id.index).collect();
    assert_eq!(used, [u64::from(RTCP_INDEX_MAX) - 1, u64::from(RTCP_INDEX_MAX)]);
}

#[test]
fn no_more_ssrcs_are_sealed_than_the_limit() {
    let (mut sealer, ..) = logging_sealer();
    for ssrc in 0..MAX_SEALED_SSRCS as u32 {
        seal(&mut sealer, ssrc, 1, 0).unwrap();
    }

    assert_eq!(seal(&mut sealer, MAX_SEALED_SSRCS as u32, 1, 0), Err(SealError::TooManySsrcs));
    assert!(seal(&mut sealer, 0, 2, 0).is_ok());
    assert_eq!(sealer.ssrcs(), MAX_SEALED_SSRCS);
}

#[test]
fn a_buffer_without_room_is_an_error_and_uses_no_index() {
    let (mut sealer, ..) = logging_sealer();
    let mut buf = [0; 13 + 15];
    buf[0] = 0x80;

    assert_eq!(sealer.seal_rtp(&mut buf, 13), Err(SealError::NoRoom));
    assert_eq!(sealer.seal_rtcp(&mut buf, 13), Err(SealError::NoRoom));
    assert_eq!(sealer.seal_rtp(&mut buf, usize::MAX), Err(SealError::Malformed));
    assert_eq!((sealer.ssrcs(), sealer.next_rtcp_index), (0, 0));
}

#[test]
fn a_header_of_known_length_is_sealed_as_one_that_is_parsed() {
    for vector in Rfc7714::srtp() {
        let mut parsed = [vector.plain.clone(), vec![0; ROOM]].concat();
        let mut known = parsed.clone();
        let header_len = rtp::header::header_len(&vector.plain).unwrap();

        let len = sealer_of(&vector).seal_rtp(&mut parsed, vector.plain.len());
        let other = sealer_of(&vector).seal_rtp_after(header_len, &mut known, vector.plain.len());

        assert_eq!((other, known), (len, parsed));
    }
}

#[test]
fn no_length_of_a_header_is_an_error_and_uses_no_index() {
    let (mut sealer, ..) = logging_sealer();
    let mut buf = [0; 13 + ROOM];
    buf[0] = 0x80;

    for header_len in [0, 11, 14, usize::MAX] {
        assert_eq!(sealer.seal_rtp_after(header_len, &mut buf, 13), Err(SealError::Malformed));
    }
    assert_eq!(sealer.ssrcs(), 0);
}

#[test]
fn the_e_bit_is_always_set() {
    for vector in Rfc7714::srtcp() {
        let mut sealer = sealer_of(&vector);
        let mut opener = SrtpOpener::with_ciphers(vector.profile, vector.cipher(), vector.cipher());
        for index in 0u32..3 {
            let mut buf = [vector.plain.clone(), vec![0; ROOM]].concat();

            let len = sealer.seal_rtcp(&mut buf, vector.plain.len()).unwrap();

            assert_eq!(buf[len - 4..len], (E_BIT | index).to_be_bytes());
            assert_eq!(opener.open_rtcp(&mut buf[..len]), Ok(vector.plain.len()));
            assert_eq!(buf[..vector.plain.len()], vector.plain);
        }
    }
}
