//! It should give back, after any crash, every event that was on disk and not confirmed, in order and with its number.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use protocol::node::RoomEventKind;
use protocol::{ClinicId, Generation, RoomId, SeatId};
use uuid::Uuid;

use super::*;

pub(super) fn event() -> RoomEvent {
    RoomEvent {
        id: Uuid::now_v7(),
        clinic: ClinicId::new_v7(),
        room: RoomId::new_v7(),
        generation: Generation(1),
        at_us: 1_800_000_000_000_000,
        kind: RoomEventKind::TokenReused { seat: SeatId::new_v7() },
    }
}

pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "events"))
        .collect();
    all.sort();
    all
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();

    let error = Spool::open(&file.join("spool"), 0).err().unwrap();

    assert!(error.to_string().contains("file/spool"), "{error}");
}

#[test]
fn numbers_rise_over_restarts_even_when_the_disk_lost_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, writer) = Spool::open(folder.path(), 1000).unwrap();
    (0..3).for_each(|_| spool.record(event()));
    let first: Vec<u64> = spool.after(0, 10).iter().map(|entry| entry.number).collect();
    writer.close();
    drop(spool);

    let (spool, writer) = Spool::open(folder.path(), 500).unwrap();
    spool.record(event());
    let second: Vec<u64> = spool.after(0, 10).iter().map(|entry| entry.number).collect();
    writer.close();
    let other = tempfile::tempdir().unwrap();
    let (spool, writer) = Spool::open(other.path(), 5000).unwrap();
    spool.record(event());

    assert_eq!(first, [1000, 1001, 1002]);
    assert_eq!(second, [1000, 1001, 1002, 1003]);
    assert_eq!(spool.after(0, 10)[0].number, 5000);
    writer.close();
}

#[test]
fn a_confirmation_forgets_up_to_its_number_and_never_beyond_what_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, writer) = Spool::open(folder.path(), 1).unwrap();
    (0..5).for_each(|_| spool.record(event()));

    spool.ack(2);
    let after_two: Vec<u64> = spool.after(0, 10).iter().map(|entry| entry.number).collect();
    spool.ack(u64::MAX);
    spool.record(event());

    assert_eq!(after_two, [3, 4, 5]);
    assert_eq!(spool.after(0, 10).len(), 1);
    writer.close();
}

#[test]
fn memory_is_bounded_and_the_loss_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, writer) = Spool::open(folder.path(), 1).unwrap();
    let one = event();

    for _ in 0..PENDING_MAX + 3 {
        spool.record(one.clone());
    }

    assert_eq!((spool.counts().pending, spool.counts().lost), (PENDING_MAX as u64, 3));
    writer.close();
}

/// A minute of somebody's connection.
fn minute() -> RoomEvent {
    let stretch = protocol::timeline::Stretch {
        seconds: 10,
        cause: None,
        receive: protocol::timeline::Way::default(),
        forward: protocol::timeline::Way::default(),
    };
    let seat = SeatId::new_v7();
    RoomEvent {
        kind: RoomEventKind::Quality { seat, span_ms: 60_000, stretches: vec![stretch; 6] },
        ..event()
    }
}

#[test]
fn minutes_of_connections_take_no_place_from_who_came_and_left_over_restarts_too() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, writer) = Spool::open(folder.path(), 1).unwrap();
    let (one, other) = (minute(), event());
    for _ in 0..QUALITY_PENDING_MAX + 2 {
        spool.record(one.clone());
    }
    writer.close();
    drop(spool);

    let (spool, writer) = Spool::open(folder.path(), 1).unwrap();
    spool.record(one.clone());
    spool.record(other.clone());
    let full = spool.counts();
    spool.ack(spool.after(0, 10)[4].number);
    (0..7).for_each(|_| spool.record(one.clone()));

    assert_eq!((full.pending, full.lost, full.quality_lost), (QUALITY_PENDING_MAX as u64 + 1, 0, 1));
    assert_eq!(spool.after(0, QUALITY_PENDING_MAX).last().unwrap().event.kind, one.kind);
    let now = spool.counts();
    assert_eq!((now.pending, now.quality_lost), (QUALITY_PENDING_MAX as u64 + 1, 3), "five places came free");
    writer.close();
}

#[test]
fn minutes_that_wait_hold_up_who_comes_by_few_events() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, writer) = Spool::open(folder.path(), 1).unwrap();
    for _ in 0..20_000 {
        spool.record(minute());
    }

    spool.record(event());

    assert_eq!(spool.after(0, usize::MAX).len(), 2049);
    writer.close();
}

#[test]
fn the_writer_brings_events_to_disk_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _writer) = Spool::open(folder.path(), 1).unwrap();

    spool.record(event());

    let deadline = Instant::now() + Duration::from_secs(10);
    while spool.counts().unwritten > 0 {
        assert!(Instant::now() < deadline, "the writer writes");
        std::thread::yield_now();
    }
    let bytes: u64 = files(folder.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(bytes > 200, "{bytes}");
}
