use std::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::error::WriteError;
use crate::seeded;

/// Bytes from bits as the specification writes them, padded with zeros.
fn bytes(bits: &[&str]) -> Vec<u8> {
    let mut bits: Vec<u8> =
        bits.iter().flat_map(|part| part.bytes()).filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
    bits.resize(bits.len().next_multiple_of(8), 0);
    bits.chunks(8).map(|byte| byte.iter().fold(0, |all, bit| (all << 1) | bit)).collect()
}

/// One size at two frame rates, as §A.10 draws L1T2: three templates, two targets, one chain.
fn key_frame() -> Vec<u8> {
    bytes(&[
        "1 1 000101 0000000000000111",         // starts, ends, template 5, frame 7
        "1 0 0 0 0",                           // a structure, and nothing else
        "000101 00001",                        // templates from 5 on, two targets
        "00 01 11",                            // layers: the same, the next temporal one, no more
        "10 10  11 11  00 01",                 // SS, RR, -D
        "0  1 0001 0  1 0000 0",               // needs: nothing, two before, one before
        "10",                                  // one chain of up to two
        "0000 0010 0001",                      // how far back it lies
        "1 0000001001111111 0000000101100111", // 640 x 360
    ])
}

fn read(data: &[u8]) -> (Reader, Result<Descriptor, ParseError>) {
    let mut reader = Reader::new();
    let read = reader.read(data);
    (reader, read)
}

#[test]
fn a_structure_is_read_as_the_specification_writes_it() {
    let (reader, key) = read(&key_frame());

    let key = key.unwrap();
    assert!(key.start && key.end && key.has_structure);
    assert_eq!((key.frame_number, key.spatial, key.temporal, key.active), (7, 0, 0, None));
    assert_eq!([0, 1, 2].map(|at| key.indications.of(at) as u8), [2, 2, 0]);
    assert!(key.frame_diffs.as_slice().is_empty() && key.chain_diffs.of(0) == 0);
    let structure = reader.structure().unwrap();
    assert_eq!((structure.targets(), structure.chains(), structure.templates().len()), (2, 1, 3));
    assert_eq!([0, 1, 2].map(|at| structure.layers_of(at)), [Some((0, 0)), Some((0, 1)), None]);
    assert_eq!([0, 1].map(|at| structure.chain_of(at)), [Some(0), Some(0)]);
    assert_eq!((structure.size_of(0), structure.size_of(1)), (Some((640, 360)), None));
    assert_eq!(
        (structure.target_of(0), structure.target_of(1), structure.spatial_layers()),
        (Some(1), None, 1)
    );
}

#[test]
fn later_packets_name_a_template_and_say_what_is_other() {
    let (mut reader, _) = read(&key_frame());
    let plain = reader.read(&[0x87, 0, 9]).unwrap();
    assert!(plain.start && !plain.end && !plain.has_structure);
    assert_eq!((plain.temporal, plain.frame_diffs.as_slice(), plain.chain_diffs.of(0)), (1, &[1][..], 1));
    assert_eq!(
        [plain.indications.of(0), plain.indications.of(1)],
        [Indication::NotPresent, Indication::Discardable]
    );

    let other = bytes(&[
        "0 1 000110 1111111111111111",
        "0 1 1 1 1",
        "01",                       // active: the first target alone
        "11 00",                    // R-
        "01 0010  10 00100001  00", // needs three before, and 34 before
        "00010001",                 // the chain 17 before
    ]);
    let other = reader.read(&other).unwrap();

    assert_eq!((other.frame_number, other.active), (0xffff, Some(1)));
    assert_eq!(
        [other.indications.of(0), other.indications.of(1)],
        [Indication::Required, Indication::NotPresent]
    );
    assert_eq!((other.frame_diffs.as_slice(), other.chain_diffs.of(0)), (&[3, 34][..], 17));
}

