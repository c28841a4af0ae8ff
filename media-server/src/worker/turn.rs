//! The worker's loop: wait, take datagrams and inputs, let the core decide, send, hand out.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::mpsc::TryRecvError;
use std::time::{Duration, Instant};

use media_core::{
    Command, Condemned, Contained, Core, HandshakeFailed, HandshakeOrder, Output, Path, PeerId, Transport,
};
use protocol::close;
use protocol::signal::Numbered;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tracing::{error, info, warn};

use super::presence::Presence;
use super::pressure::{Gauge, Pressure};
use super::snapshot::{BATCH_BUCKETS_SECONDS, Published, Snapshot};
use super::{Input, Outgoing, Report, Setup};
use crate::handshake;
use crate::net::{self, ReceiveBatch, Run, SendBatch, UdpSocket};

/// How often the worker says how it is.
const PUBLISH_EVERY: Duration = Duration::from_secs(1);
/// Batches taken from one socket before anything else is looked at: 8 × 32 messages are about 1 ms of work.
const BATCHES_A_TURN: usize = 8;
/// Inputs taken before datagrams are looked at again, and the time they may take. A join costs some 100 µs, a crowded one far
/// more; packets wait meanwhile, and at the 99th percentile may do so for 1 ms.
const INPUTS_A_TURN: usize = 64;
const INPUTS_TIME_A_TURN: Duration = Duration::from_millis(1);

/// Whether the loop goes on.
#[derive(PartialEq, Eq)]
enum Next {
    Continue,
    Stop,
}

/// One life of a worker: from its start, or the last fault, to its end.
pub(super) struct Engine<'a> {
    setup: &'a mut Setup,
    presence: &'a mut Presence,
    core: Contained,
    gauge: Gauge,
    pressure: Pressure,
    handshakes: handshake::Line,
    receive: ReceiveBatch,
    send: SendBatch,
    outboxes: BTreeMap<PeerId, mpsc::Sender<Outgoing>>,
    stats: Snapshot,
    publish_at: Instant,
}

