//! Senders whose video follows their estimates, over one bottleneck, in virtual time.
//!
//! ```text
//!  camera ─▶ pacer ─┐                                ┌─▶ receiver 1
//!  audio ───────────┼─▶ bottleneck: rate, buffer, ───┤     │ feedback each 50 ms
//!  padding ─────────┘   loss, jitter                 └─▶ receiver 2
//!     ▲                                                    │
//!  estimator ◀───────────────────── link back ─────────────┘
//! ```
//!
//! The estimator is behind [`Estimator`], so that another can be measured in the same network. Feedback is real bytes, as
//! the node's own recorder writes them. All sizes are whole datagrams.

mod flow;
mod link;
mod record;
mod source;

use std::time::{Duration, Instant};

use media_core::send::BandwidthEstimator;
use netsim::{Link, LinkConfig, Timeline};

use flow::Unprobed;

pub(crate) use flow::{Estimator, Flow};
pub(crate) use link::{bottleneck, bottleneck_of, dead, way_back, with_burst_loss, with_jitter, with_loss};
pub(crate) use record::{Record, jain};
pub(crate) use source::{Media, Video};

/// A camera of 4 Mbit/s at most.
pub(crate) const CAMERA: Media = Media { video: Video::UpTo(4000) };

/// The step of the simulation. Arrivals have exact times all the same.
const STEP: Duration = Duration::from_millis(1);

/// A packet on its way through the bottleneck.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag {
    flow: usize,
    sequence: u16,
    sent: Instant,
}

/// The network and those who share it.
pub(crate) struct Simulation {
    time: Timeline,
    seed: u64,
    link: Link<Tag>,
    config: LinkConfig,
    flows: Vec<Flow>,
}

impl Simulation {
    /// A bottleneck with nobody on it.
    pub(crate) fn new(seed: u64, config: LinkConfig) -> Self {
        Self { time: Timeline::new(), seed, link: Link::new(config, seed), config, flows: Vec::new() }
    }

    /// A sender that begins now. Its feedback takes 25 ms; see [`Flow::back`].
    pub(crate) fn add(
        &mut self,
        media: Media,
        estimator: impl FnOnce(Instant) -> Box<dyn Estimator>,
    ) -> usize {
        let seed = self.seed.wrapping_mul(31).wrapping_add(self.flows.len() as u64 + 1);
        let now = self.time.now();
        let elapsed = self.time.elapsed();
        self.flows.push(Flow::new(self.flows.len(), now, elapsed, seed, media, estimator(now)));
        self.flows.len() - 1
    }

    /// Changes the bottleneck.
    pub(crate) fn set_link(&mut self, config: LinkConfig) {
        self.config = config;
        self.link.set_config(config);
    }

    /// Changes what a sender has to send, and with it what it wants.
    pub(crate) fn set_media(&mut self, flow: usize, media: Media) {
        self.flows[flow].set_media(self.time.now(), media);
    }

    /// Changes what a sender wants, in kbit/s, not what it sends.
    pub(crate) fn want(&mut self, flow: usize, kbps: u64) {
        self.flows[flow].want(self.time.now(), kbps);
    }

    /// One of the senders.
    pub(crate) fn flow(&mut self, flow: usize) -> &mut Flow {
        &mut self.flows[flow]
    }

    /// What was recorded of a sender.
    pub(crate) fn record(&self, flow: usize) -> &Record {
        &self.flows[flow].record
    }

    /// Goes on for this long.
    pub(crate) fn run(&mut self, span: Duration) {
        let until = self.time.elapsed() + span;
        while self.time.elapsed() < until {
            let now = self.time.advance(STEP);
            let elapsed = self.time.elapsed();
            for flow in &mut self.flows {
                flow.send(now, elapsed, &mut self.link);
            }
            while let Some(at) = self.link.poll_timeout()
                && let Some((tag, bytes)) = self.link.poll(now)
            {
                let waited = at.saturating_duration_since(tag.sent).saturating_sub(self.config.latency);
                self.flows[tag.flow].receive(at, elapsed, tag.sequence, bytes.len(), waited);
            }
            for flow in &mut self.flows {
                flow.feed_back(now, elapsed);
            }
        }
    }
}

/// The node's own estimator.
pub(crate) fn own(now: Instant) -> Box<dyn Estimator> {
    Box::new(BandwidthEstimator::new(now))
}

/// The same, for a sender that cannot send padding.
pub(crate) fn unprobed(now: Instant) -> Box<dyn Estimator> {
    Box::new(Unprobed(BandwidthEstimator::new(now)))
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// The committed seeds, or with `BEDSIDE_TEST_LONG=1` as many from 1 on as `long` says.
pub(crate) fn seeds(committed: &[u64], long: u64) -> Vec<u64> {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long to look is asked of the environment, what happens is not"
    )]
    let is_long = std::env::var("BEDSIDE_TEST_LONG").is_ok_and(|value| value == "1");
    if is_long { (1..=long).collect() } else { committed.to_vec() }
}

/// Of rare chances: what is so with all of a few seeds is so with at least 95 of 100.
pub(crate) fn mostly(seeds: &[u64], run: impl Fn(u64) -> Result<(), String>) {
    let failed: Vec<_> =
        seeds.iter().filter_map(|seed| run(*seed).err().map(|why| format!("seed {seed}: {why}"))).collect();
    assert!(failed.len() * 20 <= seeds.len(), "{failed:#?}");
}
