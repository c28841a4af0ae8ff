//! It should survive the death of each of its parts, and its own, as by `kill -9`: media goes on where its node lives, what
//! was acknowledged is there, and everybody comes back.

use client::{Client, Event};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::program::is_running;
use crate::support::room::{enter, generation, join_both};
use crate::support::{DEADLINE, Serve, Setup, Visit, gets, join, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_on_while_the_control_plane_is_killed_and_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::demo(folder.path()).await;
    let mut visit = Visit::now(&serve).await;
    let mut patient = join(&mut visit.patient, &visit.path, None).await;
    let mut practitioner = join(&mut visit.practitioner, &visit.path, None).await;
    gets(&patient, practitioner.seat(), 20).await;
    gets(&practitioner, patient.seat(), 20).await;
    until("they meet", async || (visit.state().await == "in_progress").then_some(())).await;

    let killed = serve.program.kill_part("control-plane");
    gets(&patient, practitioner.seat(), 50).await;
    gets(&practitioner, patient.seat(), 50).await;

    until("the control plane runs again", async || {
        serve.program.part("control-plane").filter(|again| *again != killed)
    })
    .await;
    until("it answers", async || visit.patient.send(hyper::Method::GET, &visit.path, None).await.ok()).await;
    let seen = visit.seen().await;
    assert_eq!(
        (&seen["id"], &seen["state"]),
        (&visit.booked["id"], &json!("in_progress")),
        "also the session lives"
    );
    for who in [&mut patient, &mut practitioner] {
        assert!(who.snapshot().await.is_some_and(|now| now.is_connected), "on the transport it had");
    }
    practitioner.end().await;
    until("the end reaches the new one", async || (visit.state().await == "completed").then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_is_started_again_and_people_rejoin_a_new_placement() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::demo(folder.path()).await;
    let mut visit = Visit::now(&serve).await;
    let first = visit.patient.post(&format!("{}/join", visit.path), json!({})).await.expect(200);
    let patient = enter(&first, &visit.patient.origin, None).await.unwrap();
    let practitioner = join(&mut visit.practitioner, &visit.path, None).await;
    gets(&patient, practitioner.seat(), 20).await;

    let killed = serve.program.kill_part("media-server");
    is_cut_off(patient).await;
    is_cut_off(practitioner).await;
    until("the node runs again", async || {
        serve.program.part("media-server").filter(|again| *again != killed)
    })
    .await;

    let place = until("a new placement", async || {
        let answer = visit.patient.post(&format!("{}/join", visit.path), json!({})).await;
        // 503 between the two lives of the node.
        let place: Value = (answer.status == 200).then(|| answer.json())?;
        (generation(&place) == 2).then_some(place)
    })
    .await;
    assert_eq!(generation(&first), 1);
    let patient = enter(&place, &visit.patient.origin, None).await.unwrap();
    let practitioner = join(&mut visit.practitioner, &visit.path, None).await;
    gets(&patient, practitioner.seat(), 30).await;
    gets(&practitioner, patient.seat(), 30).await;
    assert_eq!(visit.state().await, "in_progress");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_come_back_after_the_node_died_is_not_said_to_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::demo(folder.path()).await;
    let mut visit = Visit::now(&serve).await;
    let [patient, practitioner] = join_both(&mut visit).await;
    gets(&patient, practitioner.seat(), 10).await;
    until("both are there", async || (visit.present().await == ["patient", "practitioner"]).then_some(()))
        .await;

    serve.program.kill_part("media-server");
    until("nobody is there", async || visit.present().await.is_empty().then_some(())).await;
    let place = until("a new placement", async || {
        let answer = visit.practitioner.post(&format!("{}/join", visit.path), json!({})).await;
        let place: Value = (answer.status == 200).then(|| answer.json())?;
        (generation(&place) == 2).then_some(place)
    })
    .await;
    let _practitioner = enter(&place, &visit.practitioner.origin, None).await.unwrap();

    until("only who came back", async || (visit.present().await == ["practitioner"]).then_some(())).await;
}

/// Its signalling ends without a word of the node.
async fn is_cut_off(mut who: Client) {
    let closed = |event: &Event| matches!(event, Event::SignalClosed { code: None | Some(1006) });
    who.wait_for(DEADLINE, closed).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_supervisor_is_killed_its_parts_end_and_a_new_one_has_everything() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Serve::demo(folder.path()).await;
    let mut visit = Visit::now(&serve).await;
    let parts = ["control-plane", "media-server"].map(|part| serve.program.part(part).unwrap());
    let (patient, practitioner) = (
        join(&mut visit.patient, &visit.path, None).await,
        join(&mut visit.practitioner, &visit.path, None).await,
    );
    gets(&patient, practitioner.seat(), 10).await;

    serve.program.send(Signal::KILL);
    serve.program.ended().await;
    until("its parts end", async || (!parts.iter().any(|part| is_running(*part))).then_some(())).await;
    until("its ports are free", async || serve.ports.are_free().then_some(())).await;

    let setup = Setup::with_ports(folder.path(), serve.ports);
    let serve = setup.demo().start().await;
    assert!(serve.program.said().contains("patient@demo.example"), "the demo clinic is known as such");
    let seen = visit.seen().await;
    assert_eq!((&seen["id"], &seen["reason"]), (&visit.booked["id"], &visit.booked["reason"]));
    let [patient, practitioner] = join_both(&mut visit).await;
    gets(&practitioner, patient.seat(), 20).await;
}
