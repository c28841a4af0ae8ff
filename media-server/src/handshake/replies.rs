//! The way back to the workers. A datagram that a busy worker does not take is gone, DTLS repeats it; an outcome comes once, so it
//! waits and is offered again.

use media_core::{Command, HandshakeFailed, PeerId};
use srtp::KeyingMaterial;
use tracing::error;

use crate::worker::{Inbox, Input, Owed};

/// Outcomes that wait for busy workers. A worker that takes nothing for so long has other troubles; its peers' deadlines end them.
const OWED_MAX: usize = 8192;

pub(super) struct Replies {
    /// By worker number.
    workers: Vec<Inbox>,
    owed: Owed,
}

impl Replies {
    pub(super) fn new(workers: Vec<Inbox>) -> Self {
        Self { workers, owed: Owed::default() }
    }

    pub(super) fn datagram(&self, worker: u8, peer: PeerId, bytes: Vec<u8>) {
        // It must not overtake keys that wait: the peer may send media as soon as it has the last flight.
        if self.owed.is_for(worker) {
            return;
        }
        if let Some(inbox) = self.workers.get(usize::from(worker)) {
            let _ = inbox.send(Input::Command(Command::HandshakeDatagram { peer, bytes }));
        }
    }

    pub(super) fn outcome(
        &mut self,
        worker: u8,
        peer: PeerId,
        result: Result<KeyingMaterial, HandshakeFailed>,
    ) {
        if self.owed.len() >= OWED_MAX {
            return error!(worker, %peer, "the outcome of a handshake is lost: the worker takes nothing");
        }
        self.owed.push(worker, Input::Command(Command::Handshaken { peer, result }));
        self.retry();
    }

    /// Something of a peer's data channel. A message was acknowledged to the peer, so it waits like an outcome.
    pub(super) fn chat(&mut self, worker: u8, command: Command) {
        if self.owed.len() >= OWED_MAX {
            return error!(worker, "a message is lost: the worker takes nothing");
        }
        self.owed.push(worker, Input::Command(command));
        self.retry();
    }

    /// Whether something waits for a busy worker.
    pub(super) fn is_owing(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Offers again what waits, in order.
    pub(super) fn retry(&mut self) {
        self.owed.offer_to(&self.workers);
    }
}
