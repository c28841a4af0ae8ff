use std::vec::Vec;

use super::*;
use crate::error::WriteError;
use crate::sequence::SeqNo;
use crate::units::{Bitrate, NtpShort, NtpTime, RtpTimestamp};

const US: Ssrc = Ssrc(0x0102_0304);
const THEM: Ssrc = Ssrc(0x0506_0708);

const INFO: SenderInfo = SenderInfo {
    ntp: NtpTime(0x1122_3344_5566_7788),
    timestamp: RtpTimestamp(0x99aa_bbcc),
    packets: 1000,
    bytes: 1_200_000,
};

const BLOCK: ReportBlock = ReportBlock {
    ssrc: THEM,
    fraction_lost: 25,
    lost: -3,
    highest_sequence: 0x0001_ffff,
    jitter: 90,
    last_sender_report: NtpShort(0x3344_5566),
    delay: NtpShort(65536),
};

fn written(write: impl FnOnce(&mut Writer) -> Result<(), WriteError>) -> Vec<u8> {
    let mut buffer = [0xee; 1200];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer).unwrap();
    let len = writer.finish();
    buffer[..len].to_vec()
}

fn only(datagram: &[u8]) -> Packet<'_> {
    let mut packets = Compound::parse(datagram).unwrap();
    let packet = packets.next().unwrap().unwrap();
    assert!(packets.next().is_none());
    packet
}

#[test]
fn a_sender_report_comes_back() {
    let datagram = written(|w| w.sender_report(US, INFO, &[BLOCK, BLOCK]));

    let Packet::SenderReport(report) = only(&datagram) else { panic!("{datagram:?}") };
    assert_eq!((report.sender, report.info), (US, INFO));
    assert_eq!(report.blocks.collect::<Vec<_>>(), [BLOCK, BLOCK]);
    assert_eq!(datagram[..4], [0x82, 200, 0, 18]);
}

#[test]
fn a_receiver_report_comes_back() {
    let datagram = written(|w| w.receiver_report(US, &[BLOCK]));

    let Packet::ReceiverReport(report) = only(&datagram) else { panic!("{datagram:?}") };
    assert_eq!(report.sender, US);
    assert_eq!((report.blocks.len(), report.blocks.collect::<Vec<_>>()), (1, [BLOCK].to_vec()));
}

#[test]
fn losses_saturate_at_24_bits() {
    for (lost, seen) in [(i32::MAX, 0x7f_ffff), (i32::MIN, -0x80_0000), (-1, -1), (0, 0)] {
        let datagram = written(|w| w.receiver_report(US, &[ReportBlock { lost, ..BLOCK }]));
        let Packet::ReceiverReport(report) = only(&datagram) else { panic!("{datagram:?}") };
        let block = report.blocks.last().unwrap();
        assert_eq!((block.lost, block.fraction_lost), (seen, 25));
    }
}

#[test]
fn a_report_counts_31_blocks_and_no_more() {
    let mut buffer = [0; 1200];
    let mut writer = Writer::new(&mut buffer);

    assert!(writer.receiver_report(US, &[BLOCK; 31]).is_ok());
    let refused = writer.receiver_report(US, &[BLOCK; 32]);

    assert_eq!(refused, Err(WriteError::OutOfRange("RTCP report blocks")));
}

#[test]
fn a_count_of_absent_blocks_is_an_error() {
    let mut datagram = written(|w| w.receiver_report(US, &[BLOCK]));
    datagram[0] += 1;

    let mut packets = Compound::parse(&datagram).unwrap();

    assert_eq!(packets.next().unwrap().unwrap_err(), ParseError::Truncated("RTCP report block"));
}

#[test]
fn a_cname_of_every_length_comes_back() {
    for len in 0..=CNAME_LEN_MAX {
        let cname = std::vec![b'n'; len];
        let datagram = written(|w| w.cname(US, &cname));

        let Packet::SourceDescription(description) = only(&datagram) else { panic!("{datagram:?}") };
        let chunks: Vec<_> = description.chunks().collect();
        assert_eq!(chunks, [SourceDescriptionChunk { ssrc: US, cname: Some(&cname) }]);
    }
    let mut buffer = [0; 600];
    assert!(Writer::new(&mut buffer).cname(US, &[b'n'; 256]).is_err());
}

#[test]
fn items_other_than_the_cname_are_passed_over() {
    let datagram = [
        0x82, 202, 0, 7, 1, 2, 3, 4, 2, 3, b'a', b'b', b'c', 1, 1, b'x', 1, 1, b'y',
        0, // NAME, CNAME x, CNAME y
        5, 6, 7, 8, 6, 1, b't', 0, 0, 0, 0, 0,
    ];

    let Packet::SourceDescription(description) = only(&datagram) else { panic!() };

    let chunks: Vec<_> = description.chunks().map(|chunk| (chunk.ssrc, chunk.cname)).collect();
    assert_eq!(chunks, [(US, Some(&b"x"[..])), (THEM, None)]);
}

