use media_core::{Command, CoreLimits, Output};
use protocol::node::RoomEventKind;
use protocol::signal::{EndReason, LeaveReason, ServerMessage};
use protocol::{Problem, Role, RoomId, close};
use uuid::Uuid;

use crate::support::{OfferText, World, camera, grant, microphone, practitioner, secs};

fn events(world: &World) -> Vec<RoomEventKind> {
    let event = |output: &Output| match output {
        Output::Event { kind, .. } => Some(kind.clone()),
        _ => None,
    };
    world.outputs.iter().filter_map(event).collect()
}

#[test]
fn joined_says_who_is_there_and_others_hear_of_it() {
    let mut world = World::new();
    let anna = world.visitor(1, 2);
    world.messages(anna.peer);

    let offer = OfferText::visitor(2, 2);
    let peer = world.peer_id();
    let tracks = vec![microphone("m"), camera("c")];
    world.command(Command::Join { peer, grant: practitioner(2), offer: offer.text(), tracks });

    let messages = world.messages(peer);
    let Some(ServerMessage::Joined { seat, role, permissions, participants, lanes, .. }) = messages.first()
    else {
        panic!("{messages:?}");
    };
    assert_eq!((*seat, *role, permissions.end), (practitioner(2).seat, Role::Practitioner, true));
    assert_eq!(participants.iter().map(|one| one.seat).collect::<Vec<_>>(), [anna.seat, *seat]);
    assert!(participants.iter().all(|one| one.connected && one.tracks.len() == 2));
    let shown: Vec<_> = lanes.iter().map(|lane| (lane.mid.as_str(), lane.seat)).collect();
    assert_eq!(shown, [("a0", Some(anna.seat)), ("v0", Some(anna.seat)), ("a1", None), ("v1", None)]);
    let to_anna = world.messages(anna.peer);
    assert!(
        matches!(&to_anna[0], ServerMessage::Lanes { lanes } if lanes[0].seat == Some(*seat)),
        "{to_anna:?}"
    );
    assert!(matches!(&to_anna[1], ServerMessage::Participant { participant } if participant.seat == *seat));
}

#[test]
fn the_control_plane_hears_of_it_when_media_connects() {
    let mut world = World::new();
    let offer = OfferText::visitor(1, 1);
    let mut anna = world.join(grant(1), offer, &[microphone("m")]);
    assert_eq!(events(&world), []);

    world.connect(&mut anna);
    assert_eq!(events(&world), [RoomEventKind::Joined { seat: anna.seat, role: Role::Patient }]);

    world.command(Command::Leave { peer: anna.peer });
    let left = RoomEventKind::Left { seat: anna.seat, reason: LeaveReason::Left };
    assert_eq!(events(&world)[1..], [left]);
}

#[test]
fn who_leaves_frees_the_seat_and_the_lanes_at_once() {
    let mut world = World::new();
    let anna = world.visitor(1, 2);
    let ben = world.visitor(2, 2);
    world.messages(ben.peer);

    world.command(Command::Leave { peer: anna.peer });

    assert_eq!(world.closed(anna.peer), Some(1000));
    let messages = world.messages(ben.peer);
    assert!(
        matches!(&messages[0], ServerMessage::Lanes { lanes } if lanes.iter().all(|lane| lane.track.is_none()))
    );
    let left = ServerMessage::ParticipantLeft { seat: anna.seat, reason: LeaveReason::Left };
    assert_eq!(messages[1], left);
    assert_eq!(world.core.load().seats, 1);
}

#[test]
fn abuse_58_an_empty_room_is_kept_for_a_while_and_then_closed() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    world.command(Command::Leave { peer: anna.peer });

    world.advance(secs(119));
    assert_eq!(world.core.load().rooms, 1);
    world.advance(secs(1));

    assert_eq!(world.core.load().rooms, 0);
    assert_eq!(world.core.poll_timeout(), None, "nothing is left to wait for");
    let closed = Output::RoomClosed { room: grant(1).room, generation: grant(1).generation };
    assert!(world.outputs.contains(&closed));
    assert!(events(&world).contains(&RoomEventKind::Ended { reason: EndReason::Empty, by: None }));
}

#[test]
fn a_room_has_a_bounded_number_of_seats() {
    let mut world = World::new();
    for number in 1..=8 {
        world.visitor(number, 1);
    }

    let ninth = world.join(grant(9), OfferText::visitor(9, 1), &[microphone("m")]);
    assert_eq!(ninth.answer, "");
    assert_eq!(world.closed(ninth.peer), Some(close::FULL));

    let again = world.join(grant(8), OfferText::visitor(8, 1), &[microphone("m")]);
    assert_ne!(again.answer, "", "a seat that is taken by the same person is not another");
}

#[test]
fn a_worker_has_a_bounded_number_of_rooms_and_peers() {
    let limits = CoreLimits { rooms_max: 2, peers_max: 3, ..CoreLimits::default() };
    let mut world = World::with_limits(limits);
    let room = |number| RoomId(Uuid::from_u128(number));
    for number in [10, 11] {
        let mut grant = grant(1);
        grant.room = room(number);
        world.join(grant, OfferText::visitor(1, 1), &[]);
    }
    let mut third = grant(1);
    third.room = room(12);

    let peer = world.peer_id();
    world.command(Command::Join {
        peer,
        grant: third,
        offer: OfferText::visitor(1, 1).text(),
        tracks: vec![],
    });
    assert_eq!(world.refusal(peer), Some(Problem::NodeFull));

    third.room = room(10);
    third.seat = grant(2).seat;
    assert_ne!(world.join(third, OfferText::visitor(1, 1), &[]).answer, "");
    third.seat = grant(3).seat;
    let peer = world.peer_id();
    world.command(Command::Join {
        peer,
        grant: third,
        offer: OfferText::visitor(1, 1).text(),
        tracks: vec![],
    });
    assert_eq!(world.refusal(peer), Some(Problem::NodeFull));
}

#[test]
fn a_tab_that_closes_is_missed_within_seconds() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    let ben = world.visitor(2, 1);

    world.command(Command::SignalLost { peer: anna.peer });
    world.advance(secs(4));
    world.check(&ben, ben.path, false);
    assert!(world.core.has_peer(anna.peer));
    world.messages(ben.peer);
    world.advance(secs(4));

    assert!(!world.core.has_peer(anna.peer));
    let gone = |message: &ServerMessage| {
        matches!(message, ServerMessage::Participant { participant }
            if participant.seat == anna.seat && !participant.connected && participant.tracks.is_empty())
    };
    assert!(world.messages(ben.peer).iter().any(gone));
}

#[test]
fn without_signalling_the_call_goes_on() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    world.command(Command::SignalLost { peer: anna.peer });
    world.command(Command::SignalLost { peer: ben.peer });
    world.outputs.clear();

    for number in 0..3000u16 {
        let (one, two) = (anna.audio(number), ben.audio(number));
        world.batch([(anna.path, one), (ben.path, two)]);
        if number % 200 == 0 {
            world.check(&anna, anna.path, false);
            world.check(&ben, ben.path, false);
        }
        world.advance(crate::support::ms(20));
    }

    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 3000);
    let signals = world.outputs.iter().filter(|output| matches!(output, Output::Signal { .. })).count();
    assert_eq!(signals, 0);
}
