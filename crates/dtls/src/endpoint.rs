//! One DTLS connection with one peer, as the node and the client hold it.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use srtp::{DtlsRole, KeyingMaterial, SrtpProfile};
use thiserror::Error;

use crate::certificate::{self, CertificateProblem};
use crate::engine::{DimplEngine, Engine, EngineOutput};
use crate::event::{CloseReason, Established, Event};
use crate::fingerprint::Fingerprints;
use crate::guard::{Guard, GuardCounts, record};
use crate::identity::Identity;

/// How long a handshake may take. Browsers repeat a lost flight for about a minute; a patient has given up by then.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(30);

/// The longest datagram sent: with IPv6, UDP and TURN around it, it stays below an MTU of 1280 (RFC 8835 §3.6).
pub(crate) const MAX_DATAGRAM_LEN: usize = 1200;
/// Record header, explicit nonce and tag of AES-GCM (RFC 5288).
const RECORD_OVERHEAD: usize = record::RECORD_HEADER_LEN + 8 + 16;
/// The longest data that [`Endpoint::send`] takes: one record, one datagram.
pub const MAX_DATA_LEN: usize = MAX_DATAGRAM_LEN - RECORD_OVERHEAD;

/// Datagrams waiting to be polled. The owner polls after each call; a flight has two, an answer to data none.
const MAX_OUTGOING: usize = 32;
/// Data waiting to be polled. The owner polls after each call; a datagram holds at most 16 records.
const MAX_WAITING_DATA: usize = 64;
/// Records sent in one connection. The library draws the explicit nonce of AES-GCM at random, 64 bits: after 2^22
/// records two agree with a chance of 2^-21, and a consultation sends some 10^5 messages.
const MAX_SENT_RECORDS: u32 = 1 << 22;
/// The sequence number of our only plain alert: above all of the handshake's, which the peer may have seen.
const ALERT_SEQUENCE: u64 = 1 << 32;

/// Alert descriptions (RFC 5246 §7.2).
mod alert {
    pub(super) const HANDSHAKE_FAILURE: u8 = 40;
    pub(super) const BAD_CERTIFICATE: u8 = 42;
    pub(super) const UNSUPPORTED_CERTIFICATE: u8 = 43;
    pub(super) const CERTIFICATE_EXPIRED: u8 = 45;
}

/// Why data was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SendError {
    /// Not established yet, or closed.
    #[error("DTLS connection is not established")]
    NotEstablished,
    /// Longer than [`MAX_DATA_LEN`].
    #[error("longer than {MAX_DATA_LEN} bytes")]
    TooLong,
    /// The connection has sent as many records as its keys are good for.
    #[error("DTLS connection has sent all the records that its keys allow")]
    Exhausted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Handshaking,
    Established,
    Closed,
}

/// A DTLS connection with one peer: a state machine without sockets, threads or a clock.
///
/// The owner gives it the datagrams of one **ICE-validated** tuple whose first byte is 20 to 63 (RFC 7983), and
/// the time. After each call it takes what came of it:
///
/// - [`poll_datagram`](Self::poll_datagram) until `None`: to be sent to the peer,
/// - [`poll_event`](Self::poll_event) until `None`,
/// - [`poll_timeout`](Self::poll_timeout): when to call [`handle_timeout`](Self::handle_timeout) next.
///
/// `now` never goes back. Once it is closed, calls do nothing, and what is waiting may still be polled.
pub struct Endpoint {
    role: DtlsRole,
    engine: Box<dyn Engine>,
    guard: Guard,
    state: State,
    expected: Fingerprints,
    wall_clock: SystemTime,
    deadline: Instant,
    due: Option<Instant>,
    /// Whether the peer has shown a certificate with a promised fingerprint.
    is_promised: bool,
    is_finished: bool,
    sent: u32,
    datagrams: VecDeque<Vec<u8>>,
    events: VecDeque<Event>,
}

