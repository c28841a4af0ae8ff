//! From what bots saw and what the node said to the figures.

use std::ops::Range;
use std::time::Duration;

use protocol::signal::Mos;

use crate::figures::Figures;
use crate::metrics::NodeSample;
use crate::outcome::{Histogram, Outcome, Received};
use crate::sampler::Sample;

/// Shares of a distribution that the report keeps.
const SHARES: [f64; 12] = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 1.0];

/// Everything of all bots.
#[derive(Default)]
pub(crate) struct Tally {
    bots: u64,
    joined: u64,
    join_failures: u64,
    reconnect_failures: u64,
    ended_early: u64,
    join: Histogram,
    ticket: Histogram,
    signal: Histogram,
    media: Histogram,
    first_frame: Histogram,
    reconnect: Histogram,
    round_trip: Histogram,
    audio: Received,
    video: Received,
    bytes_received: u64,
    /// Of those who received anything.
    stayed: Duration,
    /// With a picture on, by lanes that got frames.
    watched: Duration,
    mos: Vec<Mos>,
}

impl Tally {
    pub(crate) fn add(&mut self, outcome: &Outcome) {
        self.bots += 1;
        self.joined += u64::from(outcome.has_joined);
        self.join_failures += u64::from(!outcome.has_joined && !outcome.failures.is_empty());
        for failure in &outcome.failures {
            self.reconnect_failures += u64::from(failure.is_of_reconnect());
            self.ended_early += u64::from(failure.is_of_call());
        }
        if outcome.has_joined {
            let steps = &outcome.steps;
            self.join.note(steps.total);
            self.ticket.note(steps.ticket);
            self.signal.note(steps.signal);
            self.media.note(steps.media);
        }
        for (histogram, took) in [
            (&mut self.first_frame, outcome.first_frame),
            (&mut self.reconnect, outcome.reconnected),
            (&mut self.round_trip, outcome.round_trip),
        ] {
            took.into_iter().for_each(|took| histogram.note(took));
        }
        self.audio.merge(&outcome.audio);
        self.video.merge(&outcome.video);
        self.bytes_received += outcome.bytes_received;
        self.stayed += outcome.stayed;
        self.watched += outcome.watched;
        self.mos.extend(&outcome.mos);
    }

    /// By name.
    pub(crate) fn figures(&mut self) -> Figures {
        let mut figures = Figures::from([
            ("bots", self.bots as f64),
            ("joined", self.joined as f64),
            ("join_failures", self.join_failures as f64),
            ("reconnects", self.reconnect.count() as f64),
            ("reconnect_failures", self.reconnect_failures as f64),
            ("ended_early", self.ended_early as f64),
            ("corrupt", (self.audio.corrupt + self.video.corrupt) as f64),
        ]);
        let mut transit = self.audio.transit.clone();
        transit.merge(&self.video.transit);
        for (name, histogram, share) in [
            ("join_ms_p50", &self.join, 0.5),
            ("join_ms_p95", &self.join, 0.95),
            ("join_ms_p99", &self.join, 0.99),
            ("join_ticket_ms_p95", &self.ticket, 0.95),
            ("join_signal_ms_p95", &self.signal, 0.95),
            ("join_media_ms_p95", &self.media, 0.95),
            ("first_frame_ms_p50", &self.first_frame, 0.5),
            ("first_frame_ms_p95", &self.first_frame, 0.95),
            ("reconnect_ms_p95", &self.reconnect, 0.95),
            ("transit_ms_p50", &transit, 0.5),
            ("transit_ms_p95", &transit, 0.95),
            ("transit_ms_p99", &transit, 0.99),
            ("transit_audio_ms_p99", &self.audio.transit, 0.99),
            ("transit_video_ms_p99", &self.video.transit, 0.99),
            ("rtt_ms_p50", &self.round_trip, 0.5),
            ("rtt_ms_p95", &self.round_trip, 0.95),
        ] {
            figures.extend(histogram.percentile(share).map(|took| (name, millis(took))));
        }
        self.add_shares(&mut figures);
        self.mos.sort_unstable();
        for (name, share) in [("mos_p5", 0.05), ("mos_p50", 0.5)] {
            let at = (self.mos.len() as f64 * share) as usize;
            figures.extend(self.mos.get(at).map(|mos| (name, f64::from(mos.tenths()) / 10.0)));
        }
        figures
    }

