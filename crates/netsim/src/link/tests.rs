use super::*;
use crate::time::Timeline;

/// Sends `count` numbered datagrams of 1000 bytes, one a millisecond, and returns number and delay of each arrival.
fn run(config: LinkConfig, seed: u64, count: u32) -> (Vec<(u32, Duration)>, LinkCounters) {
    let start = Timeline::new().now();
    let mut link = Link::new(config, seed);
    let mut arrivals = Vec::new();
    for ms in 0..u64::from(count) + 2000 {
        let now = start + Duration::from_millis(ms);
        if ms < u64::from(count) {
            link.send(now, (ms as u32, now), &[0; 1000]);
        }
        while let Some(((number, sent), bytes)) = link.poll(now) {
            assert_eq!(bytes.len(), 1000);
            arrivals.push((number, now - sent));
        }
    }
    assert_eq!(link.poll_timeout(), None);
    (arrivals, link.counters())
}

#[test]
fn a_wire_gives_everything_at_once_and_in_order() {
    let (arrivals, counters) = run(LinkConfig::default(), 1, 100);

    assert!(arrivals.iter().enumerate().all(|(at, &(number, delay))| at as u32 == number && delay.is_zero()));
    assert_eq!((counters.sent, counters.delivered, counters.lost), (100, 100, 0));
}

#[test]
fn the_same_seed_gives_the_same_network() {
    let config = LinkConfig {
        latency: Duration::from_millis(20),
        jitter: Duration::from_millis(30),
        loss: Loss::Random(0.1),
        reorder: 0.1,
        reorder_by: Duration::from_millis(15),
        duplicate: 0.05,
        ..LinkConfig::default()
    };

    let (first, again, other) = (run(config, 7, 500).0, run(config, 7, 500).0, run(config, 8, 500).0);

    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[test]
fn random_loss_takes_its_share() {
    let config = LinkConfig { loss: Loss::Random(0.1), ..LinkConfig::default() };

    let (_, counters) = run(config, 3, 10_000);

    assert!((900..1100).contains(&counters.lost), "{counters:?}");
    assert_eq!(counters.sent, counters.lost + counters.delivered);
}

#[test]
fn burst_loss_comes_in_runs_of_its_mean_length() {
    let config = LinkConfig { loss: Loss::Burst { enter: 0.01, leave: 0.2 }, ..LinkConfig::default() };

    let (arrivals, counters) = run(config, 4, 20_000);

    let bursts = arrivals.windows(2).filter(|pair| pair[1].0 - pair[0].0 > 1).count() as f64;
    let mean = counters.lost as f64 / bursts;
    assert!((4.0..6.0).contains(&mean), "{mean}");
}

#[test]
fn jitter_alone_keeps_the_order_and_reordering_does_not() {
    let jitter = LinkConfig { jitter: Duration::from_millis(50), ..LinkConfig::default() };
    let reorder = LinkConfig { reorder: 0.2, reorder_by: Duration::from_millis(5), ..LinkConfig::default() };

    let (kept, _) = run(jitter, 5, 1000);
    let (mixed, _) = run(reorder, 5, 1000);

    assert!(kept.is_sorted_by_key(|&(number, _)| number));
    assert!(!mixed.is_sorted_by_key(|&(number, _)| number));
    assert_eq!(mixed.len(), 1000);
}

#[test]
fn what_is_duplicated_arrives_twice() {
    let config = LinkConfig { duplicate: 1.0, ..LinkConfig::default() };

    let (arrivals, counters) = run(config, 6, 100);

    assert_eq!((arrivals.len(), counters.duplicated), (200, 100));
}

#[test]
fn a_bottleneck_queues_first_and_then_drops() {
    // 1000 bytes a millisecond are offered to a link of half that; ten fit before it.
    let config = LinkConfig { rate_bps: Some(4_000_000), buffer_bytes: 10_000, ..LinkConfig::default() };

    let (arrivals, counters) = run(config, 7, 1000);

    let longest = arrivals.iter().map(|&(_, delay)| delay).max().unwrap();
    assert!((18..=21).contains(&longest.as_millis()), "{longest:?}");
    assert!((480..=500).contains(&counters.overflowed), "{counters:?}");
    assert_eq!(counters.sent, counters.overflowed + counters.delivered);
}
