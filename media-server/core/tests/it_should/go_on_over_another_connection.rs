use media_core::{Command, Output, PeerId};
use protocol::signal::{LeaveReason, ServerMessage};
use protocol::{Problem, close};

use crate::support::{Browser, World, secs};

/// Everything that a connection was given and nobody took: number and message.
fn told(world: &mut World, connection: PeerId) -> Vec<(Option<u64>, ServerMessage)> {
    let mut told = Vec::new();
    world.outputs.retain(|output| match output {
        Output::Signal { peer, seq, message } if *peer == connection => {
            told.push((*seq, message.clone()));
            false
        }
        _ => true,
    });
    told
}

fn numbers(told: &[(Option<u64>, ServerMessage)]) -> Vec<u64> {
    told.iter().filter_map(|(number, _)| *number).collect()
}

/// Another connection, its first answer, and what follows.
struct Reattached {
    connection: PeerId,
    resume: String,
    heard: u64,
    missed: Vec<(Option<u64>, ServerMessage)>,
}

fn try_reattach(world: &mut World, secret: &str, seen: u64) -> Result<Reattached, (Option<u16>, Problem)> {
    let connection = world.peer_id();
    world.command(Command::Reattach { peer: connection, secret: secret.to_owned(), seen });
    let mut told = told(world, connection);
    match told.remove(0) {
        (None, ServerMessage::Reattached { resume, heard }) => {
            Ok(Reattached { connection, resume, heard, missed: told })
        }
        (None, ServerMessage::Refused { problem, .. }) => Err((world.closed(connection), problem)),
        other => panic!("{other:?}"),
    }
}

fn reattach(world: &mut World, secret: &str, seen: u64) -> Reattached {
    try_reattach(world, secret, seen).unwrap()
}

fn mute(world: &mut World, connection: PeerId, seq: u64, active: bool) {
    let command = Command::Track { peer: connection, mid: "m".to_owned(), active };
    world.command(Command::Numbered { peer: connection, seq, command: Box::new(command) });
}

/// Anna, with media, and Ben who watches; nobody has confirmed anything.
fn two(world: &mut World) -> (Browser, Browser) {
    (world.visitor(1, 1), world.visitor(2, 1))
}

/// The numbers that Anna's client has now, having taken all that it was told.
fn seen(world: &mut World, connection: PeerId) -> u64 {
    numbers(&told(world, connection)).last().copied().unwrap()
}

/// Times that somebody's microphone was said to be on or off.
fn flips(world: &mut World, watcher: PeerId, of: &Browser) -> Vec<bool> {
    let messages = world.messages(watcher);
    let states = messages.into_iter().filter_map(|message| match message {
        ServerMessage::Participant { participant } if participant.seat == of.seat => {
            Some(participant.tracks[0].active)
        }
        _ => None,
    });
    states.collect()
}

#[test]
fn the_same_peer_is_told_what_it_missed_with_its_numbers() {
    let mut world = World::new();
    let (anna, ben) = two(&mut world);
    // Joined took the first numbers; what Ben's coming caused is not taken yet.
    let unread = told(&mut world, anna.peer);
    let (taken, lost) = (numbers(&unread)[0], numbers(&unread)[1..].to_vec());
    world.command(Command::SignalLost { peer: anna.peer });
    mute(&mut world, ben.peer, 1, false);

    let back = reattach(&mut world, &anna.resume, taken);

    let missed = numbers(&back.missed);
    assert_eq!(missed[..lost.len()], lost, "given to the old connection, and perhaps lost with it");
    assert!(missed.len() > lost.len(), "and what was said while there was none: {missed:?}");
    assert!(missed.windows(2).all(|pair| pair[1] == pair[0] + 1), "{missed:?}");
    assert_eq!(world.core.load().peers, 2, "no new peer");
    assert_eq!(world.core.counters().reattached, 1);
    assert_ne!(back.resume, anna.resume);
    let next = missed.last().unwrap() + 1;
    mute(&mut world, ben.peer, 2, true);
    assert_eq!(numbers(&told(&mut world, back.connection))[0], next);
}

#[test]
fn what_was_confirmed_is_not_said_again() {
    let mut world = World::new();
    let (anna, _ben) = two(&mut world);
    let taken = seen(&mut world, anna.peer);
    world.command(Command::Seen { peer: anna.peer, seen: taken });

    let back = reattach(&mut world, &anna.resume, taken);

    assert_eq!(back.missed, []);
    assert_eq!(world.closed(anna.peer), Some(close::REPLACED), "the newer connection wins");
}

