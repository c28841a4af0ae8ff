use super::*;

const ROUND_US: i64 = 150_000;

/// Feedback every 50 ms on 20 packets of which `lost` in a hundred are lost, evenly; the verdicts other than `Clear`
/// and `Hold`.
fn verdicts(
    detector: &mut LossDetector,
    from_us: i64,
    feedbacks: i64,
    waiting_us: i64,
    lost: impl Fn(i64) -> u32,
) -> Vec<Verdict> {
    let mut owed = 0;
    (0..feedbacks)
        .filter_map(|number| {
            owed += 20 * lost(number);
            let gone = owed / 100;
            owed %= 100;
            let told = Told { lost: gone, bursts: gone, arrived: 20 - gone, late: 0 };
            let verdict = detector.handle_feedback(from_us + number * 50_000, told, waiting_us, ROUND_US);
            (!matches!(verdict, Verdict::Clear | Verdict::Hold)).then_some(verdict)
        })
        .collect()
}

#[test]
fn loss_that_does_not_go_is_the_paths_own() {
    let mut detector = LossDetector::default();

    let verdicts = verdicts(&mut detector, 0, 200, 0, |_| 8);

    assert!(matches!(verdicts[..], [Verdict::Congested { .. }, Verdict::Mistaken]), "{verdicts:?}");
    assert!((0.07..0.09).contains(&detector.inherent()), "{}", detector.inherent());
}

#[test]
fn loss_that_goes_when_less_is_sent_was_congestion() {
    let mut detector = LossDetector::default();

    let verdicts = verdicts(&mut detector, 0, 200, 0, |number| if number < 8 { 30 } else { 0 });

    assert!(matches!(verdicts[..], [Verdict::Congested { passed }] if passed < 0.75), "{verdicts:?}");
    assert!(detector.inherent() < 0.001);
}

#[test]
fn a_full_queue_is_never_the_paths_own() {
    let mut detector = LossDetector::default();

    let verdicts = verdicts(&mut detector, 0, 200, 300_000, |_| 8);

    assert!(verdicts.len() > 2 && !verdicts.contains(&Verdict::Mistaken), "{verdicts:?}");
}

#[test]
fn more_loss_than_a_path_can_have_is_congestion_for_good() {
    let mut detector = LossDetector::default();

    verdicts(&mut detector, 0, 40, 0, |_| 40);
    let later = verdicts(&mut detector, 2_000_000, 40, 0, |_| 40);

    assert!(later.iter().any(|verdict| matches!(verdict, Verdict::Congested { .. })), "{later:?}");
    assert!(detector.inherent() <= INHERENT_MAX);
}

#[test]
fn late_packets_are_no_losses() {
    let mut detector = LossDetector::default();

    let told = Told { lost: 4, bursts: 4, arrived: 16, late: 4 };
    for number in 0..40 {
        let verdict = detector.handle_feedback(number * 50_000, told, 0, ROUND_US);
        assert!(!matches!(verdict, Verdict::Congested { .. }));
    }
}
