use std::collections::BTreeMap;

use super::*;
use crate::report::Series;
use crate::scenario::Bound;

fn report(joined: f64) -> Report {
    let bound = Bound { min: Some(3.0), max: None };
    Report {
        scenario: "<script>alert(1)</script>.toml".to_owned(),
        description: "Visits & \"rounds\"".to_owned(),
        seed: 7,
        version: "0.1.0".to_owned(),
        started_unix_s: 1_796_126_400,
        ran_s: 12.0,
        interrupted: false,
        figures: BTreeMap::from([("joined".to_owned(), joined), ("of_tomorrow_ms".to_owned(), 5.0)]),
        failures: BTreeMap::from([("signal: <b>refused</b>".to_owned(), 2)]),
        thresholds: vec![bound.judge("joined", Some(joined))],
        warnings: vec!["a <warning>".to_owned()],
        series: Series {
            t_s: vec![1.0, 2.0],
            present: vec![1.0, 2.0],
            joining: vec![1.0, 0.0],
            failed: vec![0.0, 0.0],
            ..Series::default()
        },
        distributions: BTreeMap::from([("join_ms".to_owned(), vec![(0.0, 1.0), (0.5, 2.0), (1.0, 9.0)])]),
    }
}

#[test]
fn what_files_say_is_text_and_the_page_needs_nothing_else() {
    let page = page(&report(2.0), None).unwrap();

    assert!(!page.contains("<script") && !page.contains("<b>refused") && !page.contains("<warning>"));
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;.toml")
            && page.contains("Visits &amp; &quot;rounds&quot;")
    );
    let without_namespace = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!without_namespace.contains("http") && !page.contains("@import") && !page.contains("url("));
    assert!(page.contains("2026-12-01T12:00:00Z"), "{page}");
}

#[test]
fn a_broken_threshold_is_marked_by_a_word() {
    assert!(page(&report(2.0), None).unwrap().contains("BROKEN"));
    assert!(!page(&report(3.0), None).unwrap().contains("BROKEN"));
}

#[test]
fn two_runs_stand_beside_each_other() {
    let page = page(&report(3.0), Some(&report(2.0))).unwrap();

    let row = page.split("<code>joined</code>").last().unwrap().split("</tr>").next().unwrap();
    assert!(row.contains(">3<") && row.contains(">2<") && row.contains("+50.0 %"), "{row}");
    assert!(page.contains("in rooms, earlier") && page.contains("The earlier run"));
    assert!(page.contains("of_<wbr>tomorrow_<wbr>ms"), "a figure that is not known here is shown");
}

#[test]
fn what_is_to_be_known_of_the_earlier_run_is_said() {
    let other = Report {
        scenario: "another.toml".to_owned(),
        interrupted: true,
        figures: BTreeMap::from([("of_yesterday".to_owned(), 5.0)]),
        ..report(2.0)
    };
    let page = page(&report(3.0), Some(&other)).unwrap();

    assert!(
        page.contains("another scenario: another.toml")
            && page.contains("of the earlier run: a &lt;warning&gt;")
    );
    assert!(
        page.contains("in the earlier run 2 things went wrong")
            && page.contains("broke its thresholds: joined")
    );
    assert!(page.contains("cut short") && page.contains("of_<wbr>yesterday"));
    assert!(report(3.0).compared_to(&other).contains("of_yesterday"));
}

#[test]
fn a_run_of_nothing_has_a_page() {
    let empty = Report { series: Series::default(), distributions: BTreeMap::new(), ..report(0.0) };

    assert!(page(&empty, None).unwrap().ends_with("</html>\n"));
}

#[test]
fn a_change_from_nothing_is_no_percentage() {
    assert_eq!(change(Some(&0.0), Some(&4.0)), "–");
    assert_eq!(change(Some(&4.0), Some(&3.0)), "-25.0 %");
}
