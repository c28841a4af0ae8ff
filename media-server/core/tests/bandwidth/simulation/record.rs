//! What a run was like.

use std::ops::Range;
use std::time::Duration;

/// One sender's run.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// The estimate, in bits per second, each 10 ms.
    estimates: Vec<(Duration, f64)>,
    /// How long each packet waited before the bottleneck.
    waits: Vec<(Duration, Duration)>,
    /// Packets that were sent.
    sent: Vec<(Duration, ())>,
    /// Bytes that arrived.
    arrivals: Vec<(Duration, usize)>,
    /// Bytes of padding that were sent.
    padding: Vec<(Duration, usize)>,
}

impl Record {
    pub(crate) fn estimate(&mut self, at: Duration, estimate: f64) {
        self.estimates.push((at, estimate));
    }

    pub(crate) fn arrived(&mut self, at: Duration, size: usize, waited: Duration) {
        self.waits.push((at, waited));
        self.arrivals.push((at, size));
    }

    pub(crate) fn sent(&mut self, at: Duration) {
        self.sent.push((at, ()));
    }

    pub(crate) fn padded(&mut self, at: Duration, size: usize) {
        self.padding.push((at, size));
    }

    /// Least, mean and greatest estimate, in kbit/s.
    pub(crate) fn estimates(&self, secs: Range<f64>) -> (f64, f64, f64) {
        let all: Vec<f64> = within(&self.estimates, &secs).map(|(_, estimate)| estimate / 1000.0).collect();
        let least = all.iter().copied().fold(f64::MAX, f64::min);
        let most = all.iter().copied().fold(0.0, f64::max);
        (least, all.iter().sum::<f64>() / all.len() as f64, most)
    }

    /// When within `secs` the estimate, in kbit/s, is first within `bounds`; in seconds after their start.
    pub(crate) fn reached(&self, secs: Range<f64>, bounds: Range<f64>) -> Option<f64> {
        within(&self.estimates, &secs)
            .find(|(_, estimate)| bounds.contains(&(estimate / 1000.0)))
            .map(|(at, _)| at.as_secs_f64() - secs.start)
    }

    /// The share of the time in which the estimate, in kbit/s, is within `bounds`.
    pub(crate) fn within(&self, secs: Range<f64>, bounds: Range<f64>) -> f64 {
        let all = within(&self.estimates, &secs).count();
        let inside = within(&self.estimates, &secs)
            .filter(|(_, estimate)| bounds.contains(&(estimate / 1000.0)))
            .count();
        inside as f64 / all as f64
    }

    /// How long packets waited, in ms, at this percentile.
    pub(crate) fn waited(&self, secs: Range<f64>, at: f64) -> f64 {
        percentile(within(&self.waits, &secs).map(|(_, waited)| waited.as_secs_f64() * 1000.0).collect(), at)
    }

    /// What arrived, in kbit/s.
    pub(crate) fn throughput(&self, secs: Range<f64>) -> f64 {
        let bytes: usize = within(&self.arrivals, &secs).map(|(_, size)| size).sum();
        bytes as f64 * 8.0 / 1000.0 / (secs.end - secs.start)
    }

    /// The part of the packets that arrived.
    pub(crate) fn arrived_part(&self, secs: Range<f64>) -> f64 {
        within(&self.arrivals, &secs).count() as f64 / within(&self.sent, &secs).count() as f64
    }

    /// Padding sent, in kbit/s.
    pub(crate) fn padding(&self, secs: Range<f64>) -> f64 {
        let bytes: usize = within(&self.padding, &secs).map(|(_, size)| size).sum();
        bytes as f64 * 8.0 / 1000.0 / (secs.end - secs.start)
    }
}

fn within<'a, T: Copy>(
    all: &'a [(Duration, T)],
    secs: &Range<f64>,
) -> impl Iterator<Item = (Duration, T)> + use<'a, T> {
    let secs = secs.clone();
    all.iter().copied().filter(move |(at, _)| secs.contains(&at.as_secs_f64()))
}

/// The value that `at` of all are not above; 0 of none.
fn percentile(mut all: Vec<f64>, at: f64) -> f64 {
    all.sort_by(f64::total_cmp);
    let place = (all.len() as f64 * at).ceil() as usize;
    all.get(place.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// Jain's index: 1 when all have the same, 1/n when one has all.
pub(crate) fn jain(shares: &[f64]) -> f64 {
    let sum: f64 = shares.iter().sum();
    sum * sum / (shares.len() as f64 * shares.iter().map(|share| share * share).sum::<f64>())
}
