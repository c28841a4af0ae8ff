use std::vec::Vec;

use super::*;
use crate::error::WriteError;
use crate::rtcp::{Compound, Packet, Writer};

fn arrival(sequence: u16, tick: u32) -> Arrival {
    Arrival { sequence: SeqNo(sequence), time: ArrivalTime(tick) }
}

fn write(room: usize, base: u16, arrivals: &[Arrival]) -> Result<(Vec<u8>, usize), WriteError> {
    let mut buffer = std::vec![0xee; room];
    let mut writer = Writer::new(&mut buffer);
    let taken = writer.transport_feedback(Ssrc(1), Ssrc(2), 7, SeqNo(base), arrivals)?;
    let len = writer.finish();
    buffer.truncate(len);
    Ok((buffer, taken))
}

fn read(datagram: &[u8]) -> TransportFeedback<'_> {
    match Compound::parse(datagram).unwrap().next().unwrap().unwrap() {
        Packet::TransportFeedback(feedback) => feedback,
        other => panic!("{other:?}"),
    }
}

/// Writes, reads back and compares; gives the wire form.
#[track_caller]
fn round_trip(base: u16, arrivals: &[Arrival]) -> Vec<u8> {
    let (datagram, taken) = write(1200, base, arrivals).unwrap();
    let feedback = read(&datagram);
    assert_eq!(taken, arrivals.len());
    assert_eq!((feedback.base, feedback.feedback_count), (SeqNo(base), 7));
    assert_eq!(feedback.arrivals().collect::<Vec<_>>(), arrivals);
    check_statuses(&feedback);
    datagram
}

/// The statuses are one row without holes, and their deltas add up to the arrivals.
#[track_caller]
fn check_statuses(feedback: &TransportFeedback<'_>) {
    let statuses: Vec<_> = feedback.statuses().collect();
    assert_eq!(statuses.len(), usize::from(feedback.status_count));
    let mut time = feedback.reference();
    let mut arrivals = feedback.arrivals();
    for (index, (sequence, delta)) in (0..=u16::MAX).zip(statuses) {
        assert_eq!(sequence, feedback.base.wrapping_add(index));
        if let Some(delta) = delta {
            time = time.wrapping_add(delta);
            assert_eq!(arrivals.next(), Some(Arrival { sequence, time }));
        }
    }
    assert_eq!(arrivals.next(), None);
}

#[test]
fn packets_in_a_row_are_one_run() {
    let arrivals: Vec<_> = (0..20).map(|n| arrival(100 + n, 1000 + 4 * u32::from(n))).collect();

    let datagram = round_trip(100, &arrivals);

    // Base 100, 20 packets; 3 * 64 ms; a run of 20 small deltas; the first 1000 - 768 ticks after the reference.
    assert_eq!(datagram[12..24], [0, 100, 0, 20, 0, 0, 3, 7, 0x20, 20, 232, 4]);
    assert_eq!(datagram[..4], [0xaf, 205, 0, 10]);
    assert_eq!(datagram[42..], [0, 2], "padded to whole words, with P and a count");
}

#[test]
fn losses_between_are_a_vector_of_one_bit() {
    let arrivals = [0, 2, 3, 7, 13].map(|n| arrival(n, 256));

    let datagram = round_trip(0, &arrivals);

    assert_eq!(datagram[20..22], [0b1010_1100, 0b0100_0001]);
}

#[test]
fn long_waits_are_a_vector_of_two_bits() {
    let arrivals = [arrival(0, 0), arrival(1, 255), arrival(3, 511), arrival(4, 510)];

    let datagram = round_trip(0, &arrivals);

    // Small, small, lost, large (256), large (-1), and nothing in the last two places.
    assert_eq!(datagram[20..22], [0b1101_0100, 0b1010_0000]);
    assert_eq!(datagram[22..28], [0, 255, 1, 0, 0xff, 0xff]);
}

