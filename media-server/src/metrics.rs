//! The numbers of `/metrics`, gathered when somebody asks: from what workers publish once a second, and from counters beside
//! the packet path. Names are base units; labels come from closed sets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use media_core::Shed;
use media_core::quality::Direction;
use media_core::quality::watch::{MOS_CLASSES, QualityCounts};
use prometheus::{Gauge, IntCounter, IntCounterVec, IntGauge};
use protocol::signal::{Cause, Mos};
use telemetry::metrics::{MetricError, Metrics};

use crate::control::connection::Status;
use crate::control::spool::Spool;
use crate::handshake;
use crate::net::RUN_BUCKETS;
use crate::signal::Signal;
use crate::worker::{BATCH_BUCKETS_SECONDS, Inbox, Snapshot};

/// Where the numbers come from.
pub(crate) struct Sources {
    /// Workers by number.
    pub(crate) workers: Vec<Inbox>,
    /// The handshake thread.
    pub(crate) handshakes: handshake::Queue,
    /// Signalling.
    pub(crate) signal: Arc<Signal>,
    /// Events.
    pub(crate) spool: Spool,
    /// The control connection.
    pub(crate) control: Arc<Status>,
}

/// The node's metrics.
pub(crate) struct NodeMetrics {
    metrics: Metrics,
    sources: Sources,
    gauges: Gauges,
    counters: Counters,
    /// What each counter was at the last look: sources count from their own beginning, which for a core is its last fault.
    last: Mutex<BTreeMap<Series, u64>>,
}

