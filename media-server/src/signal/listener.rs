//! Accepting: every connection is counted before its first byte, and has five seconds to say something valid.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use protocol::limits;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use super::prefixes::Place;
use super::upgrade::{self, NotUpgraded};
use super::{Signal, socket};

/// The wait after an accept that failed for want of descriptors, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// TLS for WSS and HTTPS, or none.
#[derive(Clone, Default)]
pub struct Tls(pub Option<TlsAcceptor>);

/// The signalling port.
pub struct Listener {
    listener: TcpListener,
    tls: Tls,
}

impl Listener {
    /// Binds `address`.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn bind(address: SocketAddr, tls: Tls) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, tls })
    }

    /// The address it is bound to.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the node stops.
    pub async fn run(self, signal: Arc<Signal>) {
        let mut stopping = signal.stopping.clone();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stopping.wait_for(|stopping| *stopping) => return,
            };
            match accepted {
                Ok((stream, from)) => self.take(stream, from, &signal),
                Err(error) => {
                    warn!(%error, "a signalling connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn take(&self, stream: TcpStream, from: SocketAddr, signal: &Arc<Signal>) {
        signal.counts.accepted.fetch_add(1, Ordering::Relaxed);
        let place = match signal.sockets.enter(from.ip()) {
            Ok(place) => place,
            Err(refusal) => return signal.counts.note_refusal(refusal),
        };
        // Small messages, each of which somebody waits for.
        let _ = stream.set_nodelay(true);
        let (tls, signal) = (self.tls.clone(), Arc::clone(signal));
        tokio::spawn(async move { serve(stream, tls, place, signal).await });
    }
}

async fn serve(stream: TcpStream, tls: Tls, place: Place, signal: Arc<Signal>) {
    let deadline = Instant::now() + limits::FIRST_MESSAGE_WITHIN;
    match tls.0 {
        None => upgrade(stream, place, signal, deadline).await,
        Some(acceptor) => match timeout_at(deadline, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => upgrade(stream, place, signal, deadline).await,
            Ok(Err(error)) => {
                debug!(%error, "TLS failed");
                signal.counts.note_connection("tls");
            }
            Err(_) => signal.counts.note_connection("too_slow"),
        },
    }
}

async fn upgrade<S>(stream: S, place: Place, signal: Arc<Signal>, deadline: Instant)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match timeout_at(deadline, upgrade::serve(stream, &signal.origins)).await {
        Ok(Ok(stream)) => socket::run(stream, place, &signal, deadline).await,
        Ok(Err(NotUpgraded::Origin)) => signal.counts.note_connection("origin"),
        Ok(Err(NotUpgraded::BadRequest)) => signal.counts.note_connection("bad_request"),
        Err(_) => signal.counts.note_connection("too_slow"),
    }
}
