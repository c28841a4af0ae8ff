//! A media thread: one [`Core`](media_core::Core), its sockets, and nothing shared on the packet path.
//!
//! ```text
//!            ┌──────────────────────── worker thread ────────────────────────┐
//! UDP  ────▶ │ net::ReceiveBatch ─▶ core ─▶ net::SendBatch                   │ ────▶ UDP
//! TCP  ────▶ │ net::TcpSide       ─▶      ─▶ net::TcpSide                    │ ────▶ TCP
//! Inbox ───▶ │ Input (bounded, a wake)     Output ─▶ outbox of each socket ──│ ────▶ signalling
//!            │                                    ─▶ handshake thread        │
//!            │                                    ─▶ Report (events)         │ ────▶ spool, rooms
//!            └───────────────────────────────────────────────────────────────┘
//! ```
//!
//! The thread never waits for anybody: a full outbox closes that signalling connection, a full report queue is counted.
//! A panic inside the core costs the room that it was about (`media_core::Contained`). Anywhere else it costs the rooms of this worker, not
//! the process: they are reported, closed, and the thread begins again with a new core on the same sockets.
//!
//! How busy it is, it measures itself, and leaves out what it must before packets are late (`pressure`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use media_core::{Command, CoreConfig, PeerId};
use protocol::node::RoomEventKind;
use protocol::signal::{Numbered, ServerMessage};
use protocol::{ClinicId, Generation, RoomId};
use tokio::sync::mpsc;
use tracing::{error, info};

use crate::handshake;
use crate::net::Waker;

mod owed;
mod presence;
mod pressure;
mod snapshot;
mod sockets;
mod turn;

pub use owed::Owed;
pub use snapshot::{BATCH_BUCKETS_SECONDS, Published, Snapshot};
pub use sockets::{Sockets, TcpPort};

use presence::Presence;
use turn::Engine;

/// Inputs that wait for a worker. A worker takes them within a millisecond; a thousand joins a second leave room.
const INBOX: usize = 4096;
/// Signalling messages that wait for one socket: a page that does not read for several seconds in a lively room.
pub const OUTBOX: usize = 256;

/// A worker that fails again this soon waits as long before it begins again, so that a lasting fault does not burn a core.
const RESTART_PAUSE: Duration = Duration::from_millis(500);

/// What a worker is told.
#[derive(Debug)]
pub enum Input {
    /// A signalling connection wants a seat. `command` is the `Join`, `Resume` or `Reattach` that names the same peer.
    Open {
        /// The new peer.
        peer: PeerId,
        /// Where its messages go.
        outbox: mpsc::Sender<Outgoing>,
        /// What it asked for.
        command: Command,
    },
    /// Anything else.
    Command(Command),
    /// Close all signalling connections with `GOING_AWAY` and end the thread.
    Stop,
    /// Stands for a fault outside of all rooms.
    #[cfg(test)]
    Panic,
    /// Stands for a fault in the core that a room has at this point.
    #[cfg(all(test, debug_assertions))]
    Trap(RoomId, media_core::Point),
    /// Stands for an input that takes long. It is told how many datagrams were received before.
    #[cfg(test)]
    Work(tests::Work),
}

/// What a worker has for a signalling connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A message, with its number if it may be said again.
    Message(Numbered<ServerMessage>),
    /// The last thing: close with this code.
    Close(u16),
}

/// What a worker has for the rest of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// For the control plane.
    Event {
        /// The tenant.
        clinic: ClinicId,
        /// The room.
        room: RoomId,
        /// Its placement.
        generation: Generation,
        /// What.
        kind: RoomEventKind,
    },
    /// The room is gone from the worker.
    RoomClosed {
        /// Which.
        room: RoomId,
        /// Its placement.
        generation: Generation,
    },
}

/// The worker takes no more inputs now: it is overloaded or gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the worker takes no more inputs now")]
pub struct Busy;

/// Why an input was not taken.
#[derive(Debug)]
pub enum Unsent {
    /// The worker is busy. Here is the input again.
    Full(Box<Input>),
    /// The worker is gone.
    Gone,
}

/// The way to a worker. Clones lead to the same one.
#[derive(Clone)]
pub struct Inbox {
    inputs: SyncSender<Input>,
    waker: Waker,
    published: Arc<Published>,
    alive: Arc<AtomicBool>,
}

