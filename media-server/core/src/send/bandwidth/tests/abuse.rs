//! Feedback of a subscriber that lies (abuse 54): its own estimate stays within its bounds, and nothing takes long.

use netsim::Random;

use super::*;

/// The 16 bytes after the two SSRCs of a feedback, written by hand: what no writer of ours would write.
fn forged(base: u16, count: u16, reference: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2];
    bytes.extend(base.to_be_bytes());
    bytes.extend(count.to_be_bytes());
    bytes.extend(&(reference << 8).to_be_bytes()[..3]);
    bytes.push(0);
    bytes.extend(body);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let words = (bytes.len() / 4 - 1) as u16;
    bytes[2..4].copy_from_slice(&words.to_be_bytes());
    bytes
}

#[test]
fn abuse_54_numbers_that_were_never_sent_move_nothing() {
    let mut path = Path::new();
    let mut ticks = 1000;
    path.good_second(&mut ticks);
    let before = path.estimator.estimate();

    for number in 0..20 {
        // A run of 8000 that arrived at once, far from what was sent.
        let body = [0x20 | 0x1f, 0xff];
        path.tell_bytes(&forged(10_000 + number * 1000, 1, 5, &[&body[..], &[0; 4]].concat()));
    }

    assert_eq!(path.estimator.estimate(), before);
}

#[test]
fn abuse_54_what_was_told_before_moves_nothing() {
    let mut path = Path::new();
    let mut ticks = 1000;
    path.good_second(&mut ticks);
    let first = path.next.wrapping_sub(5);
    let arrivals: Vec<(u16, u32)> = (0..5).map(|number| (first.wrapping_add(number), ticks - 10)).collect();
    let before = path.estimator.estimate();

    for _ in 0..20 {
        path.tell(first, &arrivals);
    }

    assert_eq!(path.estimator.estimate(), before);
}

#[test]
fn abuse_54_all_lost_again_and_again_ends_at_the_least() {
    let mut path = Path::new();
    for _ in 0..6000 {
        let sequence = path.send();
        path.now += 5 * MS;
        // 65535 losses in four bytes of chunks each.
        let losses = [0x1f, 0xff].repeat(8);
        path.tell_bytes(&forged(sequence, 65_528, 5, &losses));
        path.poll();
    }

    assert_eq!(path.estimator.estimate(), LEAST);
}

#[test]
fn abuse_54_times_that_jump_leave_the_estimate_in_its_bounds() {
    let mut path = Path::new();
    path.estimator.set_wanted(path.now, MOST);
    let mut dice = Random::new(54);
    for _ in 0..20_000 {
        let random = dice.next_u64().to_be_bytes();
        let sequence = path.send();
        path.estimator.poll_probe(path.now);
        path.now += 3 * MS;
        let reference = u32::from_be_bytes([0, random[0], random[1], random[2]]);
        // A packet that arrived up to 8 s off its reference, in either direction.
        path.tell_bytes(&forged(sequence, 1, reference, &[0x40, 0x01, random[3], random[4]]));
        path.poll();
    }
}

#[test]
fn abuse_54_who_says_that_all_arrives_at_once_gets_no_probe_above_what_is_wanted() {
    let wanted = Bitrate::from_kbps(2000);
    let mut path = Path::new();
    path.estimator.set_wanted(path.now, wanted);
    let mut probed = 0;
    for _ in 0..3000 {
        let arrivals: Vec<(u16, u32)> = (0..8).map(|_| (path.send(), 1000)).collect();
        if let Some(probe) = path.estimator.poll_probe(path.now) {
            assert!(probe.rate <= wanted.scaled(11, 10), "{probe:?}");
            probed += probe.size.bytes();
        }
        path.now += 20 * MS;
        path.tell(arrivals[0].0, &arrivals);
        path.poll();
    }

    // In a minute no more than three seconds of what is wanted: a twentieth.
    assert!(probed <= wanted.size_in(Duration::from_secs(3)).bytes(), "{probed}");
}

#[test]
fn abuse_54_feedback_beyond_what_a_browser_sends_is_not_read() {
    let mut path = Path::new();
    let sequences: Vec<u16> = (0..1000).map(|_| path.send()).collect();

    // All at one instant, each of a packet that did arrive.
    for (ticks, sequence) in (1000..).zip(sequences) {
        path.tell(sequence, &[(sequence, ticks)]);
    }

    let read = (0..1000)
        .filter(|number| {
            let index = path.estimator.sent.index(SeqNo(65_000_u16.wrapping_add(*number))).unwrap();
            path.estimator.sent.take_arrived(index, 0).is_none()
        })
        .count();
    assert_eq!(read, FEEDBACKS_PER_WINDOW_MAX as usize);
}
