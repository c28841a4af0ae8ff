//! A bad network between the sockets and the participant: what is sent and what comes goes over simulated links first.

use std::time::Instant;

use netsim::{Link, LinkConfig};

use crate::ice::Path;
use crate::participant::Transmit;

/// Both directions of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network {
    /// To the node.
    pub up: LinkConfig,
    /// From it.
    pub down: LinkConfig,
    /// Of the dice: the same seed loses the same packets.
    pub seed: u64,
}

pub(super) struct Impairment {
    up: Link<Path>,
    down: Link<Path>,
}

impl Impairment {
    pub(super) fn new(network: &Network) -> Self {
        Self { up: Link::new(network.up, network.seed), down: Link::new(network.down, !network.seed) }
    }

    pub(super) fn send(&mut self, now: Instant, transmit: &Transmit) {
        self.up.send(now, transmit.path, &transmit.bytes);
    }

    pub(super) fn receive(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        self.down.send(now, path, datagram);
    }

    /// What has come through by now, on its way out.
    pub(super) fn poll_sent(&mut self, now: Instant) -> Option<Transmit> {
        self.up.poll(now).map(|(path, bytes)| Transmit { path, bytes })
    }

    /// What has come through by now, on its way in.
    pub(super) fn poll_received(&mut self, now: Instant) -> Option<(Path, Vec<u8>)> {
        self.down.poll(now)
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.up.poll_timeout().into_iter().chain(self.down.poll_timeout()).min()
    }
}
