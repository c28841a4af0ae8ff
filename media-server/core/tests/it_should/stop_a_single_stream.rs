//! It should have a picture of one size, such as a shared screen, stopped when nobody watches it or its publisher's way is too
//! thin for it, and started at once when somebody does.

use media_core::Command;
use protocol::signal::{LaneView, Pause, PublishTrack, ServerMessage, Source, ViewSize};
use rtp::rtcp::SenderInfo;
use rtp::{NtpTime, RtpTimestamp, Ssrc};

use crate::support::{Browser, KEY_FRAME, OfferText, World, grant, microphone, ms};

/// Anna shares a screen.
fn sharing(world: &mut World) -> Browser {
    let screen = PublishTrack { mid: "c".to_owned(), source: Source::Screen, active: true };
    let offer = OfferText::visitor(1, 0).without_feedback();
    let mut anna = world.join(grant(1), offer, &[microphone("m"), screen]);
    world.connect(&mut anna);
    anna
}

fn show(world: &mut World, viewer: &Browser, size: ViewSize) {
    let lanes = vec![LaneView { mid: "v0".to_owned(), size }];
    world.command(Command::View { peer: viewer.peer, lanes });
}

#[test]
fn nobody_watches_it_for_a_while_and_then_somebody_does() {
    let mut world = World::new();
    let ben = world.visitor(2, 1);
    let mut anna = sharing(&mut world);
    show(&mut world, &ben, ViewSize::Full);
    world.advance(ms(3000));
    assert!(world.told_sizes(anna.peer).is_empty(), "it is watched");

    show(&mut world, &ben, ViewSize::Hidden);
    world.advance(ms(1900));
    assert!(world.told_sizes(anna.peer).is_empty(), "a stop waits");
    world.advance(ms(200));
    assert_eq!(world.told_sizes(anna.peer), [0]);

    show(&mut world, &ben, ViewSize::Full);
    assert_eq!(world.told_sizes(anna.peer), [1], "at once");
    let picture = anna.video(0, KEY_FRAME);
    world.sent.clear();
    world.datagram(anna.path, &picture);
    assert!(!world.sent_to(ben.path).is_empty(), "and it is forwarded from its first packet on");
}

#[test]
fn who_comes_to_one_that_nobody_watched_sees_it() {
    let mut world = World::new();
    let anna = sharing(&mut world);
    world.advance(ms(3000));
    assert_eq!(world.told_sizes(anna.peer), [0]);

    world.visitor(2, 1);

    assert_eq!(world.told_sizes(anna.peer), [1]);
}

/// Twelve seconds of somebody's speech, which waits after the fifth for the screen that fills the way.
#[test]
fn a_way_too_thin_for_it_keeps_the_sound() {
    let mut world = World::new();
    let ben = world.visitor(2, 1);
    let mut anna = sharing(&mut world);
    let mut told = Vec::new();
    for number in 0..600_u16 {
        let sound = anna.audio(number);
        world.datagram(anna.path, &sound);
        if number < 250 {
            let picture = anna.video(number, KEY_FRAME);
            world.datagram(anna.path, &picture);
        } else if number == 250 {
            world.advance(ms(200));
        }
        if number % 50 == 0 {
            // So many were sent, and none came.
            let info = SenderInfo {
                ntp: NtpTime(1 << 32),
                timestamp: RtpTimestamp(0),
                packets: u32::from(number),
                bytes: 0,
            };
            let ssrc = Ssrc(anna.camera_ssrc());
            let report = anna.rtcp(|writer| writer.sender_report(ssrc, info, &[]).unwrap());
            world.datagram(anna.path, &report);
            world.check(&anna, anna.path, false);
            world.check(&ben, ben.path, false);
        }
        world.advance(ms(20));
        told.extend(world.messages(anna.peer).into_iter().filter_map(|message| match message {
            ServerMessage::Layers { sizes, paused, .. } => Some((sizes, paused)),
            _ => None,
        }));
    }

    assert_eq!(told, [(Some(0), Some(Pause::Uplink))]);
}
