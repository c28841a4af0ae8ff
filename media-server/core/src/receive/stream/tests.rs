use std::collections::BTreeSet;

use proptest::prelude::*;
use rtp::NtpTime;

use super::*;
use crate::packet::fixtures::start;

const SSRC: Ssrc = Ssrc(7);
const MS: Duration = Duration::from_millis(1);

fn ext(index: u64) -> ExtSeqNo {
    ExtSeqNo::from_index(index).unwrap()
}

/// A video stream in which these sequences came, 10 ms apart and in step with their timestamps.
fn received(sequences: impl IntoIterator<Item = u64>) -> (Stream, Instant) {
    let mut stream = Stream::new(ClockRate::VIDEO);
    let mut now = start();
    for sequence in sequences {
        stream.handle_packet(ext(sequence), RtpTimestamp(sequence as u32 * 900), now);
        now += 10 * MS;
    }
    (stream, now)
}

#[test]
fn a_report_counts_what_the_network_lost() {
    let (mut stream, now) = received([100, 101, 104, 105]);

    let report = stream.report(SSRC, now).unwrap();

    assert_eq!((report.fraction_lost, report.lost, report.highest_sequence), ((256 * 2 / 6) as u8, 2, 105));
}

#[test]
fn each_report_has_its_own_fraction_and_the_total() {
    let (mut stream, now) = received([100, 103]);
    stream.report(SSRC, now);
    for sequence in 104..=111 {
        stream.handle_packet(ext(sequence), RtpTimestamp(0), now);
    }

    let report = stream.report(SSRC, now).unwrap();

    assert_eq!((report.fraction_lost, report.lost), (0, 2));
}

#[test]
fn a_late_packet_is_no_loss_and_more_than_expected_is_no_fraction() {
    let (mut stream, now) = received([100, 102]);
    stream.report(SSRC, now);
    stream.handle_packet(ext(101), RtpTimestamp(0), now);
    stream.handle_packet(ext(103), RtpTimestamp(0), now);

    let report = stream.report(SSRC, now).unwrap();

    assert_eq!((report.fraction_lost, report.lost), (0, 0));
}

#[test]
fn what_came_back_by_rtx_stays_lost_in_the_report() {
    let (mut stream, now) = received([100, 102]);

    let restored = stream.handle_retransmission(SeqNo(101), RtpTimestamp(101 * 900)).unwrap();

    assert_eq!(restored.sequence, ext(101));
    assert_eq!(restored.time.timestamp(), RtpTimestamp(101 * 900));
    assert_eq!(stream.report(SSRC, now).unwrap().lost, 1);
    assert_eq!(stream.interval(), Interval { expected: 3, missing: 0 }, "nobody misses it");
    stream.report(SSRC, now);
    assert_eq!(stream.interval(), Interval::default());
}

#[test]
fn the_second_of_original_and_retransmission_is_a_duplicate() {
    let (mut stream, now) = received([100, 102]);

    let by_rtx =
        [101, 101, 100].map(|sequence| stream.handle_retransmission(SeqNo(sequence), RtpTimestamp(0)));
    let late = stream.handle_packet(ext(101), RtpTimestamp(0), now);

    assert_eq!(by_rtx.map(|found| found.is_some()), [true, false, false]);
    assert_eq!(late, None);
}

#[test]
fn a_retransmission_alone_starts_nothing_and_cannot_leap_ahead() {
    let mut fresh = Stream::new(ClockRate::VIDEO);
    let (mut stream, _) = received([100]);

    assert_eq!(fresh.handle_retransmission(SeqNo(5), RtpTimestamp(0)), None);
    assert_eq!(stream.handle_retransmission(SeqNo(100 + 1024), RtpTimestamp(0)), None);
    assert_eq!(stream.sequences.highest(), Some(ext(100)));
}

/// RFC 3550 §A.8 by hand: each packet moves the estimate by a sixteenth of the difference.
#[test]
fn jitter_follows_the_appendix() {
    let mut stream = Stream::new(ClockRate::VIDEO);
    let begin = start();
    let late_ms = [0u32, 8, 0, 4, 4, 12, 0];
    let mut jitter = 0.0;
    let mut before = 0.0;
    for (number, late) in late_ms.into_iter().enumerate() {
        let at = begin + MS * (20 * number as u32 + late);
        stream.handle_packet(ext(number as u64), RtpTimestamp(number as u32 * 1800), at);
        let transit = f64::from(late) * 90.0;
        if number > 0 {
            jitter += (f64::abs(transit - before) - jitter) / 16.0;
        }
        before = transit;
    }

    let report = stream.report(SSRC, begin).unwrap();

    assert!((f64::from(report.jitter) - jitter).abs() <= 1.0, "{} instead of {jitter}", report.jitter);
}

