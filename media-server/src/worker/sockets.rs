//! A worker's UDP sockets: one for each address family, with one port number.

use std::net::{IpAddr, SocketAddr};

use tracing::warn;

use crate::net::{BindError, Buffers, UdpSocket};

/// Tries to find a port that is free in both families, when the kernel chooses.
const PORT_TRIES: u32 = 16;

/// The sockets, in the order of the configuration.
#[derive(Debug)]
pub struct Sockets(Vec<UdpSocket>);

impl Sockets {
    /// Binds `port` on each address; 0 lets the kernel choose one that all have.
    ///
    /// # Errors
    /// The first address that cannot be had; the message names it.
    pub fn bind(listen: &[IpAddr], port: u16, buffers: Buffers) -> Result<Self, BindError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match Self::bind_once(listen, port, buffers) {
                Err(_) if port == 0 && tries < PORT_TRIES => {}
                bound => return bound,
            }
        }
    }

    fn bind_once(listen: &[IpAddr], mut port: u16, wanted: Buffers) -> Result<Self, BindError> {
        let mut sockets = Vec::with_capacity(listen.len());
        for ip in listen {
            let socket = UdpSocket::bind(SocketAddr::new(*ip, port), wanted)?;
            port = socket.local_address().port();
            warn_if_small(&socket, wanted);
            sockets.push(socket);
        }
        Ok(Self(sockets))
    }

    /// The UDP port of the worker.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.first().map_or(0, |socket| socket.local_address().port())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &UdpSocket> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut UdpSocket> {
        self.0.iter_mut()
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