#[test]
fn a_description_without_its_end_is_an_error() {
    let datagram = [0x81, 202, 0, 2, 1, 2, 3, 4, 1, 2, b'a', b'b'];
    let longer = [0x81, 202, 0, 2, 1, 2, 3, 4, 1, 9, b'a', b'b'];

    for datagram in [datagram, longer] {
        assert!(Compound::parse(&datagram).unwrap().next().unwrap().is_err());
    }
}

#[test]
fn a_goodbye_names_streams_and_perhaps_a_reason() {
    let datagram = written(|w| w.bye(&[US, THEM]));
    let Packet::Bye(bye) = only(&datagram) else { panic!("{datagram:?}") };
    assert_eq!((bye.sources().collect::<Vec<_>>(), bye.reason()), ([US, THEM].to_vec(), None));

    let with_reason = [0x81, 203, 0, 2, 1, 2, 3, 4, 2, b'o', b'k', 0];
    let Packet::Bye(bye) = only(&with_reason) else { panic!() };
    assert_eq!((bye.sources().collect::<Vec<_>>(), bye.reason()), ([US].to_vec(), Some(&b"ok"[..])));

    let lying = [0x81, 203, 0, 2, 1, 2, 3, 4, 4, b'o', b'k', 0];
    assert!(Compound::parse(&lying).unwrap().next().unwrap().is_err());
}

#[test]
fn a_nack_packs_neighbours_into_one_pair() {
    let lost = [65534, 65535, 0, 14, 15, 100].map(SeqNo);

    let datagram = written(|w| w.nack(US, THEM, lost));

    // 65534 with 65535, 0 and 14 (16 later); then 15; then 100.
    assert_eq!(datagram[..4], [0x81, 205, 0, 5]);
    assert_eq!(datagram[12..16], [0xff, 0xfe, 0x80, 0x03]);
    let Packet::Nack(nack) = only(&datagram) else { panic!("{datagram:?}") };
    assert_eq!((nack.sender, nack.media), (US, THEM));
    assert_eq!(nack.lost().collect::<Vec<_>>(), lost);
}

#[test]
fn a_nack_of_nothing_is_not_written() {
    assert_eq!(written(|w| w.nack(US, THEM, [])), []);
}

#[test]
fn requests_for_key_frames_come_back() {
    let datagram = written(|w| w.picture_loss(US, THEM));
    assert_eq!(datagram, [0x81, 206, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]);
    let Packet::PictureLossIndication(loss) = only(&datagram) else { panic!() };
    assert_eq!(loss, PictureLossIndication { sender: US, media: THEM });

    let entries = [(THEM, 7), (US, 255)].map(|(media, command)| FullIntraRequestEntry { media, command });
    let datagram = written(|w| w.full_intra(US, &entries));
    let Packet::FullIntraRequest(request) = only(&datagram) else { panic!() };
    assert_eq!((request.sender, request.entries().collect::<Vec<_>>()), (US, entries.to_vec()));
}

#[test]
fn remb_is_read_and_saturates() {
    let mut datagram = std::vec![0x8f, 206, 0, 6, 1, 2, 3, 4, 0, 0, 0, 0, b'R', b'E', b'M', b'B', 2];
    datagram.extend([(3 << 2) | 1, 0, 1, 5, 6, 7, 8, 1, 2, 3, 4]);
    let Packet::ReceiverEstimate(estimate) = only(&datagram) else { panic!() };
    assert_eq!(estimate.bitrate, Bitrate::from_bps(0x1_0001 << 3));
    assert_eq!((estimate.sender, estimate.sources().collect::<Vec<_>>()), (US, [THEM, US].to_vec()));

    datagram[17] = 0xff;
    let Packet::ReceiverEstimate(estimate) = only(&datagram) else { panic!() };
    assert_eq!(estimate.bitrate, Bitrate::MAX);

    datagram[15] = b'X';
    assert!(matches!(only(&datagram), Packet::Other { packet_type: 206, format: 15 }));
}

#[test]
fn what_nobody_uses_is_passed_over() {
    let mut datagram = std::vec![0x80, 207, 0, 1, 1, 2, 3, 4]; // XR
    datagram.extend([0x81, 204, 0, 2, 1, 2, 3, 4, b'n', b'a', b'm', b'e']); // APP
    datagram.extend([0x8b, 205, 0, 1, 1, 2, 3, 4]); // RFC 8888
    datagram.extend(written(|w| w.picture_loss(US, THEM)));

    let packets: Vec<_> = Compound::parse(&datagram).unwrap().map(Result::unwrap).collect();

    let others: Vec<_> = packets
        .iter()
        .filter_map(|packet| match packet {
            Packet::Other { packet_type, format } => Some((*packet_type, *format)),
            _ => None,
        })
        .collect();
    assert_eq!(others, [(207, 0), (204, 1), (205, 11)]);
    assert!(matches!(packets[3], Packet::PictureLossIndication(_)));
}

