//! Somebody whose way to the node is too slow for pictures is heard all the same: the node has their pictures stopped, says
//! so, and tries again.

use netsim::{LinkConfig, Loss};
use protocol::signal::{Pause, ServerMessage, Source, ViewSize};

use crate::fit_the_path::paused;
use crate::support::{
    PersonId, Simulation, call, home, layered_call, ms, path, patient, practitioner, secs, seeds,
};

/// How many layers `who` was asked for last, and why no more.
fn told(room: &Simulation, who: PersonId) -> Option<(usize, Option<Pause>)> {
    room.events(who).iter().rev().find_map(|(_, event)| match event {
        client::Event::Message(ServerMessage::Layers { rids, paused, .. }) => Some((rids.len(), *paused)),
        _ => None,
    })
}

#[test]
fn who_is_too_slow_to_send_pictures_is_heard_and_both_know_why() {
    for seed in seeds(&[10, 11], 100) {
        let mut room = Simulation::new(seed);
        let anna = room.join_over(practitioner(1), layered_call(1, 1), path(1000), home());
        let ben = room.join(patient(2), call(2, 1));
        room.run(secs(10));
        assert_eq!(paused(&room, ben, anna), None, "seed {seed}");

        room.set_network(anna, path(64), home());
        let is_told = room.run_until(secs(10), |room| paused(room, ben, anna) == Some(Pause::Uplink));
        let told_anna = told(&room, anna);
        room.run(secs(2));
        let heard = |room: &Simulation| room.received(ben, anna, Source::Microphone).frames;
        let before = heard(&room);
        // Until the next try.
        room.run(secs(7));
        let after = heard(&room);
        room.set_network(anna, path(1000), home());
        let is_back = room.run_until(secs(30), |room| paused(room, ben, anna).is_none());
        let shown = room.received(ben, anna, Source::Camera).frames;
        room.run(secs(5));

        assert!(is_told, "seed {seed}");
        assert_eq!(told_anna, Some((0, Some(Pause::Uplink))), "seed {seed}: Anna is told too");
        assert!(after - before >= 343, "seed {seed}: {} of 350", after - before);
        assert!(is_back, "seed {seed}");
        assert!(room.received(ben, anna, Source::Camera).frames > shown + 100, "seed {seed}");
        assert_eq!(told(&room, anna).unwrap().1, None, "seed {seed}");
    }
}

#[test]
fn that_it_is_over_is_told_though_nobody_looks() {
    for seed in seeds(&[12], 50) {
        let mut room = Simulation::new(seed);
        let anna = room.join_over(practitioner(1), layered_call(1, 1), path(1000), home());
        let ben = room.join(patient(2), call(2, 1));
        room.run(secs(5));
        room.set_network(anna, path(64), home());
        assert!(room.run_until(secs(10), |room| told(room, anna) == Some((0, Some(Pause::Uplink)))));

        room.set_network(anna, path(1000), home());
        room.set_view(ben, anna, Source::Camera, ViewSize::Hidden);

        assert!(room.run_until(secs(30), |room| told(room, anna) == Some((0, None))), "seed {seed}");
        // What nobody looks at cannot be tried; it is when somebody does.
        room.run(secs(30));
        room.set_view(ben, anna, Source::Camera, ViewSize::Full);
        assert!(room.run_until(secs(2), |room| told(room, anna) == Some((1, None))), "seed {seed}");
        assert!(room.run_until(secs(15), |room| told(room, anna) == Some((3, None))), "seed {seed}");
    }
}

#[test]
fn a_way_that_stands_still_now_and_then_is_not_thin() {
    for seed in seeds(&[15, 16], 50) {
        let mut room = Simulation::new(seed);
        let anna = room.join_over(practitioner(1), layered_call(1, 1), path(1000), home());
        room.join(patient(2), call(2, 1));
        room.run(secs(5));
        room.set_network(anna, path(64), home());
        assert!(room.run_until(secs(10), |room| told(room, anna) == Some((0, Some(Pause::Uplink)))));

        // Now it is fast, but every two seconds nothing comes for 0.4 s, and then all at once.
        let mut is_back = false;
        for _ in 0..20 {
            room.set_network(anna, LinkConfig { latency: ms(425), ..path(3000) }, home());
            room.run(ms(30));
            room.set_network(anna, path(3000), home());
            is_back |= room.run_until(secs(2), |room| told(room, anna) == Some((3, None)));
        }

        assert!(is_back, "seed {seed}");
        assert_eq!(told(&room, anna), Some((3, None)), "seed {seed}");
    }
}

#[test]
fn a_camera_that_is_off_is_not_what_sound_waits_for() {
    for seed in seeds(&[17, 18], 50) {
        let mut room = Simulation::new(seed);
        let anna = room.join_over(practitioner(1), layered_call(1, 1), path(1000), home());
        room.join(patient(2), call(2, 1));
        room.run(secs(5));
        room.set_network(anna, path(64), home());
        assert!(room.run_until(secs(10), |room| told(room, anna) == Some((0, Some(Pause::Uplink)))));
        let held = room.counters().pictures_held_up;

        // Now and then even the sound queues for a while; nothing of it is lost.
        room.set_active(anna, Source::Camera, false);
        for _ in 0..20 {
            room.set_network(anna, LinkConfig { buffer_bytes: 100_000, ..path(20) }, home());
            room.run(secs(1));
            room.set_network(anna, path(1000), home());
            room.run(secs(2));
        }

        assert_eq!(room.counters().pictures_held_up, held, "seed {seed}: no try has failed");
    }
}

#[test]
fn a_picture_that_is_asked_for_small_is_not_blamed_for_loss_by_chance() {
    for seed in seeds(&[13, 14], 50) {
        let mut room = Simulation::new(seed);
        let lossy = LinkConfig { latency: ms(25), loss: Loss::Random(0.12), ..LinkConfig::default() };
        let anna = room.join_over(practitioner(1), layered_call(1, 1), lossy, home());
        let ben = room.join(patient(2), call(2, 1));
        room.run(secs(3));
        room.set_view(ben, anna, Source::Camera, ViewSize::Thumbnail);

        let is_held = room.run_until(secs(40), |room| told(room, anna).is_some_and(|(_, why)| why.is_some()));

        assert!(!is_held, "seed {seed}");
        assert_eq!(paused(&room, ben, anna), None, "seed {seed}");
    }
}

/// Its sound comes late by its timestamps from then on, and waits for nothing.
#[test]
fn a_machine_too_busy_to_record_is_no_thin_way() {
    for seed in seeds(&[1, 2], 50) {
        let mut room = Simulation::new(seed);
        let anna = room.join(practitioner(1), layered_call(1, 1));
        let ben = room.join(patient(2), call(2, 1));
        room.run(secs(10));
        // Little comes, as little is asked for: it looks like a thin way.
        room.set_view(ben, anna, Source::Camera, ViewSize::Thumbnail);
        room.run(secs(10));

        for _ in 0..6 {
            room.fall_behind(anna, Source::Microphone, ms(250));
            room.run(secs(5));
        }

        assert_eq!(room.counters().pictures_held_up, 0, "seed {seed}");
    }
}
