//! The ways of one participant to the node: a UDP socket an own address, or what carries datagrams otherwise.

use std::future::poll_fn;
use std::io::IoSliceMut;
use std::net::{IpAddr, SocketAddr};
use std::task::Poll;

use quinn_udp::{RecvMeta, UdpSocketState};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::route::{Carriers, Route};
use super::run::Run;
use crate::ice::Path;
use crate::turn::TurnError;

/// Errors of one socket that are passed over in a turn: a network that is gone reports one a datagram.
const ERRORS_MAX: usize = 8;

struct Socket {
    socket: UdpSocket,
    /// How the kernel hands over several datagrams at once.
    offload: UdpSocketState,
    local: SocketAddr,
}

/// Datagrams of one path in the buffer: each of `stride` bytes, but the last, which may be shorter.
#[derive(Clone, Copy)]
pub(super) struct Received {
    pub(super) path: Path,
    pub(super) len: usize,
    pub(super) stride: usize,
}

/// All of them, preferred ones first.
pub(super) struct Sockets {
    udp: Vec<Socket>,
    carriers: Option<Carriers>,
}

impl Sockets {
    /// For this route, from these own addresses.
    pub(super) async fn open(route: &Route, ips: &[IpAddr]) -> Result<Self, TurnError> {
        let carriers = match (route, ips) {
            (Route::Udp, _) | (Route::Tcp, []) => return Ok(Self::bind(ips).await?),
            (Route::Tcp, &[ip, ..]) => Carriers::streams(ip),
            (Route::Relay(relay), _) => Carriers::relay(relay.clone()).await?,
        };
        Ok(Self { udp: Vec::new(), carriers: Some(carriers) })
    }

    pub(super) async fn bind(ips: &[IpAddr]) -> std::io::Result<Self> {
        let mut udp = Vec::with_capacity(ips.len());
        for &ip in ips {
            let socket = UdpSocket::bind((ip, 0)).await?;
            let local = socket.local_addr()?;
            let offload = UdpSocketState::new((&socket).into())?;
            udp.push(Socket { socket, offload, local });
        }
        Ok(Self { udp, carriers: None })
    }

    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.udp.iter().map(|socket| socket.local).chain(self.carriers.iter().map(Carriers::local)).collect()
    }

    /// Sends what is in the run; what the kernel does not take at once is lost, as on a network.
    pub(super) fn send(&mut self, run: &mut Run) {
        if let Some((Path { local, remote }, bytes, segment)) = run.whole() {
            if let Some(socket) = self.udp.iter().find(|socket| socket.local == local) {
                socket.send(remote, bytes, segment);
            } else if let Some(carriers) = self.carriers.as_mut().filter(|carriers| carriers.local() == local)
            {
                bytes.chunks(segment.max(1)).for_each(|datagram| carriers.send(remote, datagram));
            }
        }
        run.clear();
    }

    /// The next datagrams: a run that the kernel has put together (GRO), or one.
    pub(super) async fn receive(&mut self, buffer: &mut [u8]) -> Received {
        poll_fn(|context| {
            for one in &self.udp {
                for _ in 0..ERRORS_MAX {
                    match one.socket.poll_recv_ready(context) {
                        Poll::Ready(Ok(())) => {}
                        Poll::Ready(Err(_)) => continue,
                        Poll::Pending => break,
                    }
                    if let Some(received) = one.try_receive(buffer) {
                        return Poll::Ready(received);
                    }
                }
            }
            if let Some(carriers) = &mut self.carriers
                && let Poll::Ready(Some(arrived)) = carriers.arrived().poll_recv(context)
            {
                return Poll::Ready(copied(arrived, buffer));
            }
            Poll::Pending
        })
        .await
    }

    /// The next datagrams, if some are there.
    pub(super) fn try_receive(&mut self, buffer: &mut [u8]) -> Option<Received> {
        let received = self.udp.iter().find_map(|one| one.try_receive(buffer));
        received.or_else(|| Some(copied(self.carriers.as_mut()?.arrived().try_recv().ok()?, buffer)))
    }
}

impl Socket {
    fn send(&self, destination: SocketAddr, contents: &[u8], segment: usize) {
        let transmit = quinn_udp::Transmit {
            destination,
            ecn: None,
            contents,
            segment_size: Some(segment),
            src_ip: None,
        };
        let send = || self.offload.try_send((&self.socket).into(), &transmit);
        // A path that is gone refuses; checks find another.
        let _ = self.socket.try_io(Interest::WRITABLE, send);
    }

    fn try_receive(&self, buffer: &mut [u8]) -> Option<Received> {
        let mut meta = [RecvMeta::default()];
        let receive = || self.offload.recv((&self.socket).into(), &mut [IoSliceMut::new(buffer)], &mut meta);
        self.socket.try_io(Interest::READABLE, receive).ok()?;
        let [RecvMeta { addr, len, stride, .. }] = meta;
        Some(Received { path: Path { local: self.local, remote: addr }, len, stride: stride.max(1) })
    }
}

/// Into the buffer; one that is too long is cut, as the kernel does.
fn copied((path, bytes): (Path, Vec<u8>), buffer: &mut [u8]) -> Received {
    let len = bytes.len().min(buffer.len());
    buffer[..len].copy_from_slice(&bytes[..len]);
    Received { path, len, stride: len.max(1) }
}
