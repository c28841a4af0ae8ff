//! How much one peer may send: what is above is dropped before it is opened, and who goes on far above it is removed
//! (abuse 58).
//!
//! Two leaky buckets, one of packets and one of bytes. Each is the instant up to which what came is paid for: a packet moves it on
//! by what it costs, and time catches up.
//!
//! ```text
//!           now                 now + BURST
//!  ──────────┼───────────────────────┼────▶
//!            └── came, not yet due ──▶ paid until here; beyond BURST nothing is opened
//! ```
//!
//! Only what authenticates is charged, or counts towards removal: who writes another's address on datagrams uses up nothing of
//! theirs. Of what is refused one in [`REFUSED_PER_LOOK`] is opened to see whose it is.

use std::time::{Duration, Instant};

/// What a peer sends at once, as time at its rate. A key frame of a shared 4K screen is a megabyte at most, which is a second of the
/// default rate; browsers smooth it to two and a half times their rate, so that it is not all of a sudden either.
const BURST: Duration = Duration::from_secs(1);
/// How often it is looked at how much is refused.
const WINDOW: Duration = Duration::from_secs(1);
/// Windows in a row in which more is refused than taken, until the peer is removed. A browser sees what is refused as lost and
/// sends less within a second or two; what still sends twice its rate after ten does not obey congestion control.
const WINDOWS_OVER_MAX: u32 = 10;
/// Of so many refused datagrams one is opened: a flood costs a sixteenth of what taking it would, and twice a rate of
/// 500 packets a second is still seen by some thirty of them a second.
pub(crate) const REFUSED_PER_LOOK: u32 = 16;
const NANOS: u64 = 1_000_000_000;

/// What a peer has left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    packet_ns: u64,
    byte_ns: u64,
    packets_paid: Instant,
    bytes_paid: Instant,
    window_ends: Instant,
    taken: u32,
    refused: u32,
    windows_over: u32,
}

impl Allowance {
    /// A full one, of so many bits and packets a second; neither is 0.
    pub(crate) fn new(bps: u32, packets_per_second: u32, now: Instant) -> Self {
        Self {
            packet_ns: NANOS / u64::from(packets_per_second.max(1)),
            byte_ns: 8 * NANOS / u64::from(bps.max(1)),
            packets_paid: now,
            bytes_paid: now,
            window_ends: now + WINDOW,
            taken: 0,
            refused: 0,
            windows_over: 0,
        }
    }

    /// Whether another packet may be opened.
    pub(crate) fn has_room(&mut self, now: Instant) -> bool {
        if now >= self.window_ends {
            self.close_window(now);
        }
        let until = now + BURST;
        self.packets_paid <= until && self.bytes_paid <= until
    }

    /// One that was looked at of those that were refused is authentic: so are as many of the others as it stands for.
    pub(crate) const fn count_refused(&mut self) {
        self.refused = self.refused.saturating_add(REFUSED_PER_LOOK);
    }

    /// A packet was authentic.
    pub(crate) fn charge(&mut self, len: usize, now: Instant) {
        self.taken += 1;
        self.packets_paid = self.packets_paid.max(now) + Duration::from_nanos(self.packet_ns);
        self.bytes_paid = self.bytes_paid.max(now) + Duration::from_nanos(self.byte_ns * len as u64);
    }

    /// Whether the peer has gone on for too long.
    pub(crate) const fn is_overdrawn(&self) -> bool {
        self.windows_over >= WINDOWS_OVER_MAX
    }

    fn close_window(&mut self, now: Instant) {
        // After a second of silence it begins anew.
        let is_next = now < self.window_ends + WINDOW;
        self.windows_over = if is_next && self.refused > self.taken { self.windows_over + 1 } else { 0 };
        (self.taken, self.refused) = (0, 0);
        self.window_ends = now + WINDOW;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEN: usize = 1000;

    /// Sends `per_second` packets a second for so many seconds; how many are taken, and whether it is overdrawn.
    fn send(allowance: &mut Allowance, start: Instant, per_second: u32, secs: u32) -> (u32, bool) {
        let mut taken = 0;
        for number in 0..per_second * secs {
            let now = start + Duration::from_secs(1) * number / per_second;
            if allowance.has_room(now) {
                allowance.charge(LEN, now);
                taken += 1;
            } else if number % REFUSED_PER_LOOK == 0 {
                allowance.count_refused();
            }
        }
        (taken, allowance.is_overdrawn())
    }

    /// 1000 packets a second by bytes, 1500 by number.
    fn full(now: Instant) -> Allowance {
        Allowance::new(8_000_000, 1500, now)
    }

    #[test]
    fn what_is_allowed_is_taken_for_good() {
        let start = netsim::Timeline::new().now();
        let mut allowance = full(start);

        assert_eq!(send(&mut allowance, start, 1000, 60), (60_000, false));
    }

    #[test]
    fn abuse_58_bytes_and_packets_above_the_rate_are_refused() {
        let start = netsim::Timeline::new().now();

        let (by_bytes, _) = send(&mut full(start), start, 5000, 9);
        let (by_packets, _) = send(&mut Allowance::new(u32::MAX, 1500, start), start, 5000, 9);

        // Nine seconds and the burst.
        assert!((10_000..=10_001).contains(&by_bytes), "{by_bytes}");
        assert!((15_000..=15_001).contains(&by_packets), "{by_packets}");
    }

    #[test]
    fn a_little_too_much_is_refused_and_forgiven() {
        let start = netsim::Timeline::new().now();
        let mut allowance = full(start);

        let (taken, is_overdrawn) = send(&mut allowance, start, 1500, 60);

        assert!((61_000..=61_001).contains(&taken), "{taken}");
        assert!(!is_overdrawn);
    }

    #[test]
    fn abuse_58_who_goes_on_far_above_is_overdrawn_after_ten_seconds() {
        let start = netsim::Timeline::new().now();
        let mut allowance = full(start);

        let (_, after_nine) = send(&mut allowance, start, 5000, 9);
        let (_, after_twelve) = send(&mut allowance, start + Duration::from_secs(9), 5000, 3);

        assert!(!after_nine && after_twelve);
    }

    #[test]
    fn who_slows_down_begins_anew() {
        let start = netsim::Timeline::new().now();
        let mut allowance = full(start);

        let (_, first) = send(&mut allowance, start, 5000, 8);
        send(&mut allowance, start + Duration::from_secs(8), 800, 3);
        let (_, second) = send(&mut allowance, start + Duration::from_secs(11), 5000, 8);

        assert!(!first && !second);
    }
}
