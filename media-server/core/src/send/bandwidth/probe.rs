//! One probe: for some tens of milliseconds more is sent than the estimate, and how fast it arrives is measured.
//!
//! ```text
//!  sent      ▮▮ ▮▮ ▮▮ ▮▮ ▮▮ ▮▮       whatever leaves meanwhile counts: media, and padding for the rest
//!            │◀── sent_us ──▶│
//!  arrived     ▮ ▮ ▮ ▮ ▮ ▮ ▮ ▮ ▮ ▮ ▮ ▮       slower than sent: that is what passes
//!              │◀──── arrived_us ────▶│
//! ```

use super::sent::Sent;

/// What must have been told of a probe before it says anything.
const TOLD_MIN: f64 = 0.8;
const PACKETS_MIN: u32 = 5;
/// Slower than this part of the sending, and the path was full.
const SATURATED_BELOW: f64 = 0.9;

/// A large packet takes longer than a small one by itself; how long is not known, since the link is not, but about this:
/// the link is taken for so much faster than the probe.
const LINK_FASTER: f64 = 1.5;

/// What a probe found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    /// Bits per second that passed.
    pub(super) rate: f64,
    /// More was sent than passed.
    pub(super) is_saturated: bool,
}

/// A probe under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cluster {
    /// From 1 on.
    pub(super) id: u8,
    /// Bits per second to send.
    pub(super) rate: f64,
    /// Bytes to send.
    pub(super) size: u32,
    /// When sending ends, whatever was sent.
    pub(super) until_us: i64,
    /// When waiting for feedback ends.
    pub(super) expires_us: i64,
    sent: u32,
    sent_bytes: u32,
    lost: u32,
    tally: Tally,
}

/// What arrived of it, and the sums of a line through the delays. Milliseconds.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    packets: u32,
    bytes: u32,
    first_sent: i64,
    last_sent: i64,
    /// Bytes that left at the last instant: they took no time of the sending.
    last_sent_bytes: u32,
    first_arrived: i64,
    sent_sum: f64,
    delay_sum: f64,
    sent_squares: f64,
    products: f64,
}

impl Cluster {
    pub(super) fn new(id: u8, rate: f64, size: u32, until_us: i64, expires_us: i64) -> Self {
        let tally = Tally::default();
        Self { id, rate, size, until_us, expires_us, sent: 0, sent_bytes: 0, lost: 0, tally }
    }

    pub(super) const fn is_sending(&self, now_us: i64) -> bool {
        self.sent_bytes < self.size && now_us <= self.until_us
    }

    pub(super) const fn handle_sent(&mut self, size: u16) {
        self.sent += 1;
        self.sent_bytes += size as u32;
    }

    pub(super) const fn handle_lost(&mut self) {
        self.lost += 1;
    }

    pub(super) fn handle_arrival(&mut self, sent: &Sent, arrived_us: i64) {
        if sent.was_lost {
            self.lost = self.lost.saturating_sub(1);
        }
        let own_ms = f64::from(sent.size) * 8000.0 / (self.rate * LINK_FASTER);
        self.tally.add(sent, arrived_us, own_ms);
    }

    /// Whether nothing more will come of it.
    pub(super) const fn is_done(&self, now_us: i64) -> bool {
        now_us > self.expires_us || (!self.is_sending(now_us) && self.tally.packets + self.lost >= self.sent)
    }

    /// What it found; `None` when too little was sent or told.
    pub(super) fn found(&self) -> Option<Found> {
        let Tally { packets, bytes, .. } = self.tally;
        let is_told = f64::from(packets) >= TOLD_MIN * f64::from(self.sent);
        if packets < PACKETS_MIN || !is_told || f64::from(self.sent_bytes) < TOLD_MIN * f64::from(self.size) {
            return None;
        }
        let sent = rate(bytes - self.tally.last_sent_bytes, self.tally.last_sent - self.tally.first_sent)?;
        // A queue that grows by so much in each second takes so much longer to let through what was sent in it.
        let passed = 1.0 / (1.0 + self.tally.growth()?.max(0.0));
        Some(Found { rate: sent * passed, is_saturated: passed < SATURATED_BELOW })
    }
}

impl Tally {
    fn add(&mut self, sent: &Sent, arrived_us: i64, own_ms: f64) {
        let size = u32::from(sent.size);
        if self.packets == 0 {
            (self.first_sent, self.first_arrived) = (sent.sent_us, arrived_us);
        }
        if self.packets == 0 || sent.sent_us > self.last_sent {
            self.last_sent = sent.sent_us;
            self.last_sent_bytes = 0;
        }
        if sent.sent_us == self.last_sent {
            self.last_sent_bytes += size;
        }
        self.packets += 1;
        self.bytes += size;
        let at = (sent.sent_us - self.first_sent) as f64 / 1000.0;
        let delay = arrived_us.saturating_sub(self.first_arrived) as f64 / 1000.0 - at - own_ms;
        self.sent_sum += at;
        self.delay_sum += delay;
        self.sent_squares += at * at;
        self.products += at * delay;
    }

    /// By how much the delay grows in the time of the sending: least squares, so that jitter matters little.
    fn growth(&self) -> Option<f64> {
        let count = f64::from(self.packets);
        let variance = self.sent_squares - self.sent_sum * self.sent_sum / count;
        let covariance = self.products - self.sent_sum * self.delay_sum / count;
        (variance > 0.0).then(|| covariance / variance)
    }
}

/// Bits per second.
fn rate(bytes: u32, us: i64) -> Option<f64> {
    (us > 0).then(|| f64::from(bytes) * 8.0 / us as f64 * 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A probe of 20 packets of 1000 bytes, two each 5 ms, each pair arriving `spread_us` after the other's.
    fn probe(spread_us: i64, lost: i64) -> Cluster {
        let mut cluster = Cluster::new(1, 3.2e6, 20_000, 60_000, 1_000_000);
        for number in 0..20 {
            cluster.handle_sent(1000);
            if number < lost {
                cluster.handle_lost();
            } else {
                let sent = Sent { sent_us: number / 2 * 5_000, size: 1000, cluster: 1, was_lost: false };
                cluster.handle_arrival(&sent, 70_000 + number * spread_us / 2);
            }
        }
        cluster
    }

    #[test]
    fn what_passes_as_fast_as_it_is_sent_is_no_limit() {
        let found = probe(5_000, 0).found().unwrap();

        assert!(!found.is_saturated && (found.rate - 3.2e6).abs() < 1e5, "{found:?}");
    }

    #[test]
    fn what_passes_slower_is_the_limit() {
        let found = probe(10_000, 0).found().unwrap();

        assert!(found.is_saturated && (found.rate - 1.6e6).abs() < 1e5, "{found:?}");
    }

    #[test]
    fn some_loss_does_not_matter_and_much_says_nothing() {
        let some = probe(5_000, 2).found();
        let much = probe(5_000, 5).found();

        assert!(some.is_some_and(|found| !found.is_saturated));
        assert_eq!(much, None);
    }

    #[test]
    fn a_probe_that_nobody_filled_says_nothing() {
        let mut cluster = Cluster::new(1, 3.2e6, 20_000, 60_000, 1_000_000);
        for number in 0..6 {
            cluster.handle_sent(1000);
            let sent = Sent { sent_us: number * 5_000, size: 1000, cluster: 1, was_lost: false };
            cluster.handle_arrival(&sent, number * 5_000);
        }

        assert!(cluster.is_done(60_001));
        assert_eq!(cluster.found(), None);
    }
}
