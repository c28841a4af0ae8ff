use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rtp::codec::vp8::{Descriptor, PictureId};

use super::*;
use crate::packet::fixtures::{start, video};

const A: TrackId = TrackId(1);
const B: TrackId = TrackId(2);

fn rewriter(first_sequence: u16) -> Rewriter {
    Rewriter::new(ClockRate::VIDEO, SeqNo(first_sequence), RtpTimestamp(5))
}

fn ext(index: u64) -> ExtSeqNo {
    ExtSeqNo::from_index(index).unwrap()
}

/// The lane's index for a packet.
fn sent_as(rewriter: &mut Rewriter, track: TrackId, sequence: u64, now: Instant) -> Option<u64> {
    rewriter.rewrite(&video(track, sequence), now).map(|rewritten| rewritten.sequence.index())
}

#[test]
fn a_lost_packet_keeps_its_number_and_finds_it_when_it_comes_late() {
    let mut lane = rewriter(500);
    let now = start();
    lane.switch(&video(A, 100), now);

    let numbers = [100, 101, 103, 102].map(|sequence| sent_as(&mut lane, A, sequence, now));

    assert_eq!(numbers, [500, 501, 503, 502].map(Some));
}

#[test]
fn a_skipped_packet_closes_its_gap() {
    let mut lane = rewriter(500);
    let now = start();
    lane.switch(&video(A, 100), now);
    sent_as(&mut lane, A, 100, now);

    let skipped = [101, 102].map(|sequence| lane.skip(ext(sequence)));

    assert_eq!(skipped, [Skip::Closed; 2]);
    assert_eq!(sent_as(&mut lane, A, 103, now), Some(501));
    assert_eq!(sent_as(&mut lane, A, 101, now), None, "a skipped number belongs to another packet now");
}

#[test]
fn a_long_run_of_skipped_packets_costs_one_segment() {
    let mut lane = rewriter(500);
    let now = start();
    lane.switch(&video(A, 100), now);
    sent_as(&mut lane, A, 100, now);

    for sequence in 101..101 + 10 * SEGMENTS_MAX as u64 {
        lane.skip(ext(sequence));
    }

    assert_eq!(lane.original(SeqNo(500)).map(|original| original.sequence), Some(ext(100)));
}

#[test]
fn a_packet_that_others_have_passed_is_too_late_to_skip() {
    let mut lane = rewriter(500);
    let now = start();
    lane.switch(&video(A, 100), now);
    sent_as(&mut lane, A, 100, now);
    sent_as(&mut lane, A, 102, now);

    assert_eq!(lane.skip(ext(101)), Skip::TooLate);
    assert_eq!(sent_as(&mut lane, A, 101, now), Some(501));
}

#[test]
fn a_switch_leaves_no_gap_and_its_time_is_the_time_that_passed() {
    let mut lane = rewriter(65_534);
    let now = start();
    lane.switch(&video(A, 100), now);
    sent_as(&mut lane, A, 100, now);
    let last = lane.rewrite(&video(A, 101), now).unwrap();
    let later = now + Duration::from_millis(200);

    lane.switch(&video(B, 7), later);
    let first = lane.rewrite(&video(B, 7), later).unwrap();

    assert_eq!(first.sequence.index(), last.sequence.index() + 1);
    assert_eq!(first.timestamp.offset_from(last.timestamp), 90 * 200);
    assert_eq!(lane.rewrite(&video(A, 102), later), None);
}

#[test]
fn a_switch_within_an_instant_still_gets_a_new_timestamp() {
    let mut lane = rewriter(0);
    let now = start();
    lane.switch(&video(A, 100), now);
    let last = lane.rewrite(&video(A, 100), now).unwrap();

    lane.switch(&video(B, 7), now);
    let first = lane.rewrite(&video(B, 7), now).unwrap();

    assert_eq!(first.timestamp.offset_from(last.timestamp), 33 * 90);
}

#[test]
fn the_original_of_a_number_is_found_over_switches_and_wraps() {
    let mut lane = rewriter(65_534);
    let now = start();
    lane.switch(&video(A, 100), now);
    for sequence in 100..103 {
        sent_as(&mut lane, A, sequence, now);
    }
    lane.switch(&video(B, 7), now);
    sent_as(&mut lane, B, 7, now);

    let originals = [65_534, 0, 1, 2].map(|number| {
        lane.original(SeqNo(number)).map(|original| (original.track, original.sequence.index()))
    });

    assert_eq!(originals, [Some((A, 100)), Some((A, 102)), Some((B, 7)), None]);
    assert_eq!(lane.original(SeqNo(65_533)).map(|original| original.track), None, "before the first");
}

