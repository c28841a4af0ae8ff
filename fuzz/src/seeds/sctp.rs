//! Channels that a bad network, or a peer that lies, can make.

use super::Seed;
use crate::input::Output;
use crate::sctp::{CLOSE, DELIVER, DROP, INSERT, INSERT_FIRST, PIECE, RAW, REPEAT, SAY, SWAP, WAIT};

/// Set for the client's side.
const CLIENT: u8 = 0x80;

pub(super) fn seeds() -> Vec<Seed> {
    let start = Output::default;
    let both = |to: Output| to.byte(DELIVER).byte(DELIVER | CLIENT);
    let open = |to: Output| (0..4).fold(to, |to, _| both(to));
    let say = |to: Output, len: u16| to.byte(SAY).word(len).byte(SAY | CLIENT).word(len);
    let chunk = |to: Output, bytes: &[u8]| to.byte(INSERT).bytes(bytes);
    let piece = |to: Output, ahead: u16, flags: u8, content: &[u8]| {
        to.byte(PIECE).word(ahead).byte(flags).bytes(content)
    };
    let init = [1, 0, 0, 20, 0, 0, 0, 9, 0, 1, 0, 0, 0, 4, 0, 4, 0, 0, 0, 0];
    let last = [1, 0, 0, 20, 0, 0, 0, 9, 0, 1, 0, 0, 0, 4, 0, 4, 0xff, 0xff, 0xff, 0xff];
    vec![
        ("whole", say(both(say(open(start()), 3)), 4000).0),
        ("lost", say(open(start().byte(DROP).byte(WAIT).byte(70)), 2000).byte(DROP).byte(DROP | CLIENT).0),
        ("repeated", open(start().byte(REPEAT).byte(REPEAT).byte(DELIVER).byte(REPEAT | CLIENT)).0),
        ("swapped", say(say(open(start()), 1500), 1500).byte(SWAP).byte(SWAP | CLIENT).0),
        ("closed", say(open(start()), 9).byte(CLOSE).byte(DELIVER | CLIENT).0),
        (
            "many-inits",
            (0..12)
                .fold(start(), |to, at| {
                    let mut other = init;
                    other[7] = at + 1;
                    to.byte(INSERT_FIRST).bytes(&other)
                })
                .0,
        ),
        ("late-init", open(start()).byte(INSERT_FIRST).bytes(&init).0),
        ("init-at-the-wrap", piece(start().byte(INSERT_FIRST).bytes(&last), 1, 3, b"x").0),
        ("piece", piece(open(start()), 0, 3, b"hello").0),
        (
            "no-end",
            (0..70).fold(piece(open(start()), 0, 2, &[1; 1000]), |to, _| piece(to, 1, 0, &[1; 1000])).0,
        ),
        ("gaps", (0..40).fold(open(start()), |to, _| piece(to, 2, 3, b"gap")).0),
        ("empty-data", piece(open(start()), 1, 3, b"").0),
        ("forward-tsn", chunk(open(start()), &[192, 0, 0, 8, 0xff, 0xff, 0xff, 0xff]).0),
        ("error-without-room", chunk(open(start()), &[9, 0, 0, 8, 0, 13, 0xff, 0xff]).0),
        ("abort-without-room", chunk(open(start()), &[6, 0, 0, 8, 0, 13, 0xff, 0xff]).0),
        (
            "sack-of-everything",
            chunk(
                say(open(start()), 9),
                &[3, 0, 0, 20, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0xff],
            )
            .0,
        ),
        ("sack-of-the-future", chunk(open(start()), &[3, 0, 0, 16, 0x7f, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]).0),
        (
            "reset",
            chunk(
                open(start()),
                &[130, 0, 0, 24, 0, 13, 0, 18, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0],
            )
            .0,
        ),
        ("heartbeat", chunk(open(start()), &[4, 0, 0, 12, 0, 1, 0, 8, 1, 2, 3, 4]).0),
        ("cookie", chunk(start(), &[10, 0, 0, 8, 1, 2, 3, 4]).0),
        ("not-a-packet", open(start()).byte(RAW).bytes(&[0x13, 0x88, 0x13]).0),
    ]
}
