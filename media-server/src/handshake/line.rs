//! A worker's end of the queue. A stop comes once, so one that the thread does not take waits here and is ordered again: lost, it
//! would leave an endpoint behind for good. So does what is for a data channel, which promises to lose nothing; but neither waits
//! for the other. A thread that takes nothing for so long that as many wait here as in its queue is gone: what comes then is
//! dropped, and said once.

use std::collections::VecDeque;

use media_core::{HandshakeOrder, PeerId};
use tracing::error;

use super::{Full, QUEUE, Queue};

/// Orders of one worker to the handshake thread.
pub struct Line {
    queue: Queue,
    worker: u8,
    stops: Waiting,
    tells: Waiting,
    /// It was said that the thread takes nothing.
    is_said: bool,
}

type Waiting = VecDeque<(PeerId, HandshakeOrder)>;

impl Line {
    /// For the worker with this number.
    #[must_use]
    pub fn new(queue: Queue, worker: u8) -> Self {
        Self { queue, worker, stops: Waiting::new(), tells: Waiting::new(), is_said: false }
    }

    /// Hands over an order of the core. Never waits; a stop or a message waits here.
    ///
    /// # Errors
    /// [`Full`], for a start or a datagram.
    pub fn order(&mut self, peer: PeerId, order: HandshakeOrder) -> Result<(), Full> {
        let waiting = match order {
            HandshakeOrder::Start { .. } | HandshakeOrder::Datagram(_) => {
                return self.queue.order(self.worker, peer, order);
            }
            // What still waits for a peer that is stopped is for nobody.
            HandshakeOrder::Stop => &mut self.stops,
            HandshakeOrder::Tell(_) => &mut self.tells,
        };
        // In order behind those that wait already.
        if !waiting.is_empty() || self.queue.order(self.worker, peer, order.clone()).is_err() {
            if waiting.len() < QUEUE {
                waiting.push_back((peer, order));
            } else if !std::mem::replace(&mut self.is_said, true) {
                error!(%peer, "the handshake thread takes nothing; an endpoint stays, or a message is lost");
            }
        }
        Ok(())
    }

    /// Orders again what was not taken.
    pub fn retry(&mut self) {
        for waiting in [&mut self.stops, &mut self.tells] {
            while let Some((peer, order)) = waiting.front()
                && self.queue.order(self.worker, *peer, order.clone()).is_ok()
            {
                waiting.pop_front();
            }
        }
    }
}
