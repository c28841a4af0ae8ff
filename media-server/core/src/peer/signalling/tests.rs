//! It should say everything once, in order, however often the connection breaks and wherever.

use super::*;

const FIRST: PeerId = PeerId(1);
const SECOND: PeerId = PeerId(2);

fn pong(id: u32) -> ServerMessage {
    // Any message that is no whole state.
    ServerMessage::Pong { id, heard: 0 }
}

fn speakers() -> ServerMessage {
    ServerMessage::Speakers { speakers: Vec::new() }
}

fn answer(len: usize) -> ServerMessage {
    ServerMessage::Answer { answer: "x".repeat(len) }
}

fn numbers(signalling: &mut Signalling) -> Vec<u64> {
    signalling.repeat().map(|(number, _)| number).collect()
}

#[test]
fn what_is_not_confirmed_is_said_again_with_its_number() {
    let mut signalling = Signalling::new(FIRST);
    for id in 1..=5 {
        assert_eq!(signalling.say(&pong(id)), Some((FIRST, u64::from(id))));
    }
    assert!(signalling.confirm(2));

    signalling.detach();
    assert_eq!(signalling.say(&pong(6)), None);
    assert!(signalling.can_go_on_from(4));
    assert!(signalling.confirm(4));
    assert_eq!(signalling.attach(SECOND), None);

    let said: Vec<_> = signalling.repeat().collect();
    assert_eq!(said, [(5, pong(5)), (6, pong(6))]);
    assert_eq!(signalling.say(&pong(7)), Some((SECOND, 7)));
}

#[test]
fn numbers_that_were_never_said_are_not_believed() {
    let mut signalling = Signalling::new(FIRST);
    signalling.say(&pong(1));
    signalling.detach();
    signalling.say(&pong(2));

    assert!(!signalling.can_go_on_from(2), "said to nobody yet");
    assert!(!signalling.can_go_on_from(u64::MAX) && !signalling.confirm(u64::MAX));
    assert!(signalling.can_go_on_from(1) && signalling.can_go_on_from(0));
}

#[test]
fn only_the_newest_of_a_whole_state_waits_and_no_number_is_left_out() {
    let mut signalling = Signalling::new(FIRST);
    signalling.say(&speakers());
    signalling.detach();

    for id in 0..1000 {
        signalling.say(&speakers());
        signalling.say(&ServerMessage::Quality { quality: Vec::new() });
        if id % 500 == 0 {
            signalling.say(&pong(id));
        }
    }

    assert_eq!(numbers(&mut signalling), [1, 2, 3, 4, 5], "one that was given, and four that waited");
    let kept: Vec<_> = signalling.repeat().map(|(_, message)| message).collect();
    assert_eq!(kept[1..3], [pong(0), pong(500)], "{kept:?}");
}

#[test]
fn too_much_ends_the_way_back_and_not_the_peer() {
    let mut signalling = Signalling::new(FIRST);
    for id in 0..=SIGNAL_KEPT_MAX as u32 {
        signalling.say(&pong(id));
    }

    assert!(!signalling.can_go_on_from(0) && signalling.can_go_on_from(1));
    assert_eq!(signalling.kept.len(), SIGNAL_KEPT_MAX);
}

#[test]
fn descriptions_are_bounded_by_their_bytes() {
    let mut signalling = Signalling::new(FIRST);
    for _ in 0..100 {
        signalling.say(&answer(60_000));
        assert!(signalling.kept_bytes <= SIGNAL_KEPT_BYTES_MAX);
    }

    assert_eq!(numbers(&mut signalling), [99, 100]);
    signalling.confirm(100);
    assert_eq!((signalling.kept_bytes, signalling.kept.len()), (0, 0));
}

#[test]
fn a_client_is_heard_once_a_number() {
    let mut signalling = Signalling::new(FIRST);

    let heard = [1, 2, 2, 1, 3, 5, 4, u64::MAX, 0].map(|number| signalling.hear(number));

    use Heard::{Again, Gap, Next};
    assert_eq!(heard, [Next, Next, Again, Again, Next, Gap, Next, Gap, Again]);
    assert_eq!(signalling.heard(), 4);
}
