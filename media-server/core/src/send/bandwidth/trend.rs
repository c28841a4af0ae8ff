//! Whether the delay is growing: the slope of a line through the latest groups (draft-ietf-rmcat-gcc-02 §5.3, with the
//! regression that browsers use in place of the Kalman filter).

use super::groups::GroupDelta;

/// Groups that the line goes through. At 5 ms a group, 100 ms; at audio rates, 400 ms.
const WINDOW: usize = 20;
/// How much of the smoothed delay stays with each group.
const SMOOTHING: f64 = 0.9;
/// The slope is weighed by the groups seen, so that a young line does not shout.
const WEIGHT_MAX: u32 = 60;
/// From a slope to something that is compared with milliseconds.
const GAIN: f64 = 4.0;

/// A group on the line. Milliseconds.
#[derive(Debug, Clone, Copy, Default)]
struct Point {
    at_ms: f64,
    delay_ms: f64,
}

/// The trend of the one-way delay.
#[derive(Debug, Default)]
pub(super) struct Trend {
    points: [Point; WINDOW],
    /// Points ever taken.
    count: u32,
    first_at_us: i64,
    /// The delay so far, from where it was at the beginning.
    delay_ms: f64,
    smoothed_ms: f64,
}

impl Trend {
    /// Takes a group; gives the trend in the measure of the detector's threshold. `None` while too few are there.
    pub(super) fn handle_group(&mut self, delta: &GroupDelta) -> Option<f64> {
        if self.count == 0 {
            self.first_at_us = delta.at_us;
        }
        self.delay_ms += (delta.arrived_us - delta.sent_us) as f64 / 1000.0;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.delay_ms;
        let at_ms = (delta.at_us - self.first_at_us) as f64 / 1000.0;
        self.points[self.count as usize % WINDOW] = Point { at_ms, delay_ms: self.smoothed_ms };
        self.count = self.count.saturating_add(1);
        if (self.count as usize) < WINDOW {
            return None;
        }
        Some(self.slope()? * f64::from(self.count.min(WEIGHT_MAX)) * GAIN)
    }

    /// Least squares; `None` when all points are at one time.
    fn slope(&self) -> Option<f64> {
        let mean = |of: fn(&Point) -> f64| self.points.iter().map(of).sum::<f64>() / WINDOW as f64;
        let (at, delay) = (mean(|point| point.at_ms), mean(|point| point.delay_ms));
        let (mut covariance, mut variance) = (0.0, 0.0);
        for point in &self.points {
            covariance += (point.at_ms - at) * (point.delay_ms - delay);
            variance += (point.at_ms - at) * (point.at_ms - at);
        }
        (variance > 0.0).then(|| covariance / variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trend(grows_us: i64) -> Option<f64> {
        let mut trend = Trend::default();
        let mut last = None;
        for number in 0..100 {
            let delta = GroupDelta {
                sent_us: 10_000,
                arrived_us: 10_000 + grows_us,
                at_us: number * (10_000 + grows_us),
            };
            last = trend.handle_group(&delta);
        }
        last
    }

    #[test]
    fn a_queue_that_fills_gives_its_slope() {
        // 2 ms of each 12 ms of arrivals: a sixth.
        let expected = 1.0 / 6.0 * 60.0 * 4.0;

        assert!(trend(2_000).is_some_and(|trend| (trend - expected).abs() < 1.0));
        assert!(trend(-2_000).is_some_and(|trend| trend < -50.0));
        assert_eq!(trend(0), Some(0.0));
    }
}