#[test]
fn losses_before_the_first_arrival_are_told() {
    let arrivals = [arrival(9, 300)];

    let datagram = round_trip(5, &arrivals);

    let lost: Vec<_> = read(&datagram).statuses().filter(|(_, d)| d.is_none()).map(|(s, _)| s.0).collect();
    assert_eq!(lost, [5, 6, 7, 8]);
}

#[test]
fn numbers_and_times_wrap() {
    let arrivals = [arrival(65534, u32::MAX - 10), arrival(65535, u32::MAX), arrival(1, 4)];

    round_trip(65534, &arrivals);
}

#[test]
fn a_gap_of_thousands_is_a_run_or_several() {
    round_trip(0, &[arrival(0, 0), arrival(8192, 1), arrival(8193, 2)]);
    let datagram = round_trip(0, &[arrival(0, 0), arrival(32767, 1)]);
    assert!(datagram.len() <= 36, "{}", datagram.len());
}

#[test]
fn a_vector_that_is_not_the_last_speaks_only_of_packets_that_are() {
    let mut arrivals = [0, 1, 2, 3, 4, 5, 14, 15].map(|n| arrival(n, 10));
    arrivals[1].time = ArrivalTime(8);
    arrivals[7].time = ArrivalTime(8);

    round_trip(0, &arrivals);
}

#[test]
fn what_the_format_cannot_express_is_left_for_the_next_packet() {
    let in_time = [arrival(0, 0), arrival(1, 32_767)];
    assert_eq!(write(1200, 0, &in_time).unwrap().1, 2);

    let too_late = [arrival(0, 0), arrival(1, 32_768)];
    let too_early = [arrival(0, 40_000), arrival(1, 7_000)];
    let too_far = [arrival(0, 0), arrival(20_000, 0), arrival(40_000, 0)];
    let not_ascending = [arrival(5, 0), arrival(6, 0), arrival(6, 0)];

    assert_eq!(write(1200, 0, &too_late).unwrap().1, 1);
    assert_eq!(write(1200, 0, &too_early).unwrap().1, 1);
    assert_eq!(write(1200, 0, &too_far).unwrap().1, 2);
    assert_eq!(write(1200, 0, &not_ascending).unwrap().1, 2);
    assert_eq!(write(1200, 6, &not_ascending), Err(WriteError::OutOfRange("transport-wide arrivals")));
    assert_eq!(write(1200, 0, &[]), Err(WriteError::OutOfRange("transport-wide arrivals")));
}

#[test]
fn a_full_datagram_leaves_the_rest_for_the_next() {
    let arrivals: Vec<_> = (0..100).map(|n| arrival(2 * n, 100 * u32::from(n))).collect();
    assert_eq!(write(23, 0, &arrivals), Err(WriteError::BufferFull("RTCP transport-wide feedback")));

    for room in 24..160 {
        let mut done = 0;
        while done < arrivals.len() {
            let rest = &arrivals[done..];
            let (datagram, taken) = write(room, rest[0].sequence.0, rest).unwrap();
            assert!(taken > 0 && datagram.len() <= room, "{room}");
            assert_eq!(read(&datagram).arrivals().collect::<Vec<_>>(), rest[..taken]);
            done += taken;
        }
    }
}

/// A packet of this body after the two SSRCs, with zeros up to whole words.
fn by_hand(control: &[u8]) -> Vec<u8> {
    let mut datagram = std::vec![0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2];
    datagram.extend(control);
    datagram.resize(datagram.len().next_multiple_of(4), 0);
    datagram[3] = (datagram.len() / 4 - 1) as u8;
    datagram
}

fn refusal(control: &[u8]) -> ParseError {
    let datagram = by_hand(control);
    Compound::parse(&datagram).unwrap().next().unwrap().unwrap_err()
}

