//! The window against a set that forgets nothing.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

type Small = IndexWindow<2>;

#[test]
fn the_first_index_is_seen_and_its_neighbours_are_new() {
    let window = Small::starting_at(100);

    assert_eq!(window.check(100), Err(Stale::Seen));
    assert_eq!(window.check(99), Ok(()));
    assert_eq!(window.check(101), Ok(()));
}

#[test]
fn the_window_ends_after_its_span() {
    let window = Small::starting_at(1000);

    assert_eq!(window.check(1000 - 63), Ok(()));
    assert_eq!(window.check(1000 - 64), Err(Stale::TooOld));
}

#[test]
fn the_highest_index_never_goes_back() {
    let mut window = Small::starting_at(1000);

    window.accept(950);

    assert_eq!(window.highest(), 1000);
    assert_eq!(window.check(950), Err(Stale::Seen));
}

#[test]
fn a_jump_over_the_whole_ring_leaves_no_old_bits() {
    let mut window = Small::starting_at(63);
    (0..63).for_each(|index| window.accept(index));

    window.accept(63 + 10 * 128);

    let highest = window.highest();
    assert!((highest - 63..highest).all(|index| window.check(index).is_ok()));
}

#[test]
fn the_last_index_of_all_fits() {
    let last = (1 << 48) - 1;
    let mut window = Small::starting_at(last - 1);

    window.accept(last);

    assert_eq!(window.check(last), Err(Stale::Seen));
    assert_eq!(window.check(last - 1), Err(Stale::Seen));
}

/// Steps around the highest: mostly near, sometimes far, as reordering, loss and jumps make them.
fn steps() -> impl Strategy<Value = Vec<i64>> {
    let step = prop_oneof![8 => -10i64..20, 4 => -300i64..300, 1 => -5000i64..5000];
    proptest::collection::vec(step, 1..400)
}

fn agrees_with_a_set<const WORDS: usize>(first: u64, steps: &[i64]) -> Result<(), TestCaseError> {
    let mut window = IndexWindow::<WORDS>::starting_at(first);
    let mut seen = HashSet::from([first]);
    let mut highest = first;
    for step in steps {
        let Some(index) = highest.checked_add_signed(*step) else { continue };
        let expected = if index + span(WORDS) <= highest {
            Err(Stale::TooOld)
        } else if seen.contains(&index) {
            Err(Stale::Seen)
        } else {
            Ok(())
        };

        prop_assert_eq!(window.check(index), expected);

        if expected.is_ok() {
            window.accept(index);
            seen.insert(index);
            highest = highest.max(index);
        }
        prop_assert_eq!(window.highest(), highest);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(0x3711_0001),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn it_agrees_with_a_set_that_forgets_nothing(first in 0u64..3000, steps in steps()) {
        agrees_with_a_set::<2>(first, &steps)?;
        agrees_with_a_set::<RTCP_WORDS>(first, &steps)?;
        agrees_with_a_set::<RTP_WORDS>(first, &steps)?;
    }
}
