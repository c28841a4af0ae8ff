//! Once a second: how the run, the node and the tester are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep_until;

use crate::bot::Shared;
use crate::live::Look;
use crate::metrics::{self, NodeSample};
use crate::process;
use crate::view::View;

const EVERY: Duration = Duration::from_secs(1);

/// One look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Since the schedule began.
    pub(crate) at: Duration,
    pub(crate) look: Look,
    /// `None` when the node did not answer, or is not asked.
    pub(crate) node: Option<NodeSample>,
    pub(crate) tester_cpu: Duration,
}

/// Looks until `stop` turns true, and once at the end.
pub(crate) async fn sample(
    shared: Arc<Shared>,
    metrics: Option<String>,
    view: View,
    mut stop: watch::Receiver<bool>,
) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut next = shared.started;
    loop {
        let is_over = tokio::select! {
            () = sleep_until(next.into()) => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        let node = match &metrics {
            Some(at) => metrics::sample(at).await.ok(),
            None => None,
        };
        let at = shared.started.elapsed();
        let taken = Sample { at, look: shared.live.look(), node, tester_cpu: process::cpu() };
        view.show(&taken, samples.last());
        samples.push(taken);
        if is_over {
            view.close();
            return samples;
        }
        // Who is late does not look twice at once.
        next += EVERY;
        if next <= Instant::now() {
            next = Instant::now() + EVERY;
        }
    }
}
