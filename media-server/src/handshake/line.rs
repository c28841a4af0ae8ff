//! A worker's end of the queue. A stop comes once, so one that the thread does not take waits here and is ordered again: lost, it
//! would leave an endpoint behind for good.

use std::collections::VecDeque;

use media_core::{HandshakeOrder, PeerId};
use tracing::error;

use super::{Full, QUEUE, Queue};

/// Orders of one worker to the handshake thread.
pub struct Line {
    queue: Queue,
    worker: u8,
    stops: VecDeque<PeerId>,
}

impl Line {
    /// For the worker with this number.
    #[must_use]
    pub fn new(queue: Queue, worker: u8) -> Self {
        Self { queue, worker, stops: VecDeque::new() }
    }

    /// Hands over an order of the core. Never waits; a stop is never lost.
    ///
    /// # Errors
    /// [`Full`], for a start or a datagram.
    pub fn order(&mut self, peer: PeerId, order: HandshakeOrder) -> Result<(), Full> {
        let stops = matches!(order, HandshakeOrder::Stop);
        match self.queue.order(self.worker, peer, order) {
            Err(Full) if stops => {
                // More than that wait only for a thread that is gone.
                if self.stops.len() < QUEUE {
                    self.stops.push_back(peer);
                } else {
                    error!(%peer, "the handshake thread takes nothing; an endpoint stays");
                }
                Ok(())
            }
            taken => taken,
        }
    }

    /// Orders again what was not taken.
    pub fn retry(&mut self) {
        while let Some(peer) = self.stops.front()
            && self.queue.order(self.worker, *peer, HandshakeOrder::Stop).is_ok()
        {
            self.stops.pop_front();
        }
    }
}
