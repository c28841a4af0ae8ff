//! The load tester should bring everybody in and lose nothing, and say so; and where it cannot, say what went wrong and how often.

use std::path::{Path, PathBuf};

use loadtest::{Key, Report};
use protocol::NodeId;
use rustix::process::Signal;

use crate::support::program::{Ended, Program, bedside, run};

const SHORT: &str = r#"
description = "A visit"
[load]
kind = "consultations"
consultations = 1
participants = [2, 2]
ramp_s = 0
hold_s = 3
"#;

struct Tester {
    folder: tempfile::TempDir,
}

impl Tester {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    }

    fn json(&self) -> PathBuf {
        self.folder.path().join("report.json")
    }

    fn command(&self, scenario: &Path, more: &[&str]) -> std::process::Command {
        let mut command = bedside();
        command.args(["loadtest", "run"]).arg(scenario).arg("--json").arg(self.json()).args(more);
        command
    }

    async fn run(&self, text: &str, more: &[&str]) -> Ended {
        let scenario = self.file("scenario.toml", text);
        run(&mut self.command(&scenario, more)).await
    }

    fn report(&self) -> Report {
        serde_json::from_slice(&std::fs::read(self.json()).unwrap()).unwrap()
    }
}

/// Correctness, not speed: how long anything took is nobody's business here.
#[tokio::test(flavor = "multi_thread")]
async fn everybody_joins_and_nothing_is_lost() {
    let tester = Tester::new();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("loadtest/scenarios/smoke.toml");

    let ended = run(&mut tester.command(&scenario, &[])).await;

    assert_eq!(ended.code, Some(0), "{}", ended.said);
    let report = tester.report();
    let figure = |name: &str| report.figures.get(name).copied().unwrap_or(-1.0);
    assert_eq!(figure("joined"), figure("bots"), "{}", ended.said);
    assert!(figure("bots") >= 20.0 && report.failures.is_empty(), "{}", ended.said);
    for nothing in ["loss_pct", "corrupt", "ended_early", "join_failures", "server_dropped"] {
        assert_eq!(figure(nothing), 0.0, "{nothing}: {}", ended.said);
    }
    // Sound alone is a hundred packets a second for each two that talk.
    assert!(figure("packets_out_per_second") > 100.0, "{}", ended.said);
    assert!(figure("server_cpu_ns_per_packet") > 0.0 && figure("server_rss_mib_max") > 1.0, "{}", ended.said);
    assert!(report.series.t_s.len() >= 15, "{}", ended.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_threshold_ends_it_with_one_and_the_report_is_there() {
    let tester = Tester::new();

    let html = tester.folder.path().join("report.html");
    let ended = tester
        .run(
            &format!("{SHORT}\n[thresholds]\nbots = {{ min = 3 }}\njoined = {{ min = 2 }}"),
            &["--html", html.to_str().unwrap()],
        )
        .await;

    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(ended.said.contains("BROKEN bots") && ended.said.contains("holds  joined"), "{}", ended.said);
    let holds: Vec<bool> = tester.report().thresholds.iter().map(|one| one.holds).collect();
    assert_eq!(holds, [false, true]);
    assert!(std::fs::read_to_string(&html).unwrap().contains("BROKEN"));
    let json = tester.json();
    let both = run(bedside().args(["loadtest", "compare"]).arg(&json).arg(&json)).await;
    assert!(both.code == Some(0) && both.said.contains("+0.0 %"), "{}", both.said);
    let none = run(bedside().args(["loadtest", "compare"]).arg(&json).arg(&html)).await;
    assert!(none.code == Some(1) && none.said.contains("report.html: not a report"), "{}", none.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_scenario_is_named() {
    let tester = Tester::new();
    let bound = |text: &str| format!("{SHORT}\n[thresholds]\n{text}");
    for (text, named) in [
        (SHORT.replace("hold_s", "holds_s"), "holds_s"),
        (
            SHORT.replace("consultations = 1", "consultations = 0"),
            "load.consultations: 0 is not between 1 and",
        ),
        (SHORT.replace("[2, 2]", "[3, 2]"), "load.participants: 2 is not between 3 and"),
        (SHORT.replace("\"consultations\"", "\"party\""), "party"),
        (bound("join_ms = { max = 1 }"), "thresholds.join_ms: no figure has this name"),
        (bound("joined = {}"), "thresholds.joined: neither min nor max"),
        (bound("joined = { min = 2, max = 1 }"), "thresholds.joined: min 2 is above max 1"),
        (
            format!(
                "{SHORT}\n[[network]]\nname = \"a\"\nshare = 0.7\n[[network]]\nname = \"b\"\nshare = 0.7"
            ),
            "the shares come to 1.4",
        ),
    ] {
        let ended = tester.run(&text, &[]).await;

        assert_eq!(ended.code, Some(1), "{}", ended.said);
        assert!(
            ended.said.contains(named) && ended.said.contains("scenario.toml"),
            "{named}: {}",
            ended.said
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_not_there_is_counted_and_nothing_hangs() {
    let tester = Tester::new();
    let (key, _) = Key::generate(NodeId::new_v7()).unwrap();
    let key = tester.file("key.json", &serde_json::to_string(&key).unwrap());
    // Nothing listens on the port of discard.
    let target = ["--target", "ws://127.0.0.1:9/signal", "--key", key.to_str().unwrap()];

    let ended = tester.run(SHORT, &target).await;

    let report = tester.report();
    assert_eq!(report.figures["join_failures"], 2.0, "{}", ended.said);
    let causes: Vec<_> = report.failures.iter().collect();
    assert!(
        matches!(causes.as_slice(), [(cause, 2)] if cause.contains("connection refused")),
        "{}",
        ended.said
    );
}

/// An hour of it, of which the first seconds are enough.
async fn in_the_middle(tester: &Tester, more: &str) -> Program {
    let text = format!("{}\n{more}", SHORT.replace("hold_s = 3", "hold_s = 3600"));
    let scenario = tester.file("long.toml", &text);
    let mut program = Program::start(&mut tester.command(&scenario, &[]));
    program.says("2 in rooms").await;
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_ends_the_run_and_is_counted() {
    let tester = Tester::new();
    let mut program = in_the_middle(&tester, "[thresholds]\nended_early = { max = 0 }").await;

    program.kill_part("media-server");
    let ended = program.ended().await;

    assert_eq!(ended.code, Some(1), "{}", ended.said);
    let report = tester.report();
    assert_eq!(report.figures["ended_early"], 2.0, "{}", ended.said);
    assert!(
        !report.interrupted && report.failures.keys().all(|cause| cause.starts_with("call: ")),
        "{report:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_keeps_what_was() {
    let tester = Tester::new();
    let mut program = in_the_middle(&tester, "").await;

    program.send(Signal::INT);
    let ended = program.ended().await;

    assert_eq!(ended.code, Some(1), "{}", ended.said);
    let report = tester.report();
    assert!(report.interrupted && report.failures.is_empty(), "{report:?}");
    assert_eq!(report.figures["joined"], 2.0, "{}", ended.said);
}
