use super::*;

#[test]
fn every_name_is_registered_once_and_every_counted_name_is_registered() {
    let metrics = Metrics::new();
    let counters = Counters {
        single: SINGLE.into_iter().map(|(name, help)| (name, metrics.counter(name, help).unwrap())).collect(),
        labelled: LABELLED
            .into_iter()
            .map(|(name, help, labels)| (name, metrics.counters(name, help, labels).unwrap()))
            .collect(),
    };
    let mut look = Look { counters: &counters, last: BTreeMap::new() };

    look.worker(0, &Snapshot::default());

    for (_, name, _) in look.last.keys() {
        assert!(counters.single.contains_key(name) || counters.labelled.contains_key(name), "{name}");
    }
}

#[test]
fn connections_are_exported_by_direction_and_cause_and_by_nobody() {
    let metrics = Metrics::new();
    let mut counters = Counters { single: BTreeMap::new(), labelled: BTreeMap::new() };
    for (name, help, labels) in LABELLED {
        counters.labelled.insert(name, metrics.counters(name, help, labels).unwrap());
    }
    let mut look = Look { counters: &counters, last: BTreeMap::new() };
    let mut quality =
        QualityCounts { causes: [0, 7, 0, 0], frozen_ms: [0, 2900], ..QualityCounts::default() };
    quality.mos[1][MOS_CLASSES.len() - 1] = 5;

    look.quality(Some(0), &quality);

    let text = metrics.text();
    for line in [
        "bedside_quality_cause_seconds_total{cause=\"downlink\"} 7",
        "bedside_quality_frozen_seconds_total{direction=\"send\"} 2",
        "bedside_quality_mos_seconds_total{direction=\"send\",mos_max=\"4.5\"} 5",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} in {text}");
    }
}

#[test]
fn causes_are_called_what_they_are_in_messages() {
    let named = Cause::ALL.map(|cause| serde_json::to_string(&cause).unwrap());

    assert_eq!(named, CAUSES.map(|name| format!("\"{name}\"")));
}

#[test]
fn a_source_that_begins_again_goes_on_rising() {
    let counters = Counters { single: BTreeMap::new(), labelled: BTreeMap::new() };
    let mut look = Look { counters: &counters, last: BTreeMap::new() };
    let series = || (Some(0), "bedside_send_bytes_total", String::new());

    let rises: Vec<u64> = [5, 7, 7, 3].into_iter().map(|now| look.rise(series(), now)).collect();

    assert_eq!(rises, [5, 2, 0, 3]);
}