impl Inbox {
    /// Gives the worker something to do. Never waits.
    ///
    /// # Errors
    /// [`Busy`], and the input is dropped.
    pub fn send(&self, input: Input) -> Result<(), Busy> {
        self.offer(input).map_err(|_| Busy)
    }

    /// As [`Inbox::send`], for what comes once and must not be lost to a busy worker.
    ///
    /// # Errors
    /// [`Unsent`], with the input if it can be offered again.
    pub fn offer(&self, input: Input) -> Result<(), Unsent> {
        self.inputs.try_send(input).map_err(|error| match error {
            TrySendError::Full(input) => Unsent::Full(Box::new(input)),
            TrySendError::Disconnected(_) => Unsent::Gone,
        })?;
        self.waker.wake();
        Ok(())
    }

    /// What the worker published last.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.published.read()
    }

    /// Whether the thread runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }
}

/// The receiving end of an [`Inbox`], held by the thread.
pub struct InboxEnd {
    inputs: Receiver<Input>,
    waker: Waker,
    published: Arc<Published>,
    alive: Arc<AtomicBool>,
}

#[cfg(test)]
impl InboxEnd {
    /// The next input, as the worker would take it.
    pub(crate) fn next(&self, within: std::time::Duration) -> Option<Input> {
        self.inputs.recv_timeout(within).ok()
    }

    /// What a worker that looks like this would publish.
    pub(crate) fn publish(&self, snapshot: Snapshot) {
        self.published.write(snapshot);
    }

    /// What [`spawn`] does for a thread that runs.
    pub(crate) fn pretend_alive(&self) {
        self.alive.store(true, Ordering::Release);
    }
}

/// An inbox and its end.
///
/// # Errors
/// When the process has no descriptor left.
pub fn inbox() -> std::io::Result<(Inbox, InboxEnd)> {
    let (sender, inputs) = sync_channel(INBOX);
    let waker = Waker::new()?;
    let published = Arc::new(Published::default());
    let alive = Arc::new(AtomicBool::new(false));
    let near = Inbox {
        inputs: sender,
        waker: waker.clone(),
        published: Arc::clone(&published),
        alive: Arc::clone(&alive),
    };
    Ok((near, InboxEnd { inputs, waker, published, alive }))
}

/// Everything a worker needs.
pub struct Setup {
    /// What its cores are told.
    pub core: CoreConfig,
    /// Its ports.
    pub sockets: Sockets,
    /// Where inputs come from.
    pub inbox: InboxEnd,
    /// The handshake thread.
    pub handshakes: handshake::Queue,
    /// Where reports go.
    pub reports: mpsc::Sender<Report>,
    /// Whether it leaves things out while it is overloaded.
    pub sheds_load: bool,
}

/// Starts the thread.
///
/// # Errors
/// When the system gives no thread.
pub fn spawn(setup: Setup) -> std::io::Result<JoinHandle<()>> {
    setup.inbox.alive.store(true, Ordering::Release);
    std::thread::Builder::new().name(format!("worker-{}", setup.core.worker)).spawn(move || supervise(setup))
}

/// Runs the worker until it is told to stop; a panic begins it again.
fn supervise(mut setup: Setup) {
    let worker = setup.core.worker;
    let mut presence = Presence::default();
    loop {
        let began = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| Engine::new(&mut setup, &mut presence).run()));
        // The engine, its core and its outboxes are gone: the sockets' ends see that and close.
        setup.handshakes.forget_worker(worker);
        for report in presence.everybody_lost() {
            // Here the thread may wait: it forwards nothing, and none of these must be lost.
            let _ = setup.reports.blocking_send(report);
        }
        match ended {
            Ok(Ok(())) => break,
            Ok(Err(error)) => {
                // Waiting fails when the system is out of memory or the sockets are gone: nothing to begin again with.
                error!(worker, %error, "the worker cannot wait on its sockets and stops; its rooms are closed");
                break;
            }
            Err(_) => error!(worker, "the worker panicked; its rooms are closed and it begins again"),
        }
        setup.inbox.published.note_restart();
        if began.elapsed() < RESTART_PAUSE {
            std::thread::sleep(RESTART_PAUSE);
        }
    }
    setup.inbox.alive.store(false, Ordering::Release);
    info!(worker, "worker stopped");
}

#[cfg(test)]
mod tests;
