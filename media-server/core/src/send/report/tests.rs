use protocol::TrackId;
use protocol::signal::Kind;
use rtp::rtcp::{Compound, Packet};
use rtp::{ClockRate, MediaTime, NtpShort, PayloadType, RtpTimestamp, SeqNo};

use super::*;
use crate::forward::{LaneConfig, LaneExtensions, PayloadTypes, TransportSequence};
use crate::packet;
use crate::packet::fixtures::{start, video};

const NODE: Ssrc = Ssrc(1);
const CNAME: &[u8] = b"0123456789abcdef";

fn info(number: u32) -> SenderInfo {
    SenderInfo { ntp: NtpTime(7), timestamp: RtpTimestamp(8), packets: number, bytes: 9 }
}

fn lanes(count: u32) -> Vec<(Ssrc, SenderInfo)> {
    (0..count).map(|number| (Ssrc(100 + number), info(number))).collect()
}

fn block(ssrc: u32) -> ReportBlock {
    ReportBlock {
        ssrc: Ssrc(ssrc),
        fraction_lost: 1,
        lost: 2,
        highest_sequence: 3,
        jitter: 4,
        last_sender_report: NtpShort(5),
        delay: NtpShort(6),
    }
}

/// The SSRCs that report in a datagram, each followed by its CNAME, and the blocks.
fn read(datagram: &[u8]) -> (Vec<Ssrc>, usize) {
    let (mut senders, mut described, mut blocks) = (Vec::new(), Vec::new(), 0);
    for packet in Compound::parse(datagram).unwrap() {
        match packet.unwrap() {
            Packet::SenderReport(report) => {
                senders.push(report.sender);
                blocks += report.blocks.len();
            }
            Packet::ReceiverReport(report) => {
                senders.push(report.sender);
                blocks += report.blocks.len();
            }
            Packet::SourceDescription(description) => {
                for chunk in description.chunks() {
                    assert_eq!(chunk.cname, Some(CNAME));
                    described.push(chunk.ssrc);
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(senders, described);
    (senders, blocks)
}

#[test]
fn many_lanes_take_several_datagrams_each_within_the_limit() {
    let lanes = lanes(50);
    let blocks: Vec<_> = (0..3).map(block).collect();
    let mut out = [0; 2000];
    let (mut done, mut left) = (0, &blocks[..]);
    let mut senders = Vec::new();
    let mut seen_blocks = 0;

    while done < lanes.len() {
        let written = write(&mut out, NODE, CNAME, &lanes[done..], left).unwrap();
        assert!(written.len <= REPORT_LEN_MAX && written.lanes > 0);
        let (ssrcs, blocks) = read(&out[..written.len]);
        senders.extend(ssrcs);
        seen_blocks += blocks;
        done += written.lanes;
        left = &left[written.blocks..];
    }

    assert_eq!(senders, lanes.iter().map(|(ssrc, _)| *ssrc).collect::<Vec<_>>());
    assert_eq!((seen_blocks, left.len()), (3, 0));
}

#[test]
fn a_peer_that_only_publishes_gets_a_receiver_report() {
    let mut out = [0; 2000];

    let written = write(&mut out, NODE, CNAME, &[], &[block(5)]).unwrap();

    assert_eq!(read(&out[..written.len]), (vec![NODE], 1));
    assert_eq!((written.lanes, written.blocks), (0, 1));
}

#[test]
fn more_blocks_than_one_report_holds_are_left_for_the_next() {
    let blocks: Vec<_> = (0..40).map(block).collect();
    let mut out = [0; 2000];

    let written = write(&mut out, NODE, CNAME, &lanes(2), &blocks).unwrap();

    assert_eq!(written.blocks, 31);
    assert!(written.len <= REPORT_LEN_MAX);
}

#[test]
fn lanes_share_a_datagram_with_many_blocks() {
    let blocks: Vec<_> = (0..31).map(block).collect();
    let mut out = [0; 2000];

    let written = write(&mut out, NODE, CNAME, &lanes(20), &blocks).unwrap();

    assert_eq!((written.blocks, written.lanes), (31, 8));
    assert_eq!(read(&out[..written.len]).1, 31);
}

#[test]
fn a_report_says_what_the_lanes_clock_shows_now() {
    let payload_types = PayloadTypes::default().with(packet::Codec::Vp8, PayloadType::from_low_bits(96));
    let config = LaneConfig {
        kind: Kind::Video,
        ssrc: Ssrc(10),
        payload_types,
        extensions: LaneExtensions::default(),
        first_sequence: SeqNo(0),
        first_timestamp: RtpTimestamp(5000),
    };
    let mut lane = Lane::new(&config).unwrap();
    let now = start();
    let clock = NodeClock::new(now);
    let facts = video(TrackId(1), 9).key_frame();
    // The source's clock showed the first packet's time 100 ms ago.
    let source = Anchor { time: facts.time, at: now };
    let later = now + Duration::from_millis(100);
    lane.set_track(Some(TrackId(1)));
    let before = sender_info(&lane, &source, &clock, later);

    let packet = packet::Packet { facts: &facts, descriptor: &[], payload: &[0; 100] };
    lane.forward(&packet, 0, &mut TransportSequence::default(), now, &mut [0; 1500]).unwrap();
    let after = sender_info(&lane, &source, &clock, later).unwrap();

    assert_eq!(before, None, "a lane that waits has no clock");
    assert_eq!((after.timestamp, after.packets, after.bytes), (RtpTimestamp(5000 + 9000), 1, 100));
    assert_eq!(after.ntp, clock.ntp(later));
    assert_eq!(MediaTime::new(0, ClockRate::VIDEO).rate(), facts.time.rate());
}

#[test]
fn the_round_trip_is_what_is_left_of_the_time_since_the_report() {
    let now = start();
    let clock = NodeClock::new(now);
    let sent = now + Duration::from_secs(3);
    let answered = ReportBlock {
        last_sender_report: clock.ntp(sent).middle(),
        delay: NtpShort::from_duration(Duration::from_millis(400)),
        ..block(1)
    };

    let trip = clock.round_trip(&answered, sent + Duration::from_millis(480)).unwrap();

    assert!(trip.abs_diff(Duration::from_millis(80)) < Duration::from_millis(1), "{trip:?}");
}

#[test]
fn a_round_trip_that_cannot_be_is_none() {
    let now = start();
    let clock = NodeClock::new(now);
    let later = now + Duration::from_secs(60);
    let at = |last_sender_report, delay| ReportBlock { last_sender_report, delay, ..block(1) };
    let sent = clock.ntp(later).middle();

    assert_eq!(clock.round_trip(&at(NtpShort(0), NtpShort(0)), later), None, "no report was seen");
    assert_eq!(clock.round_trip(&at(sent, NtpShort(1 << 20)), later), None, "answered before it was sent");
    assert_eq!(clock.round_trip(&at(clock.ntp(now).middle(), NtpShort(0)), later), None, "a minute");
}