#[test]
fn picture_numbers_go_on_over_a_switch() {
    let mut lane = rewriter(0);
    let now = start();
    let numbered = |track, sequence, picture, tl0| PacketFacts {
        vp8: Some(Descriptor {
            picture_id: Some(PictureId::Long(picture)),
            tl0_pic_idx: Some(tl0),
            ..Descriptor::default()
        }),
        ..video(track, sequence)
    };
    let shown = |lane: &mut Rewriter, facts: &PacketFacts| {
        let rewritten = lane.rewrite(facts, now).unwrap();
        let vp8 = facts.vp8.unwrap();
        (
            vp8.picture_id.unwrap().value().wrapping_add(rewritten.picture_shift) & 0x7fff,
            vp8.tl0_pic_idx.unwrap().wrapping_add(rewritten.tl0_shift),
        )
    };

    let a = [numbered(A, 100, 0x7ffe, 255), numbered(A, 101, 0x7fff, 255)];
    lane.switch(&a[0], now);
    let before = a.map(|facts| shown(&mut lane, &facts));
    let b = [numbered(B, 7, 1234, 9), numbered(B, 8, 1235, 10)];
    lane.switch(&b[0], now);
    let after = b.map(|facts| shown(&mut lane, &facts));
    let c = numbered(A, 200, 5, 6);
    lane.switch(&c, now);
    let back = shown(&mut lane, &c);

    assert_eq!(before, [(0x7ffe, 255), (0x7fff, 255)], "the first track is untouched");
    assert_eq!(after, [(0, 0), (1, 1)]);
    assert_eq!(back, (2, 2));
}

#[test]
fn a_jump_of_the_publisher_closes_its_gap() {
    let mut lane = rewriter(500);
    let now = start();
    lane.switch(&video(A, 100), now);

    let numbers = [100, 32_100, 64_100, 64_101].map(|sequence| sent_as(&mut lane, A, sequence, now));

    assert_eq!(numbers, [500, 501, 502, 503].map(Some));
    assert_eq!(sent_as(&mut lane, A, 32_000, now), None, "its number belongs to another packet");
    assert_eq!(lane.original(SeqNo(501)).map(|original| original.sequence), Some(ext(32_100)));
}

#[test]
fn a_jump_of_what_is_not_sent_closes_its_gap_too() {
    let mut lane = rewriter(500);
    let now = start();
    lane.switch(&video(A, 100), now);
    sent_as(&mut lane, A, 100, now);

    let skipped = [32_100, 64_100].map(|sequence| lane.skip(ext(sequence)));

    assert_eq!(skipped, [Skip::Closed; 2]);
    assert_eq!(sent_as(&mut lane, A, 64_101, now), Some(501));
}

#[test]
fn many_small_jumps_do_not_make_a_large_one() {
    let mut lane = rewriter(500);
    let now = start();
    lane.switch(&video(A, 100), now);

    let last = (0..1000).filter_map(|at| sent_as(&mut lane, A, 100 + at * FREE_MAX, now)).last().unwrap();

    let free = last - 500 - 999;
    assert!(free <= FREE_MAX + 1000 * FREE_PER_PACKET, "{free} numbers stayed free");
}

/// Both layers show moment 0 at `start`, and their clocks begin at these ticks.
fn clocked(clocks: [u64; 2]) -> Rewriter {
    let mut lane = rewriter(500);
    for (layer, ticks) in (0..).map(Layer).zip(clocks) {
        let time = MediaTime::new(ticks, ClockRate::VIDEO);
        lane.set_clock(layer, Some(Anchor { time, at: start_of_test() }));
    }
    lane
}

/// The same instant at each call.
fn start_of_test() -> Instant {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *START.get_or_init(start)
}

/// What lies between the last frame of the lower layer, captured at 1000 ms and there 20 ms later, and the first of the
/// higher one, captured at `captured_ms` and there at `arrived_ms`; in ticks of the lane.
fn step_over_a_switch(clocks: [u64; 2], captured_ms: u64, arrived_ms: u64) -> i32 {
    const ORIGINS: [u64; 2] = [1 << 33, 77];
    let mut lane = clocked(clocks);
    let at = |ms| start_of_test() + Duration::from_millis(ms);
    let facts = |layer: u8, ms: u64| PacketFacts {
        time: MediaTime::new(ORIGINS[usize::from(layer)] + 90 * ms, ClockRate::VIDEO),
        ..video(A, 100).of_layer(layer)
    };
    let low = facts(0, 1000);
    lane.switch(&low, at(1020));
    let before = lane.rewrite(&low, at(1020)).unwrap();
    let high = facts(1, captured_ms);
    lane.switch(&high, at(arrived_ms));
    lane.rewrite(&high, at(arrived_ms)).unwrap().timestamp.offset_from(before.timestamp)
}

