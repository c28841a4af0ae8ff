//! One participant with its networks and its signalling connection.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use client::{Event, Participant};
use media_core::{Command, PeerId, SeatGrant};
use netsim::{Link, LinkConfig};
use protocol::signal::{ClientMessage, Numbered, ServerMessage};
use rtp::demux::{Protocol, classify};

use super::home;
use super::trace::Trace;

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
    pub(super) to_node: VecDeque<(Instant, PeerId, Numbered<ClientMessage>)>,
    pub(super) from_node: VecDeque<(Instant, PeerId, Numbered<ServerMessage>)>,
    /// The close code of the last connection that the node has closed.
    pub(super) closed: Option<u16>,
    pub(super) events: Vec<(Instant, Event)>,
    /// Messages that its signalling connection has carried, both ways.
    pub(super) carried: usize,
    /// The highest number that the node has taken on this connection.
    pub(super) taken: u64,
    /// The connection breaks when it has carried so many.
    pub(super) breaks_at: Option<usize>,
    /// Since when nothing came to it, and the longest time of that.
    pub(super) hears: Silence,
    /// The same at the node, of what it sends.
    pub(super) is_heard: Silence,
    /// What went between it and the node.
    pub(super) trace: Trace,
}

/// How long no media came at an end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Silence {
    last: Option<Instant>,
    pub(super) longest: Duration,
}

impl Silence {
    pub(super) fn note(&mut self, now: Instant, datagram: &[u8]) {
        if classify(datagram) == Some(Protocol::Rtp) {
            self.longest = self.now(now);
            self.last = Some(now);
        }
    }

    /// The longest until now.
    pub(super) fn now(&self, now: Instant) -> Duration {
        self.longest.max(self.last.map_or(Duration::ZERO, |last| now - last))
    }

    /// Begins anew.
    pub(super) const fn forget(&mut self) {
        self.longest = Duration::ZERO;
    }
}

impl Person {
    /// What the connection carried is one more; whether it breaks now.
    pub(super) fn carry(&mut self) -> bool {
        self.carried += 1;
        let breaks = self.breaks_at == Some(self.carried);
        if breaks {
            self.lose_signalling();
        }
        breaks
    }

    /// The WebSocket is gone at this end, and so is what was under way.
    pub(super) fn lose_signalling(&mut self) -> Option<PeerId> {
        self.to_node.clear();
        self.from_node.clear();
        self.participant.handle_signal_lost();
        self.taken = 0;
        self.peer.take()
    }

    /// Sends a message of the node's shell or core down the WebSocket, behind those before it.
    pub(super) fn tell(&mut self, due: Instant, peer: PeerId, frame: Numbered<ServerMessage>) {
        let due = self.from_node.back().map_or(due, |(last, ..)| due.max(*last));
        self.from_node.push_back((due, peer, frame));
    }

    /// Sends a message up the WebSocket, behind those before it.
    pub(super) fn say(&mut self, due: Instant, frame: Numbered<ClientMessage>) {
        let Some(peer) = self.peer else { return };
        let due = self.to_node.back().map_or(due, |(last, ..)| due.max(*last));
        self.to_node.push_back((due, peer, frame));
    }

    /// What the shell makes of a message, the token being verified. It answers pings by itself.
    pub(super) fn command_of(&mut self, peer: PeerId, frame: Numbered<ClientMessage>) -> Option<Command> {
        let command = match frame.message {
            ClientMessage::Join { offer, tracks, .. } => {
                Command::Join { peer, grant: self.grant, offer, tracks }
            }
            ClientMessage::Resume { resume, offer, tracks } => {
                Command::Resume { peer, secret: resume, offer, tracks }
            }
            ClientMessage::Reattach { resume, seen } => Command::Reattach { peer, secret: resume, seen },
            ClientMessage::Offer { offer, tracks } => Command::Offer { peer, offer, tracks },
            ClientMessage::Track { mid, active } => Command::Track { peer, mid, active },
            ClientMessage::View { lanes } => Command::View { peer, lanes },
            ClientMessage::Moderate { order } => Command::Moderate { peer, order },
            ClientMessage::Decline { source } => Command::Decline { peer, source },
            ClientMessage::Device { limited } => Command::Device { peer, limited },
            ClientMessage::Leave => Command::Leave { peer },
            ClientMessage::End => Command::End { peer },
            ClientMessage::Ping { seen: 0, .. } => return None,
            ClientMessage::Ping { seen, .. } => Command::Seen { peer, seen },
        };
        let Some(seq) = frame.seq else { return Some(command) };
        self.taken = seq;
        Some(Command::Numbered { peer, seq, command: Box::new(command) })
    }

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
