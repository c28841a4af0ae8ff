//! The thread's loop: orders in, the earliest deadline, datagrams and outcomes out.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant, SystemTime};

use dtls::{CloseReason, Endpoint, Event, Fingerprints, HashFunction, Identity};
use media_core::{FingerprintHash, HandshakeFailed, HandshakeOrder, PeerFingerprint, PeerId};
use tracing::{debug, error, warn};

use super::chat::Chat;
use super::replies::Replies;
use super::{Order, QueueEnd, outcome_of};
use crate::worker::Inbox;

/// The longest wait without an order: only so that the loop is never asleep for ever.
const IDLE: Duration = Duration::from_secs(60);
/// The pause before a worker that takes nothing is asked again.
const RETRY_AFTER: Duration = Duration::from_millis(5);

struct Peer {
    worker: u8,
    endpoint: Endpoint,
    /// From the first data on.
    chat: Option<Chat>,
    /// Its place in the list of deadlines.
    due: Option<Instant>,
    established: bool,
    /// The other end has said goodbye: when the core hears of it.
    leaves_at: Option<Instant>,
}

/// How long a goodbye is kept back. Whoever leaves says so over signalling as well, and that frees the seat at once; the goodbye,
/// which came first by another way, would have it held for them.
const GOODBYE_AFTER: Duration = Duration::from_secs(1);

/// All endpoints, by peer.
pub(super) struct Endpoints {
    identity: Identity,
    replies: Replies,
    end: QueueEnd,
    endpoints_max: usize,
    peers: BTreeMap<PeerId, Peer>,
    deadlines: BTreeSet<(Instant, PeerId)>,
}

