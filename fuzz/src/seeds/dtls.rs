//! Handshakes that a bad network, or somebody on it, can make.

use super::Seed;
use crate::dtls::{BEND, CUT, DATA, DELIVER, DROP, FRAGMENT, INSERT, REPEAT, SWAP, WAIT};
use crate::input::Output;

/// Set for the client's side.
const CLIENT: u8 = 0x80;

pub(super) fn seeds() -> Vec<Seed> {
    let start = Output::default;
    let both = |to: Output| to.byte(DELIVER).byte(DELIVER | CLIENT);
    let whole = |to: Output| (0..12).fold(to, |to, _| both(to));
    let hello = |to: Output, len: u16, offset: u16, body: &[u8]| {
        to.byte(FRAGMENT).byte(1).byte(0).word(len).word(offset).bytes(body)
    };
    vec![
        ("whole", whole(start()).0),
        ("lost", whole(both(start()).byte(DROP).byte(WAIT).byte(11)).0),
        ("repeated", whole(start().byte(REPEAT).byte(REPEAT).byte(DELIVER).byte(REPEAT | CLIENT)).0),
        ("swapped", whole(both(start()).byte(SWAP).byte(SWAP | CLIENT)).0),
        ("bent-hello", start().byte(BEND).word(80).byte(1).0),
        ("bent-flight", both(both(start()).byte(BEND | CLIENT).word(40).byte(0x20)).0),
        ("cut", start().byte(CUT).word(60).byte(DELIVER).byte(WAIT).byte(12).0),
        ("too-late", start().byte(WAIT).byte(15).byte(WAIT).byte(15).0),
        ("alert", start().byte(INSERT).bytes(&[21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2, 40]).0),
        (
            "many-records",
            start().byte(INSERT).bytes(&[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0].repeat(20)).0,
        ),
        (
            "early-finished",
            start().byte(INSERT).bytes(&[22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4]).0,
        ),
        (
            "change-cipher-first",
            start().byte(INSERT).bytes(&[20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]).0,
        ),
        ("fragments", (0..20).fold(start(), |to, at| hello(to, 2000, at * 100, &[1; 100])).0),
        ("small-fragments", (0..40).fold(start(), |to, at| hello(to, 200, at, &[1])).0),
        ("overlapping", hello(hello(start(), 300, 0, &[1; 200]), 300, 100, &[2; 200]).0),
        ("lying-length", hello(hello(start(), 300, 0, &[1; 200]), 400, 100, &[2; 200]).0),
        ("data", whole(whole(start()).byte(DATA).bytes(b"sctp").byte(DATA | CLIENT).bytes(b"sctp")).0),
        ("renegotiation", hello(whole(start()), 100, 0, &[1; 100]).0),
    ]
}
