//! What the delays say: groups, their trend, and the detector, one after the other.

use super::groups::Groups;
use super::overuse::{Detector, Usage};
use super::trend::Trend;

/// Groups that the jitter is an average of.
const JITTER_GROUPS: f64 = 64.0;

/// The delay half of the estimate.
#[derive(Debug)]
pub(super) struct DelayDetector {
    groups: Groups,
    trend: Trend,
    detector: Detector,
    /// How much the delay of a group differs from that of the one before, on average. Microseconds.
    jitter_us: f64,
}

impl DelayDetector {
    pub(super) fn new() -> Self {
        Self { groups: Groups::default(), trend: Trend::default(), detector: Detector::new(), jitter_us: 0.0 }
    }

    /// Takes a packet, in the order of sending.
    pub(super) fn handle_arrival(&mut self, sent_us: i64, arrived_us: i64) {
        let Some(delta) = self.groups.handle_arrival(sent_us, arrived_us) else { return };
        let differs = (delta.arrived_us - delta.sent_us).abs() as f64;
        self.jitter_us += (differs - self.jitter_us) / JITTER_GROUPS;
        if let Some(trend) = self.trend.handle_group(&delta) {
            self.detector.handle_trend(trend, delta.sent_us, delta.at_us);
        }
    }

    /// Begins anew after a silence; what the threshold has got used to stays.
    pub(super) fn forget(&mut self) {
        self.groups = Groups::default();
        self.trend = Trend::default();
        self.detector.forget();
    }

    /// How much the delay varies. Microseconds.
    pub(super) const fn jitter_us(&self) -> i64 {
        self.jitter_us as i64
    }

    pub(super) const fn usage(&self) -> Usage {
        self.detector.usage()
    }
}
