//! Runs it all: whatever is due next happens next. Longer than 400 lines: one list of what can happen to a person in a room.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use client::{Event, LaneReport, Participant, ParticipantConfig, SenderStatistics, Statistics, Voice};
use media_core::{
    Command, Condemned, Contained, Core, CoreConfig, CoreLimits, Counters, Output, Path, PeerId, SeatGrant,
    Shed,
};
use netsim::{LinkConfig, Random, Timeline};
use protocol::moderation::Moderation;
use protocol::signal::{ClientMessage, DeviceLimit, Kind, Numbered, ServerMessage, Source, ViewSize};
use protocol::{NodeId, SeatId};
use uuid::Uuid;

use super::handshakes::{Handshakes, node_fingerprint, participants_identity, wall};
use super::person::{Ends, Network, Person, PersonId, Silence};
use super::signal_way::SignalWay;
use super::trace::Trace;
use super::{home, ms};

/// The node's addresses.
const NODE: &str = "192.0.2.1:9000";
const NODE_6: &str = "[2001:db8::1]:9000";
/// Things that may happen at one instant before it is a loop without end.
const SAME_INSTANT_MAX: usize = 100_000;

/// A core with participants around it.
pub(crate) struct Simulation {
    core: Contained,
    handshakes: Handshakes,
    people: Vec<Person>,
    time: Timeline,
    random: Random,
    next_peer: u64,
    trace: Trace,
    signals: SignalWay,
    /// What the core told the control plane.
    pub(crate) room_events: Vec<Output>,
    /// What panics have cost.
    pub(crate) condemned: Vec<Condemned>,
}

impl Simulation {
    pub(crate) fn new(seed: u64) -> Self {
        let time = Timeline::new();
        let mut random = Random::new(seed);
        let mut core_seed = [0; 32];
        random.fill(&mut core_seed);
        let config = CoreConfig {
            worker: 1,
            node: NodeId(Uuid::from_u128(9)),
            candidates: vec![NODE.parse().unwrap(), NODE_6.parse().unwrap()],
            tcp_candidates: Vec::new(),
            fingerprint: node_fingerprint(),
            limits: CoreLimits::default(),
        };
        Self {
            core: Contained::new(Core::new(config, core_seed, time.now())),
            handshakes: Handshakes::default(),
            people: Vec::new(),
            time,
            random,
            next_peer: 0,
            trace: Trace::default(),
            signals: SignalWay::new(seed),
            room_events: Vec::new(),
            condemned: Vec::new(),
        }
    }

    /// Somebody joins from a good home network.
    pub(crate) fn join(&mut self, grant: SeatGrant, config: ParticipantConfig) -> PersonId {
        self.join_over(grant, config, home(), home())
    }

    /// Somebody joins over these ways to the node and back, good ones until media flows.
    pub(crate) fn join_over(
        &mut self,
        grant: SeatGrant,
        config: ParticipantConfig,
        up: LinkConfig,
        down: LinkConfig,
    ) -> PersonId {
        let id = PersonId(self.people.len());
        let address = SocketAddr::from((Ipv4Addr::new(10, 0, id.0 as u8, 1), 40_000));
        let seed = self.random.next_u64();
        self.join_at(grant, config, Network::new(address, up, down, seed))
    }

    /// Somebody joins over these ways, bad from the first datagram on.
    pub(crate) fn join_over_at_once(
        &mut self,
        grant: SeatGrant,
        config: ParticipantConfig,
        up: LinkConfig,
        down: LinkConfig,
    ) -> PersonId {
        let address = SocketAddr::from((Ipv4Addr::new(10, 0, self.people.len() as u8, 1), 40_000));
        let seed = self.random.next_u64();
        self.join_at(grant, config, Network::at_once(address, up, down, seed))
    }

    /// Somebody joins over IPv6.
    pub(crate) fn join_by_ipv6(&mut self, grant: SeatGrant, config: ParticipantConfig) -> PersonId {
        let address = format!("[2001:db8:1::{}]:40000", self.people.len() + 1).parse().unwrap();
        let seed = self.random.next_u64();
        self.join_at(grant, config, Network::new(address, home(), home(), seed))
    }

