//! It should open seats to whom the control plane signed for, once, and to nobody else.

use protocol::signal::{ClientMessage, ServerMessage};
use protocol::{Generation, NodeId, Problem, Role, RoomId, close};
use serde_json::json;

use crate::support::participant::{OFFER, json};
use crate::support::{Issuer, World, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_is_opened_by_one_round_trip_and_pings_are_answered() {
    let world = World::start().await;
    let room = RoomId::new_v7();
    let claims = world.issuer.claims(room, Role::Patient);
    let mut participant = world.participant().await;

    participant.join(world.issuer.sign(&claims)).await;

    let first = participant.next().await.unwrap();
    let ServerMessage::Joined { seat, role, answer, resume, participants, .. } = first else {
        panic!("{first:?}")
    };
    assert_eq!((seat, role), (claims.seat, Role::Patient));
    assert!(answer.contains("a=setup:passive") && answer.contains("a=ice-lite"), "{answer}");
    let port = world.node.media_addresses().iter().map(|address| address.port().to_string());
    assert!(port.into_iter().any(|port| answer.contains(&port)), "{answer}");
    assert!(resume.starts_with("00.") || resume.starts_with("01."), "the secret names its worker");
    assert_eq!(participants.len(), 1);
    participant.ping(7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_14_a_join_token_opens_a_seat_once_and_its_reuse_is_reported() {
    let world = World::start().await;
    let token = world.issuer.token(RoomId::new_v7());
    let mut first = world.participant().await;
    first.join(token.clone()).await;
    assert!(matches!(first.next().await.unwrap(), ServerMessage::Joined { .. }));

    for _ in 0..3 {
        let mut again = world.participant().await;
        again.join(token.clone()).await;
        assert_eq!(again.end().await, (close::UNAUTHORIZED, Some(Problem::TokenUsed)));
    }

    first.ping(1).await;
    until("the reuse is reported", || !world.control_plane.events().is_empty()).await;
    let reuses = world.control_plane.events().len();
    assert_eq!(reuses, 1, "a token shown often is one event");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_14_a_resume_secret_brings_the_next_which_ends_it() {
    let world = World::start().await;
    let mut first = world.participant().await;
    first.join(world.issuer.token(RoomId::new_v7())).await;
    let ServerMessage::Joined { resume, seat, .. } = first.next().await.unwrap() else { panic!() };
    let message = |resume: &str| ClientMessage::Resume {
        resume: resume.to_owned(),
        offer: OFFER.to_owned(),
        tracks: Vec::new(),
    };

    let mut second = world.participant().await;
    second.send(&message(&resume)).await;
    let joined = second.next().await.unwrap();
    let ServerMessage::Joined { resume: next, seat: same, .. } = joined else { panic!("{joined:?}") };
    let mut third = world.participant().await;
    third.send(&message(&next)).await;
    let joined = third.next().await.unwrap();
    let mut fourth = world.participant().await;
    fourth.send(&message(&resume)).await;

    assert_eq!(same, seat);
    assert_ne!(next, resume);
    assert!(matches!(joined, ServerMessage::Joined { seat: same, .. } if same == seat), "{joined:?}");
    assert_eq!(fourth.end().await, (close::UNAUTHORIZED, Some(Problem::BadResume)));
    assert_eq!(second.end().await.0, close::REPLACED);
    third.ping(1).await;
    // The old peer stays until the new one's media is connected: make before break.
    first.ping(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_15_a_token_for_another_node_or_an_older_generation_is_refused() {
    let world = World::start().await;
    let room = RoomId::new_v7();
    let mut newer = world.issuer.claims(room, Role::Patient);
    newer.generation = Generation(2);
    let mut participant = world.participant().await;
    participant.join(world.issuer.sign(&newer)).await;
    assert!(matches!(participant.next().await.unwrap(), ServerMessage::Joined { .. }));
    let mut elsewhere = world.issuer.claims(room, Role::Patient);
    elsewhere.aud = protocol::token::audience(NodeId::new_v7());

    for (claims, problem) in
        [(world.issuer.claims(room, Role::Patient), Problem::StaleGeneration), (elsewhere, Problem::BadToken)]
    {
        let mut participant = world.participant().await;
        participant.join(world.issuer.sign(&claims)).await;
        assert_eq!(participant.end().await, (close::UNAUTHORIZED, Some(problem)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_16_tokens_that_nobody_signed_or_out_of_time_are_refused() {
    let world = World::start().await;
    let good = world.issuer.claims(RoomId::new_v7(), Role::Patient);
    let (mut old, mut early) = (good.clone(), good.clone());
    (old.nbf, old.exp) = (good.nbf - 200, good.nbf - 100);
    (early.nbf, early.exp) = (good.nbf + 100, good.nbf + 200);
    let stranger = Issuer::new(world.id);

    for (token, problem) in [
        (stranger.sign(&good), Problem::BadToken),
        (world.issuer.sign(&old), Problem::TokenExpired),
        (world.issuer.sign(&early), Problem::TokenExpired),
        (String::new(), Problem::BadToken),
        ("a.b.c".to_owned(), Problem::BadToken),
        ("x".repeat(50_000), Problem::BadToken),
    ] {
        let mut participant = world.participant().await;
        participant.join(token).await;
        assert_eq!(participant.end().await, (close::UNAUTHORIZED, Some(problem)));
    }
    assert!(world.metric("bedside_signal_refusals_total{problem=\"bad_token\"}").await >= 4.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resume_secret_that_no_worker_made_is_refused() {
    let world = World::start().await;

    for secret in ["", "zz.x", "07.abc", "00.abc", "no-dot"] {
        let mut participant = world.participant().await;
        let resume =
            ClientMessage::Resume { resume: secret.to_owned(), offer: OFFER.to_owned(), tracks: Vec::new() };
        participant.send(&resume).await;
        assert_eq!(participant.end().await, (close::UNAUTHORIZED, Some(Problem::BadResume)), "{secret:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_not_understood_close_with_policy() {
    let world = World::start().await;
    let track = json!({"mid": "0", "source": "camera", "active": true, "owner": true});

    for text in [
        "{}".to_owned(),
        "hello".to_owned(),
        "[1, 2]".to_owned(),
        json("join", json!({"token": "t"})),
        json("join", json!({"token": "t", "offer": "", "tracks": [], "role": "admin"})),
        json("join", json!({"token": "t", "offer": "", "tracks": [track]})),
        json("leave", json!({})),
        json("ping", json!({"id": 1})),
        json("track", json!({"mid": "0", "active": true})),
        json("track", json!({"mid": "0", "active": true, "seq": 1})),
        json("join", json!({"token": "t", "offer": "", "tracks": [], "seq": 1})),
        json("reattach", json!({"resume": "00.x"})),
        json("reattach", json!({"resume": "00.x", "seen": -1})),
        json("reattach", json!({"resume": "00.x", "seen": 0, "seq": 1})),
    ] {
        let mut participant = world.participant().await;
        participant.send_text(text.clone()).await;
        assert_eq!(participant.end().await, (close::POLICY, Some(Problem::BadMessage)), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_socket_keeps_the_seat() {
    let world = World::start().await;
    let mut first = world.participant().await;
    first.join(world.issuer.token(RoomId::new_v7())).await;
    let ServerMessage::Joined { resume, .. } = first.next().await.unwrap() else { panic!() };
    drop(first);

    let mut second = world.participant().await;
    second.send(&ClientMessage::Resume { resume, offer: OFFER.to_owned(), tracks: Vec::new() }).await;

    let joined = second.next().await.unwrap();
    assert!(matches!(joined, ServerMessage::Joined { .. }), "{joined:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_join_on_a_socket_is_refused() {
    let world = World::start().await;
    let mut participant = world.participant().await;
    participant.join(world.issuer.token(RoomId::new_v7())).await;
    assert!(matches!(participant.next().await.unwrap(), ServerMessage::Joined { .. }));

    participant.join(world.issuer.token(RoomId::new_v7())).await;

    assert_eq!(participant.end().await, (close::POLICY, Some(Problem::BadMessage)));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_ends_the_consultation() {
    let world = World::start().await;
    let room = RoomId::new_v7();
    let mut patient = world.participant().await;
    patient.join(world.issuer.sign(&world.issuer.claims(room, Role::Patient))).await;
    assert!(matches!(patient.next().await.unwrap(), ServerMessage::Joined { .. }));
    let mut practitioner = world.participant().await;
    practitioner.join(world.issuer.sign(&world.issuer.claims(room, Role::Practitioner))).await;
    assert!(matches!(practitioner.next().await.unwrap(), ServerMessage::Joined { .. }));

    patient.send(&ClientMessage::End).await;
    loop {
        if let ServerMessage::Refused { problem, .. } = patient.next().await.unwrap() {
            assert_eq!(problem, Problem::NotAllowed);
            break;
        }
    }
    practitioner.send(&ClientMessage::End).await;

    assert_eq!(patient.end().await.0, close::ENDED);
    assert_eq!(practitioner.end().await.0, close::ENDED);
    let mut late = world.participant().await;
    late.join(world.issuer.token(room)).await;
    assert_eq!(late.end().await, (close::ENDED, Some(Problem::RoomEnded)));
}
