//! Which way the media goes: straight by UDP, straight by TCP, or through a relay.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rtp::framing::LENGTH_LEN;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::ice::{Path, TCP_ACTIVE_PORT};
use crate::turn::{Allocation, Credential, Family, Transport, TurnError};

/// Datagrams on their way to or from a stream; a participant that does not keep up loses the newest.
const WAITING_MAX: usize = 256;
/// Browsers connect anew as often as a check is due; so does this.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Which way the media goes.
#[derive(Clone, Default)]
pub enum Route {
    /// Datagrams to the node.
    #[default]
    Udp,
    /// Streams to the node's passive candidates (RFC 6544).
    Tcp,
    /// Datagrams from a relayed address.
    Relay(Relay),
}

/// A relay and what opens it.
#[derive(Clone)]
pub struct Relay {
    /// Where it is.
    pub server: SocketAddr,
    /// How it is reached.
    pub transport: Transport,
    /// What opens it.
    pub credential: Credential,
}

type Datagram = (SocketAddr, Vec<u8>);

/// Everything that is not a UDP socket: tasks that carry datagrams.
pub(super) struct Carriers {
    local: SocketAddr,
    /// By the node's address; a relay has one for all.
    open: Vec<(Option<SocketAddr>, mpsc::Sender<Datagram>)>,
    arrive: mpsc::Sender<(Path, Vec<u8>)>,
    arrived: mpsc::Receiver<(Path, Vec<u8>)>,
}

impl Carriers {
    /// Streams from this address; each is opened when there is something to send.
    pub(super) fn streams(ip: IpAddr) -> Self {
        let (arrive, arrived) = mpsc::channel(WAITING_MAX);
        Self { local: SocketAddr::new(ip, TCP_ACTIVE_PORT), open: Vec::new(), arrive, arrived }
    }

    /// A relayed address.
    pub(super) async fn relay(relay: Relay) -> Result<Self, TurnError> {
        let Relay { server, transport, credential } = relay;
        let allocation = Allocation::open(server, transport, credential, Family::V4).await?;
        let mut this = Self::streams(server.ip());
        this.local = allocation.relayed();
        let (out, outgoing) = mpsc::channel(WAITING_MAX);
        this.open.push((None, out));
        tokio::spawn(carry_by_relay(allocation, outgoing, this.arrive.clone()));
        Ok(this)
    }

    pub(super) const fn local(&self) -> SocketAddr {
        self.local
    }

    pub(super) fn send(&mut self, remote: SocketAddr, bytes: &[u8]) {
        let (arrive, local) = (&self.arrive, self.local);
        self.open.retain(|(_, out)| !out.is_closed());
        let found = self.open.iter().position(|(to, _)| to.is_none_or(|to| to == remote));
        let at = found.unwrap_or_else(|| {
            let (out, outgoing) = mpsc::channel(WAITING_MAX);
            let path = Path { local, remote };
            tokio::spawn(carry_by_stream(path, outgoing, arrive.clone()));
            self.open.push((Some(remote), out));
            self.open.len() - 1
        });
        // What does not fit is lost, as on a network.
        let _ = self.open[at].1.try_send((remote, bytes.to_vec()));
    }

    pub(super) const fn arrived(&mut self) -> &mut mpsc::Receiver<(Path, Vec<u8>)> {
        &mut self.arrived
    }
}

/// Until either side is gone.
async fn carry_by_stream(
    path: Path,
    mut outgoing: mpsc::Receiver<Datagram>,
    arrive: mpsc::Sender<(Path, Vec<u8>)>,
) {
    let connect = async {
        let socket = if path.remote.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.bind(SocketAddr::new(path.local.ip(), 0))?;
        let stream = socket.connect(path.remote).await?;
        stream.set_nodelay(true)?;
        io::Result::Ok(stream)
    };
    let Ok(Ok(stream)) = tokio::time::timeout(CONNECT_MAX, connect).await else { return };
    let (mut reading, mut writing) = stream.into_split();
    let write = async {
        while let Some((_, bytes)) = outgoing.recv().await {
            let Ok(len) = u16::try_from(bytes.len()) else { continue };
            if writing.write_all(&[len.to_be_bytes().as_slice(), &bytes].concat()).await.is_err() {
                break;
            }
        }
    };
    let read = async {
        loop {
            let mut len = [0; LENGTH_LEN];
            if reading.read_exact(&mut len).await.is_err() {
                break;
            }
            let mut bytes = vec![0; usize::from(u16::from_be_bytes(len))];
            if reading.read_exact(&mut bytes).await.is_err() || arrive.is_closed() {
                break;
            }
            let _ = arrive.try_send((path, bytes));
        }
    };
    tokio::select! {
        () = write => {}
        () = read => {}
    }
}

/// Until either side is gone; then the relayed address is given back.
async fn carry_by_relay(
    mut allocation: Allocation,
    mut outgoing: mpsc::Receiver<Datagram>,
    arrive: mpsc::Sender<(Path, Vec<u8>)>,
) {
    let local = allocation.relayed();
    let mut permitted: Vec<IpAddr> = Vec::new();
    // Before the permission's five minutes are over, and long before the allocation's ten.
    let every = allocation.lifetime().min(Duration::from_secs(300)) / 2;
    let mut refresh = Instant::now() + every;
    loop {
        tokio::select! {
            received = allocation.receive() => match received {
                Ok((remote, bytes)) => drop(arrive.try_send((Path { local, remote }, bytes))),
                Err(_) => return,
            },
            sent = outgoing.recv() => {
                let Some((remote, bytes)) = sent else { break };
                if !permitted.contains(&remote.ip()) {
                    permitted.push(remote.ip());
                    // Where it does not go, checks stay unanswered.
                    let _ = allocation.permit(remote.ip()).await;
                }
                if allocation.send(remote, &bytes).await.is_err() {
                    return;
                }
            }
            () = sleep_until(refresh) => {
                permitted.clear();
                if allocation.refresh().await.is_err() {
                    return;
                }
                refresh = Instant::now() + every;
            }
        }
    }
    let _ = allocation.close().await;
}
