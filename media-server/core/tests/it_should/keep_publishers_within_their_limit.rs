//! Abuse 58: a publisher above what a participant may send is clamped, and removed when it goes on. Nobody else notices.

use media_core::CoreLimits;
use protocol::signal::{LeaveReason, ServerMessage};
use protocol::{Problem, close};

use crate::support::{
    Browser, DELTA_FRAME, KEY_FRAME, OfferText, World, camera, grant, microphone, ms, practitioner,
};

/// What somebody is sent of Anna's and of Ben's.
#[derive(Debug, Default)]
struct Seen {
    pictures_of_anna: usize,
    sounds_of_ben: usize,
}

/// A flood of Anna's, Ben speaks, and Carl listens.
struct Call {
    world: World,
    anna: Browser,
    ben: Browser,
    carl: Browser,
    number: u16,
    sound: u16,
}

const FULL_LEN: usize = 1000;

fn full(start: &[u8]) -> Vec<u8> {
    [start, &[0; FULL_LEN][start.len()..]].concat()
}

impl Call {
    fn new(limits: CoreLimits) -> Self {
        let mut world = World::with_limits(limits);
        let (anna, ben) = (world.visitor(1, 2), world.visitor(2, 2));
        let carl = world.visitor(3, 2);
        Self { world, anna, ben, carl, number: 0, sound: 0 }
    }

    /// A hundredth of a second: so many packets of Anna's, and one of Ben's.
    fn tick(&mut self, packets: u16) {
        let frame = full(if self.number == 0 { KEY_FRAME } else { DELTA_FRAME });
        let flood =
            (0..packets).map(|at| (self.anna.path, self.anna.video(self.number.wrapping_add(at), &frame)));
        let flood: Vec<_> = flood.collect();
        self.number = self.number.wrapping_add(packets);
        let sound = self.ben.audio(self.sound);
        self.sound += 1;
        self.world.batch(flood);
        self.world.datagram(self.ben.path, &sound);
        self.world.advance(ms(10));
    }

    /// So many seconds of it.
    fn run(&mut self, secs: u64, packets: u16) -> Seen {
        let mut seen = Seen::default();
        for _ in 0..secs {
            for _ in 0..100 {
                self.tick(packets);
            }
            for one in [&self.anna, &self.ben, &self.carl] {
                if self.world.core.has_peer(one.peer) {
                    self.world.check(one, one.path, false);
                }
            }
            let sent = self.world.sent_to(self.carl.path);
            for packet in self.carl.open(sent) {
                let is_picture = packet.payload.len() >= FULL_LEN;
                seen.pictures_of_anna += usize::from(is_picture);
                seen.sounds_of_ben += usize::from(!is_picture);
            }
        }
        seen
    }
}

#[test]
fn abuse_58_a_publisher_above_its_limit_is_clamped_and_the_others_are_not_touched() {
    let limits = CoreLimits::default();
    let mut call = Call::new(limits);

    // Forty megabits, of which there may be eight; and the burst.
    let seen = call.run(5, 50);

    let most = 6 * limits.peer_bps_max as usize / 8 / FULL_LEN;
    assert!((most * 9 / 10..=most).contains(&seen.pictures_of_anna), "{seen:?}");
    assert_eq!(seen.sounds_of_ben, 500);
    let counters = call.world.core.counters();
    assert_eq!(counters.dropped_over_limit + seen.pictures_of_anna as u64, 25_000);
    assert_eq!(counters.rtp_received, seen.pictures_of_anna as u64 + 500, "what is dropped is not taken");
    assert!(call.world.core.has_peer(call.anna.peer));
}

#[test]
fn abuse_58_packets_are_counted_however_small_they_are() {
    let limits = CoreLimits { peer_packets_per_second_max: 300, ..CoreLimits::default() };
    let mut call = Call::new(limits);

    for _ in 0..100 {
        call.tick(3);
    }
    assert_eq!(call.world.core.counters().dropped_over_limit, 0);
    let small: Vec<_> = (0..2000).map(|number| (call.anna.path, call.anna.audio(number))).collect();
    call.world.batch(small);

    let dropped = call.world.core.counters().dropped_over_limit;
    assert!((1690..=1710).contains(&dropped), "{dropped}");
}

