//! Sending: runs of equal datagrams to one peer, many runs a system call.
//!
//! ```text
//! runs          A: 1200 1200 1200 640      B: 1180 1180      C: 96
//!                    │                          │               │
//! with GSO      one message of 4 segments   one of 2        one of 1      → one sendmmsg, three walks through the stack
//! without       4 messages                  2               1             → one sendmmsg, seven walks
//! ```

use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::ptr;

use socket2::SockAddr;

use super::control::Space;
use super::socket::UdpSocket;

/// Messages a call: one per subscriber of a large room, and the gain of batching ends long before.
const MESSAGES: usize = 64;
/// `UDP_MAX_SEGMENTS` of the kernels we run on (raised to 128 in 6.9; 64 gains nearly all).
const SEGMENTS_MAX: usize = 64;
/// The largest payload of an IPv4 datagram: 65535 − 20 − 8.
const MESSAGE_BYTES_MAX: usize = 65_507;

/// Datagrams to one peer: equal in size, only the last may be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run<'a> {
    /// Where to.
    pub to: SocketAddr,
    /// Which local address to leave from, on a socket bound to a wildcard.
    pub from: Option<IpAddr>,
    /// All datagrams, one after the other.
    pub bytes: &'a [u8],
    /// The size of each but the last.
    pub segment_bytes: usize,
}

/// Upper ends of the classes in which runs are counted by their number of datagrams.
pub const RUN_BUCKETS: [u64; 7] = [1, 2, 4, 8, 16, 32, 64];

/// What happened on the sending side since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendCounts {
    /// Datagrams the kernel took.
    pub datagrams: u64,
    /// Their bytes.
    pub bytes: u64,
    /// System calls.
    pub calls: u64,
    /// Messages the kernel took, by number of datagrams, in the classes of [`RUN_BUCKETS`].
    pub runs: [u64; RUN_BUCKETS.len()],
    /// Datagrams dropped because the socket's queue was full. Media does not wait.
    pub queue_full: u64,
    /// Datagrams the kernel refused for their target.
    pub refused: u64,
    /// Times the kernel refused segmentation, after which the socket sends plainly.
    pub segmentation_refused: u64,
}

/// What became of a batch of messages.
enum Outcome {
    Done,
    /// The message at this index needs segmentation, which the kernel refuses.
    SegmentationRefused(usize),
}

/// The message headers of one worker, allocated once.
pub struct SendBatch {
    headers: Box<[libc::mmsghdr; MESSAGES]>,
    iovecs: Box<[libc::iovec; MESSAGES]>,
    names: Vec<SockAddr>,
    spaces: Box<[Space; MESSAGES]>,
    /// Bytes and segment size of each message, to count and to split again.
    sizes: Box<[(usize, usize); MESSAGES]>,
    used: usize,
    counts: SendCounts,
}

impl Default for SendBatch {
    fn default() -> Self {
        Self::new()
    }
}

impl SendBatch {
    /// Allocates the headers.
    #[must_use]
    pub fn new() -> Self {
        Self {
            // SAFETY: `mmsghdr` is plain C data; all zeros means no name, no buffers, no control.
            headers: Box::new(unsafe { mem::zeroed() }),
            iovecs: Box::new([libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 }; MESSAGES]),
            names: Vec::with_capacity(MESSAGES),
            spaces: Box::new([Space::EMPTY; MESSAGES]),
            sizes: Box::new([(0, 0); MESSAGES]),
            used: 0,
            counts: SendCounts::default(),
        }
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> SendCounts {
        self.counts
    }