impl Endpoints {
    pub(super) fn new(identity: Identity, workers: Vec<Inbox>, end: QueueEnd, endpoints_max: usize) -> Self {
        Self {
            identity,
            replies: Replies::new(workers),
            end,
            endpoints_max,
            peers: BTreeMap::new(),
            deadlines: BTreeSet::new(),
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let idle = if self.replies.is_owing() { RETRY_AFTER } else { IDLE };
            let now = Instant::now();
            let wait =
                self.deadlines.first().map_or(idle, |(due, _)| due.saturating_duration_since(now).min(idle));
            match self.end.orders.recv_timeout(wait) {
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(order) => {
                    self.end.waiting.fetch_sub(1, Ordering::Relaxed);
                    self.guarded(order.about(), |this| this.take(order));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.replies.retry();
            self.fire(Instant::now());
        }
    }

    /// A panic costs the peer that it is about, not the thread: without it no call could begin any more.
    fn guarded(&mut self, about: Option<(u8, PeerId)>, work: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_ok() {
            return;
        }
        error!("the handshake thread panicked; one peer ends, the others go on");
        self.end.counts.note("fault");
        if let Some((worker, peer)) = about {
            self.remove(peer);
            self.replies.outcome(worker, peer, Err(HandshakeFailed));
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Peer { worker, peer, order } => match order {
                HandshakeOrder::Start { fingerprints } => self.start(worker, peer, &fingerprints),
                HandshakeOrder::Datagram(bytes) => {
                    if let Some(entry) = self.peers.get_mut(&peer) {
                        entry.endpoint.handle_datagram(Instant::now(), &bytes);
                        self.drain(peer);
                    }
                }
                HandshakeOrder::Tell(message) => {
                    if let Some(Peer { chat: Some(chat), .. }) = self.peers.get_mut(&peer) {
                        chat.tell(Instant::now(), &message);
                        self.drain(peer);
                    }
                }
                HandshakeOrder::Stop => self.stop(peer),
            },
            Order::ForgetWorker(worker) => {
                let gone: Vec<PeerId> =
                    self.peers.iter().filter(|(_, peer)| peer.worker == worker).map(|(id, _)| *id).collect();
                gone.into_iter().for_each(|peer| self.remove(peer));
            }
            Order::Stop => {}
            #[cfg(test)]
            Order::Panic { .. } => panic!("asked for by a test"),
        }
    }

    fn start(&mut self, worker: u8, peer: PeerId, promised: &[PeerFingerprint]) {
        let digests = promised.iter().map(|one| (function_of(one.hash), one.digest.as_slice()));
        let fingerprints = match Fingerprints::from_digests(digests) {
            Ok(fingerprints) if self.peers.len() < self.endpoints_max => fingerprints,
            Ok(_) => {
                warn!("as many DTLS endpoints as the limits allow; a peer is refused");
                return self.give_up(worker, peer);
            }
            Err(error) => {
                debug!(%peer, %error, "no usable fingerprint");
                return self.give_up(worker, peer);
            }
        };
        let endpoint = Endpoint::server(&self.identity, fingerprints, Instant::now(), SystemTime::now());
        self.remove(peer);
        self.peers.insert(
            peer,
            Peer { worker, endpoint, chat: None, due: None, established: false, leaves_at: None },
        );
        self.drain(peer);
    }

    /// Tells the peer goodbye and forgets it.
    fn stop(&mut self, peer: PeerId) {
        let Some(entry) = self.peers.get_mut(&peer) else { return };
        if !entry.established {
            self.end.counts.note(outcome_of(&CloseReason::Local));
        }
        entry.endpoint.close();
        while let Some(bytes) = entry.endpoint.poll_datagram() {
            self.replies.datagram(entry.worker, peer, bytes);
        }
        self.remove(peer);
    }

    fn remove(&mut self, peer: PeerId) {
        if let Some(Peer { due: Some(due), .. }) = self.peers.remove(&peer) {
            self.deadlines.remove(&(due, peer));
        }
    }

    fn give_up(&mut self, worker: u8, peer: PeerId) {
        self.replies.outcome(worker, peer, Err(HandshakeFailed));
    }

    fn fire(&mut self, now: Instant) {
        while let Some((due, peer)) = self.deadlines.first().copied().filter(|(due, _)| *due <= now) {
            self.deadlines.remove(&(due, peer));
            let Some(entry) = self.peers.get_mut(&peer) else { continue };
            entry.due = None;
            let about = Some((entry.worker, peer));
            if entry.leaves_at.is_some_and(|at| at <= now) {
                self.replies.outcome(entry.worker, peer, Err(HandshakeFailed));
                self.remove(peer);
                continue;
            }
            self.guarded(about, |this| {
                if let Some(entry) = this.peers.get_mut(&peer) {
                    entry.endpoint.handle_timeout(now);
                    if let Some(chat) = &mut entry.chat {
                        chat.handle_timeout(now);
                    }
                    this.drain(peer);
                }
            });
        }
    }

    /// Takes what an endpoint has to say after a call.
    fn drain(&mut self, peer: PeerId) {
        let Some(entry) = self.peers.get_mut(&peer) else { return };
        let worker = entry.worker;
        let mut closed = None;
        while let Some(event) = entry.endpoint.poll_event() {
            match event {
                // Keys before the last flight: the peer may send media as soon as it has that.
                Event::Established(established) => {
                    entry.established = true;
                    self.end.counts.note("established");
                    debug!(%peer, profile = ?established.profile, "DTLS established");
                    self.replies.outcome(worker, peer, Ok(established.keys));
                }
                Event::Data(packet) => {
                    let now = Instant::now();
                    entry.chat.get_or_insert_with(|| Chat::new(now)).handle_packet(now, &packet);
                }
                Event::Closed(reason) => closed = Some(reason),
            }
        }
        if let Some(chat) = &mut entry.chat {
            while let Some(command) = chat.poll_command(peer) {
                self.replies.chat(worker, command);
            }
            while let Some(packet) = chat.poll_packet() {
                // Without DTLS there is nobody to tell.
                let _ = entry.endpoint.send(&packet);
                while let Some(bytes) = entry.endpoint.poll_datagram() {
                    self.replies.datagram(worker, peer, bytes);
                }
            }
        }
        while let Some(bytes) = entry.endpoint.poll_datagram() {
            self.replies.datagram(worker, peer, bytes);
        }
        if let Some(reason) = closed {
            if entry.established {
                // The media goes on without DTLS, unless the other end is gone.
                if !matches!(reason, CloseReason::Peer | CloseReason::Alert(_)) {
                    return self.remove(peer);
                }
                entry.leaves_at.get_or_insert_with(|| Instant::now() + GOODBYE_AFTER);
            } else {
                // After the alert that tells it: the core forgets the peer's path with it.
                self.end.counts.note(outcome_of(&reason));
                warn!(%peer, %reason, "the DTLS handshake failed");
                self.replies.outcome(worker, peer, Err(HandshakeFailed));
                return self.remove(peer);
            }
        }
        // Nothing more is said to whoever leaves.
        let due = entry.leaves_at.or_else(|| {
            let chat = entry.chat.as_ref().and_then(Chat::poll_timeout);
            entry.endpoint.poll_timeout().into_iter().chain(chat).min()
        });
        if due != entry.due {
            if let Some(old) = std::mem::replace(&mut entry.due, due) {
                self.deadlines.remove(&(old, peer));
            }
            self.deadlines.extend(due.map(|due| (due, peer)));
        }
    }
}

const fn function_of(hash: FingerprintHash) -> HashFunction {
    match hash {
        FingerprintHash::Sha256 => HashFunction::Sha256,
        FingerprintHash::Sha384 => HashFunction::Sha384,
        FingerprintHash::Sha512 => HashFunction::Sha512,
    }
}
