//! An impaired path between two network namespaces, for real browsers: [`netsim::Link`] in real time between two TUN
//! devices. The kernels that the stories run on have no `netem`, and this one is the network that the core's own tests
//! know.
//!
//! ```text
//!  first namespace                       this process                        second namespace
//!  program ─▶ TUN device ──read──▶ up:   Link (loss, rate, delay) ──write──▶ TUN device ─▶ program
//!          ◀─            ◀─write── down: Link                     ◀──read──              ◀─
//! ```
//!
//! `router DEVICE DEVICE SEED`, as root. It makes both devices where it is started. Who started it moves them to their
//! namespaces and gives them addresses and routes, once the first line of counters says that they are there. Standard
//! input: a profile a line, as JSON ([`profile`]), obeyed at once; its end ends the router, and the devices with it.
//! Standard output: what was counted ([`report`]), as JSON, a line a second.
//!
//! Not for measuring: its timer goes by the millisecond.

use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use anyhow::Context;
use netsim::{Link, LinkConfig};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep_until};
use tokio_tun::Tun;

use profile::Profile;

mod profile;

/// A TUN device's MTU is 1500 unless somebody changes it, which nobody here does.
const PACKET_MAX: usize = 2048;
/// Packets read from one device before the other has its turn.
const RUN_MAX: usize = 64;
/// Changes that wait to be obeyed: they come from a person's or a story's hand.
const CHANGES_MAX: usize = 16;
const REPORT_EVERY: Duration = Duration::from_secs(1);

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, second, seed] = arguments.as_slice() else {
        anyhow::bail!("usage: router DEVICE DEVICE SEED");
    };
    let seed = seed.parse().with_context(|| format!("seed {seed:?}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let ends = [open(first)?, open(second)?];
        Router::new(ends, seed).run(lines()).await
    })
}

fn open(device: &str) -> anyhow::Result<Tun> {
    let mut devices = Tun::builder().name(device).build().with_context(|| format!("device {device}"))?;
    devices.pop().context("one device was asked for")
}

/// The lines of standard input, read by a thread of their own: a blocking read cannot be cancelled.
fn lines() -> mpsc::Receiver<String> {
    let (give, take) = mpsc::channel(CHANGES_MAX);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if give.blocking_send(line).is_err() {
                return;
            }
        }
    });
    take
}

struct Router {
    /// The devices of the first and the second namespace.
    ends: [Tun; 2],
    /// From the first to the second, and back.
    links: [Link<()>; 2],
    delivered_bytes: [u64; 2],
}

impl Router {
    fn new(ends: [Tun; 2], seed: u64) -> Self {
        let wire = |seed| Link::new(LinkConfig::default(), seed);
        Self { ends, links: [wire(seed), wire(seed.wrapping_add(1))], delivered_bytes: [0; 2] }
    }

    /// Until nobody is left who would say what the network is like.
    async fn run(mut self, mut changes: mpsc::Receiver<String>) -> anyhow::Result<()> {
        let mut buffers = [[0; PACKET_MAX]; 2];
        let [from_first, from_second] = &mut buffers;
        let mut reports = interval(REPORT_EVERY);
        reports.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.links.iter().filter_map(Link::poll_timeout).min();
            tokio::select! {
                len = self.ends[0].recv(from_first) => self.take(0, len?, from_first),
                len = self.ends[1].recv(from_second) => self.take(1, len?, from_second),
                () = until(due) => {}
                change = changes.recv() => match change {
                    Some(line) => self.change(&line)?,
                    None => return Ok(()),
                },
                _ = reports.tick() => report(&json!({ "up": self.count(0), "down": self.count(1) }))?,
            }
            self.deliver(Instant::now());
        }
    }

    /// Takes what was read from an end, and what else is there to read.
    fn take(&mut self, end: usize, len: usize, buffer: &mut [u8; PACKET_MAX]) {
        let now = Instant::now();
        self.links[end].send(now, (), &buffer[..len]);
        for _ in 1..RUN_MAX {
            // Nothing more, or a device that went down: the next wait says which.
            let Ok(len) = self.ends[end].try_recv(buffer) else { return };
            self.links[end].send(now, (), &buffer[..len]);
        }
    }

    fn deliver(&mut self, now: Instant) {
        for (from, link) in self.links.iter_mut().enumerate() {
            while let Some(((), packet)) = link.poll(now) {
                // A device that is down takes nothing, as a cable that is not plugged in.
                let written = self.ends[1 - from].try_send(&packet).unwrap_or(0);
                self.delivered_bytes[from] += written as u64;
            }
        }
    }

    fn change(&mut self, line: &str) -> anyhow::Result<()> {
        let profile = Profile::parse(line).with_context(|| format!("profile {line:?}"))?;
        self.links[0].set_config(profile.up.link());
        self.links[1].set_config(profile.down.link());
        Ok(())
    }

    fn count(&self, from: usize) -> Value {
        let counters = self.links[from].counters();
        json!({
            "sent": counters.sent,
            "lost": counters.lost,
            "overflowed": counters.overflowed,
            "delivered": counters.delivered,
            "delivered_bytes": self.delivered_bytes[from],
        })
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

fn report(counted: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{counted}")?;
    Ok(out.flush()?)
}
