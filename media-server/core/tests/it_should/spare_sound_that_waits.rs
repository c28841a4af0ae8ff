//! Sound that waits on its way has pictures before it, whether or not they come.

use protocol::signal::{Pause, ServerMessage};
use rtp::rtcp::SenderInfo;
use rtp::{NtpTime, RtpTimestamp, Ssrc};

use crate::support::layers::{frame, ssrc};
use crate::support::{Browser, KEY_FRAME, OfferText, World, camera, grant, microphone, ms};

/// A quarter of a second at most: what the sound waits for once the way has become thin.
const WAIT: u64 = 200;

/// Twelve seconds of somebody's sound, which waits after the fifth, until when pictures come. Afterwards `said` tells how many of
/// them are said to have been sent so far. Whether the publisher was asked to send none.
fn is_held_up(said: impl Fn(u16) -> u32) -> bool {
    let mut world = World::new();
    let offer = OfferText::new().without_feedback().sends("m", false, Some(101));
    let offer = offer.sends_layers("c", &["l", "m", "h"], "send l;m;h");
    let mut anna = world.join(grant(1), offer, &[microphone("m"), camera("c")]);
    world.connect(&mut anna);
    let ben = world.visitor(2, 1);
    let mut is_held_up = false;
    for number in 0..600u16 {
        let sound = anna.audio(number);
        world.datagram(anna.path, &sound);
        if number < 250 {
            let picture = frame(&mut anna, 0, number, KEY_FRAME);
            world.datagram(anna.path, &picture);
        } else if number == 250 {
            world.advance(ms(WAIT));
        }
        if number % 50 == 0 {
            let told = report(&mut anna, said(number));
            world.datagram(anna.path, &told);
            world.check(&anna, anna.path, false);
            world.check(&ben, ben.path, false);
        }
        world.advance(ms(20));
        is_held_up |= world.messages(anna.peer).iter().any(
            |message| matches!(message, ServerMessage::Layers { paused: Some(Pause::Uplink), rids, .. } if rids.is_empty()),
        );
    }
    is_held_up
}

fn report(browser: &mut Browser, packets: u32) -> Vec<u8> {
    let info = SenderInfo { ntp: NtpTime(1 << 32), timestamp: RtpTimestamp(0), packets, bytes: 0 };
    browser.rtcp(|writer| writer.sender_report(Ssrc(ssrc(0)), info, &[]).unwrap())
}

#[test]
fn pictures_that_are_sent_and_never_come_are_held_up() {
    assert!(is_held_up(u32::from));
}

#[test]
fn where_none_are_sent_there_is_nothing_to_hold_up() {
    assert!(!is_held_up(|_| 250));
}
