//! It should say that it cannot store anything while its disk is full, lose nothing that it acknowledged, let a running
//! call go on, and be well again as soon as there is space: nobody has to start anything.

use hyper::Method;
use serde_json::{Value, json};

use crate::support::disk::{Filler, with_mount};
use crate::support::people::{book_at, free_times, practitioner_id, signed_in};
use crate::support::room::{enter, let_in};
use crate::support::{Answer, Browser, Serve, Setup, Visit, gets, join, until};

/// Room for the database, its log at its usual size, and a little more.
const DISK: &str = "12m";

/// Join tokens that the guest has: each opens the seat once.
const PLACES: usize = 14;

async fn on_a_small_disk(folder: &std::path::Path) -> Serve {
    let setup = Setup::on(folder).demo();
    let command =
        with_mount(&setup, &format!("mount -t tmpfs -o mode=0700,size={DISK} tmpfs {}", folder.display()));
    setup.start_as(command).await
}

/// A clear refusal whose word is stable.
#[track_caller]
fn is_refused(answer: Answer) {
    let problem = answer.expect_problem(507, "storage");
    assert_eq!(problem["title"], "Bedside cannot store anything right now");
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_are_refused_while_it_is_full_and_work_again_when_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let serve = on_a_small_disk(folder.path()).await;
    let mut patient = signed_in(serve.browser(), "patient").await;
    let doctor = practitioner_id(&mut patient, "General practice").await;
    let mut times = free_times(&mut patient, &doctor, 20).await.into_iter();
    let filler = Filler::fill(serve.program.pid(), folder.path());

    // What the database's log has on disk already can still be written to.
    let mut acknowledged: Vec<Value> = Vec::new();
    let refused = loop {
        let start = times.next().expect("the disk is full before the calendar is");
        let answer = book_at(&mut patient, &doctor, &start).await;
        if answer.status != 201 {
            break answer;
        }
        acknowledged.push(answer.json()["id"].clone());
    };
    is_refused(refused);
    is_refused(book_at(&mut patient, &doctor, &times.next().unwrap()).await);
    is_refused(serve.browser().sign_in("patient@demo.example", "demo-patient-2026").await);
    assert_eq!(serve.browser().get("/livez").await.status, 200);

    filler.remove();

    let booked = until("bookings work again", async || {
        let answer = book_at(&mut patient, &doctor, &times.next().unwrap()).await;
        (answer.status == 201).then(|| answer.json()["id"].clone())
    })
    .await;
    acknowledged.push(booked);
    assert_eq!(all_of(&mut patient).await, acknowledged, "all that was acknowledged, and nothing else");
    assert!(!serve.program.said().contains("died"), "{}", serve.program.said());
}

/// Ids of all the patient's visits, in the order of their beginning.
async fn all_of(patient: &mut Browser) -> Vec<Value> {
    let list = patient.get("/api/appointments").await.expect(200);
    list.as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_on_and_what_happened_in_it_is_reported_when_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let serve = on_a_small_disk(folder.path()).await;
    let mut visit = Visit::now(&serve).await;
    let patient = join(&mut visit.patient, &visit.path, None).await;
    let practitioner = join(&mut visit.practitioner, &visit.path, None).await;
    let guest =
        visit.patient.post(&format!("{}/guests", visit.path), json!({ "name": "Ola" })).await.expect(201);
    let secret = guest["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let mut browser = visit.patient.stranger();
    let mut places = Vec::new();
    for _ in 0..PLACES {
        places.push(browser.post("/api/guest/join", json!({ "secret": secret })).await.expect(200));
    }
    let mut places = places.iter();
    let guest = enter(places.next().unwrap(), &browser.origin, None).await.unwrap();
    let_in(&practitioner, &guest).await;
    gets(&patient, guest.seat(), 10).await;
    until("all three are there", async || (visit.present().await.len() == 3).then_some(())).await;
    let therapist = practitioner_id(&mut visit.patient, "Physiotherapy").await;
    let mut times = free_times(&mut visit.patient, &therapist, 20).await.into_iter();
    let filler = Filler::fill(serve.program.pid(), folder.path());
    let refused = until("nothing can be stored", async || {
        let start = times.next().expect("the disk is full before the calendar is");
        let answer = book_at(&mut visit.patient, &therapist, &start).await;
        (answer.status != 201).then_some(answer)
    })
    .await;
    is_refused(refused);

    // The node's spool cannot be written either, once the space that its file has is used: then events wait in memory. Who
    // has a token comes and goes meanwhile.
    guest.leave().await;
    while serve.node_metric("bedside_spool_write_failures_total").await == 0.0 {
        let place = places.next().expect("the spool's file is full before the places are used");
        enter(place, &browser.origin, None).await.unwrap().leave().await;
    }
    assert!(serve.node_metric("bedside_spool_events").await >= 1.0);
    gets(&patient, practitioner.seat(), 100).await;
    gets(&practitioner, patient.seat(), 100).await;

    filler.remove();

    until("the guest is seen to have left", async || {
        let read = visit.patient.send(Method::GET, &visit.path, None).await.unwrap();
        let present = read.json()["presence"].as_array().map(Vec::len);
        (read.status == 200 && present == Some(2)).then_some(())
    })
    .await;
    until("the spool is empty", async || {
        (serve.node_metric("bedside_spool_events").await == 0.0).then_some(())
    })
    .await;
    practitioner.end().await;
    until("the end is reported", async || (visit.state().await == "completed").then_some(())).await;
    assert!(!serve.program.said().contains("died"), "{}", serve.program.said());
}