    fn join_at(&mut self, grant: SeatGrant, config: ParticipantConfig, network: Network) -> PersonId {
        let id = PersonId(self.people.len());
        let wall = wall() + self.time.elapsed();
        let identity = participants_identity();
        let mut participant = Participant::new(config, identity, &[network.address], self.time.now(), wall);
        participant.join("the grant stands for it".to_owned());
        let peer = self.next_peer();
        self.people.push(Person {
            participant,
            grant,
            peer: Some(peer),
            networks: vec![network],
            dead_networks: 0,
            to_node: Default::default(),
            from_node: Default::default(),
            closed: None,
            events: Vec::new(),
            carried: 0,
            taken: 0,
            trace: Trace::default(),
            breaks_at: None,
            hears: Silence::default(),
            is_heard: Silence::default(),
        });
        self.settle();
        id
    }

    /// The WebSocket breaks without a word; the media goes on.
    pub(crate) fn drop_signalling(&mut self, id: PersonId) {
        if let Some(peer) = self.people[id.0].lose_signalling() {
            self.core.handle_command(self.time.now(), Command::SignalLost { peer });
            self.settle();
        }
    }

    /// What a message on any WebSocket takes, and how often TCP has to send it again.
    pub(crate) const fn set_signalling(&mut self, latency: Duration, loss: f64) {
        self.signals.set(latency, loss);
    }

    /// The WebSocket breaks when it has carried so many messages, both ways; what is under way is lost. The node may not
    /// notice.
    pub(crate) fn break_signalling_at(&mut self, id: PersonId, carried: usize) {
        self.people[id.0].breaks_at = Some(carried);
    }

    /// Messages that its WebSockets have carried, both ways.
    pub(crate) fn carried(&self, id: PersonId) -> usize {
        self.people[id.0].carried
    }

    /// Whether there is a WebSocket.
    pub(crate) fn is_attached(&self, id: PersonId) -> bool {
        self.people[id.0].peer.is_some()
    }

    /// Goes on over a new WebSocket; the node was not told that the one before is gone.
    pub(crate) fn reattach(&mut self, id: PersonId) {
        let peer = self.next_peer();
        let person = &mut self.people[id.0];
        person.lose_signalling();
        person.peer = Some(peer);
        assert!(person.participant.reattach(), "there is a secret to come back with");
        self.settle();
    }

    /// Comes back to the seat by a new WebSocket and a new transport.
    pub(crate) fn resume(&mut self, id: PersonId) {
        self.drop_signalling(id);
        let peer = self.next_peer();
        let seed = self.random.next_u64();
        let now = self.time.now();
        let person = &mut self.people[id.0];
        person.peer = Some(peer);
        // A new page has a new port, on the same network; nobody listens on the old one any more.
        person.dead_networks = person.networks.len();
        let before = person.networks.last().unwrap();
        let address = SocketAddr::new(before.address.ip(), before.address.port() + 1);
        let (up, down) = before.ways;
        person.networks.push(Network::new(address, up, down, seed));
        assert!(person.participant.resume(now, &[address]), "there is a secret to come back with");
        self.settle();
    }

    /// Leaves one network for another, with a new address: nothing goes by the old one any more.
    pub(crate) fn change_network(&mut self, id: PersonId, up: LinkConfig, down: LinkConfig) {
        let seed = self.random.next_u64();
        let now = self.time.now();
        let person = &mut self.people[id.0];
        person.dead_networks = person.networks.len();
        let host = person.networks.len() as u8 + 1;
        let address = SocketAddr::from((Ipv4Addr::new(100, 64, id.0 as u8, host), 50_000));
        person.networks.push(Network::at_once(address, up, down, seed));
        person.participant.set_local_addresses(now, &[address]);
        self.settle();
    }

    /// A phone leaves one network for another: neither media nor the WebSocket goes on by the old one. The participant
    /// has not noticed; [`Self::notice_network`] tells it.
    pub(crate) fn leave_network(&mut self, id: PersonId, up: LinkConfig, down: LinkConfig) {
        let seed = self.random.next_u64();
        let person = &mut self.people[id.0];
        person.dead_networks = person.networks.len();
        let host = person.networks.len() as u8 + 1;
        let address = SocketAddr::from((Ipv4Addr::new(100, 64, id.0 as u8, host), 50_000));
        person.networks.push(Network::at_once(address, up, down, seed));
        person.to_node.clear();
        person.from_node.clear();
        person.hears.forget();
        person.is_heard.forget();
    }

    /// Looks for a path although nothing has changed, as who only believes so.
    pub(crate) fn restart_ice(&mut self, id: PersonId) {
        let address = self.people[id.0].networks.last().unwrap().address;
        assert!(self.people[id.0].participant.restart_ice(&[address]), "nothing else is under way");
        self.settle();
    }

