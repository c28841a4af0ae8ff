//! While the worker is overloaded, large pictures go first, then pictures of those who do not speak, then new rooms. Sound is
//! never left out, and everything comes back.

use client::{Event, LaneReport, MicrophoneConfig, ParticipantConfig, VideoConfig, Voice};
use media_core::{SeatGrant, Shed};
use protocol::signal::{Pause, ServerMessage, Source};
use protocol::{Permissions, Problem, Role, RoomId, close};
use uuid::Uuid;

use crate::let_two_people_see_and_hear_each_other::assert_flawless;
use crate::support::{PersonId, Simulation, layered_call, ms, patient, practitioner, refusals, secs, seeds};

/// Three layers, two others; a screen where asked for.
fn config(seat: u128, voice: Voice, has_screen: bool) -> ParticipantConfig {
    ParticipantConfig {
        microphone: Some(MicrophoneConfig { voice, ..MicrophoneConfig::default() }),
        screen: has_screen.then(VideoConfig::default),
        video_lanes: 3,
        ..layered_call(seat, 2)
    }
}

/// Anna speaks, Ben and Carla listen.
fn room(seed: u64) -> (Simulation, [PersonId; 3]) {
    let mut world = Simulation::new(seed);
    let anna = world.join(practitioner(1), config(1, Voice::SPEECH, false));
    let ben = world.join(patient(2), config(2, Voice::Silent, true));
    let carla = world.join(patient(3), config(3, Voice::Silent, false));
    world.run(secs(3));
    (world, [anna, ben, carla])
}

fn camera(world: &Simulation, me: PersonId, of: PersonId) -> LaneReport {
    world.lane(me, of, Source::Camera)
}

/// Frames that `me` gets of a track in the next two seconds.
fn frames(world: &mut Simulation, me: PersonId, of: PersonId, source: Source) -> u64 {
    let before = world.received(me, of, source).frames;
    world.run(secs(2));
    world.received(me, of, source).frames - before
}

/// What `me` was told last about the lane that shows a camera.
fn pause(world: &Simulation, me: PersonId, of: PersonId) -> Option<Pause> {
    let mid = camera(world, me, of).mid;
    let lanes = world.events(me).iter().rev().find_map(|(_, event)| match event {
        Event::Message(ServerMessage::Lanes { lanes } | ServerMessage::Joined { lanes, .. }) => Some(lanes),
        _ => None,
    });
    lanes.unwrap().iter().find(|lane| lane.mid == mid).unwrap().paused
}

#[test]
fn layers_go_first_and_the_speaker_keeps_more() {
    for seed in seeds(&[1, 2], 50) {
        let (mut world, [anna, ben, carla]) = room(seed);
        assert_eq!(camera(&world, ben, carla).received.layer, Some(2), "seed {seed}");

        world.set_shed(Shed::Layers);
        world.run(secs(4));

        assert_eq!(camera(&world, ben, anna).received.layer, Some(1), "seed {seed}: who speaks");
        assert_eq!(camera(&world, ben, carla).received.layer, Some(0), "seed {seed}: who listens");
        assert_eq!(pause(&world, ben, carla), None);
        let sent = |id: PersonId| world.statistics(id).track(Source::Camera).unwrap().layers[2].frames;
        let before = sent(carla);
        world.run(secs(1));
        let after = world.statistics(carla).track(Source::Camera).unwrap().layers[2].frames;
        assert_eq!(before, after, "seed {seed}: nobody need send what goes to nobody");
        for id in [anna, ben, carla] {
            assert_flawless(&world.statistics(id));
        }
    }
}

#[test]
fn video_goes_next_but_of_who_speaks_and_is_said_to_be_paused() {
    for seed in seeds(&[3, 4], 50) {
        let (mut world, [anna, ben, carla]) = room(seed);
        world.set_active(ben, Source::Screen, true);
        world.run(secs(1));

        world.set_shed(Shed::Video);
        world.run(secs(1));

        assert_eq!(frames(&mut world, ben, carla, Source::Camera), 0, "seed {seed}: who listens");
        assert_eq!(pause(&world, ben, carla), Some(Pause::Overload));
        assert!(frames(&mut world, ben, anna, Source::Camera) > 55, "seed {seed}: who speaks");
        assert_eq!(camera(&world, ben, anna).received.layer, Some(0));
        assert_eq!(pause(&world, ben, anna), None);
        assert!(frames(&mut world, carla, ben, Source::Screen) > 5, "seed {seed}: a shared screen");
    }
}

#[test]
fn the_picture_goes_with_the_floor() {
    for seed in seeds(&[5], 50) {
        let (mut world, [anna, ben, carla]) = room(seed);
        world.set_shed(Shed::Video);
        world.run(secs(1));

        world.set_voice(anna, Voice::Silent);
        world.run(secs(2));
        assert!(frames(&mut world, ben, anna, Source::Camera) > 55, "seed {seed}: she spoke last");

        world.set_voice(carla, Voice::SPEECH);
        world.run(secs(2));
        assert_eq!(frames(&mut world, ben, anna, Source::Camera), 0, "seed {seed}");
        assert!(frames(&mut world, ben, carla, Source::Camera) > 55, "seed {seed}");
        assert_eq!((pause(&world, ben, anna), pause(&world, ben, carla)), (Some(Pause::Overload), None));
    }
}

