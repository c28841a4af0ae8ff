//! A node: everything started in order, and stopped in the reverse.
//!
//! Start: folder, key and spool, ports, threads, tasks; nothing is served before all ports are bound. Stop: no new sockets, workers
//! close theirs with `GOING_AWAY`, the last events are written and offered to the control plane.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use dtls::Identity;
use media_core::{CoreConfig, Fingerprint};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle as Task, spawn_blocking};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};
use uuid::Uuid;

use crate::capacity::Capacity;
use crate::clock::unix_ms;
use crate::config::{Config, ConfigError};
use crate::control::connection::{Control, Greeting, Status};
use crate::control::keys::VerifyKeys;
use crate::control::node_key::{self, NodeKeyError};
use crate::control::spool::{Spool, SpoolError, Writer};
use crate::descriptors;
use crate::handshake;
use crate::metrics::{NodeMetrics, Sources};
use crate::net::{BindError, Buffers};
use crate::ops::{self, Health, Ops};
use crate::rooms::Rooms;
use crate::signal::{self, Origins, Signal, Tls};
use crate::tls::{self, TlsError};
use crate::worker::{self, Inbox, InboxEnd, Input, Report, Setup, Sockets, TcpPort};

mod reports;

use self::reports::take_reports;

/// Reports that wait between workers and the spool. A worker makes one for each join and leave.
const REPORTS: usize = 4096;
/// How long sockets may take to close at the end.
const SOCKETS_CLOSE_WITHIN: Duration = Duration::from_secs(3);
/// How often the closing of sockets is looked at.
const CLOSE_POLL: Duration = Duration::from_millis(10);

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The log cannot start.
    #[error(transparent)]
    Log(#[from] telemetry::log::LogError),
    /// The data folder cannot be used.
    #[error("node.data {}: {source}", folder.display())]
    Data {
        /// Which.
        folder: std::path::PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The node's key cannot be used.
    #[error("node key: {0}")]
    Key(#[from] NodeKeyError),
    /// The spool cannot be used.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// A certificate cannot be used.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    /// A UDP port cannot be had.
    #[error("media: {0}")]
    Media(#[from] BindError),
    /// A TCP port cannot be had.
    #[error("{key} {address}: {source}")]
    Listen {
        /// The key of the configuration.
        key: &'static str,
        /// What was asked for.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// No DTLS certificate.
    #[error("DTLS identity: {0}")]
    Identity(String),
    /// The system gave no thread, descriptor or runtime.
    #[error("system: {0}")]
    System(#[from] io::Error),
    /// A metric's name is wrong: a fault of the program.
    #[error(transparent)]
    Metric(#[from] telemetry::metrics::MetricError),
}

/// A running node.
pub struct Server {
    signal_address: SocketAddr,
    ops_address: SocketAddr,
    media_addresses: Vec<SocketAddr>,
    node_key: String,
    signal: Arc<Signal>,
    workers: Vec<Inbox>,
    threads: Vec<JoinHandle<()>>,
    handshakes: handshake::Queue,
    stopping: watch::Sender<bool>,
    closing: watch::Sender<bool>,
    listener: Task<()>,
    ops: Task<()>,
    reports: Task<()>,
    control: Task<()>,
    spool_writer: Writer,
}

/// What is made before any thread runs.
struct Ports {
    workers: Vec<Sockets>,
    signal: signal::Listener,
    ops: ops::Listener,
}

impl Server {
    /// Starts a node on the current tokio runtime.
    ///
    /// # Errors
    /// [`StartError`]; each names the key, file, folder or port.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        make_folder(&config)?;
        let key = node_key::load_or_create(&config.node_key_file())?;
        let node_key = key.public();
        let keys = Arc::new(VerifyKeys::load(config.node.id, &config.verify_keys_file()));
        let trust = tls::client(config.control.ca_certificates.as_deref())?;
        let identity =
            Identity::generate(SystemTime::now()).map_err(|error| StartError::Identity(error.to_string()))?;
        let ports = bind(&config).await?;
        let (spool, spool_writer) = Spool::open(&config.spool_folder(), unix_ms())?;

        let signal_address = ports.signal.local_address()?;
        let ops_address = ports.ops.local_address()?;
        let (stopping, stopped) = watch::channel(false);
        let (closing, closed) = watch::channel(false);
        let (reports, reports_end) = mpsc::channel(REPORTS);
        let media = Media::start(&config, ports.workers, identity, &reports)?;
        let rooms = Arc::new(Rooms::new(u8::try_from(media.workers.len()).unwrap_or(u8::MAX)));
        let signal = Arc::new(Signal::new(
            media.workers.clone(),
            Arc::clone(&rooms),
            Arc::clone(&keys),
            reports,
            admitted(&config),
            stopped.clone(),
        ));
        let status = Arc::new(Status::default());
        let metrics = NodeMetrics::new(Sources {
            workers: media.workers.clone(),
            handshakes: media.handshakes.clone(),
            signal: Arc::clone(&signal),
            spool: spool.clone(),
            control: Arc::clone(&status),
        })?;
        let control = Control {
            url: config.control.url.clone(),
            tls: trust,
            greeting: greeting(&config, key, media.workers.len(), signal_address),
            spool: spool.clone(),
            keys: Arc::clone(&keys),
            rooms: Arc::clone(&rooms),
            workers: media.workers.clone(),
            capacity: media.capacity.clone(),
            status,
        };
        let health = Health {
            workers: media.workers.clone(),
            capacity: media.capacity,
            handshakes: media.handshakes.clone(),
            keys,
            stopping: stopped,
        };
        info!(node.id = %config.node.id, %signal_address, %ops_address, workers = media.workers.len(), "node started");
        Ok(Self {
            signal_address,
            ops_address,
            media_addresses: media.addresses,
            node_key,
            workers: media.workers,
            threads: media.threads,
            handshakes: media.handshakes,
            stopping,
            closing,
            listener: tokio::spawn(ports.signal.run(Arc::clone(&signal))),
            ops: tokio::spawn(ports.ops.run(Arc::new(Ops { health, metrics }))),
            reports: tokio::spawn(take_reports(reports_end, spool, rooms)),
            control: tokio::spawn(control.run(closed)),
            signal,
            spool_writer,
        })
    }

    /// Where browsers' WebSockets arrive.
    #[must_use]
    pub fn signal_address(&self) -> SocketAddr {
        self.signal_address
    }

    /// Where probes and metrics are.
    #[must_use]
    pub fn ops_address(&self) -> SocketAddr {
        self.ops_address
    }

    /// The candidates of all workers.
    #[must_use]
    pub fn media_addresses(&self) -> &[SocketAddr] {
        &self.media_addresses
    }

    /// The public key to enrol, base64url.
    #[must_use]
    pub fn node_key(&self) -> &str {
        &self.node_key
    }

    /// Stops: sockets are closed with `GOING_AWAY`, the last events kept.
    pub async fn stop(self) {
        info!("the node goes away");
        self.stopping.send_replace(true);
        for worker in &self.workers {
            while worker.send(Input::Stop).is_err() && worker.is_alive() {
                sleep(CLOSE_POLL).await;
            }
        }
        let sockets_closed = async {
            while self.signal.sockets.count() > 0 {
                sleep(CLOSE_POLL).await;
            }
        };
        if timeout(SOCKETS_CLOSE_WITHIN, sockets_closed).await.is_err() {
            warn!(sockets = self.signal.sockets.count(), "some signalling sockets did not close in time");
        }
        let _ = self.listener.await;
        let (handshakes, threads) = (self.handshakes, self.threads);
        let joined = spawn_blocking(move || {
            handshakes.stop();
            threads.into_iter().for_each(|thread| drop(thread.join()));
        });
        let _ = joined.await;
        // With workers and sockets gone nobody reports any more, so the queue ends by itself.
        drop(self.signal);
        self.ops.abort();
        let _ = self.ops.await;
        let _ = timeout(SOCKETS_CLOSE_WITHIN, self.reports).await;
        self.closing.send_replace(true);
        let _ = self.control.await;
        let _ = spawn_blocking(move || self.spool_writer.close()).await;
        info!("node stopped");
    }
}

/// The media threads.
struct Media {
    workers: Vec<Inbox>,
    threads: Vec<JoinHandle<()>>,
    handshakes: handshake::Queue,
    addresses: Vec<SocketAddr>,
    capacity: Capacity,
}

impl Media {
    fn start(
        config: &Config,
        ports: Vec<Sockets>,
        identity: Identity,
        reports: &mpsc::Sender<Report>,
    ) -> Result<Self, StartError> {
        let ends: Vec<(Inbox, InboxEnd)> =
            ports.iter().map(|_| worker::inbox()).collect::<io::Result<_>>()?;
        let (workers, ends): (Vec<Inbox>, Vec<InboxEnd>) = ends.into_iter().unzip();
        let (handshakes, queue_end) = handshake::queue();
        let fingerprint = core_fingerprint(&identity)?;
        let mut media = Self {
            capacity: Capacity::new(workers.clone(), config.media.limits()),
            workers,
            threads: Vec::new(),
            handshakes: handshakes.clone(),
            addresses: Vec::new(),
        };
        let endpoints_max = config.media.peers_max * ports.len();
        media.threads.push(handshake::spawn(identity, queue_end, media.workers.clone(), endpoints_max)?);
        for (number, (sockets, inbox)) in ports.into_iter().zip(ends).enumerate() {
            let candidates = config.media.candidates(sockets.port());
            let tcp_candidates =
                sockets.tcp_port().map_or_else(Vec::new, |port| config.media.candidates(port));
            media.addresses.extend(&candidates);
            let core = CoreConfig {
                worker: u8::try_from(number).map_err(io::Error::other)?,
                node: config.node.id,
                candidates,
                tcp_candidates,
                fingerprint,
                limits: config.media.limits(),
            };
            let setup = Setup {
                core,
                sockets,
                inbox,
                handshakes: handshakes.clone(),
                reports: reports.clone(),
                sheds_load: config.media.sheds_load,
            };
            media.threads.push(worker::spawn(setup)?);
        }
        Ok(media)
    }
}

fn make_folder(config: &Config) -> Result<(), StartError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let folder = &config.node.data;
    let failed = |source| StartError::Data { folder: folder.clone(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    // Found now rather than at the first event: a read-only folder.
    let probe = folder.join(format!("probe-{}", Uuid::now_v7()));
    std::fs::write(&probe, b"probe").map_err(failed)?;
    std::fs::remove_file(&probe).map_err(failed)
}

async fn bind(config: &Config) -> Result<Ports, StartError> {
    let media = &config.media;
    let workers = match media.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from).min(usize::from(u8::MAX)),
        workers => usize::from(workers),
    };
    let buffers = Buffers { receive_bytes: media.receive_buffer_bytes, send_bytes: media.send_buffer_bytes };
    let connections_max = descriptors::connections_of_a_worker(workers);
    let mut sockets = Vec::with_capacity(workers);
    for number in 0..workers {
        let port = match media.port {
            0 => 0,
            first => u16::try_from(usize::from(first) + number).map_err(io::Error::other)?,
        };
        let tcp = match media.tcp_port {
            None => TcpPort::AsUdp,
            Some(0) => TcpPort::Off,
            Some(first) => {
                TcpPort::Other(u16::try_from(usize::from(first) + number).map_err(io::Error::other)?)
            }
        };
        sockets.push(Sockets::bind(&media.listen, port, buffers, (tcp, connections_max))?);
    }
    let tls = match (&config.signal.tls_certificate, &config.signal.tls_key) {
        (Some(chain), Some(key)) => Tls(Some(tls::acceptor(chain, key)?)),
        _ => Tls::default(),
    };
    let listen = |key, address| move |source| StartError::Listen { key, address, source };
    let address = config.signal.listen;
    let signal =
        signal::Listener::bind(address, tls.clone()).await.map_err(listen("signal.listen", address))?;
    let address = config.ops.listen;
    let ops = ops::Listener::bind(address, tls).await.map_err(listen("ops.listen", address))?;
    Ok(Ports { workers: sockets, signal, ops })
}

/// How many sockets are taken, and from whose pages.
fn admitted(config: &Config) -> (signal::Sockets, Origins) {
    let signal = &config.signal;
    let sockets_max = descriptors::sockets_within_limit(signal.sockets_max);
    let origins = Origins { allowed: signal.allowed_origins.clone(), absent: signal.allow_absent_origin };
    (signal::Sockets::new(sockets_max, signal.half_open_max), origins)
}

fn greeting(config: &Config, key: node_key::NodeKey, workers: usize, signal: SocketAddr) -> Greeting {
    let mut url = config.signal.url.clone();
    // Port 0 in both is a test's: the kernel's choice is told.
    if config.signal.listen.port() == 0 && url.port() == Some(0) {
        let _ = url.set_port(Some(signal.port()));
    }
    Greeting {
        node: config.node.id,
        key,
        process: Uuid::now_v7(),
        region: config.node.region.clone(),
        url: url.into(),
        seats_max: u32::try_from(config.media.peers_max * workers).unwrap_or(u32::MAX),
    }
}

fn core_fingerprint(identity: &Identity) -> Result<Fingerprint, StartError> {
    let digest = identity.fingerprint().digest();
    // An identity's fingerprint is SHA-256.
    digest
        .try_into()
        .map(Fingerprint)
        .map_err(|_| StartError::Identity("the fingerprint is not SHA-256".to_owned()))
}
