use super::*;
use crate::packet::fixtures::{audio, video};

const TRACK: TrackId = TrackId(1);
const OTHER: TrackId = TrackId(2);

fn selector() -> Selector {
    let mut selector = Selector::new();
    selector.set_track(Some(TRACK));
    selector
}

/// On a layer, with packet 10 of it.
fn showing(layer: u8) -> Selector {
    let mut selector = selector();
    selector.set_target(Some(Layer(layer)), Change::Seamless);
    assert_eq!(selector.select(&key(layer, 10)), Choice::Switch);
    assert_eq!(selector.select(&end(layer, 11)), Choice::Forward);
    selector
}

/// The first packet of a key frame.
fn key(layer: u8, sequence: u64) -> PacketFacts {
    video(TRACK, sequence).key_frame().of_layer(layer)
}

/// In the middle of a frame.
fn delta(layer: u8, sequence: u64) -> PacketFacts {
    video(TRACK, sequence).of_layer(layer)
}

/// The last packet of a frame.
fn end(layer: u8, sequence: u64) -> PacketFacts {
    PacketFacts { marker: true, ..delta(layer, sequence) }
}

#[test]
fn video_begins_with_a_key_frame() {
    let mut selector = selector();

    let before = selector.select(&delta(0, 9));
    let waited = selector.wanted_key_frame();
    let key = selector.select(&key(0, 10));
    let after = selector.select(&delta(0, 11));

    assert_eq!((before, key, after), (Choice::Drop, Choice::Switch, Choice::Forward));
    assert_eq!((waited, selector.wanted_key_frame()), (Some(Layer::BASE), None));
}

#[test]
fn audio_begins_with_any_packet() {
    assert_eq!(selector().select(&audio(TRACK, 9)), Choice::Switch);
}

#[test]
fn what_comes_late_from_before_the_key_frame_is_dropped() {
    let mut selector = showing(0);

    assert_eq!(selector.select(&delta(0, 8)), Choice::Drop);
}

#[test]
fn a_new_track_stops_the_old_one_before_its_own_key_frame() {
    let mut selector = showing(2);

    assert!(selector.set_track(Some(OTHER)));

    assert_eq!(selector.select(&delta(2, 12)), Choice::Drop);
    assert_eq!(selector.select(&video(OTHER, 500)), Choice::Drop);
    assert_eq!(selector.select(&video(OTHER, 501).key_frame()), Choice::Switch);
    assert_eq!(selector.select(&delta(2, 11)), Choice::Drop, "not even what is late");
}

#[test]
fn the_same_track_again_needs_no_new_key_frame() {
    let mut selector = showing(1);

    assert!(!selector.set_track(Some(TRACK)));

    assert_eq!(selector.select(&delta(1, 12)), Choice::Forward);
}

#[test]
fn no_layer_above_the_target_goes_out() {
    let mut selector = showing(0);

    assert_eq!(selector.select(&key(1, 500)), Choice::Drop);
    assert!(!selector.looks_at(TRACK, Layer(1)));
    assert!(selector.looks_at(TRACK, Layer(0)) && !selector.looks_at(OTHER, Layer(0)));
}

#[test]
fn up_goes_with_a_key_frame_and_the_lower_layer_until_then() {
    let mut selector = showing(0);
    selector.set_target(Some(Layer(2)), Change::AtOnce);

    let choices = [delta(2, 700), delta(0, 12), key(2, 701), delta(0, 13), delta(2, 702)]
        .map(|facts| selector.select(&facts));

    assert_eq!(choices, [Choice::Drop, Choice::Forward, Choice::Switch, Choice::Drop, Choice::Forward]);
    assert_eq!(selector.current(), Some(Layer(2)));
}

#[test]
fn down_goes_seamlessly_when_it_may() {
    let mut selector = showing(2);
    selector.set_target(Some(Layer(0)), Change::Seamless);

    let choices =
        [end(2, 12), delta(0, 40), end(2, 13), key(0, 41), end(2, 14)].map(|facts| selector.select(&facts));

    assert_eq!(choices, [Choice::Forward, Choice::Drop, Choice::Forward, Choice::Switch, Choice::Drop]);
}

#[test]
fn down_at_once_finishes_its_frame_and_waits() {
    let mut selector = showing(2);
    selector.select(&delta(2, 12));
    selector.set_target(Some(Layer(0)), Change::AtOnce);

    let choices = [end(2, 13), delta(2, 14), delta(0, 40), key(0, 41)].map(|facts| selector.select(&facts));

    assert_eq!(choices, [Choice::Forward, Choice::Drop, Choice::Drop, Choice::Switch]);
}

#[test]
fn down_at_once_between_two_frames_stops_there() {
    let mut selector = showing(2);

    selector.set_target(Some(Layer(0)), Change::AtOnce);

    assert_eq!((selector.current(), selector.wanted_key_frame()), (None, Some(Layer(0))));
    assert_eq!(selector.select(&delta(2, 12)), Choice::Drop);
    assert_eq!(selector.select(&key(2, 13)), Choice::Drop, "it is above the target");
}

#[test]
fn a_way_down_that_is_taken_back_ends_nothing() {
    let mut selector = showing(2);
    selector.select(&delta(2, 12));

    selector.set_target(Some(Layer(0)), Change::AtOnce);
    selector.set_target(Some(Layer(2)), Change::Seamless);

    assert_eq!([end(2, 13), delta(2, 14)].map(|facts| selector.select(&facts)), [Choice::Forward; 2]);
}

#[test]
fn a_key_frame_on_the_way_is_taken() {
    let mut up = showing(0);
    up.set_target(Some(Layer(2)), Change::Seamless);
    let mut down = showing(2);
    down.set_target(Some(Layer(0)), Change::Seamless);
    let mut dark = selector();
    dark.set_target(Some(Layer(2)), Change::Seamless);

    for selector in [&mut up, &mut down, &mut dark] {
        assert_eq!(selector.select(&key(1, 300)), Choice::Switch);
    }
    assert_eq!(up.wanted_key_frame(), Some(Layer(2)));
    assert_eq!(down.wanted_key_frame(), Some(Layer(0)));
}

#[test]
fn a_pause_stops_at_once_and_ends_with_a_key_frame() {
    let mut selector = showing(1);

    selector.set_target(None, Change::Seamless);
    let paused = [delta(1, 12), key(1, 13), key(0, 5)].map(|facts| selector.select(&facts));
    let wanted = selector.wanted_key_frame();
    selector.set_target(Some(Layer(1)), Change::Seamless);
    let after = [delta(1, 14), key(1, 15)].map(|facts| selector.select(&facts));

    assert_eq!((paused, wanted), ([Choice::Drop; 3], None));
    assert_eq!(after, [Choice::Drop, Choice::Switch]);
}

#[test]
fn what_was_lost_before_a_switch_still_finds_its_gap() {
    let mut selector = showing(0);
    selector.select(&end(0, 14));
    selector.set_target(Some(Layer(1)), Change::Seamless);
    selector.select(&key(1, 200));

    let late = [delta(0, 12), delta(0, 13), delta(0, 9), delta(0, 15)].map(|facts| selector.select(&facts));

    assert_eq!(late, [Choice::Forward, Choice::Forward, Choice::Drop, Choice::Drop]);
    assert!(selector.looks_at(TRACK, Layer(0)));
    selector.select(&delta(0, 14 + 257));
    assert!(!selector.looks_at(TRACK, Layer(0)), "after a while nothing comes late any more");
}
