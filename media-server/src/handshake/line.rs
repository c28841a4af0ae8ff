//! A worker's end of the queue. A stop comes once, so one that the thread does not take waits here and is ordered again: lost, it
//! would leave an endpoint behind for good. So does what is for a data channel, which promises to lose nothing.

use std::collections::VecDeque;

use media_core::{HandshakeOrder, PeerId};
use tracing::error;

use super::{Full, QUEUE, Queue};

/// Orders of one worker to the handshake thread.
pub struct Line {
    queue: Queue,
    worker: u8,
    waiting: VecDeque<(PeerId, HandshakeOrder)>,
}

impl Line {
    /// For the worker with this number.
    #[must_use]
    pub fn new(queue: Queue, worker: u8) -> Self {
        Self { queue, worker, waiting: VecDeque::new() }
    }

    /// Hands over an order of the core. Never waits; a stop or a message is never lost.
    ///
    /// # Errors
    /// [`Full`], for a start or a datagram.
    pub fn order(&mut self, peer: PeerId, order: HandshakeOrder) -> Result<(), Full> {
        if !matches!(order, HandshakeOrder::Stop | HandshakeOrder::Tell(_)) {
            return self.queue.order(self.worker, peer, order);
        }
        // In order behind those that wait already.
        if !self.waiting.is_empty() || self.queue.order(self.worker, peer, order.clone()).is_err() {
            // More than that wait only for a thread that is gone.
            if self.waiting.len() < QUEUE {
                self.waiting.push_back((peer, order));
            } else {
                error!(%peer, "the handshake thread takes nothing; an endpoint stays, or a message is lost");
            }
        }
        Ok(())
    }

    /// Orders again what was not taken.
    pub fn retry(&mut self) {
        while let Some((peer, order)) = self.waiting.front()
            && self.queue.order(self.worker, *peer, order.clone()).is_ok()
        {
            self.waiting.pop_front();
        }
    }
}
