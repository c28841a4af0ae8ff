//! [`Core`]: everything one worker decides.
//!
//! | file | what enters |
//! |---|---|
//! | `commands` | commands of the shell |
//! | `joining` | join and resume |
//! | `reattaching` | another signalling connection, and numbers |
//! | `renegotiation` | another offer |
//! | `secrets` | resume secrets of seats |
//! | `codecs` | the codec that everybody can show |
//! | `layers` | which layer goes where, and which are asked for |
//! | `saying` | chat |
//! | `members` | who sees what: takeover, lanes, announcements |
//! | `moderating` | what moderators order, and who is told |
//! | `ending` | peers, seats and rooms that end |
//! | `datagrams` | datagrams: DTLS, SRTP |
//! | `clamping` | those of who sends more than they may |
//! | `redundant` | earlier packets inside them |
//! | `checks` | STUN: connectivity checks |
//! | `feedback` | RTCP of peers |
//! | `fanout` | the end of a batch: for subscriber, for packet |
//! | `pacing` | what waits for a subscriber's budget |
//! | `allocating` | which layers fit into it |
//! | `timeouts` | time: what each peer and room is due |
//! | `reports` | RTCP to peers |
//! | `heartbeat` | a sign of life where nothing else is sent |
//! | `observing` | how each connection was in the last second, and what the room is told of it |
//! | `shedding` | what is left out while the worker is overloaded |
//! | `containment` | what a panic costs: one room |

pub(crate) mod allocating;
mod checks;
mod clamping;
mod codecs;
mod commands;
mod containment;
mod datagrams;
mod ending;
mod fanout;
mod feedback;
pub(crate) mod heartbeat;
mod index;
mod joining;
mod layers;
mod members;
mod moderating;
mod observing;
mod pacing;
mod reattaching;
mod redundant;
mod renegotiation;
mod reports;
mod saying;
mod secrets;
mod shedding;
mod timeouts;
mod timers;
mod trap;
mod uplink;

use std::collections::VecDeque;
use std::time::Instant;

use slab::Slab;

use crate::api::{CoreConfig, Output, Path, PeerId, Transmit};
use crate::counters::Counters;
use crate::ice::SourceRates;
use crate::keys::RoomKey;
use crate::peer::Peer;
use crate::quality::watch::{Crowd, QualityCounts};
use crate::random::Random;
use crate::room::Room;
use crate::room::condemned::CondemnedRooms;
use crate::room::ended::EndedRooms;
use crate::send::Runs;
use crate::send::report::NodeClock;
use crate::shed::Shed;
use clamping::Choice;
use containment::Work;
use fanout::Scratch;
use index::Index;
use timers::Timers;
use trap::Trap;

pub use trap::Point;

/// Outputs that wait for the shell. It polls after each input, and one input makes at most a few for each peer of a
/// room; this many are only reached by a shell that does not poll, and then the newest are dropped.
const OUTPUTS_MAX: usize = 65_536;

/// How much one worker carries now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Living rooms.
    pub rooms: usize,
    /// Taken seats, held ones included.
    pub seats: usize,
    /// Peers.
    pub peers: usize,
    /// Packets that wait for their subscribers' budgets.
    pub waiting: usize,
}

/// The SFU of one worker, as a state machine: no socket, thread or clock.
///
/// The calling contract is drawn in [`crate::api`]. `now` never goes back. After every `handle_*` and `flush` the
/// shell sends [`Core::transmits`], clears them, and polls the outputs until there are none.
pub struct Core {
    config: CoreConfig,
    random: Random,
    clock: NodeClock,
    peers: Slab<Peer>,
    rooms: Slab<Room>,
    ended: EndedRooms,
    condemned: CondemnedRooms,
    index: Index,
    rates: SourceRates,
    clamping: Choice,
    peer_timers: Timers,
    room_timers: Timers,
    /// Rooms with packets in the current batch.
    dirty: Vec<RoomKey>,
    /// DTLS datagrams handed on since the last flush.
    dtls_in_flush: u32,
    runs: Runs<Path>,
    outputs: VecDeque<Output>,
    scratch: Scratch,
    counters: Counters,
    /// How much is left out now.
    shed: Shed,
    /// How all connections are.
    crowd: Crowd,
    quality: QualityCounts,
    /// Whose fault a panic would be.
    work: Work,
    trap: Trap,
}

impl Core {
    /// A core without rooms. All its randomness (ICE credentials, SSRCs, ids, secrets) comes from `seed`, so `seed`
    /// comes from the operating system.
    #[must_use]
    pub fn new(config: CoreConfig, seed: [u8; 32], now: Instant) -> Self {
        let mut random = Random::new(seed);
        Self {
            index: Index::new(&mut random),
            rates: SourceRates::new(random.hasher(), now),
            clamping: Choice::new(&mut random),
            config,
            random,
            clock: NodeClock::new(now),
            peers: Slab::new(),
            rooms: Slab::new(),
            ended: EndedRooms::default(),
            condemned: CondemnedRooms::default(),
            peer_timers: Timers::default(),
            room_timers: Timers::default(),
            dirty: Vec::new(),
            dtls_in_flush: 0,
            runs: Runs::new(),
            outputs: VecDeque::new(),
            scratch: Scratch::default(),
            counters: Counters::default(),
            shed: Shed::default(),
            crowd: Crowd::new(now),
            quality: QualityCounts::default(),
            work: Work::default(),
            trap: Trap::default(),
        }
    }

    /// When [`Core::handle_timeout`] is due next; `None` while there is nothing to wait for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.peer_timers.next().into_iter().chain(self.room_timers.next()).min()
    }

    /// The next of the rare outputs.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What to send, in order.
    pub fn transmits(&self) -> impl Iterator<Item = Transmit<'_>> {
        self.runs.iter().map(|(run, data)| Transmit { path: run.to, segment_size: run.segment_len, data })
    }

    /// Forgets what [`Core::transmits`] gave; the memory stays for the next batch.
    pub fn clear_transmits(&mut self) {
        self.runs.clear();
    }

    /// What was counted since the core began.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How good connections were since the core began.
    #[must_use]
    pub const fn quality_counts(&self) -> &QualityCounts {
        &self.quality
    }

    /// How much there is now.
    #[must_use]
    pub fn load(&self) -> Load {
        let seats = self.rooms.iter().map(|(_, room)| room.seats.len()).sum();
        let media = self.peers.iter().filter_map(|(_, peer)| peer.media.as_ref());
        let waiting = media.map(|media| media.downlink.waiting()).sum();
        Load { rooms: self.rooms.len(), seats, peers: self.peers.len(), waiting }
    }

    /// Whether this peer still exists.
    #[must_use]
    pub fn has_peer(&self, peer: PeerId) -> bool {
        self.index.peers.contains_key(&peer)
    }

    fn output(&mut self, output: Output) {
        if self.outputs.len() < OUTPUTS_MAX {
            self.outputs.push_back(output);
        } else {
            self.counters.outputs_dropped += 1;
        }
    }
}
