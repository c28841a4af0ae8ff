//! RED payloads, and what a lane that sends them can meet.

use super::Seed;

/// Two frames of 20 ms before a third.
pub(super) const PAYLOAD: [u8; 18] =
    [0xef, 0x1e, 0, 3, 0xef, 0x0f, 0, 3, 0x6f, 9 << 3, 1, 1, 9 << 3, 2, 2, 9 << 3, 3, 3];

pub(super) fn seeds() -> Vec<Seed> {
    let apart = |payload: &[u8]| [&[0], payload].concat();
    let together = |program: &[u8]| [&[1], program].concat();
    // A packet of 20 ms, and a large one.
    let (next, large) = ([7, 0x52], [7, 0xff]);
    vec![
        ("apart", apart(&PAYLOAD)),
        ("alone", apart(&PAYLOAD[8..12])),
        ("silence-between", apart(&[&[0xef, 0x5a], &PAYLOAD[2..]].concat())),
        ("another-codec", apart(&[&[0xe0], &PAYLOAD[1..]].concat())),
        ("red-in-red", apart(&[&PAYLOAD[..8], &[63], &PAYLOAD[9..]].concat())),
        ("cut", apart(&PAYLOAD[..11])),
        ("too-many", apart(&[[0xef, 0, 0, 0].repeat(12), vec![0x6f]].concat())),
        ("together", together(&[&[0, 3][..], &next.repeat(8)].concat())),
        ("losses", together(&[&[0, 5][..], &next, &[3, 2, 0x52], &next, &[3, 1, 0x52], &next].concat())),
        ("dtx", together(&[&[0, 2][..], &next.repeat(2), &[4, 38, 0x52], &next.repeat(2)].concat())),
        ("another-track", together(&[&[0, 2][..], &next.repeat(3), &[2, 0x52, 1], &next.repeat(3)].concat())),
        ("large", together(&[&[0, 9][..], &large.repeat(12)].concat())),
        ("begins-and-ends", together(&[&next[..], &[0, 1], &next.repeat(2), &[0, 0], &next].concat())),
        ("unreadable", together(&[&[0, 2][..], &next, &[7, 0x51], &next, &next].concat())),
        ("more-than-is-kept", together(&[&[0, 2][..], &next.repeat(150)].concat())),
    ]
}