#[test]
fn a_report_quotes_the_last_sender_report_and_its_age() {
    let (mut stream, now) = received([100]);
    let info = SenderInfo {
        ntp: NtpTime(0x1122_3344_5566_7788),
        timestamp: RtpTimestamp(90_000),
        packets: 0,
        bytes: 0,
    };

    stream.handle_sender_report(&info, &mut SourceClock::new(), now);
    let report = stream.report(SSRC, now + 500 * MS).unwrap();

    assert_eq!((report.last_sender_report, report.delay), (NtpShort(0x3344_5566), NtpShort(0x8000)));
}

#[test]
fn a_stream_is_said_to_be_sent_when_a_report_counts_more_than_the_one_before() {
    let (mut stream, now) = received([100]);
    let mut clock = SourceClock::default();
    let after = |seconds| now + Duration::from_secs(seconds);

    let said = [5, 5, 9, 9].into_iter().zip(0..).map(|(packets, second)| {
        let (ntp, timestamp) = (NtpTime(1 << 32), RtpTimestamp(0));
        stream.handle_sender_report(
            &SenderInfo { ntp, timestamp, packets, bytes: 0 },
            &mut clock,
            after(second),
        );
        stream.last_said()
    });

    assert_eq!(said.collect::<Vec<_>>(), [None, None, Some(after(2)), Some(after(2))]);
}

#[test]
fn a_sender_report_moves_the_anchor_but_no_packets_time() {
    let (mut stream, now) = received([100]);
    let info = SenderInfo { ntp: NtpTime(1 << 32), timestamp: RtpTimestamp(1 << 30), packets: 0, bytes: 0 };
    let by_arrival = stream.anchor().unwrap();

    stream.handle_sender_report(&info, &mut SourceClock::new(), now);
    let next = stream.handle_packet(ext(101), RtpTimestamp(101 * 900), now).unwrap();

    assert_eq!(by_arrival.time.timestamp(), RtpTimestamp(100 * 900));
    assert_eq!(stream.anchor().unwrap().time.timestamp(), RtpTimestamp(1 << 30));
    assert_eq!(next.time.ticks() - by_arrival.time.ticks(), 900);
}

proptest! {
    #![proptest_config(crate::seeded::config(200))]

    /// The window of bits against a set of everything that ever came.
    #[test]
    fn duplicates_are_told_from_what_is_new(
        steps in prop::collection::vec(prop_oneof![9 => -40i64..20, 1 => -1500i64..3000], 1..400),
    ) {
        let mut stream = Stream::new(ClockRate::VIDEO);
        let mut came = BTreeSet::new();
        let mut highest = 100_000i64;
        let now = start();
        for step in steps {
            let sequence = (highest + step).max(0);
            let is_old = !came.is_empty() && sequence <= highest - WINDOW as i64;
            let expected = !is_old && !came.contains(&sequence);

            let got = stream.handle_packet(ext(sequence as u64), RtpTimestamp(0), now);

            prop_assert_eq!(got.map(|received| received.sequence), expected.then(|| ext(sequence as u64)));
            if expected {
                highest = if came.is_empty() { sequence } else { highest.max(sequence) };
                came.insert(sequence);
            }
        }
        prop_assert_eq!(stream.received, came.len() as u64);
    }
}

#[test]
fn what_is_missing_has_had_until_the_next_look_to_be_mended() {
    let (mut stream, _) = received([100, 101, 104, 105, 107]);
    let nothing = Missing::default();

    let first = stream.look();
    stream.handle_retransmission(SeqNo(102), RtpTimestamp(0));
    let second = stream.look();
    let third = stream.look();

    assert_eq!((first, third), (nothing, nothing));
    // 103 and 106 are missing, 102 came back.
    assert_eq!(second, Missing { expected: 8, lost: 2, bursts: 2 });
}

#[test]
fn of_a_part_that_is_longer_than_the_window_its_end_is_judged() {
    let (mut stream, _) = received(0..3000);

    stream.look();

    assert_eq!(stream.look(), Missing { expected: WINDOW as u32, lost: 0, bursts: 0 });
}
