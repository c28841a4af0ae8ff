//! It should not matter which of two control planes on one PostgreSQL somebody talks to.

use std::path::{Path, PathBuf};
use std::process::Command;

use client::Event;
use control_plane::db::Address;
use control_plane::store::Store;
use protocol::signal::{EndReason, ServerMessage};
use serde_json::json;

use crate::support::people::{book_now, practitioner_id, signed_in};
use crate::support::program::{bedside, run_with_input};
use crate::support::{Browser, DEADLINE, Ports, Program, Visit, gets, join, postgres, until};

/// Three programs as an operator of several machines starts them.
struct Cluster {
    first: Program,
    second: Program,
    _node: Program,
    ports: Ports,
    folder: tempfile::TempDir,
}

impl Cluster {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = Ports::take();
        let database = postgres::new_database().await;
        fill(folder.path(), &database).await;
        let (web, metrics) = ports.second();
        let start = |listen| control_plane(folder.path(), &database, &origin(&ports), listen);
        let (mut first, mut second) = (start((ports.web(), ports.metrics())), start((web, metrics)));
        first.says("the control plane is ready").await;
        second.says("the control plane is ready").await;
        let id = enrol(folder.path(), &database);
        let mut command = bedside();
        command.arg("media-server").arg("--config").arg(node_config(folder.path(), &ports, &id));
        let mut node = Program::start(&mut command);
        node.says("connected to the control plane").await;
        Self { first, second, _node: node, ports, folder }
    }

    fn at_first(&self) -> Browser {
        self.browser(self.ports.web())
    }

    fn at_second(&self) -> Browser {
        self.browser(self.ports.second().0)
    }

    /// A load balancer stands before them: both serve one origin.
    fn browser(&self, port: u16) -> Browser {
        let mut browser = Browser::open(port, None);
        browser.origin = origin(&self.ports);
        browser
    }
}

fn origin(ports: &Ports) -> String {
    format!("http://localhost:{}", ports.web())
}

/// The demo clinic.
async fn fill(folder: &Path, database: &str) {
    let mut config = control_plane::Config::load(None, &|_| None).unwrap();
    config.database = Address::Postgres(database.to_owned().into());
    config.master_key = folder.join("master.key");
    let store = Store::open(&config).await.unwrap();
    control_plane::demo::fill(&store).await.unwrap();
    store.db.close().await;
}

/// Makes the node known by its key, while the control planes run. Returns its id.
fn enrol(folder: &Path, database: &str) -> String {
    let line = |command: &mut Command| {
        let ended = run_with_input(command, "");
        assert_eq!(ended.code, Some(0), "{}", ended.said);
        ended.said.lines().last().unwrap().to_owned()
    };
    let key = line(bedside().args(["node", "key", "--data"]).arg(folder.join("node")));
    let enroll = ["node", "enroll", "--region", "here", "--public-key", &key];
    line(
        bedside()
            .args(enroll)
            .env("DATABASE_URL", database)
            .env("BEDSIDE_MASTER_KEY_FILE", folder.join("master.key")),
    )
}

fn control_plane(folder: &Path, database: &str, origin: &str, (web, metrics): (u16, u16)) -> Program {
    let file = folder.join(format!("control-plane-{web}.toml"));
    // One key for both, as an operator copies it.
    let text = format!(
        "[http]\nlisten = \"127.0.0.1:{web}\"\npublic_origin = \"{origin}\"\n\
         [metrics]\nlisten = \"127.0.0.1:{metrics}\"\n[keys]\nmaster_key = \"{}\"\n",
        folder.join("master.key").display(),
    );
    std::fs::write(&file, text).unwrap();
    let mut command = bedside();
    Program::start(command.arg("control-plane").arg("--config").arg(file).env("DATABASE_URL", database))
}

fn node_config(folder: &Path, ports: &Ports, node: &str) -> PathBuf {
    let file = folder.join("media-server.toml");
    let text = format!(
        "[node]\nid = \"{node}\"\ndata = \"{}\"\n[media]\nport = {}\n\
         [signal]\nlisten = \"127.0.0.1:{signal}\"\nurl = \"ws://localhost:{signal}/signal\"\n\
         allowed_origins = [\"{}\"]\n[control]\nurl = \"ws://127.0.0.1:{}/nodes/connect\"\n\
         [ops]\nlisten = \"127.0.0.1:{}\"\n",
        folder.join("node").display(),
        ports.media(),
        origin(ports),
        ports.web(),
        ports.node_metrics(),
        signal = ports.signal(),
    );
    std::fs::write(&file, text).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn booked_at_one_joined_at_the_other_and_cancelled_there_the_room_ends() {
    let cluster = Cluster::start().await;
    let mut patient = signed_in(cluster.at_first(), "patient").await;
    let mut practitioner = signed_in(cluster.at_second(), "doctor").await;
    let doctor = practitioner_id(&mut patient, "General practice").await;

    let booked = book_now(&mut patient, &doctor).await.expect(201);
    let path = format!("/api/appointments/{}", booked["id"].as_str().unwrap());
    let seen = practitioner.get(&path).await.expect(200);
    assert_eq!((&seen["start"], &seen["reason"]), (&booked["start"], &booked["reason"]));
    let mut at_first = join(&mut patient, &path, None).await;
    until("the other one knows who waits", async || {
        let seen = practitioner.get(&path).await.expect(200);
        (seen["presence"][0]["role"] == "patient").then_some(())
    })
    .await;
    practitioner.post(&format!("{path}/cancel"), json!({})).await.expect(200);

    let ended = Event::Message(ServerMessage::Ended { reason: EndReason::EndedByClinic });
    at_first.wait_for(DEADLINE, |event| *event == ended).await.unwrap();
    let seen = patient.get(&path).await.expect(200);
    assert_eq!(seen["state"], "cancelled");
    patient.post(&format!("{path}/join"), json!({})).await.expect_problem(409, "appointment-ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_joined_through_both_is_one_room_and_outlives_the_one_that_the_node_talks_to() {
    let mut cluster = Cluster::start().await;
    let patient = signed_in(cluster.at_first(), "patient").await;
    let practitioner = signed_in(cluster.at_second(), "doctor").await;
    let mut visit = Visit::between(patient, practitioner).await;
    let patient = join(&mut visit.patient, &visit.path, None).await;
    let practitioner = join(&mut visit.practitioner, &visit.path, None).await;
    gets(&patient, practitioner.seat(), 20).await;
    gets(&practitioner, patient.seat(), 20).await;

    cluster.first.send(rustix::process::Signal::KILL);
    cluster.first.ended().await;

    gets(&patient, practitioner.seat(), 50).await;
    let seen = visit.practitioner.get(&visit.path).await.expect(200);
    assert_eq!(seen["id"], visit.booked["id"], "the other one serves on: {}", cluster.second.said());
    drop(cluster.folder);
}
