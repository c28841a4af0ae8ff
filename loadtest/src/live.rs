//! How the run is at the moment: counted by the bots, looked at by the view and by the series of the report.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use crate::outcome::Progress;

/// What a bot may be at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    Joining,
    Present,
    Failed,
}

/// The counts. Bots only add to them.
pub(crate) struct Live {
    joining: AtomicI64,
    present: AtomicI64,
    failed: AtomicI64,
    /// By room: who there sends pictures now.
    senders: Vec<AtomicU32>,
    received: AtomicU64,
    lost: AtomicU64,
}

/// The state at one look.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Look {
    pub(crate) joining: i64,
    pub(crate) present: i64,
    pub(crate) failed: i64,
    /// Packets, as far as bots have told: each does so every few seconds.
    pub(crate) received: u64,
    pub(crate) lost: u64,
}

/// Somebody is in a room, until this is dropped.
pub(crate) struct Present<'a> {
    live: &'a Live,
    room: u32,
    sends: bool,
}

impl Live {
    pub(crate) fn new(rooms: u32) -> Self {
        Self {
            joining: AtomicI64::new(0),
            present: AtomicI64::new(0),
            failed: AtomicI64::new(0),
            senders: (0..rooms).map(|_| AtomicU32::new(0)).collect(),
            received: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        }
    }

    pub(crate) fn count(&self, moment: Moment, by: i64) {
        let counter = match moment {
            Moment::Joining => &self.joining,
            Moment::Present => &self.present,
            Moment::Failed => &self.failed,
        };
        counter.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn present(&self, room: u32, sends: bool) -> Present<'_> {
        self.count(Moment::Present, 1);
        if let Some(senders) = self.senders.get(room as usize) {
            senders.fetch_add(u32::from(sends), Ordering::Relaxed);
        }
        Present { live: self, room, sends }
    }

    pub(crate) fn senders(&self, room: u32) -> u32 {
        self.senders.get(room as usize).map_or(0, |senders| senders.load(Ordering::Relaxed))
    }

    pub(crate) fn tell(&self, progress: Progress) {
        self.received.fetch_add(progress.received, Ordering::Relaxed);
        self.lost.fetch_add(progress.lost, Ordering::Relaxed);
    }

    pub(crate) fn look(&self) -> Look {
        Look {
            joining: self.joining.load(Ordering::Relaxed),
            present: self.present.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.live.count(Moment::Present, -1);
        if let Some(senders) = self.live.senders.get(self.room as usize) {
            senders.fetch_sub(u32::from(self.sends), Ordering::Relaxed);
        }
    }
}
