use crate::support::{Browser, OfferText, World, check, grant, microphone, ms, path, secs};

fn joined(world: &mut World) -> Browser {
    let offer = OfferText::new().sends("m", false, Some(1));
    world.join(grant(1), offer, &[microphone("m")])
}

#[test]
fn a_check_is_answered_on_ipv4_and_ipv6() {
    let mut world = World::new();
    let anna = joined(&mut world);

    for remote in ["198.51.100.7:5000", "[2001:db8::7]:5000"] {
        let path = path(remote);
        world.check(&anna, path, false);

        let answers = world.sent_to(path);
        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0][..2], [1, 1], "success");
    }
    assert_eq!(world.core.counters().stun_answered, 2);
    assert!(anna.attribute("a=ice-ufrag:").starts_with("1f"), "the user fragment names the worker");
    assert!(anna.answer.contains("192.0.2.1 9000") && anna.answer.contains("2001:db8::1 9000"));
}

#[test]
fn abuse_45_strangers_get_no_answer_and_friends_no_larger_one() {
    let mut world = World::new();
    let anna = joined(&mut world);
    let stranger = path("203.0.113.9:4000");
    let password = anna.attribute("a=ice-pwd:");

    world.datagram(stranger, &check("1fAAAAAAAAAA:peer", &password, true));
    world.datagram(stranger, &check("nobody", &password, true));
    assert!(world.sent_to(stranger).is_empty());

    let request = anna.check(true);
    world.datagram(anna.path, &request);
    let answer = world.sent_to(anna.path).remove(0);
    assert!(answer.len() <= request.len());
}

#[test]
fn abuse_45_checks_are_limited_by_source_and_by_path() {
    let mut world = World::new();
    let anna = joined(&mut world);
    let request = anna.check(false);

    for port in 0..5000u16 {
        world.datagram(path(&format!("203.0.113.9:{}", 1000 + port)), &request);
    }
    let by_source = world.core.counters().stun_answered;
    world.datagram(anna.path, &request);
    let other_source = world.core.counters().stun_answered - by_source;
    for _ in 0..2000 {
        world.datagram(anna.path, &request);
    }
    let by_path = world.core.counters().stun_answered - by_source - other_source;

    assert_eq!((by_source, other_source, by_path), (2000, 1, 100));
    assert_eq!(world.core.counters().dropped_stun_rate, 3000 + 1900);
}

#[test]
fn abuse_45_junk_does_not_use_up_the_rate_of_those_it_pretends_to_be() {
    let mut world = World::new();
    let anna = joined(&mut world);
    let ben = world.visitor(2, 1);
    let request = anna.check(true);
    let unknown = check("1fAAAAAAAAAA:peer", &anna.attribute("a=ice-pwd:"), true);

    // From behind the address that Anna is about to come from.
    for port in 0..5000u16 {
        let neighbour = path(&format!("198.51.100.7:{}", 1000 + port));
        world.batch([(neighbour, vec![0]), (neighbour, unknown.clone())]);
    }
    world.datagram(anna.path, &request);
    assert_eq!(world.sent_to(anna.path).len(), 1, "she is answered");

    // And as if from the path that she has; the last is a participant's own, about her path.
    for _ in 0..200 {
        world.batch([(anna.path, vec![0]), (anna.path, unknown.clone()), (anna.path, ben.check(true))]);
    }
    world.sent.clear();
    world.datagram(anna.path, &request);
    assert_eq!(world.sent_to(anna.path).len(), 1, "her consent goes on");
    assert_eq!(world.core.counters().dropped_stun_rate, 0);
}

#[test]
fn abuse_46_what_is_not_authentic_is_dropped_silently_and_counted() {
    let mut world = World::new();
    let anna = joined(&mut world);
    let name = format!("{}:peer", anna.attribute("a=ice-ufrag:"));
    let good = anna.check(true);
    let mut bad_fingerprint = good.clone();
    *bad_fingerprint.last_mut().unwrap() ^= 1;
    let mut no_fingerprint = good[..good.len() - 8].to_vec();
    let length = (no_fingerprint.len() - 20) as u16;
    no_fingerprint[2..4].copy_from_slice(&length.to_be_bytes());

    world.datagram(anna.path, &check(&name, "wrong password of 24 chr", true));
    world.datagram(anna.path, &bad_fingerprint);
    world.datagram(anna.path, &no_fingerprint);
    assert_eq!(world.core.counters().dropped_stun_unauthentic, 3);
    world.datagram(anna.path, &check("1fAAAAAAAAAA:peer", &anna.attribute("a=ice-pwd:"), true));
    assert_eq!(world.core.counters().dropped_stun_unknown, 1);
    // The peer's half of the name counts as well (RFC 8445 §7.3).
    let other = format!("{}:zzzz", anna.attribute("a=ice-ufrag:"));
    world.datagram(anna.path, &check(&other, &anna.attribute("a=ice-pwd:"), true));
    assert_eq!(world.core.counters().dropped_stun_unknown, 2);

    assert_eq!(world.core.counters().stun_answered, 0);
    assert!(world.sent.is_empty());
}

#[test]
fn media_follows_the_nominated_path() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let ben = world.visitor(2, 1);
    let mobile = path("203.0.113.50:9");
    world.sent.clear();

    world.check(&ben, mobile, false);
    let first = anna.audio(1);
    world.datagram(anna.path, &first);
    assert_eq!(world.sent_to(ben.path).len(), 1);

    world.check(&ben, mobile, true);
    world.sent.clear();
    let second = anna.audio(2);
    world.datagram(anna.path, &second);
    assert_eq!(world.sent_to(mobile).len(), 1);
    assert!(world.sent_to(ben.path).is_empty());
}

#[test]
fn consent_ends_thirty_seconds_after_the_last_check() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let ben = world.visitor(2, 1);

    for _ in 0..7 {
        world.advance(secs(4));
        world.check(&anna, anna.path, false);
    }
    world.advance(ms(1500));
    assert!(world.core.has_peer(ben.peer));
    world.advance(secs(1));

    assert!(!world.core.has_peer(ben.peer) && world.core.has_peer(anna.peer));
    assert_eq!(world.closed(ben.peer), Some(protocol::close::IDLE));
    world.sent.clear();
    let audio = anna.audio(1);
    world.datagram(anna.path, &audio);
    assert!(world.sent_to(ben.path).is_empty());
}

#[test]
fn a_peer_that_never_connects_is_given_up() {
    let mut world = World::new();
    let anna = joined(&mut world);

    world.advance(secs(29));
    assert!(world.core.has_peer(anna.peer));
    world.advance(secs(1));

    assert!(!world.core.has_peer(anna.peer));
    assert_eq!(world.core.counters().peers_lost, 1);
}

#[test]
fn a_neighbour_cannot_take_a_path_over() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);

    // Ben forges Anna's address on a check with his own credentials.
    world.check(&ben, anna.path, true);
    assert_eq!(world.core.counters().dropped_stun_taken, 1);

    let audio = anna.audio(1);
    world.datagram(anna.path, &audio);
    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent).len(), 1);
}
