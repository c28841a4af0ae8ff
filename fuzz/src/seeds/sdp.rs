//! Offers, and signalling messages with offers inside.

use protocol::moderation::Moderation;
use protocol::signal::{ClientMessage, DeviceLimit, LaneView, Numbered, PublishTrack, Source, ViewSize};
use protocol::{MediaPermissions, SeatId};
use uuid::Uuid;

use super::Seed;
use crate::room::Shape;
use crate::signalling::RESUME;
use crate::token::genuine;

/// As Chromium writes it: two tracks, two lanes, and a data channel.
const CHROMIUM: &str = include_str!("../../../media-server/core/src/sdp/tests/offer.sdp");

pub(super) fn seeds() -> Vec<Seed> {
    let chromium = CHROMIUM.replace('\n', "\r\n");
    let visitor = Shape { lanes: 1, ..Shape::visitor(9) };
    let (text, more) = (visitor.text(), Shape { lanes: 2, screen: true, ..visitor }.text());
    let restart = Shape { fragment: 1, ..visitor }.text();
    let unnamed = Shape { announces: false, h264: false, ..visitor }.text();
    let layered = Shape { layers: true, ..visitor }.text();
    let input = |flags: u8, offers: &[&str]| [&[flags], offers.join("\u{0}").as_bytes()].concat();
    let joined = |flags: u8, offers: &[&str]| {
        let mut bytes = input(flags, offers);
        for byte in bytes.iter_mut().skip(1).filter(|byte| **byte == 0) {
            *byte = 0xff;
        }
        bytes
    };
    vec![
        ("chromium", joined(0, &[&chromium])),
        ("visitor", joined(0, &[&text])),
        ("more", joined(0, &[&text, &more, &text])),
        ("restart", joined(0, &[&text, &restart, &restart])),
        ("unnamed", joined(0, &[&unnamed])),
        ("watches", joined(1, &[&text])),
        ("muted", joined(8, &[&text])),
        ("wrong-kind", joined(4, &[&text])),
        (
            "both-ways",
            joined(0, &[&text.replace("a=sendonly", "a=sendrecv").replace("a=recvonly", "a=sendrecv")]),
        ),
        ("h264-first", joined(0, &[&text.replace("SAVPF 96 97 109 114", "SAVPF 109 114 96 97")])),
        ("one-number-twice", joined(0, &[&text.replace("apt=96", "apt=97").replace(" 109 ", " 96 ")])),
        ("one-stream-twice", joined(0, &[&text.replace("a=ssrc:901", "a=ssrc:902")])),
        ("letters", joined(0, &[&text.replace("opus/48000/2", "opus/48000/\u{e9}")])),
        ("layers", joined(0, &[&layered, &text, &layered])),
        ("layers-paused", joined(0, &[&layered.replace("send l;m;h", "recv r send ~l;m,h")])),
        ("layers-four", joined(0, &[&layered.replace("send l;m;h", "send l;m;h;x")])),
        ("layers-unnamed", joined(0, &[&layered.replace("send l;m;h", "send l;;~")])),
        ("layers-of-h264", joined(0, &[&layered.replace("pt=96", "pt=109")])),
        ("layers-without-names", joined(0, &[&layered.replace("sdes:rtp-stream-id", "sdes:other")])),
        ("rejected", joined(0, &[&text.replacen("m=audio 9", "m=audio 0", 1)])),
        ("weak", joined(0, &[&text.replace("sha-256", "sha-1")])),
        ("nothing", joined(0, &["v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"])),
    ]
}

