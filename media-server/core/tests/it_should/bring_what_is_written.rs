use std::collections::BTreeSet;
use std::time::Duration;

use media_core::{Command, HandshakeOrder, Output, PeerId, SeatGrant};
use protocol::chat::{ClientChat, KEPT_BYTES_MAX, KEPT_MAX, NodeChat, SAYS_BURST, Text};
use protocol::moderation::Moderation;
use protocol::{LogId, Permissions, Problem, Role};

use crate::support::{Browser, OfferText, World, grant, practitioner};

fn say(world: &mut World, who: &Browser, id: u64, text: &str) {
    let message = ClientChat::Say { id, text: Text::new(text).unwrap() };
    world.command(Command::Chat { peer: who.peer, at_ms: 1_795_000_000_000 + id, message });
}

fn hear(world: &mut World, peer: PeerId, log: Option<LogId>, after: u64) -> Vec<NodeChat> {
    world.command(Command::Chat { peer, at_ms: 0, message: ClientChat::Hear { log, after } });
    told(world, peer)
}

/// What the peer's channel was given; takes it.
fn told(world: &mut World, peer: PeerId) -> Vec<NodeChat> {
    let mut all = Vec::new();
    world.outputs.retain(|output| match output {
        Output::Handshake { peer: of, order: HandshakeOrder::Tell(message) } if *of == peer => {
            all.push(message.clone());
            false
        }
        _ => true,
    });
    all
}

