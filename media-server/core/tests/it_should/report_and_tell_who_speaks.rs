use media_core::Command;
use protocol::signal::{Grade, SeatQuality, ServerMessage};

use crate::support::{Browser, KEY_FRAME, OfferText, World, grant, ms, secs};

fn talk(world: &mut World, loud: &mut Browser, quiet: &mut Browser, from: u16, packets: u16) {
    for number in from..from + packets {
        let (one, two) = (loud.audio_at(number, 20), quiet.audio_at(number, 90));
        world.batch([(loud.path, one), (quiet.path, two)]);
        world.advance(ms(20));
    }
}

fn speakers(world: &mut World, of: &Browser) -> Vec<Vec<protocol::SeatId>> {
    let speakers = |message| match message {
        ServerMessage::Speakers { speakers } => Some(speakers),
        _ => None,
    };
    world.messages(of.peer).into_iter().filter_map(speakers).collect()
}

#[test]
fn who_speaks_is_told_when_it_changes() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);

    talk(&mut world, &mut anna, &mut ben, 0, 100);
    assert_eq!(speakers(&mut world, &ben), [vec![anna.seat]]);

    talk(&mut world, &mut ben, &mut anna, 100, 100);
    let told = speakers(&mut world, &ben);
    assert_eq!(told.last(), Some(&vec![ben.seat]), "{told:?}");
    world.check(&anna, anna.path, false);
    world.check(&ben, ben.path, false);
    world.advance(secs(2));
    assert_eq!(speakers(&mut world, &ben), [Vec::new()]);
}

#[test]
fn each_second_the_publisher_hears_how_its_packets_arrive() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    for number in 0..100u16 {
        let packet = anna.audio(number);
        if number % 10 != 3 {
            world.datagram(anna.path, &packet);
        }
        world.advance(ms(20));
    }

    let sent = world.sent_to(anna.path);
    let told = anna.open_rtcp(sent);
    let reports: Vec<_> = told.iter().filter(|packet| packet.starts_with("ReceiverReport")).collect();

    assert!((1..=3).contains(&reports.len()), "{reports:?}");
    // SSRC 101, a tenth lost (25/256), ten in all.
    assert!(reports.last().unwrap().contains("[0, 0, 0, 101, 25, 0, 0, 10,"), "{reports:?}");
}

#[test]
fn subscribers_get_sender_reports_of_their_lanes() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    for number in 0..120u16 {
        let packet = anna.audio(number);
        world.datagram(anna.path, &packet);
        world.advance(ms(20));
    }

    let sent = world.sent_to(ben.path);
    let told = ben.open_rtcp(sent);

    let lane = ben.lane_ssrcs("a0")[0];
    let ssrc = format!("sender: Ssrc({lane})");
    assert!(
        told.iter().any(|packet| packet.starts_with("SenderReport") && packet.contains(&ssrc)),
        "{told:?}"
    );
}

#[test]
fn the_quality_of_each_connection_is_told() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let ben = world.visitor(2, 1);
    let mut told = Vec::new();
    for number in 0..1000u16 {
        let packet = anna.audio(number);
        // From the fifth second on a third is lost.
        if number < 250 || number % 3 != 0 {
            world.datagram(anna.path, &packet);
        }
        if number % 100 == 0 {
            world.check(&ben, ben.path, false);
        }
        world.advance(ms(20));
        told.extend(world.messages(ben.peer).into_iter().filter_map(|message| match message {
            ServerMessage::Quality { quality } => {
                quality.iter().find(|one| one.seat == anna.seat).map(|one| one.grade)
            }
            _ => None,
        }));
    }

    assert_eq!(told.first(), Some(&Grade::Good));
    assert_eq!(told.last(), Some(&Grade::Poor), "{told:?}");
    assert!(told.len() <= 5, "told when it changes: {told:?}");
}

#[test]
fn who_comes_late_is_told_how_things_stand() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    let mut ben = world.visitor(2, 1);
    talk(&mut world, &mut anna, &mut ben, 0, 150);

    let peer = world.peer_id();
    let offer = OfferText::visitor(3, 1).text();
    world.command(Command::Join { peer, grant: grant(3), offer, tracks: vec![] });

    let told = world.messages(peer);
    let at = |wanted: &ServerMessage| told.iter().position(|message| message == wanted);
    let joined = told.iter().position(|message| matches!(message, ServerMessage::Joined { .. }));
    let speakers = at(&ServerMessage::Speakers { speakers: vec![anna.seat] });
    let grade = |seat| SeatQuality { seat, grade: Grade::Good, video_paused: false, mos: None, cause: None };
    let quality = at(&ServerMessage::Quality { quality: vec![grade(anna.seat), grade(ben.seat)] });
    assert_eq!(joined, Some(0), "{told:?}");
    assert!(speakers.is_some() && quality.is_some(), "{told:?}");
}

#[test]
fn without_losses_the_node_looks_at_a_publisher_only_for_its_reports() {
    let mut world = World::new();
    let mut anna = world.visitor(1, 1);
    world.visitor(2, 1);
    let mut looks = 0;

    for number in 0..250u16 {
        let packets = [anna.audio(number), anna.video(number, KEY_FRAME)];
        world.batch(packets.map(|packet| (anna.path, packet)));
        looks += world.advance(ms(20));
    }

    // In each of the five seconds: 20 feedbacks, 5 looks for speakers, 2 reports, 1 quality, and 10 whether the listener has
    // had a sign of life.
    assert!(looks <= 5 * 38, "{looks}");
}
