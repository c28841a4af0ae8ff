use proptest::prelude::*;

use super::*;

/// Puts a datagram of `len` bytes, all `mark`, into the runs.
fn put(runs: &mut Runs<u8>, to: u8, len: usize, mark: u8) {
    runs.space().unwrap()[..len].fill(mark);
    runs.commit_to(to, len);
}

fn shapes(runs: &Runs<u8>) -> Vec<(u8, usize, usize)> {
    runs.iter().map(|(run, data)| (run.to, run.segments, data.len())).collect()
}

#[test]
fn equal_datagrams_and_one_shorter_at_the_end_are_one_run() {
    let mut runs = Runs::new();
    for len in [1200, 1200, 700, 1200] {
        put(&mut runs, 1, len, 0);
    }

    assert_eq!(shapes(&runs), [(1, 3, 3100), (1, 1, 1200)]);
}

#[test]
fn a_larger_datagram_and_another_destination_begin_new_runs() {
    let mut runs = Runs::new();
    for (to, len) in [(1, 1200), (1, 1201), (2, 1201), (1, 1201)] {
        put(&mut runs, to, len, 0);
    }

    assert_eq!(shapes(&runs), [(1, 1, 1200), (1, 1, 1201), (2, 1, 1201), (1, 1, 1201)]);
}

#[test]
fn a_run_has_at_most_what_one_send_takes() {
    let mut runs = Runs::new();
    for _ in 0..65 {
        put(&mut runs, 1, 100, 0);
        put(&mut runs, 1, 100, 0);
    }
    for _ in 0..50 {
        put(&mut runs, 2, 1400, 0);
    }

    assert_eq!(shapes(&runs), [(1, 64, 6400), (1, 64, 6400), (1, 2, 200), (2, 46, 64_400), (2, 4, 5600)]);
}

#[test]
fn the_arena_grows_to_its_limit_and_is_used_again() {
    let mut runs = Runs::new();
    let mut count = 0;
    while let Some(space) = runs.space() {
        assert_eq!(space.len(), DATAGRAM_LEN_MAX);
        runs.commit_to(0, DATAGRAM_LEN_MAX);
        count += 1;
    }
    let is_full = runs.space().is_none();

    runs.clear();

    assert_eq!(count, ARENA_LEN_MAX / DATAGRAM_LEN_MAX);
    assert!(is_full && runs.iter().next().is_none() && runs.space().is_some());
}

#[test]
fn packets_a_byte_or_two_apart_become_equal() {
    let mut padding = [9; 9];

    equalise(&[1100, 1100, 1101, 1101, 500, 1102, 1100, 1101, 1099], &mut padding);

    assert_eq!(padding, [1, 1, 0, 0, 0, 0, 2, 0, 0]);
}

#[test]
fn what_is_turned_to_once_gets_all_that_follows() {
    let mut runs = Runs::new();
    runs.commit(100);
    runs.turn_to(1);
    runs.commit(100);
    runs.commit(100);
    runs.turn_to(2);
    runs.turn_to(1);
    runs.commit(100);
    runs.clear();
    let is_empty = runs.iter().next().is_none();
    runs.commit(100);

    assert!(is_empty);
    assert_eq!(shapes(&runs), [(1, 1, 100)], "turned to before");
}

proptest! {
    #![proptest_config(crate::seeded::config(200))]

    /// The kernel cuts a run every `segment_len` bytes: that must give back the datagrams, in order.
    #[test]
    fn cutting_the_runs_gives_the_datagrams(datagrams in prop::collection::vec((0u8..3, 1usize..5), 1..300)) {
        let mut runs = Runs::new();
        let lens = [0, 90, 100, 1400, 1472];
        for (mark, &(to, len)) in datagrams.iter().enumerate() {
            put(&mut runs, to, lens[len], mark as u8);
        }

        let cut: Vec<_> = runs
            .iter()
            .flat_map(|(run, data)| data.chunks(run.segment_len).map(|datagram| (run.to, datagram.len(), datagram[0])))
            .collect();
        let put: Vec<_> =
            datagrams.iter().enumerate().map(|(mark, &(to, len))| (to, lens[len], mark as u8)).collect();
        prop_assert_eq!(cut, put);
        for (run, data) in runs.iter() {
            prop_assert!(run.segments <= SEGMENTS_MAX && data.len() <= RUN_LEN_MAX);
            prop_assert_eq!(data.len().div_ceil(run.segment_len), run.segments);
        }
    }

    /// Padding is small, and a group that it made equal is one run.
    #[test]
    fn padding_is_bounded_and_never_makes_more_runs(lens in prop::collection::vec(100usize..106, 1..50)) {
        let mut padding = vec![0; lens.len()];
        equalise(&lens, &mut padding);

        let (mut plain, mut padded) = (Runs::new(), Runs::new());
        for (len, padding) in lens.iter().zip(&padding) {
            put(&mut plain, 0, *len, 0);
            put(&mut padded, 0, len + usize::from(*padding), 0);
            prop_assert!(*padding <= PADDING_MAX);
        }
        prop_assert!(shapes(&padded).len() <= shapes(&plain).len());
    }
}