/// A counter of a source: worker (or none), family, label.
type Series = (Option<usize>, &'static str, String);

struct Gauges {
    rooms: IntGauge,
    seats: IntGauge,
    peers: IntGauge,
    tcp: IntGauge,
    sockets: IntGauge,
    workers_alive: IntGauge,
    busy: Gauge,
    shed: IntGauge,
    connected: IntGauge,
    epoch: IntGauge,
    spool_pending: IntGauge,
    spool_unwritten: IntGauge,
}

struct Counters {
    single: BTreeMap<&'static str, IntCounter>,
    labelled: BTreeMap<&'static str, IntCounterVec>,
}

const SINGLE: [(&str, &str); 25] = [
    ("bedside_receive_datagrams_total", "Datagrams received"),
    ("bedside_receive_bytes_total", "Bytes of datagrams received"),
    ("bedside_receive_messages_total", "Messages received, of one datagram or a run (GRO) each"),
    ("bedside_receive_calls_total", "Receive calls that returned something"),
    ("bedside_send_datagrams_total", "Datagrams that the kernel took"),
    ("bedside_send_bytes_total", "Bytes of datagrams that the kernel took"),
    ("bedside_send_calls_total", "Send calls"),
    (
        "bedside_send_segmentation_refused_total",
        "Runs that the kernel refused as such, sent one datagram at a time",
    ),
    ("bedside_forward_batches_total", "Receive batches"),
    ("bedside_quality_seconds_total", "Seconds of participants in rooms"),
    ("bedside_worker_restarts_total", "Times a worker began again after a fault"),
    ("bedside_room_panics_total", "Rooms ended by a panic; the others went on"),
    ("bedside_worker_reports_lost_total", "Reports of workers that nobody took"),
    ("bedside_signal_slow_sockets_total", "Signalling sockets closed because they did not read"),
    ("bedside_signal_connections_total", "Signalling connections accepted"),
    ("bedside_handshake_datagrams_dropped_total", "DTLS datagrams dropped because the thread was behind"),
    ("bedside_control_connects_total", "Welcomes by the control plane"),
    ("bedside_control_failures_total", "Connections to the control plane that failed or were lost"),
    ("bedside_spool_events_lost_total", "Events lost because the spool was full"),
    ("bedside_spool_quality_lost_total", "Minutes of connections lost because the spool was full"),
    ("bedside_spool_write_failures_total", "Failed writes of the event spool"),
    ("bedside_receive_errors_total", "Errors of the kernel while receiving"),
    ("bedside_tcp_accepted_total", "Media connections by TCP accepted"),
    ("bedside_tcp_received_total", "Datagrams received by TCP"),
    ("bedside_tcp_sent_total", "Datagrams taken for sending by TCP"),
];

const LABELLED: [(&str, &str, &[&str]); 12] = [
    ("bedside_receive_dropped_total", "Datagrams dropped before the core, by cause", &["cause"]),
    ("bedside_send_dropped_total", "Datagrams the kernel did not take, by cause", &["cause"]),
    ("bedside_tcp_ended_total", "Media connections by TCP ended by the node, by cause", &["cause"]),
    ("bedside_send_runs_total", "Messages sent, by number of datagrams (upper end)", &["datagrams_max"]),
    (
        "bedside_forward_batch_seconds_total",
        "Batches by time from receive to send (upper end)",
        &["seconds_max"],
    ),
    ("bedside_core_total", "What the cores counted, by cause", &["count"]),
    ("bedside_handshakes_total", "DTLS handshakes, by outcome", &["outcome"]),
    (
        "bedside_signal_connections_refused_total",
        "Connections ended before the first message, by reason",
        &["reason"],
    ),
    ("bedside_signal_refusals_total", "Refusals on signalling sockets, by problem", &["problem"]),
    (
        "bedside_quality_mos_seconds_total",
        "Seconds of participants by how speech sounded, as a mean opinion score (upper end), by direction seen from the node",
        &["direction", "mos_max"],
    ),
    (
        "bedside_quality_cause_seconds_total",
        "Seconds of participants in which something was amiss, by what it was due to",
        &["cause"],
    ),
    (
        "bedside_quality_frozen_seconds_total",
        "Seconds in which a camera's picture stood, by direction seen from the node",
        &["direction"],
    ),
];

/// Causes as labels, in the order of [`Cause::ALL`].
const CAUSES: [&str; Cause::ALL.len()] = ["uplink", "downlink", "server", "device"];
/// Directions as labels, in the order of [`Direction::ALL`].
const DIRECTIONS: [&str; Direction::ALL.len()] = ["receive", "send"];

impl NodeMetrics {
    /// Registers everything.
    ///
    /// # Errors
    /// Never in practice: the names are constants, tested below.
    pub(crate) fn new(sources: Sources) -> Result<Self, MetricError> {
        let metrics = Metrics::new();
        let gauges = Gauges {
            rooms: metrics
                .gauge("bedside_rooms", "Rooms, and those that stay a while after everybody left")?,
            seats: metrics.gauge("bedside_seats", "Seats taken")?,
            peers: metrics.gauge("bedside_peers", "Peers")?,
            tcp: metrics.gauge("bedside_tcp_connections", "Media connections by TCP")?,
            sockets: metrics.gauge("bedside_signal_sockets", "Signalling sockets")?,
            workers_alive: metrics.gauge("bedside_workers_alive", "Workers that run")?,
            busy: metrics.ratio(
                "bedside_worker_busy_ratio",
                "Share of the last second in which the busiest worker did not wait",
            )?,
            shed: metrics.gauge(
                "bedside_worker_shed_level",
                "What the worst worker leaves out: 0 nothing, 1 layers, 2 video of those who do not speak, 3 new rooms",
            )?,
            connected: metrics.gauge("bedside_control_connected", "1 while the control plane is there")?,
            epoch: metrics.gauge("bedside_node_epoch", "The node's epoch")?,
            spool_pending: metrics.gauge("bedside_spool_events", "Events that wait for the control plane")?,
            spool_unwritten: metrics.gauge("bedside_spool_events_unwritten", "Of these, not on disk")?,
        };
        let mut counters = Counters { single: BTreeMap::new(), labelled: BTreeMap::new() };
        for (name, help) in SINGLE {
            counters.single.insert(name, metrics.counter(name, help)?);
        }
        for (name, help, label) in LABELLED {
            counters.labelled.insert(name, metrics.counters(name, help, label)?);
        }
        Ok(Self { metrics, sources, gauges, counters, last: Mutex::new(BTreeMap::new()) })
    }

    /// Everything in the Prometheus text format.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        let mut look = Look { counters: &self.counters, last: BTreeMap::new() };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut look.last, &mut last);
        self.look_at_workers(&mut look);
        self.look_beside(&mut look);
        std::mem::swap(&mut look.last, &mut last);
        drop(last);
        self.metrics.text()
    }

    fn look_at_workers(&self, look: &mut Look<'_>) {
        let (mut rooms, mut seats, mut peers, mut alive, mut tcp) = (0, 0, 0, 0, 0);
        let (mut busy, mut shed) = (0.0_f64, Shed::Nothing);
        for (worker, inbox) in self.sources.workers.iter().enumerate() {
            let snapshot = inbox.snapshot();
            rooms += snapshot.load.rooms;
            seats += snapshot.load.seats;
            peers += snapshot.load.peers;
            tcp += usize::try_from(snapshot.tcp.open).unwrap_or(usize::MAX);
            alive += usize::from(inbox.is_alive());
            busy = busy.max(snapshot.busy);
            shed = shed.max(snapshot.shed);
            look.worker(worker, &snapshot);
        }
        set(&self.gauges.rooms, rooms);
        set(&self.gauges.seats, seats);
        set(&self.gauges.peers, peers);
        set(&self.gauges.tcp, tcp);
        set(&self.gauges.workers_alive, alive);
        self.gauges.busy.set(busy);
        set(&self.gauges.shed, Shed::ALL.iter().position(|level| *level == shed).unwrap_or(0));
    }

    fn look_beside(&self, look: &mut Look<'_>) {
        let Sources { handshakes, signal, spool, control, .. } = &self.sources;
        for (outcome, count) in handshakes.counts().outcomes() {
            look.label(None, "bedside_handshakes_total", outcome, count);
        }
        look.one(None, "bedside_handshake_datagrams_dropped_total", handshakes.counts().dropped_datagrams());
        let accepted = signal.counts.accepted.load(std::sync::atomic::Ordering::Relaxed);
        look.one(None, "bedside_signal_connections_total", accepted);
        for (reason, count) in signal.counts.refused_connections() {
            look.label(None, "bedside_signal_connections_refused_total", reason, count);
        }
        for (problem, count) in signal.counts.problems() {
            look.label(None, "bedside_signal_refusals_total", problem, count);
        }
        let events = spool.counts();
        look.one(None, "bedside_spool_events_lost_total", events.lost);
        look.one(None, "bedside_spool_quality_lost_total", events.quality_lost);
        look.one(None, "bedside_spool_write_failures_total", events.write_failures);
        look.one(None, "bedside_control_connects_total", control.connects());
        look.one(None, "bedside_control_failures_total", control.failures());
        set(&self.gauges.sockets, signal.sockets.count());
        set(&self.gauges.connected, usize::from(control.is_connected()));
        self.gauges.epoch.set(i64::try_from(control.epoch()).unwrap_or(i64::MAX));
        self.gauges.spool_pending.set(i64::try_from(events.pending).unwrap_or(i64::MAX));
        self.gauges.spool_unwritten.set(i64::try_from(events.unwritten).unwrap_or(i64::MAX));
    }
}

