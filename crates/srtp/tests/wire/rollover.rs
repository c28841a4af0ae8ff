//! It should find every packet's 48-bit index, whatever the network does around the wraps, and open each once.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use srtp::{OpenError, RTP_WINDOW, SrtpProfile};

use crate::packets::{SSRC, client_to_node, rtp, seal_rtp};

/// One packet of the sender and what the network does to it.
#[derive(Debug, Clone)]
struct Sent {
    /// Sequence numbers since the packet before; what lies between was lost before it was sealed.
    gap: u64,
    /// After how many later packets it arrives.
    delay: usize,
    /// After how many more it arrives again.
    repeated: Option<usize>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let gap = prop_oneof![20 => 1u64..4, 4 => 1u64..300, 1 => 10_000u64..32_000];
    let delay = prop_oneof![8 => Just(0usize), 4 => 0usize..20, 1 => 0usize..400];
    let repeated = prop_oneof![6 => Just(None), 1 => (0usize..300).prop_map(Some)];
    (gap, delay, repeated).prop_map(|(gap, delay, repeated)| Sent { gap, delay, repeated })
}

/// What a receiver with unlimited memory knows.
struct Model {
    opened: HashSet<u64>,
    highest: u64,
}

impl Model {
    /// The index that RFC 3711 §3.3.1 means: of all with these low 16 bits the nearest to the highest, and the one
    /// of the same rollover when two are as near.
    fn nearest(&self, sequence: u16) -> u64 {
        let rollover = self.highest >> 16;
        [Some(rollover), rollover.checked_sub(1), Some(rollover + 1)]
            .into_iter()
            .flatten()
            .map(|rollover| (rollover << 16) | u64::from(sequence))
            .min_by_key(|index| index.abs_diff(self.highest))
            .unwrap()
    }

    /// What must become of a packet; `None` when its index cannot be found and any error will do.
    fn expected(&self, index: u64) -> Option<Result<u64, OpenError>> {
        if !self.opened.is_empty() && self.nearest(index as u16) != index {
            None
        } else if index + RTP_WINDOW <= self.highest {
            Some(Err(OpenError::TooOld))
        } else if self.opened.contains(&index) {
            Some(Err(OpenError::Replayed))
        } else {
            Some(Ok(index))
        }
    }
}

fn check(profile: SrtpProfile, first: u64, stream: &[Sent]) -> Result<(), TestCaseError> {
    let (mut sealer, mut opener) = client_to_node(profile);
    let mut model = Model { opened: HashSet::new(), highest: 0 };
    let mut index = first;
    let mut arrivals = Vec::new();
    for (time, sent) in stream.iter().enumerate() {
        let packet = seal_rtp(&mut sealer, &rtp(SSRC, index as u16, &index.to_be_bytes())).unwrap();
        // The first packet arrives first: who misses everything before the first wrap can never know of it.
        let arrival = if time == 0 { 0 } else { time + sent.delay };
        arrivals.push((arrival, index, packet.clone()));
        if let Some(later) = sent.repeated {
            arrivals.push((arrival + later, index, packet));
        }
        index += sent.gap;
    }
    arrivals.sort_by_key(|(time, ..)| *time);

    for (_, index, packet) in arrivals {
        let mut packet = packet;
        let opened = opener.open_rtp(&mut packet).map(|opened| opened.sequence.index());

        match model.expected(index) {
            Some(expected) => prop_assert_eq!(opened, expected, "index {}", index),
            None => prop_assert!(opened.is_err(), "index {} opened as {:?}", index, opened),
        }
        if opened.is_ok() {
            prop_assert_eq!(packet.get(12..20), Some(&index.to_be_bytes()[..]));
            model.opened.insert(index);
            model.highest = model.highest.max(index);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(0x3711_0003),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Some 500 packets with two dozen jumps: six wraps on average.
    #[test]
    fn the_opener_agrees_with_a_model_that_forgets_nothing(
        first in 0u64..33_000,
        stream in proptest::collection::vec(sent(), 1..600),
    ) {
        check(SrtpProfile::AeadAes128Gcm, first, &stream)?;
        check(SrtpProfile::AesCm128HmacSha1_80, first, &stream)?;
    }

    /// All the reordering at the wrap itself.
    #[test]
    fn around_the_wrap_any_order_within_the_window_opens_every_packet(
        order in Just((65_200u64..65_800).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let (mut sealer, mut opener) = client_to_node(SrtpProfile::AeadAes128Gcm);
        for index in [32_000u64, 64_500] {
            let mut packet = seal_rtp(&mut sealer, &rtp(SSRC, index as u16, b"")).unwrap();
            opener.open_rtp(&mut packet).unwrap();
        }
        let sealed: Vec<_> = (65_200u64..65_800)
            .map(|index| seal_rtp(&mut sealer, &rtp(SSRC, index as u16, b"x")).unwrap())
            .collect();

        for index in order {
            let mut packet = sealed[(index - 65_200) as usize].clone();
            let opened = opener.open_rtp(&mut packet).map(|opened| opened.sequence.index());
            prop_assert_eq!(opened, Ok(index));
        }
    }
}

#[test]
fn a_jump_of_more_than_half_the_circle_before_the_first_wrap_is_a_jump_forward() {
    let (_, mut opener) = client_to_node(SrtpProfile::AeadAes128Gcm);
    // A sealer of its own makes the jump: to it, 50,000 is the first number.
    let (mut early, _) = client_to_node(SrtpProfile::AeadAes128Gcm);
    let (mut late, _) = client_to_node(SrtpProfile::AeadAes128Gcm);
    let mut first = seal_rtp(&mut early, &rtp(SSRC, 10, b"first")).unwrap();
    let mut far = seal_rtp(&mut late, &rtp(SSRC, 50_000, b"far")).unwrap();

    let opened = [opener.open_rtp(&mut first), opener.open_rtp(&mut far)];

    assert_eq!(opened.map(|opened| opened.unwrap().sequence.index()), [10, 50_000]);
}