#[test]
fn time_goes_on_from_layer_to_layer_by_the_moments_of_capture() {
    let clocks = [1 << 33, 77];

    assert_eq!(step_over_a_switch(clocks, 1033, 1090), 33 * 90, "its packets were long on the way");
    assert_eq!(step_over_a_switch(clocks, 1000, 1025), 90, "the same moment once more");
    assert_eq!(step_over_a_switch(clocks, 967, 1060), 90, "never back");
    assert_eq!(step_over_a_switch(clocks, 4000, 4020), 3000 * 90, "after a pause");
}

#[test]
fn a_clock_that_lies_is_not_believed() {
    assert_eq!(step_over_a_switch([1 << 33, 77 + 90_000 * 3600], 1033, 1060), 40 * 90);
    assert_eq!(step_over_a_switch([1 << 33, 0], 90_000, 1060), 40 * 90, "by arrival");
}

#[test]
fn without_both_clocks_time_goes_on_by_arrival() {
    let mut lane = clocked([0, 0]);
    lane.forget_clocks();
    let now = start();
    let low = video(A, 100);
    lane.switch(&low, now);
    let before = lane.rewrite(&low, now).unwrap();
    let high = video(A, 9).of_layer(1);
    let later = now + Duration::from_millis(12);

    lane.switch(&high, later);

    let after = lane.rewrite(&high, later).unwrap();
    assert_eq!(after.timestamp.offset_from(before.timestamp), 12 * 90);
}

#[test]
fn a_late_packet_of_the_layer_before_finds_its_number() {
    let mut lane = rewriter(500);
    let now = start();
    lane.switch(&video(A, 100), now);
    sent_as(&mut lane, A, 100, now);
    sent_as(&mut lane, A, 102, now);
    let high = video(A, 7).of_layer(1);
    lane.switch(&high, now);
    let first = lane.rewrite(&high, now).map(|rewritten| rewritten.sequence.index());

    assert_eq!((sent_as(&mut lane, A, 101, now), first), (Some(501), Some(503)));
    assert_eq!(sent_as(&mut lane, A, 103, now), None, "from after the switch it has none");
    let original = lane.original(SeqNo(503)).unwrap();
    assert_eq!((original.layer, original.sequence), (Layer(1), ext(7)));
}

/// What may happen to the packets of a track on their way.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The next packet comes.
    Next,
    /// So many are lost before the next.
    Lost(u64),
    /// One that was lost, or came already, comes now: so many before the newest.
    Late(u64),
    /// The next is dropped on purpose.
    Skip,
    /// Another track, or the same anew, so far on.
    Switch(u64),
    /// Another layer of the track, so far on from where it was left.
    Layer(u64),
    /// One of a layer before comes late, or once more: so many before the newest of it.
    LateBefore(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => Just(Step::Next),
        1 => (1u64..5).prop_map(Step::Lost),
        1 => (1u64..9000).prop_map(Step::Lost),
        3 => (1u64..12).prop_map(Step::Late),
        2 => Just(Step::Skip),
        1 => (0u64..100_000).prop_map(Step::Switch),
        1 => (1u64..1000).prop_map(Step::Layer),
        2 => (0u64..12).prop_map(Step::LateBefore),
    ]
}

/// The naive reference: every number ever given out, by hand.
struct Model {
    now: Instant,
    tracks: u64,
    track: TrackId,
    layer: u8,
    /// The newest of each layer.
    tops: [u64; LAYERS_MAX],
    newest: u64,
    /// Where the track began on the lane.
    since: u64,
    next: u64,
    /// How many numbers may stay free.
    free: u64,
    /// The numbers of this track's packets, by layer: sent, or kept free for lost ones.
    numbers: BTreeMap<(u8, u64), u64>,
    skipped: BTreeSet<(u8, u64)>,
    given: BTreeMap<u64, (TrackId, u8, u64)>,
    segments: usize,
}

impl Model {
    fn advance_to(&mut self, sequence: u64) {
        let gap = sequence - self.newest - 1;
        if gap > self.free {
            // What is missing gets no number.
            self.newest = sequence - 1;
            self.segments += 1;
        } else {
            self.free -= gap;
        }
        for free in self.newest + 1..=sequence {
            self.numbers.insert((self.layer, free), self.next);
            self.next += 1;
        }
        self.free = (self.free + FREE_PER_PACKET).min(FREE_MAX);
        self.newest = sequence;
        self.tops[usize::from(self.layer)] = sequence;
    }

