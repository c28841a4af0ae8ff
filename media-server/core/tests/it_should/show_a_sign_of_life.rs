use crate::support::{World, ms, secs};

#[test]
fn a_quiet_room_is_never_silent_for_more_than_a_tenth_of_a_second() {
    let mut world = World::new();
    let anna = world.visitor(1, 1);
    world.advance(secs(1));

    for _ in 0..80 {
        world.check(&anna, anna.path, false);
        world.sent.clear();
        world.advance(ms(100));
        assert!(!world.sent_to(anna.path).is_empty());
    }
    assert!(world.core.counters().heartbeats_sent > 0);
}

#[test]
fn where_media_flows_nothing_is_added() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let ben = world.visitor(2, 1);
    world.advance(secs(1));
    world.sent.clear();
    let before = world.core.counters().heartbeats_sent;

    for number in 0..100 {
        let audio = anna.audio(number);
        world.datagram(anna.path, &audio);
        world.advance(ms(20));
    }

    assert_eq!(
        world.core.counters().heartbeats_sent - before,
        0,
        "Ben hears Anna, and Anna is told what arrived"
    );
    assert!(world.sent_to(ben.path).len() >= 100);
}
