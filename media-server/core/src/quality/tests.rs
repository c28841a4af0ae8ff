use super::*;
use crate::packet::fixtures::start;

const SECOND: Duration = Duration::from_secs(1);

/// A connection on which something is heard and reported each second.
struct Connection {
    quality: Quality,
    begin: Instant,
    now: Instant,
}

impl Connection {
    fn new() -> Self {
        let begin = start();
        Self { quality: Quality::new(begin), begin, now: begin }
    }

    /// So many seconds with this loss in percent; returns each change with its second.
    fn run(&mut self, seconds: u32, loss: impl Fn(u32) -> u32) -> Vec<(u64, Grade)> {
        let mut changes = Vec::new();
        for second in 0..seconds {
            self.now += SECOND;
            self.quality.handle_heard(self.now);
            let fraction = (loss(second) * 256 / 100).min(255) as u8;
            self.quality.handle_loss(Direction::Send, fraction, self.now);
            self.look(&mut changes);
        }
        changes
    }

    fn silence(&mut self, seconds: u32) -> Vec<(u64, Grade)> {
        let mut changes = Vec::new();
        for _ in 0..seconds {
            self.now += SECOND;
            self.look(&mut changes);
        }
        changes
    }

    fn look(&mut self, changes: &mut Vec<(u64, Grade)>) {
        let at = self.now.duration_since(self.begin).as_secs();
        changes.extend(self.quality.poll(self.now).map(|grade| (at, grade)));
    }
}

#[test]
fn a_clean_path_stays_good_without_a_word() {
    let mut connection = Connection::new();

    assert_eq!(connection.run(60, |_| 1), []);
    assert_eq!(connection.quality.grade(), Grade::Good);
}

#[test]
fn loss_lowers_the_grade_after_two_looks() {
    assert_eq!(Connection::new().run(20, |_| 6), [(4, Grade::Fair)]);
    assert_eq!(Connection::new().run(20, |_| 30), [(4, Grade::Poor)]);
}

#[test]
fn loss_in_either_direction_counts() {
    let mut connection = Connection::new();
    for _ in 0..4 {
        connection.now += SECOND;
        connection.quality.handle_heard(connection.now);
        connection.quality.handle_loss(Direction::Receive, 100, connection.now);
        connection.quality.handle_loss(Direction::Send, 0, connection.now);
        connection.quality.poll(connection.now);
    }

    assert_eq!(connection.quality.grade(), Grade::Poor);
}

#[test]
fn a_long_round_trip_is_as_bad_as_loss() {
    for (rtt_ms, grade) in [(200, Grade::Good), (400, Grade::Fair), (900, Grade::Poor)] {
        let mut connection = Connection::new();
        connection.quality.handle_round_trip(Duration::from_millis(rtt_ms));
        connection.run(10, |_| 0);

        assert_eq!(connection.quality.grade(), grade, "{rtt_ms} ms");
    }
}

#[test]
fn one_bad_second_in_many_is_no_change() {
    let mut connection = Connection::new();

    assert_eq!(connection.run(60, |second| if second % 10 == 0 { 12 } else { 0 }), []);
}

#[test]
fn a_better_grade_must_hold() {
    let mut connection = Connection::new();
    connection.run(10, |_| 30);

    let changes = connection.run(20, |_| 0);

    // The last bad reports are forgotten by half a second each; then six seconds of better looks.
    let [(at, Grade::Good | Grade::Fair), ..] = changes[..] else { panic!("{changes:?}") };
    assert!((16..=24).contains(&at), "{changes:?}");
    assert_eq!(connection.quality.grade(), Grade::Good);
}

#[test]
fn swinging_between_two_grades_tells_only_the_worse() {
    let mut connection = Connection::new();

    let changes = connection.run(60, |second| if second / 4 % 2 == 0 { 30 } else { 0 });

    assert_eq!(changes, [(4, Grade::Poor)]);
}

#[test]
fn silence_is_lost_at_once_and_a_word_brings_it_back() {
    let mut connection = Connection::new();
    connection.run(10, |_| 0);

    let lost = connection.silence(10);
    let back = connection.run(20, |_| 0);

    assert_eq!(lost, [(16, Grade::Lost)]);
    assert_eq!(back.last().map(|(_, grade)| *grade), Some(Grade::Good));
}

#[test]
fn a_report_that_is_old_does_not_count() {
    let mut connection = Connection::new();
    connection.run(2, |_| 50);
    let mut changes = Vec::new();
    for _ in 0..20 {
        connection.now += SECOND;
        connection.quality.handle_heard(connection.now);
        connection.look(&mut changes);
    }

    assert_eq!(connection.quality.grade(), Grade::Good, "{changes:?}");
}
