use std::vec::Vec;

use super::*;
use crate::error::WriteError;
use crate::extension::{ExtensionForm, ExtensionId};

/// Two CSRCs, a one-byte block with id 1 (AB) and id 3 (CD EF), five bytes of payload, three of padding.
const PACKET: [u8; 40] = [
    0xb2, 0xe0, 0x12, 0x34, 0x00, 0x00, 0x0b, 0xb8, 0xde, 0xad, 0xbe, 0xef, // fixed
    0, 0, 0, 1, 0, 0, 0, 2, // CSRCs
    0xbe, 0xde, 0, 2, 0x10, 0xab, 0, 0x31, 0xcd, 0xef, 0, 0, // extension
    b'h', b'e', b'l', b'l', b'o', 0, 0, 3, // payload and padding
];

fn fields() -> HeaderFields {
    HeaderFields {
        marker: true,
        payload_type: PayloadType::new(96).unwrap(),
        sequence: SeqNo(0x1234),
        timestamp: RtpTimestamp(3000),
        ssrc: Ssrc(0xdead_beef),
    }
}

fn id(id: u8) -> ExtensionId {
    ExtensionId::new(id).unwrap()
}

#[test]
fn a_packet_is_read_field_by_field() {
    let packet = RtpPacket::parse(&PACKET).unwrap();
    let header = packet.header();

    assert!(header.marker() && header.has_padding() && header.has_extension());
    assert_eq!(header.payload_type().get(), 96);
    assert_eq!(header.sequence(), SeqNo(0x1234));
    assert_eq!(header.timestamp(), RtpTimestamp(3000));
    assert_eq!(header.ssrc(), Ssrc(0xdead_beef));
    assert_eq!(header.csrcs().collect::<Vec<_>>(), [Ssrc(1), Ssrc(2)]);
    assert_eq!(header.extension_profile(), Some(0xbede));
    assert_eq!(header.extension_range(), 20..32);
    assert_eq!((header.wire_len(), header_len(&PACKET)), (32, Ok(32)));
    assert_eq!(packet.payload(), b"hello");
    assert_eq!(&PACKET[packet.payload_range()], b"hello");
    assert_eq!(packet.padding_len(), 3);
    let elements: Vec<_> = header.extensions().map(|e| (e.id.get(), e.data, e.range())).collect();
    assert_eq!(elements, [(1, &[0xab][..], 25..26), (3, &[0xcd, 0xef][..], 28..30)]);
}

#[test]
fn a_block_may_be_longer_than_a_datagram_is_today() {
    let mut packet = std::vec![0; 12 + 4 + 4 * 0x0102 + 3];
    packet[0] = 0x90;
    packet[12..16].copy_from_slice(&[0xbe, 0xde, 0x01, 0x02]);

    assert_eq!(RtpPacket::parse(&packet).unwrap().payload().len(), 3);
    packet[14] = 0x02;
    assert!(RtpPacket::parse(&packet).is_err());
}

#[test]
fn a_sealed_payload_is_not_asked_for_its_padding() {
    let mut sealed = PACKET;
    sealed[39] = 0xff;

    assert_eq!(header_len(&sealed), Ok(32));
    assert_eq!(RtpPacket::parse(&sealed), Err(ParseError::Padding { padding: 0xff, available: 8 }));
}

#[test]
fn padding_counts_itself() {
    let mut packet = PACKET;
    packet[39] = 0;
    assert!(RtpPacket::parse(&packet).is_err());

    packet[39] = 8;
    assert_eq!(RtpPacket::parse(&packet).unwrap().payload(), b"");

    packet[39] = 9;
    assert!(RtpPacket::parse(&packet).is_err());

    assert!(RtpPacket::parse(&packet[..32]).is_err(), "P without a single byte to count");
}

#[test]
fn every_truncation_inside_the_header_is_an_error() {
    for len in 0..32 {
        assert!(matches!(RtpHeader::parse(&PACKET[..len]), Err(ParseError::Truncated(_))), "{len}");
    }
    assert!(RtpHeader::parse(&PACKET[..32]).is_ok());
}

#[test]
fn other_versions_are_refused() {
    for version in [0, 1, 3] {
        let mut packet = PACKET;
        packet[0] = (packet[0] & 0x3f) | (version << 6);
        assert_eq!(RtpHeader::parse(&packet), Err(ParseError::Version(version)));
    }
}

#[test]
fn a_block_of_another_profile_has_no_elements() {
    let mut packet = PACKET;
    packet[20] = 0;

    let header = RtpHeader::parse(&packet).unwrap();

    assert_eq!(header.wire_len(), 32);
    assert_eq!(header.extensions().count(), 0);
}