impl Endpoint {
    /// Waits for the peer's ClientHello: `a=setup:passive`, as a node does.
    ///
    /// `expected` is what the peer promised over signalling. `wall_clock` is the time of day by which the peer's
    /// certificate may have expired; a handshake is short enough for it not to move.
    #[must_use]
    pub fn server(identity: &Identity, expected: Fingerprints, now: Instant, wall_clock: SystemTime) -> Self {
        let engine = DimplEngine::new(DtlsRole::Server, identity, now);
        Self::new(DtlsRole::Server, Box::new(engine), expected, now, wall_clock)
    }

    /// Sends the ClientHello: `a=setup:active`. It is ready to be polled.
    #[must_use]
    pub fn client(identity: &Identity, expected: Fingerprints, now: Instant, wall_clock: SystemTime) -> Self {
        let engine = DimplEngine::new(DtlsRole::Client, identity, now);
        Self::new(DtlsRole::Client, Box::new(engine), expected, now, wall_clock)
    }

    fn new(
        role: DtlsRole,
        engine: Box<dyn Engine>,
        expected: Fingerprints,
        now: Instant,
        wall_clock: SystemTime,
    ) -> Self {
        let mut endpoint = Self {
            role,
            engine,
            guard: Guard::new(role),
            state: State::Handshaking,
            expected,
            wall_clock,
            deadline: now + HANDSHAKE_DEADLINE,
            due: None,
            is_promised: false,
            is_finished: false,
            sent: 0,
            datagrams: VecDeque::new(),
            events: VecDeque::new(),
        };
        endpoint.handle_timeout(now);
        endpoint
    }