    /// It notices: another WebSocket, and a restart of ICE.
    pub(crate) fn notice_network(&mut self, id: PersonId) {
        let address = self.people[id.0].networks.last().unwrap().address;
        self.people[id.0].participant.handle_signal_lost();
        assert!(self.people[id.0].participant.restart_ice(&[address]), "nothing else is under way");
        self.reattach(id);
    }

    /// The longest time without media since [`Self::leave_network`]: at this person, and of theirs at the node.
    pub(crate) fn silences(&self, id: PersonId) -> [Duration; 2] {
        let person = &self.people[id.0];
        [person.hears.now(self.time.now()), person.is_heard.now(self.time.now())]
    }

    /// Changes the way of a network, as when a neighbour begins to download.
    pub(crate) fn set_network(&mut self, id: PersonId, up: LinkConfig, down: LinkConfig) {
        if let Some(network) = self.people[id.0].networks.last_mut() {
            network.ways = (up, down);
            network.up.set_config(up);
            network.down.set_config(down);
        }
    }

    pub(crate) fn leave(&mut self, id: PersonId) {
        self.people[id.0].participant.leave();
        self.settle();
    }

    pub(crate) fn end(&mut self, id: PersonId) {
        self.people[id.0].participant.end();
        self.settle();
    }

    pub(crate) fn moderate(&mut self, id: PersonId, order: Moderation) {
        self.people[id.0].participant.moderate(order);
        self.settle();
    }

    /// What `id`'s browser says that holds its device up.
    pub(crate) fn set_device(&mut self, id: PersonId, limited: DeviceLimit) {
        self.people[id.0].participant.tell_device(limited);
        self.settle();
    }

    pub(crate) fn set_active(&mut self, id: PersonId, source: Source, is_active: bool) {
        let now = self.time.now();
        self.people[id.0].participant.set_active(now, source, is_active);
        self.settle();
    }

    /// `id` shows `of`'s track at this size from now on.
    pub(crate) fn set_view(&mut self, id: PersonId, of: PersonId, source: Source, size: ViewSize) {
        let seat = self.seat(of);
        assert!(self.people[id.0].participant.set_view(seat, source, size), "it is on a lane");
        self.settle();
    }

    pub(crate) fn set_voice(&mut self, id: PersonId, voice: Voice) {
        self.people[id.0].participant.set_voice(voice);
    }

    pub(crate) fn fall_behind(&mut self, id: PersonId, source: Source, by: Duration) {
        self.people[id.0].participant.fall_behind(source, by);
    }

    pub(crate) fn add_lanes(&mut self, id: PersonId, kind: Kind, count: usize) {
        self.people[id.0].participant.add_lanes(kind, count);
        self.settle();
    }

    /// Debug builds only: the room of a grant panics when it next comes to this point.
    #[cfg(debug_assertions)]
    pub(crate) fn set_trap(&mut self, grant: &SeatGrant, point: media_core::Point) {
        self.core.set_trap(grant.room, point);
    }

    /// The worker is so busy that it leaves this out, as its shell says.
    pub(crate) fn set_shed(&mut self, shed: Shed) {
        self.core.set_shed(self.time.now(), shed);
        self.settle();
    }

