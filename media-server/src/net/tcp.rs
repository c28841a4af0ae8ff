//! ICE-TCP (RFC 6544, passive candidates): the same datagrams over connections, for networks that let no UDP through.
//!
//! ```text
//!  accepted ──▶ not validated: 5 s, STUN only ──the core answers──▶ validated ──60 s silent, or a reader that stalls──▶ closed
//!                 │ garbage, or pushed out by newer ones
//!                 ▼
//!               closed
//! ```
//!
//! One a worker, in its own thread, nothing blocking: an epoll descriptor that the worker's wait watches as one more socket.
//! A stranger's connection costs a descriptor and less than a frame; of those there is a fixed number, and a newer one takes
//! the oldest one's place: whoever has a fragment and password of ours needs a round trip to be validated. A slow reader
//! loses datagrams, long ones first, and holds up nobody.

mod connection;

use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use slab::Slab;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use self::connection::{Connection, Ends};
use crate::neighbourhood::Prefix;

/// Connections of one worker, unless the process has fewer descriptors: every fourth peer of a full one.
pub const CONNECTIONS_MAX: usize = 512;
/// Of these, not validated: a flood has to bring as many within a round trip to push an honest one out.
const STRANGERS_MAX: usize = 128;
/// Of these, from one neighbourhood: a browser tries two or three, and a clinic joins on the hour.
const STRANGERS_OF_PREFIX_MAX: usize = 32;
/// From accepting to the first answer of the core. A browser sends its check with the connection.
const VALIDATE_WITHIN: Duration = Duration::from_secs(5);
/// ICE asks for consent every 5 s (RFC 7675): who is silent for longer is gone.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// A reader that takes nothing for this long is gone, or pretends.
const STALL_MAX: Duration = Duration::from_secs(10);
/// What the kernel may hold for a connection in each direction: beyond it media would be old.
const KERNEL_BYTES: usize = 128 * 1024;
/// Connections that the kernel completes ahead of the worker.
const BACKLOG: libc::c_int = 128;
/// Events and connections taken before datagrams are looked at again.
const EVENTS_A_TURN: usize = 64;
const ACCEPTS_A_TURN: usize = 16;
/// Read from one connection at a time: ten frames.
const READ_BYTES: usize = 16 * 1024;
/// Events with a number below belong to listeners.
const LISTENERS_MAX: usize = 2;

/// What happened on the TCP side since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpCounts {
    /// Connections there are now.
    pub open: u64,
    /// Connections accepted.
    pub accepted: u64,
    /// Turned away at once: too many, or too many of one neighbourhood.
    pub refused: u64,
    /// Never validated: garbage, silence, or pushed out.
    pub strangers: u64,
    /// Readers that stalled.
    pub stalled: u64,
    /// Datagrams received.
    pub received: u64,
    /// Datagrams taken for writing.
    pub sent: u64,
    /// Datagrams dropped behind a slow reader.
    pub queue_full: u64,
    /// Datagrams for connections that are gone.
    pub gone: u64,
}