#[test]
fn what_is_wrong_is_named_and_changes_nothing() {
    assert_eq!(read(&[0x80, 0, 1]).1, Err(ParseError::Invalid("descriptor before its structure")));
    let (mut reader, _) = read(&key_frame());
    let before = reader.clone();

    assert_eq!(reader.read(&[0x80, 0]), Err(ParseError::Truncated("dependency descriptor")));
    for template in [4, 8, 63] {
        let unknown = reader.read(&[0x80 | template, 0, 9]);
        assert_eq!(unknown, Err(ParseError::Invalid("dependency template")), "{template}");
    }
    for len in MANDATORY_LEN + 1..key_frame().len() {
        assert!(reader.read(&key_frame()[..len]).is_err(), "cut at {len}");
    }
    let start = "1 1 000000 0000000000000001 1 0 0 0 0 000000 00000";
    let spatial = bytes(&[start, &"10".repeat(SPATIAL_MAX)]);
    assert_eq!(reader.read(&spatial), Err(ParseError::TooMany("layers")));
    let temporal = bytes(&[start, &"01".repeat(TEMPORAL_MAX)]);
    assert_eq!(reader.read(&temporal), Err(ParseError::TooMany("layers")));
    let templates = bytes(&[start, &"00".repeat(TEMPLATES_MAX)]);
    assert_eq!(reader.read(&templates), Err(ParseError::TooMany("dependency templates")));
    let diffs = bytes(&["0 1 000110 0000000000000001 0 0 0 1 0", &"01 0000".repeat(FRAME_DIFFS_MAX + 1)]);
    assert_eq!(reader.read(&diffs), Err(ParseError::TooMany("frame diffs")));
    assert_eq!(reader, before);
}

#[test]
fn a_structure_that_comes_late_is_for_its_own_packet_only() {
    let (mut reader, _) = read(&key_frame());
    let newer = reader.clone();
    let mut late = bytes(&["1 1 000000 0000000000000111 1 0 0 0 0 000000 00000 11 10 0 0 0"]);

    overwrite_frame_number(&mut late, 6);
    assert!(reader.read(&late).is_ok());
    assert_eq!(reader, newer);
    // Far behind is another count.
    overwrite_frame_number(&mut late, 7_u16.wrapping_sub(LATE_FRAMES_MAX + 1));
    assert!(reader.read(&late).is_ok());
    assert_eq!(reader.structure().unwrap().targets(), 1);
}

#[test]
fn active_targets_are_set_and_all_else_stays() {
    let (mut reader, _) = read(&key_frame());
    let mut out = [0xff; DESCRIPTOR_LEN_MAX];

    let len = write_with_active(&key_frame(), (2, 0b01), &mut out).unwrap();
    let (other, key) = read(&out[..len]);
    assert_eq!(other.structure(), reader.structure());
    assert_eq!(key.map(|key| key.active), Ok(Some(0b01)));

    let plain = [0x87, 0, 9];
    let descriptor = reader.read(&plain).unwrap();
    let len = write_with_active(&plain, (2, 0b01), &mut out).unwrap();
    let expected = Descriptor { active: Some(0b01), ..descriptor };
    assert_eq!((len, reader.read(&out[..len])), (4, Ok(expected)));
    // Once more over what is there.
    let once = out[..len].to_vec();
    let len = write_with_active(&once, (2, 0b10), &mut out).unwrap();
    assert_eq!(reader.read(&out[..len]).map(|read| read.active), Ok(Some(0b10)));
    assert_eq!(
        write_with_active(&once, (2, 0), &mut [0; 3]),
        Err(WriteError::BufferFull("dependency descriptor"))
    );
}

#[test]
fn what_the_wire_cannot_say_is_no_structure() {
    let of = |spatial, temporal| Template { spatial, temporal, ..Template::default() };

    assert!(Structure::new(0, &[of(0, 0), of(0, 1), of(1, 0)], (1, &[0, 0]), None).is_some());
    assert!(Structure::new(0, &[of(0, 0), of(1, 1)], (1, &[0]), None).is_none(), "a layer left out");
    assert!(Structure::new(0, &[of(1, 0)], (1, &[0]), None).is_some_and(|one| one.spatial_layers() == 1));
    assert!(Structure::new(0, &[], (1, &[0]), None).is_none());
    assert!(Structure::new(0, &[of(0, 0)], (0, &[]), None).is_none(), "no target");
    assert!(Structure::new(0, &[of(0, 0)], (1, &[1]), None).is_none(), "no such chain");
    assert!(Structure::new(0, &[of(0, 0)], (2, &[0]), None).is_none(), "more chains than targets");
    assert_eq!(FrameDiffs::new(&[0]), None);
    assert_eq!(FrameDiffs::new(&[1; FRAME_DIFFS_MAX + 1]), None);
}

