//! Who may go in: guests wait, a locked room takes nobody new, and nobody is hidden but a recorder.

use media_core::{Command, Output, SeatGrant};
use protocol::limits::ROOM_WAITING_MAX;
use protocol::moderation::{Moderation, Waiting};
use protocol::node::RoomEventKind;
use protocol::signal::{Participant, ServerMessage};
use protocol::{Permissions, Problem, Role, close};

use crate::support::{Browser, OfferText, World, camera, grant, microphone, practitioner, seat, secs};

fn guest(number: u128) -> SeatGrant {
    SeatGrant { role: Role::Guest, permissions: Permissions::of(Role::Guest), ..grant(number) }
}

/// Somebody with microphone, camera and two lanes of each kind, connected, and what they were told.
fn comes(world: &mut World, grant: SeatGrant) -> (Browser, Vec<ServerMessage>) {
    let peer = world.peer_id();
    let offer = OfferText::visitor(grant.seat.0.as_u128() as u32, 2);
    let tracks = vec![microphone("m"), camera("c")];
    world.command(Command::Join { peer, grant, offer: offer.text(), tracks });
    let told = world.messages(peer);
    world.outputs.extend(told.iter().map(|message| Output::Signal {
        peer,
        seq: None,
        message: message.clone(),
    }));
    let mut browser = world.browser(peer, grant.seat, offer);
    if !browser.answer.is_empty() {
        world.connect(&mut browser);
    }
    (browser, told)
}

fn refused(told: &[ServerMessage]) -> Option<Problem> {
    told.iter().find_map(|message| match message {
        ServerMessage::Refused { problem, .. } => Some(*problem),
        _ => None,
    })
}

/// Whether a message is about nobody else, and of no streams but the own.
fn is_about(own: u128, message: &ServerMessage) -> bool {
    match message {
        ServerMessage::Layers { .. } => true,
        ServerMessage::Participant { participant } => participant.seat == seat(own),
        _ => false,
    }
}

fn moderate(world: &mut World, by: &Browser, order: Moderation) {
    world.command(Command::Moderate { peer: by.peer, order });
}

/// Datagrams with media that `to` gets when `from` sends five packets of a microphone.
fn heard(world: &mut World, to: &mut Browser, from: &mut Browser, first: u16) -> usize {
    world.sent_to(to.path);
    for number in first..first + 5 {
        let packet = from.audio_at(number, 10);
        world.datagram(from.path, &packet);
    }
    let sent = world.sent_to(to.path);
    to.open(sent).len()
}

fn waiting(messages: &[ServerMessage]) -> Option<Vec<Waiting>> {
    messages.iter().rev().find_map(|message| match message {
        ServerMessage::Moderation { waiting, .. } => Some(waiting.clone()),
        _ => None,
    })
}

fn is_reported(world: &World, number: u128) -> bool {
    world.outputs.iter().any(|output| {
        matches!(output, Output::Event { kind: RoomEventKind::Joined { seat: of, .. }, .. } if *of == seat(number))
    })
}

#[test]
fn who_waits_learns_of_nobody_and_nothing_flows_either_way() {
    let mut world = World::new();
    let (mut doctor, _) = comes(&mut world, practitioner(9));
    let (ben, _) = comes(&mut world, grant(1));
    world.messages(doctor.peer);
    world.messages(ben.peer);

    let (mut ola, told) = comes(&mut world, guest(2));

    let [ServerMessage::Joined { participants, lanes, waiting: true, .. }, rest @ ..] = &told[..] else {
        panic!("{told:?}")
    };
    assert!(rest.iter().all(|told| is_about(2, told)), "{told:?}");
    assert_eq!(participants.iter().map(|one| one.seat).collect::<Vec<_>>(), [seat(2)]);
    assert!(lanes.iter().all(|lane| lane.track.is_none() && lane.seat.is_none()));
    assert_eq!(heard(&mut world, &mut ola, &mut doctor, 1), 0);
    assert_eq!(heard(&mut world, &mut doctor, &mut ola, 1), 0);
    world.advance(secs(3));
    // Who speaks, mutes and leaves, and how good connections are, is nothing to who waits.
    world.command(Command::Track { peer: ben.peer, mid: "m".to_owned(), active: false });
    world.command(Command::Leave { peer: ben.peer });
    world.advance(secs(3));
    let told = world.messages(ola.peer);
    assert!(told.iter().all(|told| is_about(2, told)), "{told:?}");
    // Nor do patients hear of who waits.
    let told = world.messages(ben.peer);
    let names_her = |told: &ServerMessage| format!("{told:?}").contains(&seat(2).to_string());
    assert!(!told.iter().any(names_her), "{told:?}");
    assert_eq!(
        waiting(&world.messages(doctor.peer)),
        Some(vec![Waiting { seat: seat(2), role: Role::Guest }])
    );
    assert!(!is_reported(&world, 2));
}