pub(super) fn signalling() -> Vec<Seed> {
    let track = |mid: &str, source| PublishTrack { mid: mid.to_owned(), source, active: true };
    let tracks = || vec![track("m", Source::Microphone), track("c", Source::Camera)];
    let offer = |number| Shape { lanes: 1, ..Shape::visitor(number) }.text();
    let join = || ClientMessage::Join { token: genuine(), offer: offer(4), tracks: tracks() };
    let change = ClientMessage::Offer { offer: offer(3), tracks: tracks() };
    let resume =
        |secret: &str| ClientMessage::Resume { resume: secret.to_owned(), offer: offer(3), tracks: tracks() };
    let mute = |mid: &str, active| ClientMessage::Track { mid: mid.to_owned(), active };
    let view = |lanes: &[(&str, ViewSize)]| ClientMessage::View {
        lanes: lanes.iter().map(|(mid, size)| LaneView { mid: (*mid).to_owned(), size: *size }).collect(),
    };
    let seat = SeatId(Uuid::from_u128(1));
    let order = |order| ClientMessage::Moderate { order };
    let screen = ClientMessage::Offer { offer: offer(3), tracks: vec![track("m", Source::ScreenAudio)] };
    let back = |secret: &str, seen| ClientMessage::Reattach { resume: secret.to_owned(), seen };
    let ping = |seen| ClientMessage::Ping { id: 1, seen };
    let mut reattach =
        lines(&[back(RESUME, 1), ping(1), back(RESUME, 0), back("1f.unknown", 0), ping(u64::MAX)]);
    for (seq, active) in [(1, false), (1, false), (2, true), (u64::MAX, false)] {
        let frame = Numbered::new(seq, mute("m", active));
        let json =
            serde_json::to_string(&frame).expect("our messages have string keys only, so they are JSON");
        reattach.extend([b"\n", json.as_bytes()].concat());
    }
    reattach.extend([&b"\n"[..], &lines(&[back(RESUME, 1), mute("m", true)])].concat());
    vec![
        ("join", lines(&[join()])),
        ("offer", lines(&[change, screen])),
        ("resume", lines(&[resume(RESUME), resume("1f.unknown")])),
        ("mute", lines(&[mute("m", false), mute("c", false), mute("m", true), mute("x", true)])),
        ("reattach", reattach),
        (
            "view",
            lines(&[
                view(&[("v0", ViewSize::Hidden), ("a0", ViewSize::Thumbnail)]),
                view(&[("v0", ViewSize::Medium), ("v0", ViewSize::Full)]),
                view(&[("c", ViewSize::Full)]),
                view(&[]),
            ]),
        ),
        (
            "moderate",
            lines(&[
                order(Moderation::Mute { seat, source: Source::Microphone }),
                order(Moderation::Permit { seat, permissions: MediaPermissions::ALL }),
                order(Moderation::Lock { locked: true }),
                order(Moderation::TurnAway { seat }),
                ClientMessage::Decline { source: Source::Camera },
            ]),
        ),
        (
            "device",
            lines(&[DeviceLimit::Cpu, DeviceLimit::None].map(|limited| ClientMessage::Device { limited })),
        ),
        ("chat", CHAT.trim().as_bytes().to_vec()),
        ("ping", lines(&[ClientMessage::Ping { id: u32::MAX, seen: 1 }])),
        ("leave", lines(&[ClientMessage::Leave, mute("m", false), ClientMessage::End])),
        ("end", lines(&[ClientMessage::End])),
        ("deep", br#"{"type":"ping","id":"#.iter().copied().chain([b'['; 200]).collect()),
        ("unknown-field", br#"{"type":"track","mid":"m","active":true,"role":"admin"}"#.to_vec()),
        ("twice", br#"{"type":"track","mid":"m","mid":"c","active":true}"#.to_vec()),
    ]
}

/// Heard from the beginning, said twice with one number, too many, and asked for from a log and a number that are not there.
const CHAT: &str = r#"
{"type":"hear","after":0}
{"type":"say","id":5,"text":"good morning"}
{"type":"say","id":5,"text":"good morning"}
{"type":"say","id":9007199254740992,"text":"a\tb\nc"}
{"type":"say","id":6,"text":" "}
{"type":"say","id":7,"text":"1"}
{"type":"say","id":8,"text":"2"}
{"type":"say","id":9,"text":"3"}
{"type":"hear","log":"00000000-0000-0000-0000-000000000001","after":18446744073709551615}
{"type":"leave"}
{"type":"say","id":10,"text":"from beyond"}
"#;

fn lines(messages: &[ClientMessage]) -> Vec<u8> {
    let json = |message| {
        serde_json::to_string(message).expect("our messages have string keys only, so they are JSON")
    };
    messages.iter().map(json).collect::<Vec<_>>().join("\n").into_bytes()
}
