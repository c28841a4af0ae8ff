//! What a message takes on a WebSocket. TCP loses nothing: what a network loses comes later.

use std::time::{Duration, Instant};

use netsim::Random;

use super::ms;

/// Every WebSocket's way.
pub(super) struct SignalWay {
    latency: Duration,
    /// How often a segment is lost.
    loss: f64,
    random: Random,
}

impl SignalWay {
    pub(super) fn new(seed: u64) -> Self {
        Self { latency: ms(25), loss: 0.0, random: Random::new(seed ^ 0x7369_676e) }
    }

    pub(super) const fn set(&mut self, latency: Duration, loss: f64) {
        self.latency = latency;
        self.loss = loss;
    }

    /// When what is sent now arrives.
    pub(super) fn arrival(&mut self, now: Instant) -> Instant {
        now + self.latency + self.repetitions()
    }

    /// The same for the first message of a new WebSocket: TCP, TLS and the upgrade take a round trip each before it.
    pub(super) fn arrival_of_first(&mut self, now: Instant) -> Instant {
        let opening: Duration = (0..6).map(|_| self.latency + self.repetitions()).sum();
        self.arrival(now) + opening
    }

    /// Until a lost segment is sent again: RFC 6298 asks for a second, kernels take 200 ms and a round trip.
    fn repetitions(&mut self) -> Duration {
        let mut wait = ms(200) + 2 * self.latency;
        let mut waited = Duration::ZERO;
        while self.loss > 0.0 && self.random.chance(self.loss) {
            waited += wait;
            wait *= 2;
        }
        waited
    }
}