    /// Lets this much time pass.
    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.time.now() + span;
        let mut at_once = 0;
        while let Some(due) = self.poll_timeout().filter(|due| *due <= end) {
            at_once = if due > self.time.now() { 0 } else { at_once + 1 };
            assert!(at_once < SAME_INSTANT_MAX, "something is due without an end");
            self.time.advance_to(due);
            self.step();
        }
        self.time.advance_to(end);
    }

    /// Lets time pass until `is_so`, at most `within`; whether it came to be.
    pub(crate) fn run_until(&mut self, within: Duration, mut is_so: impl FnMut(&Self) -> bool) -> bool {
        let end = self.time.now() + within;
        while !is_so(self) {
            if self.time.now() >= end {
                return false;
            }
            self.run(ms(5));
        }
        true
    }

    pub(crate) const fn now(&self) -> Instant {
        self.time.now()
    }

    pub(crate) fn counters(&self) -> &Counters {
        self.core.counters()
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    pub(crate) fn participant(&self, id: PersonId) -> &Participant {
        &self.people[id.0].participant
    }

    pub(crate) fn statistics(&self, id: PersonId) -> Statistics {
        self.people[id.0].participant.statistics()
    }

    /// What `id` has received of `from`'s track; fails the test where there is nothing.
    pub(crate) fn received(&self, id: PersonId, from: PersonId, source: Source) -> SenderStatistics {
        let seat = self.seat(from);
        self.statistics(id)
            .received_from(seat, source)
            .unwrap_or_else(|| panic!("{id:?} received nothing of {from:?}'s {source:?}"))
    }

    /// The lane on which `id` gets `from`'s track now; fails the test where it is on none.
    pub(crate) fn lane(&self, id: PersonId, from: PersonId, source: Source) -> LaneReport {
        let seat = self.seat(from);
        let participant = self.participant(id);
        let mut tracks =
            participant.participants().filter(|one| one.seat == seat).flat_map(|one| &one.tracks);
        let track = tracks.find(|track| track.source == source).map(|track| track.id);
        let mut lanes = self.statistics(id).lanes.into_iter();
        lanes.find(|lane| lane.track.is_some() && lane.track == track).expect("on a lane")
    }

    pub(crate) fn seat(&self, id: PersonId) -> SeatId {
        self.people[id.0].grant.seat
    }

    pub(crate) fn events(&self, id: PersonId) -> &[(Instant, Event)] {
        &self.people[id.0].events
    }

    pub(crate) fn close_code(&self, id: PersonId) -> Option<u16> {
        self.people[id.0].closed
    }

    /// Datagrams that networks have lost, both ways.
    pub(crate) fn lost_by_networks(&self) -> u64 {
        let networks = self.people.iter().flat_map(|person| &person.networks);
        networks.map(|one| one.up.counters().lost + one.down.counters().lost).sum()
    }

    /// The fingerprint of every datagram and message between one person and the node so far.
    #[cfg(debug_assertions)]
    pub(crate) fn trace_of(&self, id: PersonId) -> Trace {
        self.people[id.0].trace
    }

    /// The fingerprint of everything so far, statistics included.
    pub(crate) fn trace(&self) -> Trace {
        let mut trace = self.trace;
        for person in &self.people {
            let statistics = person.participant.statistics();
            let lanes: Vec<_> = statistics
                .lanes
                .iter()
                .map(|lane| (lane.received.packets, lane.received.frames, lane.received.latency.median()))
                .collect();
            trace.text(&format!("{:?}{:?}{lanes:?}", statistics.tracks, statistics.target));
        }
        trace
    }

    fn next_peer(&mut self) -> PeerId {
        self.next_peer += 1;
        PeerId(self.next_peer)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let people = self.people.iter().filter_map(Person::poll_timeout);
        people.chain(self.core.poll_timeout()).chain(self.handshakes.poll_timeout()).min()
    }

    /// Does everything that is due now.
    fn step(&mut self) {
        let now = self.time.now();
        if self.core.poll_timeout().is_some_and(|due| due <= now) {
            self.core.handle_timeout(now);
        }
        self.handshakes.handle_timeout(now);
        for at in 0..self.people.len() {
            self.deliver_to_person(at, now);
        }
        self.deliver_to_core(now);
        self.settle();
    }

    fn deliver_to_person(&mut self, at: usize, now: Instant) {
        let person = &mut self.people[at];
        for network in person.dead_networks..person.networks.len() {
            while let Some((ends, mut bytes)) = person.networks[network].down.poll(now) {
                let path = client::Path { local: ends.to, remote: ends.from };
                person.hears.note(now, &bytes);
                person.participant.handle_datagram(now, path, &mut bytes);
            }
        }
        for dead in &mut person.networks[..person.dead_networks] {
            while dead.down.poll(now).is_some() {}
        }
        while person.from_node.front().is_some_and(|(due, ..)| *due <= now) {
            let Some((_, peer, message)) = person.from_node.pop_front() else { break };
            if person.peer == Some(peer) {
                person.participant.handle_signal(now, message);
                person.carry();
            }
        }
        if person.participant.poll_timeout().is_some_and(|due| due <= now) {
            person.participant.handle_timeout(now);
        }
    }

    /// All that arrives at one instant is one receive batch, as on a busy node.
    fn deliver_to_core(&mut self, now: Instant) {
        for person in &mut self.people {
            for network in &mut person.networks {
                while let Some((ends, mut bytes)) = network.up.poll(now) {
                    let path = Path::udp(ends.to, ends.from);
                    person.is_heard.note(now, &bytes);
                    self.core.handle_datagram(now, path, &mut bytes);
                }
            }
        }
        self.core.flush(now);
        for at in 0..self.people.len() {
            while self.people[at].to_node.front().is_some_and(|(due, ..)| *due <= now) {
                let person = &mut self.people[at];
                let Some((_, peer, message)) = person.to_node.pop_front() else { break };
                if person.peer != Some(peer) {
                    continue;
                }
                if let ClientMessage::Ping { id, .. } = message.message {
                    let pong = ServerMessage::Pong { id, heard: person.taken };
                    person.tell(self.signals.arrival(now), peer, Numbered::without(pong));
                }
                let command = person.command_of(peer, message);
                person.carry();
                if let Some(command) = command {
                    self.core.handle_command(now, command);
                }
            }
        }
    }

    /// Takes what came of it, until nothing comes any more.
    fn settle(&mut self) {
        let now = self.time.now();
        loop {
            self.take_transmits(now);
            let mut is_quiet = true;
            while let Some(output) = self.core.poll_output() {
                is_quiet = false;
                self.take_output(now, output);
            }
            for command in self.handshakes.commands() {
                is_quiet = false;
                self.core.handle_command(now, command);
            }
            for person in &mut self.people {
                collect(person, now, self.time.elapsed(), &mut self.trace, &mut self.signals);
            }
            if is_quiet && self.core.transmits().next().is_none() {
                return;
            }
        }
    }

    fn take_transmits(&mut self, now: Instant) {
        for transmit in self.core.transmits() {
            let ends = Ends { from: transmit.path.local, to: transmit.path.remote };
            let mut person = self.people.iter_mut().find(|person| person.is_reachable(ends.to));
            if let Some(person) = &mut person {
                let datagrams = transmit.datagrams();
                datagrams
                    .for_each(|one| person.trace.datagram(self.time.elapsed(), (ends.from, ends.to), one));
            }
            let network =
                person.and_then(|person| person.networks.iter_mut().find(|one| one.address == ends.to));
            for datagram in transmit.datagrams() {
                self.trace.datagram(self.time.elapsed(), (ends.from, ends.to), datagram);
            }
            // Without one the address is gone, and so is the datagram.
            if let Some(network) = network {
                transmit.datagrams().for_each(|datagram| network.down.send(now, ends, datagram));
            }
        }
        self.core.clear_transmits();
    }

    fn take_output(&mut self, now: Instant, output: Output) {
        match output {
            Output::Signal { peer, seq, message } => {
                self.trace.text(&format!("{message:?}"));
                if let Some(person) = self.people.iter_mut().find(|person| person.peer == Some(peer)) {
                    person.trace.text(&format!("{message:?}"));
                    person.tell(self.signals.arrival(now), peer, Numbered { seq, message });
                }
            }
            Output::Close { peer, code } => {
                self.trace.text(&format!("{peer}{code}"));
                if let Some(person) = self.people.iter_mut().find(|person| person.peer == Some(peer)) {
                    person.closed = Some(code);
                }
            }
            Output::Handshake { peer, order } => self.handshakes.handle_order(peer, order, now),
            Output::Condemned(condemned) => self.condemned.push(condemned),
            event @ (Output::Event { .. } | Output::RoomClosed { .. }) => self.room_events.push(event),
        }
    }
}

