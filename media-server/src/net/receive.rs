//! Receiving: up to 32 messages a system call, each perhaps a coalesced run of datagrams, split without copying.

use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::ptr;

use super::control::{self, Space};
use super::socket::UdpSocket;

/// Messages a call. Beyond 32 the cost per message does not fall (measured: 1042 ns at 32, 1103 ns at 64).
const MESSAGES: usize = 32;
/// A coalesced message is at most one IP datagram of 64 KiB.
const MESSAGE_BYTES: usize = 64 * 1024;
/// The largest datagram that is handed on: an Ethernet frame's worth. Media and DTLS stay below 1500 bytes; what is longer
/// comes from nobody we talk to.
pub(super) const DATAGRAM_BYTES_MAX: usize = 1500;

/// One datagram, valid during the call it is handed to.
#[derive(Debug)]
pub struct Received<'a> {
    /// Who sent it.
    pub from: SocketAddr,
    /// The local address it came to; known when the socket is bound to a wildcard.
    pub to: Option<IpAddr>,
    /// Its bytes, to be opened in place.
    pub bytes: &'a mut [u8],
}

/// What happened on the receiving side since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiveCounts {
    /// Datagrams handed on.
    pub datagrams: u64,
    /// Their bytes.
    pub bytes: u64,
    /// System calls that returned something.
    pub calls: u64,
    /// Messages, of one datagram or a run each.
    pub messages: u64,
    /// Datagrams dropped because they were longer than any of ours.
    pub oversized: u64,
    /// Messages dropped because the kernel cut them.
    pub truncated: u64,
}

/// The buffers of one worker, 2 MiB, allocated once and used for all its sockets.
pub struct ReceiveBatch {
    buffer: Box<[u8]>,
    names: Box<[libc::sockaddr_storage; MESSAGES]>,
    spaces: Box<[Space; MESSAGES]>,
    counts: ReceiveCounts,
}

impl Default for ReceiveBatch {
    fn default() -> Self {
        Self::new()
    }
}

impl ReceiveBatch {
    /// Allocates the buffers.
    #[must_use]
    pub fn new() -> Self {
        Self {
            buffer: vec![0; MESSAGES * MESSAGE_BYTES].into_boxed_slice(),
            // SAFETY: `sockaddr_storage` is plain C data; all zeros is its valid "unspecified" value.
            names: Box::new(unsafe { mem::zeroed() }),
            spaces: Box::new([Space::EMPTY; MESSAGES]),
            counts: ReceiveCounts::default(),
        }
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> ReceiveCounts {
        self.counts
    }

    /// Receives what waits, at most 32 messages, and hands each datagram to `each`. Returns whether more may wait.
    ///
    /// # Errors
    /// What the kernel says, except that nothing waits (`Ok(false)`).
    pub fn receive(&mut self, socket: &UdpSocket, mut each: impl FnMut(Received<'_>)) -> io::Result<bool> {
        let mut iovecs: [libc::iovec; MESSAGES] =
            [libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 }; MESSAGES];
        // SAFETY: `mmsghdr` is plain C data; all zeros means no name, no buffers, no control.
        let mut headers: [libc::mmsghdr; MESSAGES] = unsafe { mem::zeroed() };
        for (index, header) in headers.iter_mut().enumerate() {
            let message = &mut self.buffer[index * MESSAGE_BYTES..][..MESSAGE_BYTES];
            iovecs[index] = libc::iovec { iov_base: message.as_mut_ptr().cast(), iov_len: MESSAGE_BYTES };
            header.msg_hdr.msg_name = (&raw mut self.names[index]).cast();
            header.msg_hdr.msg_namelen = mem::size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_hdr.msg_iov = &raw mut iovecs[index];
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = self.spaces[index].as_mut_ptr();
            header.msg_hdr.msg_controllen = Space::len() as _;
        }

        // SAFETY: the descriptor is open while `socket` is borrowed. Every header points to a name, an iovec and a
        // control space of its own, all alive until the end of this function and not otherwise borrowed during the call.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                MESSAGES as libc::c_uint,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        let Ok(received) = usize::try_from(received) else {
            let error = io::Error::last_os_error();
            return match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(false),
                _ => Err(error),
            };
        };
        self.counts.calls += 1;
        for (index, header) in headers[..received].iter().enumerate() {
            // SAFETY: the kernel filled this header in the successful call above, and its control space is still alive.
            let facts = unsafe { control::read(&header.msg_hdr) };
            self.hand_on(index, header, facts, &mut each);
        }
        Ok(received == MESSAGES)
    }

    fn hand_on(
        &mut self,
        index: usize,
        header: &libc::mmsghdr,
        facts: control::Facts,
        each: &mut impl FnMut(Received<'_>),
    ) {
        self.counts.messages += 1;
        if header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0 {
            self.counts.truncated += 1;
            return;
        }
        let Some(from) = socket_address(&self.names[index]) else { return };
        let length = (header.msg_len as usize).min(MESSAGE_BYTES);
        let message = &mut self.buffer[index * MESSAGE_BYTES..][..length];
        let segment = facts.segment_bytes.unwrap_or(length).max(1);
        for bytes in message.chunks_mut(segment) {
            if bytes.len() > DATAGRAM_BYTES_MAX {
                self.counts.oversized += 1;
                continue;
            }
            self.counts.datagrams += 1;
            self.counts.bytes += bytes.len() as u64;
            each(Received { from, to: facts.to, bytes });
        }
    }
}

fn socket_address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match libc::c_int::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that the storage holds a `sockaddr_in`, which is smaller than the storage.
            let v4 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in>() };
            let ip = std::net::Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes());
            Some(SocketAddr::from((ip, u16::from_be(v4.sin_port))))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that the storage holds a `sockaddr_in6`, which is smaller than the storage.
            let v6 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in6>() };
            let ip = std::net::Ipv6Addr::from(v6.sin6_addr.s6_addr);
            let port = u16::from_be(v6.sin6_port);
            // The scope stays: a link-local answer needs it.
            Some(std::net::SocketAddrV6::new(ip, port, 0, v6.sin6_scope_id).into())
        }
        _ => None,
    }
}