    fn add_shares(&self, figures: &mut Figures) {
        let both = |of: fn(&Received) -> u64| (of(&self.audio) + of(&self.video)) as f64;
        let (packets, lost) = (both(|one| one.packets), both(|one| one.lost));
        let watched_minutes = self.watched.as_secs_f64() / 60.0;
        for (name, part, whole) in [
            ("loss_pct", lost * 100.0, packets + lost),
            ("recovered_pct", both(|one| one.recovered) * 100.0, packets),
            (
                "concealed_pct",
                self.audio.concealed as f64 * 100.0,
                (self.audio.played + self.audio.concealed) as f64,
            ),
            ("freezes_per_minute", self.video.freezes as f64, watched_minutes),
            ("layer_switches_per_minute", self.video.layer_switches as f64, watched_minutes),
            ("receive_kbps_mean", self.bytes_received as f64 * 8.0 / 1e3, self.stayed.as_secs_f64()),
        ] {
            if whole > 0.0 {
                figures.insert(name, part / whole);
            }
        }
        if !self.watched.is_zero() {
            figures.insert("frozen_ms_max", millis(self.video.frozen_max));
        }
    }

    /// The distributions that the report keeps.
    pub(crate) fn distributions(&self) -> impl Iterator<Item = (String, Vec<(f64, f64)>)> {
        let all = [
            ("join_ms", &self.join),
            ("first_frame_ms", &self.first_frame),
            ("transit_audio_ms", &self.audio.transit),
            ("transit_video_ms", &self.video.transit),
        ];
        all.into_iter().filter(|(_, histogram)| histogram.count() > 0).map(|(name, histogram)| {
            let at = |share| Some((share, millis(histogram.percentile(share)?)));
            (name.to_owned(), SHARES.into_iter().filter_map(at).collect())
        })
    }
}

/// The node's figures, and the tester's, over the part of the run in which the load is the one that is meant.
pub(crate) fn of_samples(samples: &[Sample], steady: &Range<Duration>) -> Figures {
    let mut figures = Figures::new();
    let within: Vec<_> = samples.iter().filter(|one| steady.contains(&one.at)).collect();
    let (Some(first), Some(last)) = (within.first(), within.last()) else { return figures };
    let secs = (last.at - first.at).as_secs_f64();
    if secs <= 0.0 {
        return figures;
    }
    let tester = (last.tester_cpu - first.tester_cpu).as_secs_f64();
    figures.insert("tester_cpu_pct", tester / secs * 100.0);

    let asked: Vec<_> = within.iter().filter_map(|one| Some((one.at, one.node?))).collect();
    if let ([(from, first), .., (until, last)], true) = (asked.as_slice(), samples.len() > 1) {
        node_figures(&mut figures, first, last, (*until - *from).as_secs_f64());
    }
    let all: Vec<_> = samples.iter().filter_map(|one| one.node).collect();
    let most = |of: fn(&NodeSample) -> f64| all.iter().map(of).fold(0.0, f64::max);
    if let Some(first) = all.first().filter(|first| first.rss_bytes > 0.0) {
        let (rss, peers) = (most(|one| one.rss_bytes), most(|one| one.peers));
        figures.insert("server_rss_mib_max", rss / f64::from(1 << 20));
        if peers > 0.0 {
            figures.insert("server_rss_kib_per_participant", (rss - first.rss_bytes) / 1024.0 / peers);
        }
    }
    if let Some(last) = all.last() {
        figures.insert("server_busy_pct_max", most(|one| one.busy) * 100.0);
        figures.insert("server_dropped", last.dropped);
    }
    figures
}

fn node_figures(figures: &mut Figures, first: &NodeSample, last: &NodeSample, secs: f64) {
    let of = |field: fn(&NodeSample) -> f64| field(last) - field(first);
    let (out, cpu) = (of(|one| one.packets_out), of(|one| one.cpu_s));
    for (name, part, whole) in [
        ("packets_out_per_second", out, secs),
        ("mbit_out_per_second", of(|one| one.bytes_out) * 8.0 / 1e6, secs),
        ("packets_in_per_second", of(|one| one.packets_in), secs),
        ("server_cpu_pct", cpu * 100.0, secs),
        ("server_cpu_ns_per_packet", cpu * 1e9, out),
        ("packets_per_send_call", out, of(|one| one.send_calls)),
        ("segments_per_run", out, of(|one| one.runs)),
        ("packets_per_receive_call", of(|one| one.packets_in), of(|one| one.receive_calls)),
    ] {
        if whole > 0.0 {
            figures.insert(name, part / whole);
        }
    }
}

pub(crate) fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}
