//! What the others in a room can do, one kind of thing a seed.

use super::Seed;
use crate::datagrams::{GOES_ON, NOT_CONNECTED, STEPS, Step};
use crate::input::Output;

/// The first member who is no witness, and the second.
const MALLORY: u8 = 0;
const MIKE: u8 = 1;
/// Who joins next.
const NEWCOMER: u8 = 2;
/// The number of [`Step::Raw`].
const RAW: u8 = 0;
/// Paths: of those, of the first witness, and of strangers.
const MALLORYS_PATH: u8 = 2;
const WITNESS_PATH: u8 = 0;
const STRANGER: u8 = 0x80;
const STRANGER_IPV6: u8 = 0xc0;
/// Streams of a member.
const MICROPHONE: u8 = 0;
const REDUNDANT: u8 = 1;
const CAMERA: u8 = 2;
const REPAIRS: u8 = 4;
const UNANNOUNCED: u8 = 11;
const WITNESS_STREAM: u8 = 12;
const CAMERA_IN_SIZES: u8 = 15;

const KEY_FRAME: &[u8] = &[0x90, 0x80, 1, 0x00, 0x9d, 0x01, 0x2a, 7, 7];
const DELTA_FRAME: &[u8] = &[0x90, 0x80, 2, 0x01, 1, 2, 3];

fn step(to: Output, step: Step) -> Output {
    let number = STEPS.iter().position(|one| *one == step).unwrap_or_default();
    to.byte(number as u8)
}

fn media(to: Output, who: u8, stream: u8, skip: i8, payload: &[u8]) -> Output {
    step(to, Step::Media).byte(who).byte(stream).byte(skip.cast_unsigned()).byte(1).bytes(payload)
}

/// With a level and a mid, in two-byte elements.
fn media_with_all(to: Output, who: u8, stream: u8, payload: &[u8]) -> Output {
    let flags = 0x10 | 8 | 4 | 2 | 1;
    step(to, Step::Media).byte(who).byte(stream).byte(0).byte(flags).byte(0x90).byte(9).bytes(payload)
}

fn wait(to: Output, exponent: u8) -> Output {
    step(to, Step::Wait).byte(exponent)
}

fn nack(to: Output, who: u8, lane: u8, back: u8, mask: u16) -> Output {
    step(to, Step::Nack).byte(who).byte(lane).byte(back).word(mask)
}

/// RTCP about a lane: type 200 + `kind`, format or count `count`.
fn feedback(to: Output, who: u8, (kind, count): (u8, u8), lane: u8, body: &[u8]) -> Output {
    step(to, Step::Feedback).byte(who).byte(kind).byte(count).byte(MICROPHONE).byte(lane).bytes(body)
}

fn says(to: Output, who: u8, what: u8, argument: u8) -> Output {
    step(to, Step::Member).byte(who).byte(what).byte(argument)
}

fn shell(to: Output, what: u8, argument: u8, who: u8) -> Output {
    step(to, Step::Shell).byte(what).byte(argument).byte(who)
}

fn raw(to: Output, from: u8, bytes: &[u8]) -> Output {
    step(to, Step::Raw).byte(from).bytes(bytes)
}

pub(super) fn seeds() -> Vec<Seed> {
    [strangers(), streams(), layers(), sizes(), reports(), networks(), people()]
        .concat()
        .into_iter()
        .map(|(name, to)| (name, to.0))
        .collect()
}

fn start() -> Output {
    Output::default()
}

/// A member's camera in layers.
const LAYERED: u8 = 0xc0;
/// In [`says`]: what is shown at which size.
const VIEW: u8 = 0x80;

/// A packet of a stream of its own, under the name of a layer; `repairs`: of what it repairs.
fn layer(to: Output, who: u8, (at, repairs): (u8, bool), payload: &[u8]) -> Output {
    let (stream, payload_type) = if repairs { (14, 97) } else { (13, 96) };
    let flags = 0x80 | if repairs { 0x40 } else { 0 } | (at << 4) | 1;
    step(to, Step::Media)
        .byte(who)
        .byte(stream)
        .byte(at)
        .byte(payload_type)
        .byte(0)
        .byte(flags)
        .bytes(payload)
}

