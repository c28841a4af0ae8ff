//! It should take any bytes without a panic, a hang, or more output than the input can pay for.
//!
//! Each parser sees every length from 0 to 64 with every first byte over several fillings, whole packets with every
//! byte bent, and random bytes behind headers that lead deep inside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::collection::vec;
use proptest::prelude::*;
use rtp::rtcp::transport_feedback::{Arrival, ArrivalTime};
use rtp::rtcp::{FullIntraRequestEntry, ReportBlock, SenderInfo, Writer};
use rtp::{HeaderFields, HeaderWriter, NtpShort, NtpTime, PayloadType, RtpTimestamp, SeqNo, Ssrc};

#[path = "parsers/every.rs"]
mod every;
#[path = "../src/seeded.rs"]
mod seeded;

use every::{
    every_codec_parser, every_descriptor_of, every_rtcp_parser, every_rtp_parser, every_value_parser, number,
};

/// Lengths of the sweep: past every fixed header, with room for a few elements.
const LEN_MAX: usize = 64;

fn every_parser(bytes: &[u8]) {
    every_rtp_parser(bytes);
    every_value_parser(bytes);
    every_codec_parser(bytes);
    every_rtcp_parser(bytes);
    every_descriptor_of(bytes);
}

/// Whole packets with something of everything in them.
fn examples() -> Vec<Vec<u8>> {
    let mut buffer = [0x5a; 400];
    let block = ReportBlock {
        ssrc: Ssrc(9),
        fraction_lost: 1,
        lost: -1,
        highest_sequence: 2,
        jitter: 3,
        last_sender_report: NtpShort(4),
        delay: NtpShort(5),
    };
    let arrivals = [(0, 0), (1, 3), (5, 999), (300, 1200)]
        .map(|(sequence, time)| Arrival { sequence: SeqNo(sequence), time: ArrivalTime(time) });
    let info = SenderInfo { ntp: NtpTime(1), timestamp: RtpTimestamp(2), packets: 3, bytes: 4 };

    let mut writer = Writer::new(&mut buffer);
    writer.sender_report(Ssrc(1), info, &[block]).unwrap();
    writer.cname(Ssrc(1), b"name").unwrap();
    writer.nack(Ssrc(1), Ssrc(2), [SeqNo(7), SeqNo(9), SeqNo(99)]).unwrap();
    writer.full_intra(Ssrc(1), &[FullIntraRequestEntry { media: Ssrc(2), command: 3 }]).unwrap();
    writer.transport_feedback(Ssrc(1), Ssrc(2), 1, SeqNo(0), &arrivals).unwrap();
    writer.bye(&[Ssrc(1), Ssrc(2)]).unwrap();
    let len = writer.finish();
    let rtcp = buffer[..len].to_vec();
    let remb = [&[0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0][..], b"REMB", &[1, 9, 9, 9, 0, 0, 0, 2]].concat();

    let fields = HeaderFields {
        marker: true,
        payload_type: PayloadType::new(96).unwrap(),
        sequence: SeqNo(1),
        timestamp: RtpTimestamp(2),
        ssrc: Ssrc(3),
    };
    let mut rtp = |form| {
        let mut writer = HeaderWriter::new(&mut buffer, &fields, form).unwrap();
        for id in 1..=9 {
            writer.element(number(id), &[id, 1, 2]).unwrap();
        }
        let len = writer.finish().unwrap() + 8;
        buffer[..len].to_vec()
    };
    let one = rtp(rtp::extension::ExtensionForm::OneByte);
    let two = rtp(rtp::extension::ExtensionForm::TwoByte);
    let vp8 = vec![0x90, 0xf0, 0x92, 0x34, 0x56, 0x67, 0x10, 0, 0];
    let red = vec![0xef, 0x1e, 0, 2, 0xef, 0x0f, 0, 1, 0x6f, 1, 2, 3, 4, 5];
    let stap = vec![0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce, 0, 2, 0x65, 0x88];
    vec![rtcp, remb, one, two, vp8, red, stap]
}

#[test]
fn abuse_55_at_every_length_with_every_first_byte() {
    let counting: Vec<u8> = (0..LEN_MAX as u8).collect();
    let fillings = [vec![0; LEN_MAX], vec![0xff; LEN_MAX], vec![0x5a; LEN_MAX], counting];
    for len in 0..=LEN_MAX {
        for first in 0..=255 {
            for filling in &fillings {
                let mut bytes = filling[..len].to_vec();
                if let Some(byte) = bytes.first_mut() {
                    *byte = first;
                }
                every_parser(&bytes);
            }
        }
    }
}

#[test]
fn abuse_55_at_every_length_of_every_rtcp_type_and_count() {
    for len in (4..=LEN_MAX).step_by(4) {
        for (count, kind) in (0x80..=0xbf).flat_map(|count| (200..=207).map(move |kind| (count, kind))) {
            for filling in [0, 1, 0x5a, 0xff] {
                let mut bytes = vec![filling; len];
                bytes[..4].copy_from_slice(&[count, kind, 0, (len / 4 - 1) as u8]);
                every_rtcp_parser(&bytes);
            }
        }
    }
}

#[test]
fn abuse_55_at_every_truncation_and_every_bent_byte_of_a_whole_packet() {
    for example in examples() {
        for len in 0..=example.len() {
            every_parser(&example[..len]);
        }
        for at in 0..example.len() {
            for value in 0..=255 {
                let mut bent = example.clone();
                bent[at] = value;
                every_parser(&bent);
            }
        }
    }
}

proptest! {
    #![proptest_config(seeded::config())]

    #[test]
    fn at_random(bytes in vec(any::<u8>(), 0..200)) {
        every_parser(&bytes);
    }

    #[test]
    fn behind_an_rtp_header(first in 0x80u8..0xc0, words in 0u8..20, two_byte: bool, rest in vec(any::<u8>(), 0..150)) {
        let mut bytes = vec![first & 0xf0, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend(if two_byte { [0x10, 0x00] } else { [0xbe, 0xde] });
        bytes.extend([0, words]);
        bytes.extend(rest);
        every_rtp_parser(&bytes);
    }

    #[test]
    fn behind_an_rtcp_header(count in 0u8..0x40, kind in 200u8..208, body in vec(any::<u32>(), 0..40)) {
        let mut bytes = vec![0x80 | count, kind, 0, body.len() as u8];
        bytes.extend(body.iter().flat_map(|word| word.to_be_bytes()));
        every_rtcp_parser(&bytes);
    }

    #[test]
    fn behind_a_transport_feedback_header(count: u16, rest in vec(any::<u16>(), 0..80)) {
        let mut bytes = vec![0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0];
        bytes.extend(count.to_be_bytes());
        bytes.extend([0, 0, 0, 0]);
        bytes.extend(rest.iter().flat_map(|word| word.to_be_bytes()));
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes[3] = (bytes.len() / 4 - 1) as u8;
        every_rtcp_parser(&bytes);
    }
}
