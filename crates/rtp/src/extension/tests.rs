use std::string::ToString;
use std::vec::Vec;

use super::*;

fn id(id: u8) -> ExtensionId {
    ExtensionId::new(id).unwrap()
}

fn walk(profile: u16, elements: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut block = profile.to_be_bytes().to_vec();
    block.extend([0, 0]);
    block.extend(elements);
    Extensions::of_block(&block, 12).map(|element| (element.id.get(), element.data.to_vec())).collect()
}

#[test]
fn padding_may_stand_between_elements() {
    assert_eq!(walk(0xbede, &[0, 0x10, 7, 0, 0, 0x20, 8, 0]), [(1, [7].to_vec()), (2, [8].to_vec())]);
    assert_eq!(walk(0x1000, &[0, 1, 1, 7, 0, 0, 2, 0, 0]), [(1, [7].to_vec()), (2, [].to_vec())]);
}

#[test]
fn number_fifteen_ends_a_one_byte_block() {
    assert_eq!(walk(0xbede, &[0x10, 7, 0xf0, 9, 0x20, 8]), [(1, [7].to_vec())]);
    assert_eq!(walk(0x1000, &[15, 1, 9]), [(15, [9].to_vec())]);
}

#[test]
fn padding_with_a_length_ends_a_one_byte_block() {
    assert_eq!(walk(0xbede, &[0x10, 7, 0x01, 9, 9, 0x20, 8]), [(1, [7].to_vec())]);
}

#[test]
fn an_element_longer_than_its_block_ends_it() {
    assert_eq!(walk(0xbede, &[0x10, 7, 0x23, 8]), [(1, [7].to_vec())]);
    assert_eq!(walk(0x1000, &[1, 1, 7, 2, 5, 8]), [(1, [7].to_vec())]);
    assert_eq!(walk(0x1000, &[1, 1, 7, 2]), [(1, [7].to_vec())]);
}

#[test]
fn the_application_bits_of_the_two_byte_profile_are_ignored() {
    assert_eq!(walk(0x100f, &[200, 1, 7]), [(200, [7].to_vec())]);
    assert_eq!(walk(0x1010, &[200, 1, 7]), []);
}

#[test]
fn the_first_element_of_a_number_is_the_one() {
    let block = [0xbe, 0xde, 0, 2, 0x10, 1, 0x20, 2, 0x10, 3, 0, 0];

    let extensions = Extensions::of_block(&block, 12);

    let element = extensions.lookup(id(1)).unwrap();
    assert_eq!((element.data, element.range()), (&[1][..], 17..18));
    assert_eq!(extensions.lookup(id(3)), None);
    assert_eq!(extensions.count(), 3, "a look-up does not consume");
}

#[test]
fn overwriting_keeps_length_and_neighbours() {
    let mut packet = [0; 24];
    packet[0] = 0x90;
    packet[12..24].copy_from_slice(&[0xbe, 0xde, 0, 2, 0x11, 1, 2, 0x20, 3, 0, 0, 0]);

    assert!(overwrite(&mut packet, id(1), &[8, 9]));
    assert_eq!(packet[16..20], [0x11, 8, 9, 0x20]);
    let before = packet;
    assert!(!overwrite(&mut packet, id(1), &[7]), "another length");
    assert!(!overwrite(&mut packet, id(5), &[7]), "no such element");
    assert!(!overwrite(&mut packet[..20], id(1), &[8, 9]), "no packet");
    assert_eq!(packet, before);
}

#[test]
fn each_kind_has_one_uri() {
    for &kind in ExtensionKind::ALL {
        assert_eq!(ExtensionKind::from_uri(kind.uri()), Some(kind));
    }
    assert_eq!(ExtensionKind::from_uri("urn:ietf:params:rtp-hdrext:encrypt"), None);
}

#[test]
fn a_number_has_one_kind_and_a_kind_one_number() {
    let mut map = ExtensionMap::new();

    map.insert(ExtensionKind::Mid, id(4)).unwrap();
    map.insert(ExtensionKind::Rid, id(5)).unwrap();
    let taken = map.insert(ExtensionKind::AudioLevel, id(4)).unwrap_err();
    map.insert(ExtensionKind::Mid, id(6)).unwrap();

    assert_eq!(taken, IdTaken { id: id(4), by: ExtensionKind::Mid });
    assert_eq!(taken.to_string(), "extension number 4 is taken by urn:ietf:params:rtp-hdrext:sdes:mid");
    assert_eq!(map.id(ExtensionKind::Mid), Some(id(6)));
    assert_eq!((map.kind(id(6)), map.kind(id(4))), (Some(ExtensionKind::Mid), None));
    assert_eq!(map.iter().collect::<Vec<_>>(), [(ExtensionKind::Mid, id(6)), (ExtensionKind::Rid, id(5))]);
}

#[test]
fn numbers_above_fourteen_need_two_bytes() {
    let mut map = ExtensionMap::new();
    map.insert(ExtensionKind::Mid, id(14)).unwrap();
    assert_eq!(map.form(), ExtensionForm::OneByte);

    map.insert(ExtensionKind::Rid, id(15)).unwrap();
    assert_eq!(map.form(), ExtensionForm::TwoByte);
}

#[test]
fn known_elements_are_read_in_one_walk() {
    let mut map = ExtensionMap::new();
    for (kind, number) in ExtensionKind::ALL.iter().zip(1..) {
        map.insert(*kind, id(number)).unwrap();
    }
    let block = [
        0xbe, 0xde, 0, 9, // nine words
        0x10, 0x9e, 0x20, b'0', 0x30, b'h', 0x40, b'q', 0x51, 0x12, 0x34, 0x62, 1, 2,
        3, // audio..abs-send
        0x77, 0, 0, 0, 1, 0, 0, 0, 0, 0x82, 0, 0, 1, 0x90, 1, // abs-capture, playout, orientation
        0x20, b'1', 0xa0, 0xff, 0, 0, // a second mid, a number nobody knows, padding
    ];

    let values = map.read(Extensions::of_block(&block, 12));

    assert_eq!(values.audio_level, Some(AudioLevel { voice: true, attenuation: 30 }));
    assert_eq!(values.mid, Mid::parse(b"0"));
    assert_eq!((values.rid, values.repaired_rid), (Rid::parse(b"h"), Rid::parse(b"q")));
    assert_eq!(values.transport_sequence, Some(crate::SeqNo(0x1234)));
    assert_eq!(values.abs_send_time, AbsSendTime::parse(&[1, 2, 3]));
    assert_eq!(values.abs_capture_time.unwrap().capture.0, 1 << 32);
    assert_eq!(values.playout_delay.unwrap().max().as_millis(), 10);
    assert_eq!(values.video_orientation.unwrap().rotation, Rotation::Quarter);
}
