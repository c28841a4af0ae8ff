//! Starting: everything is checked and open before a port is; then two listeners, one for people, one for this machine.

mod door;
mod patience;
mod places;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, HttpServer, middleware, web};
use telemetry::metrics::{MetricError, Metrics};

use crate::accounts::attempts::Attempts;
use crate::app::{HttpMetrics, State};
use crate::config::Config;
use crate::http::{edge, health};
use crate::nodes::{self, Connections};
use crate::quality::sweep;
use crate::store::{Store, StoreError};

/// A browser sends its request's head at once; this is for the worst mobile network (abuse sentence 6). On a line that a call
/// fills, the kernel tries four times and more before a packet is through: 1, 3 and 7 s after the first. Who never ends a
/// head holds one of its network's places (`places.rs`) for as long as this, and nothing else.
const HEAD_TIME_MAX: Duration = Duration::from_secs(15);
/// Between two requests of one browser.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Time that running requests get when the process is asked to stop.
const STOP_SECS: u64 = 10;
/// Metrics have one reader.
const METRICS_WORKERS: usize = 1;
/// The collector, a supervisor and this machine's node have one or two each. Below what `places.rs` reserves.
const METRICS_CONNECTIONS_MAX: usize = 256;

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database or the keys.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The port.
    #[error("{key}: cannot listen on {address}: {source}")]
    Listen {
        /// The configuration's key.
        key: &'static str,
        /// Which address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// A metric is registered twice.
    #[error(transparent)]
    Metrics(#[from] MetricError),
}

/// A running control plane.
pub struct ControlPlane {
    /// Where it listens; with port 0 configured, the port it was given.
    pub address: SocketAddr,
    /// Where its metrics are.
    pub metrics_address: SocketAddr,
    state: web::Data<State>,
    server: Server,
    metrics_server: Server,
}

/// Stops a running control plane.
#[derive(Clone)]
pub struct Stop {
    state: web::Data<State>,
    handles: [ServerHandle; 2],
}

impl Stop {
    /// Takes no new requests, gives the running ones [`STOP_SECS`], and returns when all are done. Nodes are sent away at
    /// once: they have another control plane, or wait for this one.
    pub async fn stop(&self) {
        self.state.nodes.stop();
        for handle in &self.handles {
            handle.stop(true).await;
        }
    }
}

/// Opens the store and both ports. Nothing is served before [`ControlPlane::run`] is awaited.
///
/// # Errors
/// [`StartError`], naming the file, key or address.
pub async fn start(config: &Config) -> Result<ControlPlane, StartError> {
    let store = Store::open(config).await?;
    serve(config, store)
}

/// [`start`] with a store that is open already: after demo data was made.
///
/// # Errors
/// [`StartError`], naming the key and address.
pub fn serve(config: &Config, store: Store) -> Result<ControlPlane, StartError> {
    let listener = listen("http.listen", config.listen)?;
    let metrics_listener = listen("metrics.listen", config.metrics_listen)?;
    let address = bound("http.listen", config.listen, &listener)?;
    let metrics_address = bound("metrics.listen", config.metrics_listen, &metrics_listener)?;
    let state = web::Data::new(State {
        db: store.db,
        keyring: store.keyring,
        passwords: store.passwords,
        attempts: Attempts::default(),
        nodes: Connections::default(),
        http: config.http.clone(),
        turn: config.turn.clone(),
        metrics: HttpMetrics::new(Metrics::new())?,
    });
    let refused = |key, address| move |source| StartError::Listen { key, address, source };
    let door = door::Door::new(config, state.clone())?;
    let server = door.open(listener).map_err(refused("http.listen", address))?;
    let shared = state.clone();
    let metrics_server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .wrap(middleware::from_fn(edge::around))
            .route("/metrics", web::get().to(health::metrics))
            .route("/livez", web::get().to(health::livez))
            .route("/readyz", web::get().to(health::readyz))
            // A node of this machine needs no certificate to know whom it talks to.
            .route("/nodes/connect", web::get().to(nodes::handlers::connect))
    })
    .workers(METRICS_WORKERS)
    .max_connections(METRICS_CONNECTIONS_MAX)
    .disable_signals()
    .listen(metrics_listener)
    .map_err(refused("metrics.listen", metrics_address))?
    .run();
    Ok(ControlPlane { address, metrics_address, state, server, metrics_server })
}

impl ControlPlane {
    /// To stop it from elsewhere, such as a signal.
    #[must_use]
    pub fn stop_handle(&self) -> Stop {
        Stop { state: self.state.clone(), handles: [self.server.handle(), self.metrics_server.handle()] }
    }

    /// What all its workers share.
    #[must_use]
    pub fn state(&self) -> &web::Data<State> {
        &self.state
    }

    /// Serves until stopped, with old figures swept out meanwhile, then closes the database.
    ///
    /// # Errors
    /// When a listener failed.
    pub async fn run(self) -> io::Result<()> {
        tracing::info!(address = %self.address, metrics = %self.metrics_address, "the control plane is ready");
        let serving = async { tokio::join!(self.server, self.metrics_server) };
        // What a sweep has begun is rolled back when it is stopped, and done at the next start.
        let (served, measured) = tokio::select! {
            served = serving => served,
            never = sweep::each(&self.state.db, sweep::EVERY) => match never {},
        };
        self.state.db.close().await;
        tracing::info!("the control plane stopped");
        served.and(measured)
    }
}

fn listen(key: &'static str, address: SocketAddr) -> Result<TcpListener, StartError> {
    let socket = || -> io::Result<TcpListener> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    socket().map_err(|source| StartError::Listen { key, address, source })
}

fn bound(key: &'static str, address: SocketAddr, listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::Listen { key, address, source })
}
