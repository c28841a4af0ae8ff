use media_core::Command;
use protocol::Problem;
use protocol::signal::{LaneView, ViewSize};
use rtp::rtcp::SenderInfo;
use rtp::{NtpTime, RtpTimestamp, SeqNo, Ssrc};

use crate::support::layers::{RIDS, frame, h264_frame, offset, ssrc};
use crate::support::{Browser, DELTA_FRAME, Incoming, KEY_FRAME, OfferText, World, camera, grant, ms, secs};

fn view(world: &mut World, of: &Browser, lanes: &[(&str, ViewSize)]) {
    let lanes = lanes.iter().map(|(mid, size)| LaneView { mid: (*mid).to_owned(), size: *size });
    world.command(Command::View { peer: of.peer, lanes: lanes.collect() });
}

/// One moment in every layer, 33 ms after the one before.
fn moment(world: &mut World, anna: &mut Browser, number: u16, keys: &[usize]) {
    for layer in 0..RIDS.len() {
        let kind = if keys.contains(&layer) { KEY_FRAME } else { DELTA_FRAME };
        let packet = frame(anna, layer, number, &[kind, &[layer as u8; 20]].concat());
        world.datagram(anna.path, &packet);
    }
    world.advance(ms(33));
}

fn came(world: &mut World, one: &mut Browser) -> Vec<Incoming> {
    let sent = world.sent_to(one.path);
    one.open(sent)
}

/// The layer that a packet of [`moment`] is of.
fn layer_of(packet: &Incoming) -> u8 {
    packet.payload[packet.payload.len() - 1]
}

fn layers_of(packets: &[Incoming]) -> Vec<u8> {
    packets.iter().map(layer_of).collect()
}

/// Anna's layers are all coming, and Ben shows the highest.
fn watched() -> (World, Browser, Browser) {
    let mut world = World::new();
    let mut anna = world.layered(1, 1);
    let mut ben = world.visitor(2, 1);
    for number in 1..4 {
        moment(&mut world, &mut anna, number, if number == 1 { &[0, 1, 2] } else { &[] });
    }
    assert_eq!(
        layers_of(&came(&mut world, &mut ben)),
        [0, 1, 2, 2, 2],
        "from layer to layer on their key frames"
    );
    world.sent_to(anna.path);
    (world, anna, ben)
}

/// The streams that Anna is asked for key frames of.
fn asked(world: &mut World, anna: &mut Browser) -> Vec<usize> {
    let sent = world.sent_to(anna.path);
    let told = anna.open_rtcp(sent);
    let of = |layer: &usize| {
        let stream = format!("media: {:?}", Ssrc(ssrc(*layer)));
        told.iter().any(|packet| packet.starts_with("PictureLoss") && packet.contains(&stream))
    };
    (0..3).filter(of).collect()
}

#[test]
fn a_smaller_view_gets_a_lower_layer_from_its_key_frame_on() {
    let (mut world, mut anna, mut ben) = watched();

    view(&mut world, &ben, &[("v0", ViewSize::Thumbnail)]);
    world.advance(ms(5));
    let asked = asked(&mut world, &mut anna);
    moment(&mut world, &mut anna, 4, &[]);
    moment(&mut world, &mut anna, 5, &[0]);
    moment(&mut world, &mut anna, 6, &[]);

    assert_eq!(asked, [0], "a key frame of what is wanted");
    // Of the fifth moment the lowest layer comes first, and the highest is not wanted behind it.
    assert_eq!(layers_of(&came(&mut world, &mut ben)), [2, 0, 0]);
    world.assert_nothing_lost_in_the_core();
}

