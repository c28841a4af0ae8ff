use std::collections::BTreeMap;

use proptest::prelude::*;
use protocol::TrackId;

use super::*;
use crate::packet::Layer;
use crate::packet::fixtures::video;

const TRACK: TrackId = TrackId(1);
/// Small, so that both rings wrap many times.
const SMALL: CacheSize = CacheSize { packets: 16, bytes: 4096 };

fn sequence(index: u64) -> ExtSeqNo {
    ExtSeqNo::from_index(index).unwrap()
}

/// A payload that says which packet it is of.
fn payload(index: u64, len: usize) -> Vec<u8> {
    (0..len).map(|at| (index as usize * 31 + at) as u8).collect()
}

/// What a cache of this size takes.
fn memory(size: CacheSize) -> usize {
    size.packets * size_of::<Option<Slot>>() + size.bytes
}

#[test]
fn three_layers_and_a_voice_leave_room_within_400_kib_a_participant() {
    let layers = [0, 1, 2].map(|at| memory(CacheSize::of_layer(Layer(at), 3)));

    assert!(layers.is_sorted());
    let total = layers.iter().sum::<usize>() + memory(CacheSize::AUDIO);
    assert!(total <= 330 * 1024, "{total} bytes");
}

fn insert(cache: &mut Cache, index: u64, len: usize) -> Stored {
    cache.insert(&video(TRACK, index), &payload(index, len))
}

#[test]
fn a_packet_comes_back_as_it_was() {
    let mut cache = Cache::new(CacheSize::VIDEO);
    let facts = video(TRACK, 70_000).key_frame();

    let stored = cache.insert(&facts, b"key");

    assert_eq!(stored, Stored::New);
    assert_eq!(
        cache.packet(sequence(70_000)),
        Some(Packet { facts: &facts, descriptor: &[], payload: b"key" })
    );
    assert_eq!(cache.packet(sequence(69_999)), None);
    assert_eq!(cache.packet(sequence(70_000 + 512)), None);
}

#[test]
fn the_second_copy_of_a_packet_is_a_duplicate() {
    let mut cache = Cache::new(SMALL);
    insert(&mut cache, 5, 10);

    let again = cache.insert(&video(TRACK, 5), b"other");

    assert_eq!(again, Stored::Duplicate);
    assert_eq!(cache.packet(sequence(5)).unwrap().payload, payload(5, 10));
}

#[test]
fn a_packet_from_before_the_window_is_refused_and_harms_nothing() {
    let mut cache = Cache::new(SMALL);
    insert(&mut cache, 100, 10);

    assert_eq!(insert(&mut cache, 84, 10), Stored::Refused);
    assert_eq!(insert(&mut cache, 85, 10), Stored::New);
    assert!(cache.packet(sequence(100)).is_some());
}

#[test]
fn a_payload_larger_than_the_ring_is_refused() {
    let mut cache = Cache::new(SMALL);

    assert_eq!(insert(&mut cache, 1, 4097), Stored::Refused);
    assert_eq!(insert(&mut cache, 1, 4096), Stored::New);
}

/// What a cache must still have: the naive truth is every packet ever stored, with the bytes written after it.
#[derive(Default)]
struct Model {
    stored: BTreeMap<u64, (usize, usize)>,
    highest: u64,
}

impl Model {
    fn note(&mut self, index: u64, len: usize) {
        for (_, after) in self.stored.values_mut() {
            *after += len;
        }
        self.stored.insert(index, (len, 0));
        self.highest = self.highest.max(index);
    }
}

proptest! {
    #![proptest_config(crate::seeded::config(60))]

    /// Whatever the order, the cache gives back exactly what was put in, and it has all that fits it: packets within
    /// the window after which less than the ring, but for one packet's gap at its end, was written.
    #[test]
    fn what_is_in_reach_is_there_and_never_wrong(
        steps in prop::collection::vec((-20i64..8, 0usize..700), 1..300),
    ) {
        let mut cache = Cache::new(SMALL);
        insert(&mut cache, 1000, 1);
        let mut model = Model::default();
        model.note(1000, 1);
        for (step, len) in steps {
            let index = model.highest.saturating_add_signed(step);
            let is_gone = cache.packet(sequence(index)).is_none();
            let in_window = model.highest < index + SMALL.packets as u64;
            let stored = insert(&mut cache, index, len);
            prop_assert_eq!(stored == Stored::New, is_gone && in_window, "{}: {:?}", index, stored);
            if stored == Stored::New {
                model.note(index, len);
            }

            for (&index, &(len, after)) in &model.stored {
                let found = cache.packet(sequence(index));
                if let Some(packet) = found {
                    prop_assert_eq!(packet.facts.sequence.index(), index);
                    prop_assert_eq!(packet.payload, payload(index, len));
                }
                let in_window = model.highest - index < SMALL.packets as u64;
                if in_window && len + after + 700 < SMALL.bytes {
                    prop_assert!(found.is_some(), "{} is missing", index);
                }
                if after > SMALL.bytes {
                    prop_assert!(found.is_none(), "{} is stale", index);
                }
            }
        }
    }
}
