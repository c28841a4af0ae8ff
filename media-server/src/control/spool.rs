//! Events for the control plane, kept until it confirms them: in memory for sending, on disk for a restart.
//!
//! ```text
//! record ─▶ pending (numbered, bounded) ─▶ control connection ─▶ ack ─▶ forgotten
//!              └─▶ writer thread ─▶ log on disk (fsync)  ─▶ read back at the next start
//! ```
//!
//! Numbers rise over restarts. A full or broken disk costs durability, never an event that memory can hold, and never
//! a packet: the writer is a thread of its own and tries again each second.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use protocol::node::{RoomEvent, RoomEventKind};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tracing::{error, info, warn};

mod log;

use self::log::Log;

/// Events that wait for a confirmation. At about 300 bytes each this is 20 MB, and some twenty thousand consultations
/// while the control plane is away.
pub const PENDING_MAX: usize = 65_536;
/// What is told of connections has places of its own beside these, so that a long absence of the control plane costs the figures of
/// its end and never who came and who left. Events are confirmed one after the other, each by a transaction of its own: who comes
/// once the control plane is back is shown there behind all that waits, so these are few. 17 hours of consultations of two, or half
/// an hour of thirty-four at once; 1.3 MB in memory, 3 MB on disk.
pub const QUALITY_PENDING_MAX: usize = 2_048;
/// Events of one write, so that it copies a megabyte or two at most.
const WRITE_MAX: usize = 1024;
/// How long the writer waits after a failed write. A full disk is emptied by a person.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// An event with its place in the spool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Rises by at least one an event, over restarts.
    pub number: u64,
    /// What happened.
    pub event: RoomEvent,
}

/// The spool cannot be used. Ends the start of the program.
#[derive(Debug, thiserror::Error)]
#[error("event spool {}: {source}", folder.display())]
pub struct SpoolError {
    /// Where.
    pub folder: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// How the spool fares, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpoolCounts {
    /// Events that wait for a confirmation.
    pub pending: u64,
    /// Of these, not on disk yet.
    pub unwritten: u64,
    /// Events lost because [`PENDING_MAX`] were waiting.
    pub lost: u64,
    /// What was told of connections and lost because [`QUALITY_PENDING_MAX`] of it were waiting.
    pub quality_lost: u64,
    /// Failed writes.
    pub write_failures: u64,
}

/// A handle to the spool; clones share it.
#[derive(Clone)]
pub struct Spool {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Wakes the writer.
    work: Condvar,
    /// Wakes the control connection.
    news: Notify,
}

#[derive(Default)]
struct State {
    pending: VecDeque<Entry>,
    /// How many of them tell of connections.
    quality: usize,
    next: u64,
    acked: u64,
    /// The last number on disk.
    written: u64,
    /// The last confirmation that was written to the disk.
    acked_written: u64,
    lost: u64,
    quality_lost: u64,
    write_failures: u64,
    closing: bool,
}

impl State {
    /// Whether there is a place for an event; where there is none it is counted.
    fn takes(&mut self, event: &RoomEvent) -> bool {
        let (waiting, max, lost) = if is_quality(event) {
            (self.quality, QUALITY_PENDING_MAX, &mut self.quality_lost)
        } else {
            (self.pending.len() - self.quality, PENDING_MAX, &mut self.lost)
        };
        if waiting < max {
            return true;
        }
        *lost += 1;
        if lost.is_power_of_two() {
            let of_connections = is_quality(event);
            error!(
                lost = *lost,
                of_connections, "the event spool is full: the control plane was away for too long"
            );
        }
        false
    }
}

fn is_quality(event: &RoomEvent) -> bool {
    matches!(event.kind, RoomEventKind::Quality { .. })
}

/// The thread that writes. Joined by [`Writer::close`], which writes what is left.
pub struct Writer {
    spool: Spool,
    thread: JoinHandle<()>,
}

