use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::packet::fixtures::start;

const MS: Duration = Duration::from_millis(1);
const RTT: Duration = Duration::from_millis(50);

fn ext(index: u64) -> ExtSeqNo {
    ExtSeqNo::from_index(index).unwrap()
}

fn generator(came: impl IntoIterator<Item = u64>, now: Instant) -> NackGenerator {
    let mut generator = NackGenerator::new();
    for sequence in came {
        generator.handle_packet(ext(sequence), now);
    }
    generator
}

fn poll(generator: &mut NackGenerator, now: Instant) -> Vec<u16> {
    let mut asked = ArrayVec::new();
    generator.poll(now, RTT, &mut asked);
    asked.iter().map(|number| number.0).collect()
}

#[test]
fn a_gap_is_asked_for_once_reordering_would_have_closed_it() {
    let now = start();
    let mut generator = generator([65_534, 65_537], now);

    assert!(poll(&mut generator, now).is_empty());
    assert_eq!(generator.poll_timeout(), Some(now + REORDER_GRACE));
    assert_eq!(poll(&mut generator, now + REORDER_GRACE), [65_535, 0]);
}

#[test]
fn a_reordered_packet_is_never_asked_for() {
    let now = start();
    let mut generator = generator([7, 9, 8], now);

    assert_eq!(generator.poll_timeout(), None);
    assert!(poll(&mut generator, now + RTT).is_empty());
}

#[test]
fn it_asks_again_once_a_round_trip() {
    let now = start();
    let mut generator = generator([7, 9], now);
    let asked: Vec<u64> =
        (0..300).filter(|&ms| !poll(&mut generator, now + MS * ms).is_empty()).map(u64::from).collect();

    assert_eq!(asked, [5, 65, 125, 185, 245]);
}

#[test]
fn a_lying_or_unknown_round_trip_neither_floods_nor_silences() {
    let now = start();
    let cases = [
        (Duration::from_micros(1), RETRY_AFTER_MIN),
        (Duration::from_secs(3600), RETRY_AFTER_MAX),
        (Duration::ZERO, RTT_UNKNOWN + ANSWER_SLACK),
    ];
    for (rtt, retry) in cases {
        let mut generator = generator([7, 9], now);
        let mut asked = ArrayVec::new();
        generator.poll(now + REORDER_GRACE, rtt, &mut asked);

        assert_eq!(generator.poll_timeout(), Some(now + REORDER_GRACE + retry));
    }
}

#[test]
fn what_never_comes_is_given_up_for_a_key_frame() {
    let mut now = start();
    let mut generator = generator([7, 9], now);
    let mut tries = 0;
    while generator.poll_timeout().is_some() {
        now += RTT;
        tries += poll(&mut generator, now).len();
    }

    assert_eq!(tries, usize::from(TRIES_MAX));
    assert!(generator.take_needs_key_frame());
    assert!(!generator.take_needs_key_frame(), "it is said once");
}

#[test]
fn a_gap_larger_than_the_list_is_not_asked_for_but_needs_a_key_frame() {
    let now = start();
    let mut generator = generator([7, 8 + MISSING_MAX as u64 + 1], now);

    assert!(poll(&mut generator, now + RTT).is_empty());
    assert!(generator.take_needs_key_frame());
}

#[test]
fn what_is_missing_before_a_key_frame_is_asked_for_but_needs_no_other() {
    let mut now = start();
    let mut generator = generator([7, 9, 12], now);
    generator.handle_key_frame(ext(12));

    now += RTT;
    assert_eq!(poll(&mut generator, now), [8, 10, 11]);
    while generator.poll_timeout().is_some() {
        now += RTT;
        poll(&mut generator, now);
    }
    assert!(!generator.take_needs_key_frame());

    generator.handle_packet(ext(14), now);
    while generator.poll_timeout().is_some() {
        now += RTT;
        poll(&mut generator, now);
    }
    assert!(generator.take_needs_key_frame(), "what is missing after it does");
}

#[derive(Debug, Clone, Copy)]
struct Fate {
    /// How often this packet is lost before it gets through.
    lost: u8,
    /// Milliseconds that it is late.
    late: u64,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        12 => Just(Fate { lost: 0, late: 0 }),
        2 => (0u64..12).prop_map(|late| Fate { lost: 0, late }),
        3 => (1u8..=12).prop_map(|lost| Fate { lost, late: 0 }),
    ]
}

proptest! {
    #![proptest_config(crate::seeded::config(200))]

    /// A path that loses, reorders and answers: everything that at most TRIES_MAX questions can bring comes, nothing is
    /// asked for more often, or while it is on its way, and the rest ends in a wish for a key frame.
    #[test]
    fn all_that_can_be_recovered_is(fates in prop::collection::vec(fate(), 2..200)) {
        let begin = start();
        let mut generator = NackGenerator::new();
        // The first and the last packet come: before the one and after the other nothing is known to be missing.
        let last = fates.len() as u64 - 1;
        let mut fates = fates;
        fates[0] = Fate { lost: 0, late: 0 };
        fates[last as usize] = Fate { lost: 0, late: 0 };
        let mut arrivals: BTreeMap<(u64, u64), ()> = BTreeMap::new();
        for (sequence, fate) in fates.iter().enumerate() {
            if fate.lost == 0 {
                arrivals.insert((sequence as u64 * 4 + fate.late, sequence as u64), ());
            }
        }
        let mut asked: BTreeMap<u64, (u8, u64)> = BTreeMap::new();
        let mut came = BTreeSet::new();
        let mut needs_key_frame = false;

        for ms in 0..last * 4 + 2000 {
            let now = begin + MS * ms as u32;
            while let Some((&(at, sequence), ())) = arrivals.first_key_value() {
                if at > ms {
                    break;
                }
                arrivals.pop_first();
                came.insert(sequence);
                generator.handle_packet(ext(sequence), now);
            }
            let mut questions = ArrayVec::new();
            generator.poll(now, RTT, &mut questions);
            for number in questions {
                let sequence = u64::from(number.0);
                prop_assert!(!came.contains(&sequence), "{} is here already", sequence);
                let (tries, before) = asked.get(&sequence).copied().unwrap_or((0, 0));
                prop_assert!(tries < TRIES_MAX);
                prop_assert!(tries == 0 || ms - before >= 60, "{} again after {} ms", sequence, ms - before);
                asked.insert(sequence, (tries + 1, ms));
                if tries + 1 == fates[sequence as usize].lost {
                    arrivals.insert((ms + 50, sequence), ());
                }
            }
            needs_key_frame |= generator.take_needs_key_frame();
        }

        let recoverable = |fate: &Fate| fate.lost <= TRIES_MAX;
        for (sequence, fate) in fates.iter().enumerate() {
            prop_assert_eq!(came.contains(&(sequence as u64)), recoverable(fate), "{}", sequence);
        }
        prop_assert_eq!(needs_key_frame, !fates.iter().all(recoverable));
        prop_assert_eq!(generator.poll_timeout(), None);
    }
}

#[test]
fn what_was_given_up_is_not_asked_for_nor_what_comes_before_the_next() {
    let now = start();
    let mut generator = generator([100, 105], now);

    generator.give_up();
    for sequence in [300, 302] {
        generator.handle_packet(ext(sequence), now);
    }

    assert_eq!(poll(&mut generator, now + REORDER_GRACE), [301]);
}