/// The listeners and connections of one worker.
#[derive(Debug)]
pub struct TcpSide {
    poller: OwnedFd,
    listeners: Vec<TcpListener>,
    /// The process had no descriptor left: not accepting until the next [`TcpSide::tidy`].
    is_paused: bool,
    connections_max: usize,
    connections: Slab<Connection>,
    by_ends: HashMap<Ends, usize>,
    /// Not validated, oldest first.
    strangers: Vec<usize>,
    scratch: Box<[u8]>,
    counts: TcpCounts,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

impl TcpSide {
    /// Listens at `port` of each address; none of them is a side that is never ready.
    ///
    /// # Errors
    /// The first address that cannot be had.
    pub fn bind(
        listen: &[IpAddr],
        port: u16,
        connections_max: usize,
    ) -> Result<Self, (SocketAddr, io::Error)> {
        let any = SocketAddr::from(([0, 0, 0, 0], port));
        let poller = epoll::create(CreateFlags::CLOEXEC).map_err(|error| (any, error.into()))?;
        let mut listeners = Vec::with_capacity(listen.len());
        for ip in listen.iter().take(LISTENERS_MAX) {
            let address = SocketAddr::new(*ip, port);
            let listener = listen_at(address).map_err(|error| (address, error))?;
            let number = EventData::new_u64(listeners.len() as u64);
            epoll::add(&poller, &listener, number, EventFlags::IN)
                .map_err(|error| (address, error.into()))?;
            listeners.push(listener);
        }
        Ok(Self {
            poller,
            listeners,
            is_paused: false,
            connections_max: connections_max.clamp(1, CONNECTIONS_MAX),
            connections: Slab::new(),
            by_ends: HashMap::new(),
            strangers: Vec::with_capacity(STRANGERS_MAX),
            scratch: vec![0; READ_BYTES].into_boxed_slice(),
            counts: TcpCounts::default(),
        })
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> TcpCounts {
        TcpCounts { open: self.connections.len() as u64, ..self.counts }
    }

    /// Accepts, reads and writes what is ready, and hands each datagram on with its ends: the node's, the peer's.
    pub fn take(&mut self, now: Instant, mut each: impl FnMut(SocketAddr, SocketAddr, &mut [u8])) {
        let mut space = [const { MaybeUninit::<Event>::uninit() }; EVENTS_A_TURN];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        let Ok((events, _)) = epoll::wait(&self.poller, &mut space, Some(&at_once)) else { return };
        for event in events {
            // Copied out: the record is packed.
            let (number, flags) = (event.data.u64(), event.flags);
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            match number.checked_sub(LISTENERS_MAX) {
                None => self.accept(number, now),
                Some(key) => self.serve(key, flags, now, &mut each),
            }
        }
    }

    /// Queues a run of datagrams for a peer and writes what the kernel takes. To be validated is to be sent to.
    pub fn send(
        &mut self,
        ends: (SocketAddr, SocketAddr),
        datagrams: &[u8],
        segment_bytes: usize,
        now: Instant,
    ) {
        let segments = datagrams.chunks(segment_bytes.max(1));
        let Some(&key) = self.by_ends.get(&ends) else {
            self.counts.gone += segments.len() as u64;
            return;
        };
        let connection = &mut self.connections[key];
        if !std::mem::replace(&mut connection.is_validated, true) {
            self.strangers.retain(|stranger| *stranger != key);
        }
        let had_waiting = connection.has_waiting();
        for datagram in segments {
            if connection.push(datagram) {
                self.counts.sent += 1;
            } else {
                self.counts.queue_full += 1;
            }
        }
        // Behind what waits there is nothing to try: the kernel says when it takes more.
        if !had_waiting {
            self.write(key, now);
        }
    }

    /// Closes who has had their time, and accepts again. Called about once a second.
    pub fn tidy(&mut self, now: Instant) {
        let over = |since: Instant, max| now.saturating_duration_since(since) >= max;
        let mut ended = [const { None }; EVENTS_A_TURN];
        let mut at = 0;
        for (key, one) in &self.connections {
            let stalls = one.has_waiting() && over(one.progressed, STALL_MAX);
            let is_late = !one.is_validated && over(one.accepted, VALIDATE_WITHIN);
            if at < ended.len() && (stalls || is_late || over(one.heard, SILENCE_MAX)) {
                ended[at] = Some(key);
                self.counts.stalled += u64::from(stalls);
                at += 1;
            }
        }
        for key in ended.into_iter().flatten() {
            self.close(key);
        }
        if std::mem::take(&mut self.is_paused) {
            self.watch_listeners(EventFlags::IN);
        }
    }

    /// Closes all connections: their peers have no core any more.
    pub fn close_all(&mut self) {
        self.connections.clear();
        self.by_ends.clear();
        self.strangers.clear();
    }

    fn accept(&mut self, listener: usize, now: Instant) {
        for _ in 0..ACCEPTS_A_TURN {
            let (stream, remote) = match self.listeners.get(listener).map(TcpListener::accept) {
                Some(Ok(accepted)) => accepted,
                Some(Err(error)) if is_exhausted(&error) => return self.pause(),
                // Nobody waits, or the one who did has gone.
                Some(Err(_)) | None => return,
            };
            self.counts.accepted += 1;
            let prefix = Prefix::of(remote.ip());
            let alike = self.strangers.iter().filter(|key| self.connections[**key].prefix == prefix).count();
            let Ok(local) = stream.local_addr() else { continue };
            if alike >= STRANGERS_OF_PREFIX_MAX || stream.set_nonblocking(true).is_err() {
                self.counts.refused += 1;
                continue;
            }
            let is_full = self.connections.len() >= self.connections_max;
            if is_full || self.strangers.len() >= STRANGERS_MAX {
                let Some(&oldest) = self.strangers.first() else {
                    self.counts.refused += 1;
                    continue;
                };
                self.close(oldest);
            }
            // Media waits for nobody's acknowledgement.
            let _ = stream.set_nodelay(true);
            let entry = self.connections.vacant_entry();
            let key = entry.key();
            let data = EventData::new_u64((key + LISTENERS_MAX) as u64);
            if epoll::add(&self.poller, &stream, data, EventFlags::IN).is_err() {
                self.counts.refused += 1;
                continue;
            }
            let ends = (local, remote);
            entry.insert(Connection::new(stream, ends, now));
            self.by_ends.insert(ends, key);
            self.strangers.push(key);
        }
    }

    fn serve(
        &mut self,
        key: usize,
        flags: EventFlags,
        now: Instant,
        each: &mut impl FnMut(SocketAddr, SocketAddr, &mut [u8]),
    ) {
        if flags.contains(EventFlags::OUT) {
            self.write(key, now);
        }
        if !flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
            return;
        }
        let Some(connection) = self.connections.get_mut(key) else { return };
        let (local, remote) = connection.ends;
        let mut received = 0;
        let outcome = connection.read(now, &mut self.scratch, |datagram| {
            received += 1;
            each(local, remote, datagram);
        });
        self.counts.received += received;
        if outcome.is_err() {
            self.close(key);
        }
    }

