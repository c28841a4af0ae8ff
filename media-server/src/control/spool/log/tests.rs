//! It should give back every whole record, whatever a crash did to the end of the file.

use super::super::tests::{event, files};
use super::*;

fn entries(first: u64, count: u64) -> Vec<Entry> {
    (first..first + count).map(|number| Entry { number, event: event() }).collect()
}

#[test]
fn what_was_written_and_not_confirmed_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let written = entries(1, 10);
    let (mut log, _) = Log::open(folder.path()).unwrap();
    log.append(&written[..7], 0).unwrap();
    log.append(&written[7..], 4).unwrap();
    drop(log);

    let (_, found) = Log::open(folder.path()).unwrap();

    assert_eq!(found.pending, written[4..]);
    assert_eq!((found.last, found.acked, found.cut_bytes), (10, 4, 0));
}

#[test]
fn a_file_cut_at_any_byte_gives_back_every_whole_record() {
    let folder = tempfile::tempdir().unwrap();
    let written = entries(1, 5);
    let (mut log, _) = Log::open(folder.path()).unwrap();
    let mut ends = Vec::new();
    for one in &written {
        log.append(std::slice::from_ref(one), 0).unwrap();
        ends.push(log.good_bytes);
    }
    let whole = fs::read(&log.path).unwrap();

    // An entry is followed by a confirmation record in the same append, so the entry itself ends earlier.
    let confirmation = {
        let mut bytes = Vec::new();
        write_confirmation(&mut bytes);
        bytes.len()
    };
    for cut in 0..=whole.len() {
        let found = read(&whole[..cut]);

        let expected =
            ends.iter().filter(|end| usize::try_from(**end).unwrap() - confirmation <= cut).count();
        assert_eq!(found.pending, written[..expected], "cut at {cut}");
    }
}

#[test]
fn a_flipped_bit_ends_the_file_and_never_gives_a_wrong_event() {
    let folder = tempfile::tempdir().unwrap();
    let written = entries(1, 3);
    let (mut log, _) = Log::open(folder.path()).unwrap();
    log.append(&written, 0).unwrap();
    let whole = fs::read(&log.path).unwrap();

    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;

        let found = read(&bytes);

        assert!(written.starts_with(&found.pending), "flip at {at}");
    }
}

/// A newer program ran here, and then this one again.
#[test]
fn a_whole_record_of_an_unknown_kind_is_passed_over_and_its_number_stays_taken() {
    let folder = tempfile::tempdir().unwrap();
    let written = entries(1, 3);
    let (mut log, _) = Log::open(folder.path()).unwrap();
    log.append(&written[..1], 0).unwrap();
    log.append(&written[2..], 0).unwrap();
    let json = br#"{"number":7,"event":{"type":"of_tomorrow","what":[1,2]}}"#;
    let length = u32::try_from(json.len()).unwrap().to_le_bytes();
    log.file.write_all(&[&length[..], &checksum(length, json).to_le_bytes(), json].concat()).unwrap();
    let after_it = log.file.metadata().unwrap().len();
    log.good_bytes = after_it;
    log.append(&entries(8, 1), 0).unwrap();
    let whole = fs::read(&log.path).unwrap();

    let found = read(&whole);

    let numbers: Vec<_> = found.pending.iter().map(|entry| entry.number).collect();
    assert_eq!((numbers.as_slice(), found.unknown, found.cut_bytes), (&[1, 3, 8][..], 1, 0));
    let up_to_it = read(&whole[..usize::try_from(after_it).unwrap()]);
    assert_eq!(up_to_it.last, 7, "it is not given out again");
}

#[test]
fn confirmed_files_leave_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = Log::open(folder.path()).unwrap();
    let mut number = 1;
    while files(folder.path()).len() < 4 {
        log.append(&entries(number, 500), 0).unwrap();
        number += 500;
    }

    log.append(&[], number - 1).unwrap();

    assert_eq!(files(folder.path()).len(), 1);
    drop(log);
    let (_, found) = Log::open(folder.path()).unwrap();
    assert_eq!((found.pending.len(), found.last), (0, number - 1));
}

#[test]
fn a_second_process_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (_log, _) = Log::open(folder.path()).unwrap();

    let error = Log::open(folder.path()).err().unwrap();

    assert!(error.to_string().contains("another process"), "{error}");
}

#[test]
fn a_disk_that_cannot_be_written_keeps_events_in_memory_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, found) = Log::open(folder.path()).unwrap();
    // A descriptor that refuses writes stands for a full disk: the same call fails.
    let broken = fs::File::open(&log.path).unwrap();
    let good = std::mem::replace(&mut log.file, broken);
    let one = entries(found.last + 1, 1);

    assert!(log.append(&one, 0).is_err());
    log.file = good;
    log.append(&one, 0).unwrap();
    drop(log);

    let (_, found) = Log::open(folder.path()).unwrap();
    assert_eq!(found.pending, one);
}

#[test]
fn what_a_failed_write_left_behind_does_not_hide_what_follows() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = Log::open(folder.path()).unwrap();
    // Half a record, as a disk that fills up leaves it.
    log.file.write_all(&[7; 20]).unwrap();
    let one = entries(1, 1);

    log.append(&one, 0).unwrap();
    drop(log);

    let (_, found) = Log::open(folder.path()).unwrap();
    assert_eq!((found.pending, found.cut_bytes), (one, 0));
}

/// What a start finds in a file of these bytes.
fn read(bytes: &[u8]) -> Found {
    let mut found = Found::default();
    read_bytes(bytes, &mut found);
    found
}

#[test]
fn a_torn_end_is_cut_and_the_next_run_goes_on_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let written = entries(1, 3);
    let (mut log, _) = Log::open(folder.path()).unwrap();
    log.append(&written, 0).unwrap();
    log.file.write_all(&[7; 20]).unwrap();
    drop(log);

    let (mut log, found) = Log::open(folder.path()).unwrap();
    let more = entries(4, 1);
    log.append(&more, 0).unwrap();
    drop(log);
    let (_, again) = Log::open(folder.path()).unwrap();

    assert_eq!((found.pending.len(), found.cut_bytes), (3, 20));
    assert_eq!(again.pending.last(), more.last());
}

fn write_confirmation(bytes: &mut Vec<u8>) {
    // {"acked":0} with its head.
    bytes.extend_from_slice(&[0; 8]);
    bytes.extend_from_slice(br#"{"acked":0}"#);
}
