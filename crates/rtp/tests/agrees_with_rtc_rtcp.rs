//! RTCP: what we write, `rtc-rtcp` reads as the same; what it writes, we read as the same.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use rtc_rtcp::goodbye::Goodbye;
use rtc_rtcp::packet::{Packet as Theirs, marshal, unmarshal};
use rtc_rtcp::payload_feedbacks::full_intra_request::{FirEntry, FullIntraRequest};
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::source_description::{
    SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem,
};
use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, RecvDelta, RunLengthChunk, StatusChunkTypeTcc, StatusVectorChunk, SymbolSizeTypeTcc,
    SymbolTypeTcc, TransportLayerCc,
};
use rtc_rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};
use rtp::rtcp::transport_feedback::{Arrival, ArrivalTime};
use rtp::rtcp::{Compound, FullIntraRequestEntry, Packet, ReportBlock, SenderInfo, Writer};
use rtp::{NtpShort, NtpTime, RtpTimestamp, SeqNo, Ssrc, WriteError};

#[path = "../src/seeded.rs"]
mod seeded;

fn ours(write: impl FnOnce(&mut Writer) -> Result<(), WriteError>) -> Vec<u8> {
    let mut buffer = [0; 4000];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer).unwrap();
    let len = writer.finish();
    buffer[..len].to_vec()
}

/// The only packet of a datagram, as they read it.
fn read_by_them<T: Theirs + Clone + 'static>(datagram: &[u8]) -> T {
    let packets = unmarshal(&mut Bytes::copy_from_slice(datagram)).unwrap();
    assert_eq!(packets.len(), 1);
    packets[0].as_any().downcast_ref::<T>().unwrap().clone()
}

fn written_by_them(packet: impl Theirs + 'static) -> Vec<u8> {
    marshal(&[Box::new(packet)]).unwrap().to_vec()
}

fn only(datagram: &[u8]) -> Packet<'_> {
    let mut packets = Compound::parse(datagram).unwrap();
    let packet = packets.next().unwrap().unwrap();
    assert!(packets.next().is_none());
    packet
}

fn block() -> impl Strategy<Value = ReportBlock> {
    let lost = ReportBlock::LOST_MIN..=ReportBlock::LOST_MAX;
    (any::<[u32; 5]>(), any::<u8>(), lost).prop_map(
        |([ssrc, highest_sequence, jitter, lsr, delay], f, lost)| ReportBlock {
            ssrc: Ssrc(ssrc),
            fraction_lost: f,
            lost,
            highest_sequence,
            jitter,
            last_sender_report: NtpShort(lsr),
            delay: NtpShort(delay),
        },
    )
}

fn to_theirs(block: &ReportBlock) -> ReceptionReport {
    ReceptionReport {
        ssrc: block.ssrc.0,
        fraction_lost: block.fraction_lost,
        total_lost: block.lost as u32 & 0xff_ffff,
        last_sequence_number: block.highest_sequence,
        jitter: block.jitter,
        last_sender_report: block.last_sender_report.0,
        delay: block.delay.0,
    }
}

/// A status for each packet: how long after the one before it arrived, or that it did not.
fn statuses() -> impl Strategy<Value = Vec<Option<i16>>> {
    let delta = prop_oneof![4 => 0i16..256, 1 => any::<i16>()];
    vec(prop_oneof![3 => Just(None), 8 => delta.prop_map(Some)], 1..120)
}