    fn switch(&mut self, lane: &mut Rewriter, sequence: u64) {
        self.tracks += 1;
        self.track = TrackId(self.tracks);
        (self.layer, self.tops) = (0, [0; LAYERS_MAX]);
        self.numbers.clear();
        self.skipped.clear();
        self.begin(lane, sequence);
    }

    fn switch_layer(&mut self, lane: &mut Rewriter, on: u64) {
        self.layer = (self.layer + 1 + (on % 2) as u8) % LAYERS_MAX as u8;
        self.begin(lane, self.tops[usize::from(self.layer)] + on);
    }

    fn begin(&mut self, lane: &mut Rewriter, sequence: u64) {
        (self.newest, self.since) = (sequence - 1, sequence);
        self.now += Duration::from_millis(10);
        lane.switch(&video(self.track, sequence).of_layer(self.layer), self.now);
        self.segments += 1;
        self.send(lane, sequence);
    }

    fn send(&mut self, lane: &mut Rewriter, sequence: u64) {
        if sequence > self.newest {
            self.advance_to(sequence);
        }
        self.send_of(lane, self.layer, sequence);
    }

    /// One of a layer before, so far before its newest.
    fn send_late(&mut self, lane: &mut Rewriter, back: u64) {
        let before = (self.layer + 1 + (back % 2) as u8) % LAYERS_MAX as u8;
        if let Some(sequence) = self.tops[usize::from(before)].checked_sub(back / 2).filter(|at| *at > 0) {
            self.send_of(lane, before, sequence);
        }
    }

    fn send_of(&mut self, lane: &mut Rewriter, layer: u8, sequence: u64) {
        let place = (layer, sequence);
        let expected = self.numbers.get(&place).copied().filter(|_| !self.skipped.contains(&place));
        let facts = video(self.track, sequence).of_layer(layer);
        let got = lane.rewrite(&facts, self.now).map(|rewritten| rewritten.sequence.index());
        assert_eq!(got, expected, "number of {sequence} of {} in {layer}", self.track);
        if let Some(number) = got {
            let packet = (self.track, layer, sequence);
            assert_eq!(*self.given.entry(number).or_insert(packet), packet, "{number} is two packets");
        }
    }

    fn skip(&mut self, lane: &mut Rewriter) {
        let sequence = self.newest + 1;
        let is_run = self.skipped.contains(&(self.layer, self.newest)) || self.newest + 1 == self.since;
        assert_eq!(lane.skip(ext(sequence)), Skip::Closed);
        self.newest = sequence;
        self.tops[usize::from(self.layer)] = sequence;
        self.skipped.insert((self.layer, sequence));
        self.segments += usize::from(!is_run);
    }
}

proptest! {
    #![proptest_config(crate::seeded::config(120))]

    /// Under loss, reordering, duplicates, wraps, drops and switches: numbers go on without a hole but for lost
    /// packets, no number stands for two packets, and each number leads back to its packet.
    #[test]
    fn numbers_run_on_and_lead_back(first in 0u16..0x8000, from in 1u64..200_000, steps in prop::collection::vec(step(), 1..60)) {
        let mut lane = rewriter(first);
        let mut model = Model {
            now: start(), tracks: 0, track: A, layer: 0, tops: [0; LAYERS_MAX], newest: 0, since: 0, next: u64::from(first), free: FREE_MAX,
            numbers: BTreeMap::new(), skipped: BTreeSet::new(), given: BTreeMap::new(), segments: 0,
        };
        model.switch(&mut lane, from);
        for step in steps {
            // Beyond this the oldest are forgotten, on purpose. A step begins one at most.
            if model.segments == SEGMENTS_MAX {
                break;
            }
            match step {
                Step::Next => model.send(&mut lane, model.newest + 1),
                Step::Lost(count) => model.send(&mut lane, model.newest + 1 + count),
                Step::Late(back) if model.newest >= model.since + back => {
                    model.send(&mut lane, model.newest - back);
                }
                Step::Late(_) => {}
                Step::Skip => model.skip(&mut lane),
                Step::Switch(to) => model.switch(&mut lane, to + 1),
                Step::Layer(on) => model.switch_layer(&mut lane, on),
                Step::LateBefore(back) => model.send_late(&mut lane, back),
            }

            for (&number, &(track, layer, sequence)) in model.given.range(model.next.saturating_sub(30_000)..) {
                let original = lane.original(SeqNo(number as u16));
                let found = original.map(|found| (found.track, found.layer, found.sequence.index()));
                prop_assert_eq!(found, Some((track, Layer(layer), sequence)));
            }
            prop_assert_eq!(lane.original(SeqNo(model.next as u16)), None);
        }
    }
}
