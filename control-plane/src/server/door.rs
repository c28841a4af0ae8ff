//! The door for people: from an accepted connection to the application.
//!
//! ```text
//! actix-server ─▶ a place? ─▶ TLS within 3 s ─▶ HTTP/1.1 (actix-http) ─▶ app
//!                   └─ no: closed at once          its writes have a deadline (patience.rs)
//! ```
//!
//! actix-web's own server is not used for it: it takes connections until descriptors run out, and waits for ever for a
//! peer that does not read.

use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_service::{Service, ServiceFactory, fn_factory, fn_service, map_config};
use actix_web::dev::{AppConfig, Server};
use actix_web::web;
use prometheus::IntCounterVec;
use socket2::SockRef;
use telemetry::descriptors;
use telemetry::metrics::MetricError;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::patience::{self, Patience};
use super::places::{Limits, Places};
use super::{HEAD_TIME_MAX, KEEP_ALIVE, STOP_SECS};
use crate::app::{self, State};
use crate::config::Config;

/// A handshake is two round trips.
const TLS_TIME_MAX: Duration = Duration::from_secs(3);
/// To take leave: what a client still sends is read and thrown away, so that it gets the answer and no reset.
const LEAVE_TIME_MAX: Duration = Duration::from_secs(1);
/// What the kernel keeps of one connection's answers: 10 Mbit/s at 100 ms. Without it, it is 4 MiB a connection.
const SEND_BUFFER_BYTES: usize = 128 * 1024;
/// After we closed, the kernel goes on sending what is left for as long as this.
const UNTAKEN_TIME_MAX: Duration = Duration::from_secs(30);
/// `places.rs` bounds them over all workers; a worker's own bound must not come first.
const WORKER_CONNECTIONS_MAX: usize = 1 << 20;

/// A connection, in the clear or not.
trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// What every worker needs to serve connections.
#[derive(Clone)]
pub(super) struct Door {
    state: web::Data<State>,
    tls: Option<TlsAcceptor>,
    places: Places,
    refused: IntCounterVec,
}

impl Door {
    /// Raises the limit of open files and says how many connections fit in it.
    pub(super) fn new(config: &Config, state: web::Data<State>) -> Result<Self, MetricError> {
        let allowed = descriptors::raise();
        let limits = Limits::within(allowed);
        if limits.are_low() {
            tracing::warn!(
                descriptors = allowed,
                connections = limits.all,
                of_one_network = limits.near,
                "the limit of open files is low; raise it (LimitNOFILE), or fewer can connect"
            );
        }
        let refused = state.metrics.registry().counters(
            "bedside_http_connections_refused_total",
            "Connections that were closed at once: as many as are taken, in all or of one network",
            &["why"],
        )?;
        let tls = config.tls.as_ref().map(|tls| TlsAcceptor::from(Arc::clone(tls)));
        Ok(Self { places: Places::new(limits, &config.http.trusted_proxies), state, tls, refused })
    }

    /// Serves what the listener accepts.
    pub(super) fn open(self, listener: TcpListener) -> io::Result<Server> {
        let builder = Server::build();
        let stopping = builder.graceful_shutdown_signal();
        let server = builder
            .shutdown_timeout(STOP_SECS)
            .max_concurrent_connections(WORKER_CONNECTIONS_MAX)
            .disable_signals()
            .listen("people", listener, move || {
                let (door, stopping) = (self.clone(), stopping.clone());
                let http = HttpService::<Box<dyn Stream>, _, _>::build()
                    .graceful_shutdown_signal(move || {
                        let stopping = stopping.clone();
                        async move { stopping.notified().await }
                    })
                    .keep_alive(KEEP_ALIVE)
                    .client_request_timeout(HEAD_TIME_MAX)
                    .client_disconnect_timeout(LEAVE_TIME_MAX)
                    .finish(map_config(app::app(door.state.clone()), |()| AppConfig::default()));
                fn_factory(move || {
                    let (door, http) = (door.clone(), http.new_service(()));
                    async move {
                        let http = Rc::new(http.await?);
                        Ok::<_, ()>(fn_service(move |tcp: TcpStream| {
                            let (door, http) = (door.clone(), Rc::clone(&http));
                            async move {
                                // The sender's fault or will, whatever ended it.
                                let _ = door.serve(tcp, &*http).await;
                                Ok::<_, ()>(())
                            }
                        }))
                    }
                })
            })?;
        Ok(server.run())
    }

    /// One connection, from its first byte to its last.
    async fn serve<H>(&self, tcp: TcpStream, http: &H) -> io::Result<()>
    where
        H: Service<(Box<dyn Stream>, Protocol, Option<std::net::SocketAddr>)>,
    {
        let peer = tcp.peer_addr()?;
        let _place = match self.places.enter(peer.ip()) {
            Ok(place) => place,
            Err(refusal) => {
                self.refused.with_label_values(&[refusal.as_str()]).inc();
                return Ok(());
            }
        };
        let socket = SockRef::from(&tcp);
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        socket.set_tcp_user_timeout(Some(UNTAKEN_TIME_MAX))?;
        tcp.set_nodelay(true)?;
        let wire = Patience::new(tcp, patience::WINDOW);
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(wire),
            Some(tls) => Box::new(tokio::time::timeout(TLS_TIME_MAX, tls.accept(wire)).await??),
        };
        // What it failed with is actix-http's to count: a cut connection, a malformed request.
        let _ = http.call((stream, Protocol::Http1, Some(peer))).await;
        Ok(())
    }
}
