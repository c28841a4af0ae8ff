//! RTP and RTCP packets with something of everything in them.

use rtp::extension::{ExtensionForm, ExtensionId};
use rtp::rtcp::transport_feedback::{Arrival, ArrivalTime};
use rtp::rtcp::{FullIntraRequestEntry, ReportBlock, SenderInfo, Writer};
use rtp::{
    HeaderFields, HeaderWriter, NtpShort, NtpTime, PayloadType, RtpTimestamp, SeqNo, Ssrc, WriteError,
};

use super::Seed;

const ROOM: usize = 400;

pub(super) fn rtp() -> Vec<Seed> {
    vec![
        ("one-byte-elements", packet(ExtensionForm::OneByte)),
        ("two-byte-elements", packet(ExtensionForm::TwoByte)),
        ("padding-and-csrcs", {
            let mut packet = vec![0xa3, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
            packet.extend([7; 12 + 8]);
            packet.extend([0, 0, 0, 4]);
            packet
        }),
        ("vp8", vec![0x90, 0xf0, 0x92, 0x34, 0x56, 0x67, 0x10, 0, 0, 0x9d, 1, 0x2a]),
        ("h264-stap", vec![0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce, 0, 2, 0x65, 0x88]),
        ("h264-fu", vec![0x7c, 0x85, 0x88, 0x84]),
        ("opus", vec![0xfb, 0x83, 1, 2, 3, 4, 5, 6]),
        ("red", vec![0xef, 0x1e, 0, 2, 0xef, 0x0f, 0, 1, 0x6f, 1, 2, 3, 4, 5]),
        ("rtx", vec![0, 7, 0x90, 0x80, 1, 0]),
        ("mid", b"audio-0".to_vec()),
    ]
}

fn packet(form: ExtensionForm) -> Vec<u8> {
    let fields = HeaderFields {
        marker: true,
        payload_type: PayloadType::new(96).expect("below 128"),
        sequence: SeqNo(1),
        timestamp: RtpTimestamp(2),
        ssrc: Ssrc(3),
    };
    let mut buffer = [0x5a; ROOM];
    let mut writer = HeaderWriter::new(&mut buffer, &fields, form).expect("there is room");
    for id in 1..=9 {
        let id = ExtensionId::new(id).expect("none of the reserved");
        writer.element(id, &[id.get(), 1, 2]).expect("there is room");
    }
    let len = writer.finish().expect("there is room") + 8;
    buffer[..len].to_vec()
}

pub(super) fn rtcp() -> Vec<Seed> {
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
    let (sender, media) = (Ssrc(1), Ssrc(2));
    vec![
        ("sender-report", write(|to| to.sender_report(sender, info, &[block]))),
        ("receiver-report", write(|to| to.receiver_report(sender, &[block]))),
        ("names", write(|to| to.cname(sender, b"name"))),
        ("nack", write(|to| to.nack(sender, media, [SeqNo(7), SeqNo(9), SeqNo(99)]).map(|_| ()))),
        ("picture-loss", write(|to| to.picture_loss(sender, media))),
        ("full-intra", write(|to| to.full_intra(sender, &[FullIntraRequestEntry { media, command: 3 }]))),
        ("feedback", write(|to| to.transport_feedback(sender, media, 1, SeqNo(0), &arrivals).map(|_| ()))),
        ("bye", write(|to| to.bye(&[sender, media]))),
        (
            "estimate",
            [&[0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0][..], b"REMB", &[1, 9, 9, 9, 0, 0, 0, 2]].concat(),
        ),
        (
            "compound",
            write(|to| {
                to.sender_report(sender, info, &[block])?;
                to.cname(sender, b"name")?;
                to.picture_loss(sender, media)
            }),
        ),
    ]
}

fn write(packets: impl FnOnce(&mut Writer<'_>) -> Result<(), WriteError>) -> Vec<u8> {
    let mut buffer = [0; ROOM];
    let mut writer = Writer::new(&mut buffer);
    packets(&mut writer).expect("there is room");
    let len = writer.finish();
    buffer[..len].to_vec()
}