fn set(gauge: &IntGauge, value: usize) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}

/// One look at all sources.
struct Look<'a> {
    counters: &'a Counters,
    last: BTreeMap<Series, u64>,
}

impl Look<'_> {
    fn worker(&mut self, worker: usize, snapshot: &Snapshot) {
        let from = Some(worker);
        let (received, sent, tcp) = (&snapshot.received, &snapshot.sent, &snapshot.tcp);
        for (name, count) in [
            ("bedside_receive_datagrams_total", received.datagrams),
            ("bedside_receive_bytes_total", received.bytes),
            ("bedside_receive_messages_total", received.messages),
            ("bedside_receive_calls_total", received.calls),
            ("bedside_receive_errors_total", snapshot.receive_errors),
            ("bedside_send_datagrams_total", sent.datagrams),
            ("bedside_send_bytes_total", sent.bytes),
            ("bedside_send_calls_total", sent.calls),
            ("bedside_send_segmentation_refused_total", sent.segmentation_refused),
            ("bedside_forward_batches_total", snapshot.batches.iter().sum()),
            ("bedside_worker_restarts_total", snapshot.restarts),
            ("bedside_room_panics_total", snapshot.core.rooms_condemned),
            ("bedside_worker_reports_lost_total", snapshot.reports_lost),
            ("bedside_signal_slow_sockets_total", snapshot.slow_outboxes),
            ("bedside_tcp_accepted_total", tcp.accepted),
            ("bedside_tcp_received_total", tcp.received),
            ("bedside_tcp_sent_total", tcp.sent),
        ] {
            self.one(from, name, count);
        }
        for (cause, count) in [("oversized", received.oversized), ("truncated", received.truncated)] {
            self.label(from, "bedside_receive_dropped_total", cause, count);
        }
        for (cause, count) in
            [("refused", tcp.refused), ("not_validated", tcp.strangers), ("stalled", tcp.stalled)]
        {
            self.label(from, "bedside_tcp_ended_total", cause, count);
        }
        for (cause, count) in [
            ("queue_full", sent.queue_full),
            ("refused", sent.refused),
            ("tcp_queue_full", tcp.queue_full),
            ("tcp_gone", tcp.gone),
        ] {
            self.label(from, "bedside_send_dropped_total", cause, count);
        }
        for (end, count) in RUN_BUCKETS.iter().zip(sent.runs) {
            self.label(from, "bedside_send_runs_total", &end.to_string(), count);
        }
        for (index, count) in snapshot.batches.iter().enumerate() {
            let end = BATCH_BUCKETS_SECONDS.get(index).map_or("+Inf".to_owned(), f64::to_string);
            self.label(from, "bedside_forward_batch_seconds_total", &end, *count);
        }
        for (name, count) in snapshot.core.named() {
            self.label(from, "bedside_core_total", name, count);
        }
        self.quality(from, &snapshot.quality);
    }

    /// Nobody's in particular: sums over all participants of the worker.
    fn quality(&mut self, from: Option<usize>, quality: &QualityCounts) {
        self.one(from, "bedside_quality_seconds_total", quality.seconds);
        for (cause, count) in CAUSES.into_iter().zip(quality.causes) {
            self.label(from, "bedside_quality_cause_seconds_total", cause, count);
        }
        for ((direction, frozen_ms), classes) in
            DIRECTIONS.into_iter().zip(quality.frozen_ms).zip(quality.mos)
        {
            self.label(from, "bedside_quality_frozen_seconds_total", direction, frozen_ms / 1000);
            for (end, count) in MOS_CLASSES.into_iter().zip(classes) {
                let end = f32::from(Mos::from_tenths(end)).to_string();
                self.labels(from, "bedside_quality_mos_seconds_total", &[direction, &end], count);
            }
        }
    }

    fn one(&mut self, from: Option<usize>, name: &'static str, now: u64) {
        let rise = self.rise((from, name, String::new()), now);
        if let Some(counter) = self.counters.single.get(name) {
            counter.inc_by(rise);
        }
    }

    fn label(&mut self, from: Option<usize>, name: &'static str, label: &str, now: u64) {
        self.labels(from, name, &[label], now);
    }

    fn labels(&mut self, from: Option<usize>, name: &'static str, labels: &[&str], now: u64) {
        let rise = self.rise((from, name, labels.join(" ")), now);
        if let Some(counter) = self.counters.labelled.get(name) {
            counter.with_label_values(labels).inc_by(rise);
        }
    }

    /// How much a source counted since the last look. A number below the last one comes from a source that began again.
    fn rise(&mut self, series: Series, now: u64) -> u64 {
        let last = self.last.insert(series, now).unwrap_or(0);
        if now >= last { now - last } else { now }
    }
}

#[cfg(test)]
mod tests;
