//! It should go on through broken WebSockets and changed networks on the transports that it has: nothing is lost, nothing is
//! done twice, and the control plane is not asked.

use std::net::{IpAddr, Ipv4Addr};

use client::Event;
use protocol::signal::{ServerMessage, Source};

use crate::support::{DEADLINE, Serve, Visit, gets, join, until};

#[tokio::test(flavor = "multi_thread")]
async fn on_the_same_transports() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::demo(folder.path()).await;
    let mut visit = Visit::now(&serve).await;
    let mut patient = join(&mut visit.patient, &visit.path, None).await;
    let mut practitioner = join(&mut visit.practitioner, &visit.path, None).await;
    gets(&patient, practitioner.seat(), 20).await;
    gets(&practitioner, patient.seat(), 20).await;
    let (of_patient, of_practitioner) = (patient.seat(), practitioner.seat());

    // Both ways something is said while the practitioner has no WebSocket.
    practitioner.drop_signalling().await;
    gets(&patient, of_practitioner, 50).await;
    gets(&practitioner, of_patient, 50).await;
    practitioner.set_active(Source::Microphone, false).await;
    patient.set_active(Source::Microphone, false).await;
    let is_mute = |seat| {
        move |event: &Event| {
            matches!(event, Event::Message(ServerMessage::Participant { participant })
                if participant.seat == seat
                    && participant.tracks.iter().any(|one| one.source == Source::Microphone && !one.active))
        }
    };
    patient.wait_for(DEADLINE, is_mute(of_patient)).await.unwrap();
    practitioner.reattach().await.unwrap();
    practitioner.wait_for(DEADLINE, is_mute(of_patient)).await.unwrap();
    patient.wait_for(DEADLINE, is_mute(of_practitioner)).await.unwrap();

    practitioner.set_active(Source::Microphone, true).await;
    patient.set_active(Source::Microphone, true).await;

    let home = IpAddr::from(Ipv4Addr::LOCALHOST);
    for who in [&mut patient, &mut practitioner] {
        let addresses = who.restart_ice(&[home]).await.unwrap();
        let is_new =
            |event: &Event| matches!(event, Event::PathSelected(path) if addresses.contains(&path.local));
        who.wait_for(DEADLINE, is_new).await.unwrap();
    }
    gets(&patient, of_practitioner, 100).await;
    gets(&practitioner, of_patient, 100).await;
    for who in [&patient, &practitioner] {
        assert!(who.snapshot().await.is_some_and(|now| now.is_connected), "on the transport it had");
    }
    practitioner.end().await;
    until("the visit ends", async || (visit.state().await == "completed").then_some(())).await;
}
