//! Signalling: participants' WebSockets at `/signal`, from the TCP accept to the worker's inbox and back.
//!
//! ```text
//! listener   accept · caps by neighbourhood · TLS · HTTP upgrade · Origin        all within 5 s of the accept
//! socket     first message · rates · idle · numbered answers · close codes
//! admission  token or resume secret ─▶ worker and command
//! ```
//!
//! A socket that dies never touches media: the core hears `SignalLost` and the seat goes on.
//!
//! `hyper` serves the upgrade and `tungstenite` the frames, both on sockets that are accepted here: caps and deadlines
//! must count a connection before its first byte, which a web framework hides.
//!
//! **Origin.** Tokens alone let somebody in, and cookies are never read, so a foreign page gains nothing from a visitor's
//! browser. All the same a browser from an origin that is not listed gets 403 (abuse sentence 8): the list is part
//! of the configuration and must not be empty, unless clients without an Origin (no browser) are allowed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use media_core::PeerId;
use tokio::sync::{mpsc, watch};

use crate::control::keys::VerifyKeys;
use crate::rooms::Rooms;
use crate::worker::{Inbox, Report};

mod admission;
mod counts;
mod listener;
mod prefixes;
mod rate;
mod socket;
mod tokens;
mod upgrade;

pub use counts::{Counts, PROBLEMS, REFUSED_CONNECTIONS};
pub use listener::{Listener, Tls};
pub use prefixes::Sockets;
pub use upgrade::Origins;

/// What all sockets share.
pub struct Signal {
    /// Workers by number.
    pub workers: Vec<Inbox>,
    /// Which worker holds which room.
    pub rooms: Arc<Rooms>,
    /// What verifies join tokens.
    pub keys: Arc<VerifyKeys>,
    /// For the reuse of tokens.
    pub reports: mpsc::Sender<Report>,
    /// How many there are.
    pub sockets: Sockets,
    /// Whose pages may connect.
    pub origins: Origins,
    /// True once the node goes away.
    pub stopping: watch::Receiver<bool>,
    /// What was counted.
    pub counts: Counts,
    tokens: tokens::UsedTokens,
    last_peer: AtomicU64,
}

impl Signal {
    /// The state of a node that begins.
    #[must_use]
    pub fn new(
        workers: Vec<Inbox>,
        rooms: Arc<Rooms>,
        keys: Arc<VerifyKeys>,
        reports: mpsc::Sender<Report>,
        (sockets, origins): (Sockets, Origins),
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self {
            workers,
            rooms,
            keys,
            reports,
            sockets,
            origins,
            stopping,
            counts: Counts::default(),
            tokens: tokens::UsedTokens::new(admission::unix_secs()),
            last_peer: AtomicU64::new(0),
        }
    }

    /// Never reused in the life of the process.
    fn new_peer(&self) -> PeerId {
        PeerId(self.last_peer.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

#[cfg(test)]
mod tests;
