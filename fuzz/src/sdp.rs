//! Offers: the first byte chooses what is published, the rest is SDP. The first description joins a live room, the
//! others, each behind a byte `ff`, change the session. What is answered must be an answer to what was offered, and
//! media must flow through whatever was agreed on.

use std::io::Cursor;
use std::time::Duration;

use media_core::Command;
use protocol::limits::{SDP_BYTES_MAX, SEAT_TRACKS_MAX};
use protocol::signal::{PublishTrack, ServerMessage, Source};
use rtc_sdp::SessionDescription;

use crate::room::{Packet, Proof, Room, Shape};

/// Between descriptions: no UTF-8 text holds it.
const SEPARATOR: u8 = 0xff;
/// Descriptions of one input.
const OFFERS_MAX: usize = 4;
/// m-lines that are tried out.
const TRIED_MAX: usize = 6;

/// The fuzz target.
pub fn run(bytes: &[u8]) {
    play(bytes);
}

/// The same, with the number of descriptions that were answered.
pub fn play(bytes: &[u8]) -> usize {
    let Some((flags, text)) = bytes.split_first() else { return 0 };
    let mut offers = text.split(|byte| *byte == SEPARATOR).take(OFFERS_MAX).map(String::from_utf8_lossy);
    let first = offers.next().unwrap_or_default();
    let mut room = Room::new(1);
    room.messages.clear();
    let shape = Shape::visitor(9);
    let at = room.join_with(shape, first.clone().into_owned(), tracks(*flags, &first));
    let mut answered = check_answers(&mut room, &first);
    room.connect(at);
    try_out(&mut room, at, &first);
    let peer = room.members[at].connection;
    for offer in offers {
        room.command(Command::Offer {
            peer,
            offer: offer.clone().into_owned(),
            tracks: tracks(*flags, &offer),
        });
        answered += check_answers(&mut room, &offer);
        try_out(&mut room, at, &offer);
    }
    room.check();
    answered
}

/// What the sending m-lines carry, as a client would say it: all of them, or as the flags want it.
fn tracks(flags: u8, offer: &str) -> Vec<PublishTrack> {
    let sending = sections(offer).filter(|section| {
        let is_media = section.starts_with("audio") || section.starts_with("video");
        is_media && !section.contains("a=recvonly") && !section.contains("a=inactive") && flags & 1 == 0
    });
    let mut is_screen = flags & 2 != 0;
    let track = |section: &str| {
        let is_video = section.starts_with("video") != (flags & 4 != 0);
        is_screen = !is_screen;
        let source = match (is_video, is_screen) {
            (true, true) => Source::Camera,
            (true, false) => Source::Screen,
            (false, true) => Source::Microphone,
            (false, false) => Source::ScreenAudio,
        };
        PublishTrack { mid: line(section, "a=mid:").to_owned(), source, active: flags & 8 == 0 }
    };
    sending.map(track).take(SEAT_TRACKS_MAX + 1).collect()
}

/// The m-lines with what belongs to them, behind `m=`.
fn sections(text: &str) -> impl Iterator<Item = &str> {
    let begins = text.match_indices("m=").map(|(at, _)| at);
    let begins = begins.filter(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n');
    let starts: Vec<usize> = begins.collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| &text[start + 2..end])
}

fn line<'a>(section: &'a str, key: &str) -> &'a str {
    section.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default()
}

/// Each answer since the last time fits the offer.
fn check_answers(room: &mut Room, offer: &str) -> usize {
    let mut answered = 0;
    for (_, message) in std::mem::take(&mut room.messages) {
        if let ServerMessage::Joined { answer, .. } | ServerMessage::Answer { answer } = message {
            check_answer(offer, &answer);
            answered += 1;
        }
    }
    answered
}

/// RFC 3264 §6: as many m-lines, of the same kinds in the same order, with payload types of the offer.
fn check_answer(offer: &str, answer: &str) {
    assert!(answer.len() <= SDP_BYTES_MAX, "an answer of {} bytes", answer.len());
    assert!(answer.ends_with("\r\n"));
    for line in answer.trim_end().split("\r\n") {
        let is_line = line.len() > 2 && line.as_bytes()[0].is_ascii_lowercase() && line.as_bytes()[1] == b'=';
        assert!(is_line && !line.contains(['\r', '\n', '\0']), "{line:?}");
    }
    let read = SessionDescription::unmarshal(&mut Cursor::new(answer)).expect("the answer is SDP");
    let offered: Vec<Vec<&str>> = sections(offer).map(|section| words(section)).collect();
    assert_eq!(read.media_descriptions.len(), offered.len(), "{answer}");
    for (answered, offered) in sections(answer).map(words).zip(offered) {
        assert_eq!(answered.first(), offered.first(), "another kind");
        let formats = answered.iter().skip(3);
        let mut is_offered = formats.map(|format| offered.iter().skip(3).any(|known| known == format));
        assert!(is_offered.all(|is_offered| is_offered), "{answered:?} of {offered:?}");
    }
}

/// The words of an m-line.
fn words(section: &str) -> Vec<&str> {
    section.lines().next().unwrap_or_default().split_ascii_whitespace().collect()
}

/// Media both ways over what was agreed on.
fn try_out(room: &mut Room, at: usize, offer: &str) {
    room.talk();
    for section in sections(offer).take(TRIED_MAX) {
        let ssrc = line(section, "a=ssrc:").split(' ').next().and_then(|text| text.parse().ok());
        let format = words(section).get(3).and_then(|text| text.parse().ok());
        let (Some(ssrc), Some(payload_type)) = (ssrc, format) else { continue };
        let sequence = room.members[at].sequence(ssrc, 0);
        let sealed = room.members[at].seal(&Packet {
            ssrc,
            payload_type,
            sequence,
            timestamp: u32::from(sequence) * 960,
            marker: true,
            is_two_byte: false,
            level: None,
            orientation: None,
            mid: None,
            rid: None,
            dependency: None,
            payload: &[0x90, 0x80, 1, 0x00, 0x9d, 0x01, 0x2a, 7, 7],
        });
        if let Some(sealed) = sealed {
            let from = room.members[at].path;
            room.datagram(from, &sealed, Proof::Sealed);
        }
    }
    room.flush();
    room.advance(Duration::from_millis(20));
}
