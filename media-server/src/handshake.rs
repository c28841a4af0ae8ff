//! DTLS beside the media: one thread holds the endpoints of all peers, so that a handshake's public-key arithmetic never
//! stands between two packets.
//!
//! It gets only datagrams of paths that ICE has validated, over a bounded queue, and gives back keys or a failure. What the
//! handshake may cost is bounded inside `dtls`. Afterwards the data channels of its peers live here too (`chat`), whose cost is bounded
//! inside `sctp`. The certificate is made at start and never written (ASVS 17.2.1).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use dtls::{CloseReason, Identity};
use media_core::{HandshakeOrder, PeerId};

use crate::worker::Inbox;

mod chat;
mod endpoints;
mod line;
mod replies;

pub use line::Line;

use endpoints::Endpoints;

/// Orders that wait for the thread.
const QUEUE: usize = 8192;
/// Above this many waiting orders, datagrams are dropped (DTLS repeats them); the rest of the queue is kept for starts
/// and stops, which come once.
const DATAGRAMS_WAITING_MAX: usize = 1024;
/// And above this many, what people write waits at its worker: one who asks for all that was said is told up to fifty messages.
const TELLS_WAITING_MAX: usize = QUEUE / 2;

/// The queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the handshake thread takes no more orders now")]
pub struct Full;

enum Order {
    Peer {
        worker: u8,
        peer: PeerId,
        order: HandshakeOrder,
    },
    ForgetWorker(u8),
    Stop,
    /// Stands for a fault while it works for a peer.
    #[cfg(test)]
    Panic {
        worker: u8,
        peer: PeerId,
    },
}

impl Order {
    /// Whom it is about, and on which worker.
    fn about(&self) -> Option<(u8, PeerId)> {
        match self {
            Self::Peer { worker, peer, .. } => Some((*worker, *peer)),
            Self::ForgetWorker(_) | Self::Stop => None,
            #[cfg(test)]
            Self::Panic { worker, peer } => Some((*worker, *peer)),
        }
    }
}

/// The way to the thread. Clones lead to the same one.
#[derive(Clone)]
pub struct Queue {
    orders: SyncSender<Order>,
    waiting: Arc<AtomicUsize>,
    alive: Arc<AtomicBool>,
    counts: Arc<Counts>,
}

/// How handshakes ended, and what was dropped.
#[derive(Debug, Default)]
pub struct Counts {
    outcomes: [AtomicU64; OUTCOMES.len()],
    dropped_datagrams: AtomicU64,
}

/// The outcomes of a handshake, as metrics name them.
pub const OUTCOMES: [&str; 10] = [
    "established",
    "timeout",
    "fingerprint_mismatch",
    "bad_certificate",
    "no_srtp_profile",
    "alert",
    "flood",
    "protocol",
    "stopped",
    "fault",
];

impl Counts {
    /// Each outcome with its count.
    pub fn outcomes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        OUTCOMES.iter().zip(&self.outcomes).map(|(name, count)| (*name, count.load(Ordering::Relaxed)))
    }

    /// Datagrams dropped because the thread was behind.
    #[must_use]
    pub fn dropped_datagrams(&self) -> u64 {
        self.dropped_datagrams.load(Ordering::Relaxed)
    }

    fn note(&self, outcome: &str) {
        if let Some(index) = OUTCOMES.iter().position(|name| *name == outcome) {
            self.outcomes[index].fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The metric's word for a failure.
fn outcome_of(reason: &CloseReason) -> &'static str {
    match reason {
        CloseReason::Local => "stopped",
        CloseReason::Timeout => "timeout",
        CloseReason::FingerprintMismatch => "fingerprint_mismatch",
        CloseReason::Certificate(_) => "bad_certificate",
        CloseReason::NoSrtpProfile => "no_srtp_profile",
        CloseReason::Peer | CloseReason::Alert(_) => "alert",
        CloseReason::Flood => "flood",
        CloseReason::Renegotiation | CloseReason::Protocol(_) => "protocol",
    }
}

impl Queue {
    /// Hands over an order of the core. Never waits.
    ///
    /// # Errors
    /// [`Full`]; a dropped datagram is counted.
    pub fn order(&self, worker: u8, peer: PeerId, order: HandshakeOrder) -> Result<(), Full> {
        let waiting = self.waiting.load(Ordering::Relaxed);
        match order {
            HandshakeOrder::Datagram(_) if waiting >= DATAGRAMS_WAITING_MAX => {
                self.counts.dropped_datagrams.fetch_add(1, Ordering::Relaxed);
                return Err(Full);
            }
            HandshakeOrder::Tell(_) if waiting >= TELLS_WAITING_MAX => return Err(Full),
            _ => {}
        }
        self.put(Order::Peer { worker, peer, order })
    }

    /// The worker's peers are gone. Waits while the queue is full: a worker that failed has nothing better to do.
    pub fn forget_worker(&self, worker: u8) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if self.orders.send(Order::ForgetWorker(worker)).is_err() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether the thread runs: without it no call can begin.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }

    /// Ends the thread.
    pub fn stop(&self) {
        // A thread that is gone needs no stop; one that is behind gets it when there is room.
        let _ = self.orders.send(Order::Stop);
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn put(&self, order: Order) -> Result<(), Full> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.orders.try_send(order).map_err(|_| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            Full
        })
    }
}

/// The receiving end of the queue.
pub struct QueueEnd {
    orders: Receiver<Order>,
    waiting: Arc<AtomicUsize>,
    alive: Arc<AtomicBool>,
    counts: Arc<Counts>,
}

impl Drop for QueueEnd {
    /// The thread holds it: however it ends, that is seen.
    fn drop(&mut self) {
        self.alive.store(false, Ordering::Release);
    }
}

/// A queue and its end.
#[must_use]
pub fn queue() -> (Queue, QueueEnd) {
    let (sender, orders) = sync_channel(QUEUE);
    let waiting = Arc::new(AtomicUsize::new(0));
    let alive = Arc::new(AtomicBool::new(true));
    let counts = Arc::new(Counts::default());
    let near = Queue {
        orders: sender,
        waiting: Arc::clone(&waiting),
        alive: Arc::clone(&alive),
        counts: Arc::clone(&counts),
    };
    (near, QueueEnd { orders, waiting, alive, counts })
}

/// Starts the thread. `workers` are the inboxes by worker number; `endpoints_max` bounds the peers of all of them.
///
/// # Errors
/// When the system gives no thread.
pub fn spawn(
    identity: Identity,
    end: QueueEnd,
    workers: Vec<Inbox>,
    endpoints_max: usize,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name("handshake".to_owned())
        .spawn(move || Endpoints::new(identity, workers, end, endpoints_max).run())
}

#[cfg(test)]
mod tests;