impl Spool {
    /// Opens the folder (making it if it is missing), reads back what was not confirmed, and starts the writer.
    /// `now_unix_ms` only lifts the numbering: a disk that lost its last writes never gives a number twice.
    ///
    /// # Errors
    /// When the folder cannot be written or another process uses it.
    pub fn open(folder: &Path, now_unix_ms: u64) -> Result<(Self, Writer), SpoolError> {
        let failed = |source| SpoolError { folder: folder.to_owned(), source };
        let (log, found) = Log::open(folder).map_err(failed)?;
        if found.cut_bytes > 0 {
            warn!(
                cut_bytes = found.cut_bytes,
                "the event spool ended in a half-written record, which is left out"
            );
        }
        if found.unknown > 0 {
            warn!(
                records = found.unknown,
                "the event spool holds records that a newer program wrote, which are left out"
            );
        }
        if !found.pending.is_empty() {
            info!(events = found.pending.len(), "events of the last run wait for the control plane");
        }
        let state = State {
            next: (found.last + 1).max(now_unix_ms),
            written: found.last,
            acked: found.acked,
            acked_written: found.acked,
            quality: found.pending.iter().filter(|entry| is_quality(&entry.event)).count(),
            pending: found.pending.into(),
            ..State::default()
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), work: Condvar::new(), news: Notify::new() });
        let spool = Self { shared };
        let writing = spool.clone();
        let thread = std::thread::Builder::new()
            .name("spool".to_owned())
            .spawn(move || writing.write_until_closed(log))
            .map_err(failed)?;
        Ok((spool.clone(), Writer { spool, thread }))
    }

    /// Takes an event. It is on disk within moments, and is offered to the control connection at once.
    pub fn record(&self, event: RoomEvent) {
        let mut state = self.lock();
        if !state.takes(&event) {
            return;
        }
        let number = state.next;
        state.next += 1;
        state.quality += usize::from(is_quality(&event));
        state.pending.push_back(Entry { number, event });
        drop(state);
        self.shared.work.notify_one();
        self.shared.news.notify_one();
    }

    /// The next unconfirmed events after `number`, in order, at most `max`.
    #[must_use]
    pub fn after(&self, number: u64, max: usize) -> Vec<Entry> {
        let state = self.lock();
        let start = state.pending.partition_point(|entry| entry.number <= number);
        state.pending.range(start..).take(max).cloned().collect()
    }

    /// The control plane has stored everything up to `number`.
    pub fn ack(&self, number: u64) {
        let mut state = self.lock();
        // A confirmation of what was never sent is a mistake of the other side; it must not swallow later events.
        let number = number.min(state.next.saturating_sub(1));
        state.acked = state.acked.max(number);
        while let Some(entry) = state.pending.pop_front_if(|entry| entry.number <= number) {
            state.quality -= usize::from(is_quality(&entry.event));
        }
        drop(state);
        self.shared.work.notify_one();
    }

    /// Completes when an event was recorded since the last call.
    pub async fn news(&self) {
        self.shared.news.notified().await;
    }

    /// How the spool fares.
    #[must_use]
    pub fn counts(&self) -> SpoolCounts {
        let state = self.lock();
        let written = state.pending.partition_point(|entry| entry.number <= state.written);
        SpoolCounts {
            pending: state.pending.len() as u64,
            unwritten: (state.pending.len() - written) as u64,
            lost: state.lost,
            quality_lost: state.quality_lost,
            write_failures: state.write_failures,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can leave the state half changed.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_until_closed(&self, mut log: Log) {
        let mut failing = false;
        loop {
            let Some((entries, acked)) = self.next_work(failing) else { return };
            match log.append(&entries, acked) {
                Ok(()) => {
                    let mut state = self.lock();
                    state.written = state.written.max(entries.last().map_or(0, |entry| entry.number));
                    state.acked_written = acked;
                    if failing {
                        info!("the event spool can be written again");
                    }
                    failing = false;
                }
                Err(problem) => {
                    let mut state = self.lock();
                    state.write_failures += 1;
                    if !failing {
                        warn!(error = %problem, "the event spool cannot be written; events are kept in memory");
                    }
                    failing = true;
                    if state.closing {
                        return;
                    }
                }
            }
        }
    }

    /// Waits for something to write: entries, and the confirmation to note. `None` when all is written and the end has come.
    fn next_work(&self, failing: bool) -> Option<(Vec<Entry>, u64)> {
        let mut state = self.lock();
        if failing && !state.closing {
            let waited = self.shared.work.wait_timeout_while(state, RETRY_AFTER, |state| !state.closing);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        loop {
            let start = state.pending.partition_point(|entry| entry.number <= state.written);
            if start < state.pending.len() || state.acked > state.acked_written {
                return Some((state.pending.range(start..).take(WRITE_MAX).cloned().collect(), state.acked));
            }
            if state.closing {
                return None;
            }
            state = self.shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Writer {
    /// Writes what is left and ends the thread.
    pub fn close(self) {
        self.spool.lock().closing = true;
        self.spool.shared.work.notify_one();
        if self.thread.join().is_err() {
            error!("the event spool's writer panicked");
        }
    }
}

#[cfg(test)]
mod tests;