    /// Takes a datagram of the peer. Whatever is in it, it changes nothing, or moves the handshake on, or closes.
    pub fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) {
        self.handle_timeout(now);
        if self.state == State::Closed {
            return;
        }
        let mut admitted = Vec::new();
        if self.guard.admit(datagram, &mut admitted).is_err() {
            return self.fail(CloseReason::Flood);
        }
        for record in admitted {
            let outcome = self.engine.handle_record(&record);
            self.drain();
            if let Err(reason) = outcome {
                self.fail(reason);
            }
            if self.state == State::Closed {
                return;
            }
        }
    }

    /// Moves the clock on: repeats a flight that got no answer, gives up at the deadline.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self.state {
            State::Closed => return,
            State::Handshaking if now >= self.deadline => return self.fail(CloseReason::Timeout),
            State::Handshaking | State::Established => {}
        }
        let outcome = self.engine.handle_timeout(now);
        self.drain();
        if let Err(reason) = outcome {
            self.fail(reason);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called, if nothing comes before. Asking does not change it.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Handshaking => Some(self.due.map_or(self.deadline, |due| due.min(self.deadline))),
            State::Established => self.due,
            State::Closed => None,
        }
    }

    /// The next datagram to send to the peer. At most 1200 bytes.
    pub fn poll_datagram(&mut self) -> Option<Vec<u8>> {
        self.datagrams.pop_front()
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Encrypts `data` as one record in one datagram.
    ///
    /// # Errors
    /// [`SendError`] when there is no connection for it, or it is too long.
    pub fn send(&mut self, data: &[u8]) -> Result<(), SendError> {
        if self.state != State::Established {
            return Err(SendError::NotEstablished);
        }
        if data.len() > MAX_DATA_LEN {
            return Err(SendError::TooLong);
        }
        if self.sent == MAX_SENT_RECORDS {
            return Err(SendError::Exhausted);
        }
        self.sent += 1;
        let outcome = self.engine.send(data);
        self.drain();
        outcome.map_err(|reason| {
            self.fail(reason);
            SendError::NotEstablished
        })
    }

    /// Ends the connection, and tells the peer (close_notify) if there is one.
    pub fn close(&mut self) {
        if self.state == State::Closed {
            return;
        }
        self.engine.close();
        self.drain();
        self.end(CloseReason::Local);
    }

    /// Whether the handshake is done and nothing has ended the connection since.
    #[must_use]
    pub fn is_established(&self) -> bool {
        self.state == State::Established
    }

    /// Whether it does nothing any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Which side of the handshake it is.
    #[must_use]
    pub const fn role(&self) -> DtlsRole {
        self.role
    }

    /// What came in and was dropped, by cause.
    #[must_use]
    pub const fn counts(&self) -> GuardCounts {
        self.guard.counts()
    }

    /// Takes everything out of the library.
    fn drain(&mut self) {
        while self.state != State::Closed {
            match self.engine.poll() {
                EngineOutput::Datagram(datagram) => {
                    if self.datagrams.len() < MAX_OUTGOING {
                        self.datagrams.push_back(datagram);
                    }
                }
                EngineOutput::Certificate(certificate) => self.check_certificate(&certificate),
                EngineOutput::Finished => self.is_finished = true,
                EngineOutput::Exported(profile, exported) => {
                    match KeyingMaterial::from_exporter(profile, &exported) {
                        Ok(keys) => self.establish(profile, keys),
                        Err(error) => self.fail(CloseReason::Protocol(error.to_string())),
                    }
                }
                EngineOutput::Data(data) => {
                    if self.state == State::Established && self.events.len() < MAX_WAITING_DATA {
                        self.events.push_back(Event::Data(data));
                    }
                }
                EngineOutput::CloseNotify => self.end(CloseReason::Peer),
                EngineOutput::Wait(due) => {
                    self.due = due;
                    // The exporter's output would have come right after the end of the handshake.
                    if self.is_finished && self.state == State::Handshaking {
                        self.fail(CloseReason::NoSrtpProfile);
                    }
                    break;
                }
            }
        }
    }

    /// The peer shows its certificate. That it owns the key is proven later, by the library.
    fn check_certificate(&mut self, certificate: &[u8]) {
        if self.expected.find(certificate).is_none() {
            return self.fail(CloseReason::FingerprintMismatch);
        }
        match certificate::check(certificate, self.wall_clock) {
            Ok(()) => self.is_promised = true,
            Err(problem) => self.fail(CloseReason::Certificate(problem)),
        }
    }

    fn establish(&mut self, profile: SrtpProfile, keys: KeyingMaterial) {
        // A library that skipped the certificate would get no further than this.
        if !self.is_promised {
            return self.fail(CloseReason::FingerprintMismatch);
        }
        self.state = State::Established;
        self.guard.establish();
        self.events.push_back(Event::Established(Established { profile, keys }));
    }

    /// Ends the connection because something is wrong. A peer in the middle of the handshake is told, so that it
    /// need not wait for its own deadline; nothing else that was waiting goes out.
    fn fail(&mut self, reason: CloseReason) {
        if self.state == State::Handshaking {
            self.datagrams.clear();
            if let Some(description) = alert_for(&reason) {
                self.datagrams.push_back(record::plain_fatal_alert(ALERT_SEQUENCE, description));
            }
        }
        self.end(reason);
    }

    fn end(&mut self, reason: CloseReason) {
        if self.state != State::Closed {
            self.state = State::Closed;
            self.events.push_back(Event::Closed(reason));
        }
    }
}

/// What to tell the peer. Nothing to one that is silent, floods us, or gave up itself.
const fn alert_for(reason: &CloseReason) -> Option<u8> {
    match reason {
        CloseReason::FingerprintMismatch => Some(alert::BAD_CERTIFICATE),
        CloseReason::Certificate(CertificateProblem::Expired) => Some(alert::CERTIFICATE_EXPIRED),
        CloseReason::Certificate(_) => Some(alert::UNSUPPORTED_CERTIFICATE),
        CloseReason::NoSrtpProfile | CloseReason::Protocol(_) => Some(alert::HANDSHAKE_FAILURE),
        CloseReason::Local
        | CloseReason::Peer
        | CloseReason::Timeout
        | CloseReason::Renegotiation
        | CloseReason::Alert(_)
        | CloseReason::Flood => None,
    }
}

#[cfg(test)]
mod tests;
