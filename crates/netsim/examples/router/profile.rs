//! What the network is like, as a story says it: `{"up": {…}, "down": {…}}`. What is left out of a direction is as on a
//! wire, and so is a direction that is left out.

use std::time::Duration;

use netsim::{LinkConfig, Loss};
use serde::Deserialize;

/// Both directions of the path.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) up: Direction,
    pub(crate) down: Direction,
}

/// One direction of the path. Loss is a share of the packets, 0 to 1.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Direction {
    latency_ms: u64,
    jitter_ms: u64,
    loss: f64,
    /// Mean length of a run of lost packets; each is lost by itself when there is none.
    loss_burst: Option<f64>,
    rate_bps: Option<u64>,
    /// What waits before the bottleneck at most, as the time that it takes to send that.
    queue_ms: u64,
}

impl Default for Direction {
    fn default() -> Self {
        // The queue is the one of a home router that is not among the worst.
        Self { latency_ms: 0, jitter_ms: 0, loss: 0.0, loss_burst: None, rate_bps: None, queue_ms: 300 }
    }
}

impl Profile {
    pub(crate) fn parse(line: &str) -> anyhow::Result<Self> {
        let profile: Self = serde_json::from_str(line)?;
        for direction in [&profile.up, &profile.down] {
            anyhow::ensure!((0.0..=1.0).contains(&direction.loss), "loss is a share, 0 to 1");
            anyhow::ensure!(
                direction.loss_burst.is_none_or(|mean| mean >= 1.0),
                "a burst is one packet or more"
            );
            anyhow::ensure!(direction.rate_bps != Some(0), "a link of rate 0 sends nothing: give it loss 1");
        }
        Ok(profile)
    }
}

impl Direction {
    pub(crate) fn link(&self) -> LinkConfig {
        let rate = self.rate_bps.unwrap_or(0);
        LinkConfig {
            latency: Duration::from_millis(self.latency_ms),
            jitter: Duration::from_millis(self.jitter_ms),
            loss: self.loss(),
            rate_bps: self.rate_bps,
            buffer_bytes: usize::try_from(rate.saturating_mul(self.queue_ms) / 8000).unwrap_or(usize::MAX),
            ..LinkConfig::default()
        }
    }

    fn loss(&self) -> Loss {
        match self.loss_burst {
            None => Loss::Random(self.loss),
            // Of all packets the share `enter / (enter + leave)` is lost.
            Some(_) if self.loss >= 1.0 => Loss::Random(1.0),
            Some(mean) => Loss::Burst { enter: self.loss / (1.0 - self.loss) / mean, leave: 1.0 / mean },
        }
    }
}
