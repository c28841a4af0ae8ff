//! The spool on disk: append-only files of checked records, deleted when all in them is confirmed.
//!
//! ```text
//! <first number>.events:   length u32 │ CRC-32 u32 │ JSON: {"number":…,"event":…} or {"acked":…}   …
//!                          little-endian; the CRC covers length and JSON
//! ```
//!
//! A crash can leave a torn last record: reading stops at the first record that does not check. One that checks and is not
//! understood is passed over: a newer program may have run here. A start never appends to an old
//! file, so the torn end stays where it is until the file goes.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Entry;

/// A file is closed above this size, so that confirmed events leave the disk.
const FILE_BYTES: u64 = 1 << 20;
/// Length and CRC.
const HEAD_BYTES: usize = 8;
/// An event is about 300 bytes; a longer length is damage.
const RECORD_BYTES_MAX: usize = 16 * 1024;
const SUFFIX: &str = "events";

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Record {
    Entry(Entry),
    Acked {
        acked: u64,
    },
    /// Whole, and of a kind that this program does not know: a newer one wrote it.
    Unknown {
        #[serde(default)]
        number: u64,
    },
}

/// What an opened log held.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Entries that were not confirmed, in order.
    pub pending: Vec<Entry>,
    /// The last number given.
    pub last: u64,
    /// The last number confirmed.
    pub acked: u64,
    /// Damaged bytes that were left out.
    pub cut_bytes: u64,
    /// Records of unknown kinds that were left out.
    pub unknown: u64,
}

/// The files of the spool; the last one is written.
pub(super) struct Log {
    folder: PathBuf,
    /// Held for the process's life: two nodes must not share a spool.
    _lock: File,
    file: File,
    path: PathBuf,
    /// Bytes of `file` up to the last whole record.
    good_bytes: u64,
    /// The last number in `file`, 0 while it has none.
    last: u64,
    /// Closed files with the last number in each.
    closed: VecDeque<(PathBuf, u64)>,
}

impl Log {
    pub(super) fn open(folder: &Path) -> io::Result<(Self, Found)> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let lock = open_for_writing(&folder.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => io::Error::other("another process uses it"),
            fs::TryLockError::Error(error) => error,
        })?;

        let mut names: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
        names.retain(|path| path.extension().is_some_and(|suffix| suffix == SUFFIX));
        // Names are numbers with leading zeros, so their order is the numbers'.
        names.sort();

        let mut found = Found::default();
        let mut closed = VecDeque::new();
        for path in names {
            let last = read_file(&path, &mut found)?;
            closed.push_back((path, last));
        }
        let acked = found.acked;
        found.pending.retain(|entry| entry.number > acked);

        let (file, path) = new_file(folder, found.last + 1)?;
        // The new file may be the empty last one of a run that recorded nothing.
        closed.retain(|(old, _)| *old != path);
        let mut log =
            Self { folder: folder.to_owned(), _lock: lock, file, path, good_bytes: 0, last: 0, closed };
        log.note_ack(acked)?;
        log.drop_confirmed(acked);
        Ok((log, found))
    }

    /// Appends entries and the confirmation, and returns when they are on disk. After an error nothing of them counts, and a
    /// later call may try them again.
    pub(super) fn append(&mut self, entries: &[Entry], acked: u64) -> io::Result<()> {
        // What a failed write left behind goes first.
        self.file.set_len(self.good_bytes)?;
        if self.good_bytes >= FILE_BYTES {
            self.rotate(entries.first().map_or(self.last + 1, |entry| entry.number), acked)?;
        }
        let mut bytes = Vec::new();
        for entry in entries {
            write_record(&mut bytes, &Record::Entry(entry.clone()))?;
        }
        write_record(&mut bytes, &Record::Acked { acked })?;
        self.file.write_all(&bytes)?;
        // A confirmation alone need not be forced: without it events come twice, which has no second effect.
        if !entries.is_empty() {
            self.file.sync_data()?;
        }
        self.good_bytes += bytes.len() as u64;
        self.last = entries.last().map_or(self.last, |entry| entry.number);
        self.drop_confirmed(acked);
        Ok(())
    }

    fn rotate(&mut self, first: u64, acked: u64) -> io::Result<()> {
        let (file, path) = new_file(&self.folder, first)?;
        if path == self.path {
            return Ok(());
        }
        self.closed.push_back((std::mem::replace(&mut self.path, path), self.last));
        self.file = file;
        self.good_bytes = 0;
        self.last = 0;
        self.note_ack(acked)
    }

    /// The newest file says what is confirmed, so that older ones can go.
    fn note_ack(&mut self, acked: u64) -> io::Result<()> {
        let mut bytes = Vec::new();
        write_record(&mut bytes, &Record::Acked { acked })?;
        self.file.write_all(&bytes)?;
        self.file.sync_data()?;
        self.good_bytes += bytes.len() as u64;
        Ok(())
    }

    fn drop_confirmed(&mut self, acked: u64) {
        while self.closed.front().is_some_and(|(_, last)| *last <= acked) {
            if let Some((path, _)) = self.closed.pop_front() {
                // A file that stays is read and dropped at the next start.
                let _ = fs::remove_file(path);
            }
        }
    }
}

fn open_for_writing(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(path)
}

/// An empty file whose name is on disk, too.
fn new_file(folder: &Path, first: u64) -> io::Result<(File, PathBuf)> {
    let path = folder.join(format!("{first:020}.{SUFFIX}"));
    let file = open_for_writing(&path)?;
    file.set_len(0)?;
    File::open(folder)?.sync_all()?;
    Ok((file, path))
}

fn write_record(out: &mut Vec<u8>, record: &Record) -> io::Result<()> {
    let json = serde_json::to_vec(record).map_err(io::Error::other)?;
    let length = u32::try_from(json.len()).map_err(io::Error::other)?.to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&checksum(length, &json).to_le_bytes());
    out.extend_from_slice(&json);
    Ok(())
}

fn checksum(length: [u8; 4], json: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(json);
    hasher.finalize()
}

/// Reads one file into `found` and returns the last number in it. Damage ends it.
fn read_file(path: &Path, found: &mut Found) -> io::Result<u64> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(read_bytes(&bytes, found))
}

fn read_bytes(mut rest: &[u8], found: &mut Found) -> u64 {
    let mut last = 0;
    while let Some((record, after)) = read_record(rest) {
        match record {
            Record::Entry(entry) => {
                last = last.max(entry.number);
                found.last = found.last.max(entry.number);
                found.pending.push(entry);
            }
            Record::Acked { acked } => {
                found.acked = found.acked.max(acked);
                found.last = found.last.max(acked);
            }
            // Its number is taken.
            Record::Unknown { number } => {
                last = last.max(number);
                found.last = found.last.max(number);
                found.unknown += 1;
            }
        }
        rest = after;
    }
    found.cut_bytes += rest.len() as u64;
    last
}

fn read_record(bytes: &[u8]) -> Option<(Record, &[u8])> {
    let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
    let length: [u8; 4] = head[..4].try_into().ok()?;
    let expected = u32::from_le_bytes(head[4..].try_into().ok()?);
    let size = usize::try_from(u32::from_le_bytes(length)).ok().filter(|size| *size <= RECORD_BYTES_MAX)?;
    let (json, after) = rest.split_at_checked(size)?;
    if checksum(length, json) != expected {
        return None;
    }
    Some((serde_json::from_slice(json).ok()?, after))
}

#[cfg(test)]
mod tests;
