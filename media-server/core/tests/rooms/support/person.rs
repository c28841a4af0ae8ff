//! One participant with its networks and its signalling connection.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use client::{Event, Participant};
use media_core::{PeerId, SeatGrant};
use netsim::{Link, LinkConfig};
use protocol::signal::{ClientMessage, ServerMessage};

use super::home;

/// Which participant, in the order of their coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PersonId(pub(super) usize);

/// The addresses that a datagram goes between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
}

/// One network of a participant: its address there, and the way to the node and back.
pub(super) struct Network {
    pub(super) address: SocketAddr,
    /// How it is once media flows, up and down.
    pub(super) ways: (LinkConfig, LinkConfig),
    pub(super) up: Link<Ends>,
    pub(super) down: Link<Ends>,
}

impl Network {
    /// Good at first: see [`Network::begin`].
    pub(super) fn new(address: SocketAddr, up: LinkConfig, down: LinkConfig, seed: u64) -> Self {
        let mut network = Self::at_once(address, home(), home(), seed);
        network.ways = (up, down);
        network
    }

    /// As it is from the first datagram on.
    pub(super) fn at_once(address: SocketAddr, up: LinkConfig, down: LinkConfig, seed: u64) -> Self {
        Self {
            address,
            ways: (up, down),
            up: Link::new(up, seed ^ 0x75),
            down: Link::new(down, seed ^ 0x64_0000),
        }
    }
}

impl Network {
    /// Media flows: from now on it is as it is.
    pub(super) fn begin(&mut self) {
        let (up, down) = self.ways;
        self.up.set_config(up);
        self.down.set_config(down);
    }
}

/// One participant.
pub(super) struct Person {
    pub(super) participant: Participant,
    pub(super) grant: SeatGrant,
    /// The peer of the signalling connection; `None` while there is none.
    pub(super) peer: Option<PeerId>,
    /// The newest last. Those of before are kept for what is still under way.
    pub(super) networks: Vec<Network>,
    /// How many of them, from the first, are out of reach.
    pub(super) dead_networks: usize,
    pub(super) to_node: VecDeque<(Instant, PeerId, ClientMessage)>,
    pub(super) from_node: VecDeque<(Instant, PeerId, ServerMessage)>,
    /// The close code of the last connection that the node has closed.
    pub(super) closed: Option<u16>,
    pub(super) events: Vec<(Instant, Event)>,
}

impl Person {
    /// The next thing that happens to it.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let links = self.networks.iter().flat_map(|one| [one.up.poll_timeout(), one.down.poll_timeout()]);
        let messages = [self.to_node.front().map(|(at, ..)| *at), self.from_node.front().map(|(at, ..)| *at)];
        links.chain(messages).chain([self.participant.poll_timeout()]).flatten().min()
    }

    pub(super) fn is_reachable(&self, address: SocketAddr) -> bool {
        self.networks[self.dead_networks..].iter().any(|network| network.address == address)
    }
}
