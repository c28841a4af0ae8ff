//! The guard alone: what it lets through, in which order, and with how much work.

use srtp::DtlsRole;

use super::record::{kind, plain_change_cipher_spec, plain_fatal_alert, plain_handshake};
use super::*;

const CLIENT_HELLO: u8 = 1;
const CERTIFICATE: u8 = 11;
const CLIENT_KEY_EXCHANGE: u8 = 16;
/// More than any endpoint would send: it must not matter.
const SEQUENCE: u64 = 77;

fn part(kind: u8, message_seq: u16, body: &[u8], offset: usize, len: usize) -> Vec<u8> {
    let fragment =
        Fragment { kind, message_len: body.len(), message_seq, offset, body: &body[offset..offset + len] };
    plain_handshake(SEQUENCE, &fragment)
}

fn whole(kind: u8, message_seq: u16, body: &[u8]) -> Vec<u8> {
    part(kind, message_seq, body, 0, body.len())
}

fn encrypted(body: &[u8]) -> Vec<u8> {
    let mut record = plain_handshake(
        SEQUENCE,
        &Fragment { kind: 20, message_len: body.len(), message_seq: 0, offset: 0, body },
    );
    record[4] = 1;
    record
}

/// Feeds one datagram and shows what came through as (type, epoch, message number).
fn admit(guard: &mut Guard, datagram: &[u8]) -> Vec<(Content, u16, Option<u16>)> {
    let mut admitted = Vec::new();
    guard.admit(datagram, &mut admitted).expect("the budget is not spent");
    admitted
        .iter()
        .map(|bytes| {
            let records: Vec<_> = Records(bytes).collect::<Result<_, _>>().expect("well-formed records");
            assert_eq!(records.len(), 1, "one record per call");
            let record = records[0];
            let number = (record.epoch == 0 && record.content == Content::Handshake)
                .then(|| Fragments(record.body).next().unwrap().unwrap().message_seq);
            (record.content, record.epoch, number)
        })
        .collect()
}

const fn handshake(number: u16) -> (Content, u16, Option<u16>) {
    (Content::Handshake, 0, Some(number))
}

const CHANGED: (Content, u16, Option<u16>) = (Content::ChangeCipherSpec, 0, None);
const FINISHED: (Content, u16, Option<u16>) = (Content::Handshake, 1, None);

#[test]
fn fragments_in_any_order_become_one_message() {
    let mut guard = Guard::new(DtlsRole::Server);
    let hello = vec![5; 1413];

    let first = admit(&mut guard, &part(CLIENT_HELLO, 0, &hello, 1200, 213));
    let second = admit(&mut guard, &part(CLIENT_HELLO, 0, &hello, 0, 1200));

    assert_eq!(first, []);
    assert_eq!(second, [handshake(0)]);
}

#[test]
fn messages_come_out_in_their_order() {
    let mut guard = Guard::new(DtlsRole::Server);

    let early = admit(&mut guard, &whole(CLIENT_KEY_EXCHANGE, 2, &[2; 66]));
    let first = admit(&mut guard, &whole(CLIENT_HELLO, 0, &[0; 200]));
    let second = admit(&mut guard, &whole(CERTIFICATE, 1, &[1; 300]));

    assert_eq!(early, []);
    assert_eq!(first, [handshake(0)]);
    assert_eq!(second, [handshake(1), handshake(2)]);
}

#[test]
fn cipher_change_and_finished_wait_for_the_last_plain_message() {
    let mut guard = Guard::new(DtlsRole::Server);
    let mut last = plain_change_cipher_spec(SEQUENCE);
    last.extend(encrypted(&[9; 40]));

    let early = admit(&mut guard, &last);
    let mut rest = whole(CLIENT_HELLO, 0, &[0; 200]);
    rest.extend(whole(kind::CERTIFICATE_VERIFY, 1, &[1; 70]));
    let out = admit(&mut guard, &rest);

    assert_eq!(early, []);
    assert_eq!(out, [handshake(0), handshake(1), CHANGED, FINISHED]);
}

#[test]
fn a_repeated_message_is_passed_on_by_its_first_fragment_only() {
    let mut guard = Guard::new(DtlsRole::Server);
    let hello = vec![5; 1413];
    admit(&mut guard, &whole(CLIENT_HELLO, 0, &hello));

    let first = admit(&mut guard, &part(CLIENT_HELLO, 0, &hello, 0, 1200));
    let second = admit(&mut guard, &part(CLIENT_HELLO, 0, &hello, 1200, 213));

    assert_eq!(first, [handshake(0)]);
    assert_eq!(second, []);
    assert_eq!(guard.counts().duplicates, 2);
}

#[test]
fn finding_3_fragment_flood_is_bounded_in_steps() {
    // As measured against an unguarded library: 1-byte fragments of one ClientHello, 46 to a datagram, no keys.
    let body = vec![1; 9200];
    let mut guard = Guard::new(DtlsRole::Server);
    let mut admitted = Vec::new();
    let mut records = 0;

    for datagram in 0..200 {
        let bytes: Vec<u8> =
            (0..46).flat_map(|i| part(CLIENT_HELLO, 0, &body, datagram * 46 + i, 1)).collect();
        records += 46;
        let _ = guard.admit(&bytes, &mut admitted);
    }

    let counts = guard.counts();
    assert_eq!(admitted, Vec::<Vec<u8>>::new());
    assert_eq!(counts.delivered, 0);
    assert_eq!(counts.small_fragments, u64::from(MAX_HANDSHAKE_RECORDS));
    // A record and a fragment each, as far as the budget goes; one step a datagram behind it.
    assert!(counts.steps <= 2 * u64::from(MAX_HANDSHAKE_RECORDS) + 200, "{counts:?}");
    assert!(counts.steps < records, "{counts:?}");
}