#[test]
fn numbers_and_time_go_on_over_a_change_of_layer() {
    let (mut world, mut anna, mut ben) = watched();
    // Moment 3 was captured when the publisher's clock showed 7 s.
    for layer in 0..3 {
        let timestamp = RtpTimestamp(offset(layer).wrapping_add(9000));
        let info = SenderInfo { ntp: NtpTime(7 << 32), timestamp, packets: 3, bytes: 100 };
        let report = anna.rtcp(|writer| writer.sender_report(Ssrc(ssrc(layer)), info, &[]).unwrap());
        world.datagram(anna.path, &report);
    }
    moment(&mut world, &mut anna, 4, &[]);
    view(&mut world, &ben, &[("v0", ViewSize::Thumbnail)]);
    moment(&mut world, &mut anna, 5, &[0]);
    view(&mut world, &ben, &[("v0", ViewSize::Full)]);
    moment(&mut world, &mut anna, 6, &[2]);
    moment(&mut world, &mut anna, 7, &[]);

    let got = came(&mut world, &mut ben);

    assert_eq!(layers_of(&got), [2, 0, 0, 2, 2]);
    let steps: Vec<_> = got
        .windows(2)
        .map(|pair| {
            (
                pair[1].sequence.wrapping_sub(pair[0].sequence),
                pair[1].timestamp.wrapping_sub(pair[0].timestamp),
            )
        })
        .collect();
    // The highest layer's sixth moment is the lowest layer's once more: a millisecond later.
    assert_eq!(steps, [(1, 3000), (1, 3000), (1, 90), (1, 3000)]);
}

#[test]
fn without_reports_time_goes_on_by_arrival() {
    let (mut world, mut anna, mut ben) = watched();
    view(&mut world, &ben, &[("v0", ViewSize::Thumbnail)]);
    moment(&mut world, &mut anna, 4, &[]);
    moment(&mut world, &mut anna, 5, &[0]);
    moment(&mut world, &mut anna, 6, &[]);

    let got = came(&mut world, &mut ben);

    let steps: Vec<_> =
        got.windows(2).map(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp)).collect();
    assert_eq!(steps, [33 * 90, 3000], "33 ms, then by the layer's own clock");
}

#[test]
fn a_hidden_lane_gets_nothing_and_comes_back_with_a_key_frame() {
    let (mut world, mut anna, mut ben) = watched();

    view(&mut world, &ben, &[("v0", ViewSize::Hidden)]);
    moment(&mut world, &mut anna, 4, &[0, 1, 2]);
    let hidden = came(&mut world, &mut ben);
    view(&mut world, &ben, &[("v0", ViewSize::Medium)]);
    world.advance(ms(5));
    let asked = asked(&mut world, &mut anna);
    moment(&mut world, &mut anna, 5, &[]);
    moment(&mut world, &mut anna, 6, &[1]);

    assert!(hidden.is_empty());
    assert_eq!(asked, [1]);
    assert_eq!(layers_of(&came(&mut world, &mut ben)), [1]);
}

#[test]
fn a_view_of_what_is_no_lane_is_refused_whole() {
    let (mut world, mut anna, mut ben) = watched();
    world.messages(ben.peer);
    let many: Vec<_> = (0..65).map(|_| ("v0", ViewSize::Hidden)).collect();
    let wrong: [&[(&str, ViewSize)]; 4] = [
        &[("v0", ViewSize::Hidden), ("c", ViewSize::Hidden)],
        &[("v0", ViewSize::Hidden), ("nobody", ViewSize::Full)],
        &[("v0", ViewSize::Hidden), ("v0", ViewSize::Full)],
        &many,
    ];

    for lanes in wrong {
        view(&mut world, &ben, lanes);
        assert_eq!(world.refusal(ben.peer), Some(Problem::BadMessage), "{lanes:?}");
    }

    moment(&mut world, &mut anna, 4, &[]);
    assert_eq!(layers_of(&came(&mut world, &mut ben)), [2], "nothing of it was done");
}

#[test]
fn publishers_are_told_what_is_watched_when_it_changes() {
    let (mut world, anna, ben) = watched();
    assert_eq!(world.told_layers(anna.peer), Vec::<String>::new(), "all are watched, as offered");

    view(&mut world, &ben, &[("v0", ViewSize::Thumbnail)]);
    world.advance(ms(1999));
    let early = world.told_layers(anna.peer);
    world.advance(ms(1));
    let stopped = world.told_layers(anna.peer);
    view(&mut world, &ben, &[("v0", ViewSize::Medium)]);
    let started = world.told_layers(anna.peer);
    world.command(Command::Leave { peer: ben.peer });
    world.advance(secs(3));
    let alone = world.told_layers(anna.peer);

    assert!(early.is_empty());
    assert_eq!((stopped, started, alone), (vec!["c: l".into()], vec!["c: l m".into()], vec!["c: ".into()]));
}

