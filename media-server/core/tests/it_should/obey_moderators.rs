//! Moderators should be obeyed, and nobody else: mute, ask, permit, remove. Who may come in is in `let_nobody_in_unasked`.

use media_core::{Command, Output};
use protocol::moderation::Moderation;
use protocol::node::RoomEventKind;
use protocol::signal::{LeaveReason, PublishTrack, ServerMessage, Source, Track};
use protocol::{MediaPermissions, Permissions, Problem, close};

use crate::support::{Browser, OfferText, World, camera, grant, microphone, practitioner, seat, secs};

const DOCTOR: u128 = 9;

/// A practitioner and a patient, connected; nothing unread.
fn doctor_and_patient() -> (World, Browser, Browser) {
    let mut world = World::new();
    let mut doctor =
        world.join(practitioner(DOCTOR), OfferText::visitor(9, 2), &[microphone("m"), camera("c")]);
    world.connect(&mut doctor);
    let ben = world.visitor(1, 2);
    world.messages(doctor.peer);
    world.messages(ben.peer);
    (world, doctor, ben)
}

fn moderate(world: &mut World, by: &Browser, order: Moderation) {
    world.command(Command::Moderate { peer: by.peer, order });
}

fn mute(number: u128, source: Source) -> Moderation {
    Moderation::Mute { seat: seat(number), source }
}

fn switch(world: &mut World, of: &Browser, mid: &str, active: bool) {
    world.command(Command::Track { peer: of.peer, mid: mid.to_owned(), active });
}

/// Packets of the patient's microphone that the practitioner gets out of five.
fn heard(world: &mut World, doctor: &mut Browser, ben: &mut Browser, first: u16) -> usize {
    world.sent_to(doctor.path);
    for number in first..first + 5 {
        let packet = ben.audio(number);
        world.datagram(ben.path, &packet);
    }
    let sent = world.sent_to(doctor.path);
    doctor.open(sent).len()
}

fn tracks_of(messages: &[ServerMessage], number: u128) -> Option<Vec<Track>> {
    messages.iter().rev().find_map(|message| match message {
        ServerMessage::Participant { participant } if participant.seat == seat(number) => {
            Some(participant.tracks.clone())
        }
        _ => None,
    })
}

#[test]
fn who_may_not_moderate_is_refused_every_order() {
    let (mut world, doctor, ben) = doctor_and_patient();
    let of = seat(DOCTOR);
    let orders = [
        Moderation::Mute { seat: of, source: Source::Microphone },
        Moderation::Ask { seat: of, source: Source::Microphone },
        Moderation::Permit { seat: of, permissions: MediaPermissions::ALL },
        Moderation::Remove { seat: of },
        Moderation::Lock { locked: true },
        Moderation::Admit { seat: of },
        Moderation::TurnAway { seat: of },
    ];

    for order in orders {
        moderate(&mut world, &ben, order);
        assert_eq!(world.refusal(ben.peer), Some(Problem::NotAllowed), "{order:?}");
    }

    assert_eq!(world.messages(doctor.peer), []);
    assert_eq!(world.core.load().seats, 2);
}

#[test]
fn a_muted_microphone_is_silent_whatever_comes_until_its_owner_switches_it_on() {
    let (mut world, mut doctor, mut ben) = doctor_and_patient();
    assert_eq!(heard(&mut world, &mut doctor, &mut ben, 1), 5);

    moderate(&mut world, &doctor, mute(1, Source::Microphone));

    let told = world.messages(ben.peer);
    let by = practitioner(DOCTOR);
    assert!(told.contains(&ServerMessage::Muted { source: Source::Microphone, by: by.seat, role: by.role }));
    let tracks = tracks_of(&world.messages(doctor.peer), 1).unwrap();
    assert_eq!(tracks.iter().map(|track| track.active).collect::<Vec<_>>(), [false, true]);
    assert_eq!(heard(&mut world, &mut doctor, &mut ben, 10), 0);
    // Another offer, as for a change of network, may have been on its way.
    let offer = OfferText::visitor(1, 2).text();
    let tracks = vec![microphone("m"), camera("c")];
    world.command(Command::Offer { peer: ben.peer, offer, tracks });
    assert_eq!(heard(&mut world, &mut doctor, &mut ben, 20), 0);

    switch(&mut world, &ben, "m", true);

    assert_eq!(heard(&mut world, &mut doctor, &mut ben, 30), 5);
}

#[test]
fn who_comes_back_with_a_microphone_that_was_muted_meanwhile_is_told_and_silent() {
    let (mut world, mut doctor, ben) = doctor_and_patient();
    world.command(Command::SignalLost { peer: ben.peer });
    world.advance(secs(8));
    world.messages(doctor.peer);

    moderate(&mut world, &doctor, mute(1, Source::Microphone));
    let peer = world.peer_id();
    let offer = OfferText::visitor(1, 2);
    let tracks = vec![microphone("m"), camera("c")];
    world.command(Command::Resume { peer, secret: ben.resume.clone(), offer: offer.text(), tracks });
    let told = world.messages(peer);
    world.outputs.extend(told.iter().map(|message| Output::Signal {
        peer,
        seq: None,
        message: message.clone(),
    }));
    let mut back = world.browser(peer, seat(1), offer);
    world.connect(&mut back);

    assert!(told.iter().any(|message| matches!(message, ServerMessage::Muted { .. })), "{told:?}");
    assert_eq!(heard(&mut world, &mut doctor, &mut back, 1), 0);
}

