//! One UDP socket of a worker: made, sized, and asked once what the kernel can do for it.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};

use socket2::{Domain, Protocol, Socket, Type};

/// Bytes the kernel may hold for a socket. One second of a busy worker's traffic is megabytes; a scheduling pause of
/// 20 ms at 1 Gbit/s is 2.5 MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffers {
    /// `SO_RCVBUF`.
    pub receive_bytes: usize,
    /// `SO_SNDBUF`.
    pub send_bytes: usize,
}

/// A socket that could not be had.
#[derive(Debug, thiserror::Error)]
#[error("{protocol} {address}: {source}")]
pub struct BindError {
    /// UDP or TCP.
    pub protocol: &'static str,
    /// What was asked for.
    pub address: SocketAddr,
    /// Why not.
    pub source: io::Error,
}

/// A bound, non-blocking UDP socket of one address family.
#[derive(Debug)]
pub struct UdpSocket {
    socket: Socket,
    local: SocketAddr,
    granted: Buffers,
    segments_out: bool,
    tells_local_address: bool,
}

impl UdpSocket {
    /// Binds `address`. An IPv6 socket carries IPv6 only: a worker that wants both has two, and no address
    /// is ever seen in its IPv4-mapped form, which deny lists tend to forget.
    ///
    /// # Errors
    /// When the kernel refuses the address; the message names it.
    pub fn bind(address: SocketAddr, wanted: Buffers) -> Result<Self, BindError> {
        Self::try_bind(address, wanted).map_err(|source| BindError { protocol: "UDP", address, source })
    }

    fn try_bind(address: SocketAddr, wanted: Buffers) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // Larger buffers are a wish: a kernel that grants less is reported by `granted`, not an error.
        let _ = socket.set_recv_buffer_size(wanted.receive_bytes);
        let _ = socket.set_send_buffer_size(wanted.send_bytes);
        let (level, option, value) = if address.is_ipv4() {
            (libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_OMIT)
        } else {
            (libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, libc::IPV6_PMTUDISC_OMIT)
        };
        // What ICMP says of a path's MTU is not believed: a stranger can forge it, and the kernel would then refuse runs to
        // whoever it names. Datagrams stay below any usual MTU; longer ones are cut into fragments.
        set_option(&socket, level, option, value)?;
        socket.bind(&address.into())?;
        let local = socket
            .local_addr()?
            .as_socket()
            .ok_or_else(|| io::Error::other("the kernel gave an address of another family"))?;
        // Linux reports twice the usable size (socket(7)).
        let granted = Buffers {
            receive_bytes: socket.recv_buffer_size()? / 2,
            send_bytes: socket.send_buffer_size()? / 2,
        };

        let tells_local_address = address.ip().is_unspecified();
        if tells_local_address {
            let (level, option) = if address.is_ipv4() {
                (libc::IPPROTO_IP, libc::IP_PKTINFO)
            } else {
                (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)
            };
            set_option(&socket, level, option, 1)?;
        }
        // A wish, too: without it each datagram is a message of its own.
        let _ = set_option(&socket, libc::SOL_UDP, libc::UDP_GRO, 1);
        // Setting the default of "no segmentation" succeeds exactly where the kernel knows the option.
        let segments_out = set_option(&socket, libc::SOL_UDP, libc::UDP_SEGMENT, 0).is_ok();
        Ok(Self { socket, local, granted, segments_out, tells_local_address })
    }

    /// The address it is bound to, with the port the kernel chose if 0 was asked for.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.local
    }

    /// What the kernel granted of the wanted buffers.
    #[must_use]
    pub fn granted(&self) -> Buffers {
        self.granted
    }

    /// Whether runs leave as one message each (UDP GSO). Becomes false for good when the device cannot.
    #[must_use]
    pub fn sends_runs(&self) -> bool {
        self.segments_out
    }

    /// Sends every datagram as a message of its own from now on.
    pub fn send_plainly(&mut self) {
        self.segments_out = false;
    }

    /// Bound to a wildcard: each datagram says which local address it came to, and an answer must leave from it.
    #[must_use]
    pub fn tells_local_address(&self) -> bool {
        self.tells_local_address
    }
}

impl AsRawFd for UdpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

fn set_option(
    socket: &Socket,
    level: libc::c_int,
    option: libc::c_int,
    value: libc::c_int,
) -> io::Result<()> {
    // SAFETY: the descriptor is open for the borrow's length; pointer and length describe `value`, an int, which is
    // what every option passed here takes (ip(7), ipv6(7), udp(7)).
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            mem::size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
