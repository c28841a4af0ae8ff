use super::*;
use crate::packet::fixtures::start;

const PACKET: Duration = Duration::from_millis(20);

/// A room in which each voice has one level for a while, in -dBov.
struct Room {
    speakers: Speakers<char>,
    now: Instant,
}

impl Room {
    fn new() -> Self {
        Self { speakers: Speakers::new(), now: start() }
    }

    /// Everybody sends at this level for so long; returns what was told.
    fn hear(&mut self, voices: &[(char, u8)], span: Duration) -> Vec<String> {
        let end = self.now + span;
        let mut told = Vec::new();
        while self.now < end {
            for &(voice, attenuation) in voices {
                self.speakers.handle_level(voice, AudioLevel { voice: true, attenuation }, self.now);
            }
            told.extend(self.speakers.poll(self.now).map(|speakers| speakers.iter().collect::<String>()));
            self.now += PACKET;
        }
        told
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn who_speaks_is_told_once_and_who_is_silent_is_not() {
    let mut room = Room::new();

    let told = room.hear(&[('a', 25), ('b', 80)], 3 * SECOND);

    assert_eq!(told, ["a"]);
}

#[test]
fn the_loudest_is_first() {
    let mut room = Room::new();

    let told = room.hear(&[('a', 40), ('b', 20)], SECOND);

    assert_eq!(told.last().unwrap(), "ba");
}

#[test]
fn a_cough_does_not_speak() {
    let mut room = Room::new();
    room.hear(&[('a', 90)], SECOND);

    let told = [room.hear(&[('a', 10)], PACKET), room.hear(&[('a', 90)], SECOND)].concat();

    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn a_pause_between_words_changes_nothing() {
    let mut room = Room::new();
    room.hear(&[('a', 25)], SECOND);

    let mut told = Vec::new();
    for _ in 0..5 {
        told.extend(room.hear(&[('a', 90)], Duration::from_millis(400)));
        told.extend(room.hear(&[('a', 25)], Duration::from_millis(400)));
    }

    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn who_stops_is_gone_after_a_while_and_the_room_falls_asleep() {
    let mut room = Room::new();
    room.hear(&[('a', 25)], SECOND);

    let told = room.hear(&[('a', 127)], 2 * SECOND);
    let muted = room.hear(&[], SECOND);

    assert_eq!(told, [""]);
    assert!(muted.is_empty());
    assert_eq!(room.speakers.poll_timeout(), None);
}

#[test]
fn who_is_muted_in_the_middle_of_a_word_is_gone_too() {
    let mut room = Room::new();
    room.hear(&[('a', 25)], SECOND);

    assert_eq!(room.hear(&[], 2 * SECOND), [""]);
}

#[test]
fn two_of_like_loudness_do_not_change_places() {
    let mut room = Room::new();
    room.hear(&[('a', 25), ('b', 27)], SECOND);

    let mut told = Vec::new();
    for _ in 0..10 {
        told.extend(room.hear(&[('a', 29), ('b', 25)], Duration::from_millis(300)));
        told.extend(room.hear(&[('a', 25), ('b', 29)], Duration::from_millis(300)));
    }

    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn who_is_clearly_louder_takes_the_first_place() {
    let mut room = Room::new();
    room.hear(&[('a', 30), ('b', 35)], SECOND);

    assert_eq!(room.hear(&[('a', 40), ('b', 20)], SECOND), ["ba"]);
}

#[test]
fn who_has_left_is_not_told_any_more() {
    let mut room = Room::new();
    room.hear(&[('a', 25), ('b', 45)], SECOND);

    room.speakers.remove('a');

    assert_eq!(room.hear(&[('b', 25)], SECOND), ["b"]);
}

#[test]
fn more_voices_than_a_room_has_are_not_kept() {
    let mut speakers = Speakers::new();
    let now = start();
    for key in 0..1000 {
        speakers.handle_level(key, AudioLevel { voice: true, attenuation: 0 }, now);
    }

    assert_eq!(speakers.voices.len(), VOICES_MAX);
}