fn layers() -> Vec<(&'static str, Output)> {
    let layered = || says(says(start(), MALLORY, 2, LAYERED), MIKE, 1, VIEW);
    let all = |to: Output, payload: &[u8]| (0..3).fold(to, |to, at| layer(to, MALLORY, (at, false), payload));
    let begun = || all(all(layered(), KEY_FRAME), DELTA_FRAME);
    let views = (0..16).fold(begun(), |to, size| wait(all(says(to, MIKE, 1, VIEW | size), KEY_FRAME), 9));
    let repair = [&1u16.to_be_bytes(), DELTA_FRAME].concat();
    let repaired = (0..4).fold(begun(), |to, at| layer(to, MALLORY, (at, true), &repair));
    vec![
        ("layers", nack(begun(), MIKE, 0, 1, 0xff)),
        ("layers-views", wait(views, 12)),
        ("layers-repaired", wait(repaired, 5)),
        ("layers-stop", layer(wait(begun(), 10), MALLORY, (2, false), DELTA_FRAME)),
        ("layers-unknown", layer(begun(), MALLORY, (3, false), KEY_FRAME)),
        ("layers-of-another", all(says(begun(), MIKE, 2, LAYERED), KEY_FRAME)),
        ("layers-gone", all(says(begun(), MALLORY, 2, 0), KEY_FRAME)),
    ]
}

/// A member's camera in several sizes of one stream.
const SIZED: u8 = 0x80;

/// A packet of such a camera: a frame of a size, which ends its moment where it is the largest.
fn size(to: Output, who: u8, (stream, skip): (u8, i8), (descriptor, is_last): (&[u8], bool)) -> Output {
    let to = step(to, Step::Media).byte(who).byte(stream).byte(skip.cast_unsigned());
    to.byte(8 | u8::from(is_last)).bytes(descriptor).bytes(b"picture")
}

/// A moment of all sizes from this frame on.
fn moment(to: Output, (is_key, first): (bool, u16), active: Option<u32>) -> Output {
    (0..3).fold(to, |to, spatial| {
        let at = 2 * spatial + usize::from(!is_key);
        let active = active.filter(|_| spatial == 0);
        let descriptor = super::dependency::of_sizes(at, first + spatial as u16, active);
        size(to, MALLORY, (CAMERA_IN_SIZES, 0), (&descriptor, spatial == 2))
    })
}