fn texts(told: &[NodeChat]) -> Vec<&str> {
    told.iter()
        .filter_map(|message| match message {
            NodeChat::Said { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn log_of(told: &[NodeChat]) -> LogId {
    let log = |message: &NodeChat| match message {
        NodeChat::Hearing { log, .. } => Some(*log),
        _ => None,
    };
    told.iter().find_map(log).unwrap()
}

/// A second passes, in which a peer shows that it is there.
fn rest(world: &mut World, who: &Browser) {
    world.advance(Duration::from_secs(1));
    world.check(who, who.path, true);
}

/// Two people who hear each other.
fn two() -> (World, Browser, Browser) {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let ben = world.visitor(2, 1);
    hear(&mut world, anna.peer, None, 0);
    hear(&mut world, ben.peer, None, 0);
    (world, anna, ben)
}

#[test]
fn everybody_is_told_in_order_with_the_author_and_the_time() {
    let (mut world, anna, ben) = two();

    say(&mut world, &anna, 70, "hello");
    say(&mut world, &ben, 71, "good morning");

    let said = |number, of: &Browser, at: u64, id, text| NodeChat::Said {
        number,
        seat: of.seat,
        at_ms: 1_795_000_000_000 + at,
        id,
        text: Text::new(text).unwrap(),
    };
    let to_anna = [said(1, &anna, 70, Some(70), "hello"), said(2, &ben, 71, None, "good morning")];
    let to_ben = [said(1, &anna, 70, None, "hello"), said(2, &ben, 71, Some(71), "good morning")];
    assert_eq!(told(&mut world, anna.peer), to_anna);
    assert_eq!(told(&mut world, ben.peer), to_ben, "an author's own number is nobody else's business");
}

#[test]
fn nothing_leaves_the_room() {
    let (mut world, anna, _) = two();
    let mut elsewhere = grant(3);
    elsewhere.room = protocol::RoomId(uuid::Uuid::from_u128(99));
    let mut carl = world.join(elsewhere, OfferText::visitor(3, 1), &[]);
    world.connect(&mut carl);
    let first = hear(&mut world, carl.peer, None, 0);

    say(&mut world, &anna, 1, "for this room");

    assert_eq!(told(&mut world, carl.peer), []);
    assert_ne!(log_of(&first), log_of(&hear(&mut world, anna.peer, None, 0)));
    assert_eq!(texts(&hear(&mut world, carl.peer, None, 0)), [""; 0]);
}

#[test]
fn who_comes_late_is_told_what_was_said_before() {
    let (mut world, anna, ben) = two();
    say(&mut world, &anna, 1, "one");
    say(&mut world, &ben, 2, "two");

    let carl = world.visitor(3, 1);
    assert_eq!(told(&mut world, carl.peer), [], "until it asks");
    let late = hear(&mut world, carl.peer, None, 0);
    say(&mut world, &anna, 3, "three");

    assert_eq!(texts(&late), ["one", "two"]);
    assert!(matches!(late[0], NodeChat::Hearing { last: 2, .. }));
    assert_eq!(texts(&told(&mut world, carl.peer)), ["three"]);
}

#[test]
fn who_comes_back_is_told_what_it_missed_once() {
    let (mut world, anna, ben) = two();
    say(&mut world, &anna, 1, "one");
    let log = log_of(&hear(&mut world, ben.peer, None, 0));
    world.command(Command::ChatClosed { peer: ben.peer });
    told(&mut world, ben.peer);

    say(&mut world, &anna, 2, "two");
    assert_eq!(told(&mut world, ben.peer), [], "its channel is closed");
    rest(&mut world, &ben);
    let missed = hear(&mut world, ben.peer, Some(log), 1);
    say(&mut world, &anna, 3, "three");

    assert_eq!(texts(&missed), ["two"]);
    assert_eq!(texts(&told(&mut world, ben.peer)), ["three"]);
    rest(&mut world, &ben);
    let other = hear(&mut world, ben.peer, Some(LogId(log.0 ^ 1)), 2);
    assert_eq!(texts(&other), ["one", "two", "three"], "a number of another log says nothing");
}

#[test]
fn what_is_said_again_is_told_once() {
    let (mut world, anna, ben) = two();
    say(&mut world, &anna, 7, "only once");
    told(&mut world, anna.peer);

    say(&mut world, &anna, 7, "only once");
    say(&mut world, &ben, 7, "the same number, another author");

    assert_eq!(texts(&told(&mut world, ben.peer)), ["only once", "the same number, another author"]);
    let again = told(&mut world, anna.peer);
    assert!(matches!(again[0], NodeChat::Said { number: 1, id: Some(7), .. }), "its author has the answer");
}

#[test]
fn what_is_said_again_late_is_answered_though_it_is_kept_no_more() {
    let (mut world, anna, ben) = two();
    say(&mut world, &anna, 7, "long ago");
    let first = told(&mut world, anna.peer);
    for id in 0..KEPT_MAX as u64 {
        rest(&mut world, &ben);
        world.check(&anna, anna.path, true);
        say(&mut world, &ben, 100 + id, "since then");
    }
    told(&mut world, anna.peer);

    say(&mut world, &anna, 7, "long ago");

    assert_eq!(told(&mut world, anna.peer), first);
}

#[test]
fn who_hears_goes_on_hearing_however_many_come_and_go() {
    let (mut world, anna, mut ben) = two();
    for _ in 0..40 {
        world.command(Command::Leave { peer: ben.peer });
        ben = world.visitor(2, 1);
        hear(&mut world, ben.peer, None, 0);
    }

    say(&mut world, &ben, 1, "do you still read this?");

    assert_eq!(texts(&told(&mut world, anna.peer)), ["do you still read this?"]);
    assert_eq!(texts(&told(&mut world, ben.peer)), ["do you still read this?"]);
}

#[test]
fn who_asks_again_and_again_is_answered_once_a_second() {
    let (mut world, anna, _) = two();
    say(&mut world, &anna, 1, "one");
    told(&mut world, anna.peer);
    let answers =
        |world: &mut World| (0..100).filter(|_| !hear(world, anna.peer, None, 0).is_empty()).count();

    assert_eq!(answers(&mut world), 1, "the second after the first");
    rest(&mut world, &anna);
    assert_eq!(answers(&mut world), 1);
    say(&mut world, &anna, 2, "two");
    assert_eq!(texts(&told(&mut world, anna.peer)), ["two"], "it hears all the same");
}

/// Three channels within a second: the third asks for too much, and is told what is said from then on all the same.
#[test]
fn who_asks_too_often_for_what_was_said_hears_what_will_be_said() {
    let (mut world, anna, ben) = two();
    say(&mut world, &anna, 1, "one");
    hear(&mut world, ben.peer, None, 0);
    world.command(Command::ChatClosed { peer: ben.peer });
    told(&mut world, ben.peer);

    assert_eq!(hear(&mut world, ben.peer, None, 0), [], "asked too often");
    say(&mut world, &ben, 2, "two");
    let own = told(&mut world, ben.peer);
    rest(&mut world, &ben);
    let missed = hear(&mut world, ben.peer, None, 0);

    assert!(
        matches!(own[..], [NodeChat::Said { number: 2, id: Some(2), .. }]),
        "its own, with the gap before it: {own:?}"
    );
    assert_eq!(texts(&missed), ["one", "two"]);
}

#[test]
fn who_speaks_too_fast_is_told_and_the_others_are_not() {
    let (mut world, anna, ben) = two();
    for id in 0..u64::from(SAYS_BURST) + 5 {
        say(&mut world, &anna, id, "again");
    }
    say(&mut world, &ben, 1, "may I?");

    assert_eq!(texts(&told(&mut world, ben.peer)).len(), SAYS_BURST as usize + 1);
    let refused = told(&mut world, anna.peer);
    let refused = refused
        .iter()
        .filter(|message| matches!(message, NodeChat::Refused { problem: Problem::TooFast, .. }));
    assert_eq!(refused.count(), 5);

    world.advance(Duration::from_secs(1));
    say(&mut world, &anna, 100, "slower");
    assert_eq!(texts(&told(&mut world, ben.peer)), ["slower"]);
}

#[test]
fn a_room_keeps_the_newest_within_its_bounds() {
    let (mut world, anna, _) = two();
    for id in 0..KEPT_MAX as u64 + 20 {
        rest(&mut world, &anna);
        say(&mut world, &anna, id, &id.to_string());
    }
    let carl = world.visitor(3, 1);
    let kept = hear(&mut world, carl.peer, None, 0);
    assert_eq!(texts(&kept).len(), KEPT_MAX);
    assert_eq!(texts(&kept).first(), Some(&"20"));

    for id in 1000..1000 + KEPT_MAX as u64 {
        rest(&mut world, &anna);
        world.check(&carl, carl.path, true);
        say(&mut world, &anna, id, &"x".repeat(4000));
    }
    told(&mut world, carl.peer);
    let kept = hear(&mut world, carl.peer, None, 0);
    assert_eq!(texts(&kept).len(), KEPT_BYTES_MAX / 4000);
}

/// A doctor who hears, and a guest whom nobody has let in.
fn doctor_and_guest() -> (World, Browser, Browser) {
    let mut world = World::new();
    let mut doctor = world.join(practitioner(9), OfferText::visitor(9, 1), &[]);
    world.connect(&mut doctor);
    hear(&mut world, doctor.peer, None, 0);
    let guest = SeatGrant { role: Role::Guest, permissions: Permissions::of(Role::Guest), ..grant(2) };
    let mut ola = world.join(guest, OfferText::visitor(2, 1), &[]);
    world.connect(&mut ola);
    (world, doctor, ola)
}

fn admit(world: &mut World, by: &Browser, who: &Browser) {
    world.command(Command::Moderate { peer: by.peer, order: Moderation::Admit { seat: who.seat } });
}

#[test]
fn who_waits_neither_reads_nor_writes_and_reads_all_of_it_once_when_let_in() {
    let (mut world, doctor, ola) = doctor_and_guest();
    say(&mut world, &doctor, 1, "before she came");
    assert_eq!(hear(&mut world, ola.peer, None, 0), [], "not even where the log stands");

    say(&mut world, &doctor, 2, "while she waits");
    say(&mut world, &ola, 3, "from the waiting room");
    let refused = NodeChat::Refused { id: 3, problem: Problem::NotAllowed };
    assert_eq!(hear(&mut world, ola.peer, None, 0), [refused]);
    assert_eq!(texts(&told(&mut world, doctor.peer)), ["before she came", "while she waits"]);

    admit(&mut world, &doctor, &ola);
    let kept = told(&mut world, ola.peer);
    assert!(matches!(kept[0], NodeChat::Hearing { last: 2, .. }), "{kept:?}");
    assert_eq!(texts(&kept), ["before she came", "while she waits"]);
    say(&mut world, &doctor, 4, "welcome");
    say(&mut world, &ola, 5, "thank you");
    assert_eq!(texts(&told(&mut world, ola.peer)), ["welcome", "thank you"]);
    assert_eq!(texts(&told(&mut world, doctor.peer)), ["welcome", "thank you"]);
}

#[test]
fn who_is_let_in_is_told_nothing_without_a_channel() {
    let (mut world, doctor, ola) = doctor_and_guest();
    hear(&mut world, ola.peer, None, 0);
    world.command(Command::ChatClosed { peer: ola.peer });

    admit(&mut world, &doctor, &ola);
    say(&mut world, &doctor, 1, "welcome");

    assert_eq!(told(&mut world, ola.peer), []);
}

#[test]
fn nobody_who_is_gone_speaks_or_hears() {
    let (mut world, anna, ben) = two();
    world.command(Command::Leave { peer: ben.peer });

    say(&mut world, &ben, 1, "from beyond");
    say(&mut world, &anna, 2, "alone");

    assert_eq!(texts(&told(&mut world, anna.peer)), ["alone"]);
    assert_eq!(told(&mut world, ben.peer), []);
}

#[test]
fn an_offer_with_data_channels_is_answered_and_one_without_is_not() {
    let mut world = World::new();
    let with = world.join(grant(1), OfferText::visitor(1, 1).with_data("d"), &[]);
    let without = world.join(grant(2), OfferText::visitor(2, 1), &[]);

    let lines: BTreeSet<_> = with.answer.lines().collect();
    for line in ["a=mid:d", "a=sctp-port:5000", "a=max-message-size:16384"] {
        assert!(lines.contains(line), "{line}");
    }
    assert!(with.answer.contains("m=application 9 UDP/DTLS/SCTP webrtc-datachannel"));
    assert!(with.answer.lines().any(|line| line.starts_with("a=group:BUNDLE ") && line.ends_with(" d")));
    assert!(!without.answer.contains("m=application"));
}
