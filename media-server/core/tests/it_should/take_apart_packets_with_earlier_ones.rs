//! RED packets of publishers (RFC 2198): the new frame goes on as any other, and earlier ones fill the gaps of losses.

use media_core::Command;
use rtp::PayloadType;
use rtp::codec::red::{self, Block};

use crate::support::{Browser, Incoming, OfferText, Outgoing, World, camera, grant, microphone};

/// 20 ms of Opus.
fn frame(number: u16) -> Vec<u8> {
    let mut frame = vec![number as u8; 40];
    frame[0] = 9 << 3;
    frame
}

/// A packet of the microphone with those before it.
fn redundant(browser: &mut Browser, number: u16, before: u16) -> Vec<u8> {
    let opus = PayloadType::new(111).unwrap();
    let frames: Vec<_> = (number - before..number).map(frame).collect();
    let blocks: Vec<_> = frames
        .iter()
        .enumerate()
        .map(|(at, data)| Block { payload_type: opus, timestamp_offset: (before - at as u16) * 960, data })
        .collect();
    let mut payload = [0; 600];
    let len = red::write(&mut payload, &blocks, (opus, &frame(number))).unwrap();
    send(browser, number, 63, &payload[..len])
}

fn send(browser: &mut Browser, number: u16, payload_type: u8, payload: &[u8]) -> Vec<u8> {
    let ssrc = browser.microphone_ssrc();
    browser.packet(&Outgoing {
        ssrc,
        payload_type,
        sequence: number,
        timestamp: u32::from(number) * 960,
        marker: false,
        level: Some(30),
        mid: None,
        payload,
    })
}

/// Anna with a microphone and Ben with a lane, both with RED.
fn two(world: &mut World) -> (Browser, Browser) {
    let tracks = [microphone("m"), camera("c")];
    let mut join = |number: u32| {
        let offer = OfferText::visitor(number, 1).with_red();
        let mut browser = world.join(grant(u128::from(number)), offer, &tracks);
        world.connect(&mut browser);
        browser
    };
    let (anna, ben) = (join(1), join(2));
    world.sent.clear();
    (anna, ben)
}

fn numbers(got: &[Incoming]) -> Vec<(u8, u16, u8)> {
    got.iter()
        .map(|packet| (packet.payload_type, packet.sequence - got[0].sequence, packet.payload[1]))
        .collect()
}

#[test]
fn lost_packets_come_out_in_their_places_before_the_one_that_brought_them() {
    let mut world = World::new();
    let (mut anna, mut ben) = two(&mut world);
    let first = redundant(&mut anna, 50, 0);
    let _lost = (redundant(&mut anna, 51, 1), redundant(&mut anna, 52, 2));

    let third = redundant(&mut anna, 53, 3);
    world.batch([(anna.path, first), (anna.path, third)]);
    let sent = world.sent_to(ben.path);
    let got = ben.open(sent);

    assert_eq!(numbers(&got), [(111, 0, 50), (111, 1, 51), (111, 2, 52), (111, 3, 53)]);
    assert!(got.windows(2).all(|pair| pair[1].timestamp == pair[0].timestamp.wrapping_add(960)));
    assert_eq!(world.core.counters().recovered_redundant, 2);
}

#[test]
fn nothing_comes_twice() {
    let mut world = World::new();
    let (mut anna, mut ben) = two(&mut world);
    let packets: Vec<_> = (50..60).map(|number| redundant(&mut anna, number, 3)).collect();
    // 53 comes late: 54 has brought it.
    let late = packets[3].clone();

    let others = packets.into_iter().enumerate().filter(|(at, _)| *at != 3).map(|(_, packet)| packet);
    world.batch(others.chain([late]).map(|packet| (anna.path, packet)));
    let sent = world.sent_to(ben.path);
    let got = ben.open(sent);

    let expected: Vec<_> = (0..10).map(|at| (111, at, 50 + at as u8)).collect();
    assert_eq!(numbers(&got), expected);
    assert_eq!(world.core.counters().recovered_redundant, 1);
}

#[test]
fn abuse_55_what_is_malformed_is_dropped_and_counted() {
    let mut world = World::new();
    let (mut anna, mut ben) = two(&mut world);
    let broken: [&[u8]; 5] = [
        &[],
        &[0xef, 0x0f, 0, 200, 0x6f, 1, 2],
        &[0xef; 64],
        // RED in RED, and another codec.
        &[63, 0x6f, 9 << 3, 1],
        &[0x60, 9 << 3, 1],
    ];

    let packets: Vec<_> =
        (50..).zip(broken).map(|(number, payload)| send(&mut anna, number, 63, payload)).collect();
    world.batch(packets.into_iter().map(|packet| (anna.path, packet)));

    let sent = world.sent_to(ben.path);
    assert_eq!(ben.open(sent), []);
    assert_eq!(world.core.counters().dropped_malformed, 5);
    assert_eq!(world.core.counters().recovered_redundant, 0);
}

#[test]
fn what_was_said_while_muted_stays_unsaid() {
    let mut world = World::new();
    let (mut anna, mut ben) = two(&mut world);
    let mut packets: Vec<_> = (50..60).map(|number| redundant(&mut anna, number, 3)).collect();
    packets.retain({
        let mut at = 0;
        // 54, 56 and 57 are lost.
        move |_| {
            at += 1;
            ![5, 7, 8].contains(&at)
        }
    });
    let after = packets.split_off(5);
    let muted = packets.split_off(3);
    let mute = |world: &mut World, active| {
        world.command(Command::Track { peer: anna.peer, mid: "m".to_owned(), active });
    };

    world.batch(packets.into_iter().map(|packet| (anna.path, packet)));
    mute(&mut world, false);
    // 53 and 55, with which 54 comes; 56 is lost.
    world.batch(muted.into_iter().map(|packet| (anna.path, packet)));
    mute(&mut world, true);
    // 58 brings all that was lost, and nobody knows from where on they were meant to be heard.
    world.batch(after.into_iter().map(|packet| (anna.path, packet)));
    let sent = world.sent_to(ben.path);
    let got = ben.open(sent);

    let heard: Vec<_> = got.iter().map(|packet| packet.payload[1]).collect();
    assert_eq!(heard, [50, 51, 52, 58, 59]);
}