#[test]
fn finding_3_fragment_flood_within_one_record_is_bounded_in_steps() {
    // Many fragments in one record: the work is one step each, whatever came before.
    let body = vec![1; 16_000];
    let mut guard = Guard::new(DtlsRole::Server);
    let mut admitted = Vec::new();
    let mut fragments = 0;

    for round in 0..100 {
        let mut record = plain_handshake(
            SEQUENCE,
            &Fragment {
                kind: CLIENT_HELLO,
                message_len: 16_000,
                message_seq: 0,
                offset: round,
                body: &body[..64],
            },
        );
        for i in 0..18 {
            let offset = (round * 150 + i * 64) % 15_900;
            record.extend(&part(CLIENT_HELLO, 0, &body, offset, 64)[RECORD_HEADER_LEN..]);
        }
        let len = u16::try_from(record.len() - RECORD_HEADER_LEN).unwrap();
        record[11..13].copy_from_slice(&len.to_be_bytes());
        fragments += 19;
        guard.admit(&record, &mut admitted).unwrap();
    }

    let counts = guard.counts();
    assert_eq!(counts.steps, 100 + fragments);
    assert!(counts.many_fragments > 1000, "{counts:?}");
    assert_eq!(counts.delivered, 0);
}

#[test]
fn bytes_waiting_are_bounded() {
    let mut guard = Guard::new(DtlsRole::Server);
    let body = vec![3; MAX_MESSAGE_LEN];

    for number in 1..5 {
        admit(&mut guard, &part(CERTIFICATE, number, &body, 0, 100));
    }
    let held: usize = guard.pending.iter().map(|(_, message)| message.len()).sum();
    let next = admit(&mut guard, &part(CLIENT_HELLO, 0, &body, 0, 1000));

    assert_eq!(held, MAX_PENDING_BYTES);
    assert_eq!(guard.counts().oversized, 2);
    assert_eq!(next, []);
    assert!(
        guard.pending.iter().any(|(number, _)| *number == 0),
        "the next one finds its place all the same"
    );
}

#[test]
fn longer_messages_and_distant_ones_are_dropped() {
    let mut guard = Guard::new(DtlsRole::Server);
    let long = vec![3; MAX_MESSAGE_LEN + 1];

    admit(&mut guard, &part(CLIENT_HELLO, 0, &long, 0, 1000));
    admit(&mut guard, &whole(CLIENT_HELLO, MAX_PENDING as u16, &[3; 100]));
    admit(&mut guard, &whole(CLIENT_HELLO, u16::MAX, &[3; 100]));

    let counts = guard.counts();
    assert_eq!((counts.oversized, counts.ahead, counts.delivered), (1, 2, 0));
}

#[test]
fn finding_5_early_encrypted_records_find_few_places() {
    let mut guard = Guard::new(DtlsRole::Server);

    for _ in 0..200 {
        assert_eq!(admit(&mut guard, &encrypted(&[9; 1000])), []);
    }

    assert_eq!(guard.early.len(), MAX_EARLY_RECORDS);
    assert_eq!(guard.counts().early, 200 - MAX_EARLY_RECORDS as u64);
}

#[test]
fn records_before_establishment_are_limited() {
    let mut guard = Guard::new(DtlsRole::Server);
    let mut admitted = Vec::new();

    let spent = (0..10_000).find(|_| guard.admit(&[0x16; 40], &mut admitted) == Err(BudgetSpent));

    assert_eq!(spent, Some(MAX_HANDSHAKE_RECORDS));
}

#[test]
fn once_established_plain_records_serve_only_to_repeat_the_last_flight() {
    let mut guard = Guard::new(DtlsRole::Server);
    admit(&mut guard, &whole(CLIENT_HELLO, 0, &[0; 200]));
    admit(&mut guard, &whole(kind::CERTIFICATE_VERIFY, 1, &[1; 70]));
    admit(&mut guard, &plain_change_cipher_spec(SEQUENCE));
    guard.establish();

    let repeated = admit(&mut guard, &whole(kind::CERTIFICATE_VERIFY, 1, &[1; 70]));
    let new = admit(&mut guard, &whole(CLIENT_HELLO, 2, &[0; 200]));
    let alert = admit(&mut guard, &plain_fatal_alert(SEQUENCE, 40));
    let changed = admit(&mut guard, &plain_change_cipher_spec(SEQUENCE));
    let data = admit(&mut guard, &encrypted(&[1; 50]));

    assert_eq!(repeated, [handshake(1)]);
    assert_eq!((new, alert, changed), (vec![], vec![], vec![]));
    assert_eq!(data, [FINISHED]);
    let passed = (0..500).map(|_| admit(&mut guard, &whole(CLIENT_HELLO, 0, &[0; 200])).len()).sum::<usize>();
    assert!(passed < MAX_LATE_RECORDS as usize, "{passed}");
    assert_eq!(admit(&mut guard, &encrypted(&[1; 50])), [FINISHED], "data is not held to the budget");
}
