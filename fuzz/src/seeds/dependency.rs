//! Descriptors as senders write them, and what is wrong with them.

use rtp::extension::dependency::{
    ChainDiffs, Descriptor, FrameDiffs, Indication, Indications, Structure, Template, write,
};

use super::Seed;

/// A key frame of one size at two frame rates, with all that a structure can have.
const KEY: [u8; 18] =
    [0xc5, 0, 7, 0x80, 0x28, 0x23, 0x54, 0xf8, 0x22, 0x20, 0x80, 0x84, 0x68, 0x27, 0xf0, 0x16, 0x78, 0];

fn stream(descriptors: &[&[u8]]) -> Vec<u8> {
    descriptors.iter().flat_map(|one| [&[one.len() as u8], *one].concat()).collect()
}

/// Three sizes, where only key frames need the size below: each is a target with a chain.
fn sizes() -> Structure {
    let mut templates = Vec::new();
    for spatial in 0..3_u8 {
        for is_key in [true, false] {
            let is_in = |target: u8| if is_key { target >= spatial } else { target == spatial };
            let indications =
                (0..3).filter(|target| is_in(*target)).fold(Indications::default(), |all, target| {
                    all.with(usize::from(target), Indication::Switch)
                });
            let needs: &[u16] = if !is_key {
                &[3]
            } else if spatial > 0 {
                &[1]
            } else {
                &[]
            };
            let chain = |chain: u8| if is_key { chain.min(spatial).min(1) } else { 3 };
            let frame_diffs = FrameDiffs::new(needs).expect("one of them");
            let chain_diffs = ChainDiffs::new(&[chain(0), chain(1), chain(2)]);
            templates.push(Template { spatial, temporal: 0, indications, frame_diffs, chain_diffs });
        }
    }
    Structure::new(60, &templates, (3, &[0, 1, 2]), Some([(320, 180), (640, 360), (1280, 720), (0, 0)]))
        .expect("the wire can say it")
}

/// The first packet of a frame: of size `at / 2`, a key frame where `at` is even.
pub(super) fn of_sizes(at: usize, frame_number: u16, active: Option<u32>) -> Vec<u8> {
    let structure = sizes();
    let descriptor = Descriptor::of_template(&structure, at, (true, true), frame_number);
    let descriptor = Descriptor { has_structure: at == 0, active, ..descriptor.expect("one of six") };
    let mut out = [0; 255];
    let len = write(&descriptor, &structure, &mut out).expect("it fits an element");
    out[..len].to_vec()
}

pub(super) fn seeds() -> Vec<Seed> {
    let sizes: Vec<Vec<u8>> =
        [(0, 9, None), (2, 10, None), (4, 11, None), (1, 12, Some(3)), (3, 13, None), (1, 14, None)]
            .map(|(at, number, active)| of_sizes(at, number, active))
            .to_vec();
    let sizes: Vec<&[u8]> = sizes.iter().map(Vec::as_slice).collect();
    vec![
        ("key", stream(&[&KEY])),
        (
            "later",
            stream(&[&KEY, &[0x87, 0, 9], &[0x46, 0, 10], &[0x46, 0xff, 0xff, 0x7a, 0xc1, 0x22, 0x10, 0x88]]),
        ),
        ("before-its-structure", stream(&[&[0x87, 0, 9], &KEY])),
        ("unknown-template", stream(&[&KEY, &[0x88, 0, 9]])),
        ("late", stream(&[&KEY, &[&[0xc5, 0, 6], &KEY[3..]].concat(), &[0x87, 0, 9]])),
        ("cut", stream(&[&KEY[..12]])),
        ("sizes", stream(&sizes)),
        ("sizes-again", stream(&[&sizes[..], &sizes[..]].concat())),
        ("templates-without-end", stream(&[&[&[0x80, 0, 0, 0x80, 0][..], &[0; 40]].concat()])),
        ("diffs-without-end", stream(&[&KEY, &[&[0x46, 0, 10, 0x11][..], &[0x04; 40]].concat()])),
    ]
}
