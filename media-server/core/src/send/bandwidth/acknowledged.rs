//! What arrives, as a rate: bytes by the time of their arrival, in a ring of buckets.

/// One bucket: fine enough for the shortest window, and the pacer's ticks do not show.
const BUCKET_US: i64 = 20_000;
/// Buckets: two seconds.
const BUCKETS: usize = 100;

/// The latest two seconds of arrivals.
#[derive(Debug)]
pub(super) struct Acknowledged {
    bytes: [u32; BUCKETS],
    /// The number of the bucket that the latest arrival fell into.
    latest: Option<i64>,
    /// And of the first.
    first: i64,
}

impl Acknowledged {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; BUCKETS], latest: None, first: 0 }
    }

    /// Counts a packet.
    pub(super) fn handle_arrival(&mut self, arrived_us: i64, size: u16) {
        let bucket = arrived_us.div_euclid(BUCKET_US);
        let latest = *self.latest.get_or_insert_with(|| {
            self.first = bucket;
            bucket
        });
        let ahead = bucket.saturating_sub(latest);
        if ahead.unsigned_abs() >= BUCKETS as u64 {
            if ahead < 0 && ahead > -JUMP_BACK_MAX {
                // Long overtaken: its time is over.
                return;
            }
            // A silence, or another clock.
            self.bytes = [0; BUCKETS];
            self.first = bucket;
            self.latest = Some(bucket);
        } else if ahead > 0 {
            for skipped in latest + 1..=bucket {
                self.bytes[place(skipped)] = 0;
            }
            self.latest = Some(bucket);
        }
        let bytes = &mut self.bytes[place(bucket)];
        *bytes = bytes.saturating_add(u32::from(size));
    }

    /// Counts what arrived somewhen after the latest arrival and until then, of which no feedback told: evenly.
    pub(super) fn handle_untold(&mut self, until_us: i64, bytes: u64) {
        let Some(latest) = self.latest else { return };
        let until = until_us.div_euclid(BUCKET_US);
        let ahead = until.saturating_sub(latest);
        if !(1..BUCKETS as i64).contains(&ahead) {
            return;
        }
        let each = u16::try_from(bytes / ahead.unsigned_abs()).unwrap_or(u16::MAX);
        for bucket in latest + 1..=until {
            self.handle_arrival(bucket * BUCKET_US, each);
        }
    }

    /// Bits per second over the last `window_ms` of arrivals, at most two seconds; `None` while there were none for half
    /// as long.
    pub(super) fn rate(&self, window_ms: u32) -> Option<f64> {
        let latest = self.latest?;
        let window = i64::from(window_ms) * 1000 / BUCKET_US;
        // The latest bucket is still being filled.
        let from = (latest - window.min(BUCKETS as i64 - 1)).max(self.first);
        let buckets = latest - from;
        if buckets * 2 < window || buckets == 0 {
            return None;
        }
        let bytes: u64 = (from..latest).map(|bucket| u64::from(self.bytes[place(bucket)])).sum();
        Some(bytes as f64 * 8.0 / (buckets * BUCKET_US) as f64 * 1e6)
    }
}

/// Buckets further back than this are another clock: ten seconds.
const JUMP_BACK_MAX: i64 = 10_000_000 / BUCKET_US;

const fn place(bucket: i64) -> usize {
    bucket.rem_euclid(BUCKETS as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrive(acknowledged: &mut Acknowledged, from_us: i64, count: i64) {
        for number in 0..count {
            acknowledged.handle_arrival(from_us + number * 10_000, 1250);
        }
    }

    #[test]
    fn a_steady_stream_has_its_rate() {
        let mut acknowledged = Acknowledged::new();
        arrive(&mut acknowledged, -500_000, 100);

        assert_eq!(acknowledged.rate(200), Some(1e6));
        assert_eq!(acknowledged.rate(900), Some(1e6));
    }

    #[test]
    fn what_came_before_the_window_does_not_count() {
        let mut acknowledged = Acknowledged::new();
        arrive(&mut acknowledged, 0, 100);
        for number in 0..50 {
            acknowledged.handle_arrival(1_000_000 + number * 20_000, 1250);
        }

        assert_eq!(acknowledged.rate(500), Some(5e5));
    }

    #[test]
    fn what_nobody_told_of_fills_the_gap() {
        let mut acknowledged = Acknowledged::new();
        arrive(&mut acknowledged, 0, 60);
        acknowledged.handle_untold(800_000, 20 * 1250);
        arrive(&mut acknowledged, 800_000, 10);

        let rate = acknowledged.rate(500).unwrap();

        assert!((0.9e6..1.1e6).contains(&rate), "{rate}");
    }

    #[test]
    fn a_few_packets_are_no_rate() {
        let mut acknowledged = Acknowledged::new();
        arrive(&mut acknowledged, 0, 5);

        assert_eq!(acknowledged.rate(500), None);
    }

    #[test]
    fn clocks_that_jump_leave_a_rate_of_what_was_sent() {
        let mut acknowledged = Acknowledged::new();
        for at in [0, i64::MAX, i64::MIN, 7, -1 << 40, 1 << 50] {
            acknowledged.handle_arrival(at, u16::MAX);
            arrive(&mut acknowledged, at.clamp(-1 << 60, 1 << 60), 60);

            assert!(acknowledged.rate(500).is_none_or(|rate| rate <= 1e6 + 524_280.0 / 0.25));
        }
    }
}