fn structures() -> impl Strategy<Value = Structure> {
    let template = (0..3_u8, any::<u64>(), vec(1..=16_u16, 0..=FRAME_DIFFS_MAX), any::<[u8; CHAINS_MAX]>());
    let shape = (0..64_u8, 1..=TARGETS_MAX, vec(template, 1..=TEMPLATES_MAX), 0..=CHAINS_MAX, any::<bool>());
    shape.prop_map(|(offset, targets, steps, chains, has_sizes)| {
        let chains = chains.min(targets) as u8;
        let (mut spatial, mut temporal, mut is_first) = (0, 0, true);
        let templates: Vec<_> = steps
            .into_iter()
            .map(|(step, indications, diffs, chain_diffs)| {
                if !std::mem::take(&mut is_first) {
                    match step {
                        1 if usize::from(temporal) + 1 < TEMPORAL_MAX => temporal += 1,
                        2 if usize::from(spatial) + 1 < SPATIAL_MAX => (spatial, temporal) = (spatial + 1, 0),
                        _ => {}
                    }
                }
                let mut template = Template { spatial, temporal, ..Template::default() };
                for target in 0..targets {
                    template.indications =
                        template.indications.with(target, Indication::of_bits(indications >> target));
                }
                template.frame_diffs = FrameDiffs::new(&diffs).unwrap();
                for (chain, diff) in chain_diffs.iter().enumerate().take(usize::from(chains)) {
                    template.chain_diffs.set(chain, diff & 15);
                }
                template
            })
            .collect();
        let protected: Vec<u8> = (0..targets).map(|target| target as u8 % chains.max(1)).collect();
        let mut sizes = [(0, 0); SPATIAL_MAX];
        sizes[..=usize::from(spatial)].fill((65_536, 1));
        Structure::new(offset, &templates, (chains, &protected), has_sizes.then_some(sizes)).unwrap()
    })
}

proptest! {
    #![proptest_config(seeded::config())]

    #[test]
    fn what_is_written_is_read(
        structure in structures(),
        (which, number, flags) in any::<(prop::sample::Index, u16, [bool; 7])>(),
        (indications, diffs, chain, active) in
            (any::<u64>(), vec(1..=4096_u16, 0..=FRAME_DIFFS_MAX), any::<u8>(), any::<u32>()),
    ) {
        let at = which.index(structure.templates().len());
        let template = structure.templates()[at];
        let mut descriptor = Descriptor {
            start: flags[0],
            end: flags[1],
            template: structure.number_of(at),
            frame_number: number,
            has_structure: true,
            active: flags[3].then_some(active & (u32::MAX >> (32 - structure.targets()))),
            spatial: template.spatial,
            temporal: template.temporal,
            indications: template.indications,
            frame_diffs: template.frame_diffs,
            chain_diffs: template.chain_diffs,
        };
        if flags[4] {
            for target in 0..structure.targets() {
                descriptor.indications = descriptor.indications.with(target, Indication::of_bits(indications >> target));
            }
        }
        if flags[5] {
            descriptor.frame_diffs = FrameDiffs::new(&diffs).unwrap();
        }
        if flags[6] && structure.chains() > 0 {
            descriptor.chain_diffs.set(structure.chains() - 1, chain);
        }
        // Longer than an element holds: what a sender could not send either.
        let mut buffer = [0xff; 4096];
        let len = write(&descriptor, &structure, &mut buffer).unwrap();

        let mut reader = Reader::new();
        let read = reader.read(&buffer[..len]).unwrap();

        prop_assert_eq!(read, descriptor);
        prop_assert_eq!(reader.structure(), Some(&structure));
        let later = Descriptor { has_structure: false, ..descriptor };
        let len = write(&later, &structure, &mut buffer).unwrap();
        let read = reader.read(&buffer[..len]).unwrap();
        prop_assert_eq!(read, later);
        let mut out = [0; 4096];
        let mask = active & (u32::MAX >> (32 - structure.targets()));
        let len = write_with_active(&buffer[..len], (structure.targets(), mask), &mut out).unwrap();
        let read = reader.read(&out[..len]).unwrap();
        prop_assert_eq!(read, Descriptor { active: Some(mask), ..later });
    }
}
