//! Whether the application sends much less than it may: then arrivals tell nothing about the capacity.

/// Where the share of the estimate that is used begins and ceases to be too little to learn from.
const BEGINS_BELOW: f64 = 0.65;
const ENDS_ABOVE: f64 = 0.8;
/// One bucket.
const BUCKET_US: i64 = 50_000;
/// A third of a second in all: ten frames, so that a single one does not matter.
const BUCKETS: usize = 7;

/// What the application sent lately.
#[derive(Debug, Default)]
pub(super) struct Usage {
    bytes: [u32; BUCKETS],
    latest: i64,
    /// Where the latest bucket is.
    place: usize,
    is_limited: bool,
}

impl Usage {
    /// Counts a packet of the application, at the time last moved to: media and what repeats it, not padding.
    #[inline]
    pub(super) fn handle_sent(&mut self, size: u16) {
        let bytes = &mut self.bytes[self.place];
        *bytes = bytes.saturating_add(u32::from(size));
    }

    /// Compares with the estimate, in bits per second.
    pub(super) fn update(&mut self, now_us: i64, estimate: f64) {
        self.move_to(now_us);
        let bytes: u32 = self.bytes.iter().fold(0, |sum, bytes| sum.saturating_add(*bytes));
        // The latest bucket is part of one.
        let span_us = (BUCKETS as i64 - 1) * BUCKET_US + now_us.rem_euclid(BUCKET_US);
        let rate = f64::from(bytes) * 8.0 / span_us as f64 * 1e6;
        let bound = if self.is_limited { ENDS_ABOVE } else { BEGINS_BELOW };
        self.is_limited = rate < bound * estimate;
    }

    pub(super) const fn is_limited(&self) -> bool {
        self.is_limited
    }

    /// Goes on to this time.
    pub(super) fn move_to(&mut self, now_us: i64) {
        let bucket = now_us.div_euclid(BUCKET_US);
        let from = (self.latest + 1).max(bucket - BUCKETS as i64 + 1);
        for skipped in from..=bucket {
            self.bytes[place(skipped)] = 0;
        }
        self.latest = self.latest.max(bucket);
        self.place = place(self.latest);
    }
}

const fn place(bucket: i64) -> usize {
    bucket.rem_euclid(BUCKETS as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends at this rate for a second, in packets every 10 ms.
    fn send(usage: &mut Usage, from_us: i64, rate: f64) {
        for number in 0..100 {
            let now = from_us + number * 10_000;
            usage.move_to(now);
            usage.handle_sent((rate / 800.0) as u16);
            usage.update(now, 1e6);
        }
    }

    #[test]
    fn who_sends_little_is_limited_and_who_sends_nearly_all_is_not() {
        let mut usage = Usage::default();
        let mut limited = Vec::new();
        for (from, rate) in
            [(0, 0.9e6), (1_000_000, 0.72e6), (2_000_000, 0.5e6), (3_000_000, 0.72e6), (4_000_000, 0.9e6)]
        {
            send(&mut usage, from, rate);
            limited.push(usage.is_limited());
        }

        assert_eq!(limited, [false, false, true, true, false]);
    }

    #[test]
    fn silence_is_limited() {
        let mut usage = Usage::default();
        send(&mut usage, 0, 1e6);

        usage.update(60_000_000, 1e6);

        assert!(usage.is_limited());
    }
}
