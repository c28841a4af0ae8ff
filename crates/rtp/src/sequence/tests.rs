use super::*;

#[test]
fn offsets_go_the_shorter_way_round() {
    assert_eq!(SeqNo(2).offset_from(SeqNo(65534)), 4);
    assert_eq!(SeqNo(65534).offset_from(SeqNo(2)), -4);
    assert!(SeqNo(0).is_newer_than(SeqNo(65535)));
    assert!(!SeqNo(7).is_newer_than(SeqNo(7)));
    assert_eq!(SeqNo(65535).wrapping_add(2), SeqNo(1));
}

#[test]
fn an_index_is_a_rollover_and_a_number() {
    let index = ExtSeqNo::new(3, SeqNo(9));

    assert_eq!(index.index(), 3 * 65536 + 9);
    assert_eq!((index.rollover(), index.seq()), (3, SeqNo(9)));
    assert_eq!(ExtSeqNo::MAX.checked_add(1), None);
    assert_eq!(ExtSeqNo::from_index(1 << 48), None);
    assert_eq!(ExtSeqNo::default().checked_sub(1), None);
    assert_eq!(ExtSeqNo::default().offset_from(ExtSeqNo::MAX), -((1 << 48) - 1));
}

#[test]
fn late_packets_around_the_wrap_keep_their_place() {
    let mut stream = SeqUnwrapper::new();
    let arrivals = [65533, 65535, 1, 65534, 0, 2, 65532];

    let indices: std::vec::Vec<_> =
        arrivals.into_iter().map(|seq| stream.extend(SeqNo(seq)).unwrap().index()).collect();

    assert_eq!(indices, [65533, 65535, 65537, 65534, 65536, 65538, 65532]);
    assert_eq!(stream.highest(), Some(ExtSeqNo::new(1, SeqNo(2))));
}

#[test]
fn a_packet_before_the_first_rollover_has_no_index() {
    let mut srtp = SeqUnwrapper::new();
    let mut lenient = SeqUnwrapper::starting_at(1);

    srtp.extend(SeqNo(1));
    lenient.extend(SeqNo(1));

    assert_eq!(srtp.extend(SeqNo(65535)), None);
    assert_eq!(srtp.highest(), Some(ExtSeqNo::new(0, SeqNo(1))));
    assert_eq!(lenient.extend(SeqNo(65535)), Some(ExtSeqNo::new(0, SeqNo(65535))));
}

#[test]
fn the_last_index_is_not_followed_by_the_first() {
    let mut stream = SeqUnwrapper::new();
    stream.commit(ExtSeqNo::MAX);

    assert_eq!(stream.estimate(SeqNo(0)), None);
}

#[test]
fn an_estimate_changes_nothing_until_it_is_committed() {
    let mut stream = SeqUnwrapper::new();
    stream.extend(SeqNo(65535));

    assert_eq!(stream.estimate(SeqNo(5)), Some(ExtSeqNo::new(1, SeqNo(5))));
    assert_eq!(stream.highest(), Some(ExtSeqNo::new(0, SeqNo(65535))));
}

proptest::proptest! {
    #![proptest_config(crate::seeded::config())]

    /// Whatever the loss and reordering, as long as nothing is later than half the circle, every index is right.
    #[test]
    fn every_index_within_half_the_circle_is_found(
        start in 40_000u64..1 << 40,
        steps in proptest::collection::vec(-32_000i64..32_000, 1..200),
    ) {
        let mut stream = SeqUnwrapper::starting_at((start >> 16) as u32);
        let mut highest = start as i64;
        stream.extend(SeqNo(start as u16));

        for step in steps {
            let sent = highest + step;
            let index = stream.extend(SeqNo(sent as u16)).unwrap();
            proptest::prop_assert_eq!(index.index() as i64, sent);
            highest = highest.max(sent);
        }
    }
}