#[test]
fn a_message_is_done_once_on_however_many_connections_it_comes() {
    let mut world = World::new();
    let (anna, ben) = two(&mut world);
    let taken = seen(&mut world, anna.peer);
    mute(&mut world, anna.peer, 1, false);
    mute(&mut world, anna.peer, 2, true);
    assert_eq!(flips(&mut world, ben.peer, &anna)[..], [false, true]);

    let back = reattach(&mut world, &anna.resume, taken);
    assert_eq!(back.heard, 2);
    // As a client that does not wait for the answer.
    mute(&mut world, back.connection, 1, false);
    mute(&mut world, back.connection, 2, true);
    mute(&mut world, back.connection, 3, false);

    assert_eq!(flips(&mut world, ben.peer, &anna)[..], [false]);
    assert_eq!(world.core.counters().messages_repeated, 2);
}

#[test]
fn media_does_not_notice() {
    let mut world = World::new();
    let (mut anna, mut ben) = two(&mut world);
    let taken = seen(&mut world, anna.peer);
    for number in 0..200 {
        let audio = anna.audio(number);
        world.datagram(anna.path, &audio);
        if number == 60 {
            world.command(Command::SignalLost { peer: anna.peer });
        }
        if number == 140 {
            reattach(&mut world, &anna.resume, taken);
        }
        world.advance(crate::support::ms(20));
    }

    let sent = world.sent_to(ben.path);
    let got: Vec<_> = ben.open(sent).into_iter().map(|packet| packet.sequence).collect();
    assert_eq!(got.len(), 200);
    assert!(got.windows(2).all(|pair| pair[1] == pair[0] + 1));
}

#[test]
fn abuse_14_a_secret_is_dead_once_the_client_has_the_next() {
    let mut world = World::new();
    let (anna, _ben) = two(&mut world);
    let taken = seen(&mut world, anna.peer);
    let first = reattach(&mut world, &anna.resume, taken);
    world.command(Command::Seen { peer: first.connection, seen: taken });

    let replayed = try_reattach(&mut world, &anna.resume, taken);

    assert_eq!(replayed.err(), Some((Some(close::UNAUTHORIZED), Problem::BadResume)));
    assert_eq!(world.closed(first.connection), None, "who has the next one stays");
    reattach(&mut world, &first.resume, taken);
}

#[test]
fn an_answer_that_gets_lost_does_not_lock_the_peer() {
    let mut world = World::new();
    let (anna, _ben) = two(&mut world);
    let taken = seen(&mut world, anna.peer);

    let unheard = [reattach(&mut world, &anna.resume, taken), reattach(&mut world, &anna.resume, taken)];
    let back = reattach(&mut world, &anna.resume, taken);

    for lost in &unheard {
        assert_eq!(world.closed(lost.connection), Some(close::REPLACED));
        let nobody_had_it = try_reattach(&mut world, &lost.resume, taken);
        assert_eq!(nobody_had_it.err().map(|(_, problem)| problem), Some(Problem::BadResume));
    }
    reattach(&mut world, &back.resume, taken);
    let ended = try_reattach(&mut world, &anna.resume, taken);
    assert_eq!(ended.err().map(|(_, problem)| problem), Some(Problem::BadResume), "the next one was used");
}

#[test]
fn messages_of_a_connection_that_was_replaced_change_nothing() {
    let mut world = World::new();
    let (anna, ben) = two(&mut world);
    let taken = seen(&mut world, anna.peer);
    let back = reattach(&mut world, &anna.resume, taken);
    world.messages(ben.peer);

    mute(&mut world, anna.peer, 1, false);
    world.command(Command::Track { peer: anna.peer, mid: "m".to_owned(), active: false });
    world.command(Command::Seen { peer: anna.peer, seen: u64::MAX });
    world.command(Command::Leave { peer: anna.peer });
    world.command(Command::SignalLost { peer: anna.peer });

    assert_eq!(flips(&mut world, ben.peer, &anna), [false; 0]);
    assert_eq!(world.core.load().seats, 2);
    mute(&mut world, back.connection, 1, false);
    assert_eq!(
        flips(&mut world, ben.peer, &anna),
        [false],
        "the new one is still attached, and its numbers are its own"
    );
}

#[test]
fn numbers_that_were_never_said_end_the_connection_and_not_the_peer() {
    let mut world = World::new();
    let (anna, _ben) = two(&mut world);
    let taken = seen(&mut world, anna.peer);

    let beyond = try_reattach(&mut world, &anna.resume, taken + 1);
    assert_eq!(beyond.err(), Some((Some(close::RESUME), Problem::CannotReattach)));
    let absurd = try_reattach(&mut world, &anna.resume, u64::MAX);
    assert_eq!(absurd.err(), Some((Some(close::RESUME), Problem::CannotReattach)));
    assert_eq!(world.closed(anna.peer), None, "a refusal leaves the old connection alone");

    // The first secret stays good while nobody confirms to have the next.
    for (seq, what) in [(5, "a gap"), (u64::MAX, "an absurd number")] {
        let back = reattach(&mut world, &anna.resume, taken);
        mute(&mut world, back.connection, seq, false);
        assert_eq!(world.closed(back.connection), Some(close::POLICY), "{what}");
    }
    let back = reattach(&mut world, &anna.resume, taken);
    world.command(Command::Seen { peer: back.connection, seen: u64::MAX });
    assert_eq!(world.closed(back.connection), Some(close::POLICY));
    assert!(world.core.has_peer(anna.peer));
}

