//! It should carry a visit from the sign-in to its end: booked, joined by three, seen and heard by all, ended for all.

use client::{Client, Event};
use protocol::close;
use protocol::signal::{EndReason, ServerMessage};
use serde_json::json;

use crate::support::people::{book_at, free_times, practitioner_id, signed_in};
use crate::support::room::{enter, let_in};
use crate::support::{DEADLINE, Serve, Visit, gets, join, until};

#[tokio::test(flavor = "multi_thread")]
async fn three_people_meet_and_the_practitioner_ends_it_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::demo(folder.path()).await;
    let mut visit = Visit::now(&serve).await;
    assert_eq!(visit.booked["state"], "booked");

    let patient = join(&mut visit.patient, &visit.path, None).await;
    until("the practitioner sees who waits", async || {
        let list = visit.practitioner.get("/api/appointments").await.expect(200);
        (list[0]["presence"][0]["role"] == "patient").then_some(())
    })
    .await;
    let practitioner = join(&mut visit.practitioner, &visit.path, None).await;
    let guest = join_as_guest(&mut visit).await;
    let alone = guest.snapshot().await.unwrap();
    assert!(alone.moderation.is_waiting && alone.participants.iter().all(|one| one.seat == guest.seat()));
    let_in(&practitioner, &guest).await;

    let people = [&patient, &practitioner, &guest];
    for who in people {
        for of in people.iter().filter(|of| of.seat() != who.seat()) {
            gets(who, of.seat(), 30).await;
        }
    }
    until("all three are seen to be there", async || {
        (visit.present().await == ["guest", "patient", "practitioner"]).then_some(())
    })
    .await;
    assert_eq!(visit.state().await, "in_progress");

    practitioner.end().await;
    for mut who in [patient, guest] {
        is_told_of_the_end(&mut who).await;
    }
    until("the visit is over", async || (visit.state().await == "completed").then_some(())).await;
    assert_eq!(visit.seen().await["presence"], json!([]));
    visit
        .patient
        .post(&format!("{}/join", visit.path), json!({}))
        .await
        .expect_problem(409, "appointment-ended");
}

/// By the link that the patient sends.
async fn join_as_guest(visit: &mut Visit) -> Client {
    let invitation = json!({ "name": "Ola", "relation": "daughter" });
    let link = visit.patient.post(&format!("{}/guests", visit.path), invitation).await.expect(201);
    let (page, secret) = link["link"].as_str().unwrap().split_once('#').unwrap();
    assert!(page.starts_with(&visit.patient.origin), "{page}");
    let mut browser = visit.patient.stranger();
    let place = browser.post("/api/guest/join", json!({ "secret": secret })).await.expect(200);
    enter(&place, &browser.origin, None).await.unwrap()
}

async fn is_told_of_the_end(who: &mut Client) {
    let ended = Event::Message(ServerMessage::Ended { reason: EndReason::EndedByParticipant });
    who.wait_for(DEADLINE, |event| *event == ended).await.unwrap();
    let closed = |event: &Event| matches!(event, Event::SignalClosed { .. });
    let event = who.wait_for(DEADLINE, closed).await;
    // Who was told of the end may hang up first.
    assert!(matches!(event, Ok(Event::SignalClosed { code: Some(close::ENDED) }) | Err(_)), "{event:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_is_cancelled_is_free_again_and_cannot_be_joined() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::demo(folder.path()).await;
    let mut patient = signed_in(serve.browser(), "patient").await;
    let doctor = practitioner_id(&mut patient, "General practice").await;
    // Not the very next one, which may begin while we look.
    let start = free_times(&mut patient, &doctor, 2).await[3].clone();
    let booked = book_at(&mut patient, &doctor, &start).await.expect(201);
    let path = format!("/api/appointments/{}", booked["id"].as_str().unwrap());
    assert!(!free_times(&mut patient, &doctor, 2).await.contains(&start));

    let cancelled = patient.post(&format!("{path}/cancel"), json!({})).await.expect(200);

    assert_eq!(cancelled["state"], "cancelled");
    assert!(free_times(&mut patient, &doctor, 2).await.contains(&start));
    patient.post(&format!("{path}/join"), json!({})).await.expect_problem(409, "appointment-ended");
    book_at(&mut patient, &doctor, &start).await.expect(201);
}
