//! It should say in plain words which ways lead from here to a visit, and end with 0 only where a visit works.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::certificate::Certificate;
use crate::support::program::{Ended, bedside, run};
use crate::support::turn::Relay;
use crate::support::{Ports, Serve, Setup};

fn doctor(arguments: &[&str]) -> Command {
    let mut command = bedside();
    command.arg("doctor").args(arguments);
    command
}

/// With the relay on all its ways.
async fn serve(data: &Path, relay: &Relay, certificate: Option<Certificate>) -> Serve {
    let (plain, tls) = (relay.plain.port(), relay.tls.port());
    let mut setup = Setup::on(data).demo().with("--turn-secret-file", &relay.secret_file.display());
    for url in [
        format!("turn:localhost:{plain}?transport=udp"),
        format!("turn:localhost:{plain}?transport=tcp"),
        format!("turns:localhost:{tls}?transport=tcp"),
    ] {
        setup = setup.with("--turn-url", &url);
    }
    if let Some(certificate) = certificate {
        setup = setup.with_tls(certificate);
    }
    let serve = setup.start().await;
    serve.node_is_welcomed().await;
    serve
}

/// What was found, by check.
fn outcomes(ended: &Ended) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(&ended.said).unwrap_or_else(|_| panic!("{}", ended.said));
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap();
    checks.iter().map(|finding| (text(finding, "check"), text(finding, "outcome"))).collect()
}

#[track_caller]
fn expect(ended: &Ended, code: i32, expected: &[(&str, &str)]) {
    let found = outcomes(ended);
    let found: Vec<_> = found.iter().map(|(check, outcome)| (check.as_str(), outcome.as_str())).collect();
    assert_eq!((ended.code, found.as_slice()), (Some(code), expected), "{}", ended.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_server_every_way_is_tried_and_works() {
    let folder = tempfile::tempdir().unwrap();
    let relay_ports = Ports::take();
    let relay = Relay::start(folder.path(), &relay_ports).await;
    let certificate = Certificate::new(folder.path(), "clinic");
    let trusted = folder.path().join("trusted.pem");
    let chains =
        [&certificate.chain, &relay.certificate.chain].map(|file| std::fs::read_to_string(file).unwrap());
    std::fs::write(&trusted, chains.concat()).unwrap();
    let serve = serve(&folder.path().join("data"), &relay, Some(certificate)).await;
    let data = serve.data.display().to_string();
    let ca = trusted.display().to_string();

    let ended = run(&mut doctor(&["--data", &data, "--ca", &ca, "--json"])).await;

    let works = ["dns", "tls", "clock", "web_socket", "udp", "ice_tcp", "turn_udp", "turn_tcp", "turn_tls"];
    expect(&ended, 0, &works.map(|check| (check, "works")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_tries_all_of_it_elsewhere_once_and_says_so_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let relay_ports = Ports::take();
    let relay = Relay::start(folder.path(), &relay_ports).await;
    let serve = serve(&folder.path().join("data"), &relay, None).await;
    let ticket = run(&mut doctor(&["--data", &serve.data.display().to_string(), "--print-ticket"])).await;
    assert_eq!(ticket.code, Some(0), "{}", ticket.said);

    let first = run(&mut doctor(&["--ticket", ticket.said.trim()])).await;
    let again = run(&mut doctor(&["--ticket", ticket.said.trim(), "--json"])).await;

    assert_eq!(first.code, Some(0), "{}", first.said);
    for line in [
        "✓ DNS",
        "– TLS",
        "✓ clock",
        "✓ WebSocket",
        "✓ media by UDP",
        "✓ media by TCP",
        "✓ TURN/UDP",
        "✓ TURN/TCP",
    ] {
        assert!(first.said.contains(line), "{line}: {}", first.said);
    }
    assert!(first.said.contains("✗ TURN/TLS") && first.said.contains("whom this machine does not trust"));
    assert!(first.said.contains("Visits work from here: media by UDP"), "{}", first.said);
    let refused = [
        ("dns", "works"),
        ("tls", "not_tried"),
        ("clock", "works"),
        ("web_socket", "fails"),
        ("udp", "not_tried"),
        ("ice_tcp", "not_tried"),
        ("turn", "not_tried"),
    ];
    expect(&again, 1, &refused);
}

/// The node's media is at IPv6 alone, and from here only IPv4 leads to it.
#[tokio::test(flavor = "multi_thread")]
async fn where_no_media_comes_through_it_ends_with_1_and_says_what_to_open() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Setup::on(&folder.path().join("data")).demo().with("--media-address", &"::1").start().await;
    serve.node_is_welcomed().await;

    let ended = run(&mut doctor(&["--data", &serve.data.display().to_string()])).await;

    assert_eq!(ended.code, Some(1), "{}", ended.said);
    for words in [
        "✓ WebSocket",
        "✗ media by UDP",
        "→ open the node's UDP ports",
        "✗ media by TCP",
        "Visits do not work",
    ] {
        assert!(ended.said.contains(words), "{words}: {}", ended.said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_ticket_the_door_alone_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::new(folder.path(), "clinic");
    let serve = Setup::on(&folder.path().join("data")).demo().with_tls(certificate).start().await;
    let url = format!("https://localhost:{}", serve.ports.web());
    let ca = folder.path().join("clinic.pem").display().to_string();

    let believed = run(&mut doctor(&["--url", &url, "--ca", &ca, "--json"])).await;
    let stranger = run(&mut doctor(&["--url", &url])).await;
    let nowhere = run(&mut doctor(&["--url", "https://no-such-clinic.invalid"])).await;

    let rest = ["web_socket", "udp", "ice_tcp", "turn"].map(|check| (check, "not_tried"));
    let door = ["dns", "tls", "clock"].map(|check| (check, "works"));
    expect(&believed, 0, &[door.as_slice(), &rest].concat());
    assert_eq!(stranger.code, Some(1), "{}", stranger.said);
    assert!(stranger.said.contains("✗ TLS") && stranger.said.contains("--ca"), "{}", stranger.said);
    assert_eq!(nowhere.code, Some(1), "{}", nowhere.said);
    assert!(nowhere.said.contains("✗ DNS") && nowhere.said.contains("no-such-clinic.invalid has no address"));
}