#[test]
fn abuse_54_a_storm_of_views_costs_a_publisher_little() {
    let (mut world, mut anna, ben) = watched();

    for turn in 0..200u16 {
        let size = [ViewSize::Hidden, ViewSize::Full, ViewSize::Thumbnail, ViewSize::Medium];
        view(&mut world, &ben, &[("v0", size[usize::from(turn) % 4])]);
        moment(&mut world, &mut anna, 4 + turn, &[]);
    }

    let sent = world.sent_to(anna.path);
    let asked = anna.open_rtcp(sent).iter().filter(|packet| packet.starts_with("PictureLoss")).count();
    assert!(asked <= 3 * 7, "{asked} in 6.6 s: one a second and layer at most");
    let told = world.told_layers(anna.peer);
    assert!(told.len() <= 7, "a stop waits two seconds: {told:?}");
}

#[test]
fn what_a_subscriber_loses_comes_again_from_its_layer() {
    let (mut world, mut anna, mut ben) = watched();
    view(&mut world, &ben, &[("v0", ViewSize::Medium)]);
    moment(&mut world, &mut anna, 4, &[1]);
    moment(&mut world, &mut anna, 5, &[]);
    let got = came(&mut world, &mut ben);
    assert_eq!(layers_of(&got), [1, 1]);
    let lane = ben.lane_ssrcs("v0");

    // One of the layer that is shown, and one of that before.
    let lost = [got[1].sequence, got[0].sequence.wrapping_sub(1)];
    let nack = ben.rtcp(|writer| writer.nack(Ssrc(1), Ssrc(lane[0]), lost.map(SeqNo)).unwrap());
    world.datagram(ben.path, &nack);

    let again = came(&mut world, &mut ben);
    let mut layers = layers_of(&again);
    layers.sort_unstable();
    assert_eq!(layers, [1, 2]);
    assert!(again.iter().all(|packet| packet.ssrc == lane[1]
        && lost.contains(&u16::from_be_bytes([packet.payload[0], packet.payload[1]]))));
}

#[test]
fn what_is_not_shown_is_not_mended() {
    let (mut world, mut anna, mut ben) = watched();
    moment(&mut world, &mut anna, 4, &[]);
    let lost = came(&mut world, &mut ben)[0].sequence;
    let lane = ben.lane_ssrcs("v0")[0];
    let mut mended = |world: &mut World, size| {
        view(world, &ben, &[("v0", size)]);
        let nack = ben.rtcp(|writer| writer.nack(Ssrc(1), Ssrc(lane), [SeqNo(lost)]).unwrap());
        world.datagram(ben.path, &nack);
        came(world, &mut ben).len()
    };

    assert_eq!(mended(&mut world, ViewSize::Hidden), 0, "what is sent for a pause only fills a thin line");
    assert_eq!(mended(&mut world, ViewSize::Full), 1);
}

#[test]
fn a_broken_picture_asks_for_a_key_frame_of_its_layer() {
    let (mut world, mut anna, mut ben) = watched();
    view(&mut world, &ben, &[("v0", ViewSize::Medium)]);
    moment(&mut world, &mut anna, 4, &[1]);
    world.advance(secs(2));
    world.sent_to(anna.path);
    let lane = Ssrc(ben.lane_ssrcs("v0")[0]);

    for _ in 0..100 {
        let pli = ben.rtcp(|writer| writer.picture_loss(Ssrc(1), lane).unwrap());
        world.datagram(ben.path, &pli);
    }
    world.advance(ms(10));

    let sent = world.sent_to(anna.path);
    let told = anna.open_rtcp(sent);
    let asked: Vec<_> = told.iter().filter(|packet| packet.starts_with("PictureLoss")).collect();
    assert_eq!(asked.len(), 1, "{told:?}");
    assert!(asked[0].contains(&format!("{:?}", Ssrc(ssrc(1)))), "{asked:?}");
}