/// Takes what a participant gives.
fn collect(person: &mut Person, now: Instant, elapsed: Duration, trace: &mut Trace, signals: &mut SignalWay) {
    while let Some(transmit) = person.participant.poll_datagram() {
        let ends = Ends { from: transmit.path.local, to: transmit.path.remote };
        trace.datagram(elapsed, (ends.from, ends.to), &transmit.bytes);
        person.trace.datagram(elapsed, (ends.from, ends.to), &transmit.bytes);
        if person.is_reachable(ends.from)
            && let Some(network) = person.networks.iter_mut().find(|one| one.address == ends.from)
        {
            network.up.send(now, ends, &transmit.bytes);
        }
    }
    while let Some(frame) = person.participant.poll_signal() {
        let due = match frame.message {
            ClientMessage::Reattach { .. } => signals.arrival_of_first(now),
            _ => signals.arrival(now),
        };
        person.say(due, frame);
    }
    while let Some(event) = person.participant.poll_event() {
        if event == Event::Connected {
            person.networks.iter_mut().for_each(Network::begin);
        }
        person.events.push((now, event));
    }
}

/// The refusals among the events of a participant.
pub(crate) fn refusals(events: &[(Instant, Event)]) -> Vec<protocol::Problem> {
    events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Message(ServerMessage::Refused { problem, .. }) => Some(*problem),
            _ => None,
        })
        .collect()
}