#[test]
fn rewriting_touches_only_its_field() {
    let mut packet = PACKET;

    let mut header = HeaderMut::new(&mut packet).unwrap();
    header.set_payload_type(PayloadType::new(111).unwrap());
    header.set_sequence(SeqNo(0x5678));
    header.set_timestamp(RtpTimestamp(0x0102_0304));
    header.set_ssrc(Ssrc(0x0506_0708));
    assert_eq!(packet[..12], [0xb2, 0x80 | 111, 0x56, 0x78, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(packet[12..], PACKET[12..]);

    let mut header = HeaderMut::new(&mut packet).unwrap();
    header.set_marker(false);
    header.set_padding(false);
    assert_eq!(packet[..2], [0x92, 111]);

    let mut header = HeaderMut::new(&mut packet).unwrap();
    header.set_marker(true);
    header.set_padding(true);
    assert_eq!(packet[..2], [0xb2, 0x80 | 111]);
    assert!(HeaderMut::new(&mut packet[..11]).is_err());
}

#[test]
fn a_header_without_elements_has_no_block() {
    let mut buffer = [0xff; 12];

    let len = HeaderWriter::new(&mut buffer, &fields(), ExtensionForm::OneByte).unwrap().finish();

    assert_eq!(len, Ok(12));
    assert_eq!(buffer, [0x80, 0xe0, 0x12, 0x34, 0, 0, 0x0b, 0xb8, 0xde, 0xad, 0xbe, 0xef]);
}

#[test]
fn elements_are_padded_to_whole_words() {
    let mut buffer = [0xff; 64];

    let mut writer = HeaderWriter::new(&mut buffer, &fields(), ExtensionForm::OneByte).unwrap();
    let first = writer.element(id(1), &[0xab]).unwrap();
    let second = writer.element(id(14), &[7; 16]).unwrap();
    let len = writer.finish().unwrap();

    assert_eq!((first, second, len), (17, 19, 36));
    assert_eq!(buffer[12..19], [0xbe, 0xde, 0, 5, 0x10, 0xab, 0xef]);
    assert_eq!(buffer[35..37], [0, 0xff]);
}

#[test]
fn the_writer_refuses_what_the_form_cannot_hold() {
    let mut buffer = [0; 600];
    let mut one = HeaderWriter::new(&mut buffer, &fields(), ExtensionForm::OneByte).unwrap();
    let refused = Err(WriteError::OutOfRange("extension element"));
    assert_eq!(one.element(id(15), &[0]), refused);
    assert_eq!(one.element(id(1), &[]), refused);
    assert_eq!(one.element(id(1), &[0; 17]), refused);
    assert_eq!(one.finish(), Ok(12));

    let mut two = HeaderWriter::new(&mut buffer, &fields(), ExtensionForm::TwoByte).unwrap();
    assert_eq!(two.element(id(255), &[]), Ok(18));
    assert_eq!(two.element(id(1), &[9; 255]), Ok(20));
    assert_eq!(two.element(id(1), &[0; 256]), refused);
    let len = two.finish().unwrap();
    let lens: Vec<_> =
        RtpHeader::parse(&buffer[..len]).unwrap().extensions().map(|e| (e.id.get(), e.data.len())).collect();
    assert_eq!(lens, [(255, 0), (1, 255)]);
}

#[test]
fn the_writer_fits_exactly_or_says_so() {
    for len in 0..20 {
        let mut buffer = [0; 20];
        let mut write = || {
            let mut writer = HeaderWriter::new(&mut buffer[..len], &fields(), ExtensionForm::OneByte)?;
            writer.element(id(1), &[1, 2])?;
            writer.finish()
        };
        assert!(matches!(write(), Err(WriteError::BufferFull(_))), "{len}");
    }
}

proptest::proptest! {
    #![proptest_config(crate::seeded::config())]

    #[test]
    fn what_is_written_is_read_back(
        marker: bool, pt in 0u8..128, seq: u16, timestamp: u32, ssrc: u32, two_byte: bool,
        elements in proptest::collection::vec((1u8..=14, proptest::collection::vec(0u8.., 1..=16)), 0..8),
        payload in proptest::collection::vec(0u8.., 0..64),
    ) {
        let fields = HeaderFields {
            marker,
            payload_type: PayloadType::new(pt).unwrap(),
            sequence: SeqNo(seq),
            timestamp: RtpTimestamp(timestamp),
            ssrc: Ssrc(ssrc),
        };
        let form = if two_byte { ExtensionForm::TwoByte } else { ExtensionForm::OneByte };
        let mut buffer = [0xee; 512];

        let mut writer = HeaderWriter::new(&mut buffer, &fields, form).unwrap();
        for (number, data) in &elements {
            writer.element(id(*number), data).unwrap();
        }
        let len = writer.finish().unwrap();
        buffer[len..len + payload.len()].copy_from_slice(&payload);
        let packet = RtpPacket::parse(&buffer[..len + payload.len()]).unwrap();

        let header = packet.header();
        let read = HeaderFields {
            marker: header.marker(),
            payload_type: header.payload_type(),
            sequence: header.sequence(),
            timestamp: header.timestamp(),
            ssrc: header.ssrc(),
        };
        proptest::prop_assert_eq!(read, fields);
        let back: Vec<_> = header.extensions().map(|e| (e.id.get(), e.data.to_vec())).collect();
        proptest::prop_assert_eq!(back, elements);
        proptest::prop_assert_eq!(packet.payload(), &payload[..]);
    }
}