#[test]
fn asking_switches_nothing_on_and_is_said_once() {
    let (mut world, mut doctor, mut ben) = doctor_and_patient();
    switch(&mut world, &ben, "m", false);
    world.messages(ben.peer);
    let ask = Moderation::Ask { seat: seat(1), source: Source::Microphone };

    moderate(&mut world, &doctor, ask);
    moderate(&mut world, &doctor, ask);

    let by = practitioner(DOCTOR);
    let asked = ServerMessage::Asked { source: Source::Microphone, by: by.seat, role: by.role };
    assert_eq!(world.messages(ben.peer), std::slice::from_ref(&asked));
    assert_eq!(heard(&mut world, &mut doctor, &mut ben, 1), 0);

    world.messages(doctor.peer);
    world.command(Command::Decline { peer: ben.peer, source: Source::Microphone });
    let declined = ServerMessage::Declined { seat: seat(1), source: Source::Microphone };
    assert_eq!(world.messages(doctor.peer), [declined]);
    // A second no has nobody to go to.
    world.command(Command::Decline { peer: ben.peer, source: Source::Microphone });
    assert_eq!(world.messages(doctor.peer), []);

    moderate(&mut world, &doctor, ask);
    assert_eq!(world.messages(ben.peer), [asked]);
    switch(&mut world, &ben, "m", true);
    assert_eq!(heard(&mut world, &mut doctor, &mut ben, 20), 5);
}

#[test]
fn what_is_no_longer_permitted_is_off_refused_and_stays_off_when_permitted_again() {
    let (mut world, mut doctor, mut ben) = doctor_and_patient();
    let silent = MediaPermissions { audio: false, ..MediaPermissions::ALL };

    moderate(&mut world, &doctor, Moderation::Permit { seat: seat(1), permissions: silent });

    let permissions = Permissions { audio: false, ..grant(1).permissions };
    assert!(world.messages(ben.peer).contains(&ServerMessage::Permissions { permissions }));
    assert_eq!(heard(&mut world, &mut doctor, &mut ben, 1), 0);
    switch(&mut world, &ben, "m", true);
    assert_eq!(world.refusal(ben.peer), Some(Problem::NotAllowed));
    assert_eq!(heard(&mut world, &mut doctor, &mut ben, 10), 0);
    moderate(&mut world, &doctor, Moderation::Ask { seat: seat(1), source: Source::Microphone });
    assert_eq!(world.refusal(doctor.peer), Some(Problem::NotAllowed));
    // An ICE restart lists every track; it is not refused for one that may not be on.
    let offer = OfferText::visitor(1, 2).text();
    world.command(Command::Offer { peer: ben.peer, offer, tracks: vec![microphone("m"), camera("c")] });
    assert_eq!(world.refusal(ben.peer), None);
    assert_eq!(heard(&mut world, &mut doctor, &mut ben, 20), 0);

    moderate(&mut world, &doctor, Moderation::Permit { seat: seat(1), permissions: MediaPermissions::ALL });
    assert_eq!(heard(&mut world, &mut doctor, &mut ben, 30), 0);
    switch(&mut world, &ben, "m", true);
    assert_eq!(heard(&mut world, &mut doctor, &mut ben, 40), 5);
}

#[test]
fn who_may_no_longer_receive_gets_nothing_and_then_all_of_it_again() {
    let (mut world, mut doctor, mut ben) = doctor_and_patient();
    let deaf = MediaPermissions { subscribe: false, ..MediaPermissions::ALL };

    moderate(&mut world, &doctor, Moderation::Permit { seat: seat(1), permissions: deaf });

    let lanes = world.told_lanes(ben.peer).unwrap();
    assert!(lanes.iter().all(|lane| lane.track.is_none()), "{lanes:?}");
    assert_eq!(heard(&mut world, &mut ben, &mut doctor, 1), 0);
    moderate(&mut world, &doctor, Moderation::Permit { seat: seat(1), permissions: MediaPermissions::ALL });
    assert_eq!(heard(&mut world, &mut ben, &mut doctor, 10), 5);
}

#[test]
fn a_page_that_is_opened_again_does_not_bring_permissions_back() {
    let (mut world, doctor, ben) = doctor_and_patient();
    let silent = MediaPermissions { audio: false, ..MediaPermissions::ALL };
    moderate(&mut world, &doctor, Moderation::Permit { seat: seat(1), permissions: silent });

    world.command(Command::Leave { peer: ben.peer });
    let again = world.visitor(1, 2);

    let tracks = tracks_of(&world.messages(doctor.peer), 1).unwrap();
    assert_eq!(
        tracks.iter().map(|track| (track.source, track.active)).collect::<Vec<_>>(),
        [(Source::Microphone, false), (Source::Camera, true)]
    );
    switch(&mut world, &again, "m", true);
    assert_eq!(world.refusal(again.peer), Some(Problem::NotAllowed));
}

