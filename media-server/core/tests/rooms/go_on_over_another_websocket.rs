//! The WebSocket breaks wherever it may, and the signalling goes on over another: the room looks the same to everybody as if
//! nothing had happened, and media does not notice.

use client::Event;
use protocol::signal::{ServerMessage, Source};

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{PersonId, Simulation, call, ms, patient, practitioner, secs, seeds};

/// What somebody was told of the other's microphone and camera, in order.
fn told_of(room: &Simulation, me: PersonId, other: PersonId) -> Vec<Vec<bool>> {
    let seat = room.seat(other);
    let states = room.events(me).iter().filter_map(|(_, event)| match event {
        Event::Message(ServerMessage::Participant { participant }) if participant.seat == seat => {
            Some(participant.tracks.iter().map(|track| track.active).collect())
        }
        _ => None,
    });
    states.collect()
}

/// Both mute and unmute in turn, while Ben's WebSocket breaks as soon as it has carried `breaks_at` messages.
fn play(seed: u64, breaks_at: Option<usize>) -> (Simulation, [PersonId; 2]) {
    let mut room = Simulation::new(seed);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    if let Some(breaks_at) = breaks_at {
        room.break_signalling_at(ben, breaks_at);
    }
    room.run(ms(400));
    for turn in 0..6 {
        room.set_active(anna, Source::Microphone, turn % 2 == 1);
        room.run(ms(40));
        room.set_active(ben, Source::Microphone, turn % 2 == 1);
        room.run(ms(15));
        room.set_active(ben, Source::Camera, turn % 2 == 1);
        room.run(ms(60));
        if !room.is_attached(ben) && turn > 0 {
            room.reattach(ben);
        }
    }
    if !room.is_attached(ben) {
        room.reattach(ben);
    }
    room.run(ms(500));
    (room, [anna, ben])
}

fn assert_numbers_fit(room: &Simulation, id: PersonId) {
    let lost = room.events(id).iter().find(|(_, event)| matches!(event, Event::Lost(_)));
    assert_eq!(lost, None);
}

#[test]
fn nothing_is_lost_or_doubled_wherever_it_breaks() {
    for seed in seeds(&[1], 50) {
        let (whole, [anna, ben]) = play(seed, None);
        let expected = [told_of(&whole, anna, ben), told_of(&whole, ben, anna), told_of(&whole, ben, ben)];
        assert_eq!(expected[0].len(), 13, "came, and six times two changes");
        let carried = whole.carried(ben);
        assert!(carried > 30, "{carried}");

        let mut broken = 0;
        // Before the answer to the join there is nothing to go on with.
        for breaks_at in 3..=carried {
            let (room, [anna, ben]) = play(seed, Some(breaks_at));

            let told = [told_of(&room, anna, ben), told_of(&room, ben, anna), told_of(&room, ben, ben)];
            assert_eq!(told, expected, "seed {seed}: broken at {breaks_at} of {carried}");
            assert_numbers_fit(&room, ben);
            broken += room.counters().reattached;
            assert_eq!(room.core().load().peers, 2);
        }
        assert!(broken >= carried as u64 - 10, "{broken} of {carried} broke");
    }
}

#[test]
fn media_does_not_notice_and_the_page_does_not_reload() {
    let mut room = Simulation::new(3);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(3));

    for _ in 0..5 {
        room.drop_signalling(ben);
        room.run(secs(1));
        room.reattach(ben);
        room.run(ms(500));
    }

    for (me, other) in [(anna, ben), (ben, anna)] {
        let statistics = room.statistics(me);
        assert_flawless(&statistics);
        assert_eq!(statistics.lanes.iter().map(|lane| lane.received.freezes).sum::<u64>(), 0);
        assert!(room.received(me, other, Source::Camera).frames > 300);
    }
    assert_eq!(room.counters().reattached, 5);
    let joins = room.events(ben).iter().filter(|(_, event)| matches!(event, Event::Joined { .. })).count();
    assert_eq!(joins, 1);
}