impl<'a> Engine<'a> {
    pub(super) fn new(setup: &'a mut Setup, presence: &'a mut Presence) -> Self {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).expect("the system gave randomness when the program started");
        let now = Instant::now();
        // Those of an engine before this one belonged to peers that are gone with it.
        setup.sockets.tcp.close_all();
        Self {
            core: Contained::new(Core::new(setup.core.clone(), seed, now)),
            gauge: Gauge::new(now),
            pressure: Pressure::new(now),
            handshakes: handshake::Line::new(setup.handshakes.clone(), setup.core.worker),
            setup,
            presence,
            receive: ReceiveBatch::new(),
            send: SendBatch::new(),
            outboxes: BTreeMap::new(),
            stats: Snapshot::default(),
            publish_at: now,
        }
    }

    /// Runs until told to stop.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut watched: Vec<RawFd> = vec![self.setup.inbox.waker.as_raw_fd()];
        watched.extend(self.setup.sockets.iter().map(AsRawFd::as_raw_fd));
        let tcp = watched.len();
        watched.push(self.setup.sockets.tcp.as_raw_fd());
        loop {
            let now = Instant::now();
            let due = self.core.poll_timeout().map_or(self.publish_at, |due| due.min(self.publish_at));
            let ready = net::wait(&watched, Some(due.saturating_duration_since(now)))?;
            self.note_wait(now, Instant::now());

            for index in 1..tcp {
                if ready.has(index) {
                    self.take_datagrams(index - 1);
                }
            }
            if ready.has(tcp) {
                self.take_streams();
            }
            if ready.has(0) && self.take_inputs() == Next::Stop {
                return Ok(());
            }
            self.handshakes.retry();
            let now = Instant::now();
            if self.core.poll_timeout().is_some_and(|due| due <= now) {
                self.core.handle_timeout(now);
                self.hand_out(now);
            }
            if self.publish_at <= now {
                self.publish(now);
            }
        }
    }

    /// The thread has waited. Looks at how busy it is, and leaves out what that asks for.
    fn note_wait(&mut self, from: Instant, now: Instant) {
        if !self.gauge.note_wait(from, now) {
            return;
        }
        let busy = self.gauge.busy();
        self.stats.busy = busy;
        let before = self.core.shed();
        let Some(shed) = self.pressure.judge(busy, now).filter(|_| self.setup.sheds_load) else { return };
        let worker = self.setup.core.worker;
        if shed > before {
            warn!(worker, busy, from = ?before, to = ?shed, "the worker is overloaded and leaves out more");
        } else {
            info!(worker, busy, from = ?before, to = ?shed, "the worker is calm and leaves out less");
        }
        self.core.set_shed(now, shed);
        self.hand_out(now);
        self.publish(now);
    }

    /// A batch: receive, open, forward, send.
    fn take_datagrams(&mut self, index: usize) {
        for _ in 0..BATCHES_A_TURN {
            let now = Instant::now();
            let Some(socket) = self.setup.sockets.iter().nth(index) else { return };
            let bound = socket.local_address();
            let core = &mut self.core;
            let more = self.receive.receive(socket, |one| {
                let local = one.to.map_or(bound, |ip| SocketAddr::new(ip, bound.port()));
                core.handle_datagram(now, Path::udp(local, one.from), one.bytes);
            });
            self.core.flush(now);
            self.hand_out(now);
            self.count_batch(now.elapsed());
            match more {
                Ok(true) => {}
                Ok(false) => return,
                Err(_) => {
                    self.stats.receive_errors += 1;
                    return;
                }
            }
        }
    }

    /// What came by TCP, one turn of it.
    fn take_streams(&mut self) {
        let now = Instant::now();
        let core = &mut self.core;
        self.setup.sockets.tcp.take(now, |local, remote, bytes| {
            core.handle_datagram(now, Path::tcp(local, remote), bytes);
        });
        self.core.flush(now);
        self.hand_out(now);
        self.count_batch(now.elapsed());
    }

    fn take_inputs(&mut self) -> Next {
        // Cleared before looking, so that what comes meanwhile wakes again.
        self.setup.inbox.waker.clear();
        let began = Instant::now();
        for _ in 0..INPUTS_A_TURN {
            let input = match self.setup.inbox.inputs.try_recv() {
                Ok(input) => input,
                Err(TryRecvError::Empty) => return Next::Continue,
                Err(TryRecvError::Disconnected) => return Next::Stop,
            };
            let now = Instant::now();
            match input {
                Input::Open { peer, outbox, command } => {
                    self.outboxes.insert(peer, outbox);
                    self.core.handle_command(now, command);
                }
                Input::Command(command) => {
                    if let Command::SignalLost { peer } = &command {
                        self.outboxes.remove(peer);
                    }
                    self.core.handle_command(now, command);
                }
                Input::Stop => {
                    self.close_all();
                    return Next::Stop;
                }
                #[cfg(test)]
                Input::Panic => panic!("asked for by a test"),
                #[cfg(all(test, debug_assertions))]
                Input::Trap(room, point) => self.core.set_trap(room, point),
                #[cfg(test)]
                Input::Work(work) => (work.0)(self.receive.counts().datagrams),
            }
            self.hand_out(now);
            if began.elapsed() >= INPUTS_TIME_A_TURN {
                break;
            }
        }
        // More may wait.
        self.setup.inbox.waker.wake();
        Next::Continue
    }

    /// Sends and hands out what the core decided, until it has nothing more to say.
    fn hand_out(&mut self, now: Instant) {
        self.transmit(now);
        while let Some(output) = self.core.poll_output() {
            if let Some(command) = self.deliver(output) {
                self.core.handle_command(now, command);
                self.transmit(now);
            }
        }
    }

    fn transmit(&mut self, now: Instant) {
        for socket in self.setup.sockets.iter_mut() {
            let v4 = socket.local_address().is_ipv4();
            let wildcard = socket.tells_local_address();
            let ours = |path: Path| path.transport == Transport::Udp && path.remote.is_ipv4() == v4;
            let runs = self.core.transmits().filter(|transmit| ours(transmit.path)).map(|transmit| Run {
                to: transmit.path.remote,
                from: wildcard.then_some(transmit.path.local.ip()).filter(specified),
                bytes: transmit.data,
                segment_bytes: transmit.segment_size,
            });
            send_runs(&mut self.send, socket, runs);
        }
        for transmit in self.core.transmits().filter(|transmit| transmit.path.transport == Transport::Tcp) {
            let ends = (transmit.path.local, transmit.path.remote);
            self.setup.sockets.tcp.send(ends, transmit.data, transmit.segment_size, now);
        }
        self.core.clear_transmits();
    }

    /// Hands one output on. What comes back is for the core: the receiver was not there.
    fn deliver(&mut self, output: Output) -> Option<Command> {
        match output {
            Output::Signal { peer, seq, message } => {
                let outbox = self.outboxes.get(&peer)?;
                match outbox.try_send(Outgoing::Message(Numbered { seq, message })) {
                    Ok(()) => return None,
                    Err(TrySendError::Full(_)) => self.stats.slow_outboxes += 1,
                    Err(TrySendError::Closed(_)) => {}
                }
                self.outboxes.remove(&peer);
                Some(Command::SignalLost { peer })
            }
            Output::Close { peer, code } => {
                if let Some(outbox) = self.outboxes.remove(&peer) {
                    // Without room for the code, the end of the queue closes the socket all the same.
                    let _ = outbox.try_send(Outgoing::Close(code));
                }
                None
            }
            Output::Handshake { peer, order } => {
                let starts = matches!(order, HandshakeOrder::Start { .. });
                let taken = self.handshakes.order(peer, order);
                // Without a start there will be no keys: the peer ends now rather than at its deadline.
                (taken.is_err() && starts)
                    .then_some(Command::Handshaken { peer, result: Err(HandshakeFailed) })
            }
            Output::Event { clinic, room, generation, kind } => {
                self.report(Report::Event { clinic, room, generation, kind });
                None
            }
            Output::Condemned(condemned) => {
                self.log(condemned);
                None
            }
            Output::RoomClosed { room, generation } => {
                self.report(Report::RoomClosed { room, generation });
                None
            }
        }
    }

    fn log(&self, condemned: Condemned) {
        match condemned {
            Condemned::Room(room) => {
                error!(room.id = %room, "a panic ended this room; its people join anew, other rooms go on");
            }
            Condemned::Connection(peer) => {
                error!(%peer, "a panic ended a connection that wanted a seat; rooms go on");
            }
            Condemned::Datagram => {
                // A stranger can send any number: the first says it, and each time it has doubled.
                let count = self.core.counters().dropped_condemned;
                if count.is_power_of_two() {
                    error!(count, "datagrams of strangers made the core panic and are dropped; rooms go on");
                }
            }
        }
    }

    fn report(&mut self, one: Report) {
        self.presence.note(&one);
        report(&self.setup.reports, &self.setup.inbox.published, one);
    }

    fn close_all(&mut self) {
        for (_, outbox) in std::mem::take(&mut self.outboxes) {
            let _ = outbox.try_send(Outgoing::Close(close::GOING_AWAY));
        }
    }

    fn count_batch(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        let class = BATCH_BUCKETS_SECONDS.iter().position(|end| seconds <= *end);
        self.stats.batches[class.unwrap_or(BATCH_BUCKETS_SECONDS.len())] += 1;
        self.stats.batch_seconds += seconds;
    }

    fn publish(&mut self, now: Instant) {
        self.publish_at = now + PUBLISH_EVERY;
        self.setup.sockets.tcp.tidy(now);
        self.stats.tcp = self.setup.sockets.tcp.counts();
        self.stats.load = self.core.load();
        self.stats.core = *self.core.counters();
        self.stats.quality = *self.core.quality_counts();
        self.stats.shed = self.core.shed();
        self.stats.received = self.receive.counts();
        self.stats.sent = self.send.counts();
        self.setup.inbox.published.write(self.stats);
    }
}

fn specified(ip: &IpAddr) -> bool {
    !ip.is_unspecified()
}

/// Sends, and says once if the kernel refuses segmentation.
fn send_runs<'r>(send: &mut SendBatch, socket: &mut UdpSocket, runs: impl Iterator<Item = Run<'r>>) {
    let segmented = socket.sends_runs();
    send.send(socket, runs);
    if segmented && !socket.sends_runs() {
        warn!("the kernel refuses UDP segmentation on this device; sending costs more from now on");
    }
}

/// Hands a report over without waiting.
pub(super) fn report(reports: &mpsc::Sender<Report>, published: &Published, report: Report) {
    if reports.try_send(report).is_err() {
        let lost = published.note_lost_report();
        if lost.is_power_of_two() {
            error!(lost, "reports of a worker are lost: nobody takes them");
        }
    }
}