#[test]
fn chunks_and_deltas_must_be_there() {
    assert_eq!(refusal(&[0; 4]), ParseError::Truncated("RTCP transport-wide feedback"));
    assert_eq!(refusal(&[0, 0, 0, 1, 0, 0, 0, 0]), ParseError::Truncated("RTCP status chunks"));
    assert_eq!(refusal(&[0, 0, 0, 9, 0, 0, 0, 0, 0x20, 9]), ParseError::Truncated("RTCP receive deltas"));
    assert_eq!(refusal(&[0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]), ParseError::Truncated("RTCP status chunks"));
}

#[test]
fn the_reserved_status_is_refused_where_it_counts() {
    let invalid = ParseError::Invalid("RTCP packet status");
    assert_eq!(refusal(&[0, 0, 0, 1, 0, 0, 0, 0, 0x60, 1]), invalid);
    assert_eq!(refusal(&[0, 0, 0, 2, 0, 0, 0, 0, 0xdc, 0, 0, 0]), invalid);

    let beyond_the_count = by_hand(&[0, 0, 0, 1, 0, 0, 0, 0, 0xdc, 0, 9]);
    assert_eq!(read(&beyond_the_count).arrivals().collect::<Vec<_>>(), [arrival(0, 9)]);
}

#[test]
fn tens_of_thousands_of_claimed_losses_are_passed_over_at_once() {
    let run = [0x1f, 0xff];
    let mut control = std::vec![0, 0, 0xff, 0xff, 0, 0, 0, 0];
    control.extend(run.repeat(8));
    control.extend([0x20, 7, 1, 1, 1, 1, 1, 1, 1]);
    let datagram = by_hand(&control);

    let feedback = read(&datagram);

    assert_eq!(feedback.status_count, 65535);
    assert_eq!(
        feedback.arrivals().map(|a| a.sequence.0).collect::<Vec<_>>(),
        [65528, 65529, 65530, 65531, 65532, 65533, 65534]
    );
    check_statuses(&feedback);
}

#[test]
fn times_are_ticks_of_a_quarter_millisecond() {
    let early = ArrivalTime::from_duration(Duration::from_micros(1_249));
    let late = ArrivalTime::from_duration(Duration::from_micros(2_000));

    assert_eq!((early, late), (ArrivalTime(4), ArrivalTime(8)));
    assert_eq!((late.micros_since(early), early.micros_since(late)), (1_000, -1_000));
    assert_eq!(ArrivalDelta(-2).micros(), -500);
    assert_eq!(ArrivalTime(1).offset_from(ArrivalTime(u32::MAX)), 2);
}

proptest::proptest! {
    #![proptest_config(crate::seeded::config())]

    /// Loss, bursts, long waits, reordering in time, wraps: what goes in comes out, in one packet or several.
    #[test]
    fn any_arrivals_come_back(
        first: u16,
        start: u32,
        steps in proptest::collection::vec(
            (
                proptest::prop_oneof![8 => 1u16..2, 3 => 2u16..20, 1 => 20u16..9000],
                proptest::prop_oneof![8 => 0i32..256, 2 => -200i32..0, 1 => -32_768i32..32_768, 1 => 32_768i32..90_000],
            ),
            1..150,
        ),
        room in 40usize..1200,
    ) {
        let mut last = arrival(first, start);
        let arrivals: Vec<_> = steps
            .into_iter()
            .map(|(gap, wait)| {
                last.sequence = last.sequence.wrapping_add(gap);
                last.time = ArrivalTime(last.time.0.wrapping_add_signed(wait));
                last
            })
            .collect();

        let mut back = Vec::new();
        while back.len() < arrivals.len() {
            let rest = &arrivals[back.len()..];
            let (datagram, taken) = write(room, rest[0].sequence.0, rest).unwrap();
            let feedback = read(&datagram);
            check_statuses(&feedback);
            let read: Vec<_> = feedback.arrivals().collect();
            proptest::prop_assert_eq!(read.len(), taken);
            back.extend(read);
        }

        proptest::prop_assert_eq!(back, arrivals);
    }
}
