use std::collections::BTreeMap;

use proptest::prelude::*;
use rtp::rtcp::{Compound, Packet};

use super::*;
use crate::packet::fixtures::start;

const MS: Duration = Duration::from_millis(1);
const NODE: Ssrc = Ssrc(1);
const MEDIA: Ssrc = Ssrc(2);

/// What a feedback packet says: its count, its base, and each packet with its arrival in ticks of 250 us.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    count: u8,
    base: u16,
    arrivals: Vec<(u16, u32)>,
}

/// All feedback that is due, decoded.
fn poll(recorder: &mut TwccRecorder, now: Instant) -> Vec<Told> {
    let mut told = Vec::new();
    loop {
        let mut datagram = [0; 1200];
        let mut writer = Writer::new(&mut datagram);
        if !recorder.poll(now, NODE, MEDIA, &mut writer).unwrap() {
            return told;
        }
        let len = writer.finish();
        for packet in Compound::parse(&datagram[..len]).unwrap() {
            let Ok(Packet::TransportFeedback(feedback)) = packet else { panic!("{packet:?}") };
            let arrivals = feedback.arrivals().map(|arrival| (arrival.sequence.0, arrival.time.0)).collect();
            told.push(Told { count: feedback.feedback_count, base: feedback.base.0, arrivals });
        }
    }
}

#[test]
fn packets_are_told_of_after_the_interval() {
    let begin = start();
    let mut recorder = TwccRecorder::new(begin);
    for (sequence, at) in [(65_535, 10), (0, 11), (2, 13)] {
        recorder.handle_packet(SeqNo(sequence), begin + MS * at);
    }

    let early = poll(&mut recorder, begin + 59 * MS);
    let due = recorder.poll_timeout();
    let told = poll(&mut recorder, begin + 60 * MS);

    assert_eq!(early, []);
    assert_eq!(due, Some(begin + 60 * MS));
    assert_eq!(told, [Told { count: 0, base: 65_535, arrivals: vec![(65_535, 40), (0, 44), (2, 52)] }]);
    assert_eq!(recorder.poll_timeout(), None);
}

#[test]
fn many_packets_are_told_of_at_once_and_in_several_feedbacks() {
    let begin = start();
    let mut recorder = TwccRecorder::new(begin);
    for sequence in 0..300 {
        recorder.handle_packet(SeqNo(sequence), begin);
    }

    let told = poll(&mut recorder, begin);

    assert_eq!(
        told.iter().map(|told| (told.count, told.base, told.arrivals.len())).collect::<Vec<_>>(),
        [(0, 0, 128), (1, 128, 128), (2, 256, 44),]
    );
}

#[test]
fn a_loss_between_feedbacks_shows() {
    let begin = start();
    let mut recorder = TwccRecorder::new(begin);
    recorder.handle_packet(SeqNo(5), begin);
    poll(&mut recorder, begin + INTERVAL);

    recorder.handle_packet(SeqNo(8), begin + INTERVAL);
    let told = poll(&mut recorder, begin + 2 * INTERVAL);

    assert_eq!((told[0].base, &told[0].arrivals), (6, &vec![(8, 200)]));
}

#[test]
fn a_late_packet_is_told_of_with_those_that_follow_it() {
    let begin = start();
    let mut recorder = TwccRecorder::new(begin);
    for sequence in [5, 7] {
        recorder.handle_packet(SeqNo(sequence), begin);
    }
    poll(&mut recorder, begin + INTERVAL);

    recorder.handle_packet(SeqNo(6), begin + INTERVAL);
    let told = poll(&mut recorder, begin + 2 * INTERVAL);

    assert_eq!(told[0].arrivals, [(6, 200), (7, 0)]);
}

#[test]
fn a_replayed_or_ancient_number_causes_no_feedback() {
    let begin = start();
    let mut recorder = TwccRecorder::new(begin);
    recorder.handle_packet(SeqNo(1000), begin);
    poll(&mut recorder, begin + INTERVAL);

    recorder.handle_packet(SeqNo(1000), begin + INTERVAL);
    recorder.handle_packet(SeqNo(1000 - 256), begin + INTERVAL);

    assert_eq!(recorder.poll_timeout(), None);
}

#[test]
fn a_silence_longer_than_a_delta_does_not_stop_the_feedback() {
    let begin = start();
    let mut recorder = TwccRecorder::new(begin);
    recorder.handle_packet(SeqNo(1), begin);
    recorder.handle_packet(SeqNo(2), begin + Duration::from_secs(9));

    let told = poll(&mut recorder, begin + Duration::from_secs(10));

    assert_eq!(
        told.iter().map(|told| told.arrivals.as_slice()).collect::<Vec<_>>(),
        [&[(1, 0)][..], &[(2, 36_000)][..],]
    );
}

proptest! {
    #![proptest_config(crate::seeded::config(200))]

    /// Whatever arrives, in whatever order: the feedback names each arrival with its time, and no other.
    #[test]
    fn feedback_decodes_to_what_arrived(
        first in any::<u16>(),
        packets in prop::collection::vec((0u64..4, prop_oneof![6 => Just(1i64), 1 => -10i64..10, 1 => 1i64..400]), 1..400),
    ) {
        let begin = start();
        let mut recorder = TwccRecorder::new(begin);
        let mut arrived: BTreeMap<i64, u32> = BTreeMap::new();
        let mut told: BTreeMap<i64, u32> = BTreeMap::new();
        let mut counts = Vec::new();
        let (mut ms, mut highest) = (0, 0i64);
        let unwrap = |number: u16, near: i64| near + i64::from(SeqNo(number).offset_from(SeqNo((i64::from(first) + near) as u16)));
        let note = |feedbacks: Vec<Told>, told: &mut BTreeMap<i64, u32>, counts: &mut Vec<u8>, near: i64| {
            for feedback in feedbacks {
                counts.push(feedback.count);
                for (number, time) in feedback.arrivals {
                    told.insert(unwrap(number, near), time);
                }
            }
        };
        for (wait, step) in packets {
            ms += wait;
            let number = highest + step;
            let now = begin + MS * ms as u32;
            recorder.handle_packet(SeqNo((i64::from(first) + number) as u16), now);
            arrived.entry(number).or_insert(ms as u32 * 4);
            highest = highest.max(number);
            note(poll(&mut recorder, now), &mut told, &mut counts, highest);
        }
        note(poll(&mut recorder, begin + MS * ms as u32 + INTERVAL), &mut told, &mut counts, highest);

        prop_assert_eq!(told, arrived);
        prop_assert!(counts.iter().enumerate().all(|(at, count)| at as u8 == *count), "{:?}", counts);
        prop_assert_eq!(recorder.poll_timeout(), None);
    }
}

#[test]
fn where_the_way_back_carries_little_less_is_told() {
    let begin = start();
    let due = |kbps| {
        let mut recorder = TwccRecorder::new(begin);
        recorder.set_way_back(Bitrate::from_kbps(kbps));
        recorder.handle_packet(SeqNo(1), begin);
        recorder.poll_timeout().unwrap() - begin
    };

    assert_eq!([due(2000), due(160), due(80), due(40), due(0)], [50, 50, 100, 200, 250].map(|ms| MS * ms));
}
