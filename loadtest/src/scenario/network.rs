//! Networks as the simulation knows them.

use std::time::Duration;

use netsim::{LinkConfig, Loss};

use super::NetworkConfig;

impl NetworkConfig {
    /// One direction of it.
    #[must_use]
    pub fn link(&self) -> LinkConfig {
        let millis = |millis: u32| Duration::from_millis(millis.into());
        let rate_bps = self.rate_kbps.map(|kbps| u64::from(kbps) * 1000);
        LinkConfig {
            latency: millis(self.delay_ms),
            jitter: millis(self.jitter_ms),
            loss: self.loss(),
            rate_bps,
            buffer_bytes: (rate_bps.unwrap_or(0) * u64::from(self.queue_ms) / 8000) as usize,
            ..LinkConfig::default()
        }
    }

    /// Gilbert's model: so many in a row, as often as makes the share of losses.
    fn loss(&self) -> Loss {
        let share = self.loss_pct / 100.0;
        if share <= 0.0 {
            return Loss::None;
        }
        if self.loss_burst <= 1.0 {
            return Loss::Random(share);
        }
        let leave = 1.0 / self.loss_burst;
        Loss::Burst { enter: leave * share / (1.0 - share), leave }
    }
}

#[cfg(test)]
mod tests {
    use netsim::{Link, Timeline};

    use super::*;

    #[test]
    fn as_many_are_lost_as_it_says_and_in_bursts_as_long() {
        for (loss_pct, loss_burst) in [(5.0, 1.0), (5.0, 4.0), (20.0, 3.0)] {
            let network = NetworkConfig {
                name: "bad".to_owned(),
                share: 1.0,
                delay_ms: 0,
                jitter_ms: 0,
                loss_pct,
                loss_burst,
                rate_kbps: None,
                queue_ms: 200,
            };
            let now = Timeline::new().now();
            let mut link = Link::new(network.link(), 7);

            let came: Vec<bool> = (0..200_000)
                .map(|_| {
                    link.send(now, (), &[0]);
                    link.poll(now).is_some()
                })
                .collect();

            let lost = came.iter().filter(|came| !**came).count() as f64;
            let bursts = came.windows(2).filter(|pair| pair[0] && !pair[1]).count() as f64;
            let pct = lost / came.len() as f64 * 100.0;
            assert!((pct / loss_pct - 1.0).abs() < 0.05, "{loss_pct} %: {pct}");
            let expected = if loss_burst > 1.0 { loss_burst } else { 1.0 / (1.0 - loss_pct / 100.0) };
            assert!(
                (lost / bursts / expected - 1.0).abs() < 0.05,
                "{loss_burst} in a row: {}",
                lost / bursts
            );
        }
    }
}
