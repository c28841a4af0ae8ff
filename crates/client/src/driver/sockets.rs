//! The ways of one participant to the node: a UDP socket an own address, or what carries datagrams otherwise.

use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::task::Poll;

use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

use super::route::{Carriers, Route};
use crate::ice::Path;
use crate::participant::Transmit;
use crate::turn::TurnError;

/// Errors of one socket that are passed over in a turn: a network that is gone reports one a datagram.
const ERRORS_MAX: usize = 8;

struct Socket {
    socket: UdpSocket,
    local: SocketAddr,
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
            udp.push(Socket { socket, local });
        }
        Ok(Self { udp, carriers: None })
    }

    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.udp.iter().map(|socket| socket.local).chain(self.carriers.iter().map(Carriers::local)).collect()
    }

    /// Sends; what the kernel does not take at once is lost, as on a network.
    pub(super) fn send(&mut self, transmit: &Transmit) {
        let Path { local, remote } = transmit.path;
        if let Some(socket) = self.udp.iter().find(|socket| socket.local == local) {
            let _ = socket.socket.try_send_to(&transmit.bytes, remote);
        } else if let Some(carriers) = self.carriers.as_mut().filter(|carriers| carriers.local() == local) {
            carriers.send(remote, &transmit.bytes);
        }
    }

    /// The next datagram.
    pub(super) async fn receive(&mut self, buffer: &mut [u8]) -> (Path, usize) {
        poll_fn(|context| {
            for one in &self.udp {
                for _ in 0..ERRORS_MAX {
                    let mut read = ReadBuf::new(buffer);
                    match one.socket.poll_recv_from(context, &mut read) {
                        Poll::Ready(Ok(remote)) => {
                            let len = read.filled().len();
                            return Poll::Ready((Path { local: one.local, remote }, len));
                        }
                        Poll::Ready(Err(_)) => {}
                        Poll::Pending => break,
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

    /// The next datagram, if one is there.
    pub(super) fn try_receive(&mut self, buffer: &mut [u8]) -> Option<(Path, usize)> {
        let datagram = self.udp.iter().find_map(|one| {
            let (len, remote) = one.socket.try_recv_from(buffer).ok()?;
            Some((Path { local: one.local, remote }, len))
        });
        datagram.or_else(|| Some(copied(self.carriers.as_mut()?.arrived().try_recv().ok()?, buffer)))
    }
}

/// Into the buffer; one that is too long is cut, as the kernel does.
fn copied((path, bytes): (Path, Vec<u8>), buffer: &mut [u8]) -> (Path, usize) {
    let len = bytes.len().min(buffer.len());
    buffer[..len].copy_from_slice(&bytes[..len]);
    (path, len)
}