#[test]
fn who_is_removed_comes_back_neither_by_secret_nor_unasked_by_another_token() {
    let (mut world, doctor, ben) = doctor_and_patient();

    moderate(&mut world, &doctor, Moderation::Remove { seat: seat(1) });

    assert_eq!(world.closed(ben.peer), Some(close::REMOVED));
    let left = ServerMessage::ParticipantLeft { seat: seat(1), reason: LeaveReason::Removed };
    assert!(world.messages(doctor.peer).contains(&left));
    assert!(world.messages(ben.peer).contains(&left), "before the connection closes");
    let kind = RoomEventKind::Left { seat: seat(1), reason: LeaveReason::Removed };
    assert!(
        world.outputs.iter().any(|output| matches!(output, Output::Event { kind: of, .. } if *of == kind))
    );
    let secret = ben.resume.clone();
    let peer = world.peer_id();
    let offer = OfferText::visitor(1, 2).text();
    world.command(Command::Resume { peer, secret: secret.clone(), offer, tracks: vec![microphone("m")] });
    assert_eq!(world.refusal(peer), Some(Problem::BadResume));
    let peer = world.peer_id();
    world.command(Command::Reattach { peer, secret, seen: 0 });
    assert_eq!(world.refusal(peer), Some(Problem::BadResume));

    let again = world.join(grant(1), OfferText::visitor(1, 2), &[microphone("m")]);
    let is_waiting = world.outputs.iter().any(|output| {
        matches!(output, Output::Event { kind: RoomEventKind::Joined { seat: of, .. }, .. } if *of == seat(1))
    });
    assert!(
        !world.messages(doctor.peer).iter().any(|told| matches!(told, ServerMessage::Participant { .. }))
    );
    assert!(is_waiting, "only the first time was reported");
    assert_ne!(again.answer, "");
}

#[test]
fn who_moderates_is_neither_removed_nor_restricted_by_another() {
    let (mut world, doctor, _) = doctor_and_patient();
    let second = world.join(practitioner(8), OfferText::visitor(8, 2), &[microphone("m")]);
    world.messages(doctor.peer);

    moderate(&mut world, &doctor, Moderation::Remove { seat: seat(8) });
    assert_eq!(world.refusal(doctor.peer), Some(Problem::NotAllowed));
    let nothing = MediaPermissions { audio: false, video: false, screen: false, subscribe: false };
    moderate(&mut world, &doctor, Moderation::Permit { seat: seat(8), permissions: nothing });
    assert_eq!(world.refusal(doctor.peer), Some(Problem::NotAllowed));

    assert_eq!(world.closed(second.peer), None);
}

#[test]
fn an_order_about_nobody_does_nothing() {
    let (mut world, doctor, ben) = doctor_and_patient();
    let nobody = seat(77);
    for order in [
        mute(77, Source::Camera),
        Moderation::Ask { seat: nobody, source: Source::Camera },
        Moderation::Permit { seat: nobody, permissions: MediaPermissions::ALL },
        Moderation::Remove { seat: nobody },
        Moderation::Admit { seat: nobody },
        Moderation::TurnAway { seat: nobody },
    ] {
        moderate(&mut world, &doctor, order);
    }

    assert_eq!(world.messages(doctor.peer), []);
    assert_eq!(world.messages(ben.peer), []);
    moderate(&mut world, &doctor, Moderation::Ask { seat: seat(1), source: Source::Screen });
    assert_eq!(world.refusal(doctor.peer), Some(Problem::BadMessage), "a screen is shown by a click only");
}

#[test]
fn an_order_that_is_repeated_by_number_is_done_once() {
    let (mut world, doctor, ben) = doctor_and_patient();
    switch(&mut world, &ben, "c", false);
    world.messages(ben.peer);
    let mute = |world: &mut World, active| {
        let order = mute(1, Source::Microphone);
        let command = Box::new(Command::Moderate { peer: doctor.peer, order });
        world.command(Command::Numbered { peer: doctor.peer, seq: 1, command });
        switch(world, &ben, "m", active);
    };

    mute(&mut world, true);
    mute(&mut world, true);

    let told = world.messages(ben.peer);
    assert_eq!(told.iter().filter(|told| matches!(told, ServerMessage::Muted { .. })).count(), 1);
}

#[test]
fn a_screen_that_is_muted_is_off() {
    let mut world = World::new();
    let doctor = world.join(practitioner(DOCTOR), OfferText::visitor(9, 2), &[microphone("m")]);
    let screen = PublishTrack { mid: "c".to_owned(), source: Source::Screen, active: true };
    world.join(grant(1), OfferText::visitor(1, 2), &[microphone("m"), screen]);

    moderate(&mut world, &doctor, mute(1, Source::Screen));

    let tracks = tracks_of(&world.messages(doctor.peer), 1).unwrap();
    assert_eq!(tracks.iter().map(|track| track.active).collect::<Vec<_>>(), [true, false]);
}