/// Chunks of every kind, chosen by `kinds`, with the deltas that belong to them.
fn feedback_of_theirs(statuses: &[Option<i16>], kinds: &[u8]) -> TransportLayerCc {
    let symbol = |status: &Option<i16>| match status {
        None => SymbolTypeTcc::PacketNotReceived,
        Some(0..256) => SymbolTypeTcc::PacketReceivedSmallDelta,
        Some(_) => SymbolTypeTcc::PacketReceivedLargeDelta,
    };
    let symbols: Vec<_> = statuses.iter().map(symbol).collect();
    let mut packet_chunks = Vec::new();
    let mut rest = &symbols[..];
    for kind in kinds.iter().cycle() {
        let Some(&first) = rest.first() else { break };
        let large = SymbolTypeTcc::PacketReceivedLargeDelta;
        let (size, room) = match kind {
            0 => (SymbolSizeTypeTcc::OneBit, 14),
            _ => (SymbolSizeTypeTcc::TwoBit, 7),
        };
        let mut list: Vec<_> = rest.iter().copied().take(room).collect();
        list.resize(room, SymbolTypeTcc::PacketNotReceived);
        let used = if *kind == 2 || (*kind == 0 && list.contains(&large)) {
            let run = rest.iter().take_while(|&&symbol| symbol == first).count();
            packet_chunks.push(PacketStatusChunk::RunLengthChunk(RunLengthChunk {
                type_tcc: StatusChunkTypeTcc::RunLengthChunk,
                packet_status_symbol: first,
                run_length: run as u16,
            }));
            run
        } else {
            packet_chunks.push(PacketStatusChunk::StatusVectorChunk(StatusVectorChunk {
                type_tcc: StatusChunkTypeTcc::StatusVectorChunk,
                symbol_size: size,
                symbol_list: list,
            }));
            room.min(rest.len())
        };
        rest = &rest[used..];
    }
    let recv_deltas = statuses
        .iter()
        .filter(|status| status.is_some())
        .map(|status| RecvDelta { type_tcc_packet: symbol(status), delta: i64::from(status.unwrap()) * 250 });
    TransportLayerCc {
        sender_ssrc: 1,
        media_ssrc: 2,
        base_sequence_number: 65500,
        packet_status_count: statuses.len() as u16,
        reference_time: 0xff_fff0,
        fb_pkt_count: 9,
        packet_chunks,
        recv_deltas: recv_deltas.collect(),
    }
}

/// Statuses by their chunks and deltas: 250 us each.
fn statuses_of_theirs(feedback: &TransportLayerCc) -> Vec<Option<i16>> {
    let symbols = feedback.packet_chunks.iter().flat_map(|chunk| match chunk {
        PacketStatusChunk::RunLengthChunk(run) => {
            vec![run.packet_status_symbol; usize::from(run.run_length)]
        }
        PacketStatusChunk::StatusVectorChunk(vector) => vector.symbol_list.clone(),
    });
    let mut deltas = feedback.recv_deltas.iter().map(|delta| (delta.delta / 250) as i16);
    symbols
        .take(usize::from(feedback.packet_status_count))
        .map(|symbol| (symbol != SymbolTypeTcc::PacketNotReceived).then(|| deltas.next().unwrap()))
        .collect()
}

