//! Every parser of the crate on the same bytes, with what each promises of its result. The test beside it and the fuzz
//! targets `rtp` and `rtcp` run it.

use rtp::codec::{h264, opus, red, rtx, vp8};
use rtp::extension::dependency::{self, Reader};
use rtp::extension::{
    AbsCaptureTime, AbsSendTime, AudioLevel, ExtensionId, ExtensionKind, ExtensionMap, Mid, PlayoutDelay,
    Rid, VideoOrientation, overwrite, parse_transport_sequence,
};
use rtp::framing::{self, LENGTH_LEN};
use rtp::rtcp::{COMPOUND_PACKETS_MAX, Compound, LOST_PER_PAIR, Packet};
use rtp::{HeaderMut, RtpHeader, RtpPacket, Ssrc, demux, header_len};

pub(crate) fn number(id: u8) -> ExtensionId {
    ExtensionId::new(id).expect("an id of the tests is none of the reserved")
}

fn all_kinds() -> ExtensionMap {
    let mut map = ExtensionMap::new();
    for (kind, id) in ExtensionKind::ALL.iter().zip(1..) {
        map.insert(*kind, number(id)).expect("each kind has a number of its own");
    }
    map
}

pub(crate) fn every_rtp_parser(bytes: &[u8]) {
    let _ = demux::classify(bytes);
    every_cut_of_a_stream(bytes);
    if let Ok(header) = RtpHeader::parse(bytes) {
        assert_eq!(header_len(bytes), Ok(header.wire_len()));
        assert_eq!(header.as_bytes(), &bytes[..header.wire_len()]);
        assert!(header.csrcs().count() <= 15);
        let mut elements = 0;
        for element in header.extensions() {
            assert_eq!(&bytes[element.range()], element.data, "the range is in the packet");
            assert!(header.extension_range().contains(&(element.offset - 1)));
            elements += 1;
        }
        assert!(elements <= header.extension_range().len());
        let _ = all_kinds().read(header.extensions());
    }
    if let Ok(packet) = RtpPacket::parse(bytes) {
        assert_eq!(&bytes[packet.payload_range()], packet.payload());
        let padding = usize::from(packet.padding_len());
        assert_eq!(packet.header().wire_len() + packet.payload().len() + padding, bytes.len());
    }
    let mut copy = bytes.to_vec();
    let _ = overwrite(&mut copy, number(1), &[1, 2]);
    if let Ok(mut header) = HeaderMut::new(&mut copy) {
        header.set_marker(true);
        header.set_ssrc(Ssrc(1));
    }
    assert_eq!(copy.len(), bytes.len());
}

/// A stream gives the same datagrams wherever it is cut.
fn every_cut_of_a_stream(bytes: &[u8]) {
    const MAX: usize = 64;
    let take = |bytes: &[u8], found: &mut Vec<Vec<u8>>| {
        framing::split(&mut bytes.to_vec(), MAX, false, |datagram| found.push(datagram.to_vec()))
    };
    let (mut whole, mut pieces) = (Vec::new(), Vec::new());
    let Ok(used) = take(bytes, &mut whole) else { return };
    assert!(bytes.len() - used < LENGTH_LEN + MAX, "what is left is less than a frame");
    let cut = bytes.first().map_or(0, |first| usize::from(*first)).min(bytes.len());
    let before = take(&bytes[..cut], &mut pieces).expect("a part of what is good");
    let after = take(&bytes[before..], &mut pieces).expect("a part of what is good");
    assert_eq!((pieces, before + after), (whole, used));
}

pub(crate) fn every_value_parser(bytes: &[u8]) {
    let _ = AudioLevel::parse(bytes);
    let _ = AbsSendTime::parse(bytes);
    let _ = AbsCaptureTime::parse(bytes);
    let _ = PlayoutDelay::parse(bytes);
    let _ = VideoOrientation::parse(bytes);
    let _ = parse_transport_sequence(bytes);
    assert!(Mid::parse(bytes).is_none_or(|mid| mid.as_str().as_bytes() == bytes));
    assert!(Rid::parse(bytes).is_none_or(|rid| rid.as_str().as_bytes() == bytes));
}

