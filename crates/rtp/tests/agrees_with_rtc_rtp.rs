//! RTP headers and the VP8 descriptor: what we write, `rtc-rtp` reads as the same, and the other way round.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rtc_rtp::codec::vp8::Vp8Packet;
use rtc_rtp::header::{Extension, Header};
use rtc_rtp::packet::Packet;
use rtc_rtp::packetizer::Depacketizer;
use rtc_shared::marshal::{Marshal, Unmarshal};
use rtp::codec::vp8::{Descriptor, PictureId, TemporalLayer};
use rtp::extension::{ExtensionForm, ExtensionId};
use rtp::{HeaderFields, HeaderWriter, PayloadType, RtpPacket, RtpTimestamp, SeqNo, Ssrc};

#[path = "../src/seeded.rs"]
mod seeded;

type Elements = Vec<(u8, Vec<u8>)>;

/// Elements in one of the two forms. Numbers differ: their type looks an element up by number.
fn elements() -> impl Strategy<Value = (ExtensionForm, Elements)> {
    let unique = |elements: Elements| {
        let mut seen = [false; 256];
        elements.into_iter().filter(|(id, _)| !std::mem::replace(&mut seen[usize::from(*id)], true)).collect()
    };
    prop_oneof![
        vec((1u8..=14, vec(any::<u8>(), 1..=16)), 0..6)
            .prop_map(move |elements| (ExtensionForm::OneByte, unique(elements))),
        vec((1u8..=255, vec(any::<u8>(), 0..=60)), 0..6)
            .prop_map(move |elements| (ExtensionForm::TwoByte, unique(elements))),
    ]
}

fn theirs(fields: &HeaderFields, form: ExtensionForm, elements: &Elements, csrc: Vec<u32>) -> Header {
    Header {
        version: 2,
        padding: false,
        extension: !elements.is_empty(),
        marker: fields.marker,
        payload_type: fields.payload_type.get(),
        sequence_number: fields.sequence.0,
        timestamp: fields.timestamp.0,
        ssrc: fields.ssrc.0,
        csrc,
        extension_profile: if elements.is_empty() { 0 } else { form.profile() },
        extensions: elements
            .iter()
            .map(|(id, data)| Extension { id: *id, payload: Bytes::from(data.clone()) })
            .collect(),
        extensions_padding: 0,
    }
}

fn fields() -> impl Strategy<Value = HeaderFields> {
    (any::<bool>(), 0u8..128, any::<u16>(), any::<u32>(), any::<u32>()).prop_map(
        |(marker, payload_type, sequence, timestamp, ssrc)| HeaderFields {
            marker,
            payload_type: PayloadType::new(payload_type).unwrap(),
            sequence: SeqNo(sequence),
            timestamp: RtpTimestamp(timestamp),
            ssrc: Ssrc(ssrc),
        },
    )
}

proptest! {
    #![proptest_config(seeded::config())]

    #[test]
    fn on_headers_of_ours(fields in fields(), (form, elements) in elements(), payload in vec(any::<u8>(), 1..50)) {
        let mut buffer = [0; 1000];
        let mut writer = HeaderWriter::new(&mut buffer, &fields, form).unwrap();
        for (id, data) in &elements {
            writer.element(ExtensionId::new(*id).unwrap(), data).unwrap();
        }
        let len = writer.finish().unwrap();
        buffer[len..len + payload.len()].copy_from_slice(&payload);

        let read = Packet::unmarshal(&mut Bytes::copy_from_slice(&buffer[..len + payload.len()])).unwrap();

        let expected = theirs(&fields, form, &elements, vec![]);
        prop_assert_eq!(Header { extensions_padding: 0, ..read.header }, expected);
        prop_assert_eq!(read.payload, payload);
    }

    #[test]
    fn on_packets_of_theirs(
        fields in fields(),
        (form, elements) in elements(),
        csrc in vec(any::<u32>(), 0..16),
        padding: bool,
        payload in vec(any::<u8>(), 1..50),
    ) {
        let header = Header { padding, ..theirs(&fields, form, &elements, csrc.clone()) };
        let bytes: BytesMut = Packet { header, payload: Bytes::from(payload.clone()) }.marshal().unwrap();

        let packet = RtpPacket::parse(&bytes).unwrap();

        let header = packet.header();
        prop_assert_eq!(header.marker(), fields.marker);
        prop_assert_eq!(header.payload_type(), fields.payload_type);
        prop_assert_eq!(header.sequence(), fields.sequence);
        prop_assert_eq!(header.timestamp(), fields.timestamp);
        prop_assert_eq!(header.ssrc(), fields.ssrc);
        prop_assert_eq!(header.csrcs().map(|id| id.0).collect::<Vec<_>>(), csrc);
        prop_assert_eq!(packet.padding_len() > 0, padding);
        prop_assert_eq!(packet.payload(), &payload[..]);
        let read: Elements = header.extensions().map(|e| (e.id.get(), e.data.to_vec())).collect();
        prop_assert_eq!(read, elements);
    }

    #[test]
    fn on_vp8_descriptors(
        (non_reference, partition_start, partition) in (any::<bool>(), any::<bool>(), 0u8..8),
        (long, picture_id) in (any::<bool>(), option::of(0u16..128)),
        tl0_pic_idx in option::of(any::<u8>()),
        layer in option::of((0u8..4, any::<bool>())),
        key_index in option::of(0u8..32),
    ) {
        let picture_id = picture_id.map(|id| match long {
            true => PictureId::Long(id * 200),
            false => PictureId::Short(id as u8),
        });
        let temporal = layer.map(|(id, sync)| TemporalLayer { id, sync });
        let descriptor = Descriptor {
            non_reference, partition_start, partition, picture_id, tl0_pic_idx, temporal, key_index,
        };
        // They want four bytes of payload, whatever the descriptor.
        let mut payload = [0; 20];
        let len = descriptor.write(&mut payload).unwrap();

        let mut read = Vp8Packet::default();
        let bitstream = read.depacketize(&Bytes::copy_from_slice(&payload)).unwrap();

        prop_assert_eq!(bitstream.len(), payload.len() - len);
        prop_assert_eq!((read.n == 1, read.s == 1, read.pid), (non_reference, partition_start, partition));
        prop_assert_eq!((read.i == 1, read.picture_id), (picture_id.is_some(), picture_id.map_or(0, PictureId::value)));
        prop_assert_eq!((read.l == 1, read.tl0_pic_idx), (tl0_pic_idx.is_some(), tl0_pic_idx.unwrap_or(0)));
        prop_assert_eq!((read.t == 1, read.tid, read.y == 1), temporal.map_or((false, 0, false), |t| (true, t.id, t.sync)));
        prop_assert_eq!((read.k == 1, read.key_idx), (key_index.is_some(), key_index.unwrap_or(0)));
    }
}
