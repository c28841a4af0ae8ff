//! What single calls do. How estimates behave on networks is in `tests/bandwidth`.

mod abuse;

use rtp::Ssrc;
use rtp::rtcp::transport_feedback::Arrival;
use rtp::rtcp::{Compound, Packet, Writer};

use super::*;
use crate::packet::fixtures::start;

const MS: Duration = Duration::from_millis(1);
const PACKET: DataSize = DataSize::from_bytes(1000);

/// A sender and what its subscriber says.
struct Path {
    estimator: BandwidthEstimator,
    now: Instant,
    next: u16,
    count: u8,
}

impl Path {
    fn new() -> Self {
        let now = start();
        let mut estimator = BandwidthEstimator::new(now);
        estimator.handle_round_trip(50 * MS);
        Self { estimator, now, next: 65_000, count: 0 }
    }

    /// Sends a packet of 1000 bytes.
    fn send(&mut self) -> u16 {
        let sequence = self.next;
        self.next = sequence.wrapping_add(1);
        self.estimator.handle_sent(self.now, SeqNo(sequence), PACKET, Purpose::Media);
        sequence
    }

    /// Tells of these arrivals, by number and tick of 250 us.
    fn tell(&mut self, base: u16, arrivals: &[(u16, u32)]) {
        let arrivals: Vec<Arrival> = arrivals
            .iter()
            .map(|&(sequence, ticks)| Arrival { sequence: SeqNo(sequence), time: ArrivalTime(ticks) })
            .collect();
        let mut bytes = [0; 1400];
        let mut writer = Writer::new(&mut bytes);
        writer.transport_feedback(Ssrc(1), Ssrc(2), self.count, SeqNo(base), &arrivals).unwrap();
        let len = writer.finish();
        self.count = self.count.wrapping_add(1);
        self.tell_bytes(&bytes[..len]);
    }

    fn tell_bytes(&mut self, bytes: &[u8]) {
        for packet in Compound::parse(bytes).unwrap() {
            if let Ok(Packet::TransportFeedback(feedback)) = packet {
                self.estimator.handle_feedback(self.now, &feedback);
            }
        }
        self.assert_bounds();
    }

    /// A second of a good path: packets every 10 ms, told of every 50 ms, 25 ms away.
    fn good_second(&mut self, ticks: &mut u32) {
        for _ in 0..20 {
            let mut arrivals = Vec::new();
            for _ in 0..5 {
                arrivals.push((self.send(), *ticks));
                *ticks += 40;
                self.now += 10 * MS;
                self.poll();
            }
            self.tell(arrivals[0].0, &arrivals);
        }
    }

    fn poll(&mut self) {
        if self.estimator.poll_timeout().is_some_and(|due| self.now >= due) {
            self.estimator.handle_timeout(self.now);
        }
        self.assert_bounds();
    }

    fn assert_bounds(&self) {
        let estimate = self.estimator.estimate();
        assert!((LEAST..=MOST).contains(&estimate), "{estimate}");
    }
}

#[test]
fn the_estimate_rises_on_a_good_path_no_further_than_half_above_what_arrives() {
    let mut path = Path::new();
    let mut ticks = 1000;
    for _ in 0..60 {
        path.good_second(&mut ticks);
    }

    let estimate = path.estimator.estimate();

    // 800 kbit/s are sent.
    assert!((1_100_000..=1_210_000).contains(&estimate.bps()), "{estimate}");
}

#[test]
fn missing_feedback_lets_the_estimate_fall_and_its_return_probes_at_once() {
    let mut path = Path::new();
    let mut ticks = 1000;
    path.estimator.set_wanted(path.now, Bitrate::from_kbps(2000));
    for _ in 0..30 {
        path.good_second(&mut ticks);
    }
    let before = path.estimator.estimate();

    for _ in 0..120 {
        path.send();
        path.now += 10 * MS;
        path.poll();
    }
    let silent = path.estimator.estimate();
    ticks += 4800;
    let sequence = path.send();
    path.now += 50 * MS;
    path.tell(sequence, &[(sequence, ticks)]);
    let probe = path.estimator.poll_probe(path.now);

    assert!(silent < before.scaled(1, 2), "{silent} after {before}");
    assert!(probe.is_some_and(|probe| probe.rate > silent), "{probe:?}");
}

#[test]
fn nothing_sent_is_no_silence() {
    let mut path = Path::new();
    let mut ticks = 1000;
    path.good_second(&mut ticks);
    let before = path.estimator.estimate();

    path.now += Duration::from_secs(60);
    path.poll();

    assert_eq!(path.estimator.estimate(), before);
}

#[test]
fn nothing_is_probed_when_nothing_is_wanted() {
    let mut path = Path::new();
    let mut ticks = 1000;

    for _ in 0..20 {
        path.good_second(&mut ticks);
        assert_eq!(path.estimator.poll_probe(path.now), None);
    }
}

#[test]
fn no_probe_is_much_above_what_is_wanted() {
    let wanted = Bitrate::from_kbps(700);
    let mut path = Path::new();
    let mut ticks = 1000;
    path.estimator.set_wanted(path.now, wanted);
    let mut probes = Vec::new();

    for _ in 0..20 {
        probes.extend(path.estimator.poll_probe(path.now));
        path.good_second(&mut ticks);
    }

    assert!(!probes.is_empty());
    assert!(probes.iter().all(|probe| probe.rate <= wanted.scaled(11, 10)), "{probes:?}");
}

#[test]
fn nothing_is_allocated_after_the_beginning() {
    let mut path = Path::new();
    path.estimator.set_wanted(path.now, MOST);
    let arrivals: Vec<Arrival> = (0..10)
        .map(|number| Arrival { sequence: SeqNo(number), time: ArrivalTime(1000 + u32::from(number) * 40) })
        .collect();
    let mut bytes = [0; 200];
    let mut writer = Writer::new(&mut bytes);
    writer.transport_feedback(Ssrc(1), Ssrc(2), 0, SeqNo(0), &arrivals).unwrap();
    let len = writer.finish();
    let compound = Compound::parse(&bytes[..len]).unwrap();
    let Ok(Packet::TransportFeedback(feedback)) = compound.flatten().next().map(Ok::<_, ()>).unwrap() else {
        unreachable!("feedback was written")
    };

    let counted = allocation_counter::measure(|| {
        for number in 0..5000 {
            path.estimator.handle_sent(path.now, SeqNo(number), PACKET, Purpose::Media);
            path.estimator.handle_feedback(path.now, &feedback);
            path.estimator.poll_probe(path.now);
            path.now += 5 * MS;
            path.estimator.handle_timeout(path.now);
        }
    });

    assert_eq!(counted.count_total, 0);
}

#[test]
fn the_memory_is_as_said() {
    let ring = sent::REMEMBERED as usize * 8;

    assert!(
        size_of::<BandwidthEstimator>() + ring <= MEMORY_MAX,
        "{}",
        size_of::<BandwidthEstimator>() + ring
    );
}