    /// Sends all runs. Never waits: what the kernel does not take is counted and gone.
    pub fn send<'a>(&mut self, socket: &mut UdpSocket, runs: impl IntoIterator<Item = Run<'a>>) {
        // The runs of the current batch, so that a refusal can split them again.
        let mut batch: [Option<Run<'a>>; MESSAGES] = [None; MESSAGES];
        for run in runs {
            let segment = run.segment_bytes.clamp(1, MESSAGE_BYTES_MAX);
            let message = if socket.sends_runs() {
                segment * SEGMENTS_MAX.min(MESSAGE_BYTES_MAX / segment)
            } else {
                segment
            };
            for bytes in run.bytes.chunks(message) {
                if self.used == MESSAGES {
                    self.flush(socket, &batch);
                }
                let part = Run { bytes, segment_bytes: segment, ..run };
                batch[self.used] = Some(part);
                self.push(&part);
            }
        }
        self.flush(socket, &batch);
    }

    /// Prepares one message. Its bytes must stay borrowed until the flush.
    fn push(&mut self, message: &Run<'_>) {
        let at = self.used;
        let segmented = message.bytes.len() > message.segment_bytes;
        let segment = segmented.then(|| u16::try_from(message.segment_bytes).unwrap_or(u16::MAX));
        let control = self.spaces[at].write(segment, message.from);
        self.names.push(SockAddr::from(message.to));
        self.iovecs[at] =
            libc::iovec { iov_base: message.bytes.as_ptr().cast_mut().cast(), iov_len: message.bytes.len() };
        self.sizes[at] = (message.bytes.len(), message.segment_bytes);
        self.headers[at].msg_hdr.msg_controllen = control as _;
        self.used += 1;
    }

    fn flush(&mut self, socket: &mut UdpSocket, batch: &[Option<Run<'_>>; MESSAGES]) {
        let used = self.used;
        match self.transmit(socket) {
            Outcome::Done => {}
            Outcome::SegmentationRefused(index) => {
                self.counts.segmentation_refused += 1;
                socket.send_plainly();
                // Once: a plain message is never refused for segmentation.
                self.send(socket, batch[index..used].iter().flatten().copied());
            }
        }
    }

    /// Hands the prepared messages to the kernel and forgets them.
    fn transmit(&mut self, socket: &UdpSocket) -> Outcome {
        let used = mem::take(&mut self.used);
        for at in 0..used {
            let header = &mut self.headers[at].msg_hdr;
            header.msg_name = self.names[at].as_ptr().cast_mut().cast();
            header.msg_namelen = self.names[at].len();
            header.msg_iov = &raw mut self.iovecs[at];
            header.msg_iovlen = 1;
            header.msg_control =
                if header.msg_controllen == 0 { ptr::null_mut() } else { self.spaces[at].as_mut_ptr() };
        }
        let outcome = self.transmit_prepared(socket, used);
        self.names.clear();
        outcome
    }

    fn transmit_prepared(&mut self, socket: &UdpSocket, used: usize) -> Outcome {
        let mut done = 0;
        while done < used {
            // SAFETY: the descriptor is open while `socket` is borrowed. Headers `done..used` were just pointed at names,
            // iovecs and control spaces owned by `self`; the iovecs point at bytes that `send` still borrows. The kernel
            // only reads them.
            let sent = unsafe {
                libc::sendmmsg(
                    socket.as_raw_fd(),
                    self.headers[done..used].as_mut_ptr(),
                    (used - done) as libc::c_uint,
                    libc::MSG_DONTWAIT,
                )
            };
            self.counts.calls += 1;
            if let Ok(sent) = usize::try_from(sent) {
                self.count_sent(done, sent);
                done += sent;
                continue;
            }
            // The error belongs to the first message that is left; those before it were taken by the last call.
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::EAGAIN | libc::ENOBUFS) => {
                    self.counts.queue_full += self.datagrams(done..used);
                    return Outcome::Done;
                }
                // EIO: the device cannot sum segments; EINVAL: it cannot carry this size in segments.
                Some(libc::EIO | libc::EINVAL) if self.is_segmented(done) => {
                    return Outcome::SegmentationRefused(done);
                }
                _ => {
                    self.counts.refused += self.datagrams(done..done + 1);
                    done += 1;
                }
            }
        }
        Outcome::Done
    }

    fn is_segmented(&self, at: usize) -> bool {
        let (bytes, segment) = self.sizes[at];
        bytes > segment
    }

    fn datagrams(&self, range: std::ops::Range<usize>) -> u64 {
        self.sizes[range].iter().map(|(bytes, segment)| bytes.div_ceil(*segment) as u64).sum()
    }

    fn count_sent(&mut self, from: usize, messages: usize) {
        for (bytes, segment) in &self.sizes[from..from + messages] {
            let datagrams = bytes.div_ceil(*segment) as u64;
            self.counts.datagrams += datagrams;
            self.counts.bytes += *bytes as u64;
            let class = RUN_BUCKETS.iter().position(|end| datagrams <= *end).unwrap_or(RUN_BUCKETS.len() - 1);
            self.counts.runs[class] += 1;
        }
    }
}
