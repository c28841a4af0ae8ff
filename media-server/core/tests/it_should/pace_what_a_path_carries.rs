//! What leaves at once, what waits, and what is dropped, on a path that has told what it carries.

use std::time::Duration;

use media_core::receive::TwccRecorder;
use rtp::{SeqNo, Ssrc};

use crate::support::layers;
use crate::support::{
    Browser, DELTA_FRAME, Incoming, KEY_FRAME, OfferText, World, camera, grant, microphone, ms,
};

/// Somebody who tells what arrives.
struct Teller {
    browser: Browser,
    recorder: TwccRecorder,
    /// What has come so far, media and padding.
    packets: Vec<Incoming>,
    /// When the path has carried all that was sent over it.
    free_at: Duration,
    clock: Duration,
    /// Bytes a second.
    rate: u64,
}

impl Teller {
    fn new(world: &mut World, number: u128, kbps: u64) -> Self {
        let offer = OfferText::visitor(number as u32, 1);
        let mut browser = world.join(grant(number), offer, &[microphone("m"), camera("c")]);
        world.connect(&mut browser);
        Self {
            browser,
            recorder: TwccRecorder::new(world.now()),
            packets: Vec::new(),
            free_at: Duration::ZERO,
            clock: Duration::ZERO,
            rate: kbps * 125,
        }
    }

    /// Takes what has been sent to it, each packet when the path has carried it; how many there were.
    fn take(&mut self, world: &mut World) -> usize {
        let sent = world.sent_to(self.browser.path);
        let now = world.now();
        let mut count = 0;
        for datagram in sent {
            let is_rtp = rtp::demux::classify(&datagram) == Some(rtp::demux::Protocol::Rtp);
            let carried = Duration::from_micros(datagram.len() as u64 * 1_000_000 / self.rate);
            self.free_at = self.free_at.max(self.clock) + carried;
            if is_rtp {
                let number = SeqNo(self.packets.len() as u16);
                self.recorder.handle_packet(number, now + (self.free_at - self.clock));
                count += 1;
                self.packets.extend(self.browser.open(vec![datagram]));
            }
        }
        count
    }

    /// Time passes, and it tells what has arrived.
    fn pass(&mut self, world: &mut World, by: Duration) {
        world.advance(by);
        self.clock += by;
        self.take(world);
        let (recorder, now) = (&mut self.recorder, world.now());
        let mut has_told = false;
        let told = self.browser.rtcp(|writer| {
            has_told = recorder.poll(now, Ssrc(1), Ssrc(2), writer).unwrap();
            if !has_told {
                writer.receiver_report(Ssrc(1), &[]).unwrap();
            }
        });
        world.datagram(self.browser.path, &told);
        self.take(world);
    }
}

/// A frame of so many packets of 1000 bytes.
fn frame(world: &mut World, anna: &mut Browser, number: &mut u16, packets: u16, kind: &[u8]) {
    let mut batch = Vec::new();
    for at in 0..packets {
        let head = if at == 0 { kind } else { &[0x80, 0x80, 2] };
        batch.push((anna.path, anna.video(*number, &[head, &[7; 1000]].concat())));
        *number += 1;
    }
    world.batch(batch);
}

/// Ben's path of 1 Mbit/s is known, by four seconds of a camera that takes half of it.
fn known() -> (World, Browser, Teller, u16) {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = Teller::new(&mut world, 2, 1000);
    let mut number = 1;
    for at in 0..120 {
        frame(&mut world, &mut anna, &mut number, 2, if at == 0 { KEY_FRAME } else { DELTA_FRAME });
        for _ in 0..3 {
            ben.pass(&mut world, ms(11));
        }
    }
    world.sent_to(anna.path);
    (world, anna, ben, number)
}

#[test]
fn a_usual_frame_leaves_at_once() {
    let (mut world, mut anna, mut ben, mut number) = known();

    frame(&mut world, &mut anna, &mut number, 3, DELTA_FRAME);

    assert_eq!(ben.take(&mut world), 3);
}