#[test]
fn who_is_let_in_sees_and_hears_at_once_without_joining_again() {
    let mut world = World::new();
    let (mut doctor, _) = comes(&mut world, practitioner(9));
    let (mut ola, _) = comes(&mut world, guest(2));
    world.messages(doctor.peer);
    world.messages(ola.peer);

    moderate(&mut world, &doctor, Moderation::Admit { seat: seat(2) });

    let told = world.messages(ola.peer);
    let admitted = told.iter().find_map(|told| match told {
        ServerMessage::Admitted { participants } => Some(participants.clone()),
        _ => None,
    });
    let seats = |all: &[Participant]| all.iter().map(|one| one.seat).collect::<Vec<_>>();
    assert_eq!(seats(&admitted.unwrap()), [seat(9), seat(2)]);
    assert_eq!(heard(&mut world, &mut ola, &mut doctor, 1), 5);
    assert_eq!(heard(&mut world, &mut doctor, &mut ola, 1), 5);
    let told = world.messages(doctor.peer);
    assert_eq!(waiting(&told), Some(vec![]));
    assert!(told.iter().any(
        |told| matches!(told, ServerMessage::Participant { participant } if participant.seat == seat(2))
    ));
    assert!(is_reported(&world, 2));

    // Let in once, she does not wait again.
    world.command(Command::Leave { peer: ola.peer });
    let (_, told) = comes(&mut world, guest(2));
    assert!(matches!(&told[0], ServerMessage::Joined { waiting: false, .. }));
}

#[test]
fn who_is_turned_away_is_told_so_and_their_secret_is_dead() {
    let mut world = World::new();
    let (doctor, _) = comes(&mut world, practitioner(9));
    let (ola, _) = comes(&mut world, guest(2));
    world.messages(ola.peer);

    moderate(&mut world, &doctor, Moderation::TurnAway { seat: seat(2) });

    assert_eq!(world.refusal(ola.peer), Some(Problem::TurnedAway));
    assert_eq!(world.closed(ola.peer), Some(close::REMOVED));
    let peer = world.peer_id();
    world.command(Command::Reattach { peer, secret: ola.resume, seen: 0 });
    assert_eq!(world.refusal(peer), Some(Problem::BadResume));
    assert!(
        !world.messages(doctor.peer).iter().any(|told| matches!(told, ServerMessage::ParticipantLeft { .. }))
    );
}

#[test]
fn waiting_goes_on_over_another_connection_and_another_transport() {
    let mut world = World::new();
    let (mut doctor, _) = comes(&mut world, practitioner(9));
    let (ola, _) = comes(&mut world, guest(2));
    world.messages(ola.peer);

    let peer = world.peer_id();
    let offer = OfferText::visitor(2, 2);
    let tracks = vec![microphone("m"), camera("c")];
    world.command(Command::Resume { peer, secret: ola.resume, offer: offer.text(), tracks });
    let told = world.messages(peer);
    assert!(matches!(&told[0], ServerMessage::Joined { waiting: true, .. }), "{told:?}");
    assert!(told[1..].iter().all(|told| is_about(2, told)), "{told:?}");
    world.outputs.extend(told.into_iter().map(|message| Output::Signal { peer, seq: None, message }));
    let mut back = world.browser(peer, seat(2), offer);
    world.connect(&mut back);
    assert_eq!(heard(&mut world, &mut doctor, &mut back, 1), 0);

    let again = world.peer_id();
    world.command(Command::Reattach { peer: again, secret: back.resume.clone(), seen: 1 });
    moderate(&mut world, &doctor, Moderation::Admit { seat: seat(2) });
    assert!(world.messages(again).iter().any(|told| matches!(told, ServerMessage::Admitted { .. })));
    assert_eq!(heard(&mut world, &mut doctor, &mut back, 10), 5);
}