#[test]
fn a_peer_that_is_gone_is_refused_and_its_secret_still_opens_the_seat() {
    let mut world = World::new();
    let (anna, ben) = two(&mut world);
    let taken = seen(&mut world, anna.peer);
    world.command(Command::SignalLost { peer: anna.peer });
    world.check(&ben, ben.path, false);
    world.advance(secs(9));
    assert!(!world.core.has_peer(anna.peer));

    let gone = try_reattach(&mut world, &anna.resume, taken);

    assert_eq!(gone.err(), Some((Some(close::RESUME), Problem::CannotReattach)));
    let offer = crate::support::OfferText::visitor(3, 1);
    let peer = world.peer_id();
    world.command(Command::Resume { peer, secret: anna.resume.clone(), offer: offer.text(), tracks: vec![] });
    assert_ne!(world.browser(peer, anna.seat, offer).answer, "");
}

#[test]
fn who_missed_too_much_comes_back_with_a_new_transport() {
    let mut world = World::new();
    let (anna, ben) = two(&mut world);
    let taken = seen(&mut world, anna.peer);
    world.command(Command::SignalLost { peer: anna.peer });
    for seq in 1..=protocol::limits::SIGNAL_KEPT_MAX as u64 + 1 {
        mute(&mut world, ben.peer, seq, seq % 2 == 0);
    }

    let refused = try_reattach(&mut world, &anna.resume, taken);

    assert_eq!(refused.err(), Some((Some(close::RESUME), Problem::CannotReattach)));
    assert!(world.core.has_peer(anna.peer), "its media goes on until the new transport is up");
}

#[test]
fn invented_secrets_attach_to_nothing() {
    let mut world = World::new();
    let (anna, _ben) = two(&mut world);

    for secret in ["", "1f.", "1f.AAAA", &anna.resume[..45], &"x".repeat(10_000)] {
        let refused = try_reattach(&mut world, secret, 0);
        assert_eq!(refused.err(), Some((Some(close::UNAUTHORIZED), Problem::BadResume)));
    }
    assert_eq!(world.closed(anna.peer), None);
}

#[test]
fn one_connection_has_one_peer() {
    let mut world = World::new();
    let (anna, ben) = two(&mut world);
    world.messages(ben.peer);

    world.command(Command::Reattach { peer: ben.peer, secret: anna.resume.clone(), seen: 1 });

    assert_eq!(world.refusal(ben.peer), Some(Problem::BadMessage));
    assert_eq!(world.closed(anna.peer), None);
}

#[test]
fn a_flood_of_reattachments_leaves_one_connection_and_one_peer() {
    let mut world = World::new();
    let (anna, mut ben) = two(&mut world);
    let taken = seen(&mut world, anna.peer);
    let mut secret = anna.resume.clone();

    let mut last = anna.peer;
    for number in 0..2000u64 {
        let back = reattach(&mut world, &secret, taken);
        assert_eq!(world.closed(last), Some(close::REPLACED));
        world.outputs.clear();
        // A client that has the secret, and one that has not.
        if number % 2 == 0 {
            secret = back.resume;
        }
        last = back.connection;
    }

    assert_eq!(world.core.load().peers, 2);
    let mut anna = anna;
    let audio = anna.audio(1);
    world.sent.clear();
    world.datagram(anna.path, &audio);
    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 1);
}

#[test]
fn a_seat_that_is_freed_takes_its_connections_along() {
    let mut world = World::new();
    let (anna, ben) = two(&mut world);
    let taken = seen(&mut world, anna.peer);
    let back = reattach(&mut world, &anna.resume, taken);

    mute(&mut world, back.connection, 1, false);
    let leave = Command::Leave { peer: back.connection };
    world.command(Command::Numbered { peer: back.connection, seq: 2, command: Box::new(leave) });

    assert_eq!(world.closed(back.connection), Some(1000));
    let left = ServerMessage::ParticipantLeft { seat: anna.seat, reason: LeaveReason::Left };
    assert!(world.messages(ben.peer).contains(&left));
    let late = try_reattach(&mut world, &back.resume, taken);
    assert_eq!(late.err().map(|(_, problem)| problem), Some(Problem::BadResume));
}