#[test]
fn a_burst_leaves_in_ticks_and_sound_does_not_wait_behind_it() {
    let (mut world, mut anna, mut ben, mut number) = known();
    let before = ben.packets.len();

    frame(&mut world, &mut anna, &mut number, 30, KEY_FRAME);
    let at_once = ben.take(&mut world);
    let sound = anna.audio(1);
    world.datagram(anna.path, &sound);
    let with_sound = ben.take(&mut world);
    for _ in 0..40 {
        ben.pass(&mut world, ms(5));
    }

    assert!((1..=8).contains(&at_once), "{at_once} of 30 at once");
    assert_eq!(with_sound, 1, "the sound, and nothing else");
    let lane = ben.browser.lane_ssrcs("v0")[0];
    let video: Vec<_> = ben.packets[before..].iter().filter(|packet| packet.ssrc == lane).collect();
    assert_eq!(video.len(), 30, "all of it comes, in order");
    assert!(video.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
}

#[test]
fn what_waits_too_long_is_dropped_and_goes_on_with_a_key_frame() {
    let (mut world, mut anna, mut ben, mut number) = known();

    for _ in 0..3 {
        frame(&mut world, &mut anna, &mut number, 100, DELTA_FRAME);
    }
    ben.pass(&mut world, ms(5));
    let dropped = world.core.counters().forward_late;
    let asked = anna.open_rtcp(world.sent_to(anna.path));
    frame(&mut world, &mut anna, &mut number, 1, DELTA_FRAME);
    let broken = ben.take(&mut world);
    frame(&mut world, &mut anna, &mut number, 1, KEY_FRAME);
    for _ in 0..20 {
        ben.pass(&mut world, ms(5));
    }

    assert!(dropped > 200, "{dropped} dropped");
    assert_eq!(world.core.load().waiting, 0);
    assert!(asked.iter().any(|packet| packet.starts_with("PictureLoss")), "{asked:?}");
    assert_eq!(broken, 0, "nothing without the key frame");
    let lane = ben.browser.lane_ssrcs("v0")[0];
    let last = ben.packets.iter().rev().find(|packet| packet.ssrc == lane).unwrap();
    // But for the number of the picture, which is the lane's own.
    assert_eq!(last.payload[3..KEY_FRAME.len()], KEY_FRAME[3..]);
}

#[test]
fn padding_has_the_stream_of_retransmissions_and_is_for_what_is_wanted_only() {
    let (world, _, ben, _) = known();

    let [lane, rtx] = ben.browser.lane_ssrcs("v0")[..] else { panic!("a lane with retransmissions") };
    let padding: Vec<_> = ben.packets.iter().filter(|packet| packet.ssrc == rtx).collect();
    assert!(padding.len() > 10, "the start was probed: {}", padding.len());
    assert!(padding.iter().all(|packet| packet.payload.is_empty()));
    assert!(padding.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
    assert_eq!(world.core.counters().padding_sent, padding.len() as u64);
    assert!(padding.len() < ben.packets.iter().filter(|packet| packet.ssrc == lane).count());
}

/// Bytes of a frame of each layer: 61, 194 and 279 kbit/s.
const LAYER_LENS: [usize; 3] = [250, 800, 1150];

/// What Carla is sent of Anna's camera in three layers over a path of 150 kbit/s, which carries the lowest, while Ben tells the truth
/// about his path, or lies as well: that it carries all that there is.
fn beside_who_lies(lies: bool) -> (Vec<usize>, Vec<usize>) {
    let mut world = World::new();
    let mut anna = world.layered(1, 1);
    let (mut ben, mut carla) = (Teller::new(&mut world, 2, 5000), Teller::new(&mut world, 3, 150));
    let mut remb = vec![0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0];
    remb.extend_from_slice(b"REMB");
    // One stream, Carla's, and the most that can be said.
    remb.extend_from_slice(&[1, 0xff, 0xff, 0xff]);
    remb.extend_from_slice(&carla.browser.lane_ssrcs("v0")[0].to_be_bytes());

    for number in 0..600u16 {
        for (layer, len) in LAYER_LENS.into_iter().enumerate() {
            let kind = if number % 30 == 0 { KEY_FRAME } else { DELTA_FRAME };
            let packet = layers::frame(&mut anna, layer, number, &[kind, &vec![7; len]].concat());
            world.datagram(anna.path, &packet);
        }
        if lies {
            let said = ben.browser.rtcp_of(&remb).unwrap();
            world.datagram(ben.browser.path, &said);
            // All numbers that there are, each at once.
            let mut recorder = TwccRecorder::new(world.now());
            for ahead in 0..100 {
                recorder.handle_packet(SeqNo(number.wrapping_mul(2).wrapping_add(ahead)), world.now());
            }
            let now = world.now() + ms(100_000);
            let lie = ben.browser.rtcp(|writer| {
                recorder.poll(now, Ssrc(1), Ssrc(2), writer).unwrap();
            });
            world.datagram(ben.browser.path, &lie);
        }
        for _ in 0..3 {
            ben.take(&mut world);
            carla.pass(&mut world, ms(11));
            ben.clock += ms(11);
            ben.pass(&mut world, ms(0));
        }
    }

    let lens = |one: &Teller| {
        let lane = one.browser.lane_ssrcs("v0")[0];
        one.packets.iter().filter(|packet| packet.ssrc == lane).map(|packet| packet.payload.len()).collect()
    };
    (lens(&ben), lens(&carla))
}

#[test]
fn abuse_54_who_lies_about_bandwidth_gets_nobody_else_a_larger_picture() {
    let (of_ben, honest) = beside_who_lies(false);
    let (_, beside_a_liar) = beside_who_lies(true);

    let last = |lens: &[usize]| lens[lens.len() - 20..].to_vec();
    assert_eq!(last(&of_ben), [LAYER_LENS[2] + DELTA_FRAME.len(); 20], "there is more to be had");
    assert_eq!(last(&honest), [LAYER_LENS[0] + DELTA_FRAME.len(); 20], "and Carla has not got it");
    assert_eq!(beside_a_liar, honest);
}

#[test]
fn abuse_54_who_lies_about_arrivals_changes_nobody_elses_pictures() {
    let (mut world, mut anna, mut ben, mut number) = known();
    let mut carla = Teller::new(&mut world, 3, 1_000_000);
    frame(&mut world, &mut anna, &mut number, 2, KEY_FRAME);
    let lane = |one: &Teller| one.browser.lane_ssrcs("v0")[0];
    let count = |one: &Teller| one.packets.iter().filter(|packet| packet.ssrc == lane(one)).count();
    ben.take(&mut world);
    let before = count(&ben);

    for _ in 0..60 {
        frame(&mut world, &mut anna, &mut number, 2, DELTA_FRAME);
        for _ in 0..3 {
            ben.pass(&mut world, ms(11));
            // Arrivals of packets that were never sent, at times of nowhere.
            for far in 0..20u16 {
                let mut recorder = TwccRecorder::new(world.now());
                recorder.handle_packet(SeqNo(far.wrapping_mul(3001)), world.now() + ms(u64::from(far) * 977));
                let now = world.now() + ms(100_000);
                let lie = carla.browser.rtcp(|writer| {
                    recorder.poll(now, Ssrc(1), Ssrc(2), writer).unwrap();
                });
                world.datagram(carla.browser.path, &lie);
            }
        }
        world.sent_to(carla.browser.path);
    }

    ben.take(&mut world);
    assert!(count(&ben) - before >= 119, "{} of 120 packets", count(&ben) - before);
}
