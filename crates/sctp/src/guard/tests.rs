//! What the guard lets through.

use std::time::{Duration, Instant};

use super::packet::packet_of;
use super::*;

const TAG: u32 = 7;
const FIRST: u32 = 1000;

fn init(tag: u32, first: u32, parameters: &[u8]) -> Vec<u8> {
    let mut chunk = vec![packet::INIT, 0, 0, 20 + parameters.len() as u8];
    chunk.extend(tag.to_be_bytes());
    chunk.extend([0, 1, 0, 0, 0, 4, 0, 4]);
    chunk.extend(first.to_be_bytes());
    chunk.extend(parameters);
    chunk
}

fn data(number: u32, stream: u16, flags: u8, content: &[u8]) -> Vec<u8> {
    let mut chunk = vec![packet::DATA, flags];
    chunk.extend((16 + content.len() as u16).to_be_bytes());
    chunk.extend(number.to_be_bytes());
    chunk.extend(stream.to_be_bytes());
    chunk.extend([0, 0, 0, 0, 0, 51]);
    chunk.extend(content);
    chunk
}

fn sack(gaps: &[(u16, u16)]) -> Vec<u8> {
    let mut chunk = vec![packet::SACK, 0];
    chunk.extend((16 + 4 * gaps.len() as u16).to_be_bytes());
    chunk.extend([0, 0, 0, 1, 0, 1, 0, 0]);
    chunk.extend((gaps.len() as u16).to_be_bytes());
    chunk.extend([0, 0]);
    for (from, to) in gaps {
        chunk.extend(from.to_be_bytes());
        chunk.extend(to.to_be_bytes());
    }
    chunk
}

/// A server that has an association.
fn begun(now: Instant) -> Guard {
    let mut guard = Guard::new(true, now);
    let verdict = guard.judge(now, &packet_of(0, &[&init(9, FIRST, &[])]));
    assert!(matches!(verdict, Verdict::Begin(_)));
    guard
}

fn judge(chunks: &[&[u8]]) -> Verdict {
    let now = Instant::now();
    begun(now).judge(now, &packet_of(TAG, chunks))
}

#[test]
fn an_init_loses_what_it_offers_beyond_plain_sctp() {
    let now = Instant::now();
    let mut guard = Guard::new(true, now);
    let offer = init(9, FIRST, &[0xc0, 0, 0, 4]);

    let verdict = guard.judge(now, &packet_of(0, &[&offer]));

    assert_eq!(verdict, Verdict::Begin(packet_of(0, &[&init(9, FIRST, &[])])));
}

#[test]
fn abuse_55_the_same_init_gets_the_same_answer_and_others_are_counted() {
    let now = Instant::now();
    let mut guard = begun(now);

    assert_eq!(guard.judge(now, &packet_of(0, &[&init(9, FIRST, &[])])), Verdict::Repeat);
    for tag in 10..9 + u32::from(MAX_BEGINNINGS) {
        let verdict = guard.judge(now, &packet_of(0, &[&init(tag, FIRST, &[])]));
        assert!(matches!(verdict, Verdict::Begin(_)), "{tag}");
    }
    let verdict = guard.judge(now, &packet_of(0, &[&init(99, FIRST, &[])]));

    assert_eq!(verdict, Verdict::Close(CloseReason::Flood));
}

#[test]
fn nothing_begins_once_it_is_established() {
    let now = Instant::now();
    let mut guard = begun(now);
    guard.establish();

    assert_eq!(guard.judge(now, &packet_of(0, &[&init(9, FIRST, &[])])), Verdict::Drop);
    assert_eq!(guard.judge(now, &packet_of(0, &[&init(10, FIRST, &[])])), Verdict::Drop);
}

#[test]
fn chunks_of_one_channel_pass_and_all_others_are_left_out() {
    let good = data(FIRST, STREAM, 3, b"hello");
    let forward = [192, 0, 0, 8, 0xff, 0xff, 0xff, 0xff];
    let error = [9, 0, 0, 8, 0, 13, 0xff, 0xff];
    let unknown = [77, 0, 0, 5, 1];

    let verdict = judge(&[&forward, &error, &good, &unknown]);

    assert_eq!(verdict, Verdict::Admit(packet_of(TAG, &[&good])));
}