#[test]
fn abuse_58_who_goes_on_above_its_limit_is_removed_and_told_why() {
    let mut call = Call::new(CoreLimits::default());
    call.world.messages(call.carl.peer);

    call.run(9, 50);
    assert!(call.world.core.has_peer(call.anna.peer));
    call.run(3, 50);

    assert!(!call.world.core.has_peer(call.anna.peer));
    assert_eq!(call.world.core.counters().peers_overdrawn, 1);
    assert_eq!(call.world.closed(call.anna.peer), Some(close::REMOVED));
    let told = call.world.messages(call.anna.peer);
    let left = ServerMessage::ParticipantLeft { seat: call.anna.seat, reason: LeaveReason::Removed };
    let refused =
        |message: &ServerMessage| matches!(message, ServerMessage::Refused { problem: Problem::TooFast, .. });
    assert!(told.iter().any(refused) && told.contains(&left), "{told:?}");
    assert!(call.world.messages(call.carl.peer).contains(&left));
    assert_eq!(call.run(1, 0).sounds_of_ben, 100, "and the call goes on");
}

#[test]
fn abuse_58_who_was_removed_for_it_waits_unless_it_moderates() {
    for (grant, waits) in [(grant(1), true), (practitioner(1), false)] {
        let mut world = World::new();
        let join = |world: &mut World| {
            world.join(grant, OfferText::visitor(1, 2).without_feedback(), &[microphone("m"), camera("c")])
        };
        let mut anna = join(&mut world);
        world.connect(&mut anna);
        let (ben, carl) = (world.visitor(2, 2), world.visitor(3, 2));
        let mut call = Call { world, anna, ben, carl, number: 0, sound: 0 };
        call.run(12, 50);
        assert!(!call.world.core.has_peer(call.anna.peer));
        call.world.messages(call.carl.peer);

        let mut again = join(&mut call.world);
        call.world.connect(&mut again);

        let is_anna = |message: &ServerMessage| matches!(message, ServerMessage::Participant { participant } if participant.seat == again.seat);
        assert_eq!(!call.world.messages(call.carl.peer).iter().any(is_anna), waits);
    }
}

/// Whoever knows the addresses of somebody's connection can send datagrams in their name, but none with their keys.
#[test]
fn abuse_50_a_flood_in_somebodys_name_uses_up_nothing_of_theirs() {
    let mut call = Call::new(CoreLimits::default());
    call.run(1, 5);

    let mut forged = call.anna.video(call.number, &full(DELTA_FRAME));
    call.number += 1;
    *forged.last_mut().unwrap() ^= 1;
    for _ in 0..12 {
        let flood: Vec<_> = (0..5000).map(|_| (call.anna.path, forged.clone())).collect();
        call.world.batch(flood);
        let seen = call.run(1, 5);
        assert_eq!(seen.pictures_of_anna, 500, "{seen:?}");
    }

    assert_eq!(call.world.core.counters().dropped_over_limit, 0);
    assert!(call.world.core.has_peer(call.anna.peer));
}

/// For twenty seconds so many packets of Anna's in ten milliseconds, and behind each of them what somebody else sends in her name.
fn flood_behind(call: &mut Call, packets: u16, others: impl Fn(&[u8]) -> Vec<u8>) {
    for _ in 0..20 {
        for _ in 0..100 {
            let mut all = Vec::new();
            for _ in 0..packets {
                let own = call.anna.video(call.number, &full(DELTA_FRAME));
                call.number = call.number.wrapping_add(1);
                let other = others(&own);
                all.extend([vec![own], vec![other; 30]].concat());
            }
            call.world.batch(all.into_iter().map(|datagram| (call.anna.path, datagram)));
            call.world.advance(ms(10));
        }
        for one in [&call.anna, &call.ben, &call.carl] {
            call.world.check(one, one.path, false);
        }
        call.world.sent.clear();
    }
}

/// Who sends a little too much is clamped and stays. That others send in its name what is refused with it says nothing of it.
#[test]
fn abuse_58_a_flood_in_the_name_of_somebody_above_their_limit_removes_nobody() {
    let forge = |own: &[u8]| {
        let mut forged = own.to_vec();
        *forged.last_mut().unwrap() ^= 1;
        forged
    };
    for others in [forge, |own: &[u8]| own.to_vec()] {
        let mut call = Call::new(CoreLimits::default());
        call.run(1, 5);

        flood_behind(&mut call, 11, others);

        assert!(call.world.core.counters().dropped_over_limit > 10_000);
        assert!(call.world.core.has_peer(call.anna.peer));
    }
}