#[test]
fn abuse_who_waits_orders_nothing_and_their_number_is_bounded() {
    let mut world = World::new();
    let (doctor, _) = comes(&mut world, practitioner(9));
    for number in 100..100 + ROOM_WAITING_MAX as u128 {
        comes(&mut world, guest(number));
    }

    let (_, told) = comes(&mut world, guest(500));
    assert_eq!(refused(&told), Some(Problem::RoomFull));
    let (ben, told) = comes(&mut world, grant(1));
    assert!(matches!(&told[0], ServerMessage::Joined { .. }), "who waits takes no seat: {told:?}");
    // Somebody with every permission but the one to go in.
    moderate(&mut world, &doctor, Moderation::TurnAway { seat: seat(100) });
    let mut pushy = guest(501);
    pushy.permissions = Permissions { moderate: true, end: true, ..pushy.permissions };
    let (pushy, _) = comes(&mut world, pushy);
    world.messages(pushy.peer);
    moderate(&mut world, &pushy, Moderation::Admit { seat: seat(501) });
    assert_eq!(world.refusal(pushy.peer), Some(Problem::NotAllowed));
    world.command(Command::End { peer: pushy.peer });
    assert_eq!(world.refusal(pushy.peer), Some(Problem::NotAllowed));
    assert_eq!(world.closed(ben.peer), None);
}

#[test]
fn a_full_room_lets_nobody_more_in() {
    let mut world = World::new();
    let (doctor, _) = comes(&mut world, practitioner(9));
    for number in 10..17 {
        comes(&mut world, grant(number));
    }
    let (ola, _) = comes(&mut world, guest(2));
    world.messages(doctor.peer);
    world.messages(ola.peer);

    moderate(&mut world, &doctor, Moderation::Admit { seat: seat(2) });

    assert_eq!(world.refusal(doctor.peer), Some(Problem::RoomFull));
    assert_eq!(world.messages(ola.peer), []);
}

#[test]
fn a_locked_room_keeps_who_has_a_seat_and_takes_nobody_new_but_a_moderator() {
    let mut world = World::new();
    let (doctor, _) = comes(&mut world, practitioner(9));
    let (ben, _) = comes(&mut world, grant(1));
    world.messages(ben.peer);

    moderate(&mut world, &doctor, Moderation::Lock { locked: true });

    assert!(world.messages(ben.peer).contains(&ServerMessage::Room { locked: true, recorded: false }));
    for grant in [grant(3), guest(2)] {
        let (late, told) = comes(&mut world, grant);
        assert_eq!(refused(&told), Some(Problem::RoomLocked));
        assert_eq!(world.closed(late.peer), Some(close::FULL));
    }
    // The patient's page asks for another token, as after a restart of the browser; the seat is held.
    let (_, told) = comes(&mut world, grant(1));
    assert!(told.contains(&ServerMessage::Room { locked: true, recorded: false }), "{told:?}");
    let (second, told) = comes(&mut world, practitioner(8));
    assert!(matches!(&told[0], ServerMessage::Joined { .. }));

    moderate(&mut world, &second, Moderation::Lock { locked: false });
    let (_, told) = comes(&mut world, grant(3));
    assert!(matches!(&told[0], ServerMessage::Joined { .. }));
}

#[test]
fn nobody_is_hidden_but_a_recorder_of_which_all_are_told() {
    let mut world = World::new();
    let (mut doctor, _) = comes(&mut world, practitioner(9));
    for permissions in [
        Permissions { hidden: true, ..grant(3).permissions },
        Permissions { hidden: true, recorder: true, ..grant(3).permissions },
        Permissions { hidden: true, ..practitioner(3).permissions },
    ] {
        let (sly, told) = comes(&mut world, SeatGrant { permissions, ..grant(3) });
        assert_eq!(refused(&told), Some(Problem::NotAllowed), "{permissions:?}");
        assert_eq!(world.closed(sly.peer), Some(close::REMOVED));
    }
    world.messages(doctor.peer);

    let recorder = SeatGrant { role: Role::Staff, permissions: Permissions::of_recorder(), ..grant(4) };
    let peer = world.peer_id();
    let offer = OfferText::visitor(4, 2);
    world.command(Command::Join { peer, grant: recorder, offer: offer.text(), tracks: vec![] });
    let mut recorder = world.browser(peer, seat(4), offer);
    world.connect(&mut recorder);

    assert_eq!(heard(&mut world, &mut recorder, &mut doctor, 1), 5);
    world.advance(secs(3));
    let told = world.messages(doctor.peer);
    assert!(told.contains(&ServerMessage::Room { locked: false, recorded: true }), "{told:?}");
    assert!(!told.iter().any(|told| format!("{told:?}").contains(&seat(4).to_string())), "{told:?}");
    world.command(Command::Leave { peer });
    let told = world.messages(doctor.peer);
    assert_eq!(told, [ServerMessage::Room { locked: false, recorded: false }]);
}
