//! A worker's sockets: UDP, one for each address family, with one port number; and its side of TCP.

use std::net::{IpAddr, SocketAddr};

use tracing::warn;

use crate::net::{BindError, Buffers, TcpSide, UdpSocket};

/// Tries to find a port that is free in both families, when the kernel chooses.
const PORT_TRIES: u32 = 16;

/// The UDP sockets, in the order of the configuration, and TCP.
#[derive(Debug)]
pub struct Sockets {
    udp: Vec<UdpSocket>,
    /// Without listeners where it is switched off.
    pub(super) tcp: TcpSide,
    tcp_port: Option<u16>,
}

/// Where TCP is listened at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpPort {
    /// Nowhere.
    Off,
    /// The number of the UDP port.
    AsUdp,
    /// This one.
    Other(u16),
}

impl Sockets {
    /// Binds `port` on each address, and TCP with at most so many connections; 0 lets the kernel choose one that all have.
    ///
    /// # Errors
    /// The first address that cannot be had; the message names it.
    pub fn bind(
        listen: &[IpAddr],
        port: u16,
        buffers: Buffers,
        tcp: (TcpPort, usize),
    ) -> Result<Self, BindError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match Self::bind_once(listen, port, buffers, tcp) {
                Err(_) if port == 0 && tries < PORT_TRIES => {}
                bound => return bound,
            }
        }
    }

    fn bind_once(
        listen: &[IpAddr],
        mut port: u16,
        wanted: Buffers,
        (tcp, connections_max): (TcpPort, usize),
    ) -> Result<Self, BindError> {
        let mut sockets = Vec::with_capacity(listen.len());
        for ip in listen {
            let socket = UdpSocket::bind(SocketAddr::new(*ip, port), wanted)?;
            port = socket.local_address().port();
            warn_if_small(&socket, wanted);
            sockets.push(socket);
        }
        let tcp_port = match tcp {
            TcpPort::Off => None,
            TcpPort::AsUdp => Some(port),
            TcpPort::Other(port) => Some(port),
        };
        let tcp = match tcp_port {
            None => TcpSide::bind(&[], 0, connections_max),
            Some(port) => TcpSide::bind(listen, port, connections_max),
        };
        let tcp = tcp.map_err(|(address, source)| BindError { protocol: "TCP", address, source })?;
        Ok(Self { udp: sockets, tcp, tcp_port })
    }

    /// The TCP port of the worker, where there is one.
    #[must_use]
    pub fn tcp_port(&self) -> Option<u16> {
        self.tcp_port
    }

    /// The UDP port of the worker.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.udp.first().map_or(0, |socket| socket.local_address().port())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &UdpSocket> {
        self.udp.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut UdpSocket> {
        self.udp.iter_mut()
    }
}

fn warn_if_small(socket: &UdpSocket, wanted: Buffers) {
    let granted = socket.granted();
    if granted.receive_bytes < wanted.receive_bytes {
        warn!(
            granted_bytes = granted.receive_bytes,
            wanted_bytes = wanted.receive_bytes,
            "the kernel grants a smaller receive buffer; raise net.core.rmem_max, or bursts are lost"
        );
    }
    if granted.send_bytes < wanted.send_bytes {
        warn!(
            granted_bytes = granted.send_bytes,
            wanted_bytes = wanted.send_bytes,
            "the kernel grants a smaller send buffer; raise net.core.wmem_max, or bursts are lost"
        );
    }
}