#[test]
fn what_this_channel_is_not_closes_it() {
    let other_stream = data(FIRST, 1, 3, b"hello");
    let unordered = data(FIRST, STREAM, 7, b"hello");
    let empty = data(FIRST, STREAM, 3, b"");
    for chunk in [other_stream, unordered, empty] {
        assert_eq!(judge(&[&chunk]), Verdict::Close(CloseReason::Protocol), "{chunk:?}");
    }
    for kind in [packet::ABORT, packet::SHUTDOWN, packet::RE_CONFIG] {
        assert_eq!(judge(&[&[kind, 0, 0, 4]]), Verdict::Close(CloseReason::Peer), "{kind}");
    }
}

#[test]
fn numbers_far_ahead_are_left_out() {
    assert_eq!(judge(&[&data(FIRST + 256, STREAM, 3, b"far")]), Verdict::Drop);
    assert!(matches!(judge(&[&data(FIRST + 255, STREAM, 3, b"near")]), Verdict::Admit(_)));
    assert!(matches!(judge(&[&data(FIRST - 1, STREAM, 3, b"again")]), Verdict::Admit(_)));
}

#[test]
fn an_acknowledgement_names_no_more_than_can_be_on_its_way() {
    assert!(matches!(judge(&[&sack(&[(2, 5), (7, 7)])]), Verdict::Admit(_)));
    assert_eq!(judge(&[&sack(&[(1, 4000), (1, 4000)])]), Verdict::Close(CloseReason::Flood));
    assert_eq!(judge(&[&sack(&[(5, 2)])]), Verdict::Close(CloseReason::Protocol));
    assert_eq!(judge(&[&sack(&[(2, 5)])[..16]]), Verdict::Drop, "its length is a lie");
}

#[test]
fn abuse_55_a_message_without_an_end_is_not_held_for_ever() {
    let now = Instant::now();
    let mut guard = begun(now);
    let piece = [1; 1100];

    let verdicts = (0..200).map(|at| {
        let flags = if at == 0 { 2 } else { 0 };
        guard.judge(now, &packet_of(TAG, &[&data(FIRST + at, STREAM, flags, &piece)]))
    });
    let taken = verdicts.take_while(|verdict| matches!(verdict, Verdict::Admit(_))).count();

    assert_eq!(taken, MAX_HELD / (piece.len() + CHUNK_COST));
}

#[test]
fn abuse_55_small_pieces_cost_more_than_their_bytes() {
    let now = Instant::now();
    let mut guard = begun(now);
    let mut number = FIRST;
    let mut count = 0;

    loop {
        let chunks: Vec<_> = (0..40).map(|at| data(number + at, STREAM, 0, &[1])).collect();
        let chunks: Vec<_> = chunks.iter().map(Vec::as_slice).collect();
        number += 40;
        match guard.judge(now, &packet_of(TAG, &chunks)) {
            Verdict::Admit(_) => count += 40,
            verdict => break assert_eq!(verdict, Verdict::Close(CloseReason::Flood)),
        }
    }

    assert!(count <= MAX_HELD / CHUNK_COST, "{count}");
}

#[test]
fn packets_beyond_the_pace_are_dropped_until_time_has_passed() {
    let now = Instant::now();
    let mut guard = begun(now);
    let heartbeat = packet_of(TAG, &[&[4, 0, 0, 12, 0, 1, 0, 8, 1, 2, 3, 4]]);

    let at_once = (0..1000).filter(|_| guard.judge(now, &heartbeat) != Verdict::Drop).count();
    let later = now + Duration::from_secs(1);
    let after = (0..1000).filter(|_| guard.judge(later, &heartbeat) != Verdict::Drop).count();

    assert_eq!((at_once, after), (255, 100), "the INIT was the first");
}

#[test]
fn every_length_and_every_bent_byte_is_borne() {
    let now = Instant::now();
    let whole = packet_of(TAG, &[&data(FIRST, STREAM, 3, b"hello"), &sack(&[(2, 3)])]);
    for len in 0..whole.len() {
        assert_eq!(begun(now).judge(now, &whole[..len]), Verdict::Drop, "the checksum is wrong");
    }
    for kind in 0..=u8::MAX {
        for len in 0..=40_u8 {
            let mut chunk = vec![1; 40];
            chunk[..4].copy_from_slice(&[kind, 0, 0, len]);
            begun(now).judge(now, &packet_of(TAG, &[&chunk]));
            begun(now).judge(now, &packet_of(0, &[&chunk]));
        }
    }
}
