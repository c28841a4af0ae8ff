//! It should see an overload within a second, shed in order, and come back step by step.

use super::*;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A loop that is busy for this share of each 10 ms.
struct Loop {
    now: Instant,
    gauge: Gauge,
    pressure: Pressure,
    /// Each change of the level, by the time since the start.
    changes: Vec<(Duration, Shed)>,
    start: Instant,
}

impl Loop {
    fn new() -> Self {
        let now = Instant::now();
        let (gauge, pressure) = (Gauge::new(now), Pressure::new(now));
        Self { now, gauge, pressure, changes: Vec::new(), start: now }
    }

    fn run(&mut self, span: Duration, busy: f64) {
        let turn = ms(10);
        for _ in 0..span.as_millis() / turn.as_millis() {
            let from = self.now + turn.mul_f64(busy);
            self.now += turn;
            if self.gauge.note_wait(from, self.now)
                && let Some(level) = self.pressure.judge(self.gauge.busy(), self.now)
            {
                self.changes.push((self.now - self.start, level));
            }
        }
    }

    fn levels(&self) -> Vec<Shed> {
        self.changes.iter().map(|(_, level)| *level).collect()
    }
}

#[test]
fn the_gauge_shows_the_share_of_the_last_second() {
    let mut worker = Loop::new();

    worker.run(ms(5000), 0.3);
    assert!((worker.gauge.busy() - 0.3).abs() < 0.01, "{}", worker.gauge.busy());

    worker.run(ms(500), 0.9);
    assert!((worker.gauge.busy() - 0.6).abs() < 0.01, "{}", worker.gauge.busy());
    worker.run(ms(500), 0.9);
    assert!((worker.gauge.busy() - 0.9).abs() < 0.01, "{}", worker.gauge.busy());
}

#[test]
fn an_idle_hour_does_not_hide_a_burst() {
    let mut worker = Loop::new();
    let from = worker.now;
    for hour in 1..4 {
        let now = from + Duration::from_secs(3600 * hour);
        worker.gauge.note_wait(worker.now, now);
        worker.now = now;
    }

    worker.run(ms(1000), 1.0);

    assert!(worker.gauge.busy() > 0.99, "{}", worker.gauge.busy());
}

#[test]
fn one_long_turn_counts_for_as_long_as_it_was() {
    let mut worker = Loop::new();
    worker.run(ms(2000), 0.0);

    worker.now += ms(700);
    worker.gauge.note_wait(worker.now, worker.now);

    assert!((worker.gauge.busy() - 0.7).abs() < 0.01, "{}", worker.gauge.busy());
}

#[test]
fn layers_go_first_then_video_and_joins_are_refused_last() {
    let mut worker = Loop::new();

    worker.run(ms(10_000), 1.0);

    assert_eq!(worker.levels(), [Shed::Layers, Shed::Video, Shed::Full]);
    let at = |level: usize| worker.changes[level].0;
    assert!(at(0) <= ms(1000), "at once: {:?}", worker.changes);
    assert!(at(1) - at(0) >= WINDOW, "what layers bring is seen before video goes: {:?}", worker.changes);
    let told = 2 * protocol::limits::NODE_BEAT_EVERY;
    assert!(at(2) - at(1) > told, "placement knows before joins fail: {:?}", worker.changes);
}

#[test]
fn what_a_level_mends_goes_no_further() {
    let mut worker = Loop::new();

    worker.run(ms(10_000), 0.85);

    assert_eq!(worker.levels(), [Shed::Layers]);
}

#[test]
fn it_falls_level_by_level_after_calm_seconds() {
    let mut worker = Loop::new();
    worker.run(ms(10_000), 1.0);
    worker.changes.clear();
    let calm = worker.now - worker.start;

    worker.run(ms(30_000), 0.2);

    assert_eq!(worker.levels(), [Shed::Video, Shed::Layers, Shed::Nothing]);
    for (at, (change, _)) in (1..).zip(&worker.changes) {
        assert!(*change - calm >= CALM * at, "{:?}", worker.changes);
    }
}

#[test]
fn a_moment_of_calm_or_of_work_changes_nothing() {
    let mut worker = Loop::new();
    for _ in 0..10 {
        worker.run(ms(700), 1.0);
        worker.run(ms(300), 0.1);
    }
    assert_eq!(worker.levels(), [], "0.73 on average");

    worker.run(ms(2000), 0.85);
    worker.changes.clear();
    for _ in 0..10 {
        worker.run(ms(4000), 0.3);
        worker.run(ms(1000), 0.75);
    }
    assert_eq!(worker.levels(), [], "never calm for long");
}

#[test]
fn an_overload_that_comes_back_is_shed_for_longer_each_time() {
    let mut worker = Loop::new();
    let calm_needed = |worker: &mut Loop| {
        worker.run(ms(2000), 0.85);
        assert_eq!(worker.pressure.level, Shed::Layers);
        let calm = worker.now;
        while worker.pressure.level > Shed::Nothing {
            worker.run(ms(100), 0.2);
        }
        (worker.now - calm).as_secs()
    };

    let needed: Vec<u64> = (0..6).map(|_| calm_needed(&mut worker)).collect();
    worker.run(RELAPSE_WITHIN, 0.2);
    let after_a_minute = calm_needed(&mut worker);

    assert_eq!((needed.as_slice(), after_a_minute), (&[5, 10, 20, 40, 80, 80][..], 5));
}
