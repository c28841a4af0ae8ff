//! What a worker says about itself once a second, for metrics and placement. Readers never touch the packet path.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use media_core::quality::watch::QualityCounts;
use media_core::{Counters, Load, Shed};

use crate::net::{ReceiveCounts, SendCounts, TcpCounts};

/// Upper ends, in seconds, of the classes in which batches are counted by the time from the kernel's receive to the end of
/// the kernel's send. The figure to reach is 1 ms at the 99th percentile.
pub const BATCH_BUCKETS_SECONDS: [f64; 8] = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.02];

/// One worker's state.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// What its core holds.
    pub load: Load,
    /// What its core counted.
    pub core: Counters,
    /// How good its participants' connections were.
    pub quality: QualityCounts,
    /// What came in.
    pub received: ReceiveCounts,
    /// What went out.
    pub sent: SendCounts,
    /// The TCP side.
    pub tcp: TcpCounts,
    /// Batches by duration; the last class has no end.
    pub batches: [u64; BATCH_BUCKETS_SECONDS.len() + 1],
    /// Seconds spent in batches.
    pub batch_seconds: f64,
    /// Errors of the kernel while receiving.
    pub receive_errors: u64,
    /// Signalling connections closed because they did not read.
    pub slow_outboxes: u64,
    /// How often the worker began again after a fault.
    pub restarts: u64,
    /// Reports lost because nobody took them.
    pub reports_lost: u64,
    /// The share of the last second in which the thread did not wait.
    pub busy: f64,
    /// What is left out.
    pub shed: Shed,
}

/// Where the snapshot lies. The worker writes once a second; a reader copies it.
#[derive(Debug, Default)]
pub struct Published {
    snapshot: Mutex<Snapshot>,
    restarts: AtomicU64,
    reports_lost: AtomicU64,
}

impl Published {
    /// A copy of what was published last.
    #[must_use]
    pub fn read(&self) -> Snapshot {
        let mut snapshot = *self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        snapshot.restarts = self.restarts.load(Ordering::Relaxed);
        snapshot.reports_lost = self.reports_lost.load(Ordering::Relaxed);
        snapshot
    }

    /// Skips this second when a reader is just copying.
    pub(super) fn write(&self, snapshot: Snapshot) {
        if let Ok(mut place) = self.snapshot.try_lock() {
            *place = snapshot;
        }
    }

    pub(super) fn note_restart(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_lost_report(&self) -> u64 {
        self.reports_lost.fetch_add(1, Ordering::Relaxed) + 1
    }
}
