use rtp::{NtpShort, Ssrc};

use super::*;
use crate::packet::fixtures::start;

/// A subscriber that reports every second.
struct World {
    redundancy: Redundancy,
    now: Instant,
}

impl World {
    fn new() -> Self {
        Self { redundancy: Redundancy::new(start()), now: start() }
    }

    fn report(&mut self, expected: u32, lost: u32) -> usize {
        self.now += Duration::from_secs(1);
        self.redundancy.handle_loss(Loss { expected, lost });
        self.redundancy.poll(self.now)
    }

    /// So many seconds of speech, of which so much is lost of each.
    fn speech(&mut self, secs: u32, lost: u32) -> Vec<usize> {
        (0..secs).map(|_| self.report(50, lost)).collect()
    }
}

#[test]
fn loss_asks_for_it_at_once_and_more_loss_for_more() {
    let mut world = World::new();

    assert_eq!(world.speech(3, 0), [0, 0, 0]);
    assert_eq!(world.report(50, 1), 0, "a single packet is no loss");
    assert_eq!(world.speech(2, 0), [0, 0]);
    assert_eq!(world.speech(1, 3), [1]);
    assert_eq!(world.speech(1, 5), [2]);
    assert_eq!(world.speech(3, 10).last(), Some(&7));
}

#[test]
fn it_ends_after_ten_clean_seconds_of_speech() {
    let mut world = World::new();
    world.speech(5, 3);

    let depths = world.speech(30, 0);

    let ended = depths.iter().position(|depth| *depth == 0).unwrap();
    assert!((9..=12).contains(&ended), "{ended}: {depths:?}");
    assert!(depths[ended..].iter().all(|depth| *depth == 0), "{depths:?}");
}

#[test]
fn silence_is_no_loss_and_no_calm() {
    let mut world = World::new();
    for _ in 0..20 {
        assert_eq!(world.report(3, 1), 0, "three packets say nothing");
    }
    world.speech(5, 3);
    for _ in 0..60 {
        assert_ne!(world.report(3, 0), 0, "nor that it is over");
    }
}

#[test]
fn little_loss_keeps_little() {
    let mut world = World::new();
    world.speech(5, 3);
    let mut last = 9;
    for _ in 0..30 {
        world.report(50, 1);
        last = world.report(50, 0);
    }

    assert_eq!(last, 1, "1 % is neither clean nor much");
}

#[test]
fn it_stays_within_what_the_path_carries_beyond_the_voice() {
    let mut world = World::new();
    let mut depth_at = |kbps: u64| {
        world.redundancy.set_estimate(Some(Bitrate::from_kbps(kbps)));
        *world.speech(5, 10).last().unwrap()
    };

    assert_eq!([64, 106, 107, 171, 300, 5000].map(&mut depth_at), [0, 0, 1, 3, 7, 7]);
}

#[test]
fn several_lanes_are_one_path() {
    let mut redundancy = Redundancy::new(start());
    for second in 1..4 {
        redundancy.handle_loss(Loss { expected: 50, lost: 4 });
        redundancy.handle_loss(Loss { expected: 0, lost: 0 });
        redundancy.handle_loss(Loss { expected: 50, lost: 0 });
        redundancy.poll(start() + Duration::from_secs(second));
    }

    assert_eq!(redundancy.poll(start() + Duration::from_secs(9)), 1, "4 % of them all");
}

fn block(highest_sequence: u32, lost: i32, fraction_lost: u8) -> ReportBlock {
    ReportBlock {
        ssrc: Ssrc(1),
        fraction_lost,
        lost,
        highest_sequence,
        jitter: 0,
        last_sender_report: NtpShort(0),
        delay: NtpShort(0),
    }
}

#[test]
fn reports_are_read_as_differences() {
    let mut reported = ReportedLoss::default();

    assert_eq!(reported.take(&block(70_000, 5, 26)), Loss { expected: 49, lost: 5 });
    assert_eq!(reported.take(&block(70_050, 7, 10)), Loss { expected: 50, lost: 2 });
    assert_eq!(reported.take(&block(70_100, 5, 0)), Loss { expected: 50, lost: 0 }, "doubled packets");
    assert_eq!(reported.take(&block(70_103, 500, 255)), Loss { expected: 3, lost: 3 });
}

#[test]
fn abuse_54_reports_that_lie_are_bounded() {
    let mut reported = ReportedLoss::default();

    assert_eq!(reported.take(&block(5, i32::MIN, 0)), Loss::default());
    assert_eq!(reported.take(&block(u32::MAX, i32::MAX, 255)), Loss::default());
    assert_eq!(reported.take(&block(0, i32::MIN, 255)), Loss { expected: 1, lost: 0 });
    let first = ReportedLoss::default().take(&block(u32::MAX, i32::MAX, 1));
    assert_eq!(first, Loss { expected: 1000, lost: 1000 });
    let mut world = World::new();
    for _ in 0..1000 {
        world.redundancy.handle_loss(Loss { expected: REPORTED_MAX, lost: REPORTED_MAX });
    }
    assert_eq!(world.report(1000, 1000), 7);
}
