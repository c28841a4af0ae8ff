//! Control messages (`cmsg(3)`): the side data of a datagram. Written for sending, read after receiving.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::{mem, ptr};

/// Room for one `in6_pktinfo` and one integer with their headers (40 + 24 bytes), and as much again, so that a message
/// we did not ask for does not truncate the ones we did.
const SPACE_BYTES: usize = 128;

/// A control buffer, aligned as the kernel wants its headers.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub(super) struct Space([u8; SPACE_BYTES]);

impl Space {
    pub(super) const EMPTY: Self = Self([0; SPACE_BYTES]);

    pub(super) fn as_mut_ptr(&mut self) -> *mut libc::c_void {
        self.0.as_mut_ptr().cast()
    }

    pub(super) const fn len() -> usize {
        SPACE_BYTES
    }

    /// Writes what a message to send needs: the size of its segments and the address to leave from.
    /// Returns the bytes used, the message's `msg_controllen`.
    pub(super) fn write(&mut self, segment_bytes: Option<u16>, from: Option<IpAddr>) -> usize {
        let mut used = 0;
        if let Some(size) = segment_bytes {
            used += self.put(used, libc::SOL_UDP, libc::UDP_SEGMENT, size);
        }
        match from {
            Some(IpAddr::V4(ip)) => {
                let info = libc::in_pktinfo {
                    ipi_ifindex: 0,
                    ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(ip.octets()) },
                    ipi_addr: libc::in_addr { s_addr: 0 },
                };
                used += self.put(used, libc::IPPROTO_IP, libc::IP_PKTINFO, info);
            }
            Some(IpAddr::V6(ip)) => {
                let info =
                    libc::in6_pktinfo { ipi6_addr: libc::in6_addr { s6_addr: ip.octets() }, ipi6_ifindex: 0 };
                used += self.put(used, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, info);
            }
            None => {}
        }
        used
    }

    /// Appends one message at `at` and returns its padded size.
    fn put<T: Copy>(&mut self, at: usize, level: libc::c_int, kind: libc::c_int, value: T) -> usize {
        let data = mem::size_of::<T>();
        let header = mem::size_of::<libc::cmsghdr>();
        // The kernel's CMSG_ALIGN: to the size of a pointer.
        let padded = (header + data).next_multiple_of(mem::align_of::<usize>());
        assert!(at + padded <= SPACE_BYTES, "a segment size and an address fit");
        // SAFETY: `at + padded` lies inside the buffer (checked above). `at` is a multiple of the pointer size and the
        // buffer is aligned to 8, so the header is aligned; the value is written unaligned. `cmsghdr` and `T` are plain
        // C data (all callers pass `u16` or a pktinfo struct).
        unsafe {
            let start = self.0.as_mut_ptr().add(at);
            let mut head: libc::cmsghdr = mem::zeroed();
            head.cmsg_len = (header + data) as _;
            head.cmsg_level = level;
            head.cmsg_type = kind;
            ptr::write(start.cast::<libc::cmsghdr>(), head);
            ptr::write_unaligned(start.add(header).cast::<T>(), value);
        }
        padded
    }
}

/// What the kernel said beside a received message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Size of each datagram in a coalesced message (UDP GRO).
    pub segment_bytes: Option<usize>,
    /// The local address it came to.
    pub to: Option<IpAddr>,
}

/// Reads the control messages of a received message.
///
/// # Safety
/// `message` must have been filled by a successful `recvmmsg` whose control buffer is still alive.
pub(super) unsafe fn read(message: &libc::msghdr) -> Facts {
    let mut facts = Facts::default();
    // SAFETY: the caller vouches for the header; CMSG_FIRSTHDR and CMSG_NXTHDR return null or a header inside it.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !next.is_null() {
        // SAFETY: not null, so it is a header in the control buffer. Each value is read unaligned as the type that the
        // kernel documents for its level and type, and only if its length says that it is there.
        unsafe {
            let head = ptr::read_unaligned(next);
            let data = libc::CMSG_DATA(next);
            let has = |bytes: usize| head.cmsg_len as usize >= mem::size_of::<libc::cmsghdr>() + bytes;
            match (head.cmsg_level, head.cmsg_type) {
                (libc::SOL_UDP, libc::UDP_GRO) if has(mem::size_of::<libc::c_int>()) => {
                    let size = ptr::read_unaligned(data.cast::<libc::c_int>());
                    facts.segment_bytes = usize::try_from(size).ok().filter(|size| *size > 0);
                }
                (libc::IPPROTO_IP, libc::IP_PKTINFO) if has(mem::size_of::<libc::in_pktinfo>()) => {
                    let info = ptr::read_unaligned(data.cast::<libc::in_pktinfo>());
                    let octets = info.ipi_addr.s_addr.to_ne_bytes();
                    facts.to = Some(IpAddr::V4(Ipv4Addr::from(octets)));
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) if has(mem::size_of::<libc::in6_pktinfo>()) => {
                    let info = ptr::read_unaligned(data.cast::<libc::in6_pktinfo>());
                    facts.to = Some(IpAddr::V6(Ipv6Addr::from(info.ipi6_addr.s6_addr)));
                }
                _ => {}
            }
            next = libc::CMSG_NXTHDR(message, next);
        }
    }
    facts
}