#[test]
fn two_who_talk_to_each_other_have_the_floor_both() {
    let (mut world, [anna, ben, carla]) = room(8);
    world.set_shed(Shed::Video);
    for turn in 0..6 {
        let [speaks, listens] = if turn % 2 == 0 { [carla, anna] } else { [anna, carla] };
        world.set_voice(speaks, Voice::SPEECH);
        world.set_voice(listens, Voice::Silent);
        world.run(secs(2));

        for of in [anna, carla] {
            assert_eq!(pause(&world, ben, of), None, "turn {turn}");
        }
    }

    world.run(secs(3));
    assert_eq!(pause(&world, ben, carla), Some(Pause::Overload), "she has not spoken for a while");
    assert_eq!(pause(&world, ben, anna), None);
}

#[test]
fn the_floor_is_for_somebody_who_is_seen() {
    let mut world = Simulation::new(9);
    let guest = SeatGrant { role: Role::Guest, permissions: Permissions::of(Role::Guest), ..patient(9) };
    world.join(guest, config(9, Voice::Silent, false));
    world.run(secs(1));
    let anna = world.join(practitioner(1), config(1, Voice::Silent, false));
    let ben = world.join(patient(2), config(2, Voice::Silent, false));
    world.run(secs(3));

    world.set_shed(Shed::Video);
    world.run(secs(1));

    assert!(frames(&mut world, ben, anna, Source::Camera) > 55, "nobody speaks, and who came first waits");
}

#[test]
fn sound_is_never_left_out() {
    for seed in seeds(&[6], 50) {
        let (mut world, people) = room(seed);
        let voices = |world: &Simulation| -> Vec<u64> {
            let pairs = people.iter().flat_map(|me| people.iter().map(move |other| (*me, *other)));
            let others = pairs.filter(|(me, other)| me != other);
            others.map(|(me, other)| world.received(me, other, Source::Microphone).packets).collect()
        };

        for shed in Shed::ALL.into_iter().chain(Shed::ALL.into_iter().rev()) {
            let before = voices(&world);
            world.set_shed(shed);
            world.run(secs(2));
            let came =
                voices(&world).iter().zip(&before).map(|(after, before)| after - before).collect::<Vec<_>>();
            assert!(
                came.iter().all(|packets| (99..=101).contains(packets)),
                "seed {seed}: {came:?} at {shed:?}"
            );
        }

        for me in people {
            for lane in world.statistics(me).lanes {
                assert_eq!(lane.received.lost, 0, "seed {seed}: {lane:?}");
            }
        }
    }
}

#[test]
fn everything_comes_back_within_two_seconds_of_calm() {
    for seed in seeds(&[7, 8], 50) {
        let (mut world, [anna, ben, carla]) = room(seed);
        world.set_shed(Shed::Full);
        world.run(secs(5));
        assert_eq!(pause(&world, anna, ben), Some(Pause::Overload));

        world.set_shed(Shed::Nothing);
        let is_back = |world: &Simulation| {
            [(anna, ben), (anna, carla), (ben, anna), (ben, carla), (carla, anna)]
                .iter()
                .all(|(me, of)| camera(world, *me, *of).received.layer == Some(2))
        };

        assert!(world.run_until(ms(2600), is_back), "seed {seed}: {:?}", camera(&world, anna, ben));
        assert_eq!(pause(&world, anna, ben), None);
        for id in [anna, ben, carla] {
            assert_flawless(&world.statistics(id));
        }
    }
}

#[test]
fn a_full_worker_takes_no_new_room_and_finishes_what_has_begun() {
    let (mut world, [anna, ..]) = room(9);
    world.set_shed(Shed::Video);
    let another = |grant: SeatGrant| SeatGrant { room: RoomId(Uuid::from_u128(40)), ..grant };
    let in_time = world.join(another(patient(5)), layered_call(5, 1));
    world.run(secs(1));
    world.set_shed(Shed::Full);

    let too_late =
        world.join(SeatGrant { room: RoomId(Uuid::from_u128(41)), ..patient(6) }, layered_call(6, 1));
    let awaited = world.join(another(practitioner(7)), layered_call(7, 1));
    world.resume(anna);
    world.run(secs(3));

    assert_eq!(refusals(world.events(too_late)), [Problem::NodeBusy]);
    assert_eq!(world.close_code(too_late), Some(close::GOING_AWAY), "another place, or later");
    assert!(world.received(in_time, awaited, Source::Microphone).frames > 100);
    assert!(world.participant(anna).is_connected());
    assert_eq!(refusals(world.events(anna)), []);
}