    fn write(&mut self, key: usize, now: Instant) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        let outcome = connection.write(now);
        let wants = outcome == Ok(false);
        if wants != connection.waits_to_write {
            connection.waits_to_write = wants;
            let flags = if wants { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
            let data = EventData::new_u64((key + LISTENERS_MAX) as u64);
            let _ = epoll::modify(&self.poller, &connection.stream, data, flags);
        }
        if outcome.is_err() {
            self.close(key);
        }
    }

    /// The kernel forgets a descriptor that is closed.
    fn close(&mut self, key: usize) {
        let Some(connection) = self.connections.try_remove(key) else { return };
        self.by_ends.remove(&connection.ends);
        if !connection.is_validated {
            self.counts.strangers += 1;
            self.strangers.retain(|stranger| *stranger != key);
        }
    }

    fn pause(&mut self) {
        self.is_paused = true;
        self.watch_listeners(EventFlags::empty());
    }

    fn watch_listeners(&self, flags: EventFlags) {
        for (number, listener) in self.listeners.iter().enumerate() {
            let _ = epoll::modify(&self.poller, listener, EventData::new_u64(number as u64), flags);
        }
    }
}

impl AsRawFd for TcpSide {
    fn as_raw_fd(&self) -> RawFd {
        self.poller.as_raw_fd()
    }
}

/// No descriptor or memory is left: the listener would be ready again and again.
fn is_exhausted(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}

fn listen_at(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    // A node that starts again finds its port taken by connections that are just ending, otherwise.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // Taken over by each connection.
    let sizes = SockRef::from(&socket);
    let _ = sizes.set_send_buffer_size(KERNEL_BYTES);
    let _ = sizes.set_recv_buffer_size(KERNEL_BYTES);
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests;
