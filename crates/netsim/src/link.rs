//! One direction of a network path.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use crate::random::Random;

/// What a link does to datagrams. The default is a wire: at once, in order, nothing lost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinkConfig {
    /// From one end to the other, at least.
    pub latency: Duration,
    /// Up to this much more, evenly. Datagrams do not overtake each other by it.
    pub jitter: Duration,
    /// What gets lost.
    pub loss: Loss,
    /// How likely a datagram is delayed by [`Self::reorder_by`] beside the queue, so that others overtake it.
    pub reorder: f64,
    /// See [`Self::reorder`].
    pub reorder_by: Duration,
    /// How likely a datagram arrives twice, the second time up to [`Self::jitter`] + 1 ms later.
    pub duplicate: f64,
    /// The bottleneck, if there is one.
    pub rate_bps: Option<u64>,
    /// What waits before the bottleneck at most; what comes then is dropped.
    pub buffer_bytes: usize,
}

/// How datagrams get lost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Loss {
    /// None.
    #[default]
    None,
    /// Each by itself, with this probability.
    Random(f64),
    /// Gilbert's model: in good times none, in bad times each. `enter` and `leave` are the probabilities, per
    /// datagram, of bad times beginning and ending; the mean burst is `1 / leave`.
    Burst {
        /// From good to bad.
        enter: f64,
        /// From bad to good.
        leave: f64,
    },
}

/// What became of the datagrams. `sent + duplicated = lost + overflowed + delivered + under way`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct LinkCounters {
    pub sent: u64,
    pub lost: u64,
    pub overflowed: u64,
    pub duplicated: u64,
    pub delivered: u64,
}

/// Datagrams under way at most; beyond, they are dropped as if a buffer were full.
const UNDER_WAY_MAX: usize = 100_000;

/// One direction. `T` goes with each datagram, such as its addresses.
#[derive(Debug)]
pub struct Link<T> {
    config: LinkConfig,
    random: Random,
    is_bad: bool,
    /// When the bottleneck has sent all that waits before it.
    drained_at: Option<Instant>,
    /// The latest arrival so far of what keeps its order.
    last_arrival: Option<Instant>,
    under_way: BinaryHeap<UnderWay<T>>,
    next_number: u64,
    counters: LinkCounters,
}

#[derive(Debug)]
struct UnderWay<T> {
    at: Instant,
    /// Keeps what arrives at the same time in order.
    number: u64,
    tag: T,
    bytes: Vec<u8>,
}

impl<T: Clone> Link<T> {
    /// An empty link.
    #[must_use]
    pub fn new(config: LinkConfig, seed: u64) -> Self {
        Self {
            config,
            random: Random::new(seed),
            is_bad: false,
            drained_at: None,
            last_arrival: None,
            under_way: BinaryHeap::new(),
            next_number: 0,
            counters: LinkCounters::default(),
        }
    }

    /// Changes the network from now on; what is under way stays so.
    pub fn set_config(&mut self, config: LinkConfig) {
        self.config = config;
    }

    /// What was counted.
    #[must_use]
    pub const fn counters(&self) -> LinkCounters {
        self.counters
    }

    /// Sends a datagram.
    pub fn send(&mut self, now: Instant, tag: T, bytes: &[u8]) {
        self.counters.sent += 1;
        if self.is_lost() {
            self.counters.lost += 1;
            return;
        }
        let Some(left_at) = self.pass_bottleneck(now, bytes.len()) else {
            self.counters.overflowed += 1;
            return;
        };
        let mut at = left_at + self.config.latency + self.jitter();
        if self.random.chance(self.config.reorder) {
            at += self.config.reorder_by;
        } else {
            at = self.last_arrival.map_or(at, |last| last.max(at));
            self.last_arrival = Some(at);
        }
        if self.random.chance(self.config.duplicate) {
            self.counters.duplicated += 1;
            let again = at + self.jitter() + Duration::from_millis(1);
            self.push(again, tag.clone(), bytes);
        }
        self.push(at, tag, bytes);
    }

    /// When the next datagram arrives.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.under_way.peek().map(|next| next.at)
    }

    /// The next datagram that has arrived by `now`.
    pub fn poll(&mut self, now: Instant) -> Option<(T, Vec<u8>)> {
        if self.poll_timeout()? > now {
            return None;
        }
        let next = self.under_way.pop()?;
        self.counters.delivered += 1;
        Some((next.tag, next.bytes))
    }

    fn is_lost(&mut self) -> bool {
        match self.config.loss {
            Loss::None => false,
            Loss::Random(probability) => self.random.chance(probability),
            Loss::Burst { enter, leave } => {
                let turns = self.random.chance(if self.is_bad { leave } else { enter });
                self.is_bad ^= turns;
                self.is_bad
            }
        }
    }

    /// When the bottleneck has sent it; `None` when its buffer is full.
    fn pass_bottleneck(&mut self, now: Instant, len: usize) -> Option<Instant> {
        let Some(rate) = self.config.rate_bps else { return Some(now) };
        let begins = self.drained_at.map_or(now, |drained| drained.max(now));
        let waiting = (begins - now).as_secs_f64() * rate as f64 / 8.0;
        if waiting + len as f64 > self.config.buffer_bytes as f64 {
            return None;
        }
        let left_at = begins + Duration::from_secs_f64(len as f64 * 8.0 / rate as f64);
        self.drained_at = Some(left_at);
        Some(left_at)
    }

    fn jitter(&mut self) -> Duration {
        self.config.jitter.mul_f64(self.random.unit())
    }

    fn push(&mut self, at: Instant, tag: T, bytes: &[u8]) {
        if self.under_way.len() >= UNDER_WAY_MAX {
            self.counters.overflowed += 1;
            return;
        }
        let number = self.next_number;
        self.next_number += 1;
        self.under_way.push(UnderWay { at, number, tag, bytes: bytes.to_vec() });
    }
}

impl<T> PartialEq for UnderWay<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T> Eq for UnderWay<T> {}

impl<T> PartialOrd for UnderWay<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for UnderWay<T> {
    /// The heap gives the greatest first: that is the earliest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

#[cfg(test)]
mod tests;
