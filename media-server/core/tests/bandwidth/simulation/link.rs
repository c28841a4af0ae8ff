//! The bottlenecks of the tests.

use std::time::Duration;

use netsim::{LinkConfig, Loss};

/// 25 ms each way, and a buffer of 300 ms.
pub(crate) fn bottleneck(kbps: u64) -> LinkConfig {
    bottleneck_of(kbps, 300)
}

/// The same with another buffer.
pub(crate) fn bottleneck_of(kbps: u64, buffer_ms: u64) -> LinkConfig {
    LinkConfig {
        latency: Duration::from_millis(25),
        rate_bps: Some(kbps * 1000),
        buffer_bytes: (kbps * buffer_ms / 8) as usize,
        ..LinkConfig::default()
    }
}

/// With as much jitter, in order.
pub(crate) fn with_jitter(jitter_ms: u64, config: LinkConfig) -> LinkConfig {
    LinkConfig { jitter: Duration::from_millis(jitter_ms), ..config }
}

/// With each packet lost with this probability.
pub(crate) fn with_loss(probability: f64, config: LinkConfig) -> LinkConfig {
    LinkConfig { loss: Loss::Random(probability), ..config }
}

/// Nothing arrives.
pub(crate) fn dead(config: LinkConfig) -> LinkConfig {
    with_loss(1.0, config)
}

/// With this part lost in bursts of such a mean length.
pub(crate) fn with_burst_loss(part: f64, length: f64, config: LinkConfig) -> LinkConfig {
    let leave = 1.0 / length;
    LinkConfig { loss: Loss::Burst { enter: leave * part / (1.0 - part), leave }, ..config }
}

/// A way back for feedback.
pub(crate) fn way_back(loss: f64, latency_ms: u64, jitter_ms: u64) -> LinkConfig {
    LinkConfig {
        latency: Duration::from_millis(latency_ms),
        jitter: Duration::from_millis(jitter_ms),
        loss: Loss::Random(loss),
        ..LinkConfig::default()
    }
}