pub(crate) fn every_codec_parser(bytes: &[u8]) {
    if let Ok((descriptor, len)) = vp8::Descriptor::parse(bytes) {
        assert!(len <= vp8::DESCRIPTOR_LEN_MAX && len <= bytes.len());
        let mut copy = bytes.to_vec();
        let _ = descriptor.overwrite_picture_id(&mut copy, 0xffff);
        let _ = descriptor.overwrite_tl0_pic_idx(&mut copy, 0xff);
        assert_eq!(copy[len..], bytes[len..], "only the descriptor changes");
        let (again, len_again) = vp8::Descriptor::parse(&copy).expect("a rewritten descriptor is one");
        assert_eq!((again.temporal, len_again), (descriptor.temporal, len));
    }
    let _ = vp8::frame_facts(bytes, true);
    let _ = h264::frame_facts(bytes, false);
    if let Ok(opus) = opus::PacketFacts::parse(bytes) {
        assert!(opus.duration() <= opus::PACKET_DURATION_MAX && opus.frames > 0);
    }
    if let Ok(blocks) = red::Blocks::parse(bytes) {
        let count = blocks.clone().count();
        assert!((1..=red::REDUNDANT_BLOCKS_MAX + 1).contains(&count));
        let data: usize = blocks.clone().map(|block| block.data.len()).sum();
        assert_eq!(data, bytes.len() - 4 * (count - 1) - 1, "headers and blocks are the payload");
        let primary = blocks.primary().expect("blocks that were read have a primary");
        assert_eq!(primary.timestamp_offset, 0);
        let redundant: Vec<_> = blocks.take(count - 1).collect();
        let mut again = vec![0; bytes.len()];
        let len = red::write(&mut again, &redundant, (primary.payload_type, primary.data));
        // The bit before the last header's payload type is 0, so what is written is what was read.
        assert_eq!((len, &again[..]), (Ok(bytes.len()), bytes), "written as it was read");
    }
    let _ = rtx::parse(bytes);
}

pub(crate) fn every_rtcp_parser(bytes: &[u8]) {
    let Ok(compound) = Compound::parse(bytes) else { return };
    let _ = compound.is_reduced_size();
    let mut packets = 0;
    for packet in compound {
        packets += 1;
        let Ok(packet) = packet else { continue };
        match packet {
            Packet::SenderReport(report) => assert!(report.blocks.count() * 24 <= bytes.len()),
            Packet::ReceiverReport(report) => assert!(report.blocks.count() * 24 <= bytes.len()),
            Packet::SourceDescription(description) => {
                assert!(description.chunks().count() * 4 <= bytes.len());
            }
            Packet::Bye(bye) => assert!(bye.sources().count() * 4 <= bytes.len()),
            Packet::Nack(nack) => assert!(nack.lost().count() <= bytes.len() / 4 * LOST_PER_PAIR),
            Packet::TransportFeedback(feedback) => {
                let arrived = feedback.statuses().filter(|(_, delta)| delta.is_some()).count();
                assert_eq!(feedback.statuses().count(), usize::from(feedback.status_count));
                assert_eq!(feedback.arrivals().count(), arrived);
                assert!(arrived <= bytes.len(), "each arrival was paid for with a delta");
            }
            Packet::FullIntraRequest(request) => assert!(request.entries().count() * 8 <= bytes.len()),
            Packet::ReceiverEstimate(estimate) => assert!(estimate.sources().count() * 4 <= bytes.len()),
            Packet::PictureLossIndication(_) | Packet::Other { .. } => {}
        }
    }
    assert!(packets <= COMPOUND_PACKETS_MAX);
}

/// Descriptors of one stream that are looked at.
const DESCRIPTORS_MAX: usize = 32;

/// A stream of descriptors, each behind its length: whatever came before, one that is read is written again as the same,
/// and with other active targets differs in nothing else.
pub(crate) fn every_descriptor_of(mut bytes: &[u8]) {
    let mut reader = Reader::new();
    for _ in 0..DESCRIPTORS_MAX {
        let Some((&len, rest)) = bytes.split_first() else { return };
        let (data, after) = rest.split_at(rest.len().min(usize::from(len)));
        bytes = after;
        // A short one brings no structure.
        let before = if data.len() > dependency::MANDATORY_LEN { Some(reader.clone()) } else { None };
        let Ok(descriptor) = reader.read(data) else {
            assert!(before.is_none_or(|before| before == reader), "what is wrong changes nothing");
            continue;
        };
        assert!(usize::from(descriptor.spatial) < dependency::SPATIAL_MAX);
        assert!(usize::from(descriptor.temporal) < dependency::TEMPORAL_MAX);
        let structure = reader.structure().expect("one is needed to read").clone();
        assert!(structure.targets() <= dependency::TARGETS_MAX && structure.chains() <= structure.targets());
        if descriptor.has_structure && before.is_some_and(|before| before.structure().is_some()) {
            // It may have come late.
            continue;
        }
        let mut out = [0; 2048];
        let len = dependency::write(&descriptor, &structure, &mut out).expect("what was read can be written");
        let again = reader.clone().read(&out[..len]).expect("what was written can be read");
        assert_eq!(said(&again), said(&descriptor));
        let with = dependency::write_with_active(data, (structure.targets(), 1), &mut out);
        let len = with.expect("it has grown by a few bits");
        let other = reader.clone().read(&out[..len]).expect("what was written can be read");
        assert_eq!((said(&other), other.active), (said(&descriptor), Some(1)));
    }
}

/// All that a descriptor says, but of active targets.
fn said(descriptor: &dependency::Descriptor) -> impl PartialEq + std::fmt::Debug + use<> {
    let dependency::Descriptor { start, end, template, frame_number, has_structure, .. } = *descriptor;
    let dependency::Descriptor { spatial, temporal, indications, frame_diffs, chain_diffs, .. } = *descriptor;
    let names = (start, end, template, frame_number, has_structure);
    (names, spatial, temporal, indications, frame_diffs, chain_diffs)
}