/// Moments in which the highest layer has no part.
fn moments_without_the_highest(world: &mut World, anna: &mut Browser, numbers: std::ops::Range<u16>) {
    for number in numbers {
        for layer in 0..2 {
            let packet = frame(anna, layer, number, &[DELTA_FRAME, &[layer as u8; 20]].concat());
            world.datagram(anna.path, &packet);
        }
        world.advance(ms(33));
    }
}

#[test]
fn a_layer_that_stops_while_others_go_on_is_left_within_half_a_second() {
    let (mut world, mut anna, mut ben) = watched();

    moments_without_the_highest(&mut world, &mut anna, 4..12);
    let before = asked(&mut world, &mut anna);
    moments_without_the_highest(&mut world, &mut anna, 12..15);
    let after = asked(&mut world, &mut anna);
    let packet = frame(&mut anna, 1, 15, &[KEY_FRAME, &[1; 20]].concat());
    world.datagram(anna.path, &packet);

    assert_eq!((before, after), (vec![], vec![1]), "the best that comes");
    assert_eq!(layers_of(&came(&mut world, &mut ben)), [1]);
}

/// One moment, whose layers come one after the other.
fn moment_by_moment(world: &mut World, anna: &mut Browser, number: u16) {
    for layer in 0..3 {
        let packet = frame(anna, layer, number, &[DELTA_FRAME, &[layer as u8; 20]].concat());
        world.datagram(anna.path, &packet);
        world.advance(ms(2));
    }
}

#[test]
fn an_outage_of_all_layers_changes_none() {
    let (mut world, mut anna, mut ben) = watched();

    for (at, number) in (4..9).enumerate() {
        world.advance(ms(200 + 400 * at as u64));
        moment_by_moment(&mut world, &mut anna, number);
    }
    // As a screen on which nothing moves.
    for number in 9..14 {
        world.advance(secs(1));
        moment_by_moment(&mut world, &mut anna, number);
    }

    assert_eq!(asked(&mut world, &mut anna), [0; 0]);
    assert_eq!(layers_of(&came(&mut world, &mut ben)), [2; 10]);
}

#[test]
fn h264_comes_in_layers_too() {
    let mut world = World::new();
    let mut ben = world.visitor(2, 1);
    let offer = OfferText::new().sends_layers("c", &["l", "m", "h"], "send l;m;h");
    let text = offer.text().replace("SAVPF 96 97 109 114", "SAVPF 109 114 96 97");
    let peer = world.peer_id();
    world.command(Command::Join { peer, grant: grant(1), offer: text, tracks: vec![camera("c")] });
    let mut anna = world.browser(peer, grant(1).seat, offer);
    world.connect(&mut anna);
    // Parameter sets and a slice of 22 bytes in one packet; then a slice that begins a frame.
    let key: &[u8] = &[0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce, 0, 22, 0x65, 0x88];
    let moments = [(1, key), (2, &[0x41, 0x9a, 1])];

    for (number, payload) in moments {
        for layer in 0..3 {
            let payload = [payload, &[layer as u8; 20]].concat();
            let packet = h264_frame(&mut anna, layer, number, &payload);
            world.datagram(anna.path, &packet);
        }
    }

    let got = came(&mut world, &mut ben);
    assert_eq!(layers_of(&got), [0, 1, 2, 2]);
    assert!(got.iter().all(|packet| packet.payload_type == 109));
    assert!(got.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
}

#[test]
fn a_layer_that_begins_paused_is_asked_for() {
    let mut world = World::new();
    let offer = OfferText::new().sends_layers("c", &["l", "m", "h"], "send l;~m;~h");
    let anna = world.join(grant(1), offer, &[camera("c")]);
    let _ben = world.visitor(2, 1);

    assert_eq!(world.told_layers(anna.peer), ["c: l m h"]);
}
