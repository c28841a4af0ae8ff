//! The moderator's word: somebody who is muted is silent for all, and speaks again only by their own; a permission that is taken
//! away is one over a new transport too; who is removed is out.

use protocol::moderation::Moderation;
use protocol::signal::Source;
use protocol::{MediaPermissions, close};

use crate::support::{PersonId, Simulation, call, patient, practitioner, secs};

fn two(seed: u64) -> (Simulation, PersonId, PersonId) {
    let mut room = Simulation::new(seed);
    let anna = room.join(practitioner(1), call(1, 1));
    let ben = room.join(patient(2), call(2, 1));
    room.run(secs(3));
    (room, anna, ben)
}

#[test]
fn who_is_muted_is_silent_is_asked_and_speaks_again_by_their_own_word() {
    let (mut room, anna, ben) = two(1);
    let seat = room.seat(ben);

    room.moderate(anna, Moderation::Mute { seat, source: Source::Microphone });
    room.run(secs(1));
    let muted = room.received(anna, ben, Source::Microphone).packets;
    let seen = room.received(anna, ben, Source::Camera).frames;
    room.run(secs(2));

    assert_eq!(room.received(anna, ben, Source::Microphone).packets, muted);
    assert!(room.received(anna, ben, Source::Camera).frames > seen + 50);
    let mine = room.statistics(ben).tracks.into_iter().find(|track| track.source == Source::Microphone);
    assert!(!mine.unwrap().is_active, "their own page has switched it off");

    room.moderate(anna, Moderation::Ask { seat, source: Source::Microphone });
    room.run(secs(1));
    assert_eq!(room.participant(ben).moderation().asked, [(Source::Microphone, room.seat(anna))]);
    assert_eq!(room.received(anna, ben, Source::Microphone).packets, muted);
    room.set_active(ben, Source::Microphone, true);
    room.run(secs(2));

    assert!(room.received(anna, ben, Source::Microphone).packets > muted + 90);
    assert!(room.participant(ben).moderation().asked.is_empty());
}

#[test]
fn a_mute_that_meets_a_reconnect_on_its_way_is_kept() {
    for seed in [2, 3, 4] {
        let (mut room, anna, ben) = two(seed);
        let seat = room.seat(ben);

        room.drop_signalling(ben);
        room.moderate(anna, Moderation::Mute { seat, source: Source::Microphone });
        // The page comes with a new transport, and with the microphone on: it has not heard.
        room.resume(ben);
        room.run(secs(3));
        let muted = room.received(anna, ben, Source::Microphone).packets;
        room.run(secs(2));

        assert_eq!(room.received(anna, ben, Source::Microphone).packets, muted, "seed {seed}");
        let mine = room.statistics(ben).tracks.into_iter().find(|track| track.source == Source::Microphone);
        assert!(!mine.unwrap().is_active, "seed {seed}");
    }
}

#[test]
fn a_permission_that_is_taken_away_is_gone_over_a_new_transport_too() {
    let (mut room, anna, ben) = two(5);
    let seat = room.seat(ben);
    let permissions = MediaPermissions { video: false, ..MediaPermissions::ALL };

    room.moderate(anna, Moderation::Permit { seat, permissions });
    room.run(secs(1));
    room.resume(ben);
    room.set_active(ben, Source::Camera, true);
    room.run(secs(2));
    let seen = room.received(anna, ben, Source::Camera).frames;
    let heard = room.received(anna, ben, Source::Microphone).packets;
    room.run(secs(2));

    assert_eq!(room.received(anna, ben, Source::Camera).frames, seen);
    assert!(room.received(anna, ben, Source::Microphone).packets > heard + 90);
    assert!(!room.participant(ben).moderation().permissions.video);

    room.moderate(anna, Moderation::Permit { seat, permissions: MediaPermissions::ALL });
    room.run(secs(1));
    room.set_active(ben, Source::Camera, false);
    room.set_active(ben, Source::Camera, true);
    room.run(secs(2));
    assert!(room.received(anna, ben, Source::Camera).frames > seen + 30);
}

#[test]
fn who_is_removed_is_out_and_their_media_goes_nowhere() {
    let (mut room, anna, ben) = two(6);
    let seat = room.seat(ben);

    room.moderate(anna, Moderation::Remove { seat });
    room.run(secs(1));
    let heard = room.statistics(anna).received_from(seat, Source::Microphone).map(|got| got.packets);
    room.run(secs(2));

    assert_eq!(room.close_code(ben), Some(close::REMOVED));
    assert_eq!(room.core().load().seats, 1);
    assert_eq!(room.statistics(anna).received_from(seat, Source::Microphone).map(|got| got.packets), heard);
    assert!(!room.participant(anna).participants().any(|one| one.seat == seat));
}