proptest! {
    #![proptest_config(seeded::config())]

    #[test]
    fn on_reports(
        sender: u32, ntp: u64, (timestamp, packets, bytes) in any::<(u32, u32, u32)>(), blocks in vec(block(), 0..32),
    ) {
        let info =
            SenderInfo { ntp: NtpTime(ntp), timestamp: RtpTimestamp(timestamp), packets, bytes };
        let reports: Vec<_> = blocks.iter().map(to_theirs).collect();
        let sender_report = SenderReport {
            ssrc: sender,
            ntp_time: ntp,
            rtp_time: timestamp,
            packet_count: packets,
            octet_count: bytes,
            reports: reports.clone(),
            ..SenderReport::default()
        };
        let receiver_report = ReceiverReport { ssrc: sender, reports, ..ReceiverReport::default() };

        let datagram = ours(|w| w.sender_report(Ssrc(sender), info, &blocks));
        prop_assert_eq!(read_by_them::<SenderReport>(&datagram), sender_report.clone());
        prop_assert_eq!(written_by_them(sender_report), datagram.clone());
        let Packet::SenderReport(report) = only(&datagram) else { panic!() };
        prop_assert_eq!((report.sender, report.info), (Ssrc(sender), info));
        prop_assert_eq!(report.blocks.collect::<Vec<_>>(), blocks.clone());

        let datagram = ours(|w| w.receiver_report(Ssrc(sender), &blocks));
        prop_assert_eq!(read_by_them::<ReceiverReport>(&datagram), receiver_report.clone());
        prop_assert_eq!(written_by_them(receiver_report), datagram);
    }

    #[test]
    fn on_source_descriptions(chunks in vec((any::<u32>(), "[a-z]{0,40}", "[a-z]{0,9}"), 1..5)) {
        let item = |sdes_type, text: &String| SourceDescriptionItem {
            sdes_type,
            text: Bytes::copy_from_slice(text.as_bytes()),
        };
        let theirs = SourceDescription {
            chunks: chunks
                .iter()
                .map(|(source, cname, tool)| SourceDescriptionChunk {
                    source: *source,
                    items: vec![item(SdesType::SdesTool, tool), item(SdesType::SdesCname, cname)],
                })
                .collect(),
        };

        let datagram = written_by_them(theirs);
        let Packet::SourceDescription(description) = only(&datagram) else { panic!() };
        let read: Vec<_> = description.chunks().map(|c| (c.ssrc.0, c.cname.unwrap().to_vec())).collect();
        let expected: Vec<_> =
            chunks.iter().map(|(source, cname, _)| (*source, cname.clone().into_bytes())).collect();
        prop_assert_eq!(read, expected);

        let (source, cname, _) = &chunks[0];
        let datagram = ours(|w| w.cname(Ssrc(*source), cname.as_bytes()));
        let read = read_by_them::<SourceDescription>(&datagram);
        prop_assert_eq!(read.chunks[0].source, *source);
        prop_assert_eq!(&read.chunks[0].items, &[item(SdesType::SdesCname, cname)]);
    }

    #[test]
    fn on_goodbyes(sources in vec(any::<u32>(), 0..32), reason in "[a-z]{0,30}") {
        let theirs = Goodbye { sources: sources.clone(), reason: Bytes::from(reason.clone()) };
        let ssrcs: Vec<_> = sources.iter().copied().map(Ssrc).collect();

        let datagram = written_by_them(theirs);
        let Packet::Bye(bye) = only(&datagram) else { panic!() };
        prop_assert_eq!(bye.sources().collect::<Vec<_>>(), ssrcs.clone());
        prop_assert_eq!(bye.reason().unwrap_or_default(), reason.as_bytes());

        let datagram = ours(|w| w.bye(&ssrcs));
        prop_assert_eq!(read_by_them::<Goodbye>(&datagram).sources, sources);
    }

    #[test]
    fn on_nacks(mut lost in vec(any::<u16>(), 1..60)) {
        lost.sort_unstable();
        lost.dedup();
        let theirs = TransportLayerNack {
            sender_ssrc: 1,
            media_ssrc: 2,
            nacks: nack_pairs_from_sequence_numbers(&lost),
        };

        let datagram = ours(|w| w.nack(Ssrc(1), Ssrc(2), lost.iter().copied().map(SeqNo)));
        prop_assert_eq!(read_by_them::<TransportLayerNack>(&datagram), theirs.clone());

        let datagram = written_by_them(theirs);
        let Packet::Nack(nack) = only(&datagram) else { panic!() };
        prop_assert_eq!(nack.lost().map(|seq| seq.0).collect::<Vec<_>>(), lost);
    }

    #[test]
    fn on_key_frame_requests(sender: u32, media: u32, entries in vec((any::<u32>(), any::<u8>()), 1..20)) {
        let loss = PictureLossIndication { sender_ssrc: sender, media_ssrc: media };
        let datagram = ours(|w| w.picture_loss(Ssrc(sender), Ssrc(media)));
        prop_assert_eq!(written_by_them(loss.clone()), datagram.clone());
        prop_assert_eq!(read_by_them::<PictureLossIndication>(&datagram), loss);

        let theirs = FullIntraRequest {
            sender_ssrc: sender,
            media_ssrc: 0,
            fir: entries.iter().map(|&(ssrc, sequence_number)| FirEntry { ssrc, sequence_number }).collect(),
        };
        let entries: Vec<_> = entries
            .iter()
            .map(|&(media, command)| FullIntraRequestEntry { media: Ssrc(media), command })
            .collect();
        let datagram = ours(|w| w.full_intra(Ssrc(sender), &entries));
        prop_assert_eq!(read_by_them::<FullIntraRequest>(&datagram), theirs.clone());
        prop_assert_eq!(written_by_them(theirs), datagram);
    }

    #[test]
    fn on_receiver_estimates(mantissa in 1u32..1 << 18, exponent in 0i32..40, ssrcs in vec(any::<u32>(), 0..9)) {
        // A mantissa of 18 bits and a power of two are exact in a float.
        let theirs = ReceiverEstimatedMaximumBitrate {
            sender_ssrc: 1,
            bitrate: mantissa as f32 * 2f32.powi(exponent),
            ssrcs: ssrcs.clone(),
        };

        let datagram = written_by_them(theirs);

        let Packet::ReceiverEstimate(estimate) = only(&datagram) else { panic!() };
        prop_assert_eq!(estimate.bitrate.bps(), u64::from(mantissa) << exponent);
        prop_assert_eq!(estimate.sources().map(|ssrc| ssrc.0).collect::<Vec<_>>(), ssrcs);
    }

    #[test]
    fn on_transport_feedback_of_theirs(statuses in statuses(), kinds in vec(0u8..3, 1..9)) {
        // Their reader refuses feedback that ends with a chunk, which is right to send.
        let datagram = written_by_them(feedback_of_theirs(&statuses, &kinds));

        let Packet::TransportFeedback(feedback) = only(&datagram) else { panic!() };

        let read: Vec<_> = feedback.statuses().map(|(_, delta)| delta.map(|delta| delta.0)).collect();
        prop_assert_eq!(read, statuses);
        prop_assert_eq!((feedback.base, feedback.feedback_count), (SeqNo(65500), 9));
        prop_assert_eq!(feedback.reference(), ArrivalTime(0xffff_f000));
    }

    #[test]
    fn on_transport_feedback_of_ours(statuses in statuses(), base: u16, start in 0u32..) {
        let mut time = ArrivalTime(start);
        let mut arrivals = Vec::new();
        for (index, delta) in statuses.iter().enumerate() {
            if let Some(delta) = delta {
                time = ArrivalTime(time.0.wrapping_add_signed(i32::from(*delta)));
                arrivals.push(Arrival { sequence: SeqNo(base).wrapping_add(index as u16), time });
            }
        }
        prop_assume!(!arrivals.is_empty());
        let mut taken = 0;

        let datagram = ours(|w| {
            taken = w.transport_feedback(Ssrc(1), Ssrc(2), 3, SeqNo(base), &arrivals)?;
            Ok(())
        });
        let theirs = read_by_them::<TransportLayerCc>(&datagram);

        prop_assert_eq!(taken, arrivals.len());
        prop_assert_eq!((theirs.sender_ssrc, theirs.media_ssrc, theirs.fb_pkt_count), (1, 2, 3));
        prop_assert_eq!(theirs.base_sequence_number, base);
        prop_assert_eq!(theirs.reference_time, arrivals[0].time.0 >> 8);
        let mut expected = statuses.clone();
        expected.truncate(usize::from(theirs.packet_status_count));
        prop_assert!(statuses[expected.len()..].iter().all(Option::is_none), "only losses after the last");
        let first = expected.iter().position(Option::is_some).unwrap();
        expected[first] = Some((arrivals[0].time.0 % 256) as i16);
        prop_assert_eq!(statuses_of_theirs(&theirs), expected);
    }
}
