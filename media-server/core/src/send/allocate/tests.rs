//! It should keep audio whole, then what matters most, and not tremble.

use super::*;

const AUDIO: Bitrate = Bitrate::from_kbps(40);

fn kbps(kbps: u64) -> Bitrate {
    Bitrate::from_kbps(kbps)
}

/// Three layers of 150, 500 and 1500 kbit/s.
fn camera(importance: Importance, current: Option<u8>) -> Wish {
    let rates = [150, 500, 1500].map(|rate| Some(kbps(rate)));
    Wish { importance, rates, current: current.map(Layer) }
}

fn get(budget: u64, wishes: &[Wish]) -> Vec<Option<u8>> {
    allocate(kbps(budget), AUDIO, wishes).into_iter().map(|layer| layer.map(|layer| layer.0)).collect()
}

#[test]
fn with_enough_for_all_everybody_gets_the_best() {
    let wishes = [camera(Importance::Other, None), camera(Importance::Subject, None)];

    assert_eq!(get(4000, &wishes), [Some(2), Some(2)]);
    assert_eq!(wanted(AUDIO, &wishes), kbps(3040).scaled(115, 100));
    assert_eq!(get(wanted(AUDIO, &wishes).bps() / 1000, &wishes), [Some(2), Some(2)]);
}

#[test]
fn everybody_is_seen_before_anybody_is_sharp_and_then_the_subject_comes_first() {
    let wishes = [camera(Importance::Other, Some(0)), camera(Importance::Subject, Some(0))];

    assert_eq!(get(345, &wishes), [Some(0), Some(0)]);
    assert_eq!(get(800, &wishes), [Some(0), Some(1)]);
    assert_eq!(get(1950, &wishes), [Some(0), Some(2)]);
    assert_eq!(get(2400, &wishes), [Some(1), Some(2)]);
}

#[test]
fn what_does_not_fit_is_paused_the_least_important_first() {
    let wishes = [camera(Importance::Other, Some(0)), camera(Importance::Subject, Some(0))];

    assert_eq!(get(339, &wishes), [None, Some(0)]);
    assert_eq!(get(189, &wishes), [None, None]);
}

#[test]
fn equals_grow_together() {
    let wishes = [camera(Importance::Other, Some(0)), camera(Importance::Other, Some(0))];

    assert_eq!(get(1250, &wishes), [Some(1), Some(1)]);
}

#[test]
fn a_step_up_wants_headroom_and_a_step_once_taken_does_not() {
    let up = [camera(Importance::Subject, Some(0))];
    let stay = [camera(Importance::Subject, Some(1))];

    assert_eq!((get(600, &up), get(600, &stay)), (vec![Some(0)], vec![Some(1)]));
    assert_eq!(get(621, &up), [Some(1)]);
    assert_eq!(get(539, &stay), [Some(0)]);
}

#[test]
fn what_was_paused_comes_back_only_with_headroom() {
    let paused = [camera(Importance::Subject, None)];

    assert_eq!(get(200, &paused), [None]);
    assert_eq!(get(219, &paused), [Some(0)]);
}

#[test]
fn layers_that_do_not_run_are_stepped_over() {
    let mut wish = camera(Importance::Subject, Some(0));
    wish.rates[1] = None;

    assert_eq!(get(1000, &[wish]), [Some(0)]);
    assert_eq!(get(2000, &[wish]), [Some(2)]);
    wish.rates = [None; LAYERS_MAX];
    assert_eq!(get(2000, &[wish]), [None]);
}

#[test]
fn audio_is_never_weighed_against_a_picture() {
    assert_eq!(get(0, &[camera(Importance::Subject, Some(2))]), [None]);
}

/// For many budgets and wishes: it fits, it is paused only in order, and more budget never gives anybody less.
#[test]
fn more_budget_never_gives_less() {
    let wishes: Vec<Wish> = (0..6)
        .map(|at| {
            let importance = if at % 3 == 0 { Importance::Subject } else { Importance::Other };
            let mut wish = camera(importance, (at % 2 == 0).then_some(at as u8 / 2));
            wish.rates[2] = wish.rates[2].filter(|_| at != 4);
            wish
        })
        .collect();
    let total = |got: &Allocation| -> Bitrate {
        let rates = got.iter().zip(&wishes).filter_map(|(layer, wish)| wish.rates[usize::from((*layer)?.0)]);
        rates.sum()
    };
    let mut before = Bitrate::ZERO;

    for budget in (0..12_000).step_by(7) {
        let got = allocate(kbps(budget), AUDIO, &wishes);
        let used = total(&got);

        assert!(used == Bitrate::ZERO || used + AUDIO <= kbps(budget), "{budget}: {got:?}");
        let pictures = |importance| {
            got.iter().zip(&wishes).filter(move |(_, wish)| wish.importance == importance).map(|(got, _)| got)
        };
        if pictures(Importance::Other).any(Option::is_some) {
            assert!(pictures(Importance::Subject).all(Option::is_some), "{budget}: {got:?}");
        }
        let seen = got.iter().flatten().count() as u64;
        before = before.max(Bitrate::from_bps(seen));
        assert_eq!(before, Bitrate::from_bps(seen), "{budget}: fewer pictures than with less");
    }
}
