use super::*;

/// Everything present, PictureID of 15 bits, then the first byte of a key frame.
const FULL: [u8; 7] = [0x90, 0xf0, 0x92, 0x34, 0x56, 0b0110_0111, 0x10];

#[test]
fn a_full_descriptor_is_read_field_by_field() {
    let (descriptor, len) = Descriptor::parse(&FULL).unwrap();

    let expected = Descriptor {
        non_reference: false,
        partition_start: true,
        partition: 0,
        picture_id: Some(PictureId::Long(0x1234)),
        tl0_pic_idx: Some(0x56),
        temporal: Some(TemporalLayer { id: 1, sync: true }),
        key_index: Some(7),
    };
    assert_eq!((descriptor, len), (expected, 6));
}

#[test]
fn a_short_picture_id_takes_one_byte() {
    let payload = [0x80, 0xc0, 0x7f, 9, 0x01];

    let (descriptor, len) = Descriptor::parse(&payload).unwrap();

    assert_eq!(descriptor.picture_id, Some(PictureId::Short(127)));
    assert_eq!((descriptor.tl0_pic_idx, descriptor.tl0_pic_idx_offset(), len), (Some(9), Some(3), 4));
}

#[test]
fn every_truncation_is_an_error() {
    for len in 0..6 {
        assert_eq!(Descriptor::parse(&FULL[..len]), Err(CUT), "{len}");
    }
    assert_eq!(frame_facts(&FULL[..6], false), Err(ParseError::Truncated("VP8 frame")));
}

#[test]
fn a_key_frame_shows_in_its_first_packet() {
    let facts = |payload: &[u8], marker| frame_facts(payload, marker).unwrap();

    let key = facts(&[0x10, 0x00], false);
    assert!(key.start && key.key && key.switch_point && !key.end);

    let delta = facts(&[0x10, 0x01], true);
    assert!(delta.start && !delta.key && !delta.switch_point && delta.end);

    let middle = facts(&[0x00, 0x00], false);
    assert!(!middle.start && !middle.key, "only the first packet has the frame header");

    let second_partition = facts(&[0x11, 0x00], false);
    assert!(!second_partition.start && !second_partition.key);
}

#[test]
fn a_layer_sync_is_a_switch_point() {
    let facts = frame_facts(&[0x90, 0x20, 0b1010_0000, 0x01], false).unwrap();

    assert!(facts.switch_point && !facts.key);
    assert_eq!(facts.temporal_layer, 2);
}

#[test]
fn counters_are_overwritten_in_their_width() {
    let mut payload = FULL;
    let (descriptor, _) = Descriptor::parse(&payload).unwrap();

    assert!(descriptor.overwrite_picture_id(&mut payload, 0xffff));
    assert!(descriptor.overwrite_tl0_pic_idx(&mut payload, 0xab));
    assert_eq!(payload, [0x90, 0xf0, 0xff, 0xff, 0xab, 0b0110_0111, 0x10]);

    let mut short = [0x80, 0x80, 0x05, 0x00];
    let (descriptor, _) = Descriptor::parse(&short).unwrap();
    assert!(descriptor.overwrite_picture_id(&mut short, 0x0181));
    assert_eq!(short, [0x80, 0x80, 0x01, 0x00]);
    assert!(!descriptor.overwrite_tl0_pic_idx(&mut short, 1));
    assert!(!descriptor.overwrite_picture_id(&mut short[..2], 1));
}

proptest::proptest! {
    #![proptest_config(crate::seeded::config())]

    #[test]
    fn what_is_written_is_read_back(
        (non_reference, partition_start, partition) in (proptest::bool::ANY, proptest::bool::ANY, 0u8..8),
        short in proptest::option::of(0u8..128),
        long in proptest::option::of(0u16..0x8000),
        tl0_pic_idx in proptest::option::of(0u8..),
        layer in proptest::option::of((0u8..4, proptest::bool::ANY)),
        key_index in proptest::option::of(0u8..32),
    ) {
        let descriptor = Descriptor {
            non_reference,
            partition_start,
            partition,
            picture_id: short.map(PictureId::Short).or(long.map(PictureId::Long)),
            tl0_pic_idx,
            temporal: layer.map(|(id, sync)| TemporalLayer { id, sync }),
            key_index,
        };
        let mut buffer = [0; DESCRIPTOR_LEN_MAX];

        let len = descriptor.write(&mut buffer).unwrap();

        proptest::prop_assert_eq!(Descriptor::parse(&buffer[..len]), Ok((descriptor, len)));
        proptest::prop_assert!(descriptor.write(&mut buffer[..len - 1]).is_err());
    }
}
