//! Two endpoints and a network between them that loses, repeats and shuffles datagrams by a seed, in virtual time.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use dtls::{CloseReason, Endpoint, Established, Event, Fingerprints, Identity};

/// How the network treats datagrams. Chances are in per mille.
///
/// In one direction it never loses two in a row, unless it loses all: what is repeated arrives at last, whichever
/// seed and whenever the library's randomness lets it be repeated. No run of a test is unlucky.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) lost: u64,
    pub(crate) repeated: u64,
    pub(crate) delay: Duration,
    /// Added to the delay, up to this: what makes datagrams overtake each other.
    pub(crate) jitter: Duration,
}

pub(crate) const GOOD_LINK: Link =
    Link { lost: 0, repeated: 0, delay: Duration::from_millis(20), jitter: Duration::ZERO };

/// xorshift64*: enough for a network, and the same everywhere.
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}

/// One side and what has come out of it.
pub(crate) struct Side {
    pub(crate) endpoint: Endpoint,
    pub(crate) established: Option<Established>,
    pub(crate) data: Vec<Vec<u8>>,
    pub(crate) closed: Option<CloseReason>,
    /// Everything it ever sent, in order, whether it arrived or not.
    pub(crate) sent: Vec<Vec<u8>>,
}

impl Side {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, established: None, data: Vec::new(), closed: None, sent: Vec::new() }
    }

    /// Takes out what waits, and returns what is to be sent.
    pub(crate) fn poll(&mut self) -> Vec<Vec<u8>> {
        while let Some(event) = self.endpoint.poll_event() {
            assert!(self.closed.is_none(), "nothing follows the end");
            match event {
                Event::Established(established) => {
                    assert!(self.established.replace(established).is_none(), "established once");
                }
                Event::Data(data) => self.data.push(data),
                Event::Closed(reason) => self.closed = Some(reason),
            }
        }
        let out: Vec<_> = std::iter::from_fn(|| self.endpoint.poll_datagram()).collect();
        self.sent.extend(out.iter().cloned());
        out
    }
}

pub(crate) const CLIENT: usize = 0;
pub(crate) const SERVER: usize = 1;

/// A client and a server on one link.
pub(crate) struct Pair {
    pub(crate) sides: [Side; 2],
    pub(crate) now: Instant,
    started: Instant,
    link: Link,
    seeded: Seeded,
    /// (arrival, order of sending, side it goes to, bytes)
    travelling: Vec<(Instant, u64, usize, Vec<u8>)>,
    sent: u64,
    /// Whether the last datagram of each side was lost.
    has_lost: [bool; 2],
}

/// Identities are costly and carry no state: two are enough for all tests.
pub(crate) fn identities() -> &'static [Identity; 2] {
    static IDENTITIES: OnceLock<[Identity; 2]> = OnceLock::new();
    IDENTITIES.get_or_init(|| [0, 1].map(|_| Identity::generate(SystemTime::now()).unwrap()))
}

pub(crate) fn promised(side: usize) -> Fingerprints {
    Fingerprints::from(identities()[side].fingerprint().clone())
}

pub(crate) fn client(now: Instant) -> Endpoint {
    Endpoint::client(&identities()[CLIENT], promised(SERVER), now, SystemTime::now())
}

pub(crate) fn server(now: Instant) -> Endpoint {
    Endpoint::server(&identities()[SERVER], promised(CLIENT), now, SystemTime::now())
}

impl Pair {
    pub(crate) fn new(link: Link, seed: u64) -> Self {
        let now = Instant::now();
        Self::of([client(now), server(now)], now, link, seed)
    }

    pub(crate) fn of(endpoints: [Endpoint; 2], now: Instant, link: Link, seed: u64) -> Self {
        Self {
            sides: endpoints.map(Side::new),
            now,
            started: now,
            link,
            seeded: Seeded::new(seed),
            travelling: Vec::new(),
            sent: 0,
            has_lost: [false; 2],
        }
    }

    /// A pair that has shaken hands over a good link.
    pub(crate) fn established() -> Self {
        let mut pair = Self::new(GOOD_LINK, 1);
        pair.run_until(Pair::is_established);
        assert!(pair.is_established());
        pair
    }

    pub(crate) fn is_established(&self) -> bool {
        self.sides.iter().all(|side| side.established.is_some())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.now - self.started
    }

    /// Runs until `done`, or until nothing can happen any more, or for two minutes.
    pub(crate) fn run_until(&mut self, done: impl Fn(&Self) -> bool) {
        self.collect();
        while !done(self) && self.elapsed() < Duration::from_secs(120) {
            let arrival = self.travelling.iter().map(|(at, ..)| *at).min();
            let due = self.sides.iter().filter_map(|side| side.endpoint.poll_timeout()).min();
            let Some(next) = arrival.into_iter().chain(due).min() else { return };
            self.now = self.now.max(next);
            self.step();
            self.collect();
        }
    }

    /// Runs until everything on its way has arrived.
    pub(crate) fn settle(&mut self) {
        self.collect();
        self.run_until(|pair| pair.travelling.is_empty());
    }

    fn step(&mut self) {
        self.travelling.sort_by_key(|(at, order, ..)| (*at, *order));
        let split = self.travelling.partition_point(|(at, ..)| *at <= self.now);
        for (_, _, to, bytes) in self.travelling.drain(..split) {
            self.sides[to].endpoint.handle_datagram(self.now, &bytes);
        }
        for side in &mut self.sides {
            if side.endpoint.poll_timeout().is_some_and(|due| due <= self.now) {
                side.endpoint.handle_timeout(self.now);
            }
        }
    }

    /// Puts what the sides send on its way.
    fn collect(&mut self) {
        for from in [CLIENT, SERVER] {
            for bytes in self.sides[from].poll() {
                let copies = 1 + u64::from(self.seeded.below(1000) < self.link.repeated);
                for _ in 0..copies {
                    let is_unlucky = self.seeded.below(1000) < self.link.lost;
                    self.has_lost[from] = self.link.lost == 1000 || (is_unlucky && !self.has_lost[from]);
                    if self.has_lost[from] {
                        continue;
                    }
                    let jitter = self.seeded.below(1 + self.link.jitter.as_micros() as u64);
                    let at = self.now + self.link.delay + Duration::from_micros(jitter);
                    self.sent += 1;
                    self.travelling.push((at, self.sent, 1 - from, bytes.clone()));
                }
            }
        }
    }
}
