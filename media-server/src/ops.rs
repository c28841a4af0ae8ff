//! `/livez`, `/readyz` and `/metrics`, for the operator's tools: plain HTTP on loopback, HTTPS elsewhere.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tracing::warn;

use crate::capacity::Capacity;
use crate::control::keys::VerifyKeys;
use crate::handshake;
use crate::metrics::NodeMetrics;
use crate::signal::Tls;
use crate::worker::Inbox;

/// One request, from the accept to the end of its answer (abuse sentence 6).
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// Requests at once: a scraper, two probes, and somebody looking.
const REQUESTS_MAX: usize = 32;

/// The wait after an accept that failed for want of descriptors, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the answers are made of.
pub(crate) struct Ops {
    /// For `/readyz`.
    pub(crate) health: Health,
    /// The numbers.
    pub(crate) metrics: NodeMetrics,
}

/// What a node cannot serve without.
pub(crate) struct Health {
    /// Workers by number.
    pub(crate) workers: Vec<Inbox>,
    /// Whether they take new rooms.
    pub(crate) capacity: Capacity,
    /// Without its thread no call can begin.
    pub(crate) handshakes: handshake::Queue,
    /// Without keys nobody can join.
    pub(crate) keys: Arc<VerifyKeys>,
    /// True once the node goes away.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// The operations port.
pub(crate) struct Listener {
    listener: TcpListener,
    tls: Tls,
}

impl Listener {
    /// Binds `address`.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) async fn bind(address: SocketAddr, tls: Tls) -> io::Result<Self> {
        let tls = if address.ip().is_loopback() { Tls::default() } else { tls };
        Ok(Self { listener: TcpListener::bind(address).await?, tls })
    }

    /// The address it is bound to.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn local_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the task is dropped.
    pub(crate) async fn run(self, ops: Arc<Ops>) {
        let places = Arc::new(Semaphore::new(REQUESTS_MAX));
        loop {
            // The semaphore is never closed.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    warn!(%error, "an operations connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let (ops, tls) = (Arc::clone(&ops), self.tls.clone());
            tokio::spawn(async move {
                let _place = place;
                let served = async {
                    match tls.0 {
                        None => serve(stream, &ops).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, &ops).await;
                            }
                        }
                    }
                };
                let _ = timeout(ANSWERED_WITHIN, served).await;
            });
        }
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, ops: &Ops) {
    let service = service_fn(|request: Request<Incoming>| {
        let response = ops.answer(request.method(), request.uri().path());
        async move { Ok::<_, Infallible>(response) }
    });
    // A client that hangs up is its own affair.
    let _ = hyper::server::conn::http1::Builder::new()
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Ops {
    fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        if method != Method::GET && method != Method::HEAD {
            return text(StatusCode::METHOD_NOT_ALLOWED, "GET only\n".to_owned());
        }
        match path {
            // Alive: the process answers. A draining node must not be killed for it.
            "/livez" => text(StatusCode::OK, "alive\n".to_owned()),
            "/readyz" => match self.health.unready() {
                None => text(StatusCode::OK, "ready\n".to_owned()),
                Some(why) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
            },
            "/metrics" => {
                let mut response = text(StatusCode::OK, self.metrics.text());
                let kind = HeaderValue::from_static(telemetry::metrics::CONTENT_TYPE);
                response.headers_mut().insert(CONTENT_TYPE, kind);
                response
            }
            _ => text(StatusCode::NOT_FOUND, "nothing here\n".to_owned()),
        }
    }
}

impl Health {
    /// Why nobody should be sent here. The control plane's absence is no reason: calls and rejoins go on without it.
    fn unready(&self) -> Option<&'static str> {
        if *self.stopping.borrow() {
            return Some("the node goes away");
        }
        if !self.workers.iter().all(Inbox::is_alive) {
            return Some("a worker has stopped");
        }
        if !self.handshakes.is_alive() {
            return Some("the handshake thread has stopped");
        }
        let no_key = self.keys.is_empty().then_some("no public key of the control plane yet");
        self.capacity.shortage().or(no_key)
    }
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use media_core::{CoreLimits, Shed};
    use protocol::NodeId;

    use super::*;
    use crate::handshake;
    use crate::worker::{Snapshot, inbox};

    #[test]
    fn a_node_without_its_handshake_thread_is_not_ready() {
        let folder = tempfile::tempdir().unwrap();
        let (handshakes, thread) = handshake::queue();
        let (_stop, stopping) = watch::channel(false);
        let keys = Arc::new(VerifyKeys::load(NodeId::new_v7(), &folder.path().join("keys")));
        let capacity = Capacity::new(Vec::new(), CoreLimits::default());
        let health = Health { workers: Vec::new(), capacity, handshakes, keys, stopping };

        assert_ne!(health.unready(), Some("the handshake thread has stopped"));
        drop(thread);

        assert_eq!(health.unready(), Some("the handshake thread has stopped"));
    }

    #[test]
    fn an_overloaded_node_is_not_ready_while_it_still_takes_everybody() {
        let folder = tempfile::tempdir().unwrap();
        let (handshakes, _thread) = handshake::queue();
        let (_stop, stopping) = watch::channel(false);
        let keys = Arc::new(VerifyKeys::load(NodeId::new_v7(), &folder.path().join("keys")));
        let (near, worker) = inbox().unwrap();
        worker.pretend_alive();
        let workers = vec![near];
        let capacity = Capacity::new(workers.clone(), CoreLimits::default());
        let health = Health { workers, capacity, handshakes, keys, stopping };

        assert_ne!(health.unready(), Some("a worker is overloaded"));
        worker.publish(Snapshot { shed: Shed::Video, ..Snapshot::default() });

        assert_eq!(health.unready(), Some("a worker is overloaded"));
    }
}