fn sizes() -> Vec<(&'static str, Output)> {
    let sized = || says(says(start(), MALLORY, 2, SIZED), MIKE, 1, VIEW | 3);
    let key = |to, first| moment(to, (true, first), None);
    let delta = |to, first| moment(to, (false, first), None);
    let begun = || delta(delta(key(sized(), 9), 12), 15);
    let views = (0..16).fold(begun(), |to, at| {
        let to = says(to, MIKE, 1, VIEW | (at as u8 & 3));
        delta(key(wait(to, 9), 18 + 6 * at), 21 + 6 * at)
    });
    let wrong = [0x7f, 0, 30, 0xf8, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    vec![
        ("sizes", nack(begun(), MIKE, 0, 2, 0xff)),
        ("sizes-views", wait(views, 12)),
        ("sizes-given-up", delta(moment(begun(), (true, 18), Some(1)), 21)),
        ("sizes-lost", delta(key(size(begun(), MALLORY, (CAMERA_IN_SIZES, 3), (&[], true)), 40), 43)),
        ("sizes-wrong", delta(size(begun(), MALLORY, (CAMERA_IN_SIZES, 0), (&wrong, true)), 18)),
        ("sizes-without-their-structure", key(delta(sized(), 12), 9)),
        ("sizes-of-another-count", delta(key(begun(), 50_000), 50_003)),
        ("sizes-stopped", key(wait(says(begun(), MIKE, 1, VIEW), 12), 18)),
        ("sizes-no-more", delta(says(begun(), MALLORY, 2, 0), 18)),
    ]
}

fn strangers() -> Vec<(&'static str, Output)> {
    let rtp = [0x80, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9];
    let rtcp = [
        0x81, 201, 0, 7, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0x80, 0, 0,
        1,
    ];
    let name = [0, 6, 0, 9, b'1', b'f', b'a', b'a', b':', b'p', b'e', b'e', b'r', 0, 0, 0];
    let hello = [22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0];
    let proof = [0, 8, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
    let unknown = [&name[..], &[0, 0x24, 0, 4, 1, 2, 3, 4], &proof].concat();
    let each = |bytes: &[u8]| {
        let to = raw(raw(start(), STRANGER, bytes), STRANGER_IPV6, bytes);
        raw(raw(to, MALLORYS_PATH, bytes), WITNESS_PATH, bytes)
    };
    vec![
        ("stranger-rtp", each(&rtp)),
        ("stranger-rtcp", each(&rtcp)),
        ("stranger-rtcp-short", each(&rtcp[..20])),
        ("stranger-dtls", (0..12).fold(each(&hello), |to, _| raw(to, MALLORYS_PATH, &hello))),
        ("stranger-stun", each(&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])),
        ("stranger-stun-name", step(start(), Step::Unproved).byte(STRANGER).bytes(&name)),
        ("stranger-stun-unknown", step(start(), Step::Unproved).byte(STRANGER).bytes(&unknown)),
        ("stranger-empty", each(&[])),
        (
            "dtls-flood",
            (0..80).fold(start(), |to, _| to.byte(GOES_ON | RAW).byte(MALLORYS_PATH).bytes(&hello)),
        ),
    ]
}

fn streams() -> Vec<(&'static str, Output)> {
    let repair = |number: u16, payload: &[u8]| [&number.to_be_bytes(), payload].concat();
    let frame = media(start(), MALLORY, CAMERA, 0, KEY_FRAME);
    let h264 = &[0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce, 0, 2, 0x65, 0x88];
    vec![
        ("audio", media(media(start(), MALLORY, MICROPHONE, 0, &[7; 80]), MIKE, MICROPHONE, 0, &[8; 80])),
        (
            "video",
            media(media(frame.clone(), MALLORY, CAMERA, 0, DELTA_FRAME), MALLORY, CAMERA, 0, DELTA_FRAME),
        ),
        ("elements", media_with_all(start(), MALLORY, MICROPHONE, &[7; 80])),
        // A gap; the node asks for it, and it comes by RTX: numbers begin at 100.
        ("gap-and-repair", {
            let to = wait(media(frame.clone(), MALLORY, CAMERA, 3, DELTA_FRAME), 6);
            let to = media(to, MALLORY, REPAIRS, 0, &repair(101, DELTA_FRAME));
            wait(media(to, MALLORY, REPAIRS, 0, &repair(102, &[])), 8)
        }),
        (
            "leap",
            wait(
                media(
                    media(frame.clone(), MALLORY, CAMERA, 127, KEY_FRAME),
                    MALLORY,
                    CAMERA,
                    -100,
                    DELTA_FRAME,
                ),
                9,
            ),
        ),
        (
            "wrap",
            (0..9).fold(start(), |to, _| {
                step(to, Step::Burst).byte(MALLORY).byte(CAMERA).byte(63).byte(120).bytes(DELTA_FRAME)
            }),
        ),
        (
            "burst",
            step(frame.clone(), Step::Burst).byte(MALLORY).byte(CAMERA).byte(40).byte(0).bytes(DELTA_FRAME),
        ),
        ("unannounced", media_with_all(start(), MALLORY, UNANNOUNCED, KEY_FRAME)),
        ("another's-stream", media(start(), MALLORY, WITNESS_STREAM, 0, b"the first witness speaks!")),
        (
            "many-streams",
            (0..80).fold(start(), |to, at| {
                step(to, Step::Media)
                    .byte(MALLORY)
                    .byte(0x0d)
                    .byte(at)
                    .byte(96)
                    .byte(0)
                    .byte(0)
                    .bytes(KEY_FRAME)
            }),
        ),
        ("again", {
            let again = |to, how| step(to, Step::Again).byte(0).byte(how);
            let to = again(again(frame.clone(), 0), 1).byte(WITNESS_PATH);
            again(again(to, 2).word(20).byte(1), 4).word(20)
        }),
        ("h264", media(start(), MALLORY, 6, 0, h264)),
        ("sealed-anything", {
            let mut packet =
                vec![0xb3, 96, 0, 200, 0, 0, 0, 2, 0, 0, 1, 46, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
            packet.extend([0xbe, 0xde, 0, 1, 0x42, b's', b'x', 0]);
            packet.extend([1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 4]);
            step(start(), Step::SealedRtp).byte(MALLORY).bytes(&packet)
        }),
    ]
}

fn reports() -> Vec<(&'static str, Output)> {
    let talk = |to| step(to, Step::Talk);
    let talked = || (0..6).fold(start(), |to, _| talk(to));
    let block = [0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1];
    vec![
        ("nack", nack(nack(talked(), MALLORY, 0, 3, 7), MALLORY, 1, 3, 0xffff)),
        ("nack-again", {
            let to = nack(nack(talked(), MALLORY, 1, 2, 1), MALLORY, 1, 2, 1);
            nack(wait(to, 8), MALLORY, 1, 2, 1)
        }),
        ("nack-storm", (0..40).fold(talked(), |to, at| nack(to, MALLORY, 1, at, 0xffff))),
        ("picture-loss", (0..30).fold(talked(), |to, at| feedback(to, MALLORY, (6, 1), at, &[]))),
        (
            "full-intra",
            wait(feedback(talked(), MALLORY, (6, 4), 1, &[0, 0, 0, 0, 0, 0, 3, 0xad, 1, 0, 0, 0]), 10),
        ),
        ("loses-sound", {
            // Lanes in the order of the offer, the first one's own stream first: five of fifty packets were lost.
            let lost = [26, 0, 0, 5, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            let to = feedback(talked(), MALLORY, (1, 1), 2, &lost);
            (0..6).fold(to, |to, _| talk(to))
        }),
        ("earlier-packets", {
            let to = media(start(), MALLORY, MICROPHONE, 0, &[9 << 3; 80]);
            let to = media(to, MALLORY, REDUNDANT, 2, &super::red::PAYLOAD);
            media(to, MALLORY, REDUNDANT, 0, &super::red::PAYLOAD[..11])
        }),
        ("receiver-report", wait(feedback(talked(), MALLORY, (1, 1), 2, &block), 11)),
        ("sender-report", wait(feedback(wait(talked(), 10), MALLORY, (0, 0), 0, &block), 12)),
        ("estimate", feedback(talked(), MALLORY, (6, 15), 0, b"REMB\x01\xff\xff\xff\0\0\0\x01")),
        (
            "transport-feedback",
            feedback(talked(), MALLORY, (5, 15), 0, &[0, 0, 0, 4, 0, 0, 1, 0, 0x20, 4, 1, 1, 1, 1]),
        ),
        ("bye", feedback(talked(), MALLORY, (3, 2), 0, &[])),
        ("sealed-report", {
            let report = [0x81, 200, 0, 1, 0, 0, 0, 1, 0x81, 205, 0xff, 0xff, 0, 0, 0, 1, 0x80, 202, 0, 0];
            step(talked(), Step::SealedRtcp).byte(MALLORY).bytes(&report)
        }),
        (
            "reports-of-both",
            wait(media(media(talked(), MALLORY, MICROPHONE, 0, &[7; 80]), MALLORY, CAMERA, 0, KEY_FRAME), 13),
        ),
    ]
}

fn networks() -> Vec<(&'static str, Output)> {
    let check = |to, who, flags: u8| step(to, Step::Check).byte(who).byte(flags);
    let speaks = |to| media(to, MALLORY, MICROPHONE, 0, &[7; 80]);
    vec![
        ("check", check(start(), MALLORY, 0)),
        ("moves", speaks(check(start(), MALLORY, 1 | 2).byte(STRANGER))),
        ("moves-to-ipv6", speaks(check(start(), MALLORY, 1 | 2).byte(STRANGER_IPV6))),
        ("many-paths", speaks((0..16).fold(start(), |to, at| check(to, MALLORY, 1 | 2).byte(STRANGER | at)))),
        (
            "another's-path",
            check(check(start(), MALLORY, 1 | 2).byte(WITNESS_PATH), MIKE, 1 | 2).byte(MALLORYS_PATH),
        ),
        ("bent-check", check(start(), MALLORY, 8).byte(40)),
        ("unknown-attribute", check(start(), MALLORY, 4).bytes(&[0x7f, 0xff, 0, 4, 1, 2, 3, 4])),
        ("many-attributes", check(start(), MALLORY, 4).bytes(&[0x80, 0x22, 0, 0].repeat(30))),
        ("check-storm", (0..150).fold(start(), |to, _| check(to, MALLORY, 0))),
        ("silent", wait(wait(speaks(start()), 15), 15)),
        ("seat-freed", (0..6).fold(start(), |to, _| wait(to, 15))),
    ]
}

fn people() -> Vec<(&'static str, Output)> {
    let speaks = |to| media(to, MALLORY, MICROPHONE, 0, &[7; 80]);
    let shows = |to| media(to, MALLORY, CAMERA, 0, KEY_FRAME);
    vec![
        ("muted", speaks(says(speaks(says(speaks(start()), MALLORY, 0, 0)), MALLORY, 0, 1))),
        ("fewer-lanes", shows(says(shows(start()), MALLORY, 2, 0))),
        ("more-and-screen", {
            let to = says(start(), MALLORY, 2, 32 | 3);
            media(shows(to), MALLORY, 8, 0, KEY_FRAME)
        }),
        ("unnamed-streams", {
            let to = says(start(), MALLORY, 2, 8 | 3);
            media_with_all(shows(to), MALLORY, UNANNOUNCED, KEY_FRAME)
        }),
        ("restart", step(says(start(), MALLORY, 2, 64 | 3), Step::Check).byte(MALLORY).byte(2)),
        ("many-offers", (0..60).fold(start(), |to, at| says(to, MALLORY, 2, at * 4))),
        ("signal-lost", wait(says(start(), MALLORY, 4, 0), 14)),
        ("leaves", wait(speaks(says(speaks(start()), MALLORY, 5, 0)), 6)),
        ("wants-to-end", says(start(), MALLORY, 6, 0)),
        ("resumes", shows(says(shows(start()), MALLORY, 7, 1))),
        ("resumes-without-keys", wait(says(start(), MALLORY, 7, 0), 15)),
        ("full-room", (0..7).fold(start(), |to, at| shell(to, 0, at, 0))),
        ("not-connected", {
            let to = speaks(shell(start(), NOT_CONNECTED, 3, 0));
            let to = step(to, Step::Check).byte(NEWCOMER).byte(2);
            let to = media(raw(to, 4, &[0x80; 40]), MALLORY, CAMERA, 0, KEY_FRAME);
            wait(shell(to, 2, 0, NEWCOMER), 12)
        }),
        ("handshake-fails", wait(shell(start(), 2, 0, MALLORY), 12)),
        (
            "goodbye",
            shell(start(), 1, 0, MALLORY).bytes(&[21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0]),
        ),
        ("stale-end", shell(shell(start(), 3, 4, 0), 5, 0, 0)),
        ("removed", wait(speaks(shell(speaks(start()), 4, 0, MALLORY)), 6)),
        ("keys-for-nobody", shell(start(), 6, 200, 0)),
    ]
}