#[test]
fn a_malformed_packet_does_not_take_its_neighbours_with_it() {
    let mut datagram = written(|w| w.receiver_report(US, &[]));
    datagram.extend([0x81, 206, 0, 1, 1, 2, 3, 4]); // PLI without a media SSRC
    datagram.extend(written(|w| w.bye(&[US])));

    let packets: Vec<_> = Compound::parse(&datagram).unwrap().collect();

    assert!(matches!(
        packets[..],
        [Ok(Packet::ReceiverReport(_)), Err(ParseError::Truncated(_)), Ok(Packet::Bye(_))]
    ));
}

#[test]
fn a_chain_of_lengths_must_end_with_the_datagram() {
    let datagram = written(|w| {
        w.receiver_report(US, &[])?;
        w.cname(US, b"node")?;
        w.picture_loss(US, THEM)
    });
    let boundaries = [8, 24, 36];
    assert_eq!(datagram.len(), 36);

    for len in 0..=datagram.len() {
        assert_eq!(Compound::parse(&datagram[..len]).is_ok(), boundaries.contains(&len), "{len}");
    }
    let mut other_version = datagram;
    other_version[8] &= 0x3f;
    assert_eq!(Compound::parse(&other_version).unwrap_err(), ParseError::Version(0));
}

#[test]
fn a_datagram_without_a_report_first_is_of_reduced_size() {
    let full = written(|w| w.receiver_report(US, &[]));
    let reduced = written(|w| w.picture_loss(US, THEM));

    assert!(!Compound::parse(&full).unwrap().is_reduced_size());
    assert!(Compound::parse(&reduced).unwrap().is_reduced_size());
}

#[test]
fn padding_is_cut_off_and_must_fit() {
    let mut datagram = std::vec![0xa1, 206, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 4];
    assert!(matches!(only(&datagram), Packet::PictureLossIndication(_)));

    for lie in [0, 13, 255] {
        datagram[15] = lie;
        assert_eq!(
            Compound::parse(&datagram).unwrap_err(),
            ParseError::Padding { padding: lie, available: 12 }
        );
    }
    assert!(Compound::parse(&[0xa0, 201, 0, 0]).is_err(), "P without a body");
}

#[test]
fn packets_in_a_datagram_are_bounded() {
    let report = written(|w| w.receiver_report(US, &[]));

    assert_eq!(Compound::parse(&report.repeat(COMPOUND_PACKETS_MAX)).unwrap().count(), COMPOUND_PACKETS_MAX);
    let flood = report.repeat(COMPOUND_PACKETS_MAX + 1);
    assert_eq!(Compound::parse(&flood).unwrap_err(), ParseError::TooMany("RTCP packets"));
}

#[test]
fn a_packet_that_does_not_fit_leaves_the_others() {
    let mut buffer = [0xee; 30];
    let mut writer = Writer::new(&mut buffer);

    writer.picture_loss(US, THEM).unwrap();
    let full = Err(WriteError::BufferFull("RTCP packet"));
    assert_eq!(writer.sender_report(US, INFO, &[]), full);
    assert_eq!(writer.nack(US, THEM, (0..10).map(|n| SeqNo(n * 100))), full);
    assert_eq!(writer.written(), 12);
    writer.nack(US, THEM, [SeqNo(1)]).unwrap();
    assert_eq!(writer.bye(&[]), full);

    assert_eq!(writer.finish(), 28);
    assert_eq!(Compound::parse(&buffer[..28]).unwrap().count(), 2);
    assert_eq!(buffer[28..], [0xee; 2]);
}

proptest::proptest! {
    #![proptest_config(crate::seeded::config())]

    #[test]
    fn any_ascending_losses_come_back(
        start: u16,
        gaps in proptest::collection::vec(1u16..40, 1..60),
    ) {
        let lost: Vec<_> = gaps
            .into_iter()
            .scan(start, |seq, gap| {
                *seq = seq.wrapping_add(gap);
                Some(SeqNo(*seq))
            })
            .collect();

        let datagram = written(|w| w.nack(US, THEM, lost.iter().copied()));

        let Packet::Nack(nack) = only(&datagram) else { panic!("{datagram:?}") };
        proptest::prop_assert_eq!(nack.lost().collect::<Vec<_>>(), lost);
    }

    /// In any order each number is asked for, if not in the same order.
    #[test]
    fn no_loss_is_forgotten(lost in proptest::collection::vec(0u16.., 1..60)) {
        let datagram = written(|w| w.nack(US, THEM, lost.iter().copied().map(SeqNo)));

        let Packet::Nack(nack) = only(&datagram) else { panic!("{datagram:?}") };
        let mut asked: Vec<_> = nack.lost().map(|seq| seq.0).collect();
        let mut expected = lost.clone();
        asked.sort_unstable();
        asked.dedup();
        expected.sort_unstable();
        expected.dedup();
        proptest::prop_assert_eq!(asked, expected);
    }
}
