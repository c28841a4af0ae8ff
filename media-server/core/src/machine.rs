//! [`Core`]: everything one worker decides.

use std::time::Instant;

use protocol::problem::Problem;
use protocol::signal::ServerMessage;

use crate::api::{Command, CoreConfig, Output, Path, PeerId, Transmit};
use crate::counters::Counters;

/// How much one worker carries now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Living rooms.
    pub rooms: usize,
    /// Taken seats, held ones included.
    pub seats: usize,
    /// Peers.
    pub peers: usize,
}

/// The SFU of one worker, as a state machine: no socket, thread or clock.
///
/// The calling contract is drawn in [`crate::api`]. `now` never goes back. After every `handle_*` and `flush` the
/// shell sends [`Core::transmits`], clears them, and polls the outputs until there are none.
pub struct Core {
    counters: Counters,
    outputs: std::collections::VecDeque<Output>,
}

impl Core {
    /// A core without rooms. All its randomness (ICE credentials, SSRCs, ids, secrets) comes from `seed`, so `seed`
    /// comes from the operating system.
    #[must_use]
    pub fn new(_config: CoreConfig, _seed: [u8; 32], _now: Instant) -> Self {
        Self { counters: Counters::default(), outputs: std::collections::VecDeque::new() }
    }

    /// Takes one datagram of a receive batch; GRO is split already. Opens it in place. What it causes to be
    /// forwarded waits for [`Core::flush`].
    pub fn handle_datagram(&mut self, _now: Instant, _path: Path, _datagram: &mut [u8]) {
        self.counters.received += 1;
    }

    /// Ends a receive batch: forwards its packets, subscriber by subscriber.
    pub fn flush(&mut self, _now: Instant) {}

    /// Takes a command.
    pub fn handle_command(&mut self, _now: Instant, command: Command) {
        if let Command::Join { peer, .. } | Command::Resume { peer, .. } = command {
            let message =
                ServerMessage::Refused { problem: Problem::NodeFull, detail: "no rooms yet".to_owned() };
            self.outputs.push_back(Output::Signal { peer, message });
            self.outputs.push_back(Output::Close { peer, code: protocol::close::GOING_AWAY });
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, _now: Instant) {}

    /// When [`Core::handle_timeout`] is due next; `None` while there is nothing to wait for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// The next of the rare outputs.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What to send, in order.
    pub fn transmits(&self) -> impl Iterator<Item = Transmit<'_>> {
        std::iter::empty()
    }

    /// Forgets what [`Core::transmits`] gave; the memory stays for the next batch.
    pub fn clear_transmits(&mut self) {}

    /// What was counted since the core began.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How much there is now.
    #[must_use]
    pub fn load(&self) -> Load {
        Load::default()
    }

    /// Whether this peer still exists.
    #[must_use]
    pub fn has_peer(&self, _peer: PeerId) -> bool {
        false
    }
}
