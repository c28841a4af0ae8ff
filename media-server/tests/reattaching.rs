//! It should carry a participant's signalling on over another WebSocket, with nothing lost and nothing done twice.

use protocol::signal::{ClientMessage, PublishTrack, ServerMessage, Source};
use protocol::{Problem, Role, RoomId, close};

use crate::support::World;
use crate::support::participant::{OFFER, Participant};

/// The same offer with its microphone.
async fn join(world: &World, room: RoomId, role: Role) -> (Participant, String) {
    let mut participant = world.participant().await;
    let token = world.issuer.sign(&world.issuer.claims(room, role));
    let tracks = vec![PublishTrack { mid: "0".to_owned(), source: Source::Microphone, active: true }];
    participant.send(&ClientMessage::Join { token, offer: OFFER.to_owned(), tracks }).await;
    match participant.next().await.unwrap() {
        ServerMessage::Joined { resume, .. } => (participant, resume),
        other => panic!("{other:?}"),
    }
}

fn mute(active: bool) -> ClientMessage {
    ClientMessage::Track { mid: "0".to_owned(), active }
}

/// How often and how the other's microphone was switched, until the given state of `ends`.
async fn flips(watcher: &mut Participant, ends: bool, of: usize) -> Vec<bool> {
    let mut flips = Vec::new();
    while flips.len() < of || flips.last() != Some(&ends) {
        if let ServerMessage::Participant { participant } = watcher.next().await.unwrap()
            && participant.role == Role::Patient
        {
            flips.push(participant.tracks[0].active);
        }
    }
    flips
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_socket_goes_on_where_the_old_one_broke() {
    let world = World::start().await;
    let room = RoomId::new_v7();
    let (mut anna, resume) = join(&world, room, Role::Patient).await;
    let (mut ben, _) = join(&world, room, Role::Practitioner).await;
    anna.send(&mute(false)).await;
    assert_eq!(flips(&mut ben, false, 1).await, [false]);
    let (seen, said) = (anna.seen, anna.said);
    drop(anna);

    let mut back = world.participant().await;
    let (next, heard) = back.reattach(&resume, seen).await;
    assert_eq!(heard, said);
    assert_ne!(next, resume);
    // Said again, as by a client that did not wait to hear that it was done; and something new.
    back.send_as(Some(1), &mute(false)).await;
    back.send_as(Some(2), &mute(true)).await;

    assert_eq!(flips(&mut ben, true, 1).await, [true], "not off once more");
    let last = back.ping_seen(1, back.seen).await;
    assert_eq!(last, 2);
    assert!(back.seen > seen, "what it missed came, with numbers that go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newer_of_two_sockets_wins() {
    let world = World::start().await;
    let (mut first, resume) = join(&world, RoomId::new_v7(), Role::Patient).await;

    let mut second = world.participant().await;
    let (next, _) = second.reattach(&resume, 1).await;

    assert_eq!(first.end().await.0, close::REPLACED);
    second.ping_seen(1, 1).await;
    let mut replayed = world.participant().await;
    replayed.send(&ClientMessage::Reattach { resume, seen: 1 }).await;
    assert_eq!(replayed.end().await, (close::UNAUTHORIZED, Some(Problem::BadResume)));
    second.ping(2).await;
    let mut third = world.participant().await;
    third.reattach(&next, second.seen).await;
    assert_eq!(second.end().await.0, close::REPLACED);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_go_on_is_told_to_resume_and_can() {
    let world = World::start().await;
    let (mut first, resume) = join(&world, RoomId::new_v7(), Role::Patient).await;

    for seen in [1000, u64::MAX] {
        let mut late = world.participant().await;
        late.send(&ClientMessage::Reattach { resume: resume.clone(), seen }).await;
        assert_eq!(late.end().await, (close::RESUME, Some(Problem::CannotReattach)));
    }

    first.ping(1).await;
    let mut second = world.participant().await;
    second.send(&ClientMessage::Resume { resume, offer: OFFER.to_owned(), tracks: Vec::new() }).await;
    assert!(matches!(second.next().await.unwrap(), ServerMessage::Joined { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_no_worker_made_attach_to_nothing() {
    let world = World::start().await;
    for secret in ["", "zz.x", "07.abc", "00.abc", "no-dot"] {
        let mut participant = world.participant().await;
        participant.send(&ClientMessage::Reattach { resume: secret.to_owned(), seen: 0 }).await;
        assert_eq!(participant.end().await, (close::UNAUTHORIZED, Some(Problem::BadResume)), "{secret:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_do_not_fit_close_the_socket_and_keep_the_peer() {
    let world = World::start().await;
    let (mut first, resume) = join(&world, RoomId::new_v7(), Role::Patient).await;
    first.send_as(Some(2), &mute(false)).await;
    assert_eq!(first.end().await, (close::POLICY, Some(Problem::BadMessage)));

    for (seq, message) in [
        (None, mute(false)),
        (Some(u64::MAX), mute(false)),
        (Some(1), ClientMessage::Ping { id: 1, seen: 0 }),
        (None, ClientMessage::Ping { id: 1, seen: u64::MAX }),
    ] {
        let mut back = world.participant().await;
        back.reattach(&resume, 1).await;
        back.send_as(seq, &message).await;
        assert_eq!(back.end().await, (close::POLICY, Some(Problem::BadMessage)), "{seq:?} {message:?}");
    }
    let mut back = world.participant().await;
    assert_eq!(back.reattach(&resume, 1).await.1, 0, "nothing of it was done");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_is_too_long_is_refused_and_takes_its_number() {
    let world = World::start().await;
    let (mut anna, _) = join(&world, RoomId::new_v7(), Role::Patient).await;
    let offer = "x".repeat(protocol::limits::SDP_BYTES_MAX + 1);

    anna.send(&ClientMessage::Offer { offer, tracks: Vec::new() }).await;
    anna.send(&mute(false)).await;

    let mut refused = None;
    loop {
        match anna.next().await.unwrap() {
            ServerMessage::Refused { problem, .. } => refused = Some(problem),
            ServerMessage::Participant { participant } if !participant.tracks[0].active => break,
            _ => {}
        }
    }
    assert_eq!(refused, Some(Problem::BadSdp));
}
