//! The UDP sockets of one participant: one an own address.

use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::task::Poll;

use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

use crate::ice::Path;
use crate::participant::Transmit;

/// Errors of one socket that are passed over in a turn: a network that is gone reports one a datagram.
const ERRORS_MAX: usize = 8;

struct Socket {
    socket: UdpSocket,
    local: SocketAddr,
}

/// All of them, preferred ones first.
pub(super) struct Sockets(Vec<Socket>);

impl Sockets {
    pub(super) async fn bind(ips: &[IpAddr]) -> std::io::Result<Self> {
        let mut sockets = Vec::with_capacity(ips.len());
        for &ip in ips {
            let socket = UdpSocket::bind((ip, 0)).await?;
            let local = socket.local_addr()?;
            sockets.push(Socket { socket, local });
        }
        Ok(Self(sockets))
    }

    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().map(|socket| socket.local).collect()
    }

    /// Sends; what the kernel does not take at once is lost, as on a network.
    pub(super) fn send(&self, transmit: &Transmit) {
        if let Some(socket) = self.0.iter().find(|socket| socket.local == transmit.path.local) {
            let _ = socket.socket.try_send_to(&transmit.bytes, transmit.path.remote);
        }
    }

    /// The next datagram.
    pub(super) async fn receive(&self, buffer: &mut [u8]) -> (Path, usize) {
        poll_fn(|context| {
            for one in &self.0 {
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
            Poll::Pending
        })
        .await
    }

    /// The next datagram, if one is there.
    pub(super) fn try_receive(&self, buffer: &mut [u8]) -> Option<(Path, usize)> {
        self.0.iter().find_map(|one| {
            let (len, remote) = one.socket.try_recv_from(buffer).ok()?;
            Some((Path { local: one.local, remote }, len))
        })
    }
}
