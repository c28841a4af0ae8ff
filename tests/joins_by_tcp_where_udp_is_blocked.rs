//! It should carry a visit by TCP for whoever's network lets no UDP through, beside others who come by UDP.

use client::Route;

use crate::support::room::{enter_by, gets};
use crate::support::{Serve, Visit, join, until};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_without_udp_and_a_practitioner_with_it_see_and_hear_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::demo(folder.path()).await;
    serve.node_is_welcomed().await;
    let mut visit = Visit::now(&serve).await;
    let place = visit.patient.post(&format!("{}/join", visit.path), json!({})).await.expect(200);

    // Nothing leaves this participant but over connections.
    let patient = enter_by(&place, &visit.patient.origin, None, Route::Tcp).await.unwrap();
    let practitioner = join(&mut visit.practitioner, &visit.path, None).await;

    gets(&patient, practitioner.seat(), 100).await;
    gets(&practitioner, patient.seat(), 100).await;
    until("it shows in the metrics", async || {
        let open = serve.node_metric("bedside_tcp_connections").await;
        let sent = serve.node_metric("bedside_tcp_sent_total").await;
        (open >= 1.0 && sent >= 100.0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_is_opened_anew_and_the_visit_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::demo(folder.path()).await;
    serve.node_is_welcomed().await;
    let mut visit = Visit::now(&serve).await;
    let place = visit.patient.post(&format!("{}/join", visit.path), json!({})).await.expect(200);
    let mut patient = enter_by(&place, &visit.patient.origin, None, Route::Tcp).await.unwrap();
    let practitioner = join(&mut visit.practitioner, &visit.path, None).await;
    gets(&patient, practitioner.seat(), 20).await;

    patient.resume().await.unwrap();
    patient.connected(crate::support::DEADLINE).await.unwrap();

    gets(&patient, practitioner.seat(), 50).await;
    gets(&practitioner, patient.seat(), 50).await;
}
